"""Licenses have a maximum that the database keeps (rules S6, K7).

Adding beyond it is refused with the way out.
"""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.models import MAX_LICENSES, Benefit, PackageLine, ProductKey
from benefits_portal.licensing.exceptions import (
    CalendarEnds,
    DifferentProduct,
    ExtensionLimitExceeded,
    SubscriptionFull,
    SubscriptionNotActive,
    TooManyLicenses,
)
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.licensing.terms import LAST_DAY, MAX_SUBSCRIPTION_LICENSES
from benefits_portal.tenants.models import Actor, Record, Tenant, User
from tests import factories
from tests.clients import SignIn
from tests.factories import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today"), pytest.mark.rule("S6", "K7")]


@pytest.mark.parametrize(
    ("model", "column", "most"),
    [
        (PackageLine, "quantity", MAX_LICENSES),
        (Benefit, "quantity", MAX_LICENSES),
        (ProductKey, "licenses", MAX_LICENSES),
        (Subscription, "licenses", MAX_SUBSCRIPTION_LICENSES),
        (Redemption, "key_licenses", MAX_LICENSES),
        (Redemption, "after_licenses", MAX_SUBSCRIPTION_LICENSES),
    ],
)
def test_the_database_keeps_the_maximum(model: type[Model], column: str, most: int) -> None:
    factories.redeem()
    written = f"UPDATE {model._meta.db_table} SET {column} = %s"  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.execute(written, [most])
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(written, [most + 1])


@pytest.fixture
def large(tenant: Tenant) -> Subscription:
    """A subscription to which 10 more licenses can be added."""
    return factories.SubscriptionFactory.create(
        tenant=tenant, licenses=MAX_SUBSCRIPTION_LICENSES - 10
    )


def test_a_key_that_just_fits_is_added_and_the_next_is_told_that_none_does(
    large: Subscription, by: Actor
) -> None:
    large.add_licenses(factories.key_for(large, 10), by=by, on=TODAY)
    large.refresh_from_db()
    assert large.licenses == MAX_SUBSCRIPTION_LICENSES
    with pytest.raises(SubscriptionFull):
        large.add_licenses(factories.key_for(large, 1), by=by, on=TODAY)


def test_a_key_too_large_stays_unspent_and_the_largest_that_fits_is_told(
    large: Subscription, by: Actor
) -> None:
    key = factories.key_for(large, 11)
    with pytest.raises(TooManyLicenses) as refused:
        large.add_licenses(key, by=by, on=TODAY)
    assert str(refused.value) == (
        "With this key the subscription would have 10,000,001 licenses. It can hold at most "
        "10,000,000. "
        "The largest key that fits has 10 licenses. Use a smaller one, extend the end date, or "
        "start a new subscription."
    )
    key.refresh_from_db()
    large.refresh_from_db()
    assert not key.is_redeemed
    assert large.licenses == MAX_SUBSCRIPTION_LICENSES - 10
    assert Record.objects.get(refused="too-many-licenses").params == {
        "total": 10_000_001,
        "most": 10_000_000,
        "largest": 10,
    }


def test_a_different_product_and_an_ended_subscription_are_told_first(
    large: Subscription, by: Actor
) -> None:
    other = factories.issue_key(partner=large.partner, quantity=MAX_LICENSES)
    with pytest.raises(DifferentProduct):
        large.add_licenses(other, by=by, on=TODAY)
    Subscription.objects.update(ends_on=date(2021, 4, 30))
    with pytest.raises(SubscriptionNotActive):
        large.add_licenses(factories.key_for(large, MAX_LICENSES), by=by, on=TODAY)


def test_the_pages_say_it_where_the_key_is_compared_and_typed(
    large: Subscription, admin: User, sign_in: SignIn
) -> None:
    key, client = factories.key_for(large, 11), sign_in(admin)
    benefit = reverse("licensing:product-key-start") + f"?key={key.pk}"
    pages = [f"{reverse('licensing:add-licenses', args=[large.pk])}?key={key.pk}", benefit]
    answers = [client.get(page) for page in pages]
    assert [answer.status_code for answer in answers] == [200, 200]
    message = "The largest key that fits has 10 licenses."
    assert message in answers[0].text
    assert Redemption.objects.count() == 0


def test_the_back_office_says_the_maximum_on_its_form(sign_in: SignIn) -> None:
    line = factories.PackageLineFactory.create()
    office = sign_in(factories.UserFactory.create(staff=True, is_superuser=True))
    page = reverse("admin:benefits_packageline_change", args=[line.pk])
    form = {
        "offer": line.offer_id,
        "product": line.product_id,
        "benefit_type": "core",
        "competency": "",
        "reason": "Grown",
    }
    form |= {f"credit_amounts-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL")}
    messages = {
        quantity: " ".join(
            office.post(page, form | {"quantity": quantity})
            .context["adminform"]
            .form.errors.get("__all__", [])
        )
        for quantity in (MAX_LICENSES + 1, 2**31 - 1)
    }
    assert set(messages.values()) == {"A package line holds at most 1,000,000 licenses."}
    assert office.post(page, form | {"quantity": 2**40}).status_code == 200
    assert office.post(page, form | {"quantity": MAX_LICENSES}).status_code == 302
    line.refresh_from_db()
    assert line.quantity == MAX_LICENSES


@pytest.mark.rule("S5")
def test_no_subscription_is_extended_beyond_the_calendar() -> None:
    last = LAST_DAY.replace(year=LAST_DAY.year - 3)
    assert Subscription(licenses=1, ends_on=last).extended(3).ends_on == LAST_DAY
    with pytest.raises(CalendarEnds):
        Subscription(licenses=1, ends_on=LAST_DAY).extended(1)
    with pytest.raises(ExtensionLimitExceeded):
        Subscription(licenses=1, ends_on=LAST_DAY).extended(4)


def test_the_calculator_adds_up_to_the_maximum_and_says_so_beyond(client: Client) -> None:
    asked = {"licenses": str(MAX_LICENSES), "ends_on": "2022-01-01", "on": "2021-05-01"}
    keys = {count: ";".join([str(MAX_LICENSES)] * count) for count in (9, 10, 12)}
    pages = {
        count: client.get("/calculator/", asked | {"keys": text}) for count, text in keys.items()
    }
    assert {page.status_code for page in pages.values()} == {200}
    message = "This subscription holds as many licenses as a subscription can."
    assert {count: message in page.text for count, page in pages.items()} == {
        9: False,
        10: True,
        12: True,
    }


def test_a_package_line_at_the_maximum_can_be_provisioned_and_redeemed(by: Actor) -> None:
    line = factories.PackageLineFactory.create(quantity=MAX_LICENSES)
    membership = factories.MembershipFactory.create(offer=line.offer, provisioned_at=None)
    [benefit] = membership.provision(by=Actor())
    assert factories.redeem(benefit.live_key()).after.licenses == MAX_LICENSES
