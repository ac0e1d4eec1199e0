"""Licenses of people from a file: tenant, product, address (L1 to L8, A1, W2, W3, W11)."""

from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from benefits_portal.backoffice.importing import Refused
from benefits_portal.licensing.license_imports import LicenseImport
from benefits_portal.licensing.models import LicenseAction, LicenseAssignment, LicensePool
from benefits_portal.tenants import importing
from benefits_portal.tenants.importing import carry_out
from benefits_portal.tenants.models import Actor, DirectoryUser, How, Record, User
from tests import factories
from tests.clients import SignIn
from tests.factories import TODAY

from .conftest import page
from .test_csv import bring, confirm, outcomes, run, upload

LICENSES = "tenant,product,user_principal_name\n"
PLACE = "contoso.example,Visio Plan 2"


@pytest.fixture
def visio(db: None, today: date) -> LicensePool:
    """Three licenses, of which nobody has one."""
    return factories.pool(
        3,
        tenant__partner__mpn_id="1234",
        tenant__domain="contoso.example",
        tenant__name="Contoso",
        product__name="Visio Plan 2",
    )


def person(pool: LicensePool, name: str, **facts: object) -> DirectoryUser:
    made: DirectoryUser = factories.DirectoryUserFactory.create(
        tenant=pool.tenant,
        user_principal_name=f"{name}@contoso.example",
        display_name=name.title(),
        **facts,
    )
    return made


def people(pool: LicensePool, *names: str) -> list[DirectoryUser]:
    return [person(pool, name) for name in names]


def lines(*names: str) -> str:
    return LICENSES + "".join(f"{PLACE},{name}@contoso.example\n" for name in names)


def reasons(text: str) -> list[str]:
    return [line.reason for line in LicenseImport.of(LICENSES + text).lines]


def holders() -> list[str]:
    held = LicenseAssignment.objects.running().order_by("pk")
    return [assignment.directory_user.display_name for assignment in held]


@pytest.mark.rule("L1", "A1")
def test_each_line_gives_a_license_as_it_was_shown(
    office: Client, visio: LicensePool, programme: User
) -> None:
    [kim, _lou] = people(visio, "kim", "lou")
    shown = upload(office, LicenseAssignment, lines("KIM", "lou"))
    assert [line.text for line in shown.context["asked"].lines] == [
        "contoso.example · Visio Plan 2 · kim@contoso.example · Kim",
        "contoso.example · Visio Plan 2 · lou@contoso.example · Lou",
    ]
    assert (outcomes(shown), holders()) == ([(2, "new"), (3, "new")], [])
    assert confirm(office, LicenseAssignment, shown).status_code == 302
    assert holders() == ["Kim", "Lou"]
    held = LicenseAssignment.objects.get(directory_user=kim)
    assert (held.partner, held.tenant, held.product, held.given_on, held.given_by) == (
        visio.tenant.partner,
        visio.tenant,
        visio.product,
        visio.tenant.partner.today(),
        programme,
    )


@pytest.mark.rule("A1")
def test_each_license_is_on_record_with_the_reason(
    office: Client, visio: LicensePool, programme: User
) -> None:
    kim = person(visio, "kim")
    bring(office, LicenseAssignment, lines("kim"))
    record = Record.objects.get(action=LicenseAction.GIVEN)
    assert (record.actor, record.how, record.reason, record.subject, record.after) == (
        programme,
        How.BACK_OFFICE,
        "From the yearly list",
        visio.product,
        {"person": kim.pk, "assignment": LicenseAssignment.objects.get().pk},
    )


@pytest.mark.rule("L2", "W11")
def test_the_same_file_a_second_time_changes_nothing(office: Client, visio: LicensePool) -> None:
    people(visio, "kim", "lou")
    bring(office, LicenseAssignment, lines("kim", "lou"))
    assert bring(office, LicenseAssignment, lines("kim", "lou")) == [(2, "same"), (3, "same")]
    assert Record.objects.filter(action=LicenseAction.GIVEN).count() == 2
    assert holders() == ["Kim", "Lou"]


@pytest.mark.rule("L9")
def test_who_was_disabled_with_a_license_keeps_it(visio: LicensePool) -> None:
    factories.LicenseAssignmentFactory.create(
        tenant=visio.tenant,
        product=visio.product,
        directory_user=person(visio, "kim", disabled=True),
    )
    assert [line.outcome for line in LicenseImport.of(lines("kim")).lines] == ["same"]


