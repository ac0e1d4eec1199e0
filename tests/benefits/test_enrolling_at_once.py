"""Two officers enroll one partner in one offer at the same moment (rules B1, B2)."""

from datetime import timedelta
from functools import partial

import pytest

from benefits_portal.benefits.models import Membership, ProductKey
from benefits_portal.tenants.models import Actor, Partner
from tests.factories import TODAY, OfferFactory, PackageLineFactory
from tests.simultaneous import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.rule("B2"),
    pytest.mark.usefixtures("consistent"),
]


def test_of_overlapping_enrollments_at_once_one_is_made_the_other_told_why(
    partner: Partner,
) -> None:
    offer = OfferFactory.create()
    PackageLineFactory.create(offer=offer)
    starts = [TODAY + timedelta(days=number) for number in range(4)]
    outcomes = at_once(
        [partial(Membership.enroll, partner, offer, start, by=Actor()) for start in starts]
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "Membership",
        *["ValidationError"] * 3,
    ]
    assert Membership.objects.get().benefits.count() == 1


def test_of_many_renewals_and_provisionings_at_once_each_is_made_once(partner: Partner) -> None:
    membership = Membership.enroll(partner, PackageLineFactory.create().offer, TODAY, by=Actor())
    outcomes = at_once([partial(membership.renew, by=Actor(), on=TODAY)] * 4)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        *["AlreadyEnrolled"] * 3,
        "Membership",
    ]
    assert [one.benefits.count() for one in Membership.objects.all()] == [1, 1]
    assert ProductKey.objects.count() == 2


def test_of_many_who_end_a_membership_at_once_one_does_benefits_agree(partner: Partner) -> None:
    membership = Membership.enroll(partner, PackageLineFactory.create().offer, TODAY, by=Actor())
    days = [TODAY + timedelta(days=number) for number in range(10, 18)]
    as_each_read_it = [(Membership.objects.get(pk=membership.pk), day) for day in days]
    outcomes = at_once(
        [partial(read.end, day, by=Actor(), on=TODAY) for read, day in as_each_read_it]
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "NoneType",
        *["NotEndable"] * 7,
    ]
    ended = Membership.objects.get()
    assert ended.benefits.get().expires_on == ended.benefits_expire_on
