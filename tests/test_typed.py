"""What people type, paste and send has one canonical form (W1 to W3)."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from benefits_portal.emails import (
    canonical_domain,
    canonical_email,
    canonical_email_or_text,
    guest_behind,
)
from benefits_portal.typed_text import ascii_digits, clean_line, tidy, validate_name

ANY_TEXT = st.text(
    st.characters()
    | st.sampled_from(
        "\u200b\u200c\u200d\u202a\u202e\u3164\u2800\u00ad\u034f\ufeff\u0301\n\t\u2028aक्\u094d\ud800"
    )
)


@pytest.mark.rule("W1")
@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("  Kim \u00a0\u2003 Yu\t", "Kim Yu"),
        ("Kim\u200b", "Kim"),
        ("\u202eevil\u202c Kim", "evil Kim"),
        ("Jo\u00adsé", "José"),
        ("Jose\u0301", "José"),
        ("\ufeffKim\u2060", "Kim"),
        ("\u3164", ""),
        ("\u2800\u115f\u1160\uffa0", ""),
        ("Kim\ufe0f\U000e0041", "Kim"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("\u200dKim\u200c 1\u200d2", "Kim 12"),
        ("Kim\r\n", "Kim"),
        ("👩\u200d💻 Ada", "👩💻 Ada"),
    ],
)
def test_a_line_is_kept_without_what_nobody_sees(typed: str, clean: str) -> None:
    assert clean_line(typed) == clean


@pytest.mark.rule("W1")
@pytest.mark.parametrize(
    "between", ["\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029", "\x1e"]
)
def test_a_line_break_inside_a_line_is_refused(between: str) -> None:
    with pytest.raises(ValidationError) as refused:
        clean_line(f"Hello{between}Kim")
    assert refused.value.code == "line_break"


@pytest.mark.rule("W1")
@pytest.mark.parametrize("between", ["\0", "\x07", "\x1b", "\x7f", "\x9b", "\ud800", "\uffff"])
def test_a_control_character_is_refused(between: str) -> None:
    with pytest.raises(ValidationError) as refused:
        clean_line(f"Hello{between}Kim")
    assert refused.value.code == "control_character"


@pytest.mark.rule("W1")
@pytest.mark.parametrize("name", ["", "…", "4711", "👩", "\u0301"])
def test_a_name_without_a_letter_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        validate_name(name)


@pytest.mark.rule("W2")
@pytest.mark.parametrize(
    "spelling",
    [
        "kim.x@litware.example",
        "Kim.X@LITWARE.example",
        "kim.x@litware.example\u200b",
        "\u202akim.x@litware.example\u202c",
        "ｋｉｍ.x＠litware.example",
        "kim.x@litware。example",
        "kim\u200d.x@litware.example",
        " kim.x@litware.example.\n",
    ],
)
def test_every_spelling_of_a_mailbox_is_one_address(spelling: str) -> None:
    assert canonical_email(spelling) == "kim.x@litware.example"


@pytest.mark.rule("W2")
@pytest.mark.rule("W4")
@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("0001234", "1234"),
        ("１２３４", "1234"),
        ("١٢٣٤", "1234"),
        ("۰۱۲۳۴", "1234"),
        ("١٢34", "١٢34"),
    ],
)
def test_an_identifier_is_in_plain_digits_whichever_were_typed(typed: str, digits: str) -> None:
    assert ascii_digits(typed) == digits


def test_a_domain_beyond_ascii_has_one_spelling() -> None:
    assert {
        canonical_email(f"kim@{domain}")
        for domain in ("BÜCHER.example", "bu\u0308cher.example", "xn--bcher-kva.example")
    } == {"kim@xn--bcher-kva.example"}


@pytest.mark.rule("W2")
@pytest.mark.parametrize(
    "typed",
    [
        "",
        "kim",
        "kim@",
        "@x.example",
        "kim@x",
        "k im@x.example",
        '"kim"@x.example',
        "kim@x..example",
        "kím@x.example",
        "kim@-x.example",
        "kim@localhost",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        canonical_email(typed)


@pytest.mark.rule("W2")
@pytest.mark.parametrize(
    "typed",
    [
        "Contoso-West.onmicrosoft.com",
        "https://contoso-west.onmicrosoft.com/",
        "contoso-west.onmicrosoft.com.\u200b",
    ],
)
def test_a_domain_has_one_spelling(typed: str) -> None:
    assert canonical_domain(typed) == "contoso-west.onmicrosoft.com"


@pytest.mark.rule("W2")
@pytest.mark.parametrize(
    "typed",
    [
        "",
        "contoso",
        "contoso .com",
        "kim@contoso.com",
        "https://contoso.com/path",
        "contoso.com:443",
    ],
)
def test_what_is_no_domain_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        canonical_domain(typed)


@pytest.mark.rule("W2")
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("localhost", "This is not a domain. Enter one like contoso.com."),
        ("https://LOCALHOST/", "This is not a domain. Enter one like contoso.com."),
        ("contoso-belgië", "This is not a domain. Enter one like contoso.com."),
        ("xn--zz--", "This is not a domain. Enter one like contoso.com."),
        ("xn--zz--.com", "This is not a domain. Enter one like contoso.com."),
        ("contoso.xn--zz--", "This is not a domain. Enter one like contoso.com."),
        ("onmicrosoft.com", "Put your own name in front, like contoso.onmicrosoft.com."),
        (
            "https://OnMicrosoft.com./",
            "Put your own name in front, like contoso.onmicrosoft.com.",
        ),
    ],
)
def test_a_domain_of_no_tenant_is_told_what_to_write(typed: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as refused:
        canonical_domain(typed)
    assert refused.value.messages == [sentence]


@pytest.mark.rule("W2")
def test_an_address_has_at_most_64_characters_before_the_at() -> None:
    assert canonical_email(f"{'k' * 64}@contoso.com") == f"{'k' * 64}@contoso.com"
    with pytest.raises(ValidationError) as refused:
        canonical_email(f"{'k' * 65}@contoso.com")
    assert refused.value.messages == ["Write at most 64 characters before the @."]


@pytest.mark.rule("W3")
def test_the_directorys_name_for_a_guest_may_be_longer() -> None:
    email = f"{'k' * 64}_fabrikam.example#ext#@contoso.com"
    assert guest_behind(canonical_email(email)) == (f"{'k' * 64}@fabrikam.example", "contoso.com")


@pytest.mark.rule("W3")
@pytest.mark.parametrize(
    ("email", "guest"),
    [
        (
            "john_fabrikam.example#EXT#@contoso.onmicrosoft.com",
            ("john@fabrikam.example", "contoso.onmicrosoft.com"),
        ),
        (
            "lynne.robbins_tailspin-toys.example#ext#@c.example",
            ("lynne.robbins@tailspin-toys.example", "c.example"),
        ),
        ("a_b_x.example#EXT#@c.example", ("a_b@x.example", "c.example")),
        ("a_x.example%23EXT%23@c.example", ("a@x.example", "c.example")),
        ("live.com#a_x.example#EXT#@c.example", ("a@x.example", "c.example")),
        ("john_fabrikam.example@contoso.onmicrosoft.com", None),
        ("john#EXT#@contoso.onmicrosoft.com", None),
        ("_x.example#EXT#@contoso.onmicrosoft.com", None),
    ],
)
def test_the_directorys_own_name_for_a_guest_is_understood(
    email: str, guest: tuple[str, str] | None
) -> None:
    assert guest_behind(canonical_email(email)) == guest


@pytest.mark.rule("W3")
def test_the_directorys_name_for_an_own_account_is_understood() -> None:
    assert canonical_email("live.com#Lou@outlook.example") == "lou@outlook.example"


@given(ANY_TEXT)
def test_tidying_again_changes_nothing(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


@given(ANY_TEXT)
def test_whatever_is_not_refused_is_only_tidied(text: str) -> None:
    try:
        cleaned = clean_line(text)
    except ValidationError:
        return
    assert cleaned == tidy(text)


@pytest.mark.slow
@given(st.emails() | ANY_TEXT)
def test_a_canonical_address_is_its_own_spelling(text: str) -> None:
    once = canonical_email_or_text(text)
    assert canonical_email_or_text(once) == once


@pytest.mark.parametrize("local", ["ıpek", "straße", "Kim.é"])
def test_letters_that_only_look_ascii_are_no_part_of_an_address(local: str) -> None:
    with pytest.raises(ValidationError):
        canonical_email(f"{local}@contoso.com")