@pytest.mark.rule("L3")
def test_of_more_lines_than_licenses_none_is_given(office: Client, visio: LicensePool) -> None:
    people(visio, "a", "b", "c", "d")
    shown = upload(office, LicenseAssignment, lines("a", "b", "c", "d"))
    assert outcomes(shown) == [(2, "new"), (3, "new"), (4, "new"), (5, "refused")]
    assert shown.context["asked"].lines[3].reason == (
        "product: All 3 licenses of Visio Plan 2 are assigned. Remove one from someone, or add "
        "licenses with a product key."
    )
    confirm(office, LicenseAssignment, shown)
    assert holders() == []


@pytest.mark.rule("L3", "L6")
def test_each_pool_has_licenses_of_its_own(visio: LicensePool) -> None:
    other = factories.pool(1, tenant=visio.tenant, product__name="Project Plan 3")
    factories.SubscriptionFactory.create(tenant=other.tenant, product=other.product, licenses=1)
    people(visio, "a", "b", "c", "d")
    projects = "".join(
        f"contoso.example,Project Plan 3,{name}@contoso.example\n" for name in ("b", "c", "d")
    )
    asked = LicenseImport.of(lines("a", "b", "c") + projects)
    assert [line.outcome for line in asked.lines] == ["new"] * 5 + ["refused"]


NOT_HERE = (
    "user_principal_name: Not in the directory of this tenant. Add a user entry in this tenant "
    "first."
)
NO_LICENSES = (
    "product: There are no licenses of a product with this name. Write it as in the list of "
    "products."
)


@pytest.mark.rule("L1", "L7", "P1")
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("missing.example,Visio Plan 2,kim@contoso.example", "tenant: There is no tenant"),
        (
            "Contoso,Visio Plan 2,kim@contoso.example",
            "tenant: Write the tenant's domain: contoso.example.",
        ),
        ("contoso.example,Missing,kim@contoso.example", NO_LICENSES),
        ("contoso.example,Credit,kim@contoso.example", NO_LICENSES),
        (f"{PLACE},missing@contoso.example", NOT_HERE),
        (f"{PLACE},elsewhere@fabrikam.example", NOT_HERE),
        (f"{PLACE},second@contoso.example", NOT_HERE),
        (f"{PLACE},kim", "user_principal_name: There is no email address on this line."),
        (f"{PLACE},disabled@contoso.example", "user_principal_name: Disabled in the directory."),
        (
            "contoso.example,Of Fabrikam,kim@contoso.example",
            "product: No subscription to Of Fabrikam is active or expired in this tenant",
        ),
        (
            "missing.example,Missing,kim",
            f"tenant: There is no tenant with this domain. {NO_LICENSES} user_principal_name: ",
        ),
    ],
)
def test_a_license_that_cannot_be_given_is_refused_in_words(
    visio: LicensePool, line: str, reason: str
) -> None:
    person(visio, "kim")
    person(visio, "disabled", disabled=True)
    factories.ProductFactory.create(name="Credit", monthly=True)
    elsewhere = factories.pool(9, product__name="Of Fabrikam")
    factories.DirectoryUserFactory.create(
        tenant=elsewhere.tenant, user_principal_name="elsewhere@fabrikam.example"
    )
    second = factories.TenantFactory.create(partner=visio.tenant.partner)
    factories.DirectoryUserFactory.create(
        tenant=second, user_principal_name="second@contoso.example"
    )
    [told] = reasons(line + "\n")
    assert told.startswith(reason)


@pytest.mark.rule("W3")
def test_a_guest_is_found_by_the_directory_s_own_name(office: Client, visio: LicensePool) -> None:
    guest = factories.DirectoryUserFactory.create(
        tenant=visio.tenant, user_principal_name="lou@fabrikam.example", kind="guest"
    )
    name = "lou_fabrikam.example#EXT#@contoso.example"
    assert bring(office, LicenseAssignment, f"{LICENSES}{PLACE},{name}\n") == [(2, "new")]
    assert LicenseAssignment.objects.get().directory_user == guest


def test_one_person_on_two_lines_is_refused_once(visio: LicensePool) -> None:
    people(visio, "kim")
    assert reasons(f"{PLACE},kim@contoso.example\n{PLACE},KIM@contoso.example\n") == [
        "",
        "Duplicate of line 2.",
    ]


