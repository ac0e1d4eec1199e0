"""The files of exercises: what is wrong with one is said with its line and the reason."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.utils import translation

import translations
from benefits_portal.practice.exercise_files import FOLDER
from benefits_portal.practice.exercises import ExerciseError, exercises
from benefits_portal.practice.exercises.reading import TEXTS, faults, read

GOOD = (FOLDER / "give-monthly-credit.toml").read_text("utf-8")
SOLVED = 'what = "assign", product = "Microsoft Azure", offer = "Silver competency"'


@pytest.fixture
def reading(tmp_path: Path) -> Callable[[str], str]:
    """`reading(text)`: why a file with that text is refused."""

    def refused(text: str) -> str:
        path = tmp_path / "mine.toml"
        path.write_text(text, "utf-8")
        with pytest.raises(ExerciseError) as caught:
            read(path)
        return str(caught.value)

    return refused


@pytest.mark.parametrize(
    ("good", "bad", "why"),
    [
        ('ask = "holder"', 'ask = "owner"', r"line 16: there is no question 'owner'; there are .*"),
        ('what = "assign"', 'what = "bestow"', r"line \d+: there is no what 'bestow'\."),
        (
            '[[check]]\nask = "holder"\nproduct = "Microsoft Azure"',
            '[[check]]\nask = "holder"\nproduct = "Azure Stack"',
            r"line 17: there is no product 'Azure Stack'\.",
        ),
        ('offer = "Silver competency"', 'offer = "Tin"', r"line \d+: there is no offer 'Tin'\."),
        (
            'person = "Nestor Wilke"',
            'person = "Nobody"',
            r"line \d+: there is no person 'Nobody'\.",
        ),
        ('by = "guest-admin"', 'by = "guest"', r"line \d+: there is no by 'guest'\."),
        (
            'persona = "partner-admin"',
            'persona = "boss"',
            r"line \d+: there is no persona 'boss'\.",
        ),
        ("[[check]]\n", "[[check]]\nlicenses = 1\n", r"line \d+: Holder has no 'licenses'\."),
        (
            'ask = "holder"\nproduct = "Microsoft Azure"\n',
            'ask = "holder"\n',
            r"line \d+: Holder needs 'product': .*",
        ),
        ("position = 3", "position = true", r"line \d+: it needs 'position'\."),
        ('title = "', 'titel = "', r"line 1: an exercise has no 'titel'\."),
        ('why = "', 'why = ""  # "', r"line \d+: it needs 'why'\."),
        ('situation = "contoso"', 'situation = "x"', r"line 3: there is no such situation; .*"),
        ('finding = "nobody-holds"', 'finding = "oops"', r"line \d+: no question finds 'oops'\."),
        ("[page]", "[page", r".* \(at line \d+, column \d+\)"),
        (
            'by = "guest-admin"',
            'by = "guest-admin", ago = "two"',
            r"line \d+: ago is not of its kind: 'two'\.",
        ),
    ],
)
def test_a_fault_is_named_with_its_line_and_reason(
    reading: Callable[[str], str], good: str, bad: str, why: str
) -> None:
    assert good in GOOD

    assert re.fullmatch(rf"mine\.toml[,:] {why}", reading(GOOD.replace(good, bad)))


@pytest.mark.parametrize("table", ["solution", "wrong", "check"])
def test_an_exercise_without_one_of_its_tables_is_none(
    reading: Callable[[str], str], table: str
) -> None:
    text = GOOD.replace(f"[[{table}]]", "[[setup]]")

    assert "mine.toml" in reading(text)


def test_a_refusal_that_no_rule_has_is_a_fault(reading: Callable[[str], str]) -> None:
    text = GOOD.replace(SOLVED, f'{SOLVED}, refused = "too-late-for-tea"')

    assert "there is no refused 'too-late-for-tea'" in reading(text)


def test_the_system_check_names_each_file_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(GOOD, "utf-8")
    (tmp_path / "bad.toml").write_text(GOOD.replace("[page]", "[pages]"), "utf-8")

    assert [fault.msg for fault in faults(tmp_path)] == [
        "bad.toml, line 12: an exercise has no 'pages'."
    ]


@pytest.mark.django_db
def test_the_exercises_of_the_portal_have_no_fault() -> None:
    assert faults() == []
    assert not [fault for fault in run_checks() if fault.id == "practice.E001"]
    assert [each.position for each in exercises().values()] == list(range(1, 24))


def test_every_text_of_an_exercise_is_in_the_catalogs() -> None:
    texts = {str(message.id) for message in translations.template()}

    assert translations.EXERCISE_TEXTS == TEXTS
    with translation.override("en"):
        assert {str(each.goal) for each in exercises().values()} <= texts
