"""What keys can do, which to use, and why a date is what it is (rules O1 to O8)."""

import random
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import cache
from itertools import permutations, product

import pytest
from hypothesis import strategies as st

from benefits_portal.licensing import end_dates
from benefits_portal.licensing.exceptions import SubscriptionNotActive
from benefits_portal.licensing.models import Term
from benefits_portal.licensing.planning import (
    MAX_TRIED,
    Coverage,
    Key,
    NextKey,
    Plan,
    Stock,
    aim,
    explain,
    frontier,
    same_day,
)
from benefits_portal.licensing.planning.reaching import latest_ends
from benefits_portal.licensing.planning.same_day import distributions, how_many
from benefits_portal.licensing.planning.search import Search
from benefits_portal.licensing.planning.values import KeySizes
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.tenants.audit.refusal import Refusal
from tests.properties import BEFORE_A_RELEASE, for_all

rule = pytest.mark.rule

EXTEND, ADD = RedemptionKind.EXTEND, RedemptionKind.ADD
ON = date(2026, 11, 29)
HUNDRED = Term(100, date(2027, 3, 31))
FOUR = (25, 25, 50, 100)


def keys(*sizes: int) -> tuple[Key, ...]:
    return tuple(map(Key, sizes))


def stock(before: Term, *sizes: int, on: date = ON) -> Stock:
    return Stock(before, keys(*sizes), on)


def day(text: str) -> date:
    return date.fromisoformat(text)


def moves(plan: Plan) -> list[tuple[str, int]]:
    return [(step.way.value, step.key.licenses) for step in plan.steps]


@cache
def after(way: RedemptionKind, term: Term, size: int, on: date) -> Term | None:
    """As the rules have it, straight from their functions."""
    try:
        if way is EXTEND:
            return end_dates.extended(term, size)
        return end_dates.with_added_licenses(term, size, on)
    except Refusal:
        return None


def every_way(
    term: Term, sizes: tuple[int, ...], on: date, used: int = 0
) -> Iterator[tuple[Term, int]]:
    """All terms, one after the other, each with how many keys it took: nothing is merged."""
    for place, size in enumerate(sizes):
        for way in (EXTEND, ADD):
            if following := after(way, term, size, on):
                yield following, used + 1
                others = sizes[:place] + sizes[place + 1 :]
                yield from every_way(following, others, on, used + 1)


def latest_by_brute_force(given: Stock) -> dict[int, tuple[date, int]]:
    """For each number of licenses the latest end, and the fewest keys that reach it."""
    best: dict[int, tuple[date, int]] = {}
    sizes = tuple(key.licenses for key in given.keys)
    for term, used in every_way(given.before, sizes, given.on):
        candidate = term.ends_on, -used
        if term.licenses not in best or candidate > best[term.licenses]:
            best[term.licenses] = candidate
    return {licenses: (end, -used) for licenses, (end, used) in best.items()}


def random_stock(chance: random.Random, max_keys: int) -> Stock:
    on = date(2024, 1, 1) + timedelta(days=chance.randrange(1500))
    licenses = chance.choice([1, 2, 3, 5, 7, 10, 25, 31, 100, 365, 1000])
    before = Term(licenses, on + timedelta(days=chance.randrange(900)), chance.randrange(licenses))
    few = chance.choice([(1, 2, 5), (5, 10, 25), (7, 13, 29, 31), tuple(range(1, 120))])
    sizes = [chance.choice(few) for _ in range(chance.randint(1, max_keys))]
    return stock(before, *sizes, on=on)


@rule("O1", "O2")
@pytest.mark.parametrize(
    ("seed", "cases", "max_keys"),
    [
        (0, 200, 4),
        *(pytest.param(seed, 500, 5, marks=BEFORE_A_RELEASE) for seed in range(1, 21)),
    ],
)
def test_what_can_be_had_is_what_trying_everything_finds(
    seed: int, cases: int, max_keys: int
) -> None:
    chance = random.Random(seed)
    for _ in range(cases):
        given = random_stock(chance, max_keys)
        after.cache_clear()
        found = frontier(given)
        assert found.coverage.is_complete
        reached = {plan.licenses: (plan.ends_on, len(plan.steps)) for plan in found.plans}
        assert (given, reached) == (given, latest_by_brute_force(given))


