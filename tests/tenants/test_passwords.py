"""Long passwords that are easy to guess are refused, each with its own reason."""

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
}


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


@pytest.mark.parametrize(
    "password",
    [PASSWORD, "a staple that no horse ever saw", "kD9#vPq2!xTzL", "zebra contoso lamp violin"],
)
def test_what_is_hard_to_guess_is_accepted(ann: User, password: str) -> None:
    validate_password(password, ann)


def test_words_of_another_partner_are_no_reason(ann: User) -> None:
    TenantFactory.create(partner__name="Tailspin Toys", domain="tailspin.example", is_primary=True)
    validate_password("tailspin-toys-77", ann)


def test_without_a_user_the_words_of_the_portal_count() -> None:
    with pytest.raises(ValidationError):
        validate_password("benefits-portal-2")


def test_a_long_password_is_looked_at_in_no_time() -> None:
    validate_password("ab" * 2_000 + "x")
