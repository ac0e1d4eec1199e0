"""The tallies that the database keeps are what counting the assignments finds, whoever writes."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import QuerySet
from hypothesis import given, settings
from hypothesis import strategies as st

from benefits_portal.licensing.license_days import counts_after
from benefits_portal.licensing.models import (
    LicenseAssignment,
    LicensePool,
    LicenseTally,
    counts,
    outlooks,
)
from benefits_portal.licensing.models.license_shortage import people_changes
from benefits_portal.licensing.models.license_tally import EVER
from benefits_portal.postgresql.bulk_insert import insert_rows
from benefits_portal.tenants.models import Actor
from tests import factories
from tests.agreement import findings
from tests.factories import NOW, TODAY
from tests.properties import BEFORE_A_RELEASE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]

DAY = timedelta(days=1)
PEOPLE, POOLS, DAYS = 4, 2, 6
COPIED = (
    *("partner_id", "tenant_id", "product_id", "directory_user_id", "given_on", "given_at"),
    *("ended_on", "ended_at"),
)


def tallies() -> dict[tuple[int, int, date], tuple[int, int, int]]:
    return {
        (each.tenant_id, each.product_id, each.day): (each.given, each.ended, each.gone)
        for each in LicenseTally.objects.all()
    }


def counted() -> dict[tuple[int, int, date], tuple[int, int, int]]:
    """The same, counted off the assignments one by one."""
    given, ended, gone = (Counter[tuple[int, int, date]]() for _number in range(3))
    for each in LicenseAssignment.objects.all():
        pool = each.tenant_id, each.product_id
        begun = [(*pool, EVER), (*pool, each.given_on)]
        over = [(*pool, EVER), (*pool, each.ended_on)] if each.ended_on else []
        given.update(begun)
        ended.update(over)
        gone.update(begun if each.ended_on else [])
    return {key: (given[key], ended[key], gone[key]) for key in {*given, *ended}}


@pytest.fixture(scope="module")
def pools(django_db_setup: None, django_db_blocker: Any) -> Iterator[list[LicensePool]]:
    """Two products in one tenant, of whose people nobody has a license yet."""
    with django_db_blocker.unblock(), transaction.atomic():
        tenant = factories.TenantFactory.create()
        factories.DirectoryUserFactory.create_batch(PEOPLE, tenant=tenant)
        yield [
            LicensePool(tenant, product) for product in factories.ProductFactory.create_batch(POOLS)
        ]
        transaction.set_rollback(True)


def copy_in(pools: list[LicensePool], pool: int, day: int, length: int) -> None:
    """As a partner from another portal comes, with licenses that ended."""
    it, begins = pools[pool], TODAY + day * DAY
    ends = (begins + length * DAY, NOW)
    rows = [
        (it.tenant.partner_id, it.tenant.pk, it.product.pk, person.pk, begins, NOW, *ends)
        for person in it.tenant.directory_users.all()
    ]
    insert_rows(LicenseAssignment, COPIED, rows)


def give(pools: list[LicensePool], pool: int, day: int, length: int) -> None:
    """In one statement, to all who have none."""
    it = pools[pool]
    free = it.tenant.directory_users.exclude(pk__in=running(it).values("directory_user"))[:length]
    it.assignments.bulk_create(
        LicenseAssignment(
            partner=it.tenant.partner,
            tenant=it.tenant,
            product=it.product,
            directory_user=person,
            given_on=TODAY + day * DAY,
        )
        for person in free
    )


def running(pool: LicensePool) -> Any:
    return pool.assignments.running().order_by("pk")


def take(pools: list[LicensePool], pool: int, day: int, length: int) -> None:
    for each in running(pools[pool])[:length]:
        each.take(by=Actor(), on=TODAY + day * DAY)


def take_all(pools: list[LicensePool], pool: int, day: int, length: int) -> None:
    running(pools[pool]).order_by().end(by=Actor(), on=TODAY + day * DAY)


def by_hand(pool: LicensePool) -> QuerySet[LicenseAssignment]:
    """The assignments of `pool` without what their model refuses."""
    every: QuerySet[LicenseAssignment] = QuerySet(LicenseAssignment)
    return every.filter(partner=pool.tenant.partner, product=pool.product)


def change_days(pools: list[LicensePool], pool: int, day: int, length: int) -> None:
    """As SQL by hand can."""
    theirs = by_hand(pools[pool]).filter(ended_at=None)
    theirs.update(given_on=TODAY - day * DAY)


def change_product(pools: list[LicensePool], pool: int, day: int, length: int) -> None:
    by_hand(pools[pool]).exclude(ended_at=None).update(product=pools[1 - pool].product)


def delete(pools: list[LicensePool], pool: int, day: int, length: int) -> None:
    """As practice empties its tables."""
    some = set(by_hand(pools[pool]).order_by("pk").values_list("pk", flat=True)[:length])
    by_hand(pools[pool]).filter(pk__in=some)._raw_delete(DEFAULT_DB_ALIAS)


acts = st.tuples(
    st.sampled_from([copy_in, give, give, take, take_all, change_days, change_product, delete]),
    st.integers(0, POOLS - 1),
    st.integers(0, DAYS),
    st.integers(0, PEOPLE),
)


def answers(pool: LicensePool, on: date) -> list[Any]:
    """What pages say of `pool`: now, at the end of another day, and of what came later."""
    now, then = (counts(pool.tenant, on, then=then) for then in (False, True))
    today, that_day = (outlooks(pool.tenant, on, then=then) for then in (False, True))
    pk = pool.product.pk
    key = pool.tenant.pk, pk
    return [
        pool.count(on).given,
        *(found[pk].given if pk in found else 0 for found in (now, then, today, that_day)),
        {kind: count for kind, count in counts_after(pool, on).items() if count},
        people_changes(LicenseTally.objects.all(), {key}).get(key),
    ]


def answers_by_counting(pool: LicensePool, on: date) -> list[Any]:
    held = list(pool.assignments)
    now, then = pool.assignments.running().count(), pool.assignments.on(on).count()
    changes = Counter(each.given_on for each in held)
    changes.subtract(each.ended_on for each in held if each.ended_on)
    later = {
        "begun": pool.assignments.filter(given_on__gt=on).count(),
        "ended": sum(each.given_on <= on < (each.ended_on or on) for each in held),
    }
    return [
        *(now, now, then, now, then),
        {kind: count for kind, count in later.items() if count},
        dict(changes) or None,
    ]


@pytest.mark.parametrize("examples", [25, pytest.param(1_000, marks=BEFORE_A_RELEASE)])
def test_whatever_is_written_pages_say_what_counting_finds(
    pools: list[LicensePool], examples: int
) -> None:
    @settings(max_examples=examples)
    @given(written=st.lists(acts, max_size=8), day=st.integers(-1, DAYS + PEOPLE))
    def check(written: list[Any], day: int) -> None:
        on = TODAY + day * DAY
        with transaction.atomic():
            for act, *numbers in written:
                act(pools, *numbers)
            found = [answers(pool, on) for pool in pools]
            expected = [answers_by_counting(pool, on) for pool in pools]
            both = tallies(), counted()
            transaction.set_rollback(True)
        assert both[0] == both[1]
        assert found == expected

    check()


def test_with_the_last_assignment_its_tallies_are_gone(pools: list[LicensePool]) -> None:
    with transaction.atomic():
        give(pools, 0, 0, PEOPLE)
        take_all(pools, 0, 3, PEOPLE)
        assert len(tallies()) == 3
        delete(pools, 0, 0, PEOPLE)
        assert tallies() == {}
        transaction.set_rollback(True)


def test_tables_are_emptied_in_any_order(pools: list[LicensePool]) -> None:
    with transaction.atomic():
        give(pools, 0, 0, PEOPLE)
        LicenseTally.objects.filter(partner=pools[0].tenant.partner).delete()
        delete(pools, 0, 0, PEOPLE)
        assert tallies() == {}
        transaction.set_rollback(True)


@pytest.mark.parametrize("change", ["given = given + 1", "day = '2021-06-07'", "gone = 1"])
def test_tallies_that_were_changed_are_found_and_written_anew(
    pools: list[LicensePool], change: str
) -> None:
    with transaction.atomic():
        give(pools, 0, 0, PEOPLE)
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE licensing_licensetally SET {change} WHERE day > '2021-01-01'")  # noqa: S608 - our own
        assert LicenseTally.objects.miscounted() == [pools[0].tenant.partner_id]
        output = StringIO()
        call_command("recount_licenses", stdout=output)
        assert (output.getvalue(), findings()) == ("2 tallies written.\n", {})
        assert tallies() == counted()
        transaction.set_rollback(True)