@rule("O2")
def test_a_hundred_licenses_and_four_keys_have_nine_outcomes() -> None:
    found = frontier(stock(HUNDRED, *FOUR))
    assert [(plan.licenses, plan.ends_on.isoformat()) for plan in found.plans] == [
        (100, "2029-03-30"),
        (125, "2028-10-13"),
        (150, "2028-06-20"),
        (175, "2028-03-31"),
        (200, "2028-01-31"),
        (225, "2027-12-13"),
        (250, "2027-11-05"),
        (275, "2027-10-05"),
        (300, "2027-09-09"),
    ]
    assert [plan.unused for plan in found.plans] == [()] * 9


@rule("O2", "S5")
def test_a_key_of_25_fits_5_licenses_once_a_key_of_5_is_added() -> None:
    given = stock(Term(5, day("2027-03-31")), 5, 25)
    plan = next(plan for plan in frontier(given).plans if plan.licenses == 10)
    assert (moves(plan), plan.ends_on) == ([("add", 5), ("extend", 25)], day("2030-01-30"))
    alone = frontier(stock(given.before, 25)).plans
    assert [moves(plan) for plan in alone] == [[("add", 25)]]


@rule("S4", "S5")
@pytest.mark.parametrize(
    ("licenses", "key", "ends_on"),
    [(100, 25, "2021-09-30"), (100, 100, "2022-06-30"), (5, 10, "2023-06-30"), (5, 16, None)],
    ids=["scenario 1", "scenario 2", "scenario 3", "scenario 4"],
)
def test_the_scenarios_appear_among_what_can_be_had(
    licenses: int, key: int, ends_on: str | None
) -> None:
    found = frontier(stock(Term(licenses, day("2021-06-30")), key, on=day("2021-05-01"))).plans
    reached = {plan.licenses: plan.ends_on.isoformat() for plan in found}
    assert reached.get(licenses) == ends_on
    assert licenses + key in reached


@st.composite
def stocks(draw: st.DrawFn) -> Stock:
    on = draw(st.dates(date(2020, 1, 1), date(2032, 12, 31)))
    licenses = draw(st.integers(1, 12) | st.integers(1, 2_000))
    left = draw(st.just(0) | st.integers(0, 1_500))
    before = Term(licenses, on + timedelta(days=left), draw(st.integers(0, licenses - 1)))
    sizes = draw(st.lists(st.integers(1, 10) | st.integers(1, 300), min_size=1, max_size=3))
    return stock(before, *sizes, on=on)


@rule("O8")
@for_all(given=stocks())
def test_the_explanation_of_a_plan_contains_the_plan(given: Stock) -> None:
    for plan in frontier(given).plans:
        found = explain(given, plan.ends_on, plan.licenses)
        listed = [
            one for origin in (*found.origins, *found.with_fewer_keys) for one in origin.plans
        ]
        assert moves(plan) in map(moves, listed)


@rule("O1", "S7")
@for_all(given=stocks())
def test_every_step_is_the_rules_own_and_balances(given: Stock) -> None:
    for plan in frontier(given).plans:
        term = given.before
        for step in plan.steps:
            assert step.before == term
            assert step.after == after(step.way, term, step.key.licenses, given.on)
            assert step.after.calculation
            there_was, became = step.after.calculation.balance()
            assert there_was == became
            term = step.after
        assert plan.after == term


@rule("O1", "S6", "S7")
@for_all(given=stocks())
def test_keys_added_one_after_the_other_are_as_one_key_of_their_sum(given: Stock) -> None:
    sizes = [key.licenses for key in given.keys]
    term: Term | None = given.before
    for size in sizes:
        assert term
        term = after(ADD, term, size, given.on)
    assert term == after(ADD, given.before, sum(sizes), given.on)


# Which keys (O2, O5)


