"""A request for a whole order, decided as one, with its preview (O14)."""

from datetime import date

import pytest
from django.test import Client

from benefits_portal.licensing.models import Replacement, Reversal, Subscription
from benefits_portal.licensing.models.order_replacement import ask_for_order
from benefits_portal.tenants.models import Actor
from tests import factories
from tests.factories import TODAY, bought

from .conftest import BECAUSE, page

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.rule("O14"),
    pytest.mark.usefixtures("today"),
]


def test_staff_decide_on_an_order_as_one_and_read_what_becomes_of_it(office: Client) -> None:
    subscription = bought(licenses=100, ends_on=date(2021, 6, 30))
    before = subscription.term
    order = factories.order(subscription=subscription)
    asked = ask_for_order(order, "By mistake", by=Actor(), on=TODAY)[0]
    listed = office.get(page(Replacement, "changelist")).context["cl"].result_list
    assert list(listed) == [asked]
    url = page(Replacement, "grant", asked.pk)
    preview = office.get(url).content.decode()
    assert preview.count("is revoked") == 2
    assert "to 100 licenses until Jun 30, 2021" in preview
    office.post(url, BECAUSE | {"post": "yes"})
    assert Subscription.objects.get(pk=subscription.pk).term == before
    assert Reversal.objects.count() == 2


def test_declining_an_order_declines_all_of_it(office: Client) -> None:
    order = factories.order()
    asked = ask_for_order(order, "By mistake", by=Actor(), on=TODAY)[0]
    office.post(page(Replacement, "decline", asked.pk), BECAUSE | {"post": "yes"})
    assert not Replacement.objects.undecided().exists()
    assert not Reversal.objects.exists()
