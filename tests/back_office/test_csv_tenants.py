"""Tenants from a file: partner, name, domain, tenant ID, color, and which one is primary (P4)."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError
from django.test import Client

from benefits_portal.tenants import importing
from benefits_portal.tenants.models import EditAction, Partner, Record, Tenant, User
from benefits_portal.tenants.tenant_imports import TenantImport
from tests import factories
from tests.clients import SignIn

from .conftest import page
from .test_csv import bring, confirm, export, outcomes, run, upload

TENANTS = "mpn_id,name,domain,tenant_id,color,primary\n"
GUID = "5b4b1a7e-3c1d-4e0a-9a55-2f7d8c6e1b01"


@pytest.fixture
def contoso(db: None) -> Partner:
    return factories.PartnerFactory.create(mpn_id="1234", name="Contoso")


def reasons(text: str) -> list[str]:
    return [line.reason for line in TenantImport.of(TENANTS + text).lines]


def rows() -> list[tuple[Any, ...]]:
    return list(Tenant.objects.order_by("pk").values_list("name", "domain", "color", "is_primary"))


@pytest.mark.rule("P4")
def test_tenants_are_made_as_was_shown(office: Client, contoso: Partner, programme: User) -> None:
    text = (
        f"1234,Contoso,Contoso.example,{{{GUID.upper()}}},,yes\n"
        "１２３４,Contoso Labs,https://labs.contoso.example/,,Teal,No\n"
        "1234,Contoso Test,test.contoso.example,,,nee\n"
    )
    shown = upload(office, Tenant, TENANTS + text)
    assert outcomes(shown) == [(2, "new"), (3, "new"), (4, "new")]
    assert shown.context["asked"].lines[0].changes == [
        ("domain", "", "contoso.example"),
        ("name", "", "Contoso"),
        ("tenant_id", "", Tenant._meta.get_field("guid").to_python(GUID)),
        ("color", "", "blue"),
        ("primary", "", "yes"),
    ]
    assert rows() == []
    assert confirm(office, Tenant, shown).status_code == 302
    assert rows() == [
        ("Contoso", "contoso.example", "blue", True),
        ("Contoso Labs", "labs.contoso.example", "teal", False),
        ("Contoso Test", "test.contoso.example", "green", False),
    ]
    first = Tenant.objects.get(guid=GUID)
    record = Record.objects.get(subject_id=first.pk, action=EditAction.CREATED)
    assert (record.partner, record.tenant, record.actor, record.reason) == (
        contoso,
        first,
        programme,
        "From the yearly list",
    )


@pytest.mark.rule("W11")
def test_tenants_confirmed_twice_are_made_once(office: Client, contoso: Partner) -> None:
    shown = upload(office, Tenant, TENANTS + "1234,Contoso,contoso.example,,,yes\n")
    confirm(office, Tenant, shown)
    again = confirm(office, Tenant, shown)
    assert (outcomes(again), len(rows()), Record.objects.count()) == ([(2, "same")], 1, 1)


def test_a_tenant_that_is_there_is_changed_and_keeps_what_is_left_empty(
    office: Client, contoso: Partner
) -> None:
    tenant = factories.TenantFactory.create(
        partner=contoso, domain="contoso.example", name="Old", is_primary=True, color="red"
    )
    shown = upload(office, Tenant, TENANTS + "1234,New,contoso.example,,,yes\n")
    assert shown.context["asked"].lines[0].changes == [("name", "Old", "New")]
    confirm(office, Tenant, shown)
    assert Tenant.objects.values("name", "guid", "color").get() == {
        "name": "New",
        "guid": tenant.guid,
        "color": "red",
    }
    assert list(Tenant.objects.filter(search_text__contains="new")) == [tenant]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("9999,X,x.example,,,yes", "mpn_id: There is no partner with this MPN ID."),
        ("1234,X,taken.example,,,no", "domain: This domain belongs to a tenant of Fabrikam."),
        ("1234,X,TAKEN.example.,,,no", "domain: This domain belongs to a tenant of Fabrikam."),
        ("1234,X,no domain,,,no", "domain: This is not a domain. Enter one like contoso.com."),
        (
            "1234,X,kim@contoso.example,,,no",
            "domain: Enter the domain alone, like contoso.com, without anything before or after "
            "it.",
        ),
        (
            "1234,X,x.example,5b4b,,no",
            "tenant_id: Write the tenant ID like 72f988bf-86f1-41af-91ab-2d7cd011db47, or leave "
            "it empty.",
        ),
        (f"1234,X,x.example,{GUID},,no", "tenant_id: This is the tenant ID of taken.example."),
        (
            "1234,X,x.example,,pink,no",
            "color: Write one of blue, green, purple, orange, teal, magenta, red, gray, or leave "
            "it empty.",
        ),
        (
            "1234,X,x.example,,red,no",
            "color: Another tenant of this partner has this color. Choose a different one.",
        ),
        ("1234,X,x.example,,,", "primary: Write yes or no."),
        (
            "1234,X,x.example,,,yes",
            "primary: contoso.example is the primary tenant. Choose another one on the partner's "
            "page.",
        ),
        (
            "1234,X,contoso.example,,,no",
            "primary: A partner has one primary tenant. Choose another one on the partner's page.",
        ),
        ("5678,X,x.example,,,no", "primary: This partner has no primary tenant yet. Write yes."),
        ("1234,\u200b,x.example,,,no", "name: This field cannot be blank."),
        (
            "1234,X,x.example,,pink,perhaps",
            "color: Write one of blue, green, purple, orange, teal, magenta, red, gray, or leave "
            "it empty. primary: Write yes or no.",
        ),
    ],
)
def test_a_tenant_that_cannot_be_is_refused_in_words(
    contoso: Partner, line: str, reason: str
) -> None:
    factories.TenantFactory.create(
        partner=contoso, domain="contoso.example", is_primary=True, color="red"
    )
    factories.PartnerFactory.create(mpn_id="5678")
    factories.TenantFactory.create(partner__name="Fabrikam", domain="taken.example", guid=GUID)
    assert reasons(line + "\n") == [reason]


def test_lines_of_one_file_are_judged_one_after_the_other(contoso: Partner) -> None:
    factories.PartnerFactory.create(mpn_id="5678", name="Fabrikam")
    text = (
        f"1234,A,a.example,{GUID},red,yes\n"
        "1234,B,b.example,,red,no\n"
        f"1234,C,c.example,{GUID},,no\n"
        "1234,D,d.example,,,yes\n"
        "5678,E,a.example,,,yes\n"
        "1234,F,a.example,,red,yes\n"
    )
    assert reasons(text) == [
        "",
        "color: Another tenant of this partner has this color. Choose a different one.",
        "tenant_id: This is the tenant ID of a.example.",
        "primary: a.example is the primary tenant. Choose another one on the partner's page.",
        "domain: This domain belongs to a tenant of Contoso.",
        "Duplicate of line 2.",
    ]


@pytest.mark.rule("P4")
def test_a_partner_has_no_more_tenants_than_colors(contoso: Partner) -> None:
    text = "".join(
        f"1234,T{number},t{number}.example,,,{'no' if number else 'yes'}\n" for number in range(9)
    )
    assert reasons(text) == [
        *[""] * 8,
        "color: Every color that tells this partner's tenants apart is in use. A partner can't "
        "have more tenants than there are colors.",
    ]


def test_a_color_may_go_from_one_tenant_to_another(office: Client, contoso: Partner) -> None:
    for name, color in (("a", "red"), ("b", "blue")):
        factories.TenantFactory.create(
            partner=contoso,
            name=name,
            domain=f"{name}.example",
            color=color,
            is_primary=name == "a",
        )
    text = "1234,a,a.example,,gray,yes\n1234,b,b.example,,red,no\n1234,c,c.example,,blue,no\n"
    assert bring(office, Tenant, TENANTS + text) == [(2, "changed"), (3, "changed"), (4, "new")]
    assert [row[2] for row in rows()] == ["gray", "red", "blue"]


@pytest.mark.parametrize("language", ["en", "nl"])
def test_tenants_that_were_taken_along_are_unchanged(office: Client, language: str) -> None:
    factories.TenantFactory.create(name="=1+1; “quoted”", is_primary=True)
    factories.TenantFactory.create(partner=Partner.objects.get(), is_primary=False)
    text = export(office, Tenant, **{"accept-language": language})
    before = list(Tenant.objects.values())
    assert bring(office, Tenant, text) == [(2, "same"), (3, "same")]
    assert list(Tenant.objects.values()) == before


def test_refusals_of_tenants_are_told_in_dutch(
    contoso: Partner, programme: User, sign_in: SignIn
) -> None:
    office = sign_in(programme)
    office.cookies["django_language"] = "nl"
    shown = upload(office, Tenant, TENANTS + "1234,X,x.example,,,misschien\n")
    assert shown.context["asked"].lines[0].reason == "primary: Schrijf ja of nee."


def test_the_command_imports_tenants_in_batches_all_or_none(
    contoso: Partner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 1)
    text = TENANTS + "1234,A,a.example,,red,yes\n1234,B,b.example,,red,no\n"
    for options in ((), ("--dry-run",)):
        with pytest.raises(CommandError, match=r"2 lines: New 1, Refused 1\. Nothing was changed"):
            run(tmp_path, "tenants", text, *options)
    assert rows() == []
    run(tmp_path, "tenants", text.replace("b.example,,red", "b.example,,"), "--reason", "Yearly")
    assert rows() == [("A", "a.example", "red", True), ("B", "b.example", "blue", False)]


def test_tenants_have_a_file_with_their_columns(office: Client) -> None:
    answer = office.get(page(Tenant, "import"), {"template": "csv"})
    text = answer.getvalue().decode().removeprefix("\ufeff").strip()
    assert text.replace('"', "").splitlines() == [
        TENANTS.strip(),
        "1234567,Wingtip Toys,wingtiptoys.onmicrosoft.com,,green,yes",
    ]
