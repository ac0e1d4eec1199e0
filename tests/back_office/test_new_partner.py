"""A partner, its tenants, first admin and offers, made on one page exactly as shown (B2, A1)."""

from typing import Any

import pytest
from django.contrib.messages import SUCCESS
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.models import Benefit, Membership, Offer
from benefits_portal.tenants.models import (
    DirectoryUser,
    Partner,
    Record,
    Role,
    RoleAssignment,
    Tenant,
    User,
)
from tests import factories
from tests.clients import ClientResponse, SignIn
from tests.simultaneous import at_once
from tests.test_twice_at_once import messages_of

from .conftest import BECAUSE

pytestmark = pytest.mark.usefixtures("today")
MADE = (Partner, Tenant, DirectoryUser, RoleAssignment, Membership, Benefit)


@pytest.fixture
def offer(db: None) -> Offer:
    return factories.PackageLineFactory.create(offer__name="Gold competency").offer


def sent(offer: Offer, **changes: Any) -> dict[str, Any]:
    return {
        "name": "Tailspin Toys",
        "mpn_id": "4123456",
        "country": "NL",
        "currency": "EUR",
        "time_zone": "Europe/Amsterdam",
        "tenant_name_1": "Tailspin",
        "tenant_domain_1": "tailspin.example",
        "tenant_name_2": "Tailspin Labs",
        "tenant_domain_2": "labs.tailspin.example",
        "admin_name": "Pradeep Gupta",
        "admin_email": "pradeep@tailspin.example",
        "offers": [offer.pk],
        "starts_on": "2021-05-01",
        **BECAUSE,
        **changes,
    }


def post(office: Client, values: dict[str, Any]) -> ClientResponse:
    return office.post(reverse("new-partner"), values)


def counts() -> list[int]:
    return [model._default_manager.count() for model in MADE]


def test_the_preview_shows_all_and_leaves_nothing(office: Client, offer: Offer) -> None:
    answer = post(office, sent(offer))
    assert answer.context["lines"][:4] == [
        "Partner Tailspin Toys",
        "Tenant Tailspin (tailspin.example), in blue",
        "Tenant Tailspin Labs (labs.tailspin.example), in green",
        "Global admin Pradeep Gupta (pradeep@tailspin.example)",
    ]
    assert "Makes 1 benefit and 1 product key:" in answer.context["lines"]
    assert (counts(), Record.objects.count(), User.objects.filter(is_staff=False).count()) == (
        [0] * 6,
        0,
        0,
    )


@pytest.mark.rule("A1")
def test_what_was_shown_is_made_once_and_on_record(office: Client, offer: Offer) -> None:
    shown = post(office, sent(offer)).context["shown"]
    answers = []
    for _click in range(2):
        answers.append(post(office, sent(offer, shown=shown)))
        assert messages_of(office) == [(SUCCESS, "Tailspin Toys (4123456) was added.")]
    partner = Partner.objects.get()
    its_page = f"/back-office/tenants/partner/{partner.pk}/change/"
    assert [answer.headers["Location"] for answer in answers] == [its_page] * 2
    assert counts() == [1, 2, 1, 1, 1, 1]
    held = RoleAssignment.objects.get()
    assert (held.role, held.user.email) == (Role.GLOBAL_ADMIN, "pradeep@tailspin.example")
    assert [tenant.is_primary for tenant in Tenant.objects.order_by("pk")] == [True, False]
    assert set(Record.objects.values_list("reason", "refused")) == {(BECAUSE["reason"], "")}


@pytest.mark.parametrize(
    ("country", "chosen", "zone"),
    [("NL", "", "Europe/Amsterdam"), ("NL", "Asia/Kolkata", "Asia/Kolkata"), ("US", "", None)],
)
def test_the_time_zone_is_the_country_s_own_unless_one_is_chosen(
    office: Client, offer: Offer, country: str, chosen: str, zone: str | None
) -> None:
    values = sent(offer, country=country, time_zone=chosen)
    form = post(office, values).context["form"]
    assert form.cleaned_data.get("time_zone") == zone
    assert form.errors.get("time_zone", []) == (
        [] if zone else ["This country has no single time zone. Choose one."]
    )


@pytest.mark.rule("W8", "W11")
@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Tailspin Two"},
        {"country": "BE"},
        {"tenant_domain_1": "two.example", "admin_email": "kim@two.example"},
        {"tenant_domain_2": "", "tenant_name_2": ""},
        {"time_zone": "\0"},
    ],
    ids=str,
)
def test_another_partner_with_the_same_number_is_no_second_click(
    office: Client, offer: Offer, changes: dict[str, str]
) -> None:
    shown = post(office, sent(offer)).context["shown"]
    post(office, sent(offer, shown=shown))
    answer = post(office, sent(offer, shown=shown, **changes))
    assert "mpn_id" in answer.context["form"].errors


@pytest.mark.rule("W8")
@pytest.mark.parametrize("domain", ["taken.example", "ＴＡＫＥＮ.example\u200b"])
def test_whose_a_taken_domain_is_the_program_team_is_told(
    office: Client, offer: Offer, domain: str
) -> None:
    theirs = factories.TenantFactory.create(domain="taken.example", partner__name="Trey")
    told = "This domain belongs to a tenant of Trey."
    answer = post(office, sent(offer, tenant_domain_2=domain))
    assert answer.context["form"].errors == {"tenant_domain_2": [told]}
    form = office.get(reverse("admin:tenants_tenant_add")).context["adminform"].form
    values = {name: form[name].value() for name in form.fields} | {"domain": domain, "name": "X"}
    values["partner"] = theirs.partner_id
    values["is_primary"] = ""
    page = office.post(reverse("admin:tenants_tenant_add"), values)
    assert page.context["adminform"].form.errors["domain"] == [told]


