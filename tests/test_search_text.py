"""How names are folded, searched and sorted, the same on every database (rules W2, W3, W7)."""

import pytest

from benefits_portal.benefits.models import Product
from benefits_portal.search_text import (
    compact,
    matches,
    missing_terms,
    search_prefixes,
    search_terms,
    sort_key,
)
from tests.factories import ProductFactory

pytestmark = pytest.mark.rule("W7")

SAME = {
    "stroke": ("Øst Łódź Đorđe Ħal Ŧor", "ost lodz dorde hal tor"),
    "ligature": ("Æsir Œuvre Straße ĳs", "aesir oeuvre strasse ijs"),
    "runes": ("Þór Guðrún", "thor gudrun"),
    "Turkish": ("İSTANBUL ırmak Iğdır", "istanbul irmak igdir"),
    "accents": ("GARCÍA Zoë Nguyễn", "garcia zoe nguyen"),
    "combining accents": ("Jose\N{COMBINING ACUTE ACCENT}", "José"),
    "schwa": ("Əliyev", "eliyev"),
    "full-width": ("Ｋｉｍ　Ａｋｅｒｓ", "kim akers"),
    "invisible": ("Kim\N{ZERO WIDTH SPACE} \N{RIGHT-TO-LEFT OVERRIDE}Akers", "kim akers"),
    "Greek": ("ΑΛΈΞΑΝΔΡΟΣ", "αλέξανδρος"),
    "Cyrillic": ("ПЁТР Йовович", "петр йовович"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_what_looks_the_same_is_found_either_way(one: str, other: str) -> None:
    assert matches(other, one)
    assert matches(one, other)
    assert sort_key(one) == sort_key(other)


@pytest.mark.parametrize(
    ("typed", "found"),
    {
        "e3": ["Office 365 E3"],
        "Office 365 E3": ["Office 365 E3"],
        "E3 office": ["Office 365 E3"],
        "office365": ["Office 365 E3", "Office 365 E5", "Office 365 E5-3"],
        "365e5": ["Office 365 E5", "Office 365 E5-3"],
        "3": ["Office 365 E3", "Office 365 E5", "Office 365 E5-3"],
        "E5 3": ["Office 365 E5", "Office 365 E5-3"],
        "ice": [],
        "65": [],
        "ffice 365": [],
    }.items(),
)
def test_a_word_is_found_by_its_beginning_and_not_across_two(typed: str, found: list[str]) -> None:
    names = ["Office 365 E3", "Office 365 E5", "Office 365 E5-3"]
    assert [name for name in names if matches(typed, name)] == found


@pytest.mark.parametrize("typed", ["e3 core", "core", "365", "core nobody", "ffice", ""])
def test_texts_that_are_searched_one_by_one_match_as_together(typed: str) -> None:
    texts = ("Office 365 E3", "Core benefits", "")
    lacking_in_each = map(missing_terms(typed), texts)
    assert (not frozenset.intersection(*lacking_in_each)) == matches(typed, *texts)


@pytest.mark.django_db
def test_the_catalog_is_searched_from_the_beginning_of_words() -> None:
    for name in ("Office 365 E3", "Office 365 E5"):
        ProductFactory.create(name=name)
    named = Product.objects.named
    assert [product.name for product in named("Office 365 E3")] == ["Office 365 E3"]
    assert [product.name for product in named("365e5")] == ["Office 365 E5"]
    assert named("office").count() == 2


APOSTROPHES = "'’‘ʼʻ`´′＇‛"
HYPHENS = "-‐‑‒–—−﹣－ \N{NO-BREAK SPACE}"


@pytest.mark.parametrize("stored", APOSTROPHES)
@pytest.mark.parametrize("typed", [*APOSTROPHES, ""])
def test_every_apostrophe_finds_every_other_and_none(stored: str, typed: str) -> None:
    assert matches(f"o{typed}brien", f"Siobhán O{stored}Brien")
    assert sort_key(f"O{stored}Brien") == "obrien"


@pytest.mark.parametrize("stored", HYPHENS)
@pytest.mark.parametrize("typed", [*HYPHENS, ""])
def test_every_hyphen_finds_every_other_and_none(stored: str, typed: str) -> None:
    assert matches(f"jean{typed}luc", f"Jean{stored}Luc Picard")
    assert sort_key(f"Jean{stored}Luc") == "jean luc"


@pytest.mark.parametrize(
    "typed", ["Muller", "Mueller", "Müller", "MÜLLER", "mu\N{COMBINING DIAERESIS}ller"]
)
def test_an_umlaut_is_found_as_one_letter_and_as_two(typed: str) -> None:
    assert matches(typed, "Jörg Müller")


ADDRESS = "kim.akers@contoso.com"
AS_PASTED = [
    ADDRESS,
    ADDRESS.upper(),
    f"\N{LEFT-TO-RIGHT EMBEDDING}{ADDRESS}\N{POP DIRECTIONAL FORMATTING}",
    f"<{ADDRESS}>",
    f"mailto:{ADDRESS}",
    f"<mailto:{ADDRESS}>",
    f"mailto:{ADDRESS}?subject=Hello",
    f"Kim Akers <{ADDRESS}>;",
    f'"Kim Akers" <{ADDRESS}>,',
    "kim.akers@contoso.onmicrosoft.com\N{ZERO WIDTH SPACE}",
    "kim.akers_contoso.com#EXT#@fabrikam.onmicrosoft.com",
    "<kim.akers_contoso.com#EXT#@fabrikam.onmicrosoft.com>",
]


@pytest.mark.rule("W2", "W3")
@pytest.mark.parametrize("pasted", AS_PASTED)
def test_an_address_is_found_however_it_was_copied(pasted: str) -> None:
    there = "kim.akers@contoso.onmicrosoft.com" if "onmicrosoft.com\u200b" in pasted else ADDRESS
    assert matches(pasted, "Kim Akers", there)
    assert not matches(pasted, "Kim Akerson", "akers.kim@contoso.com")


@pytest.mark.rule("W2")
@pytest.mark.parametrize(
    "typed", ["münchen", "MÜNCHEN.example", "kim@münchen.example", "kim@xn--mnchen-3ya.example"]
)
def test_a_domain_is_found_in_its_own_letters_and_in_those_of_the_network(typed: str) -> None:
    assert matches(typed, "Kim", "kim@xn--mnchen-3ya.example")


@pytest.mark.parametrize(
    ("typed", "found"),
    {"王小明": True, "小明": True, "王": True, "汪": False, "wang": False}.items(),
)
def test_a_chinese_name_is_found_by_itself_and_by_the_given_name_alone(
    typed: str, found: bool
) -> None:
    words = search_prefixes("王小明", "x@contoso.com")
    assert any(word.startswith(search_terms(typed)[0]) for word in words) is found


@pytest.mark.parametrize("nothing", ["@", "%_", "--", "’", "…"])
def test_what_holds_neither_letter_nor_digit_matches_nothing(nothing: str) -> None:
    assert search_terms(nothing) == ()
    assert not matches(nothing, "Kim @ Contoso")


@pytest.mark.parametrize("empty", ["", " ", "\N{ZERO WIDTH SPACE}", "\N{NO-BREAK SPACE}"])
def test_no_words_match_everything(empty: str) -> None:
    assert matches(empty, "Kim")


def test_a_person_is_found_by_how_each_word_begins_and_by_words_joined() -> None:
    words = search_prefixes("Jean-Luc O’Brien", "jl@contoso.com")
    assert words == [
        "brien",
        "com",
        "contosocom",
        "jeanlucobrien",
        "jlcontosocom",
        "lucobrien",
        "obrien",
    ]


def test_names_stand_in_the_order_that_people_expect() -> None:
    names = [
        "Zoë",
        "Łukasz",
        "Åsa",
        "adam",
        "Anna B",
        "Ann Lee",
        "Lucas",
        "Lyon",
        "Ørjan",
        "Oscar",
        "Бо",
        "ab’c",
        "Ab d",
        "(Extra) Eve",
    ]
    expected = [
        "Ab d",
        "ab’c",
        "adam",
        "Ann Lee",
        "Anna B",
        "Åsa",
        "(Extra) Eve",
        "Lucas",
        "Łukasz",
        "Lyon",
        "Ørjan",
        "Oscar",
        "Zoë",
        "Бо",
    ]
    assert sorted(names, key=sort_key) == expected


def test_one_letter_that_folds_into_many_stays_short() -> None:
    assert len(sort_key("ﷺ" * 120)) == 200
    assert max(map(len, search_prefixes("ﷺ" * 120))) == 200
    assert compact("!?") == ""
