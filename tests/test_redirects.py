"""Where somebody goes on to is written in forms and addresses, so anybody may have written it: only ever a page of ours."""

import pytest
from django.urls import reverse

from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.rule("P4")]
ELSEWHERE = [
    "x",
    "5\x00",
    "a.b",
    "//evil.example/",
    "https://evil.example/",
    "javascript:alert(1)",
    "\\\\evil.example",
    "/\\evil.example",
    "",
]
OURS = "/help/"


def goes_to(answer) -> str:
    assert answer.status_code == 302
    return answer.url


@pytest.mark.parametrize("then", ELSEWHERE)
def test_every_form_that_goes_on_goes_home_rather_than_elsewhere(admin, tenant, sign_in, then):
    forms = {
        "theme": {"theme": "dark"},
        "tenants:switch": {"place": tenant.pk, "acting_in": f"{tenant.partner_id}-{tenant.pk}"},
    }
    visitor = sign_in(admin)
    assert {name: goes_to(visitor.post(reverse(name), form | {"next": then})) for name, form in forms.items()} == dict.fromkeys(forms, "/")
    assert {name: goes_to(visitor.post(reverse(name), form | {"next": OURS})) for name, form in forms.items()} == dict.fromkeys(forms, OURS)


@pytest.mark.parametrize("then", ["x", "5\x00", "a.b"])
def test_signing_in_goes_on_to_a_word_as_an_address_and_never_fails(client, then):
    user = factories.UserFactory.create()
    assert (
        client.post(reverse("tenants:sign-in"), {"username": user.email, "password": factories.PASSWORD, "next": then}).status_code == 302
    )
    assert client.get(reverse("tenants:sign-in"), {"next": then}).status_code == 302


@pytest.mark.parametrize("then", ["x", "5\x00", "a.b"])
def test_the_back_office_goes_on_to_a_word_as_an_address_and_never_fails(sign_in, then):
    assert sign_in(factories.UserFactory.create(staff=True)).get(reverse("admin:login"), {"next": then}).status_code == 302