def test_what_changed_since_is_shown_again(office: Client, offer: Offer) -> None:
    shown = post(office, sent(offer)).context["shown"]
    factories.PackageLineFactory.create(offer=offer)
    again = post(office, sent(offer, shown=shown))
    assert "Makes 2 benefits and 2 product keys:" in again.context["lines"]
    assert counts() == [0] * 6


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"mpn_id": "12"}, "mpn_id"),
        ({"country": "XX"}, "country"),
        ({"tenant_domain_1": ""}, "tenant_domain_1"),
        ({"tenant_domain_1": "not a domain"}, "tenant_domain_1"),
        ({"tenant_domain_2": "tailspin.example"}, "tenant_domain_2"),
        ({"tenant_name_2": ""}, "tenant_name_2"),
        ({"tenant_domain_2": ""}, "tenant_domain_2"),
        ({"tenant_name_3": "Labs"}, "tenant_domain_3"),
        ({"tenant_name_1": "T" * 121}, "tenant_name_1"),
        ({"admin_email": "pradeep@elsewhere.example"}, "admin_email"),
        ({"admin_email": "a b@tailspin.example"}, "admin_email"),
        ({"admin_email": f"{'p' * 200}@tailspin.example"}, "admin_email"),
        ({"admin_name": "P" * 121}, "admin_name"),
        ({"admin_name": "\u3164"}, "admin_name"),
        ({"starts_on": "20210501"}, "starts_on"),
        ({"reason": " "}, "reason"),
        ({"name": "\u200b"}, "name"),
    ],
)
def test_a_fault_is_named_and_nothing_is_made(
    office: Client, offer: Offer, changes: dict[str, Any], field: str
) -> None:
    answer = post(office, sent(offer, **changes))
    assert list(answer.context["form"].errors) == [field]
    assert (answer.context["lines"], counts()) == (None, [0] * 6)


@pytest.mark.rule("W11")
@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_lead_to_the_one_partner(office: Client, offer: Offer) -> None:
    values = sent(offer, shown=post(office, sent(offer)).context["shown"])
    answers = at_once([lambda: post(office, values)] * 3)
    its_page = f"/back-office/tenants/partner/{Partner.objects.get().pk}/change/"
    assert [answer.headers.get("Location") for answer in answers] == [its_page] * 3
    assert counts() == [1, 2, 1, 1, 1, 1]


@pytest.mark.rule("B3")
def test_a_package_without_the_currency_is_refused_as_a_whole(office: Client) -> None:
    line = factories.PackageLineFactory.create(product__monthly=True)
    answer = post(office, sent(line.offer, currency="JPY"))
    assert list(answer.context["form"].errors) == ["__all__"]
    assert counts() == [0] * 6


@pytest.mark.rule("P3")
def test_support_reaches_neither_page_nor_link(
    support: User, sign_in: SignIn, offer: Offer
) -> None:
    browser = sign_in(support)
    assert post(browser, sent(offer)).status_code == 403
    assert reverse("new-partner") not in browser.get("/back-office/").text
    assert counts() == [0] * 6


def test_the_program_team_adds_partners(officer: User, sign_in: SignIn, offer: Offer) -> None:
    browser = sign_in(officer)
    assert reverse("new-partner") in browser.get("/back-office/").text
    shown = post(browser, sent(offer)).context["shown"]
    assert post(browser, sent(offer, shown=shown)).status_code == 302


def test_an_empty_form_says_what_to_fill_in(office: Client) -> None:
    form = post(office, {"time_zone": ""}).context["form"]
    assert {name: error for name, [error] in form.errors.items()} == {
        "name": "Enter the partner's name.",
        "mpn_id": "Enter the MPN ID.",
        "country": "Choose a country.",
        "currency": "Choose a currency.",
        "tenant_name_1": "Enter the tenant's name.",
        "tenant_domain_1": "Enter the tenant's domain.",
        "admin_name": "Enter the person's name.",
        "admin_email": "Enter the person's address.",
        "starts_on": "Choose the first day of the memberships.",
        "reason": "Enter a reason.",
    }


def test_the_page_shows_each_field_once_in_its_group(office: Client) -> None:
    form = office.get(reverse("new-partner")).context["form"]
    groups = list(form.groups())
    assert [str(group.title) for group in groups] == [
        "Partner",
        "Tenants",
        "First Global admin",
        "Offers",
        "",
    ]
    shown = [field.name for group in groups for row in group.rows for field in row]
    assert sorted(shown) == sorted(form.fields)


def test_what_was_typed_stays_with_preview_and_fault_alike(office: Client, offer: Offer) -> None:
    for mpn_id in ("4123456", "none"):
        values = sent(offer, mpn_id=mpn_id)
        form = post(office, values).context["form"]
        assert {name: form[name].value() for name in values} == {
            **values,
            "offers": [str(offer.pk)],
        }
