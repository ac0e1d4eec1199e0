"""Languages: what the check finds, a further one by one command, and which one is shown to whom."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pytest_django import Settings

import translations
from benefits_portal.languages import languages
from benefits_portal.tenants.models import User
from tests import factories


def catalog(folder: Path, **texts: str) -> Catalog:
    """A catalog of two texts, translated but for what `texts` says.

    `fuzzy` and `extra` are one more.
    """
    made = Catalog(locale="nl")
    made.add("Keep", texts.get("keep", "Houden"))
    made.add("%(count)s days left", texts.get("count", "nog %(count)s dagen"))
    if "extra" in texts:
        made.add("Gone", texts["extra"])
    if "fuzzy" in texts:
        made["Keep"].flags.add("fuzzy")
    messages = folder / "nl" / "LC_MESSAGES"
    messages.mkdir(parents=True)
    with (messages / "django.po").open("wb") as file:
        write_po(file, made)
    (messages / "django.mo").write_bytes(
        texts.get("compiled", "").encode() or translations.compiled(made)
    )
    return made


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of catalogs for code with two texts."""
    in_code = Catalog()
    in_code.add("Keep")
    in_code.add("%(count)s days left")
    monkeypatch.setattr(translations, "template", lambda: in_code)
    monkeypatch.setattr(translations, "LOCALE", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        ({}, ""),
        ({"keep": ""}, "nl: not translated: 'Keep'\n"),
        ({"fuzzy": "yes"}, "nl: fuzzy: 'Keep'\n"),
        (
            {"count": "nog %(aantal)s dagen"},
            "nl: unknown named placeholder 'aantal': '%(count)s days left'\n",
        ),
        ({"extra": "Weg"}, "nl: no longer used: 'Gone'\n"),
        ({"compiled": "older"}, "nl: django.mo is not compiled from django.po\n"),
    ],
)
def test_the_check_finds_what_is_missing_fuzzy_changed_or_left_over(
    texts: Path, capsys: pytest.CaptureFixture[str], state: dict[str, str], fault: str
) -> None:
    catalog(texts, **state)
    outcome = translations.main()
    assert (outcome, capsys.readouterr().out) == (bool(fault), fault)


def test_the_check_finds_a_text_that_is_in_no_catalog(
    texts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalog(texts)
    translations.template().add("New")
    assert (translations.main(), capsys.readouterr().out) == (1, "nl: not in the catalog: 'New'\n")


@pytest.mark.slow
def test_a_third_language_takes_one_command_and_no_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings, db: None, client: Client
) -> None:
    shutil.copytree(translations.LOCALE, tmp_path / "locale")
    monkeypatch.setattr(translations, "LOCALE", tmp_path / "locale")

    assert translations.main("--add", "de") == 0

    settings.LOCALE_PATHS = [tmp_path / "locale"]
    settings.LANGUAGES = languages(tmp_path / "locale")
    assert [code for code, _name in settings.LANGUAGES] == ["en", "de", "nl"]
    page = client.get(reverse("help"), headers={"Accept-Language": "de"}).text
    assert '<html lang="de"' in page
    assert "Deutsch" in page
    assert "30. Juni 2021" in page
    assert "Azure credit" in page


def test_a_language_that_nobody_knows_is_refused_with_those_there_are(
    texts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert translations.main("--add", "xx") == 1
    assert "Django knows no language 'xx'. Its codes: af, ar" in capsys.readouterr().out
    assert list(texts.iterdir()) == []


def test_the_command_runs_by_itself() -> None:
    ran = subprocess.run(
        [sys.executable, "translations.py", "--add", "xx"],
        cwd=translations.ROOT,
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stderr) == (1, "")


# Which one


@pytest.mark.parametrize(
    ("accepts", "shown"), [("nl-BE,nl;q=0.9", "nl"), ("en-GB", "en"), ("fr", "en"), ("", "en")]
)
def test_the_browser_s_language_is_shown(client: Client, accepts: str, shown: str) -> None:
    assert (
        f'<html lang="{shown}"'
        in client.get(reverse("licensing:calculator"), headers={"Accept-Language": accepts}).text
    )


def test_the_switch_stays_on_the_page_and_the_account_keeps_it(client: Client, admin: User) -> None:
    client.force_login(admin)
    there = reverse("licensing:calculator") + "?licenses=100"
    switched = client.post(reverse("set_language"), {"language": "nl", "next": there})
    admin.refresh_from_db()
    assert (switched["Location"], admin.language) == (there, "nl")
    assert '<html lang="nl"' in client.get(there).text


def test_the_account_s_language_counts_before_the_browser_s(client: Client, admin: User) -> None:
    admin.language = "nl"
    admin.set_password("a long enough one")
    admin.save()
    credentials = {"username": admin.email, "password": "a long enough one"}
    client.post(reverse("tenants:sign-in"), credentials, headers={"Accept-Language": "en"})
    assert '<html lang="nl"' in client.get(reverse("home"), headers={"Accept-Language": "en"}).text


@pytest.mark.parametrize("chosen", ["xx", "", "\0", "nl" * 40])
def test_what_is_no_language_changes_nothing(client: Client, admin: User, chosen: str) -> None:
    client.force_login(admin)
    assert (
        client.post(reverse("set_language"), {"language": chosen, "next": "/help/"}).status_code
        == 302
    )
    admin.refresh_from_db()
    assert admin.language == ""


@pytest.mark.parametrize("code", [code for code, _name in settings.LANGUAGES])
def test_a_list_to_take_along_opens_in_the_reader_s_spreadsheet(
    client: Client, admin: User, code: str
) -> None:
    client.force_login(admin)
    factories.RecordFactory.create(partner=admin.home_partner)
    with translation.override(code):
        first = (
            b"".join(client.get(reverse("tenants:activity-csv"), headers={"Accept-Language": code}))
            .decode()
            .splitlines()[0]
        )
    assert (";" in first) == (code == "nl")


def test_no_text_names_a_rule_by_its_code() -> None:
    """People do not know them; the documents do."""
    path = settings.BASE_DIR / "locale" / "nl" / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        texts = [
            text
            for message in read_po(file)
            for text in (str(message.id), str(message.string))
            if text
        ]
    assert texts
    assert [text for text in texts if re.search(r"\([A-Z]\d{1,2}\)", text)] == []
