"""The page of a partner: tenants that get what is free, and choices instead of codes."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from benefits_portal.benefits.models import Membership
from benefits_portal.licensing.models import Redemption
from benefits_portal.tenants.models import Actor, Partner, PracticeWorld, Tenant, User
from tests import factories
from tests.clients import SignIn

from .conftest import filled, new_row, page

NEW = {
    "name": "Tailspin Toys",
    "mpn_id": "4123456",
    "country": "NL",
    "currency": "EUR",
    "time_zone": "Europe/Amsterdam",
}


def add(office: Client, *tenants: dict[str, Any]) -> Any:
    its_page = page(Partner, "add")
    sent = filled(office.get(its_page), **NEW)
    for number, tenant in enumerate(tenants):
        sent |= new_row("tenants", number, **tenant)
    return office.post(its_page, sent)


def tenant(number: int, **more: Any) -> dict[str, Any]:
    return {"name": f"Toys {number}", "domain": f"toys{number}.example", **more}


@pytest.mark.rule("P4")
def test_two_new_tenants_get_an_id_and_a_color_each(office: Client) -> None:
    add(office, tenant(1, is_primary="on"), tenant(2), tenant(3, color="blue"))
    tenants = Tenant.objects.order_by("domain")
    assert [each.color for each in tenants] == ["green", "purple", "blue"]
    assert len({each.guid for each in tenants}) == 3


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("color", "blue", "Two tenants have the same color. Choose a different one."),
        ("guid", "5f0e7a52-9e1c-4e9b-8f0f-2d6a33c0a001", "Two tenants have the same tenant ID."),
    ],
)
def test_what_two_tenants_share_is_named_in_words(
    office: Client, field: str, value: str, message: str
) -> None:
    answer = add(office, *(tenant(number, **{field: value}) for number in (1, 2)))
    [inline] = answer.context["inline_admin_formsets"]
    assert list(inline.formset.non_form_errors()) == [message]
    assert Partner.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("country", ("NL", "Netherlands (NL)")),
        ("currency", ("EUR", "Euro (EUR)")),
        ("time_zone", ("America/New_York", "America/New York")),
    ],
)
def test_country_currency_and_time_zone_are_chosen(
    office: Client, name: str, chosen: tuple[str, str]
) -> None:
    form = office.get(page(Partner, "add")).context["adminform"].form
    assert chosen in form.fields[name].widget.choices


def test_countries_are_named_in_the_language_of_the_reader(office: Client) -> None:
    answer = office.get(page(Partner, "add"), headers={"accept-language": "nl"})
    choices = answer.context["adminform"].form.fields["country"].widget.choices
    assert ("NL", "Nederland (NL)") in choices


def test_staff_without_a_role_are_led_to_partners(support: User, sign_in: SignIn) -> None:
    answer = sign_in(support).get("/")
    assert "Choose a partner to view as" in answer.text
    assert page(Partner, "changelist") in answer.text
    assert "You have no role here yet" not in answer.text


@pytest.mark.rule("P3")
def test_support_is_told_whom_to_ask_for_what_it_may_not_do(support: User, sign_in: SignIn) -> None:
    refused = sign_in(support).get(page(Membership, "add"))
    assert refused.status_code == 403
    assert "Ask someone on the program team who can." in refused.text
    assert "Global admin of your organization" not in refused.text
    member = sign_in(factories.RoleAssignmentFactory.create(role="member").user)
    assert "Ask someone on the program team" not in member.get(reverse("tenants:add-user")).text


def test_the_date_of_a_partner_made_by_hand_stays_and_says_why(sign_in: SignIn) -> None:
    factories.PracticeWorldFactory.create()
    held = factories.RoleAssignmentFactory.create()
    assert PracticeWorld.objects.exists()
    browser = sign_in(held.user)
    token = browser.get("/").context["request"].tenant_token
    sent = {"today": "2030-01-01", "acting_in": token}
    answer = browser.post(reverse("demo-clock"), sent, follow=True)
    assert "Only a practice partner&#x27;s date can be changed." in answer.text
    assert 'action="/demo/clock/"' not in answer.text


def test_an_import_has_a_file_with_its_columns(office: Client) -> None:
    answer = office.get(page(Partner, "import"), {"template": "csv"})
    text = answer.getvalue().decode().removeprefix("\ufeff")
    assert text.splitlines() == [
        '"mpn_id","name","country","currency","time_zone"',
        '"1234567","Wingtip Toys","NL","EUR","Europe/Amsterdam"',
    ]


@pytest.mark.rule("S7")
def test_a_redemption_s_page_explains_the_end_date_in_sentences(office: Client) -> None:
    redemption = factories.redeem()
    extended = redemption.subscription.extend(
        factories.key_for(redemption.subscription, 5), by=Actor(), on=factories.TODAY
    )
    answer = office.get(page(Redemption, "change", extended.pk))
    assert extended.after.calculation is not None
    for step in extended.after.calculation.steps():
        assert escape(step) in answer.text
    assert "&quot;kind&quot;" not in answer.text, "as it is stored"


@pytest.mark.parametrize(
    ("password", "said"), [("a staple no horse saw", "Set"), (None, "Not set yet")]
)
def test_an_account_s_page_says_whether_there_is_a_password(
    office: Client, password: str | None, said: str
) -> None:
    user = factories.UserFactory.create()
    user.set_password(password)
    user.save()
    text = office.get(page(User, "change", user.pk)).text
    assert f"<p>{said}</p>" in text
    assert "pbkdf2" not in text


@pytest.mark.django_db
def test_who_may_only_look_reads_nothing_of_a_hash(client: Client) -> None:
    reader, user = factories.UserFactory.create_batch(2, is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename="view_user"))
    user.set_password("a staple no horse saw")
    user.save()
    client.force_login(reader)
    text = client.get(page(User, "change", user.pk)).text
    assert '<div class="readonly">Set</div>' in text
    assert "pbkdf2" not in text


def test_a_partner_s_page_leads_to_its_licenses_of_people_and_reminders(office: Client) -> None:
    partner = factories.PartnerFactory.create()
    text = office.get(reverse("admin:tenants_partner_change", args=[partner.pk])).text
    hrefs = [
        f"{reverse(name)}?partner__id__exact={partner.pk}"
        for name in (
            "admin:licensing_licenseassignment_changelist",
            "admin:reminders_digest_changelist",
        )
    ]
    assert [f'href="{href}"' in text for href in hrefs] == [True, True]
    assert [office.get(href).status_code for href in hrefs] == [200, 200]
