"""What a page says of itself on paper: whose it is, and the day (A3)."""

import pytest
from django.test import Client
from django.urls import reverse

from benefits_portal.tenants.models import User
from tests.clients import SignIn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.mark.parametrize(
    ("name", "is_open"),
    [
        ("home", False),
        ("benefits:azure-cloud", False),
        ("licensing:products", False),
        ("tenants:activity", False),
        ("licensing:calculator", True),
        ("help", True),
    ],
)
@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Benefits Portal, printed on May 1, 2021"),
        ("nl", "Benefits Portal, afgedrukt op 1 mei 2021"),
    ],
)
def test_a_printed_page_names_the_portal_and_the_day_once(
    admin: User, sign_in: SignIn, name: str, *, is_open: bool, language: str, line: str
) -> None:
    readers = [sign_in(admin), Client()] if is_open else [sign_in(admin)]
    pages = [each.get(reverse(name), headers={"accept-language": language}) for each in readers]
    assert [page.text.count(line) for page in pages] == [1] * len(readers)
