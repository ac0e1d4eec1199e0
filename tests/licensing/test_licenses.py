"""Licenses given to people: given, taken, moved, refused, counted (rules L1 to L10, A1)."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from benefits_portal.benefits.models import Product
from benefits_portal.licensing.license_exceptions import (
    HolderDisabled,
    HoldsLicense,
    LicenseTaken,
    MorePeopleThanLicenses,
    NoLicenseLeft,
    NothingRuns,
    NotInTenant,
    SameProduct,
)
from benefits_portal.licensing.models import (
    LicenseAssignment,
    LicenseCount,
    LicensePool,
    Subscription,
    counts,
)
from benefits_portal.tenants.audit.append_only import AppendOnlyError
from benefits_portal.tenants.models import Actor, DirectoryUser, Record, Tenant
from tests.factories import (
    NOW,
    TODAY,
    DirectoryUserFactory,
    LicenseAssignmentFactory,
    SubscriptionFactory,
    TenantFactory,
    bought,
    pool,
    replace,
)

pytestmark = pytest.mark.django_db
rule = pytest.mark.rule

BY = Actor()
ENDS_ON = date(2021, 6, 30)
# The last days of Active, Expired, Disabled (S2)
EDGES = [ENDS_ON, ENDS_ON + timedelta(days=30), ENDS_ON + timedelta(days=120)]
DAYS = sorted({edge + timedelta(days=offset) for edge in EDGES for offset in (-1, 0, 1)})
LAST_DAY_OF_LICENSES = EDGES[1]


def somebody(tenant: Tenant, **facts: Any) -> DirectoryUser:
    return DirectoryUserFactory.create(tenant=tenant, **facts)


def actions() -> list[tuple[str, str]]:
    """What is on record of licenses, the earliest first: what, and why it was refused."""
    records = Record.objects.filter(action__startswith="licensing.license").order_by("pk")
    return [(record.action, record.refused) for record in records]


# To whom (L1, L2)


@rule("L1")
@pytest.mark.parametrize("facts", [{}, {"guest": True}], ids=["a member", "a guest"])
def test_an_enabled_person_of_the_tenant_is_given_a_license(facts: dict[str, bool]) -> None:
    licenses = pool(1)
    assignment = licenses.give(somebody(licenses.tenant, **facts), by=BY, on=TODAY)
    assert (assignment.is_running, assignment.given_on) == (True, TODAY)
    assert licenses.count(TODAY) == LicenseCount(licenses=1, given=1)


@rule("L1")
def test_a_person_of_another_tenant_of_the_partner_is_not() -> None:
    licenses = pool()
    elsewhere = TenantFactory.create(partner=licenses.tenant.partner)
    with pytest.raises(NotInTenant):
        licenses.give(somebody(elsewhere), by=BY, on=TODAY)
    assert licenses.count(TODAY).given == 0


@rule("L1")
def test_somebody_disabled_since_the_page_was_shown_is_not() -> None:
    licenses = pool()
    person = somebody(licenses.tenant)
    DirectoryUser.objects.filter(pk=person.pk).update(disabled_at=NOW)
    with pytest.raises(HolderDisabled):
        licenses.give(person, by=BY, on=TODAY)


@rule("L2")
def test_nobody_has_two_of_one_product_at_a_time() -> None:
    licenses = pool()
    person = somebody(licenses.tenant)
    licenses.give(person, by=BY, on=TODAY)
    with pytest.raises(HoldsLicense):
        licenses.give(person, by=BY, on=TODAY)
    assert licenses.count(TODAY).given == 1


@rule("L2")
def test_the_database_refuses_a_second_one_too() -> None:
    held = LicenseAssignmentFactory.create()
    with pytest.raises(IntegrityError):
        LicenseAssignmentFactory.create(
            tenant=held.tenant, product=held.product, directory_user=held.directory_user
        )


@rule("L5")
@pytest.mark.parametrize(
    "end",
    [
        {"ended_on": TODAY},
        {"ended_at": NOW},
        {"ended_on": TODAY - timedelta(days=1), "ended_at": NOW},
    ],
    ids=["a day alone", "a time alone", "before it was given"],
)
def test_the_database_refuses_an_end_that_is_not_whole(end: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="license_end_all_or_none"):
        LicenseAssignmentFactory.create(given_on=TODAY, **end)


@rule("L2")
def test_of_another_product_they_can_have_one_as_well() -> None:
    held = LicenseAssignmentFactory.create()
    other = pool(tenant=held.tenant)
    assert other.give(held.directory_user, by=BY, on=TODAY).is_running


# How many (L3, L5, L6)


@rule("L3")
def test_the_last_license_is_given_and_no_further_one() -> None:
    licenses = pool(2, given=1)
    licenses.give(somebody(licenses.tenant), by=BY, on=TODAY)
    with pytest.raises(NoLicenseLeft, match="All 2 licenses"):
        licenses.give(somebody(licenses.tenant), by=BY, on=TODAY)
    assert licenses.count(TODAY) == LicenseCount(licenses=2, given=2)


@rule("L3", "W11")
def test_who_has_the_last_license_reads_that_and_not_that_none_is_left() -> None:
    licenses = pool(1)
    person = somebody(licenses.tenant)
    licenses.give(person, by=BY, on=TODAY)
    with pytest.raises(HoldsLicense):
        licenses.give(person, by=BY, on=TODAY)


@rule("L5")
def test_what_is_taken_is_free_again_at_once() -> None:
    licenses = pool(1)
    licenses.give(somebody(licenses.tenant), by=BY, on=TODAY).take(by=BY, on=TODAY)
    assert licenses.count(TODAY) == LicenseCount(licenses=1, given=0)
    assert licenses.give(somebody(licenses.tenant), by=BY, on=TODAY).is_running


@rule("L5")
def test_what_was_taken_already_is_not_taken_again() -> None:
    assignment = LicenseAssignmentFactory.create()
    assignment.take(by=BY, on=TODAY)
    with pytest.raises(LicenseTaken):
        assignment.take(by=BY, on=TODAY)


@rule("L5", "W10")
def test_what_is_taken_on_an_earlier_day_ends_on_the_day_it_began() -> None:
    assignment = LicenseAssignmentFactory.create(given_on=TODAY)
    assignment.take(by=BY, on=TODAY - timedelta(days=3))
    assert LicenseAssignment.objects.get().ended_on == TODAY


@rule("L6")
def test_all_subscriptions_of_a_product_in_a_tenant_are_one_pool() -> None:
    licenses = pool(3)
    facts = {"tenant": licenses.tenant, "product": licenses.product}
    SubscriptionFactory.create(licenses=4, **facts)
    SubscriptionFactory.create(licenses=100, tenant=licenses.tenant)
    SubscriptionFactory.create(
        licenses=1000,
        product=licenses.product,
        tenant=TenantFactory.create(partner=licenses.tenant.partner),
    )
    assert licenses.licenses(TODAY) == 7


# When (L7, L8): the day before, of and after each edge of S2


@rule("L7")
@pytest.mark.parametrize("on", DAYS, ids=str)
def test_active_and_expired_subscriptions_count_and_others_do_not(on: date) -> None:
    licenses = pool(5, ends_on=ENDS_ON)
    expected = 5 if on <= LAST_DAY_OF_LICENSES else 0
    assert licenses.licenses(on) == expected
    assert Subscription.objects.get().entitles(on) == (expected > 0)


@rule("L7")
@pytest.mark.parametrize("on", DAYS, ids=str)
def test_a_license_is_given_on_exactly_the_days_that_count(on: date) -> None:
    licenses = pool(5, ends_on=ENDS_ON)
    person = somebody(licenses.tenant)
    if on <= LAST_DAY_OF_LICENSES:
        assert licenses.give(person, by=BY, on=on).given_on == on
    else:
        with pytest.raises(NothingRuns):
            licenses.give(person, by=BY, on=on)


@rule("L7", "K8")
def test_a_withdrawn_subscription_does_not_count() -> None:
    subscription = bought()
    licenses = LicensePool(subscription.tenant, subscription.product)
    replace(subscription.redemptions.get(), on=subscription.starts_on)
    assert licenses.licenses(subscription.starts_on) == 0


@rule("L8")
@pytest.mark.parametrize("on", DAYS, ids=str)
def test_over_is_exact_on_each_day_around_the_edges(on: date) -> None:
    licenses = pool(3, given=8, ends_on=ENDS_ON)
    SubscriptionFactory.create(
        licenses=4, tenant=licenses.tenant, product=licenses.product, ends_on=date(2030, 1, 1)
    )
    assert licenses.count(on).over == (1 if on <= LAST_DAY_OF_LICENSES else 4)


@rule("L8")
def test_nobody_loses_theirs_and_nothing_more_is_given_while_over() -> None:
    licenses = pool(3, given=5)
    with pytest.raises(MorePeopleThanLicenses, match="2 licenses too few"):
        licenses.give(somebody(licenses.tenant), by=BY, on=TODAY)
    assert licenses.count(TODAY) == LicenseCount(licenses=3, given=5)


@rule("L8")
def test_it_heals_by_itself_when_licenses_come() -> None:
    licenses = pool(3, given=5)
    SubscriptionFactory.create(licenses=3, tenant=licenses.tenant, product=licenses.product)
    assert licenses.count(TODAY).over == 0
    assert licenses.give(somebody(licenses.tenant), by=BY, on=TODAY).is_running


@rule("L9")
def test_who_is_disabled_keeps_the_license_until_it_is_taken() -> None:
    assignment = LicenseAssignmentFactory.create()
    assignment.directory_user.disable(by=BY)
    assert list(LicenseAssignment.objects.running().of_disabled()) == [assignment]
    assignment.take(by=BY, on=TODAY)
    assert not LicenseAssignment.objects.running().of_disabled().exists()


# Moving (L10)


@pytest.fixture
def held() -> LicenseAssignment:
    licenses = pool(1)
    return licenses.give(somebody(licenses.tenant), by=BY, on=TODAY)


@rule("L10")
def test_moving_ends_one_and_gives_the_other(held: LicenseAssignment) -> None:
    other = pool(1, tenant=held.tenant)
    moved = held.move(other.product, by=BY, on=TODAY)
    assert (moved.directory_user, moved.product) == (held.directory_user, other.product)
    assert [held.pool.count(TODAY).given, other.count(TODAY).given] == [0, 1]


@rule("L10")
@pytest.mark.parametrize(
    ("given", "ends_on", "refusal"),
    [
        (1, date(2022, 1, 1), NoLicenseLeft),
        (2, date(2022, 1, 1), MorePeopleThanLicenses),
        (0, TODAY - timedelta(days=31), NothingRuns),
    ],
)
def test_where_the_other_is_not_to_be_had_both_stay(
    held: LicenseAssignment, given: int, ends_on: date, refusal: type[Exception]
) -> None:
    other = pool(1, given=given, tenant=held.tenant, ends_on=ends_on)
    with pytest.raises(refusal):
        held.move(other.product, by=BY, on=TODAY)
    assert [held.pool.count(TODAY).given, other.count(TODAY).given] == [1, given]


@rule("L10")
def test_a_license_is_not_moved_to_its_own_product(held: LicenseAssignment) -> None:
    with pytest.raises(SameProduct):
        held.move(held.product, by=BY, on=TODAY)
    assert held.pool.count(TODAY).given == 1


@rule("L10")
def test_what_was_taken_meanwhile_is_not_moved(held: LicenseAssignment) -> None:
    other = pool(1, tenant=held.tenant)
    held.take(by=BY, on=TODAY)
    with pytest.raises(LicenseTaken):
        held.move(other.product, by=BY, on=TODAY)
    assert other.count(TODAY).given == 0


@rule("L2", "L10")
def test_who_has_the_other_product_keeps_both(held: LicenseAssignment) -> None:
    other = pool(2, tenant=held.tenant)
    other.give(held.directory_user, by=BY, on=TODAY)
    with pytest.raises(HoldsLicense):
        held.move(other.product, by=BY, on=TODAY)
    assert held.pool.count(TODAY).given == 1


# A day (H1)


@rule("L5")
@pytest.mark.parametrize(("offset", "is_held"), [(-1, False), (0, True), (1, True), (2, False)])
def test_a_license_is_held_from_its_day_to_the_day_before_it_ends(
    offset: int, is_held: bool
) -> None:
    LicenseAssignmentFactory.create(given_on=TODAY).take(by=BY, on=TODAY + timedelta(days=2))
    assert LicenseAssignment.objects.on(TODAY + timedelta(days=offset)).exists() is is_held


def test_licenses_and_people_are_counted_by_product_in_one_query(
    django_assert_num_queries: Any, tenant: Tenant
) -> None:
    one, two = pool(3, 2, tenant=tenant), pool(1, 1, tenant=tenant)
    LicenseAssignmentFactory.create(tenant=tenant, product=two.product).take(by=BY, on=TODAY)
    over = LicenseAssignmentFactory.create(tenant=tenant).product
    with django_assert_num_queries(1):
        found = counts(tenant, TODAY)
    assert found == {
        one.product.pk: LicenseCount(3, 2),
        two.product.pk: LicenseCount(1, 1),
        over.pk: LicenseCount(0, 1),
    }
    assert counts(tenant, TODAY, [over.pk]) == {over.pk: LicenseCount(0, 1)}


# On record (A1)


@rule("A1")
def test_each_act_is_on_record_with_whom_it_is_about(held: LicenseAssignment) -> None:
    other = pool(1, tenant=held.tenant)
    moved = held.move(other.product, by=BY, on=TODAY)
    moved.take(by=BY, on=TODAY)
    person = held.directory_user_id
    records = Record.objects.filter(action__startswith="licensing.license").order_by("pk")
    assert [
        (record.action, record.subject, record.before.get("person"), record.after.get("person"))
        for record in records
    ] == [
        ("licensing.license-given", held.product, None, person),
        ("licensing.license-moved", other.product, None, person),
        ("licensing.license-moved-away", held.product, person, None),
        ("licensing.license-taken", other.product, person, None),
    ]


@rule("A1")
def test_a_refused_attempt_is_on_record_alone(held: LicenseAssignment) -> None:
    Record.objects.all()._raw_delete("default")
    with pytest.raises(NoLicenseLeft):
        held.pool.give(somebody(held.tenant), by=BY, on=TODAY)
    other = Product.objects.get(pk=pool(1, given=1, tenant=held.tenant).product.pk)
    with pytest.raises(NoLicenseLeft):
        held.move(other, by=BY, on=TODAY)
    assert actions() == [
        ("licensing.license-given", "no-license-left"),
        ("licensing.license-moved", "no-license-left"),
    ]


@rule("A1")
def test_an_assignment_is_neither_changed_nor_deleted() -> None:
    assignment = LicenseAssignmentFactory.create()
    with pytest.raises(AppendOnlyError):
        LicenseAssignment.objects.update(given_on=TODAY - timedelta(days=1))
    with pytest.raises(TypeError):
        assignment.delete()
    with pytest.raises(TypeError):
        LicenseAssignment.objects.all().delete()


def test_giving_takes_at_most_ten_queries(django_assert_max_num_queries: Any) -> None:
    licenses = pool(5, given=3)
    person = somebody(licenses.tenant)
    with django_assert_max_num_queries(10):
        licenses.give(person, by=BY, on=TODAY)
