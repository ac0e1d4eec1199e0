"""Redeeming on the pages: tenant, key, review, receipt (rules K2, K5, S3, S8)."""

from collections import Counter
from datetime import date, timedelta
from functools import partial

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing.models import Redemption, Reversal, Subscription, quote_redemption
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.tenants.models import Actor, Record, Tenant, User
from tests import factories
from tests.clients import SignIn, request_of
from tests.factories import TODAY, redeem
from tests.properties import BEFORE_A_RELEASE
from tests.simultaneous import at_once

pytestmark = pytest.mark.usefixtures("today")

START = "/product-key/start/"


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


@pytest.fixture
def start(client: Client, acting_in: dict[str, str], tenant: Tenant) -> str:
    """First activation, once its tenant was chosen."""
    address: str = client.post(START, acting_in | {"tenant": tenant.pk, "domain": tenant.domain})[
        "Location"
    ]
    return address


@pytest.fixture
def subscription(tenant: Tenant) -> Subscription:
    return factories.SubscriptionFactory.create(
        tenant=tenant, licenses=100, ends_on=date(2021, 6, 30)
    )


@pytest.fixture
def extend(subscription: Subscription) -> str:
    """Where a key of 25 licenses, chosen by reference, extends `subscription`."""
    key = factories.key_for(subscription, 25)
    return reverse("licensing:extend", args=[subscription.pk]) + f"?key={key.pk}"


def test_the_review_shows_what_redeem_then_does(
    client: Client, acting_in: dict[str, str], subscription: Subscription, extend: str
) -> None:
    quote = client.get(extend).context["quote"]
    receipt = client.post(extend, acting_in | {"quote": quote.signed()}, follow=True)
    subscription.refresh_from_db()
    assert (quote.after, receipt.context["redemption"].after, subscription.term) == (
        quote.after,
    ) * 3
    assert subscription.ends_on == date(2021, 9, 30)


def test_one_s_own_keys_that_fit_are_offered_what_expires_first_on_top(
    client: Client, subscription: Subscription
) -> None:
    def key(days: int, **facts: object) -> ProductKey:
        about = {"partner": subscription.partner, "product": subscription.product} | facts
        return factories.issue_key(
            **about, starts_on=TODAY - timedelta(days=300), expires_on=TODAY + timedelta(days=days)
        )

    late, soon, today = key(90), key(3), key(0)
    used, revoked = redeem(key(5)).key, key(6)
    revoked.revoke("Lost", by=Actor())
    others = (
        key(4, partner=factories.PartnerFactory.create()),
        key(4, product=factories.ProductFactory.create()),
        key(-1),
    )
    page = client.get(reverse("licensing:extend", args=[subscription.pk]))
    assert [choice.key for choice in page.context["own_keys"]] == [today, soon, late]
    assert len({late, soon, today, used, revoked, *others}) == 8


@pytest.mark.rule("K2")
def test_sending_the_same_form_twice_leads_to_the_same_receipt(
    client: Client, acting_in: dict[str, str], extend: str
) -> None:
    form = acting_in | {"quote": client.get(extend).context["quote"].signed()}
    first, second = client.post(extend, form), client.post(extend, form)
    assert (first.status_code, first["Location"]) == (302, second["Location"])
    assert Redemption.objects.count() == 1


@pytest.mark.rule("S8")
def test_after_midnight_nothing_is_redeemed_and_a_fresh_review_is_shown(
    client: Client, admin: User, sign_in: SignIn, acting_in: dict[str, str], extend: str
) -> None:
    shown = client.get(extend).context["quote"]
    with time_machine.travel(factories.NOW + timedelta(days=1), tick=False):
        response = sign_in(admin).post(extend, acting_in | {"quote": shown.signed()})
    assert (response.status_code, response.context["quote"].on, Redemption.objects.count()) == (
        409,
        TODAY + timedelta(days=1),
        0,
    )


