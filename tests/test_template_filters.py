"""Filters that every template has."""

import pytest

from benefits_portal.templatetags.portal import breakable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("contoso.onmicrosoft.com", "contoso<wbr>.onmicrosoft<wbr>.com"),
        ("irvin.sayers@contoso.com", "irvin.sayers@<wbr>contoso<wbr>.com"),
        ("<b>@x.com", "&lt;b&gt;@<wbr>x<wbr>.com"),
    ],
)
def test_an_address_breaks_after_its_at_and_before_a_dot_of_its_domain(
    text: str, shown: str
) -> None:
    assert breakable(text) == shown
