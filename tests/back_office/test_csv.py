"""Lists to take along, and files to bring: seen line by line first, then all of it or nothing."""

import csv
import re
import tracemalloc
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from benefits_portal.backoffice.import_page import MAX_LINES
from benefits_portal.backoffice.importing import Refused, TooManyLines
from benefits_portal.benefits.importing import MembershipImport
from benefits_portal.benefits.models import Benefit, Membership, ProductKey
from benefits_portal.reminders.models import Feed
from benefits_portal.tenants import importing
from benefits_portal.tenants.admin import exports
from benefits_portal.tenants.directory_imports import PartnerImport, PersonImport
from benefits_portal.tenants.importing import carry_out
from benefits_portal.tenants.models import Actor, DirectoryUser, How, Partner, Record, Tenant, User
from tests import factories
from tests.clients import ClientResponse, SignIn

from .conftest import make_rows, page, registered

PARTNERS = "mpn_id,name,country,currency,time_zone\n"


def export(office: Client, model: type[Model], query: str = "", **headers: Any) -> str:
    answer = office.get(page(model, "export") + query, headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    return b"".join(answer).decode("utf-8-sig")


def table(text: str, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(StringIO(text), delimiter=delimiter))


def upload(
    office: Client, model: type[Model], text: str | bytes, reason: str = "From the yearly list"
) -> ClientResponse:
    content = text if isinstance(text, bytes) else text.encode()
    file = BytesIO(content)
    file.name = "file.csv"
    return office.post(page(model, "import"), {"file": file, "reason": reason})


def confirm(office: Client, model: type[Model], shown: ClientResponse) -> ClientResponse:
    context = shown.context
    sent = {
        "confirmed": context["packed"],
        "shown": context["asked"].fingerprint,
        "reason": context["reason"],
    }
    return office.post(page(model, "import"), sent)


def outcomes(shown: ClientResponse) -> list[tuple[int, str]]:
    return [(line.line_number, line.outcome.value) for line in shown.context["asked"].lines]


def bring(office: Client, model: type[Model], text: str | bytes) -> list[tuple[int, str]]:
    shown = upload(office, model, text)
    assert confirm(office, model, shown).status_code == 302
    return outcomes(shown)


# Exports


@pytest.mark.rule("K3")
def test_every_list_can_be_taken_along_and_none_says_a_key(office: Client, today: date) -> None:
    make_rows(1)
    keys = ProductKey.objects.all()
    secrets = ["<a href", *(secret for key in keys for secret in (key.digest, key.ciphertext))]
    secrets += [feed.digest for feed in Feed.objects.all()]
    texts = {model: export(office, model) for model in registered()}
    assert [model for model, text in texts.items() if len(table(text)) < 2] == []
    assert [
        model for model, text in texts.items() if any(secret in text for secret in secrets)
    ] == []
    assert [key for key in keys if key.last_five not in texts[ProductKey]] == []


def test_an_export_holds_what_the_filters_leave(office: Client) -> None:
    factories.PartnerFactory.create(name="Contoso", country="NL", mpn_id="1234")
    factories.PartnerFactory.create(country="US")
    assert table(export(office, Partner, "?country__exact=NL")) == [
        ["mpn_id", "name", "country", "currency", "time_zone"],
        ["1234", "Contoso", "NL", "USD", "UTC"],
    ]
    assert office.get(page(Partner, "export") + "?nonsense=1").status_code == 302


def test_a_dutch_reader_s_export_has_semicolons_and_no_export_has_formulas(office: Client) -> None:
    factories.PartnerFactory.create(name="=1+1")
    assert table(export(office, Partner, **{"accept-language": "nl"}), ";")[1][1] == "'=1+1"


def test_an_export_reads_a_batch_at_a_time(office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "BATCH", 2)
    factories.PartnerFactory.create_batch(5)
    with CaptureQueriesContext(connection) as asked:
        assert len(table(export(office, Partner))) == 6
    assert sum('"tenants_partner"."id" > ' in query["sql"] for query in asked) == 4


def test_only_who_may_look_takes_along(support: User, sign_in: SignIn) -> None:
    assert sign_in(support).get(page(Partner, "export")).status_code == 200
    assert (
        sign_in(factories.UserFactory.create(staff=True)).get(page(Partner, "export")).status_code
        == 403
    )
    assert sign_in(support).post(page(Partner, "export")).status_code == 405


# Imports


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_partners_are_made_and_changed_as_was_shown(
    office: Client, programme: User, mark: str, delimiter: str
) -> None:
    known = factories.PartnerFactory.create(
        mpn_id="1234", name="Old name", country="NL", currency="EUR"
    )
    text = mark + PARTNERS + "1234,Ünited,NL,EUR,UTC\n\n5678,Fabrikam,US,USD,America/New_York\n"
    shown = upload(office, Partner, text.replace(",", delimiter))
    assert outcomes(shown) == [(2, "changed"), (4, "new")]
    assert Partner.objects.count() == 1
    assert confirm(office, Partner, shown).status_code == 302
    known.refresh_from_db()
    assert (known.name, Partner.objects.get(mpn_id="5678").time_zone) == (
        "Ünited",
        "America/New_York",
    )
    records = Record.objects.order_by("subject_id").values_list(
        "actor", "how", "reason", "before", "after__name"
    )
    assert list(records) == [
        (programme.pk, "back-office", "From the yearly list", {"name": "Old name"}, "Ünited"),
        (programme.pk, "back-office", "From the yearly list", {}, "Fabrikam"),
    ]


@pytest.mark.rule("B1", "B2")
def test_a_membership_that_is_brought_is_provisioned_like_one_by_hand(office: Client) -> None:
    partner, line = (
        factories.PartnerFactory.create(mpn_id="1234"),
        factories.PackageLineFactory.create(offer__name="Gold"),
    )
    assert bring(office, Membership, "mpn_id,offer,starts_on\n1234,Gold,2027-01-01\n") == [
        (2, "new")
    ]
    membership = Membership.objects.get()
    assert (membership.partner, membership.ends_on) == (partner, date(2028, 1, 1))
    assert Benefit.objects.get().package_line == line
    assert ProductKey.objects.count() == 1


@pytest.mark.rule("B1")
def test_a_membership_that_is_brought_for_the_next_year_is_a_renewal(office: Client) -> None:
    factories.PartnerFactory.create(mpn_id="1234")
    factories.OfferFactory.create(name="Gold")
    text = "mpn_id,offer,starts_on\n1234,Gold,2020-09-01\n1234,Gold,2021-09-02\n"
    shown = upload(office, Membership, text)
    assert [str(line.row.ends_on) for line in shown.context["asked"].lines] == [
        "2021-09-01",
        "2022-09-01",
    ]
    confirm(office, Membership, shown)
    assert [str(membership.ends_on) for membership in Membership.objects.order_by("starts_on")] == [
        "2021-09-01",
        "2022-09-01",
    ]


def test_people_are_made_with_the_words_they_are_found_by(office: Client, tenant: Tenant) -> None:
    text = (
        "tenant,user_principal_name,name,kind\n"
        f"{tenant.domain},Mia@{tenant.domain},Mia Jansen,member\n"
    )
    guest = f"{tenant.domain},guest@elsewhere.example,A Guest,guest\n"
    assert bring(office, DirectoryUser, text + guest) == [(2, "new"), (3, "new")]
    assert [
        str(person) for person in DirectoryUser.objects.first_matching(tenant.partner, "jans", 5)
    ] == [f"Mia Jansen (mia@{tenant.domain})"]
    assert bring(office, DirectoryUser, text.replace("Jansen", "de Vries")) == [(2, "changed")]
    assert [
        person.display_name
        for person in DirectoryUser.objects.first_matching(tenant.partner, "vries", 5)
    ] == ["Mia de Vries"]
    assert list(DirectoryUser.objects.first_matching(tenant.partner, "jans", 5)) == []


@pytest.mark.parametrize("language", ["en", "nl"])
def test_bringing_what_was_taken_along_changes_nothing(
    office: Client, tenant: Tenant, language: str
) -> None:
    factories.PartnerFactory.create(name="=Formula; Inc, “quoted”")
    factories.DirectoryUserFactory.create(tenant=tenant, display_name="-Dash")
    factories.MembershipFactory.create(partner=tenant.partner)
    records = Record.objects.count()
    models = (Partner, DirectoryUser, Membership)
    for model in models:
        before = list(model.objects.values())
        assert {
            outcome
            for _number, outcome in bring(
                office, model, export(office, model, **{"accept-language": language})
            )
        } == {"same"}
        assert list(model.objects.values()) == before
    assert Record.objects.count() == records + len(models), "that each list was taken along"


@pytest.mark.rule("A1")
def test_one_line_that_is_refused_keeps_the_whole_file_out(
    office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = PARTNERS + "1234,Contoso,NL,EUR,UTC\nx,,Nederland,EUR,Mars\n1234,Again,NL,EUR,UTC\n"
    shown = upload(office, Partner, text)
    assert outcomes(shown) == [(2, "new"), (3, "refused"), (4, "refused")]
    reasons = [line.reason for line in shown.context["asked"].refused]
    assert [column in reasons[0] for column in ("mpn_id", "country", "time_zone")] == [True] * 3
    assert reasons[1] == "Duplicate of line 2."
    assert 'value="Import"' not in shown.content.decode()
    confirm(office, Partner, shown)  # sent all the same
    assert Partner.objects.count() == 0


@pytest.mark.rule("B1")
def test_memberships_that_overlap_or_name_what_is_not_there_are_refused(office: Client) -> None:
    partner = factories.PartnerFactory.create(mpn_id="1234", currency="NOK")
    factories.OfferFactory.create(name="Gold")
    factories.PackageLineFactory.create(offer__name="Credit", product__monthly=True)
    factories.MembershipFactory.create(partner=partner, offer__name="Silver")
    lines = [
        "1234,Gold,2027-01-01",
        "1234,Gold,2027-06-01",
        "1234,Silver,2021-06-01",
        "1234,Credit,2027-01-01",
    ]
    lines += [
        "9999,Gold,2027-01-01",
        "1234,Bronze,2027-01-01",
        "1234,Gold,soon",
        "1234,Gold,9999-12-31",
    ]
    shown = upload(office, Membership, "mpn_id,offer,starts_on\n" + "\n".join(lines))
    assert [outcome for _number, outcome in outcomes(shown)] == ["new", *["refused"] * 7]


@pytest.mark.rule("U1")
def test_people_who_belong_elsewhere_are_refused(office: Client, tenant: Tenant) -> None:
    known = factories.DirectoryUserFactory.create(tenant=tenant)
    lines = [
        f"{tenant.domain},x@elsewhere.example,X,member",
        f"{tenant.domain},x@{tenant.domain},X,guest",
    ]
    lines += [
        "nowhere.example,x@nowhere.example,X,member",
        f"{tenant.domain},{known.user_principal_name},X,guest",
    ]
    lines += [
        f"{tenant.domain},y@{tenant.domain},,member",
        f"{tenant.domain},z@{tenant.domain},Z,robot",
    ]
    shown = upload(
        office, DirectoryUser, "tenant,user_principal_name,name,kind\n" + "\n".join(lines)
    )
    assert [outcome for _number, outcome in outcomes(shown)] == ["refused"] * 6


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The submitted file is empty."),
        (b"mpn_id,name\n1,2\n", "Line 1 must name these columns"),
        (PARTNERS.encode() + b"1234,Contoso\n", "Line 2 has 2 cells, not 5."),
        (PARTNERS.encode() + b"1234,Cont\xff,NL,EUR,UTC\n", "Line 2 is not in UTF-8."),
        (PARTNERS.encode() + b'1234,"Contoso,NL,EUR,UTC\n', "be read: a quotation mark"),
        (
            PARTNERS.encode() + b"1234,Con\0toso,NL,EUR,UTC\n",
            "Line 2 contains something that isn&#x27;t text.",
        ),
        (PARTNERS.encode() + b"1234,Contoso,NL,EUR,UTC\n" * 2001, "Up to 2,000 lines"),
        (b"x" * 1_000_001, "Up to 2,000 lines"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_with_the_line(
    office: Client, content: bytes, message: str
) -> None:
    answer = upload(office, Partner, content)
    assert answer.status_code == 200
    assert message in (str(answer.context["form"].errors) or answer.content.decode())


def test_what_changed_meanwhile_is_shown_anew_and_nothing_is_done(office: Client) -> None:
    shown = upload(office, Partner, PARTNERS + "1234,Contoso,NL,EUR,UTC\n")
    factories.PartnerFactory.create(mpn_id="1234", name="Somebody was faster")
    again = confirm(office, Partner, shown)
    assert (again.status_code, outcomes(again)) == (200, [(2, "changed")])
    assert Partner.objects.get().name == "Somebody was faster"


def test_nothing_is_imported_without_a_reason(office: Client) -> None:
    shown = upload(office, Partner, PARTNERS + "1234,Contoso,NL,EUR,UTC\n")
    sent = {"confirmed": shown.context["packed"], "shown": shown.context["asked"].fingerprint}
    messages = [
        str(message) for message in office.post(page(Partner, "import"), sent).context["messages"]
    ]
    assert (messages, Partner.objects.count()) == (
        ["Enter a reason, which is recorded. Nothing was changed."],
        0,
    )


def test_whoever_is_faster_keeps_the_whole_file_out(programme: User) -> None:
    first, second = (
        factories.PartnerFactory.create(mpn_id="1234"),
        factories.PartnerFactory.create(mpn_id="5678"),
    )
    offer, by = factories.OfferFactory.create(name="Gold"), Actor(programme, How.BACK_OFFICE)
    text = (
        f"mpn_id,offer,starts_on\n{first.mpn_id},Gold,2027-01-01\n{second.mpn_id},Gold,2027-01-01\n"
    )
    with pytest.raises(Refused):
        carry_out(
            MembershipImport,
            text,
            by=by,
            on_progress=lambda _done: Membership.enroll(second, offer, date(2027, 1, 1), by=by),
        )
    assert Membership.objects.count() == 0


TOO_OLD = "This page is too old. Choose the file again; nothing was changed."


def test_a_confirmation_that_was_tampered_with_does_nothing(office: Client) -> None:
    assert office.post(page(Partner, "import"), {"confirmed": "x", "shown": ""}).status_code == 302
    assert Partner.objects.count() == 0


def test_a_confirmation_of_other_rows_does_nothing(office: Client) -> None:
    shown = upload(office, Partner, PARTNERS + "1234,Contoso,NL,EUR,UTC\n")
    answer = office.post(
        page(DirectoryUser, "import"),
        {"confirmed": shown.context["packed"], "reason": "Why not"},
        follow=True,
    )
    assert [str(message) for message in answer.context["messages"]] == [TOO_OLD]
    assert (Partner.objects.count(), DirectoryUser.objects.count()) == (0, 0)


def test_a_confirmation_of_somebody_else_does_nothing(
    office: Client, officer: User, sign_in: SignIn
) -> None:
    shown = upload(office, Partner, PARTNERS + "1234,Contoso,NL,EUR,UTC\n")
    sent = {
        "confirmed": shown.context["packed"],
        "shown": shown.context["asked"].fingerprint,
        "reason": "Why not",
    }
    answer = sign_in(officer).post(page(Partner, "import"), sent, follow=True)
    assert ([str(message) for message in answer.context["messages"]], Partner.objects.count()) == (
        [TOO_OLD],
        0,
    )


def test_a_confirmation_without_what_was_shown_is_shown_again(office: Client) -> None:
    shown = upload(office, Partner, PARTNERS + "1234,Contoso,NL,EUR,UTC\n")
    answer = office.post(
        page(Partner, "import"), {"confirmed": shown.context["packed"], "reason": "Why not"}
    )
    assert (answer.status_code, outcomes(answer), Partner.objects.count()) == (200, [(2, "new")], 0)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1234,Contoso,NL,EUR,", ""),
        ("1234,Contoso,\u202aN\u200bL\u202c,EUR,\u200b", ""),
        ("1234,Contoso,US,USD,", "time_zone: This country has no single time zone. Choose one."),
        ("1234,Contoso,XX,EUR,", "country: There is no such country. Use its two-letter code"),
    ],
)
def test_without_a_time_zone_a_new_partner_gets_its_country_s(
    office: Client, line: str, message: str
) -> None:
    [row] = upload(office, Partner, f"{PARTNERS}{line}\n").context["asked"].lines
    assert row.reason.startswith(message)
    assert "time_zone" not in row.reason.partition("country: ")[2]
    assert row.after.get("time_zone") == (None if message else "Europe/Amsterdam")


def test_without_a_time_zone_a_partner_keeps_its_own(office: Client) -> None:
    factories.PartnerFactory.create(mpn_id="1234", country="NL", time_zone="Asia/Tokyo")
    shown = upload(office, Partner, PARTNERS + "1234,Contoso,NL,EUR,\n")
    assert "time_zone" not in shown.context["asked"].lines[0].after


def test_the_preview_numbers_the_lines_as_the_file_does(office: Client) -> None:
    shown = upload(
        office, Partner, PARTNERS + "1234,Contoso,NL,EUR,Mars\n5678,Fabrikam,NL,EUR,UTC\n"
    )
    assert re.findall(r'<th scope="row">(\d*)</th>', shown.text) == ["2", "3"]


def test_program_staff_import_and_support_does_not(
    support: User, officer: User, sign_in: SignIn
) -> None:
    for model in (Partner, DirectoryUser, Membership):
        assert [
            sign_in(user).get(page(model, "import")).status_code for user in (support, officer)
        ] == [403, 200]
        lists = [
            sign_in(user).get(page(model, "changelist")).content.decode()
            for user in (support, officer)
        ]
        assert [f'href="{page(model, "import")}"' in listed for listed in lists] == [False, True]


# The command


def run(tmp_path: Path, kind: str, text: str, *options: str) -> str:
    file, output = tmp_path / "file.csv", StringIO()
    file.write_text(text, encoding="utf-8")
    call_command("import_csv", kind, str(file), *options, stdout=output, stderr=output)
    return output.getvalue()


def test_the_command_says_what_it_would_do_and_then_does_it(db: None, tmp_path: Path) -> None:
    text = PARTNERS + "1234,Contoso,NL,EUR,UTC\n"
    assert (
        run(tmp_path, "partners", text, "--dry-run")
        == "1 line: New 1. Nothing was changed: a dry run.\n"
    )
    assert Partner.objects.count() == 0
    assert run(tmp_path, "partners", text, "--reason", "Yearly") == "1 line: New 1. Done.\n"
    assert Record.objects.values_list("how", "reason").get() == ("command", "Yearly")
    assert run(tmp_path, "partners", text) == "1 line: Unchanged 1. Done.\n"


@pytest.mark.rule("A1")
def test_the_command_names_the_line_and_the_reason_and_changes_nothing(
    db: None, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match=r"2 lines: New 1, Refused 1\. Nothing was changed\."):
        run(tmp_path, "partners", PARTNERS + "1234,Contoso,NL,EUR,UTC\n5678,Fabrikam,NL,EUR,Mars\n")
    with pytest.raises(CommandError, match="Line 1 must name"):
        run(tmp_path, "partners", "x\n")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_csv", "partners", str(tmp_path / "missing.csv"))
    assert Partner.objects.count() == 0


def people(tenant: Tenant, *numbers: int) -> str:
    lines = [f"{tenant.domain},person{n}@{tenant.domain},Person {n},member\n" for n in numbers]
    return "tenant,user_principal_name,name,kind\n" + "".join(lines)


def test_the_command_takes_a_long_file_in_batches_and_all_of_it_or_none(
    db: None, tmp_path: Path, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    assert (
        run(tmp_path, "people", people(tenant, 1, 2, 3, 4, 5))
        == "2 …\n4 …\n5 lines: New 5. Done.\n"
    )
    with pytest.raises(
        CommandError, match=r"5 lines: New 3, Unchanged 1, Refused 1\. Nothing was changed\."
    ):
        # The last line is about the same as the second, two batches before.
        run(tmp_path, "people", people(tenant, 1, 6, 7, 8, 6))
    assert DirectoryUser.objects.count() == 5


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_enrollments_that_overlap_are_found_across_batches(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setattr(importing, "BATCH", 1)
    partner, line = (
        factories.PartnerFactory.create(mpn_id="1234"),
        factories.PackageLineFactory.create(offer__name="Gold"),
    )
    text = (
        "mpn_id,offer,starts_on\n"
        f"{partner.mpn_id},{line.offer},2027-01-01\n"
        f"{partner.mpn_id},{line.offer},2027-06-01\n"
    )
    with pytest.raises(CommandError, match=r"2 lines: New 1, Refused 1\. Nothing was changed\."):
        run(tmp_path, "memberships", text, *options)
    assert Membership.objects.count() == 0


def test_a_short_file_reads_the_people_it_names_and_no_others(db: None, tenant: Tenant) -> None:
    factories.DirectoryUserFactory.create_batch(3, tenant=tenant)
    named = factories.DirectoryUserFactory.create(
        tenant=tenant, user_principal_name=f"person901@{tenant.domain}"
    )
    asked = PersonImport.of(people(tenant, 901, 902))
    assert list(asked.people.values()) == [named]
    assert [line.outcome.value for line in asked.lines] == ["changed", "new"]


def test_a_file_with_too_many_lines_is_refused_before_one_is_judged(
    office: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    text = PARTNERS + "1234,Contoso,NL,EUR,UTC\n" * (MAX_LINES + 1)
    with django_assert_num_queries(0), pytest.raises(TooManyLines):
        PartnerImport.of(text, MAX_LINES)


@pytest.mark.release
def test_fifty_thousand_people_are_imported_by_the_command(
    db: None, tmp_path: Path, tenant: Tenant
) -> None:
    count = 50 * importing.BATCH
    tracemalloc.start()
    assert f"{count:,} lines: New {count:,}. Done." in run(
        tmp_path, "people", people(tenant, *range(count))
    )
    assert tracemalloc.get_traced_memory()[1] < 60e6  # bytes; all its lines at once took 290e6
    tracemalloc.stop()
    assert DirectoryUser.objects.count() == count