@pytest.mark.rule("S8")
def test_after_a_change_nothing_is_redeemed_and_a_fresh_review_is_shown(
    client: Client, acting_in: dict[str, str], subscription: Subscription, extend: str, by: Actor
) -> None:
    shown = client.get(extend).context["quote"]
    subscription.extend(factories.key_for(subscription, 100), by=by, on=TODAY)
    response = client.post(extend, acting_in | {"quote": shown.signed()})
    assert (response.status_code, Redemption.objects.count()) == (409, 1)
    assert response.context["quote"].before.ends_on == date(2022, 6, 30)


@pytest.mark.parametrize("quote", ["", "nonsense", "a:b:c"])
def test_a_quote_that_is_not_ours_redeems_nothing(
    client: Client, acting_in: dict[str, str], extend: str, quote: str
) -> None:
    response = client.post(extend, acting_in | {"quote": quote})
    assert (response.status_code, Redemption.objects.count()) == (409, 0)


def test_a_quote_for_another_key_redeems_nothing(
    client: Client,
    acting_in: dict[str, str],
    subscription: Subscription,
    extend: str,
    tenant: Tenant,
) -> None:
    other = factories.key_for(subscription, 50)
    quote = quote_redemption(RedemptionKind.EXTEND, other, tenant, subscription, TODAY)
    assert client.post(extend, acting_in | {"quote": quote.signed()}).status_code == 409


@pytest.mark.rule("K7")
def test_a_used_key_is_refused_with_when_where_and_by_whom(
    client: Client, start: str, tenant: Tenant, admin: User, by: Actor
) -> None:
    key = factories.redeem(tenant=tenant, by=by).key
    text = client.get(f"{start}&key={key.pk}").text
    assert (
        f"This key was redeemed on May 1, 2021 in {tenant} by {admin.directory_user.display_name}."
        in text
    )


@pytest.mark.rule("K5")
def test_the_first_key_into_a_tenant_asks_for_its_domain(
    client: Client, acting_in: dict[str, str], tenant: Tenant
) -> None:
    page = client.post(START, acting_in | {"tenant": tenant.pk, "domain": "typo.example"})
    assert page.context["form"].errors == {
        "domain": [f"Type {tenant.domain}: it is the first key that goes into this tenant."]
    }
    assert (
        client.post(
            START, acting_in | {"tenant": tenant.pk, "domain": f" {tenant.domain.upper()} "}
        ).status_code
        == 302
    )


@pytest.mark.rule("K5")
def test_the_tenant_is_always_asked_also_where_there_is_one(
    client: Client, acting_in: dict[str, str], tenant: Tenant
) -> None:
    key = factories.issue_key(partner=tenant.partner)
    for address in (START, f"{START}?key={key.pk}&way=new"):
        for _time in range(2):  # before and after a first key went into it
            page = client.get(address)
            assert (
                page.templates[0].name,
                [card["checked"] for card in page.context["form"].cards()],
            ) == (
                "licensing/start_tenant.html",
                [False],
            )
            redeem(tenant=tenant)
    assert "Choose the tenant" in client.post(START, acting_in).content.decode()
    chosen = client.post(
        f"{START}?key={key.pk}&way=new", acting_in | {"tenant": tenant.pk}, follow=True
    )
    assert (chosen.templates[0].name, chosen.context["key"]) == ("licensing/start_review.html", key)


@pytest.mark.rule("K2", "K5")
def test_a_review_without_a_tenant_that_was_chosen_redeems_nothing(
    client: Client, acting_in: dict[str, str], tenant: Tenant
) -> None:
    key = factories.issue_key(partner=tenant.partner)
    quote = quote_redemption(RedemptionKind.NEW, key, tenant, None, TODAY).signed()
    answer = client.post(f"{START}?key={key.pk}&way=new", acting_in | {"quote": quote})
    assert (answer.templates[0].name, Redemption.objects.count()) == (
        "licensing/start_tenant.html",
        0,
    )


@pytest.mark.rule("K5")
def test_a_partner_with_two_tenants_chooses_each_time(client: Client, tenant: Tenant) -> None:
    factories.TenantFactory.create(partner=tenant.partner)
    factories.redeem(tenant=tenant)
    assert client.get(START).templates[0].name == "licensing/start_tenant.html"


