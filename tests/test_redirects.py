"""Where somebody goes on to is only ever a page of ours.

It is written in forms and addresses, so anybody may have written it.
"""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from benefits_portal.middleware import security_headers
from benefits_portal.redirects import URL_HEADERS
from benefits_portal.tenants.models import Tenant, User
from tests import factories
from tests.clients import ClientResponse, SignIn
from tests.key_examples import KEY

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


def goes_to(answer: ClientResponse) -> str:
    assert answer.status_code == 302
    return answer["Location"]


@pytest.mark.parametrize("then", ELSEWHERE)
def test_every_form_that_goes_on_goes_home_rather_than_elsewhere(
    admin: User, tenant: Tenant, sign_in: SignIn, then: str
) -> None:
    forms: dict[str, dict[str, Any]] = {
        "theme": {"theme": "dark"},
        "tenants:switch": {"place": tenant.pk, "acting_in": f"{tenant.partner_id}-{tenant.pk}"},
    }
    visitor = sign_in(admin)
    assert {
        name: goes_to(visitor.post(reverse(name), form | {"next": then}))
        for name, form in forms.items()
    } == dict.fromkeys(forms, "/")
    assert {
        name: goes_to(visitor.post(reverse(name), form | {"next": OURS}))
        for name, form in forms.items()
    } == dict.fromkeys(forms, OURS)


@pytest.mark.parametrize("then", ["x", "5\x00", "a.b"])
def test_signing_in_goes_on_to_a_word_as_an_address_and_never_fails(
    client: Client, then: str
) -> None:
    user = factories.UserFactory.create()
    assert (
        client.post(
            reverse("tenants:sign-in"),
            {"username": user.email, "password": factories.PASSWORD, "next": then},
        ).status_code
        == 302
    )
    assert client.get(reverse("tenants:sign-in"), {"next": then}).status_code == 302


@pytest.mark.parametrize("then", ["x", "5\x00", "a.b"])
def test_the_back_office_goes_on_to_a_word_as_an_address_and_never_fails(
    sign_in: SignIn, then: str
) -> None:
    assert (
        sign_in(factories.UserFactory.create(staff=True))
        .get(reverse("admin:login"), {"next": then})
        .status_code
        == 302
    )


EVIL = [
    "//evil.example/",
    "///evil.example/x/",
    "//evil.example/sign-in/?next=/",
    "//evil.example/back-office/",
]
HTMX = {"HX-Request": "true"}


def leads_to(answer: HttpResponse) -> list[str]:
    return [answer.headers[name] for name in URL_HEADERS if name in answer.headers]


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["a page", "htmx"])
@pytest.mark.parametrize("path", EVIL)
def test_a_path_that_looks_like_a_host_leads_nowhere_else(
    admin: User, sign_in: SignIn, path: str, headers: dict[str, str], signed_in: bool
) -> None:
    visitor = sign_in(admin) if signed_in else Client()
    for method in ("get", "post"):
        answer = getattr(visitor, method)("/", headers=headers, PATH_INFO=path)
        assert answer.status_code >= 302
        assert [url for url in leads_to(answer) if url.startswith(("//", "/\\", "http"))] == []


def test_a_failed_request_of_htmx_is_asked_for_again_on_this_site(
    admin: User, sign_in: SignIn
) -> None:
    answer = sign_in(admin).get("/", {"a": "b"}, headers=HTMX, PATH_INFO="//evil.example/")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (404, "/%2Fevil.example/?a=b")


@pytest.mark.parametrize("name", URL_HEADERS)
@pytest.mark.parametrize(
    "url", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_no_header_leads_to_another_site_whichever_page_wrote_it(name: str, url: str) -> None:
    request: HttpRequest = RequestFactory().get("/")
    answer = security_headers(lambda request: HttpResponse(headers={name: url}))(request)
    assert answer.headers[name] == "/"
    ours = security_headers(lambda request: HttpResponse(headers={name: OURS}))(request)
    assert ours.headers[name] == OURS


def test_a_host_that_is_not_ours_gets_the_headers_of_every_answer_too(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    answer = Client().get("/", {"q": KEY}, headers={"Host": "evil.example"})
    assert answer.status_code == 302
    assert "Permissions-Policy" in answer.headers
