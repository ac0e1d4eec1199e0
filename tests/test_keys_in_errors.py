"""No error repeats a product key, wherever it was typed instead of what was asked for (K3, W5)."""

from inspect import isclass

import pytest
from django import forms
from django.core.management import CommandError, call_command, get_commands, load_command_class

from benefits_portal.backoffice.csv_reading import Unreadable, read
from benefits_portal.backoffice.importing import ImportRow
from benefits_portal.benefits.email_lists import EmailList
from benefits_portal.commands import PortalCommand, PortalManagement
from benefits_portal.key_format import masked
from benefits_portal.tenants.directory_imports import PartnerImport
from tests import factories
from tests.key_examples import FULL_WIDTH, KEY, LOWER, SHOWN

pytestmark = [pytest.mark.django_db, pytest.mark.rule("K3", "W5")]

MASK = masked(KEY[-5:])
COLUMNS = ("mpn_id", "offer")
BEHIND = "x" * 25  # what is before a key leaves less than the key's length in what is shown


# Files


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f"mpn_id,offer,\n1,2,{SHOWN}\n",
            f"Line 2 has “{MASK}” in column 3, which has no name.",
        ),
        (
            f"mpn_id,offer,\n1,2,{BEHIND} {KEY}\n",
            f"Line 2 has “{BEHIND} {MASK[:14]}” in column 3, which has no name.",
        ),
        (
            f"mpn_id,offer,\n1,2,{FULL_WIDTH}\n",
            f"Line 2 has “{MASK}” in column 3, which has no name.",
        ),
        (
            f"mpn_id,offer,{LOWER}\n",
            f"Line 1 must name these columns: mpn_id, offer. Remove: {MASK}.",
        ),
        (
            f"mpn_id,offer,{'x' * 190},{LOWER}\n",
            f"Line 1 must name these columns: mpn_id, offer. Remove: {'x' * 190}, {MASK[:8]}.",
        ),
    ],
    ids=["cell", "cut cell", "full-width letters", "heading", "cut heading"],
)
def test_what_a_file_holds_of_a_key_is_masked(text: str, message: str) -> None:
    with pytest.raises(Unreadable) as refused:
        list(read(text, COLUMNS))
    assert str(refused.value) == message


def test_a_key_in_several_columns_of_a_heading_is_masked() -> None:
    with pytest.raises(Unreadable) as refused:
        list(read(LOWER.replace("-", ";") + "\n", COLUMNS))
    assert KEY[5:10].lower() not in str(refused.value)
    assert MASK in str(refused.value)


def test_whatever_is_said_of_a_file_or_a_line_has_keys_masked() -> None:
    line = ImportRow(2, f"Lou {SHOWN}")
    line.refuse(f"{SHOWN} is no name.")
    assert (line.text, line.reason) == (f"Lou {MASK}", f"{MASK} is no name.")
    assert str(Unreadable(f"Line 2 holds {SHOWN}.")) == f"Line 2 holds {MASK}."


@pytest.mark.parametrize("column", ["mpn_id", "name", "country", "currency", "time_zone"])
def test_no_column_of_an_import_repeats_a_key(column: str) -> None:
    cells = {"mpn_id": "1234567", "name": "Lou", "country": "NL", "currency": "EUR"}
    cells |= {"time_zone": "UTC", column: SHOWN}
    [line] = PartnerImport.of(f"{','.join(cells)}\n{','.join(cells.values())}\n").lines
    assert line.outcome == "refused"
    assert line.reason.startswith(f"{column}: ")
    assert KEY[5:10] not in line.reason + line.text


def test_the_heading_of_a_list_has_keys_masked() -> None:
    assert EmailList.of(f"{'x' * 140} {KEY}\nkim@contoso.com\n").heading == (
        1,
        f"{'x' * 140} {MASK[:9]}",
    )


# Commands


@pytest.mark.parametrize("written", [SHOWN, LOWER, FULL_WIDTH], ids=["shown", "lower", "wide"])
@pytest.mark.parametrize(
    "words",
    [
        ("enroll", "5201001", "{}"),
        ("enroll", "{}", "Gold competency"),
        ("enroll", "5201001", "Gold competency", "{}"),
        ("enroll", "5201001", "Gold competency", "--starts-on", "{}"),
        ("renew", "--offer", "{}"),
        ("renew", "--ending-within", "{}"),
        ("import_csv", "{}", "file.csv"),
        ("import_csv", "partners", "{}.csv"),
        ("check_consistency", "{}"),
        ("send_mail", "--every", "{}"),
        ("loaddata", "{}"),
        ("migrate", "{}"),
    ],
    ids=" ".join,
)
def test_no_command_repeats_a_key(words: tuple[str, ...], written: str) -> None:
    factories.PartnerFactory.create(mpn_id="5201001")
    with pytest.raises(CommandError) as refused:
        call_command(*(word.format(written) for word in words))
    assert written[6:] not in str(refused.value)
    assert KEY[5:10] not in str(refused.value).upper()


def test_the_missing_offer_is_named_with_its_key_masked() -> None:
    factories.PartnerFactory.create(mpn_id="5201001")
    with pytest.raises(CommandError, match=f"^There is no offer “{MASK}”.$"):
        call_command("enroll", "5201001", SHOWN)


@pytest.mark.parametrize("words", [[SHOWN], ["help", SHOWN]], ids=["command", "help"])
def test_a_key_in_place_of_a_command_is_not_repeated(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        PortalManagement(["manage.py", *words]).execute()
    assert f"Unknown command: '{MASK}'" in capsys.readouterr().err


def test_every_command_of_the_portal_masks_its_errors() -> None:
    ours = {
        name: load_command_class(app, name)
        for name, app in get_commands().items()
        if str(app).startswith("benefits_portal.")  # the tests' flush is no name
    }
    assert [name for name, command in ours.items() if not isinstance(command, PortalCommand)] == []
    assert len(ours) >= 13


# Forms


def test_no_field_of_a_form_has_a_message_that_repeats_what_was_sent() -> None:
    repeating = []
    for fields in (forms.fields, forms.models):
        for name, field in vars(fields).items():
            if isclass(field) and issubclass(field, forms.Field):
                texts = field.default_error_messages.items()
                repeating += [(name, code) for code, text in texts if "%(value)" in str(text)]
    assert repeating == []