@pytest.mark.rule("K5")
def test_choosing_another_tenant_moves_the_session_there_with_the_key(
    client: Client, acting_in: dict[str, str], tenant: Tenant
) -> None:
    second = factories.TenantFactory.create(partner=tenant.partner)
    key = factories.issue_key(partner=tenant.partner)
    response = client.post(
        START + f"?key={key.pk}", acting_in | {"tenant": second.pk, "domain": second.domain}
    )
    review = client.get(response["Location"])
    assert (
        request_of(review).tenant,
        review.context["key"],
        review.context["quote"].tenant_id,
    ) == (second, key, second.pk)


def test_a_typed_key_goes_on_to_the_review_by_reference(
    client: Client, acting_in: dict[str, str], start: str, tenant: Tenant
) -> None:
    key = factories.issue_key(partner=tenant.partner, key="", quantity=7)
    typed = key.reveal(by=Actor(), on=TODAY)
    refused = client.post(start, acting_in | {"chosen": "another", "key": typed[:-1]})
    assert refused.context["form"]["key"].value() == typed[:-1]
    assert client.post(start, acting_in | {"key": typed})["Location"] == f"{start}&key={key.pk}"


def expired_in(tenant: Tenant) -> Subscription:
    """A subscription whose key was redeemed the year before."""
    key = factories.issue_key(partner=tenant.partner, starts_on=date(2020, 1, 1))
    return factories.redeem(key, tenant=tenant, on=date(2020, 4, 15)).subscription


@pytest.mark.rule("S3")
def test_where_the_product_expired_one_chooses_whether_to_bring_it_back(
    client: Client, acting_in: dict[str, str], start: str, tenant: Tenant
) -> None:
    expired = expired_in(tenant)
    key = factories.key_for(expired)
    choose = client.get(f"{start}&key={key.pk}")
    assert [choice.way for choice in choose.context["comparisons"][0].choices] == [
        RedemptionKind.REACTIVATE,
        RedemptionKind.NEW,
    ]
    review = f"{start}&key={key.pk}&way=reactivate"
    client.post(review, acting_in | {"quote": client.get(review).context["quote"].signed()})
    expired.refresh_from_db()
    assert (expired.starts_on, expired.ends_on) == (TODAY, date(2022, 5, 1))


@pytest.mark.rule("S3", "S8")
def test_where_the_product_is_active_every_way_is_shown_side_by_side(
    client: Client, tenant: Tenant
) -> None:
    active = factories.redeem(tenant=tenant).subscription
    key = factories.key_for(active)
    comparison = client.get(reverse("licensing:walkthrough", args=[key.benefit_id])).context[
        "comparisons"
    ][0]
    assert [choice.way for choice in comparison.choices] == [
        RedemptionKind.EXTEND,
        RedemptionKind.ADD,
        RedemptionKind.NEW,
    ]
    assert [[way.title for way in group.ways] for group in comparison.groups()] == [
        ["Extend end date", "Add licenses", "Wait and start new"],
        ["New subscription"],
    ]


@pytest.mark.rule("S6")
def test_add_licenses_that_would_bring_the_end_forward_says_so(
    client: Client, tenant: Tenant
) -> None:
    long = factories.SubscriptionFactory.create(
        tenant=tenant, licenses=10, ends_on=date(2022, 8, 1)
    )
    key = factories.key_for(long, 10)
    page = client.get(reverse("licensing:add-licenses", args=[long.pk]) + f"?key={key.pk}")
    assert {row["label"]: row.get("shift") for row in page.context["rows"]}[
        "End date"
    ] == "46 days earlier"
    assert page.context["other"]["title"] == "Extend end date"


