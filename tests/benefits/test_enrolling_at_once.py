"""Two officers enrol one partner in one offer at the same moment (rules B1, B2)."""

from datetime import timedelta
from functools import partial

import pytest

from benefits_portal.benefits.models import Membership
from benefits_portal.tenants.models import Actor
from tests.factories import TODAY, OfferFactory, PackageLineFactory
from tests.simultaneous import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("B2")]


def test_of_overlapping_enrolments_at_once_one_is_made_and_the_other_told_why(partner):
    offer = OfferFactory.create()
    PackageLineFactory.create(offer=offer)
    starts = [TODAY + timedelta(days=number) for number in range(4)]
    outcomes = at_once([partial(Membership.enrol, partner, offer, start, by=Actor()) for start in starts])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Membership", *["ValidationError"] * 3]
    assert Membership.objects.get().benefits.count() == 1
