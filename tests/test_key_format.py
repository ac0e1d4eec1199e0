"""A key is found in what surrounds it, and masked wherever it would be found (W5, K1, K3)."""

import time
import timeit
import unicodedata
from collections.abc import Callable

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from benefits_portal.benefits.key_encryption import draw
from benefits_portal.benefits.key_entry import typed_key
from benefits_portal.benefits.key_exceptions import KeyMistyped, NotAKey
from benefits_portal.benefits.models import ProductKey
from benefits_portal.key_format import PREFIX, grouped, masked, without_keys
from benefits_portal.logs import without_private
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor, KeyAttempt, Partner
from tests.key_examples import (
    ALPHABET,
    DASHES,
    FOREIGN,
    KEY,
    OTHER,
    SHOWN,
    SPACES,
    UNSEEN,
    WRITTEN,
    WRONG,
    put,
)

pytestmark = pytest.mark.rule("W5")

written = pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN.keys())
wrong = pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG.keys())


def letters_of(text: str) -> str:
    """Whatever somebody could read out of `text`: letters and digits alone, in capitals."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", text).upper() if letter.isalnum()
    )


@written
def test_a_key_is_found_in_what_surrounds_it(text: str) -> None:
    assert typed_key(text) == KEY


@written
def test_what_entry_takes_is_masked(text: str) -> None:
    assert KEY[5:] in letters_of(text).replace("\u1160", "").replace("\u115f", ""), (
        "there was something to leak"
    )
    assert "PCBENBCDFG" not in letters_of(without_keys(text)).replace("\u1160", "").replace(
        "\u115f", ""
    )
    assert masked(KEY[-5:]) in without_keys(text)


@wrong
def test_what_is_wrong_with_a_key_is_told(text: str, message: str | Refusal) -> None:
    with pytest.raises((NotAKey, KeyMistyped)) as refusal:
        typed_key(text)
    assert str(refusal.value.message) == message


@pytest.mark.rule("K1")
def test_a_foreign_character_is_told_in_dutch() -> None:
    with translation.override("nl"), pytest.raises(KeyMistyped) as refusal:
        typed_key(put(12, "a"))
    assert str(refusal.value.message) == (
        "Deze productcode bevat een typefout: onze codes hebben geen A. Die staat in groep 3, "
        "plaats 3."
    )


@pytest.mark.slow
@pytest.mark.rule("K6", "K7")
@pytest.mark.django_db
@wrong
def test_nothing_wrong_with_a_key_counts_as_a_guess(
    by: Actor, partner: Partner, text: str, message: str | Refusal
) -> None:
    with pytest.raises((NotAKey, KeyMistyped)) as refusal:
        ProductKey.objects.typed(text, partner=partner, by=by)
    assert (str(refusal.value.message), KeyAttempt.objects.count()) == (message, 0)


@pytest.mark.rule("K3")
@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"I typed {SHOWN}.", f"I typed {masked(KEY[-5:])}."),
        (f"{SHOWN} and {OTHER}", f"{masked(KEY[-5:])} and {masked(OTHER[-5:])}"),
        (f"It begins {SHOWN[:17]}", "It begins PCBEN-…"),
        (put(12, "A"), "PCBEN-…"),
        (SHOWN[:-1], "PCBEN-…"),
        (f"xx{KEY}B", f"xx{masked(KEY[-5:])}B"),
        (SHOWN.replace("-", ", "), masked(KEY[-5:])),
        ("PCBEN is how our keys begin", "PCBEN is how our keys begin"),
        ("PCBEN-BCDFG is their beginning", "PCBEN-BCDFG is their beginning"),
        ("Maria Clara Sousa Lopes Pinto", "Maria Clara Sousa Lopes Pinto"),
        ("", ""),
    ],
)
def test_a_key_in_a_text_is_masked_and_nothing_else(text: str, left: str) -> None:
    assert without_keys(text) == left


@pytest.mark.rule("K3")
@written
def test_no_key_gets_into_a_log_line(text: str) -> None:
    assert "PCBENBCDFG" not in letters_of(without_private(text)).replace("\u1160", "").replace(
        "\u115f", ""
    )


gaps = st.text(st.sampled_from(DASHES + SPACES + UNSEEN + "*>'\"|«»“”=+"), max_size=4)
around = st.text(
    st.sampled_from("()[]{}<>\"'“”„«»:;,.!? \n\t-–\u00a0") | st.sampled_from("aeiouAEIOU"),
    max_size=12,
)


@st.composite
def decorated(draw_from: st.DrawFn) -> tuple[str, str]:
    """A key, and the same with anything before it, behind it and between its characters."""
    key = draw()
    as_it_is: Callable[[str], str] = str
    styles = st.sampled_from(
        [
            as_it_is,
            str.lower,
            lambda letter: chr(ord(letter) + 0xFEE0),
            lambda letter: f"{letter}\u0301",
        ]
    )
    text = "".join(
        draw_from(styles)(letter) + (draw_from(gaps) if index < 24 else "")
        for index, letter in enumerate(key)
    )
    return key, draw_from(around) + text + draw_from(around)


@pytest.mark.rule("K3")
@given(decorated())
def test_whatever_entry_accepts_is_masked(keys: tuple[str, str]) -> None:
    key, text = keys
    try:
        accepted = typed_key(text)
    except (NotAKey, KeyMistyped):
        accepted = ""
    assert accepted in ("", key)
    left = letters_of(without_keys(text)).replace("\u1160", "").replace("\u115f", "")
    assert key[:20] not in left


@given(st.text(max_size=80))
def test_any_text_is_read_and_masked_once_and_for_all(text: str) -> None:
    assert without_keys(without_keys(text)) == without_keys(text)
    with pytest.raises((NotAKey, KeyMistyped)):
        typed_key(text)


LONG = {
    "beginnings": PREFIX * 2_000,
    "one letter": "P" * 10_000,
    "groups": "PCBEN-BBBBB" * 1_000,
    "blanks": " " * 10_000,
    "letters apart": "PCBEN" + " B" * 5_000,
    "hyphens": "PCBEN" + "-" * 10_000,
    "keys": KEY * 400,
    "keys without their prefix": KEY[5:] * 500,
    "letters of keys": "B" * 10_000,
}


def linear(text: str, rounds: int) -> bool:
    """Whether four times `text` takes about four times as long.

    It takes this thread's own time, without collecting garbage.
    """

    def seconds(text: str) -> float:
        return timeit.timeit(lambda: without_keys(text), timer=time.thread_time, number=1)

    once, four_times = map(
        min, zip(*[(seconds(text), seconds(text * 4)) for _ in range(rounds)], strict=True)
    )
    return four_times < 8 * once + 0.005


@pytest.mark.slow
@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
def test_a_long_text_is_masked_in_linear_time(text: str) -> None:
    assert linear(text, rounds=5)


@pytest.mark.slow
@pytest.mark.release  # with every change a tenth of it
def test_a_file_full_of_keys_is_masked_in_linear_time() -> None:
    assert linear(KEY * 4_000, rounds=3)


def test_the_table_of_examples_holds_what_it_says() -> None:
    assert (grouped(KEY), FOREIGN.count("{}"), ALPHABET.count("{}")) == (SHOWN, 3, 2)
    assert typed_key(OTHER) == OTHER != KEY
