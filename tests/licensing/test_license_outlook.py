"""What a pool has left on days to come, and since when there are too few (L6 to L8, L11)."""

from datetime import date, timedelta
from typing import Any

import pytest

from benefits_portal.licensing.models import (
    LicenseAssignment,
    LicenseCount,
    LicensePool,
    outlook_of,
    outlooks,
    over_since,
    redeem_key,
)
from benefits_portal.licensing.models.license_outlook import LicenseOutlook, Step, Stretch
from benefits_portal.licensing.models.pool_today import outlook_today, product_today
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.tenants.models import Actor, DirectoryUser
from tests.factories import (
    TODAY,
    DirectoryUserFactory,
    LicenseAssignmentFactory,
    SubscriptionFactory,
    bought,
    issue_key,
    key_for,
    pool,
    replace,
)

pytestmark = pytest.mark.django_db
rule = pytest.mark.rule

BY = Actor()
DAY = timedelta(days=1)
MAY, JUNE = date(2021, 5, 31), date(2021, 6, 30)
GONE_IN_JUNE, GONE_IN_JULY = date(2021, 7, 1), date(2021, 7, 31)  # 31 days later

TWO = LicenseOutlook(TODAY, 6, (Stretch(MAY, 4), Stretch(JUNE, 3)))


@rule("L8")
@pytest.mark.parametrize("given", range(9))
def test_the_first_day_with_too_few_is_the_first_of_all_these(given: int) -> None:
    outlook = LicenseOutlook(TODAY, given, TWO.stretches)
    changed = outlook.replacing(Stretch(MAY, 4), Stretch(JUNE, 4))
    found = [(each.first_over, each.steps_over[:1]) for each in (outlook, changed)]
    assert [[first] if first else [] for first, _all in found] == [each for _first, each in found]


@rule("L11")
def test_licenses_go_thirty_one_days_after_their_subscription_ends() -> None:
    assert [*TWO.steps()] == [Step(GONE_IN_JUNE, 3), Step(GONE_IN_JULY, 0)]


@rule("L11")
@pytest.mark.parametrize(
    ("given", "first"),
    [
        (0, None),
        (3, Step(GONE_IN_JULY, 0)),
        (4, Step(GONE_IN_JUNE, 3)),
        (7, Step(GONE_IN_JUNE, 3)),
        (8, Step(TODAY, 7)),
    ],
)
def test_the_first_day_with_too_few_is_named(given: int, first: Step | None) -> None:
    assert LicenseOutlook(TODAY, given, TWO.stretches).first_over == first


@rule("L8", "L11")
@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_over_is_exact_around_the_day_on_which_licenses_go(offset: int) -> None:
    on = GONE_IN_JUNE + offset * DAY
    assert LicenseCount(TWO.licenses_on(on), 6).over == (0 if offset < 0 else 3)


@rule("L11")
def test_another_term_of_one_subscription_changes_the_days_to_come() -> None:
    later = TWO.replacing(Stretch(MAY, 4), Stretch(JUNE, 4))
    assert ([*later.steps()], later.count) == ([Step(GONE_IN_JULY, 0)], LicenseCount(7, 6))


@rule("L11")
def test_what_no_longer_counts_is_not_taken_out_again() -> None:
    ended = Stretch(TODAY - timedelta(days=31), 9)
    assert TWO.replacing(ended, Stretch(JUNE, 2)).count == LicenseCount(9, 6)


@rule("L6")
def test_one_query_tells_of_all_products_of_a_tenant(django_assert_num_queries: Any) -> None:
    licenses = pool(5, given=2, ends_on=JUNE)
    SubscriptionFactory.create(
        tenant=licenses.tenant, product=licenses.product, licenses=1, ends_on=MAY
    )
    held = LicenseAssignmentFactory.create(tenant=licenses.tenant)
    LicenseAssignmentFactory.create(tenant=licenses.tenant).take(by=BY, on=TODAY)
    pool(7, given=1)
    with django_assert_num_queries(1):
        found = outlooks(licenses.tenant, TODAY)
    counts = {pk: outlook.count for pk, outlook in found.items()}
    assert counts == {
        licenses.product.pk: LicenseCount(6, 2),
        held.product_id: LicenseCount(0, 1),
    }


# Since when


def crowd(licenses: LicensePool, count: int, on: date) -> list[LicenseAssignment]:
    people: list[DirectoryUser] = DirectoryUserFactory.create_batch(count, tenant=licenses.tenant)
    return [licenses.give(person, by=BY, on=on) for person in people]


def since(licenses: LicensePool, on: date) -> date | None:
    found = outlooks(licenses.tenant, on)
    return over_since(licenses.tenant, found, on).get(licenses.product.pk)


