"""A new name of a product or an offer reaches every row.

The first ones at once, the others by `manage.py carry_names`.
"""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from benefits_portal import batch_updates
from benefits_portal.benefits.models import Benefit, Offer, Product
from benefits_portal.benefits.models import denormalized_names as names_on_benefits
from benefits_portal.licensing.models import Subscription
from benefits_portal.licensing.models import denormalized_names as names_on_subscriptions
from tests import factories
from tests.simultaneous import IS_POSTGRES, at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


@pytest.fixture
def product(monkeypatch: pytest.MonkeyPatch) -> Product:
    """A product with five redeemed keys of one offer, of which a page carries two names on."""
    monkeypatch.setattr(names_on_benefits, "CARRIED_AT_ONCE", 2)
    monkeypatch.setattr(names_on_subscriptions, "CARRIED_AT_ONCE", 2)
    monkeypatch.setattr(batch_updates, "BATCH", 2)
    product, line = factories.ProductFactory.create(), factories.PackageLineFactory.create()
    for _ in range(5):
        membership = factories.MembershipFactory.create(offer=line.offer)
        factories.redeem(
            factories.issue_key(
                product=product,
                partner=membership.partner,
                membership=membership,
                package_line=line,
            )
        )
    return product


def run(*options: str) -> str:
    output = StringIO()
    call_command("carry_names", *options, stdout=output)
    return output.getvalue()


def called(name: str) -> tuple[int, int]:
    return Benefit.objects.filter(product_name=name).count(), Subscription.objects.filter(
        product_name=name
    ).count()


def sold_as(name: str) -> tuple[int, int]:
    return Benefit.objects.filter(offer_name=name).count(), Subscription.objects.filter(
        source_name=name
    ).count()


def test_a_page_carries_some_and_the_command_the_rest(product: Product) -> None:
    product.name = "New name"
    product.save()
    assert called("New name") == (2, 2)
    assert Product.objects.get(pk=product.pk).is_name_pending
    assert run() == "New name: benefits 3, subscriptions 3.\n"
    assert called("New name") == (5, 5)
    assert not Product.objects.get(pk=product.pk).is_name_pending
    assert run() == ""


def test_an_offer_s_name_goes_on_to_what_its_keys_feed(product: Product) -> None:
    offer = Offer.objects.get(name=Benefit.objects.first().offer_name)
    offer.name = "Gold"
    offer.save()
    assert sold_as("Gold") == (2, 2)
    assert Offer.objects.get(pk=offer.pk).is_name_pending
    assert run() == "Gold: benefits 3, subscriptions 3.\n"
    assert sold_as("Gold") == (5, 5)
    assert not Offer.objects.get(pk=offer.pk).is_name_pending


def test_whatever_else_is_saved_carries_nothing(
    product: Product, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    product.discontinued_on = None
    with django_assert_num_queries(2):  # whether the name is another, and the row itself
        product.save()
    assert Product.objects.get(pk=product.pk).is_name_pending is False


def test_a_product_renamed_again_before_a_name_arrived_has_the_latest(product: Product) -> None:
    for name in ("First", "Second"):
        product.name = name
        product.save()
    run()
    assert (called("First"), called("Second")) == ((0, 0), (5, 5))


def test_all_finds_what_was_renamed_past_the_portal(product: Product) -> None:
    Product.objects.filter(pk=product.pk).update(name="In SQL")
    assert (run(), called("In SQL")) == ("", (0, 0))
    assert "In SQL: benefits 5, subscriptions 5.\n" in run("--all")
    assert called("In SQL") == (5, 5)


@pytest.mark.skipif(not IS_POSTGRES, reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_a_row_that_is_being_changed_is_passed_over_and_carried_next_time(product: Product) -> None:
    Product.objects.filter(pk=product.pk).update(name="New name", is_name_pending=True)
    with transaction.atomic():
        Benefit.objects.select_for_update().earliest("pk")
        [output] = at_once([run])
        assert output == (
            "New name: benefits 4, subscriptions 5.\nSome were being changed by others: run "
            "it again.\n"
        )
    assert run() == "New name: benefits 1, subscriptions 0.\n"
    assert called("New name") == (5, 5)


@pytest.mark.django_db(transaction=True)
def test_it_can_run_twice_at_once(product: Product) -> None:
    Product.objects.filter(pk=product.pk).update(name="New name", is_name_pending=True)
    assert all(isinstance(output, str) for output in at_once([run, run]))
    run()
    assert called("New name") == (5, 5)
