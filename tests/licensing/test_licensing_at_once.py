"""Licenses given, taken and moved at one instant (rules L2, L3, L5, L10).

Real connections; the guard is switched off once, too.
"""

from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.db.models import QuerySet

from benefits_portal.licensing.license_imports import LicenseImport
from benefits_portal.licensing.models import (
    LicenseAssignment,
    LicensePool,
    LicenseTally,
    Subscription,
)
from benefits_portal.tenants.importing import carry_out
from benefits_portal.tenants.models import Actor, DirectoryUser
from tests.factories import (
    TODAY,
    DirectoryUserFactory,
    LicenseAssignmentFactory,
    bought,
    replace,
)
from tests.properties import BEFORE_A_RELEASE
from tests.simultaneous import IS_POSTGRES, Rendezvous, at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("consistent")]
rule = pytest.mark.rule

BY = Actor()
A_CROWD = 24 if IS_POSTGRES else 6
A_BIG_CROWD = 200 if IS_POSTGRES else 32
crowds = pytest.mark.parametrize(
    "crowd", [A_CROWD, pytest.param(A_BIG_CROWD, marks=BEFORE_A_RELEASE)]
)
needs_row_locks = pytest.mark.skipif(
    not IS_POSTGRES, reason="SQLite has one writer at a time: BEGIN IMMEDIATE is its guard"
)


def kinds(outcomes: list[Any]) -> Counter[str]:
    return Counter(type(outcome).__name__ for outcome in outcomes)


def pool(licenses: int, given: int = 0, **facts: Any) -> LicensePool:
    """One whose subscription a key brought, so that what was committed is consistent."""
    subscription = bought(licenses, **facts)
    made = LicensePool(subscription.tenant, subscription.product)
    LicenseAssignmentFactory.create_batch(given, tenant=made.tenant, product=made.product)
    return made


def people(licenses: LicensePool, count: int) -> list[DirectoryUser]:
    return DirectoryUserFactory.create_batch(count, tenant=licenses.tenant)


@pytest.fixture
def no_row_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_options: self)


@rule("L3")
@crowds
def test_of_many_who_are_given_the_last_license_at_once_one_gets_it(crowd: int) -> None:
    licenses = pool(3, given=2)
    outcomes = at_once(
        [partial(licenses.give, person, by=BY, on=TODAY) for person in people(licenses, crowd)]
    )
    assert kinds(outcomes) == {"LicenseAssignment": 1, "NoLicenseLeft": crowd - 1}
    assert licenses.count(TODAY).given == 3