def bought_pool(licenses: int, ends_on: date = JUNE, **facts: Any) -> LicensePool:
    subscription = bought(licenses, ends_on, **facts)
    return LicensePool(subscription.tenant, subscription.product)


@rule("L8")
def test_with_enough_licenses_there_is_no_such_day() -> None:
    licenses = bought_pool(3)
    crowd(licenses, 3, TODAY)
    assert since(licenses, TODAY) is None


@rule("L8")
@pytest.mark.parametrize("days", [0, 1, 89, 400])
def test_it_is_the_day_on_which_the_licenses_went(days: int) -> None:
    licenses = bought_pool(3)
    crowd(licenses, 2, TODAY)
    assert since(licenses, GONE_IN_JULY + days * DAY) == GONE_IN_JULY


@rule("L8")
def test_the_eve_of_it_is_not_over() -> None:
    licenses = bought_pool(3)
    crowd(licenses, 2, TODAY)
    assert since(licenses, GONE_IN_JULY - DAY) is None


@rule("L8")
def test_fewer_people_meanwhile_do_not_move_the_day() -> None:
    licenses = bought_pool(3)
    first, *_others = crowd(licenses, 3, TODAY)
    first.take(by=BY, on=GONE_IN_JULY + 5 * DAY)
    assert since(licenses, GONE_IN_JULY + 9 * DAY) == GONE_IN_JULY


@rule("L8")
def test_a_second_loss_while_over_does_not_move_the_day() -> None:
    licenses = bought_pool(3, MAY)
    bought(2, JUNE, partner=licenses.tenant.partner, product=licenses.product)
    crowd(licenses, 5, TODAY)
    assert since(licenses, GONE_IN_JULY + 9 * DAY) == GONE_IN_JUNE


@rule("L8", "K8")
def test_a_key_that_is_taken_back_names_its_own_day() -> None:
    licenses = bought_pool(3, MAY)
    subscription = licenses.subscriptions.get()
    added = subscription.add_licenses(key_for(subscription, 4), by=BY, on=TODAY)
    crowd(licenses, 6, TODAY)
    replace(added, on=TODAY + 2 * DAY)
    assert since(licenses, TODAY + 3 * DAY) == TODAY + 2 * DAY


@rule("L8")
def test_after_it_healed_a_new_stretch_begins() -> None:
    licenses = bought_pool(3)
    crowd(licenses, 2, TODAY)
    healed_on = GONE_IN_JULY + 10 * DAY
    key = issue_key(
        partner=licenses.tenant.partner,
        product=licenses.product,
        quantity=2,
        membership__starts_on=TODAY,
    )
    subscription = licenses.subscriptions.get()
    redeem_key(RedemptionKind.REACTIVATE, key, licenses.tenant, subscription, by=BY, on=healed_on)
    again = licenses.subscriptions.get().ends_on + timedelta(days=31)
    assert (since(licenses, healed_on), since(licenses, again)) == (None, again)


@rule("L6", "L7", "L8")
@pytest.mark.parametrize("given", [0, 4])
@pytest.mark.parametrize(
    "on", [TODAY, GONE_IN_JUNE - DAY, GONE_IN_JUNE, GONE_IN_JULY - DAY, GONE_IN_JULY]
)
def test_a_product_of_today_is_told_with_what_changes_next(on: date, given: int) -> None:
    licenses = bought_pool(3, MAY)
    tenant, product = licenses.tenant, licenses.product
    bought(2, MAY, partner=tenant.partner, product=product)
    bought(4, JUNE, partner=tenant.partner, product=product)
    SubscriptionFactory.create(
        tenant=tenant, product=product, licenses=9, ends_on=MAY, withdrawn_on=TODAY
    )
    crowd(licenses, given, TODAY)
    found = outlook_today(product_today.first(tenant.partner_id, tenant.pk, product.pk, on), on)
    whole = outlook_of(tenant, product, on)
    assert (found.count, found.next_step) == (whole.count, whole.next_step)


@rule("L8")
def test_many_products_take_as_many_queries_as_one(django_assert_num_queries: Any) -> None:
    first = bought_pool(1)
    pools = [first, *(bought_pool(1, partner=first.tenant.partner) for _number in range(2))]
    for licenses in pools:
        crowd(licenses, 1, TODAY)
    with django_assert_num_queries(4):
        found = over_since(first.tenant, outlooks(first.tenant, GONE_IN_JULY), GONE_IN_JULY)
    assert found == dict.fromkeys([licenses.product.pk for licenses in pools], GONE_IN_JULY)