def test_the_receipt_tells_before_after_where_who_and_when(
    client: Client, acting_in: dict[str, str], tenant: Tenant, admin: User, extend: str
) -> None:
    receipt = client.post(
        extend, acting_in | {"quote": client.get(extend).context["quote"].signed()}, follow=True
    )
    texts = [
        tenant.domain,
        str(tenant.guid),
        admin.directory_user.display_name,
        "Jun 30, 2021",
        "Sep 30, 2021",
        "12 months × 25 licenses ÷ 100 licenses = 3 months",
    ]
    assert [text for text in texts if text not in receipt.text] == []


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.rule("K2", "K7")
@pytest.mark.parametrize("crowd", [12, pytest.param(40, marks=BEFORE_A_RELEASE)])
def test_of_many_who_redeem_at_once_one_gets_a_receipt_others_an_answer(
    tenant: Tenant, sign_in: SignIn, acting_in: dict[str, str], extend: str, crowd: int
) -> None:
    people = [
        factories.RoleAssignmentFactory.create(user__directory_user__tenant=tenant).user
        for _ in range(crowd)
    ]
    clients = [sign_in(person) for person in people]
    forms = [
        acting_in | {"quote": client.get(extend).context["quote"].signed()} for client in clients
    ]
    answers = at_once(
        [partial(client.post, extend, form) for client, form in zip(clients, forms, strict=True)]
    )
    assert Counter(answer.status_code for answer in answers) == {302: 1, 200: crowd - 1}
    assert {
        type(answer.context["refusal"]).__name__ for answer in answers if answer.status_code == 200
    } == {"KeyAlreadyRedeemed"}
    assert Redemption.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.rule("K2")
def test_one_form_sent_many_times_at_once_always_leads_to_one_receipt(
    admin: User, sign_in: SignIn, acting_in: dict[str, str], extend: str
) -> None:
    clients = [sign_in(admin) for _ in range(8)]
    form = acting_in | {"quote": clients[0].get(extend).context["quote"].signed()}
    answers = at_once([partial(client.post, extend, form) for client in clients])
    assert {(answer.status_code, answer.url) for answer in answers} == {
        (302, f"/admin-center/receipts/{Redemption.objects.get().pk}/")
    }


# What a review found: each of these once went wrong


@pytest.mark.rule("K7")
def test_a_key_of_an_expired_benefit_is_refused_before_any_choice(
    client: Client, start: str, tenant: Tenant
) -> None:
    active = factories.redeem(tenant=tenant).subscription
    key = factories.issue_key(
        partner=tenant.partner, product=active.product, expires_on=TODAY - timedelta(days=1)
    )
    page = client.get(f"{start}&key={key.pk}")
    assert (page.templates[0].name, type(page.context["refusal"]).__name__) == (
        "licensing/start_review.html",
        "BenefitExpired",
    )


@pytest.mark.rule("K5")
def test_the_tenant_that_was_chosen_is_not_asked_for_again(
    client: Client, acting_in: dict[str, str], tenant: Tenant
) -> None:
    factories.TenantFactory.create(partner=tenant.partner)
    active = factories.redeem(tenant=tenant).subscription
    key = factories.key_for(active)
    choose = client.get(
        client.post(START + f"?key={key.pk}", acting_in | {"tenant": tenant.pk})["Location"]
    )
    new = next(
        way
        for group in choose.context["comparisons"][0].groups()
        for way in group.ways
        if way.title == "New subscription"
    )
    assert client.get(new.href).templates[0].name == "licensing/start_review.html"


@pytest.mark.rule("S3")
def test_bringing_back_what_cannot_is_refused_and_the_choice_shown(
    client: Client, start: str, tenant: Tenant
) -> None:
    active = factories.redeem(tenant=tenant).subscription
    key = factories.key_for(active)
    page = client.get(f"{start}&key={key.pk}&way=reactivate")
    assert (page.templates[0].name, type(page.context["refusal"]).__name__) == (
        "licensing/start_choose.html",
        "NotReactivatable",
    )


@pytest.mark.rule("S9")
def test_a_form_that_adds_cannot_be_sent_to_the_page_that_extends(
    client: Client, acting_in: dict[str, str], tenant: Tenant, subscription: Subscription
) -> None:
    key = factories.key_for(subscription, 25)
    add = quote_redemption(RedemptionKind.ADD, key, tenant, subscription, TODAY)
    extend = reverse("licensing:extend", args=[subscription.pk]) + f"?key={key.pk}"
    assert (
        client.post(extend, acting_in | {"quote": add.signed()}).status_code,
        Redemption.objects.count(),
    ) == (409, 0)