def two_after_the_count(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The last license for two, who are both counted before either is written."""
    licenses = pool(1)
    meet, honest = Rendezvous(2), LicensePool._write

    def meet_then_write(self: LicensePool, *args: Any, **kwargs: Any) -> Any:
        meet.wait()
        return honest(self, *args, **kwargs)

    monkeypatch.setattr(LicensePool, "_write", meet_then_write)
    return kinds(
        at_once([partial(licenses.give, person, by=BY, on=TODAY) for person in people(licenses, 2)])
    )


@rule("L3")
def test_with_the_lock_on_the_pool_the_second_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert two_after_the_count(monkeypatch) == {"LicenseAssignment": 1, "NoLicenseLeft": 1}


@rule("L3")
@needs_row_locks
@pytest.mark.usefixtures("no_row_locks")
def test_without_it_both_get_the_last_license(monkeypatch: pytest.MonkeyPatch) -> None:
    assert two_after_the_count(monkeypatch) == {"LicenseAssignment": 2}


@rule("L2")
def test_one_person_given_many_times_at_once_has_one() -> None:
    licenses = pool(A_CROWD)
    [person] = people(licenses, 1)
    outcomes = at_once([partial(licenses.give, person, by=BY, on=TODAY)] * A_CROWD)
    assert kinds(outcomes) == {"LicenseAssignment": 1, "HoldsLicense": A_CROWD - 1}


@rule("L5")
def test_of_many_who_take_one_license_at_once_one_does() -> None:
    licenses = pool(1)
    assignment = licenses.give(*people(licenses, 1), by=BY, on=TODAY)
    outcomes = at_once([partial(assignment.take, by=BY, on=TODAY)] * A_CROWD)
    assert kinds(outcomes) == {"NoneType": 1, "LicenseTaken": A_CROWD - 1}


@rule("L10")
def test_of_many_moves_of_one_license_at_once_one_happens() -> None:
    licenses = pool(1)
    others = [pool(1, partner=licenses.tenant.partner) for _number in range(4)]
    assignment = licenses.give(*people(licenses, 1), by=BY, on=TODAY)
    outcomes = at_once(
        [partial(assignment.move, other.product, by=BY, on=TODAY) for other in others]
    )
    assert kinds(outcomes) == {"LicenseAssignment": 1, "LicenseTaken": 3}
    assert sum(other.count(TODAY).given for other in others) == 1


@rule("L10")
def test_two_who_swap_products_at_once_do_not_lock_each_other_up() -> None:
    one = pool(2)
    two = pool(2, partner=one.tenant.partner)
    first, second = people(one, 2)
    held = [one.give(first, by=BY, on=TODAY), two.give(second, by=BY, on=TODAY)]
    outcomes = at_once(
        [
            partial(held[0].move, two.product, by=BY, on=TODAY),
            partial(held[1].move, one.product, by=BY, on=TODAY),
        ]
    )
    assert kinds(outcomes) == {"LicenseAssignment": 2}


def two_who_cross(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Two move a license each to the other's product; both give before either ends the old one."""
    one = pool(2)
    two = pool(2, partner=one.tenant.partner)
    first, second = people(one, 2)
    held = [one.give(first, by=BY, on=TODAY), two.give(second, by=BY, on=TODAY)]
    meet, honest = Rendezvous(2), LicenseAssignment._end

    def meet_then_end(self: LicenseAssignment, *args: Any, **kwargs: Any) -> Any:
        meet.wait()
        return honest(self, *args, **kwargs)

    monkeypatch.setattr(LicenseAssignment, "_end", meet_then_end)
    crosswise = zip(held, (two, one), strict=True)
    outcomes = at_once([partial(each.move, to.product, by=BY, on=TODAY) for each, to in crosswise])
    return kinds(outcomes)


@rule("L10")
def test_the_tallies_of_a_move_are_locked_in_one_order(monkeypatch: pytest.MonkeyPatch) -> None:
    assert two_who_cross(monkeypatch) == {"LicenseAssignment": 2}


@rule("L10")
@needs_row_locks
@pytest.mark.usefixtures("no_row_locks")
def test_without_that_two_who_cross_lock_each_other_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert two_who_cross(monkeypatch) == {"LicenseAssignment": 1, "OperationalError": 1}


@rule("L5", "L10")
def test_one_license_is_taken_or_moved_when_both_are_asked_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = pool(1)
    two = pool(1, partner=one.tenant.partner)
    held = one.give(*people(one, 1), by=BY, on=TODAY)
    meet, honest = Rendezvous(2), LicenseAssignment._end

    def meet_then_end(self: LicenseAssignment, *args: Any, **kwargs: Any) -> Any:
        meet.wait()
        return honest(self, *args, **kwargs)

    monkeypatch.setattr(LicenseAssignment, "_end", meet_then_end)
    moving = partial(held.move, two.product, by=BY, on=TODAY)
    outcomes = at_once([moving, partial(held.take, by=BY, on=TODAY)])
    assert kinds(outcomes)["LicenseTaken"] == 1
    assert kinds(outcomes)["OperationalError"] == 0


@rule("L5")
def test_many_who_take_from_one_pool_at_once_are_all_counted() -> None:
    licenses = pool(A_CROWD)
    held = [licenses.give(person, by=BY, on=TODAY) for person in people(licenses, A_CROWD)]
    outcomes = at_once([partial(each.take, by=BY, on=TODAY) for each in held])
    assert kinds(outcomes) == {"NoneType": A_CROWD}
    assert licenses.count(TODAY).given == 0


@rule("L3", "K8")
@pytest.mark.parametrize("round_", range(4))
def test_a_license_is_given_before_its_key_is_taken_back_or_not_at_all(round_: int) -> None:
    subscription = bought()
    licenses = LicensePool(subscription.tenant, subscription.product)
    on = subscription.starts_on
    [person] = people(licenses, 1)
    taking_back = partial(replace, subscription.redemptions.get(), on=on)
    outcomes = at_once([partial(licenses.give, person, by=BY, on=on), taking_back])
    assert Subscription.objects.get().withdrawn_on == on
    assert (type(outcomes[0]).__name__, licenses.count(on).given) in (
        ("LicenseAssignment", 1),
        ("NothingRuns", 0),
    )


def file_of(*lines: tuple[LicensePool, DirectoryUser]) -> str:
    rows = [
        f"{each.tenant.domain},{each.product.name},{person.user_principal_name}"
        for each, person in lines
    ]
    return "\n".join(["tenant,product,user_principal_name", *rows])


@rule("L12")
@pytest.mark.usefixtures("today")
def test_two_files_that_name_people_crosswise_do_not_lock_each_other_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = pool(2)
    two = pool(2, partner=one.tenant.partner)
    kim, lou = people(one, 2)
    meet, honest = Rendezvous(2), LicensePool._write

    def meet_then_write(self: LicensePool, *args: Any, **kwargs: Any) -> Any:
        meet.wait()
        return honest(self, *args, **kwargs)

    monkeypatch.setattr(LicensePool, "_write", meet_then_write)
    files = [file_of((one, kim), (two, lou)), file_of((two, kim), (one, lou))]
    outcomes = at_once([partial(carry_out, LicenseImport, text, by=BY) for text in files])
    assert kinds(outcomes) == {"LicenseImport": 2}
    assert (one.count(TODAY).given, two.count(TODAY).given) == (2, 2)


@rule("L10", "L12")
@pytest.mark.usefixtures("today")
def test_a_file_and_a_move_between_its_products_do_not_lock_each_other_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = pool(3)
    two = pool(3, partner=one.tenant.partner)
    kim, lou, sam = people(one, 3)
    held = one.give(sam, by=BY, on=TODAY)
    meet, locked, written = Rendezvous(2), LicensePool._lock_tallies, LicensePool._write

    def meet_then_lock(self: LicensePool, leaving: int) -> None:
        meet.wait()
        locked(self, leaving)

    def write_then_meet(self: LicensePool, *args: Any, **kwargs: Any) -> Any:
        outcomes = written(self, *args, **kwargs)
        meet.wait()
        return outcomes

    monkeypatch.setattr(LicensePool, "_lock_tallies", meet_then_lock)
    monkeypatch.setattr(LicensePool, "_write", write_then_meet)
    moving = partial(held.move, two.product, by=BY, on=TODAY)
    importing = partial(carry_out, LicenseImport, file_of((one, kim), (two, lou)), by=BY)
    assert kinds(at_once([moving, importing])) == {"LicenseAssignment": 1, "LicenseImport": 1}


@rule("L10")
def test_tallies_written_anew_wait_for_a_move(monkeypatch: pytest.MonkeyPatch) -> None:
    one = pool(1)
    two = pool(1, partner=one.tenant.partner)
    held = one.give(*people(one, 1), by=BY, on=TODAY)
    meet, again, honest = Rendezvous(2), Rendezvous(2), LicensePool._write

    def meet_then_write(self: LicensePool, *args: Any, **kwargs: Any) -> Any:
        meet.wait()
        again.wait()
        return honest(self, *args, **kwargs)

    def recount() -> None:
        meet.wait()
        LicenseTally.objects.recount()
        again.wait()

    monkeypatch.setattr(LicensePool, "_write", meet_then_write)
    outcomes = at_once([partial(held.move, two.product, by=BY, on=TODAY), recount])
    assert kinds(outcomes) == {"LicenseAssignment": 1, "NoneType": 1}
