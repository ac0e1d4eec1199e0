"""What a form that is refused says: what to do, once, in the reader's language (K7)."""

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from benefits_portal.tenants.forms import TenantRequestForm
from benefits_portal.tenants.models import User
from tests import factories
from tests.clients import SignIn


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "length", "message"),
    [
        ("en", 120, ""),
        ("en", 121, "Use at most 120 characters. This has 121."),
        ("nl", 121, "Gebruik hoogstens 120 tekens. Dit zijn er 121."),
    ],
)
def test_what_is_too_long_says_how_long_it_may_be(language: str, length: int, message: str) -> None:
    with translation.override(language):
        form = TenantRequestForm({"name": "x" * length, "domain": "labs.example"})
        assert form.errors.get("name", []) == ([message] if message else [])


def summary(client: Client, name: str, **fields: str) -> list[str]:
    page = client.post(reverse(name), fields).text
    lines = re.findall(r'<li><a href="#[^"]*">(.*?)</a></li>', page, re.DOTALL)
    return [unescape(line) for line in lines]


@pytest.mark.django_db
def test_the_summary_says_each_thing_once(
    admin: User, acting_in: dict[str, str], sign_in: SignIn
) -> None:
    assert summary(Client(), "tenants:sign-in") == [
        "Enter your email address.",
        "Enter your password.",
    ]
    assert summary(sign_in(admin), "tenants:password-change", **acting_in) == [
        "Enter your current password.",
        "Enter the new password.",
        "Enter the new password a second time.",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "advice", "button"),
    [
        ("en", "Ask someone on the program team who can.", "Go to the back office"),
        ("nl", "Vraag iemand van het programmateam die dat wel kan.", "Naar de backoffice"),
    ],
)
def test_support_is_sent_to_the_program_team(
    sign_in: SignIn, language: str, advice: str, button: str
) -> None:
    support = factories.UserFactory.create(staff=True)
    page = sign_in(support).get(
        reverse("admin:tenants_partner_add"), headers={"accept-language": language}
    )
    with translation.override(language):
        of_partners = translation.gettext("Go to the home page")
    assert page.status_code == 403
    assert [text in page.text for text in (advice, button, of_partners)] == [True, True, False]