@rule("O2")
def test_of_equal_keys_the_one_that_lapses_first_is_used() -> None:
    late, early = Key(25, day("2027-06-30"), 1), Key(25, day("2027-01-31"), 2)
    unlimited = Key(300, None, 3)
    plans = frontier(Stock(Term(8, day("2027-01-30")), (late, early, unlimited), ON)).plans
    one_used = next(plan for plan in plans if plan.licenses == 33)
    assert (one_used.steps[0].key, one_used.unused[-1]) == (early, unlimited)


@rule("O2")
@pytest.mark.parametrize(
    ("lapses", "used"),
    [
        (["2027-06-30", "2027-05-31"], 1),
        (["2027-05-31", "2027-06-30"], 0),
        (["2027-06-30", "2027-06-30"], 0),
    ],
    ids=["lapses first", "lapses first and listed first", "listed first"],
)
def test_of_plans_that_end_alike_one_is_chosen_by_what_is_lost_first(
    lapses: list[str], used: int
) -> None:
    """Two keys of 1 move 1,000 licenses by no more days than one does."""
    given = tuple(Key(1, day(lapse), pk) for pk, lapse in enumerate(lapses))
    before = Term(1_000, day("2027-03-31"), 700)
    plan = frontier(Stock(before, given, ON)).plans[0]
    assert ([step.key.pk for step in plan.steps], len(plan.unused)) == ([used], 1)


@rule("O2")
def test_keys_that_no_step_uses_are_named() -> None:
    plan = frontier(stock(Term(5, day("2027-01-30")), 5, 25)).plans[0]
    assert (plan.licenses, moves(plan), plan.unused) == (5, [("extend", 5)], keys(25))


@rule("O5")
@pytest.mark.parametrize(
    ("benefit_until", "last_day", "is_held_by_key"),
    [
        ("2027-03-30", "2027-03-30", True),
        ("2027-03-31", "2027-03-31", False),
        ("2027-04-01", "2027-03-31", False),
        (None, "2027-03-31", False),
    ],
)
def test_a_step_is_taken_by_the_earlier_of_two_days(
    benefit_until: str | None, last_day: str, is_held_by_key: bool
) -> None:
    key = Key(25, day(benefit_until) if benefit_until else None)
    step = frontier(Stock(HUNDRED, (key,), ON)).plans[0].steps[0]
    assert (step.last_day, step.is_held_by_key) == (day(last_day), is_held_by_key)


@rule("O5")
def test_unused_keys_are_named_with_the_day_they_lapse_the_earliest_first() -> None:
    later, sooner = Key(2_000, day("2027-08-31")), Key(10_000, day("2027-02-28"))
    given = (Key(400), later, sooner, Key(10_001))
    plan = frontier(Stock(HUNDRED, given, ON)).plans[0]
    assert (plan.licenses, plan.unused, plan.lapsing) == (500, given[1:], (sooner, later))


# How much is tried (O3)


@rule("O3")
@pytest.mark.parametrize(
    ("sizes", "possible"),
    [
        ((25,), 2),
        ((25, 25), 4),
        ((25, 50), 8),
        (FOUR, 192),
        ((7, 13, 25, 41, 60), 3_840),
        ((25,) * 4 + (100,) * 4, 17_920),
    ],
)
def test_up_to_a_stated_number_everything_is_tried(sizes: tuple[int, ...], possible: int) -> None:
    assert possible <= MAX_TRIED
    assert frontier(stock(HUNDRED, *sizes)).coverage == Coverage(possible, possible)


@rule("O3")
@pytest.mark.parametrize(
    "sizes",
    [
        (7, 13, 25, 41, 60, 33),
        (7, 13, 25, 41, 60, 33, 80, 91),
        (5,) * 5 + (10,) * 5 + (25,) * 5 + (100,) * 5,
        tuple(range(1, 41)),
    ],
    ids=["6 sizes", "8 sizes", "20 keys of 4 sizes", "40 sizes"],
)
def test_beyond_that_number_it_is_said_how_many_were_tried(sizes: tuple[int, ...]) -> None:
    found = frontier(stock(HUNDRED, *sizes))
    assert 0 < found.coverage.tried < found.coverage.possible
    plans = {plan.licenses: plan for plan in found.plans}
    assert {100, 100 + sum(sizes)} <= set(plans)
    assert (len(plans[100].steps), len(plans[100 + sum(sizes)].steps)) == (len(sizes),) * 2


