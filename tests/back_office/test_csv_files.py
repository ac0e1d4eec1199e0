"""Files as programs save them: read, or refused with the line and the way out (W1 to W3, W8)."""

import csv
import re
from io import StringIO
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from benefits_portal.backoffice.csv_reading import Unreadable, decoded, plain, read
from benefits_portal.backoffice.csv_writing import DELIMITERS, harmless, without_guard
from benefits_portal.benefits.models import Membership
from benefits_portal.tenants.models import DirectoryUser, Partner, Tenant, User
from tests import factories
from tests.clients import SignIn

from .conftest import page
from .test_csv import PARTNERS, bring, export, outcomes, upload

COLUMNS = ("mpn_id", "name")
ROW = {"mpn_id": "1234", "name": "Ünited"}
PEOPLE = "tenant,user_principal_name,name,kind\n"


def cells(text: str, columns: tuple[str, ...] = COLUMNS) -> list[Any]:
    return [found for _number, found in read(text, columns)]


# Reading


@pytest.mark.rule("W8")
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("mpn_id,name\n1234,Ünited\n", 2),
        ("sep=;\nmpn_id;name\n1234;Ünited\n", 3),
        ("SEP=;\r\nmpn_id;name\r\n1234;Ünited\r\n", 3),
        ('"sep=|"\nmpn_id|name\n1234|Ünited\n', 3),
        (
            '#TYPE System.Management.Automation.PSCustomObject\n"mpn_id","name"\n"1234","Ünited"\n',
            3,
        ),
        ("\nmpn_id,name\n1234,Ünited\n", 3),
        (";;\n\n;;\nmpn_id;name\n1234;Ünited\n", 5),
        ("mpn_id\tname\n1234\tÜnited\n", 2),
        ("mpn_id;name;;\n1234;Ünited;;\n", 2),
        ("mpn_id;name\n1234;Ünited;;\n", 2),
        ("mpn_id,,name\n1234,,Ünited\n", 2),
        ("mpn_id,name\r1234,Ünited\r", 2),
        ('MPN_ID\u200b , Name\n 1234 ,"Ünited"\n\n,\n', 2),
    ],
)
def test_a_file_is_read_as_programs_save_it(text: str, line: int) -> None:
    assert list(read(text, COLUMNS)) == [(line, ROW)]


@pytest.mark.rule("W8")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_utf_8_and_utf_16_are_read_by_their_mark(encoding: str) -> None:
    mark = {"utf-16-le": "\ufeff", "utf-16-be": "\ufeff"}.get(encoding, "")
    assert cells(decoded((mark + "mpn_id\tname\r\n1234\tÜnited\r\n").encode(encoding))) == [ROW]


@pytest.mark.rule("W8")
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "mpn_id;name\n1234;Ünited\n".encode("cp1252"),
            "Line 2 is not in UTF-8. Save the file as “CSV UTF-8”.",
        ),
        (
            "mpn_id\r1234,\rÜ".encode("cp1252"),
            "Line 3 is not in UTF-8. Save the file as “CSV UTF-8”.",
        ),
        (
            "mpn_id".encode("utf-16-le"),
            "Line 1 contains something that isn't text. Save the file as “CSV UTF-8”.",
        ),
    ],
)
def test_what_is_no_unicode_is_refused_with_the_line_and_the_way_out(
    content: bytes, message: str
) -> None:
    with pytest.raises(Unreadable) as refused:
        decoded(content)
    assert str(refused.value) == message


@pytest.mark.rule("W8")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Line 1 must name these columns: mpn_id, name. Missing: mpn_id, name."),
        (
            "\n\nmpn_id,nam\n",
            "Line 3 must name these columns: mpn_id, name. Missing: name. Remove: nam.",
        ),
        (
            "mpn_id,name,email\n1234,X,x@y.z\n",
            "Line 1 must name these columns: mpn_id, name. Remove: email.",
        ),
        ("mpn_id,name,name\n", "Line 1 must name these columns: mpn_id, name. There twice: name."),
        (
            "mpn_id,name\n1234,X,x@y.z\n",
            "Line 2 has 3 cells, not 2. A cell that contains a delimiter needs quotes around it.",
        ),
        ("mpn_id,,name\n1234,odd,X\n", "Line 2 has “odd” in column 2, which has no name."),
        (
            'mpn_id,name\n1,X\n1234,"X" Y\n5,Z\n',
            "Line 3 can't be read: a quotation mark in it is not closed, or text follows "
            "it. Remove it, or write it twice with quotes around the cell.",
        ),
        (
            'mpn_id,name\n1234,"X\n5678,Y\n',
            "Line 2 can't be read: a quotation mark in it is not closed, or text follows "
            "it. Remove it, or write it twice with quotes around the cell.",
        ),
        (
            f"mpn_id,name\n1234,{'X' * 140_000}\n",
            "Line 2 can't be read: a cell in it is too long.",
        ),
    ],
)
def test_what_is_in_the_way_is_named(text: str, message: str) -> None:
    with pytest.raises(Unreadable) as refused:
        cells(text)
    assert str(refused.value) == message