@pytest.mark.rule("K2", "S3")
def test_bringing_back_twice_with_one_form_leads_to_the_same_receipt(
    client: Client, acting_in: dict[str, str], start: str, tenant: Tenant
) -> None:
    expired = expired_in(tenant)
    review = f"{start}&key={factories.key_for(expired).pk}&way=reactivate"
    form = acting_in | {"quote": client.get(review).context["quote"].signed()}
    assert client.post(review, form)["Location"] == client.post(review, form)["Location"]


@pytest.mark.rule("S4", "S6")
@pytest.mark.parametrize("name", ["licensing:extend", "licensing:add-licenses"])
def test_an_ended_subscription_is_refused_before_a_key_is_asked_for(
    client: Client, tenant: Tenant, name: str
) -> None:
    ended = factories.SubscriptionFactory.create(tenant=tenant, ends_on=TODAY - timedelta(days=1))
    page = client.get(reverse(name, args=[ended.pk]))
    assert type(page.context["refusal"]).__name__ == "SubscriptionNotActive"
    assert START in page.text


@pytest.mark.rule("S8")
def test_the_review_has_every_other_way_beside_it(client: Client, extend: str) -> None:
    compared = client.get(extend).context["comparisons"]
    assert [choice.way for comparison in compared for choice in comparison.choices] == [
        RedemptionKind.EXTEND,
        RedemptionKind.ADD,
        RedemptionKind.NEW,
    ]


@pytest.mark.rule("A1")
def test_a_typed_key_that_is_no_longer_usable_is_on_record_with_its_tenant(
    client: Client, acting_in: dict[str, str], tenant: Tenant, subscription: Subscription, by: Actor
) -> None:
    key = factories.key_for(subscription, 25)
    typed = key.reveal(by=by, on=TODAY)
    subscription.extend(key, by=by, on=TODAY)
    client.post(reverse("licensing:extend", args=[subscription.pk]), acting_in | {"key": typed})
    tried = Record.objects.get(action="benefits.key-tried")
    assert (tried.refused, tried.tenant) == ("key-already-redeemed", tenant)


@pytest.mark.rule("K7")
@pytest.mark.parametrize("page", ["extend", "add-licenses"])
def test_a_key_of_another_product_is_refused_once_and_truly(
    client: Client, subscription: Subscription, page: str
) -> None:
    key = factories.issue_key(
        partner=subscription.partner, product=factories.ProductFactory.create(name="Visio")
    )
    address = reverse(f"licensing:{page}", args=[subscription.pk])
    response = client.get(address, {"key": key.pk})
    advice = f"Choose a key for {subscription.product}, or activate this one by itself."
    assert str(response.context["refusal"].message) == (
        f"This key is for Visio; the subscription is {subscription.product}."
    )
    assert response.text.count("This key is for Visio") == 1
    assert response.text.count(advice) == 1
    is_offered = "Wait and start new" in response.text
    assert not is_offered
    assert "comparisons" not in response.context
    fitting = factories.key_for(subscription, 25)
    assert "Wait and start new" in client.get(address, {"key": fitting.pk}).text


@pytest.mark.rule("S8")
def test_the_review_names_the_act_and_what_it_does(client: Client, extend: str) -> None:
    page = client.get(extend)
    assert page.context["act"] == "Extend to Sep 30, 2021"
    text = page.text.partition("<main")[2]
    button, compare = text.index(page.context["act"] + "</button>"), text.index("Compare all ways")
    assert text.index(page.context["headline"]) < button < compare
    assert "License-days carried over" not in text
    assert ">Cancel</a>" in text


@pytest.mark.rule("S7")
def test_carried_license_days_are_shown_where_there_are_any(client: Client, tenant: Tenant) -> None:
    subscription = factories.SubscriptionFactory.create(
        tenant=tenant, licenses=55, ends_on=date(2021, 6, 30)
    )
    key = factories.key_for(subscription, 5)
    page = client.get(reverse("licensing:extend", args=[subscription.pk]), {"key": key.pk})
    assert page.context["rows"][-1]["label"] == "License-days carried over"
    assert page.context["rows"][-1]["help"] in page.text


