"""What every day was like, kept in a diary, and what pages of those days say afterwards (H1, H6).

A machine gives and takes, redeems and reverses, and lets time pass. On each day it writes down what
the rows say at its end; when it is over, the state of each of those days is asked for.
"""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from benefits_portal.benefits.models import Assignment, Benefit
from benefits_portal.formats import format_number
from benefits_portal.licensing.lists import SubscriptionListing
from benefits_portal.licensing.models import (
    LicenseAssignment,
    LicensePool,
    Redemption,
    Subscription,
    Term,
    entitled,
)
from benefits_portal.licensing.models.license_peak import Peak, most_at_once
from benefits_portal.licensing.models.subscription_as_of import as_it_was
from benefits_portal.tenants.models import Actor, Role
from tests import factories
from tests.factories import TODAY, BenefitFactory, DirectoryUserFactory, key_for, replace
from tests.licensing.test_as_of import term_on
from tests.licensing.test_life import play, refused
from tests.properties import BEFORE_A_RELEASE

pytestmark = [pytest.mark.django_db, pytest.mark.rule("H1", "H6", "L7")]

DAY = timedelta(days=1)


class Diary(RuleBasedStateMachine):
    """One tenant with two products, a monthly credit, and three people."""

    max_pages = 4  # days of a diary whose pages are opened; of all days the models are asked

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.on = TODAY
        self.by = Actor()
        self.pages: dict[date, dict[str, Any]] = {}

    def teardown(self) -> None:
        try:
            self.write_down()
            self.compare()
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    @initialize()
    def begin(self) -> None:
        self.tenant = factories.TenantFactory.create(is_primary=True)
        self.products = factories.ProductFactory.create_batch(2)
        self.people = DirectoryUserFactory.create_batch(3, tenant=self.tenant)
        partner = self.tenant.partner
        self.credit = BenefitFactory.create(partner=partner, monthly=True)
        self.credit.refresh_from_db()
        reader = factories.UserFactory.create(directory_user__tenant=self.tenant)
        factories.RoleAssignmentFactory.create(user=reader, role=Role.PARTNER_ADMIN)
        self.client = Client()
        self.client.force_login(reader)
        for product in (0, 1):
            self.activate(3, product)

    # Moves

    @rule(days=st.integers(1, 20) | st.sampled_from([30, 90, 365]))
    def let_time_pass(self, days: int) -> None:
        self.wait(days)

    def wait(self, days: int) -> None:
        self.write_down()
        self.on += timedelta(days=days)

    @rule(licenses=st.integers(1, 5), product=st.integers(0, 1))
    def activate_another(self, licenses: int, product: int) -> None:
        self.activate(licenses, product)

    def activate(self, licenses: int, product: int) -> None:
        key = factories.issue_key(
            partner=self.tenant.partner,
            product=self.products[product],
            quantity=licenses,
            membership__starts_on=self.on,
        )
        Subscription.activate(key, self.tenant, by=self.by, on=self.on)

    @rule(which=st.integers(0), way=st.sampled_from(["extend", "add_licenses", "reactivate"]))
    def redeem(self, which: int, way: str) -> None:
        if there := list(Subscription.objects.order_by("pk")):
            subscription = there[which % len(there)]
            key = key_for(subscription)
            Benefit.objects.filter(pk=key.benefit_id).update(
                starts_on=self.on, expires_on=self.on + 40 * DAY
            )
            key.refresh_from_db()
            refused(getattr(subscription, way), key, by=self.by, on=self.on)

    @rule(which=st.integers(0))
    def reverse(self, which: int) -> None:
        """Replace a key that was redeemed, where that is possible."""
        if standing := list(Redemption.objects.standing().order_by("pk")):
            redemption = standing[which % len(standing)]
            with transaction.atomic():
                refused(replace, redemption, on=self.on)

    @rule(product=st.integers(0, 1), whom=st.integers(0, 2))
    def give(self, product: int, whom: int) -> None:
        pool = LicensePool(self.tenant, self.products[product])
        refused(pool.give, self.people[whom], by=self.by, on=self.on)

    @rule(which=st.integers(0), product=st.integers(0, 1))
    def move(self, which: int, product: int) -> None:
        if running := list(LicenseAssignment.objects.running().order_by("pk")):
            assignment = running[which % len(running)]
            with transaction.atomic():
                refused(assignment.move, self.products[product], by=self.by, on=self.on)

    @rule(which=st.integers(0), days=st.integers(0, 2))
    def take(self, which: int, days: int) -> None:
        """Today, or a day or two on."""
        if days:
            self.wait(days)
        if running := list(LicenseAssignment.objects.running().order_by("pk")):
            running[which % len(running)].take(by=self.by, on=self.on)

    @rule(whom=st.integers(0, 2))
    def assign(self, whom: int) -> None:
        refused(self.credit.assign, self.people[whom], by=self.by, on=self.on)

    @rule(whom=st.integers(0, 2))
    def remove(self, whom: int) -> None:
        held = Assignment.objects.kept().filter(directory_user=self.people[whom]).first()
        if held:
            refused(held.remove, by=self.by, on=self.on)

    # The diary

    def write_down(self) -> None:
        """What the rows say now: how the day is at its end, unless something else happens on it."""
        there = list(Subscription.objects.order_by("pk"))
        self.pages[self.on] = {
            "terms": {each.pk: None if each.withdrawn_on else each.term for each in there},
            "statuses": {each.pk: each.status(self.on).value for each in there},
            "entitled": [
                sum(
                    each.licenses
                    for each in there
                    if each.product_id == product.pk
                    and each.status(self.on) in ("active", "expired")
                )
                for product in self.products
            ],
            "licenses": {
                (row.product_id, row.directory_user_id)
                for row in LicenseAssignment.objects.running()
            },
            "credit": {row.directory_user_id for row in Assignment.objects.running(self.on)},
            "used": {benefit.pk: benefit.is_used for benefit in Benefit.objects.all()},
        }

    def compare(self) -> None:
        """Of each day of the diary, and of pages of some, what is said of it afterwards."""
        for on, page in self.pages.items():
            assert self.of_models(on, page) == page
        step = len(self.pages) // self.max_pages + 1
        for on in sorted(self.pages)[::step]:
            self.open_pages(on, self.pages[on])
        self.count_the_most()

    def of_models(self, on: date, page: dict[str, Any]) -> dict[str, Any]:
        """What the models say of that day today, in Python; the same in SQL is asserted here."""
        there = list(Subscription.objects.order_by("pk"))
        terms = {each.pk: term_on(each, on) for each in there if as_it_was(each, on)}
        rows: Any = Subscription.objects.as_they_were(on).order_by("pk")
        then = {each.pk: each for each in there}
        assert {row.pk for row in rows} == terms.keys()
        for row in rows.filter(is_kept_then=True):
            assert in_sql(row) == terms.get(row.pk)
        return {
            "terms": terms,
            "statuses": {pk: as_it_was(then[pk], on).status(on).value for pk in terms},
            "entitled": [entitled(self.tenant, product, on) for product in self.products],
            "licenses": {
                (row.product_id, row.directory_user_id) for row in LicenseAssignment.objects.on(on)
            },
            "credit": {row.directory_user_id for row in Assignment.objects.running_then(on)},
            "used": {
                row.pk: row.is_used_then  # type: ignore[attr-defined]  # annotated
                for row in Benefit.objects.with_use_then(on).filter(pk__in=page["used"])
            },
        }

    def open_pages(self, on: date, page: dict[str, Any]) -> None:
        """What each page says of that day."""
        query = {"on": on.isoformat()}
        rows = self.context("licensing:products", query | {"show": "all"})["rows"]
        shown_first = {row["pk"]: row["status"] for row in rows}
        assert len(shown_first) == min(SubscriptionListing.page_size, len(page["statuses"]))
        assert shown_first.items() <= page["statuses"].items()
        self.open_license_pages(query, page)
        for pk, term in page["terms"].items():
            shown = self.context("licensing:subscription", query, pk)
            assert shown["status"].value == page["statuses"][pk]
            assert term in (None, shown["subscription"].term)
        for person in self.people:
            holdings = self.context("tenants:user", query, person.pk)["holdings"]
            titles = [holding.title for holding in holdings]
            assert (self.credit.title in titles) == (person.pk in page["credit"])
            for product in self.products:
                assert (product.name in titles) == ((product.pk, person.pk) in page["licenses"])
        shown = self.context("licensing:benefit-detail", query, self.credit.pk)
        if not self.credit.has_expired(on):
            assert {row.directory_user_id for row in shown["running"]} == page["credit"]

    def open_license_pages(self, query: dict[str, str], page: dict[str, Any]) -> None:
        """How many licenses there were of each product, and who had one."""
        rows = {row["product"]: row for row in self.context("licensing:licenses", query)["rows"]}
        for product, licenses in zip(self.products, page["entitled"], strict=True):
            holders = {who for held, who in page["licenses"] if held == product.pk}
            row = rows.get(product.name, {"licenses": "0", "given": "0"})
            assert (row["licenses"], row["given"]) == (format_number(licenses), str(len(holders)))
            shown = self.context("licensing:license-holders", query, product.pk)
            assert {row["person"] for row in shown["rows"]} == holders
            assert (shown["standing"].count.licenses, shown["standing"].count.given) == (
                licenses,
                len(holders),
            )

    def context(self, name: str, query: dict[str, str], *args: int) -> Any:
        response = self.client.get(reverse(name, args=args, query=query))
        assert response.status_code == 200
        return response.context

    def count_the_most(self) -> None:
        """The most at once between the first and the last day, as the diary has them (H6)."""
        days = sorted(self.pages)
        for product in self.products:
            counts = [
                sum(held == product.pk for held, _who in self.pages[day]["licenses"])
                for day in days
            ]
            pool = LicensePool(self.tenant, product)
            found = most_at_once(pool, days[0], days[-1])
            assert found == Peak(max(counts), days[counts.index(max(counts))])


class LongDiary(Diary):
    """Whose pages are opened of more days."""

    max_pages = 8


def in_sql(row: Any) -> Term | None:
    if row.licenses_then is None:
        return None
    return Term(row.licenses_then, row.ends_on_then, row.carried_license_days_then)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("diary", "runs", "steps"),
    [(Diary, 5, 25), pytest.param(LongDiary, 150, 50, marks=BEFORE_A_RELEASE)],
)
def test_every_day_is_afterwards_what_the_diary_says(
    diary: type[Diary], runs: int, steps: int
) -> None:
    play(diary, runs=runs, steps=steps)