@pytest.mark.rule("W8")
def test_a_stray_quote_is_told_in_the_reader_s_language(programme: User, sign_in: SignIn) -> None:
    office = sign_in(programme)
    office.cookies["django_language"] = "nl"
    answer = upload(office, Partner, PARTNERS + '1234,"Contoso" Ltd,NL,EUR,UTC\n')
    assert answer.context["form"].errors["file"] == [
        (
            "Regel 2 kan niet worden gelezen: een aanhalingsteken wordt niet gesloten, of er staat "
            "nog tekst achter. Haal het weg, of schrijf het dubbel en zet de cel tussen "
            "aanhalingstekens."
        )
    ]


# Who a line is about


@pytest.mark.rule("W2", "W3")
@pytest.mark.parametrize(
    ("written", "address", "kind"),
    [
        ("\u202aKim@{domain}\u202c", "kim@{domain}", "member"),
        ("<kim@{domain}>", "kim@{domain}", " Member "),
        ("john_fabrikam.example#EXT#@{domain}", "john@fabrikam.example", "guest"),
        ("Ｊｏｈｎ@Fabrikam.example\u200b", "john@fabrikam.example", "guest"),
    ],
)
def test_a_person_is_imported_by_their_one_address(
    office: Client, tenant: Tenant, written: str, address: str, kind: str
) -> None:
    row = f"{tenant.domain.upper()}\u200b,{written.format(domain=tenant.domain)},Kim,{kind}\n"
    assert bring(office, DirectoryUser, PEOPLE + row) == [(2, "new")]
    assert bring(office, DirectoryUser, PEOPLE + row) == [(2, "same")]
    assert [person.user_principal_name for person in DirectoryUser.objects.all()] == [
        address.format(domain=tenant.domain)
    ]


@pytest.mark.rule("W3")
@pytest.mark.parametrize(
    ("kind", "domain"),
    [("member", "{}"), ("guest", "elsewhere.example"), ("member", "elsewhere.example")],
)
def test_a_directory_s_own_name_is_no_member_and_of_no_other_tenant(
    office: Client, tenant: Tenant, kind: str, domain: str
) -> None:
    name = f"john_fabrikam.example#EXT#@{domain.format(tenant.domain)}"
    shown = upload(office, DirectoryUser, PEOPLE + f"{tenant.domain},{name},John,{kind}\n")
    [line] = shown.context["asked"].lines
    assert line.reason.startswith(
        "user_principal_name: This is a directory's internal name for a guest."
    )


@pytest.mark.rule("W2")
def test_two_spellings_of_one_person_in_a_file_are_the_same(office: Client, tenant: Tenant) -> None:
    rows = (
        f"{tenant.domain},john_f.example#EXT#@{tenant.domain},John,guest\n"
        f"{tenant.domain},JOHN@f.example,John,guest\n"
    )
    shown = upload(office, DirectoryUser, PEOPLE + rows)
    assert outcomes(shown) == [(2, "new"), (3, "refused")]
    assert shown.context["asked"].lines[1].reason == "Duplicate of line 2."


@pytest.mark.rule("W1")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("\u200b", "name: Enter the person's name."),
        ("\u3164", "name: Enter the person's name."),
        ("…", "name: Enter the person's name."),
        ('"Kim\nSign in at evil.example"', "name: Write this on one line."),
        (
            "Kim\x07",
            (
                "name: This contains a character that can't be shown. Type the text instead of "
                "pasting it."
            ),
        ),
    ],
)
def test_a_name_that_is_none_is_refused(
    office: Client, tenant: Tenant, name: str, message: str
) -> None:
    shown = upload(
        office, DirectoryUser, PEOPLE + f"{tenant.domain},kim@{tenant.domain},{name},member\n"
    )
    assert [line.reason for line in shown.context["asked"].lines] == [message]


@pytest.mark.rule("W1", "W8")
def test_a_preview_shows_the_old_and_the_new_value(office: Client, tenant: Tenant) -> None:
    person = factories.DirectoryUserFactory.create(tenant=tenant, display_name="Kim Old")
    row = f"{tenant.domain},{person.user_principal_name},Kim \u202eNew,member\n"
    shown = upload(
        office, DirectoryUser, PEOPLE + row + f"{tenant.domain},lou@{tenant.domain},Lou,member\n"
    )
    renamed, new = shown.context["asked"].lines
    assert (renamed.changes, new.changes[0]) == (
        [("name", "Kim Old", "Kim New")],
        ("name", "", "Lou"),
    )
    assert "name: <bdi>Kim Old</bdi> → <bdi>Kim New</bdi>" in shown.text
    assert "display_name" not in shown.text