@rule("O3")
@pytest.mark.slow
def test_some_of_too_many_orders_end_within_days_of_the_latest() -> None:
    """Of six sizes, for which everything can be tried with some patience."""
    given = stock(HUNDRED, 7, 13, 25, 41, 60, 33)
    search = Search(given)
    search.try_all()
    latest = {state.licenses: state.ends_on for state in latest_ends(search)}
    some = {plan.licenses: plan.ends_on for plan in frontier(given).plans}
    assert set(some) == set(latest)
    assert {(latest[licenses] - end).days for licenses, end in some.items()} <= set(range(6))


@rule("O3")
def test_the_same_question_has_the_same_answer_every_time() -> None:
    given = stock(HUNDRED, 7, 13, 25, 41, 60, 33)
    assert frontier(given) == frontier(given)


@pytest.mark.parametrize("sizes", [(), (25,)], ids=["none", "one"])
def test_no_key_and_one_key_are_planned_too(sizes: tuple[int, ...]) -> None:
    found = frontier(stock(HUNDRED, *sizes))
    assert [moves(plan) for plan in found.plans] == [[("extend", 25)], [("add", 25)]][
        : 2 * len(sizes)
    ]


@rule("S4", "S6")
@pytest.mark.parametrize(("days", "is_active"), [(0, True), (1, False)])
def test_only_an_active_subscription_is_planned_for(days: int, is_active: bool) -> None:
    given = stock(HUNDRED, 25, on=HUNDRED.ends_on + timedelta(days=days))
    if is_active:
        assert len(frontier(given).plans) == 2
    else:
        for ask in (frontier, lambda one: aim(one, 1, ON), lambda one: explain(one, ON)):
            with pytest.raises(SubscriptionNotActive):
                ask(given)


# Which keys for a wish (O6)


@rule("O6")
def test_a_day_that_no_key_hits_names_the_sizes_on_both_sides() -> None:
    found = aim(stock(HUNDRED), 100, day("2027-08-15"))
    assert found.next_keys == (NextKey(37, day("2027-08-13")), NextKey(38, day("2027-08-17")))
    assert (found.before and found.before.steps, found.after) == ((), None)


@rule("O6")
@pytest.mark.parametrize(
    ("wanted", "before", "after", "is_hit"),
    [
        ("2027-05-17", "2027-03-31", "2027-05-18", False),
        ("2027-05-18", "2027-03-31", "2027-05-18", True),
        ("2027-05-19", "2027-05-18", "2027-06-30", False),
        ("2027-06-30", "2027-05-18", "2027-06-30", True),
        ("2027-07-01", "2027-06-30", None, False),
    ],
)
def test_the_nearest_plans_are_on_both_sides_of_the_wanted_day(
    wanted: str, before: str, after: str | None, is_hit: bool
) -> None:
    """Nothing done, the key added, the key used to extend."""
    found = aim(stock(HUNDRED, 25), 100, day(wanted))
    ends = [plan and plan.ends_on.isoformat() for plan in (found.before, found.after)]
    assert (ends, found.is_hit) == ([before, after], is_hit)


@rule("O6")
@for_all(given=stocks(), more=st.integers(0, 40), days=st.integers(1, 900))
def test_the_nearest_plans_are_what_trying_everything_finds(
    given: Stock, more: int, days: int
) -> None:
    licenses, wanted = given.before.licenses + more, given.on + timedelta(days=days)
    sizes = tuple(key.licenses for key in given.keys)
    ends = {
        (term.ends_on, used)
        for term, used in [(given.before, 0), *every_way(given.before, sizes, given.on)]
        if term.licenses >= licenses
    }
    found = aim(given, licenses, wanted)
    assert (
        found.before and found.before.ends_on,
        found.after and found.after.ends_on,
        found.fewest and len(found.fewest.steps),
    ) == (
        max((end for end, _used in ends if end < wanted), default=None),
        min((end for end, _used in ends if end >= wanted), default=None),
        min((used for end, used in ends if end >= wanted), default=None),
    )


# Why (O8)


