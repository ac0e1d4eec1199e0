"""Enrolling by hand: a partner, its tenant and its membership, made through the forms alone."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.models import (
    Benefit,
    BenefitAction,
    Membership,
    Offer,
    PackageLine,
    ProductKey,
)
from benefits_portal.tenants.models import Actor, How, Partner, Record, User
from tests import factories
from tests.clients import ClientResponse, SignIn

from .conftest import BECAUSE, filled, new_row, page


def messages(response: ClientResponse) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def enroll(
    office: Client, partner: Partner, offer: Offer, starts_on: str = "2021-05-01"
) -> ClientResponse:
    """Sends the form, and then what the preview says will be made."""
    sent = {"partner": partner.pk, "offer": offer.pk, "starts_on": starts_on}
    shown = office.post(page(Membership, "add"), sent, follow=True)
    return confirm(office, shown) if "plan" in shown.context else shown


def confirm(office: Client, shown: ClientResponse) -> ClientResponse:
    return office.post(shown.request["PATH_INFO"], shown.context["sent"], follow=True)


def renew(office: Client, membership: Membership) -> ClientResponse:
    return office.get(reverse("admin:benefits_membership_renew", args=[membership.pk]), follow=True)


def end(office: Client, membership: Membership, **sent: Any) -> ClientResponse:
    return office.post(
        reverse("admin:benefits_membership_end", args=[membership.pk]), sent, follow=True
    )


def provision(office: Client, *memberships: Membership) -> ClientResponse:
    return office.post(
        page(Membership, "changelist"),
        {
            "action": "provision_what_is_missing",
            "_selected_action": [membership.pk for membership in memberships],
        }
        | BECAUSE,
        follow=True,
    )


@pytest.fixture
def offer(db: None) -> Offer:
    """25 licenses of one product, and 100 USD a month."""
    offer = factories.OfferFactory.create()
    factories.PackageLineFactory.create(offer=offer)
    factories.PackageLineFactory.create(offer=offer, product__monthly=True)
    return offer


@pytest.mark.rule("B1", "B2", "B3")
def test_a_partner_tenant_and_membership_by_hand_bring_benefits_and_keys(
    office: Client, today: date
) -> None:
    licensed, credit = (
        factories.ProductFactory.create(),
        factories.ProductFactory.create(monthly=True),
    )
    for number, (product, quantity) in enumerate([(licensed, 5), (credit, "")]):
        if number == 0:
            office.post(
                page(Offer, "add"),
                filled(office.get(page(Offer, "add")), name="Action Pack", is_competency=None),
            )
        offer = Offer.objects.get()
        form = filled(office.get(page(Offer, "change", offer.pk)))
        office.post(
            page(Offer, "change", offer.pk),
            form
            | new_row("lines", number, product=product.pk, benefit_type="core", quantity=quantity),
        )
    line = PackageLine.objects.get(product=credit)
    form = filled(office.get(page(PackageLine, "change", line.pk)))
    office.post(
        page(PackageLine, "change", line.pk),
        form | new_row("credit_amounts", 0, currency="EUR", amount="85"),
    )

    form = filled(
        office.get(page(Partner, "add")),
        name="Fabrikam",
        mpn_id="4711",
        country="NL",
        currency="EUR",
        time_zone="Europe/Amsterdam",
    )
    row = new_row(
        "tenants", 0, name="Fabrikam", domain="fabrikam.example", is_primary="on", color="blue"
    )
    row["tenants-0-guid"] = "5b4b1a7e-3c1d-4e0a-9a55-2f7d8c6e1b01"
    office.post(page(Partner, "add"), form | row)
    partner = Partner.objects.get()
    said = messages(enroll(office, partner, offer))

    membership = Membership.objects.get()
    assert [tenant.domain for tenant in partner.tenants.all()] == ["fabrikam.example"]
    assert (membership.partner, membership.ends_on, membership.benefits_expire_on) == (
        partner,
        date(2022, 5, 1),
        date(2022, 5, 31),
    )
    assert {
        (benefit.product, benefit.quantity, benefit.credit_amount, benefit.currency)
        for benefit in Benefit.objects.all()
    } == {
        (licensed, 5, None, ""),
        (credit, None, 85, "EUR"),
    }
    assert [(key.product, key.licenses) for key in ProductKey.objects.all()] == [(licensed, 5)]
    assert f"{membership}: made 2 benefits and 1 product key." in said


@pytest.mark.rule("A1")
def test_provisioning_by_hand_is_on_record_with_who_did_it_and_where(
    office: Client, programme: User, partner: Partner, offer: Offer
) -> None:
    enroll(office, partner, offer)
    record = Record.objects.get(action=BenefitAction.PROVISIONED)
    assert (record.actor, record.how, record.partner, record.subject) == (
        programme,
        How.BACK_OFFICE,
        partner,
        Membership.objects.get(),
    )


@pytest.mark.rule("B2")
def test_provisioning_a_second_time_makes_nothing(
    office: Client, partner: Partner, offer: Offer
) -> None:
    enroll(office, partner, offer)
    membership, keys = Membership.objects.get(), list(ProductKey.objects.values_list("digest"))
    assert messages(provision(office, membership)) == [
        f"{membership}: already complete, so nothing was added."
    ]
    assert (Benefit.objects.count(), list(ProductKey.objects.values_list("digest"))) == (2, keys)


@pytest.mark.rule("B2")
def test_what_is_missing_can_be_made_from_the_list_and_the_membership_page(
    office: Client, partner: Partner, offer: Offer
) -> None:
    listed = factories.MembershipFactory.create(partner=partner, offer=offer)
    opened = factories.MembershipFactory.create(
        partner=partner, offer=offer, starts_on=date(2022, 6, 1)
    )
    assert messages(provision(office, listed)) == [f"{listed}: made 2 benefits and 1 product key."]
    said = office.post(
        page(Membership, "provision_what_is_missing", opened.pk), BECAUSE, follow=True
    )
    assert messages(said) == [f"{opened}: made 2 benefits and 1 product key."]
    assert Benefit.objects.count() == 4


@pytest.mark.rule("B4")
def test_discontinued_products_are_left_out_of_a_competency_and_said(
    office: Client, partner: Partner, offer: Offer
) -> None:
    factories.PackageLineFactory.create(
        offer=offer, product__name="Office 365 E3", product__discontinued_on=date(2021, 1, 1)
    )
    said = messages(enroll(office, partner, offer))
    assert "Left out, because they are discontinued: Office 365 E3." in said
    assert Benefit.objects.filter(product__name="Office 365 E3").count() == 0


@pytest.mark.rule("B4")
def test_of_an_action_pack_nothing_is_left_out(
    office: Client, partner: Partner, offer: Offer
) -> None:
    Offer.objects.update(is_competency=False)
    factories.PackageLineFactory.create(
        offer=offer, product__name="Office 365 E3", product__discontinued_on=date(2021, 1, 1)
    )
    # One message says what was made, the other is Django's own.
    assert len(messages(enroll(office, partner, offer))) == 2
    assert Benefit.objects.filter(product__name="Office 365 E3").count() == 1


@pytest.mark.rule("B3")
def test_a_package_without_the_currency_is_refused_and_nothing_is_made(
    office: Client, offer: Offer
) -> None:
    partner = factories.PartnerFactory.create(currency="JPY")
    refused = enroll(office, partner, offer)
    assert refused.status_code == 200
    assert "has no amount in JPY" in str(refused.context["adminform"].form.non_field_errors())
    assert (Membership.objects.count(), Benefit.objects.count(), ProductKey.objects.count()) == (
        0,
        0,
        0,
    )
    assert [(record.action, record.refused, record.how) for record in Record.objects.all()] == [
        (BenefitAction.PROVISIONED, "no-credit-in-currency", How.BACK_OFFICE)
    ]


@pytest.mark.rule("B3")
def test_completing_without_the_currency_makes_nothing_and_says_why(
    office: Client, offer: Offer
) -> None:
    refused = factories.MembershipFactory.create(offer=offer, partner__currency="JPY")
    fine = factories.MembershipFactory.create(offer=offer)
    said = messages(provision(office, refused, fine))
    assert [text for text in said if "has no amount in JPY" in text and str(refused) in text] != []
    assert set(Benefit.objects.values_list("membership", flat=True)) == {fine.pk}
    assert Record.objects.get(refused="no-credit-in-currency").subject == refused


def test_a_second_enrollment_in_the_same_year_is_refused_beside_the_day(
    office: Client, partner: Partner, offer: Offer
) -> None:
    enroll(office, partner, offer)
    refused = enroll(office, partner, offer, "2022-05-01")
    assert "overlaps" in str(refused.context["adminform"].form.errors["starts_on"])
    assert Membership.objects.count() == 1


def test_an_enrollment_starts_today_for_the_partner_it_was_opened_from(
    office: Client, today: date, partner: Partner
) -> None:
    opened = office.get(page(Membership, "add"), {"partner": partner.pk}).context["adminform"].form
    assert (opened.initial["starts_on"], opened.initial["partner"]) == (today, str(partner.pk))


def test_a_membership_is_not_changed_once_it_is_made(
    office: Client, partner: Partner, offer: Offer
) -> None:
    enroll(office, partner, offer)
    membership = Membership.objects.get()
    changed = office.post(
        page(Membership, "change", membership.pk),
        {"partner": partner.pk, "offer": offer.pk, "starts_on": "2020-01-01"},
    )
    assert changed.status_code == 403
    assert Membership.objects.get().starts_on == date(2021, 5, 1)


def test_a_memberships_page_shows_its_benefits(
    office: Client, partner: Partner, offer: Offer, today: date
) -> None:
    enroll(office, partner, offer)
    shown = office.get(page(Membership, "change", Membership.objects.get().pk)).content.decode()
    for benefit in Benefit.objects.all():
        assert benefit.quantity_text in shown
        assert reverse("admin:benefits_benefit_change", args=[benefit.pk]) in shown


# What it will make is shown first


@pytest.mark.rule("B1", "B2", "B3", "B4")
def test_a_preview_says_what_will_be_made_and_left_out_and_makes_nothing(
    office: Client, partner: Partner, offer: Offer, today: date
) -> None:
    factories.PackageLineFactory.create(
        offer=offer, product__name="Office 365 E3", product__discontinued_on=date(2021, 1, 1)
    )
    sent = {"partner": partner.pk, "offer": offer.pk, "starts_on": "2021-06-01"}
    shown = office.post(page(Membership, "add"), sent)
    text = " ".join(shown.content.decode().split())
    said = [
        "Jun 1, 2021",
        "(its benefits can't be used before that)",
        "Jun 1, 2022",
        "Jul 1, 2022",
    ]
    said += [
        "2 benefits, 1 product key",
        "25 licenses",
        "$100 per month",
        "Discontinued since Jan 1, 2021",
    ]
    assert [words for words in said if words not in text] == []
    assert (Membership.objects.count(), Record.objects.count()) == (0, 0)
    assert "made 2 benefits and 1 product key" in messages(confirm(office, shown))[0]


@pytest.mark.rule("B2")
def test_a_package_changed_after_the_preview_is_shown_anew_and_not_made(
    office: Client, partner: Partner, offer: Offer
) -> None:
    shown = office.post(
        page(Membership, "add"),
        {"partner": partner.pk, "offer": offer.pk, "starts_on": "2021-05-01"},
    )
    PackageLine.objects.filter(quantity=25).update(quantity=26)
    again = office.post(page(Membership, "add"), shown.context["sent"])
    assert "The package changed since this was shown." in again.content.decode()
    assert Membership.objects.count() == 0
    confirm(office, again)
    assert sorted(filter(None, Benefit.objects.values_list("quantity", flat=True))) == [26]


@pytest.mark.rule("B2", "W11")
def test_a_preview_confirmed_twice_makes_nothing_twice(
    office: Client, partner: Partner, offer: Offer, today: date
) -> None:
    shown = office.post(
        page(Membership, "add"),
        {"partner": partner.pk, "offer": offer.pk, "starts_on": "2021-05-01"},
    )
    first, second = [messages(confirm(office, shown)) for _ in range(2)]
    assert (first, len(first)) == (second, 2)
    with time_machine.travel(factories.NOW + timedelta(minutes=2), tick=False):
        assert "overlaps" in str(
            confirm(office, shown).context["adminform"].form.errors["starts_on"]
        )
    assert (Membership.objects.count(), Benefit.objects.count(), ProductKey.objects.count()) == (
        1,
        2,
        1,
    )


@pytest.mark.rule("B1", "W11")
def test_a_renewal_is_shown_made_once_and_then_refused(
    office: Client, partner: Partner, offer: Offer, today: date
) -> None:
    enroll(office, partner, offer)
    membership = Membership.objects.get()
    shown = renew(office, membership)
    days = ["May 2, 2022", "May 1, 2023", "May 31, 2023"]  # B1: first, last, benefits expire
    assert re.findall(r"<td>\s*(May \d+, \d+)", shown.content.decode()) == days
    assert [messages(confirm(office, shown)) for _ in range(2)] == [
        [f"{membership.renewal()}: made 2 benefits and 1 product key."]
    ] * 2
    assert Record.objects.filter(action=BenefitAction.PROVISIONED).exclude(refused="").count() == 0
    with time_machine.travel(factories.NOW + timedelta(minutes=2), tick=False):
        assert "is enrolled" in messages(confirm(office, shown))[0]
        renewing = {"action": "renew", "_selected_action": membership.pk} | BECAUSE
        assert (
            "is enrolled"
            in messages(office.post(page(Membership, "changelist"), renewing, follow=True))[0]
        )
    assert (Membership.objects.count(), Benefit.objects.count(), ProductKey.objects.count()) == (
        2,
        4,
        2,
    )


@pytest.mark.rule("A1", "B1")
def test_ending_early_asks_for_day_and_reason_and_puts_both_on_record(
    office: Client, partner: Partner, offer: Offer, today: date
) -> None:
    enroll(office, partner, offer)
    membership = Membership.objects.get()
    assert set(end(office, membership, last_day="2021-06-30").context["form"].errors) == {"reason"}
    assert "from May 2, 2021 to Apr 30, 2022" in str(
        end(office, membership, last_day="2022-06-30", **BECAUSE).context["form"].errors
    )
    end(office, membership, last_day="2021-06-30", **BECAUSE)
    record = Record.objects.get(action=BenefitAction.ENDED, refused="")
    assert (record.reason, record.before["ends_on"], record.after["ends_on"]) == (
        BECAUSE["reason"],
        "2022-05-01",
        "2021-06-30",
    )
    assert set(Benefit.objects.values_list("expires_on", flat=True)) == {date(2021, 7, 30)}


def test_support_sees_neither_page(
    support: User, sign_in: SignIn, partner: Partner, offer: Offer
) -> None:
    membership = Membership.enroll(partner, offer, date(2021, 5, 1), by=Actor())
    office = sign_in(support)
    assert (renew(office, membership).status_code, end(office, membership).status_code) == (
        403,
        403,
    )
    assert (
        office.post(
            page(Membership, "add"),
            {"partner": partner.pk, "offer": offer.pk, "starts_on": "2023-05-01"},
        ).status_code
        == 403
    )
    assert "renew/" not in office.get(page(Membership, "change", membership.pk)).content.decode()


@pytest.mark.rule("B1")
def test_a_day_at_the_end_of_the_calendar_is_refused_on_the_form(
    office: Client, partner: Partner, offer: Offer, today: date
) -> None:
    membership = factories.MembershipFactory.create(partner=partner, starts_on=today)
    adding = enroll(office, partner, offer, starts_on="9999-12-31")
    assert adding.context["errors"] == [["Choose a day up to the year 2999."]]
    ending = end(office, membership, last_day="9999-12-31", **BECAUSE)
    assert (
        "The last day can be moved to any day from" in ending.context["form"].errors["last_day"][0]
    )
    assert Membership.objects.get() == membership


@pytest.mark.rule("B3", "A1")
def test_looking_at_a_renewal_without_the_currency_says_so_writes_nothing(
    office: Client, partner: Partner, offer: Offer
) -> None:
    factories.PackageLineFactory.create(offer=offer, product__monthly=True, amount=False)
    membership = factories.MembershipFactory.create(
        partner=partner, offer=offer, starts_on=partner.today()
    )
    assert "has no amount in USD" in messages(renew(office, membership))[0]
    assert (Membership.objects.get(), Record.objects.count()) == (membership, 0)


@pytest.mark.rule("B2")
def test_a_new_membership_s_form_has_the_one_button_its_text_announces(
    office: Client, today: date
) -> None:
    answer = office.get(page(Membership, "add")).content.decode()
    buttons = re.findall(r'<input type="submit"[^>]*value="([^"]*)"', answer)
    assert "The next page lists the benefits and product keys, before" in answer
    assert buttons == ["Preview"]


@pytest.mark.rule("B1")
def test_a_renewed_membership_leads_to_its_next_year_instead_of_renewing(
    office: Client, today: date
) -> None:
    membership = factories.MembershipFactory.create(starts_on=today - timedelta(days=350))
    its_page = page(Membership, "change", membership.pk)
    ways = re.compile(r">\s*(Renew|Next year)\s*</a>")
    assert ways.findall(office.get(its_page).content.decode()) == ["Renew"]
    first_day = membership.ends_on + timedelta(days=1)
    following = factories.MembershipFactory.create(
        partner=membership.partner, offer=membership.offer, starts_on=first_day
    )
    assert ways.findall(office.get(its_page).content.decode()) == ["Next year"]
    answer = renew(office, membership)
    assert answer.request["PATH_INFO"] == page(Membership, "change", following.pk)
    assert messages(answer) == [
        (
            "This membership has been renewed: the next year begins on May 17, 2021. This page "
            "shows that year."
        )
    ]


def test_partners_of_one_name_are_told_apart_where_they_are_renewed(office: Client) -> None:
    membership = factories.MembershipFactory.create(partner__name="Contoso")
    known_as = f"Contoso ({membership.partner.mpn_id})"
    asked = {"action": "renew", "_selected_action": [membership.pk]}
    asking = office.post(page(Membership, "changelist"), asked)
    assert f"<h2><bdi>{known_as}: {membership.title}</bdi></h2>" in asking.text
    assert known_as in cells(office.get(page(Membership, "changelist")).text)
    assert known_as in facts(office.get(page(Membership, "change", membership.pk)).text)


def cells(html: str) -> str:
    return html[html.index("<tbody") :]


def facts(html: str) -> str:
    return html[html.index("<fieldset") :]


def test_issuing_keys_names_the_mpn_id(office: Client) -> None:
    benefit = factories.BenefitFactory.create()
    asked = {"action": "issue_another_key", "_selected_action": [benefit.pk]}
    asking = office.post(page(Benefit, "changelist"), asked)
    assert f"<h2><bdi>{benefit.partner.known_as}: {benefit.product}</bdi></h2>" in asking.text