@pytest.mark.rule("W8")
def test_a_preview_names_what_changes_by_the_file_s_own_columns(office: Client) -> None:
    Partner.objects.create(mpn_id="5201001", name="A", country="NL", currency="EUR")
    for model, line in (
        (Partner, "mpn_id,name,country,currency,time_zone\n5201001,B,BE,USD,Europe/Paris\n"),
        (Partner, "mpn_id,name,country,currency,time_zone\n5201002,B,BE,USD,Europe/Paris\n"),
        (DirectoryUser, f"{PEOPLE}{factories.TenantFactory.create().domain},x@y.example,X,guest\n"),
    ):
        asked = upload(office, model, line).context["asked"]
        [row] = asked.lines
        assert {column for column, _before, _after in row.changes} - {*asked.columns} == set()
        assert row.changes


@pytest.mark.rule("W1")
def test_a_name_that_differs_in_what_nobody_sees_is_no_change(
    office: Client, tenant: Tenant
) -> None:
    person = factories.DirectoryUserFactory.create(tenant=tenant, display_name="José Kim")
    row = f"{tenant.domain},{person.user_principal_name},Jose\u0301\u00a0Kim\u200b,member\n"
    assert outcomes(upload(office, DirectoryUser, PEOPLE + row)) == [(2, "same")]


@pytest.mark.rule("W4")
def test_full_width_digits_name_the_same_partner(office: Client) -> None:
    factories.PartnerFactory.create(mpn_id="5201001", name="Contoso", country="NL", currency="EUR")
    text = PARTNERS + "５２０１００１,Contoso,NL,EUR,UTC\n٥٢٠١٠٠١,Contoso,NL,EUR,UTC\n"
    assert outcomes(upload(office, Partner, text)) == [(2, "same"), (3, "refused")]


# Formulas

DANGEROUS = [
    "=SUM(A1)",
    "+1",
    "-1",
    "@SUM(A1)",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    " =1",
    "\u00a0=1",
    "'=1",
    "''=1",
    '"=1',
    "\n=1",
]
INSIDE = [
    f"Contoso{delimiter}{formula}"
    for delimiter in DELIMITERS
    for formula in ("=1", " ＝1", '"=1', "'=1")
]


@pytest.mark.parametrize("text", DANGEROUS + INSIDE)
def test_no_cell_is_a_formula_however_a_spreadsheet_delimits(text: str) -> None:
    line = StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow([harmless(text)])
    for delimiter in DELIMITERS:
        for row in csv.reader(StringIO(line.getvalue(), newline=""), delimiter=delimiter):
            assert [
                cell for cell in row if cell.strip(' \u00a0"')[:1] in tuple("=+-@＝＋－＠")
            ] == []
    assert without_guard(harmless(text)) == text


@given(st.text(st.sampled_from("=＝-@'\" \t\n,;|a\u00a0")) | st.text())
def test_what_is_guarded_comes_back_unchanged(text: str) -> None:
    assert without_guard(harmless(text)) == text


@pytest.mark.rule("W8")
@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize(
    "name",
    ["'=SUM(A1)", "=SUM(A1)", "''=SUM(A1)", "＝SUM(A1)", "Sum; =A1", "Kim, '-B", "'Kim'", "O'Neil"],
)
def test_a_person_taken_along_and_brought_back_is_unchanged(
    office: Client, tenant: Tenant, language: str, name: str
) -> None:
    person = factories.DirectoryUserFactory.create(tenant=tenant, display_name=name)
    text = export(office, DirectoryUser, **{"accept-language": language})
    assert bring(office, DirectoryUser, text) == [(2, "same")]
    person.refresh_from_db()
    assert person.display_name == name
    assert plain(harmless(name)) == name


def test_every_cell_of_an_export_is_quoted(office: Client, tenant: Tenant) -> None:
    factories.DirectoryUserFactory.create(tenant=tenant, display_name="Kim")
    heading, row = export(office, DirectoryUser).splitlines()
    assert heading == '"tenant","user_principal_name","name","kind"'
    assert row.count('"') == 8


# Every fault of a line

NO_ADDRESS = "This is not an email address. Enter one like kim@contoso.com."