@rule("O8")
def test_an_explanation_says_which_keys_were_added_and_which_extended() -> None:
    found = explain(stock(HUNDRED, *FOUR), day("2028-10-13"))
    [origin] = found.origins
    assert {plan.licenses for plan in origin.plans} == {125}
    assert [sorted(moves(plan)) for plan in origin.plans] == [
        [("add", 25), ("extend", 25), ("extend", 50), ("extend", 100)]
    ] * 3
    assert (found.before, found.after, found.earlier_days) == (None, None, ())


@rule("O8")
@pytest.mark.parametrize("sizes", [(25, 50), (25, 25, 50), (10, 20, 30)])
def test_an_explanation_lists_every_order_that_leads_there(sizes: tuple[int, ...]) -> None:
    """Keys that are added one after the other are listed in one order."""
    expected: dict[tuple[int, date], set[tuple[tuple[str, int], ...]]] = {}
    for order in permutations(sizes):
        for ways in product((EXTEND, ADD), repeat=len(sizes)):
            term: Term | None = HUNDRED
            for way, size in zip(ways, order, strict=True):
                term = after(way, term, size, ON) if term else None
            if term:
                listed = in_one_order(list(zip(ways, order, strict=True)))
                expected.setdefault((term.licenses, term.ends_on), set()).add(listed)
    for (licenses, ends_on), orders in expected.items():
        found = explain(stock(HUNDRED, *sizes), ends_on, licenses)
        plans = [tuple(moves(plan)) for origin in found.origins for plan in origin.plans]
        assert {in_one_order([(RedemptionKind(w), s) for w, s in plan]) for plan in plans} == orders
        assert len(plans) == len(orders)


def in_one_order(path: list[tuple[RedemptionKind, int]]) -> tuple[tuple[str, int], ...]:
    listed, added = list[tuple[str, int]](), list[int]()
    for way, size in [*path, (EXTEND, 0)]:
        if way is ADD:
            added.append(size)
        else:
            listed += [*(("add", one) for one in sorted(added)), ("extend", size)]
            added = []
    return tuple(listed[:-1])


@rule("O8")
def test_where_nothing_leads_there_the_nearest_on_each_side_are_named() -> None:
    found = explain(stock(HUNDRED, *FOUR), day("2027-10-13"), 275)
    assert (found.origins, found.with_fewer_keys) == ((), ())
    assert (found.before and found.before.ends_on, found.after) == (day("2027-10-05"), None)


@rule("O8")
def test_an_earlier_day_of_redeeming_is_found_and_leads_exactly_there() -> None:
    redeemed_on = day("2026-10-06")
    plan = next(
        one for one in frontier(stock(HUNDRED, *FOUR, on=redeemed_on)).plans if one.licenses == 125
    )
    found = explain(stock(HUNDRED, *FOUR), plan.ends_on, 125)
    assert found.origins == ()
    assert [one.plan.ends_on for one in found.earlier_days] == [plan.ends_on]
    assert redeemed_on <= found.earlier_days[0].on < ON


@rule("O8", "K8")
def test_a_key_that_was_not_redeemed_or_was_taken_back_explains_a_date() -> None:
    ends_on = HUNDRED.ends_on.replace(year=2028)
    found = explain(stock(HUNDRED, 100, 7), ends_on)
    assert [(moves(origin.plans[0]), origin.unused) for origin in found.with_fewer_keys] == [
        ([("extend", 100)], keys(7))
    ]


@rule("O8")
def test_the_numbers_of_licenses_that_the_keys_can_make_are_named() -> None:
    found = explain(stock(HUNDRED, 25, 50), day("2027-12-31"), 140)
    assert (found.origins, found.before, found.licenses) == ((), None, (100, 125, 150, 175))


@rule("O3", "O8")
@pytest.mark.parametrize(
    "sizes", [(7, 13, 25, 41, 60, 33, 80, 91), (5,) * 5 + (10,) * 5 + (25,) * 5]
)
def test_a_plan_of_too_many_keys_to_try_all_is_explained_too(sizes: tuple[int, ...]) -> None:
    given = stock(HUNDRED, *sizes)
    for plan in frontier(given).plans[::17]:
        found = explain(given, plan.ends_on, plan.licenses)
        assert not found.coverage.is_complete
        assert plan.licenses in {one.licenses for origin in found.origins for one in origin.plans}


