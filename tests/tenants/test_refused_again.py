"""The same refusal of the same person within the hour is one row with a count (rules A1, A2)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db.models import Model
from django.urls import reverse

from benefits_portal import clock
from benefits_portal.tenants.audit.append_only import AppendOnlyError
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.exceptions import NotPermitted, OnlyGlobalAdmins, PersonDisabled
from benefits_portal.tenants.models import (
    Actor,
    How,
    Partner,
    Record,
    Role,
    RoleAssignment,
    Tenant,
    TenantsAction,
    User,
)
from tests import factories
from tests.clients import SignIn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today"), pytest.mark.rule("A1")]


@pytest.fixture
def member(tenant: Tenant) -> User:
    return factories.RoleAssignmentFactory.create(
        user__directory_user__tenant=tenant, role=Role.MEMBER
    ).user


def rows() -> list[tuple[str, int]]:
    return list(Record.objects.exclude(refused="").order_by("pk").values_list("refused", "times"))


@pytest.mark.slow
def test_a_hundred_and_fifty_looks_are_one_row(member: User, sign_in: SignIn) -> None:
    client = sign_in(member)
    pages = [
        reverse("tenants:activity"),
        reverse("tenants:activity") + "?person=x",
        reverse("tenants:activity") + "?person=y",
    ]
    assert {client.get(pages[number % 3]).status_code for number in range(150)} == {403}
    assert rows() == [("activity-for-admins", 150)]


def test_pages_of_one_kind_are_one_row_and_of_two_kinds_two(
    member: User, partner: Partner, sign_in: SignIn
) -> None:
    client = sign_in(member)
    pages = [
        reverse("licensing:extend", args=[7]),
        reverse("licensing:add-licenses", args=[7]),
        reverse("licensing:extend", args=[8]),
    ]
    assert {client.get(page).status_code for page in pages} == {403}
    assert list(Record.objects.order_by("pk").values_list("after__address", "times")) == [
        (pages[0], 2),
        (pages[1], 1),
    ]


def refuse(
    by: Actor,
    partner: Partner,
    *,
    action: str = TenantsAction.PAGE_REFUSED,
    subject: Model | None = None,
    refusal: type[Refusal] = NotPermitted,
) -> Record:
    return Record.objects.log(action, by=by, partner=partner, subject=subject, refusal=refusal())


@pytest.mark.parametrize("differs", ["person", "door", "partner", "action", "subject", "refusal"])
def test_what_differs_is_a_row_of_its_own(
    member: User, admin: User, partner: Partner, differs: str
) -> None:
    by = Actor(member, How.PORTAL)
    first: dict[str, Any] = {"by": by, "partner": partner}
    others: dict[str, dict[str, Any]] = {
        "person": {"by": Actor(admin, How.PORTAL)},
        "door": {"by": Actor(member, How.BACK_OFFICE)},
        "partner": {"partner": factories.PartnerFactory.create()},
        "action": {"action": TenantsAction.FORM_REFUSED},
        "subject": {"subject": member.directory_user},
        "refusal": {"refusal": OnlyGlobalAdmins},
    }
    refuse(**first)
    refuse(**first | others[differs])
    assert [times for _refused, times in rows()] == [1, 1]
    refuse(**first)
    assert [times for _refused, times in rows()] == [2, 1]


def test_after_an_hour_it_is_a_row_of_its_own(member: User, partner: Partner) -> None:
    by = Actor(member, How.PORTAL)
    refuse(by, partner)
    with time_machine.travel(clock.now() + timedelta(minutes=59), tick=False):
        refuse(by, partner)
    with time_machine.travel(clock.now() + timedelta(minutes=61), tick=False):
        refuse(by, partner)
    assert [times for _refused, times in rows()] == [2, 1]


def test_commands_and_what_was_done_are_never_counted_together(
    member: User, partner: Partner
) -> None:
    for _ in range(2):
        refuse(Actor(), partner)
        Record.objects.log(TenantsAction.PAGE_REFUSED, by=Actor(member), partner=partner)
    assert [record.times for record in Record.objects.all()] == [1, 1, 1, 1]


def test_a_verb_that_is_refused_again_is_counted(
    admin: User, partner: Partner, tenant: Tenant
) -> None:
    person, by = (
        factories.DirectoryUserFactory.create(tenant=tenant, disabled=True),
        Actor(admin, How.PORTAL),
    )
    for _ in range(3):
        with pytest.raises(PersonDisabled):
            RoleAssignment.objects.give(person, Role.MEMBER, by=by)
    assert rows() == [("person-disabled", 3)]


def test_the_same_refusal_about_somebody_else_is_a_row_of_its_own(
    admin: User, tenant: Tenant
) -> None:
    by = Actor(admin, How.PORTAL)
    for person in factories.DirectoryUserFactory.create_batch(2, tenant=tenant, disabled=True):
        with pytest.raises(PersonDisabled):
            RoleAssignment.objects.give(person, Role.MEMBER, by=by)
    assert rows() == [("person-disabled", 1), ("person-disabled", 1)]


def test_nothing_else_of_a_record_changes(member: User, partner: Partner) -> None:
    record = refuse(Actor(member, How.PORTAL), partner)
    before = Record.objects.filter(pk=record.pk).values().get()  # type: ignore[misc]  # a generic foreign key
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=False):
        again = refuse(Actor(member, How.PORTAL), partner)
        after = Record.objects.filter(pk=record.pk).values().get()  # type: ignore[misc]  # a generic foreign key
        assert (again.pk, after) == (record.pk, before | {"times": 2, "last_at": clock.now()})
    for change in (
        lambda: Record.objects.filter(pk=record.pk).update(times=1),
        Record.objects.get(pk=record.pk).save,
    ):
        with pytest.raises(AppendOnlyError):
            change()


def test_how_often_and_until_when_is_shown(
    member: User, admin: User, partner: Partner, sign_in: SignIn
) -> None:
    for minutes in (0, 5):
        with time_machine.travel(clock.now() + timedelta(minutes=minutes), tick=False):
            refuse(Actor(member, How.PORTAL), partner)
    said = "2 times until 12:05 PM"
    assert said in sign_in(admin).get(reverse("tenants:activity")).text
    assert said in b"".join(sign_in(admin).get(reverse("tenants:activity-csv"))).decode()
    staff = factories.UserFactory.create(staff=True, is_superuser=True)
    assert said in sign_in(staff).get(reverse("admin:tenants_record_changelist")).text