@pytest.mark.rule("W8")
@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "{domain},nobody,Kim,robot",
            f"user_principal_name: {NO_ADDRESS} kind: Write member or guest.",
        ),
        ("{domain},kim@{domain},…,", "name: Enter the person's name. kind: Write member or guest."),
        (
            "nowhere.example,x,Kim,lid",
            (
                "tenant: There is no tenant with this domain. "
                f"user_principal_name: {NO_ADDRESS} kind: Write member or guest."
            ),
        ),
        ("{name},kim@{domain},Kim,member", "tenant: Write the tenant's domain: {domain}."),
        ("{guid},kim@{domain},Kim,member", "tenant: Write the tenant's domain: {domain}."),
        (
            "{{{guid}}},kim@{domain},Kim,owner",
            "tenant: Write the tenant's domain: {domain}. kind: Write member or guest.",
        ),
    ],
)
def test_all_faults_of_a_person_s_line_are_told_by_column(
    office: Client, tenant: Tenant, row: str, message: str
) -> None:
    facts = {"domain": tenant.domain, "name": tenant.name, "guid": str(tenant.guid).upper()}
    shown = upload(office, DirectoryUser, PEOPLE + row.format(**facts) + "\n")
    assert [line.reason for line in shown.context["asked"].lines] == [message.format(**facts)]


@pytest.mark.rule("W8")
def test_all_faults_of_a_membership_s_line_are_told_by_column(office: Client) -> None:
    shown = upload(office, Membership, "starts_on,offer,mpn_id\n2027-04-31,Bronze,1\n")
    assert [line.reason for line in shown.context["asked"].lines] == [
        (
            "mpn_id: There is no partner with this MPN ID. offer: There is no offer of this name. "
            "starts_on: April 2027 has 30 days."
        )
    ]


@pytest.mark.rule("W8")
@pytest.mark.parametrize(
    "written", ["Kim <kim@{}>", '"Vries, Kim de <KIM@{}>"', "\"'Kim' <kim@{}>\""]
)
def test_an_address_is_found_behind_its_name(office: Client, tenant: Tenant, written: str) -> None:
    row = f"{tenant.domain},{written.format(tenant.domain)},Kim,member\n"
    assert bring(office, DirectoryUser, PEOPLE + row) == [(2, "new")]
    assert [person.user_principal_name for person in DirectoryUser.objects.all()] == [
        f"kim@{tenant.domain}"
    ]


@pytest.mark.rule("W8")
@pytest.mark.parametrize("end", ["\x1a", "\x1a\r\n", "\r\n\x1a", " \x1a \n"])
def test_the_end_of_a_file_of_dos_is_no_line(end: str) -> None:
    assert cells(f"mpn_id\tname\r\n1234\tÜnited{end}") == [ROW]


@pytest.mark.rule("W8")
@pytest.mark.parametrize(
    ("text", "line"),
    [("mpn_id,name", 1), ("sep=,\nmpn_id,name\n,\n\n", 2), ("mpn_id,name\n\x1a", 1)],
)
def test_a_heading_with_nothing_below_it_is_told(text: str, line: int) -> None:
    with pytest.raises(Unreadable) as refused:
        cells(text)
    assert (
        str(refused.value)
        == f"There is nothing to import below the heading in line {line}. Add your rows there."
    )


# The page


def importing_admins() -> list[Any]:
    return [each for each in admin.site._registry.values() if hasattr(each, "importing")]


@pytest.mark.rule("W8")
@pytest.mark.parametrize("lists", importing_admins(), ids=lambda each: each.opts.model_name)
def test_every_import_reads_an_odd_file_and_names_what_it_skips(office: Client, lists: Any) -> None:
    """Marked, in capitals, in another order, with empty lines and lines inside cells."""
    columns = [name.upper() for name in reversed(lists.importing.columns)]
    row = ";".join('"two\r\nlines"' for _name in columns)
    rows = ["\ufeff" + ";".join(columns), "", ";" * len(columns), row, "", ""]
    shown = upload(office, lists.model, "\r\n".join(rows))
    assert outcomes(shown) == [(4, "refused")]
    assert shown.context["skipped"] == "2 empty lines are skipped; the first is line 2."


@pytest.mark.parametrize("lists", importing_admins(), ids=lambda each: each.opts.model_name)
def test_every_column_of_an_import_is_explained_before(office: Client, lists: Any) -> None:
    columns = office.get(page(lists.model, "import")).context["columns"]
    assert tuple(name for name, help_text, _example in columns if help_text) == (
        lists.importing.columns
    )


def test_empty_lines_at_the_end_of_a_file_are_not_mentioned(office: Client) -> None:
    shown = upload(office, Partner, PARTNERS + "1234,Contoso,NL,EUR,UTC\n\n,,,,\n\n")
    assert (outcomes(shown), shown.context["skipped"]) == ([(2, "new")], "")


def test_refused_lines_are_shown_first(office: Client) -> None:
    rows = "1234,Contoso,NL,EUR,UTC\n1235,Fabrikam,XX,EUR,UTC\n1236,Wingtip,NL,EUR,UTC\n"
    shown = upload(office, Partner, PARTNERS + rows)
    assert re.findall(r'<th scope="row">(\d*)</th>', shown.text) == ["3", "2", "4"]
