"""Long passwords that are easy to guess are refused, each with its own reason."""

import time
from contextlib import suppress

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from benefits_portal.tenants.models import User
from tests.factories import (
    PASSWORD,
    DirectoryUserFactory,
    RoleAssignmentFactory,
    TenantFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
REFUSED = {
    "passwordpassword": "repeated",
    "contosocontoso": "repeated",
    "abcabcabcabcabc": "repeated",
    "Password1Password2": "repeated",
    "aaaaaaaaaaaaaa": "repeated",
    "123456789012": "in_a_row",
    "210987654321": "in_a_row",
    "abcdefghijklmn": "in_a_row",
    "qwertyuiopas": "in_a_row",
    "letmein!2027!": "common",
    "sunshine-monkey": "common",
    "Welcome123456!": "common",
    "Contoso-Portal-2027": "near",
    "fabrikam-benefits": "near",
    "Microsoft-Azure-1": "near",
    "Aardvark#Contoso#9": "near",
    "Passw0rd1234": "common",
    "P@ssw0rd2026!": "common",
    "$unsh1ne!!2026": "common",
    "M0nkey-5unshine": "common",
    "2026!5unsh1ne!": "common",
    "C0nt0so2026!!": "near",
    "C0nt0s0-202627": "near",
    "M1cr0s0ft-4zure": "near",
    "1234567890ab": "in_a_row",
    "ab!1234567890": "in_a_row",
    "abcd1234efgh": "in_a_row",
    "qwertyuiop[]": "in_a_row",
    "1234-abcd-4321": "in_a_row",
    "contosocontoso1!": "repeated",
    "x9horsehorsehorse": "repeated",
    "abcabcabcabd": "repeated",
    "aabbccddeeff": "in_a_row",
    "p\u00e4ssw\u00f6rd-2026": "common",
    "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44-2026": "common",
    "111111222222": "few",
    "000000000001": "repeated",
    "aaaaaaaaaaab": "repeated",
    "202620262027": "few",
    "AbAbCcDdEeAc": "few",
}
ACCEPTED = [
    PASSWORD,
    "a staple that no horse ever saw",
    "kD9#vPq2!xTzL",
    "zebra contoso lamp violin",
    "paars fietspad boven Utrecht",
    "7 otters juggle 12 plums",
    "overstuffed hijacked canopy",
    "d9#4ty8!2ui77x",
    "Tr0ub4dor&3 met kaas",
    "1234 zebras in Leiden",
    "winter-tulp-kraan-bordje",
    "de vier koeien van opa",
    "Velvet9Canoe3Ladder",
    "mango?tuba?fjord?",
]


@pytest.fixture
def ann() -> User:
    """At home at Contoso, with a role at Fabrikam."""
    home = TenantFactory.create(
        partner__name="Contoso Ltd", domain="contoso.example", is_primary=True
    )
    other = TenantFactory.create(
        partner__name="Fabrikam", domain="fabrikam.example", is_primary=True
    )
    user = UserFactory.create(
        name="Ann Aardvark",
        email="a@mail.example",
        directory_user=DirectoryUserFactory.create(tenant=home),
    )
    RoleAssignmentFactory.create(user=user, partner=other.partner)
    return user


@pytest.mark.parametrize(("password", "code"), REFUSED.items())
def test_what_is_easy_to_guess_is_refused_with_its_reason(
    ann: User, password: str, code: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_password(password, ann)
    assert code in [error.code for error in refused.value.error_list]


@pytest.mark.parametrize("password", ACCEPTED)
def test_what_is_hard_to_guess_is_accepted(ann: User, password: str) -> None:
    validate_password(password, ann)


@pytest.mark.parametrize(
    ("refused", "accepted"),
    [
        ("abzgmzgmabzg", "abzgmzgmabzk"),  # 5 and 6 different characters
        ("123456789abx", "12345678pabx"),  # 3 and 4 beside the row
        ("boatboatboatx!7", "boatboatboatx!7q"),  # 3 and 4 beside what is repeated
        ("passw0rd-20273", "pzssw0rd-20273"),
    ],
)
def test_a_character_more_of_one_s_own_is_enough(refused: str, accepted: str) -> None:
    validate_password(accepted)
    with pytest.raises(ValidationError):
        validate_password(refused)


def test_words_of_another_partner_are_no_reason(ann: User) -> None:
    TenantFactory.create(partner__name="Tailspin Toys", domain="tailspin.example", is_primary=True)
    validate_password("tailspin-toys-77", ann)


def test_names_with_accents_are_near_without_them() -> None:
    user = UserFactory.create(name="Zo\u00eb \u00c5ngstr\u00f6m")
    with pytest.raises(ValidationError):
        validate_password("angstrom-20-26", user)


def test_without_a_user_the_words_of_the_portal_count() -> None:
    with pytest.raises(ValidationError):
        validate_password("benefits-portal-2")


@pytest.mark.parametrize(
    "long", ["ab" * 2_000 + "cdefx", "1" * 4_000 + "zebra", "qwertyuiop" * 400 + "zebra!9"]
)
def test_a_long_password_is_looked_at_in_no_time(long: str) -> None:
    began = time.process_time()
    with suppress(ValidationError):
        validate_password(long)
    assert time.process_time() - began < 1
