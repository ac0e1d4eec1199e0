"""The summary of a form's errors names each field once."""

import pytest

from benefits_portal.templatetags.portal import beside_label


@pytest.mark.parametrize(
    ("label", "error", "shown"),
    [
        ("Person", "Choose a person.", "Choose a person."),
        ("Persoon", "Kies een persoon.", "Kies een persoon."),
        ("Email address", "Enter your email address.", "Enter your email address."),
        ("Addresses", "Paste at least one address.", "Paste at least one address."),
        ("Product key", "This is longer than a product key.", "This is longer than a product key."),
        ("Product key", "A key with 16 is too large.", "A key with 16 is too large."),
        ("End date", "Enter a number.", "End date: Enter a number."),
        ("Name", "This field is required.", "Name: This field is required."),
        ("Naam", "Dit veld is verplicht.", "Naam: Dit veld is verplicht."),
        ("E", "Enter a number.", "E: Enter a number."),  # too short to be found in a word
    ],
)
def test_an_error_names_its_field_once(label: str, error: str, shown: str) -> None:
    assert beside_label(error, label) == shown