# Several subscriptions (O7)


@rule("O7")
@for_all(
    terms=st.lists(stocks().map(lambda one: one.before), min_size=2, max_size=3),
    sizes=st.lists(st.integers(1, 40), max_size=3),
)
def test_the_same_day_is_as_near_as_trying_everything_comes(
    terms: list[Term], sizes: list[int]
) -> None:
    on = min(term.ends_on for term in terms)
    best = min(
        (max(ends) - min(ends), -min(ends).toordinal(), used)
        for ends, used in every_distribution(terms, tuple(sizes))
    )
    found = same_day(terms, keys(*sizes), on)
    used = sum(len(plan.steps) for plan in found.plans)
    assert (timedelta(days=found.spread), -found.first_end.toordinal(), used) == best
    assert len(found.unused) == len(sizes) - used


def every_distribution(
    terms: list[Term], sizes: tuple[int, ...], used: int = 0
) -> Iterator[tuple[list[date], int]]:
    yield [term.ends_on for term in terms], used
    for place, size in enumerate(sizes):
        for which, term in enumerate(terms):
            if following := after(EXTEND, term, size, ON):
                others = sizes[:place] + sizes[place + 1 :]
                changed = [*terms[:which], following, *terms[which + 1 :]]
                yield from every_distribution(changed, others, used + 1)


@rule("O3", "O7")
def test_of_very_many_keys_for_the_same_day_some_are_tried() -> None:
    terms = [HUNDRED, Term(40, day("2027-06-15")), Term(10, day("2027-01-15"))]
    found = same_day(terms, keys(*((10,) * 8 + (25,) * 8)), ON)
    assert not found.coverage.is_complete
    assert found.spread <= 31


@rule("O3", "O7")
@pytest.mark.parametrize(
    ("sizes", "tried"), [((5, 7), 2_601), ((25,) * 20, 1_326), (tuple(range(1, 21)), 2_601)]
)
def test_fifty_subscriptions_take_no_longer_than_what_is_tried(
    sizes: tuple[int, ...], tried: int
) -> None:
    """As many as the page plans for: filtering all combinations of them would never end."""
    terms = [Term(10 + 7 * number, ON + timedelta(days=9 * number)) for number in range(50)]
    assert same_day(terms, keys(*sizes), ON).coverage.tried == tried
    counts = KeySizes(keys(*sizes[:2])).counts
    assert len(list(distributions(counts, 50))) == how_many(counts, 50)


@rule("O7")
def test_a_key_is_used_for_one_subscription_only() -> None:
    terms = [HUNDRED, Term(100, day("2027-03-31"))]
    given = (Key(25, None, 1), Key(25, None, 2), Key(25, None, 3))
    found = same_day(terms, given, ON)
    used = {step.key.pk for plan in found.plans for step in plan.steps}
    assert (used, found.spread, [key.pk for key in found.unused]) == ({1, 2}, 0, [3])


# How fast


def cpu_ms(ask: Callable[[], object]) -> float:
    """The best of several."""
    best = 1e9
    for _ in range(7):
        begun = time.process_time()
        ask()
        best = min(best, time.process_time() - begun)
    return best * 1000


EIGHT, TWENTY = (7, 13, 25, 41, 60, 33, 80, 91), (5,) * 5 + (10,) * 5 + (25,) * 5 + (100,) * 5


@pytest.mark.slow
@pytest.mark.release
@pytest.mark.parametrize(
    ("sizes", "most"),
    [(EIGHT, 50), (TWENTY, 50), ((25,) * 4 + (100,) * 4, 50), (tuple(range(1, 41)), 200)],
    ids=["8 keys", "20 keys of 4 sizes", "8 keys of 2 sizes", "40 sizes"],
)
def test_planning_takes_little_time(sizes: tuple[int, ...], most: int) -> None:
    given = stock(HUNDRED, *sizes)
    end = frontier(given).plans[3].ends_on
    assert cpu_ms(lambda: frontier(given)) <= most
    assert cpu_ms(lambda: explain(given, end)) <= most
