"""What ran on a day stands in one row: the same as reading the whole ledger finds (H1)."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model, QuerySet
from hypothesis import given, settings
from hypothesis import strategies as st

from benefits_portal.licensing.consistency import subscriptions_that_do_not_follow
from benefits_portal.licensing.models import Redemption, Reversal, Subscription, entitled
from benefits_portal.licensing.models.as_of import Run, annotated_run, ledger_of, start_after
from benefits_portal.licensing.models.subscription_as_of import as_it_was
from benefits_portal.licensing.terms import EXPIRED_DAYS
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor
from tests import factories
from tests.agreement import findings
from tests.factories import TODAY
from tests.licensing.test_as_of import term_on
from tests.properties import BEFORE_A_RELEASE

pytestmark = [pytest.mark.django_db, pytest.mark.rule("H1", "K8")]

BY, DAY = Actor(), timedelta(days=1)
SOME = pytest.param(15, marks=pytest.mark.slow)
LONG = 400  # days after which what a key brought has ended


def read_off(ledger: Sequence[Redemption], day: date) -> Run | None:
    """What ran at the end of `day`: of the last redemption that counted then."""
    counting = [redemption for redemption in ledger if redemption.counts_on(day)]
    return Run(counting[-1].after, start_after(counting[-1])) if counting else None


def extend(subscription: Subscription, on: date) -> None:
    subscription.extend(factories.key_for(subscription), by=BY, on=on)


def add(subscription: Subscription, on: date) -> None:
    subscription.add_licenses(factories.key_for(subscription, 7), by=BY, on=on)


def order(subscription: Subscription, on: date) -> None:
    factories.order(subscription=subscription, on=on)


def come_back(subscription: Subscription, on: date) -> None:
    subscription.reactivate(factories.key_for(subscription, 3), by=BY, on=on)


def take_back(subscription: Subscription, on: date) -> None:
    """The last key that counts, which is replaced."""
    standing = Redemption.objects.standing().filter(subscription=subscription)
    factories.replace(standing.latest("redeemed_at", "pk"), on=on)


ACTS = [extend, add, order, come_back, take_back, take_back]
FORWARDS, ANY_DAY = st.sampled_from([0, 0, 1, 5, LONG]), st.sampled_from([-2, -1, 0, 1, 5])


@pytest.fixture(scope="module")
def begun(django_db_setup: None, django_db_blocker: Any) -> Iterator[int]:
    """A subscription of one key."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield factories.redeem().subscription_id
        transaction.set_rollback(True)


def carry_out(pk: int, acts: list[tuple[Any, int]]) -> list[date]:
    """Do them on days that follow each other, those that the rules allow; the days near them."""
    on, days = TODAY, {TODAY}
    for act, later in acts:
        on += later * DAY
        days.add(on)
        with suppress(Refusal, Redemption.DoesNotExist), transaction.atomic():
            act(Subscription.objects.get(pk=pk), on)
    return sorted({day + side * DAY for day in days for side in (-1, 0, 1)})


def in_sql(pk: int, day: date) -> Run | None:
    there: Any = Subscription.objects.as_they_were(day).filter(pk=pk)
    return next(map(annotated_run, there.filter(is_kept_then=True)), None)


def licenses_of(run: Run | None, day: date) -> int:
    return run.term.licenses if run and day <= run.term.ends_on + EXPIRED_DAYS else 0


@pytest.mark.parametrize("examples", [SOME, pytest.param(1_000, marks=BEFORE_A_RELEASE)])
def test_what_ran_on_a_day_is_what_the_whole_ledger_tells(begun: int, examples: int) -> None:
    @settings(max_examples=examples)
    @given(acts=st.lists(st.tuples(st.sampled_from(ACTS), FORWARDS), max_size=6))
    def check(acts: list[tuple[Any, int]]) -> None:
        with transaction.atomic():
            days = carry_out(begun, acts)
            subscription = Subscription.objects.get(pk=begun)
            expected = [read_off(ledger_of.rows(begun), day) for day in days]
            then = [as_it_was(subscription, day) for day in days]
            found = [in_sql(begun, day) for day in days]
            place = subscription.tenant, subscription.product
            licenses = [entitled(*place, day) for day in days]
            faults = list(subscriptions_that_do_not_follow())
            transaction.set_rollback(True)
        assert found == expected
        assert [
            Run(each.term, each.starts_on) if each and each.withdrawn_on is None else None
            for each in then
        ] == expected
        assert licenses == [licenses_of(*pair) for pair in zip(expected, days, strict=True)]
        assert faults == []

    check()


@pytest.mark.rule("W10")
@pytest.mark.parametrize("examples", [SOME, pytest.param(1_000, marks=BEFORE_A_RELEASE)])
def test_where_days_go_back_one_thing_at_most_ran_on_each(begun: int, examples: int) -> None:
    @settings(max_examples=examples)
    @given(acts=st.lists(st.tuples(st.sampled_from(ACTS), ANY_DAY), max_size=6))
    def check(acts: list[tuple[Any, int]]) -> None:
        with transaction.atomic():
            days = carry_out(begun, acts)
            subscription = Subscription.objects.get(pk=begun)
            python = [term_on(subscription, day) for day in days]
            found = [in_sql(begun, day) for day in days]
            there = [Subscription.objects.as_they_were(day).count() for day in days]
            faults = list(subscriptions_that_do_not_follow())
            transaction.set_rollback(True)
        assert [run.term if run else None for run in found] == python
        assert max(there) <= 1
        assert faults == []

    check()


@pytest.fixture
def changed_twice(db: None) -> Subscription:
    """A key was added on the tenth day, and taken back on the twentieth."""
    redemption = factories.redeem()
    subscription = redemption.subscription
    added = subscription.add_licenses(factories.key_for(subscription), by=BY, on=TODAY + 10 * DAY)
    factories.replace(added, on=TODAY + 20 * DAY)
    return subscription


@pytest.mark.parametrize(
    ("model", "name"),
    [(Subscription, "since"), (Redemption, "before_since"), (Reversal, "before_since")],
)
def test_a_day_that_the_ledger_does_not_tell_is_found(
    changed_twice: Subscription, model: type[Model], name: str
) -> None:
    rows: QuerySet[Any] = QuerySet(model)
    theirs = rows.filter(partner=changed_twice.partner).exclude(**{name: None})
    theirs.update(**{name: TODAY + 15 * DAY})
    assert findings() == {Subscription: ["1 that do not follow from their redemptions"]}


def test_nothing_runs_as_it_does_since_before_it_began(changed_twice: Subscription) -> None:
    theirs = Subscription.objects.filter(pk=changed_twice.pk, partner=changed_twice.partner)
    its_name = "subscription_since_its_start"
    with pytest.raises(IntegrityError, match=its_name), transaction.atomic():
        theirs.update(since=TODAY - DAY)


@pytest.mark.parametrize("since", [None, TODAY - DAY])
def test_what_ran_before_is_known_from_its_first_day(
    changed_twice: Subscription, since: date | None
) -> None:
    rows: QuerySet[Redemption] = QuerySet(Redemption)
    added = rows.filter(partner=changed_twice.partner, way="add")
    with pytest.raises(IntegrityError), transaction.atomic():
        added.update(before_since=since)
