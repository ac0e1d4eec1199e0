"""What htmx asks for is a part of a page.

Where the answer is a page of its own, the browser goes to that page.
"""

import re

import pytest
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.models import Benefit
from benefits_portal.tenants.models import Partner, Role, RoleAssignment, Tenant, User
from tests import factories
from tests.clients import ClientResponse, SignIn

pytestmark = pytest.mark.usefixtures("today")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def benefit(partner: Partner) -> Benefit:
    return factories.BenefitFactory.create(partner=partner, key=True)


@pytest.fixture
def details(benefit: Benefit) -> str:
    return reverse("licensing:benefit-detail", args=[benefit.pk])


@pytest.fixture
def get_key(benefit: Benefit) -> str:
    return reverse("licensing:key", args=[benefit.pk])


@pytest.fixture
def acting_in(tenant: Tenant) -> dict[str, str]:
    return {"acting_in": f"{tenant.partner_id}-{tenant.pk}", "verified": "on"}


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


def takes_the_place_of_the_page(response: ClientResponse) -> bool:
    return response.headers.get("HX-Retarget") == "body" and "<!doctype html>" in response.text


def test_what_is_asked_for_is_a_part(
    client: Client, details: str, get_key: str, acting_in: dict[str, str]
) -> None:
    answers = [client.get(details, headers=HTMX), client.post(get_key, acting_in, headers=HTMX)]
    assert [
        ("HX-Redirect" in answer.headers, "HX-Retarget" in answer.headers) for answer in answers
    ] == [(False, False)] * 2
    assert not any("<!doctype html>" in answer.text for answer in answers)


def test_when_the_session_is_over_the_browser_goes_to_sign_in(
    details: str, get_key: str, acting_in: dict[str, str]
) -> None:
    answers = [Client().get(details, headers=HTMX), Client().post(get_key, acting_in, headers=HTMX)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.headers["HX-Redirect"] for answer in answers] == [
        f"/sign-in/?next={details}",
        f"/sign-in/?next={get_key}&ended=sent",
    ]


@pytest.mark.rule("P4")
def test_what_is_at_another_place_of_ones_own_opens_the_offer_to_switch(
    client: Client, admin: User
) -> None:
    elsewhere = factories.TenantFactory.create(is_primary=True)
    RoleAssignment.objects.create(user=admin, partner=elsewhere.partner, role=Role.PARTNER_ADMIN)
    theirs = factories.BenefitFactory.create(partner=elsewhere.partner)
    address = reverse("licensing:benefit-detail", args=[theirs.pk])
    answer = client.get(address, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (409, address)
    assert client.get(address).templates[0].name == "tenants/elsewhere.html"


@pytest.mark.rule("P4")
def test_a_form_of_the_place_before_is_answered_with_the_page_that_says_so(
    client: Client, tenant: Tenant, get_key: str, acting_in: dict[str, str]
) -> None:
    client.post(
        reverse("tenants:switch"),
        {"place": factories.TenantFactory.create(partner=tenant.partner).pk},
    )
    answer = client.post(get_key, acting_in, headers=HTMX)
    assert answer.status_code == 409
    assert answer.templates[0].name == "tenants/stale_form.html"
    assert takes_the_place_of_the_page(answer)


@pytest.mark.rule("P2", "P3")
@pytest.mark.parametrize(
    ("role", "template"),
    [(Role.MEMBER, "tenants/not_permitted.html"), (None, "tenants/no_role.html")],
)
def test_who_lost_the_role_is_answered_with_the_page_that_says_so(
    client: Client,
    details: str,
    get_key: str,
    acting_in: dict[str, str],
    role: Role | None,
    template: str,
) -> None:
    if role:
        RoleAssignment.objects.update(role=role)
    else:
        RoleAssignment.objects.all().delete()
    answer = client.post(get_key, acting_in, headers=HTMX)
    assert answer.status_code == 403
    assert answer.templates[0].name == template
    assert takes_the_place_of_the_page(answer)
    if role is None:
        answer = client.get(details, headers=HTMX)
        assert (answer.status_code, answer.headers["HX-Redirect"]) == (403, details)


def test_a_form_that_is_out_of_date_is_answered_with_the_page_that_says_so(
    admin: User, get_key: str, acting_in: dict[str, str]
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin)
    answer = strict.post(get_key, acting_in, headers=HTMX)
    assert answer.status_code == 403
    assert answer.templates[0].name == "csrf_failure.html"
    assert takes_the_place_of_the_page(answer)


def test_what_does_not_exist_is_a_page_too(client: Client) -> None:
    address = reverse("licensing:benefit-detail", args=[999_999])
    answer = client.get(address, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (404, address)


def test_without_htmx_nothing_changes(client: Client, details: str) -> None:
    answers = [
        Client().get(details),
        client.get(reverse("licensing:benefit-detail", args=[999_999])),
    ]
    assert [answer.status_code for answer in answers] == [302, 404]
    assert not any(name.startswith("HX-") for answer in answers for name in answer.headers)


def test_a_page_is_shown_when_its_last_part_is_there(client: Client) -> None:
    officer = Client()
    officer.force_login(factories.UserFactory.create(staff=True, is_superuser=True))
    pages = [client.get("/").text, officer.get(reverse("admin:index")).text]
    awaited = [
        re.findall('<link rel="expect" href="#(.+)" blocking="render">', page) for page in pages
    ]
    assert awaited == [["frame"], ["footer"]]
    assert [
        re.findall('<(?:form|footer) id="(.+?)"', page.partition("</main>")[2]) for page in pages
    ] == awaited