@pytest.mark.rule("L3")
def test_a_license_given_while_the_preview_is_read_imports_nothing(
    office: Client, visio: LicensePool
) -> None:
    [_a, _b, _c, faster] = people(visio, "a", "b", "c", "d")
    shown = upload(office, LicenseAssignment, lines("a", "b", "c"))
    visio.give(faster, by=Actor(), on=TODAY)
    again = confirm(office, LicenseAssignment, shown)
    assert "nothing was imported" in again.text
    assert (outcomes(again), holders()) == ([(2, "new"), (3, "new"), (4, "refused")], ["D"])


@pytest.mark.rule("L3")
def test_what_became_impossible_after_it_was_judged_imports_nothing(
    visio: LicensePool, programme: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    [_a, _b, _c, faster] = people(visio, "a", "b", "c", "d")
    locking = LicenseImport.lock_people

    def after_a_faster_one(asked: LicenseImport) -> None:
        visio.give(faster, by=Actor(), on=TODAY)
        locking(asked)

    monkeypatch.setattr(LicenseImport, "lock_people", after_a_faster_one)
    with pytest.raises(Refused):
        carry_out(LicenseImport, lines("a", "b", "c"), by=Actor(programme))
    assert holders() == []


def test_refusals_are_told_in_dutch(visio: LicensePool, programme: User, sign_in: SignIn) -> None:
    office = sign_in(programme)
    office.cookies["django_language"] = "nl"
    shown = upload(office, LicenseAssignment, f"{LICENSES}contoso.example,Visio,kim\n")
    assert (
        shown.context["asked"]
        .lines[0]
        .reason.startswith("product: Er zijn geen licenties van een product met deze naam.")
    )


def test_program_staff_import_and_support_does_not(
    visio: LicensePool, support: User, officer: User, sign_in: SignIn
) -> None:
    way, there = page(LicenseAssignment, "import"), page(LicenseAssignment, "changelist")
    assert [sign_in(user).get(way).status_code for user in (support, officer)] == [403, 200]
    listed = [sign_in(user).get(there).text for user in (support, officer)]
    assert [f'href="{way}"' in text for text in listed] == [False, True]
    add = page(LicenseAssignment, "add")
    assert [sign_in(user).get(add).status_code for user in (support, officer)] == [403, 403]


def test_the_command_gives_all_or_none_and_judges_the_file_at_once(
    visio: LicensePool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 1)
    people(visio, "a", "b", "c", "d")
    with pytest.raises(CommandError, match=r"4 lines: New 3, Refused 1\. Nothing was changed"):
        run(tmp_path, "licenses", lines("a", "b", "c", "d"))
    assert holders() == []
    told = run(tmp_path, "licenses", lines("a", "b", "c"), "--reason", "Yearly")
    assert told == "3 lines: New 3. Done.\n"
    assert holders() == ["A", "B", "C"]


def test_the_queries_of_a_preview_do_not_grow_with_its_lines(
    visio: LicensePool, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    people(visio, "a", "b", "c")
    other = factories.pool(1, tenant__domain="other.example", product__name="Project Plan 3")
    factories.DirectoryUserFactory.create(
        tenant=other.tenant, user_principal_name="lou@other.example"
    )
    for text in (
        lines("a"),
        lines("a", "b", "c") + "other.example,Project Plan 3,lou@other.example",
    ):
        with django_assert_num_queries(6):
            assert LicenseImport.of(text).refused == []


def test_more_lines_than_the_page_takes_are_imported_by_the_command(
    visio: LicensePool, tmp_path: Path, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    visio.subscriptions.update(licenses=2_500)
    names = [f"person{number}" for number in range(2_500)]
    DirectoryUser.objects.bulk_create(
        factories.DirectoryUserFactory.build(
            tenant=visio.tenant,
            partner=visio.tenant.partner,
            user_principal_name=f"{name}@contoso.example",
        )
        for name in names
    )
    with django_assert_max_num_queries(30):
        told = run(tmp_path, "licenses", lines(*names))
    assert told == "2,500 lines: New 2,500. Done.\n"
    assert visio.count(TODAY).given == 2_500


def test_licenses_have_a_file_with_their_columns(office: Client) -> None:
    answer = office.get(page(LicenseAssignment, "import"), {"template": "csv"})
    text = answer.getvalue().decode().removeprefix("\ufeff").strip()
    assert text.replace('"', "").splitlines() == [
        LICENSES.strip(),
        "wingtiptoys.onmicrosoft.com,Visio Plan 2,kim@wingtiptoys.onmicrosoft.com",
    ]