def test_the_receipt_says_once_that_it_has_just_happened(
    client: Client, acting_in: dict[str, str], extend: str
) -> None:
    form = acting_in | {"quote": client.get(extend).context["quote"].signed()}
    receipt = client.post(extend, form)["Location"]
    first, again = client.get(receipt), client.get(receipt)
    sentence = "moved from Jun 30, 2021 to <strong>Sep 30, 2021</strong>: 3 months later."
    assert [page.text.count(sentence) for page in (first, again)] == [1, 1]
    assert ["Done just now" in page.text for page in (first, again)] == [True, False]
    assert ["Redeemed on May 1, 2021" in page.text for page in (first, again)] == [False, True]
    assert "Request a replacement key (until May 31, 2021)" in again.text


def test_what_was_done_elsewhere_is_told_on_the_receipt_that_opens(
    client: Client, acting_in: dict[str, str], subscription: Subscription, extend: str, by: Actor
) -> None:
    """The messages of other acts are not swallowed by a receipt."""
    other = factories.redeem(tenant=subscription.tenant, by=by)
    form = acting_in | {"quote": client.get(extend).context["quote"].signed()}
    client.post(extend, form)
    page = client.get(reverse("licensing:receipt", args=[other.pk]))
    assert "moved from Jun 30, 2021" in page.text
    assert "Done just now" not in page.text


@pytest.mark.rule("K8")
def test_a_reversed_receipt_strikes_out_what_no_longer_holds(
    client: Client, subscription: Subscription, by: Actor
) -> None:
    redemption = subscription.extend(factories.key_for(subscription, 25), by=by, on=TODAY)
    address = reverse("licensing:receipt", args=[redemption.pk])
    assert "<s>" not in client.get(address).text
    Reversal.objects.of(redemption, by=by, on=TODAY)
    text = client.get(address).text
    assert "<s>Sep 30, 2021</s>" in text
    assert "Undo:" not in text


@pytest.mark.rule("K5")
def test_from_the_walkthrough_the_review_is_next(client: Client, tenant: Tenant, by: Actor) -> None:
    key = factories.issue_key(partner=tenant.partner)
    walkthrough = reverse("licensing:walkthrough", args=[key.benefit_id])

    def start() -> str:
        comparison = client.get(walkthrough).context["comparisons"][0]
        return comparison.choices[-1].url

    assert client.get(start()).templates[0].name == "licensing/start_tenant.html"
    factories.redeem(tenant=tenant, by=by)
    page = client.get(start())
    assert page.templates[0].name == "licensing/start_review.html"
    assert tenant.domain in page.text
    assert f'href="{START}?key={key.pk}"' in page.text


@pytest.mark.rule("P4")
def test_a_switch_for_one_redemption_is_said_and_can_be_taken_back(
    client: Client, acting_in: dict[str, str], tenant: Tenant
) -> None:
    second = factories.TenantFactory.create(partner=tenant.partner, name="Labs")
    key = factories.issue_key(partner=tenant.partner)
    chosen = client.post(
        f"{START}?key={key.pk}", acting_in | {"tenant": second.pk, "domain": second.domain}
    )["Location"]
    review = client.get(chosen)
    back = f'name="place" value="{tenant.pk}"'
    assert "You're now working in <bdi>Labs</bdi>" in review.text
    assert back in review.text
    form = {"acting_in": f"{second.partner_id}-{second.pk}"}
    quote = review.context["quote"].signed()
    receipt = client.post(chosen, form | {"quote": quote}, follow=True)
    assert "You're now working in <bdi>Labs</bdi>" in receipt.text
    assert back in receipt.text
    home = client.post(reverse("tenants:switch"), {"place": tenant.pk, "next": START}, follow=True)
    assert request_of(home).tenant == tenant
    assert "You're now working in" not in home.text


@pytest.mark.rule("P4")
def test_choosing_the_tenant_one_acts_in_says_nothing(
    client: Client, start: str, tenant: Tenant
) -> None:
    assert "You're now working in" not in client.get(start).text
