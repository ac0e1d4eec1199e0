"""What people were called before: kept at every door, and said of the moment (rules A1, A2)."""

import csv
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.credit_exceptions import AlreadyHeld
from benefits_portal.benefits.key_exceptions import KeyAlreadyRedeemed
from benefits_portal.benefits.models import ProductKey
from benefits_portal.tenants.directory_imports import PersonImport
from benefits_portal.tenants.importing import carry_out
from benefits_portal.tenants.models import (
    Actor,
    DirectoryUser,
    FormerName,
    How,
    Record,
    Role,
    RoleAssignment,
    Tenant,
    TenantsAction,
    User,
)
from tests import factories
from tests.back_office.conftest import BECAUSE, filled, page
from tests.clients import SignIn
from tests.simultaneous import IS_POSTGRES, at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today"), pytest.mark.rule("A2")]

OLD, NEW = "Ann Maiden", "Ann Married"


@pytest.fixture
def ann(tenant: Tenant) -> DirectoryUser:
    return factories.DirectoryUserFactory.create(
        tenant=tenant, display_name=OLD, user_principal_name=f"ann@{tenant.domain}"
    )


@pytest.fixture
def account(ann: DirectoryUser) -> User:
    return factories.UserFactory.create(directory_user=ann, name=OLD, email=ann.user_principal_name)


def kept() -> list[tuple[str, str]]:
    return list(FormerName.objects.order_by("pk").values_list("kind", "text"))


# Every door keeps what it changes


def by_save(ann: DirectoryUser) -> None:
    ann.display_name = f"  {NEW} "
    ann.save()


def by_save_of_the_field(ann: DirectoryUser) -> None:
    ann.display_name = NEW
    ann.save(update_fields=["display_name", "sort_name", "search_text"])


def by_save_under_its_number(ann: DirectoryUser) -> None:
    DirectoryUser(
        pk=ann.pk,
        tenant=ann.tenant,
        display_name=NEW,
        user_principal_name=ann.user_principal_name,
    ).save()


def by_update(ann: DirectoryUser) -> None:
    DirectoryUser.objects.filter(pk=ann.pk).update(display_name=NEW)


def by_update_through_a_relation(ann: DirectoryUser) -> None:
    DirectoryUser.objects.filter(tenant__partner=ann.partner_id).update(display_name=NEW)


def by_bulk_update(ann: DirectoryUser) -> None:
    ann.display_name = NEW
    DirectoryUser.objects.bulk_update([ann], ["display_name"])


def by_update_or_create(ann: DirectoryUser) -> None:
    DirectoryUser.objects.update_or_create(pk=ann.pk, defaults={"display_name": NEW})


def by_import(ann: DirectoryUser) -> None:
    lines = f"{ann.tenant.domain},{ann.user_principal_name},{NEW},member\n"
    carry_out(PersonImport, "tenant,user_principal_name,name,kind\n" + lines, by=Actor())


def in_the_back_office(ann: DirectoryUser) -> None:
    office = Client()
    office.force_login(factories.UserFactory.create(staff=True, is_superuser=True))
    its_page = page(DirectoryUser, "change", ann.pk)
    form = filled(office.get(its_page), display_name=NEW)
    assert office.post(its_page, form | BECAUSE).status_code == 302


DOORS = [
    by_save,
    by_save_of_the_field,
    by_save_under_its_number,
    by_update,
    by_update_through_a_relation,
    by_bulk_update,
    by_update_or_create,
    by_import,
    in_the_back_office,
]


@pytest.mark.parametrize("rename", DOORS)
def test_whoever_renames_somebody_keeps_the_former_name(
    ann: DirectoryUser, rename: Callable[[DirectoryUser], None]
) -> None:
    rename(ann)
    assert DirectoryUser.objects.get(pk=ann.pk).display_name == NEW
    assert kept() == [("name", OLD)]


def test_an_account_keeps_its_former_name_and_address(account: User) -> None:
    was = account.email
    account.name, account.email = NEW, "married@example.com"
    account.save()
    assert sorted(kept()) == [("e-mail address", was), ("name", OLD)]
    assert {each.user for each in FormerName.objects.all()} == {account}


def test_an_account_that_moves_home_keeps_its_former_name(tenant: Tenant, by: Actor) -> None:
    guest = factories.DirectoryUserFactory.create(guest=True, user_principal_name="a@b.example")
    account = factories.UserFactory.create(email="a@b.example", name=OLD, directory_user=guest)
    home = factories.DirectoryUserFactory.create(
        tenant=tenant, display_name=NEW, user_principal_name="a@b.example"
    )
    RoleAssignment.objects.give(home, Role.MEMBER, by=by)
    account.refresh_from_db()
    assert (account.name, kept()) == (NEW, [("name", OLD)])


def unchanged(ann: DirectoryUser) -> None:
    ann.save()


def unchanged_by_update(ann: DirectoryUser) -> None:
    DirectoryUser.objects.update(display_name=OLD)


def disabled(ann: DirectoryUser) -> None:
    ann.disable(by=Actor())


def made(ann: DirectoryUser) -> None:
    DirectoryUser.objects.add_to(ann.tenant, "Bea", f"bea@{ann.tenant.domain}", by=Actor())


def many_made(ann: DirectoryUser) -> None:
    DirectoryUser.objects.bulk_create(
        factories.DirectoryUserFactory.build_batch(3, tenant=ann.tenant)
    )


@pytest.mark.parametrize("act", [unchanged, unchanged_by_update, disabled, made, many_made])
def test_a_first_name_and_one_that_stays_need_no_row(
    ann: DirectoryUser, act: Callable[[DirectoryUser], None]
) -> None:
    act(ann)
    assert kept() == []


def test_signing_in_asks_for_no_name(account: User, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        account.save(update_fields=["last_login"])


def test_what_is_rolled_back_leaves_no_former_name(ann: DirectoryUser) -> None:
    with suppress(ZeroDivisionError), transaction.atomic():
        by_save(ann)
        assert kept() == [("name", OLD)]
        raise ZeroDivisionError
    assert kept() == []


def test_new_rows_do_not_overwrite_the_names_of_old_ones(ann: DirectoryUser) -> None:
    ann.display_name = NEW
    with pytest.raises(TypeError, match="do not overwrite"):
        DirectoryUser.objects.bulk_create(
            [ann], update_conflicts=True, unique_fields=["id"], update_fields=["display_name"]
        )
    assert DirectoryUser.objects.get(pk=ann.pk).display_name == OLD


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not IS_POSTGRES, reason="SQLite writes one after the other")
def test_of_many_renamings_at_once_each_name_is_kept_once(ann: DirectoryUser) -> None:
    def rename(name: str) -> None:
        DirectoryUser.objects.filter(pk=ann.pk).update(display_name=name)

    names = [f"Ann {number}" for number in range(8)]
    assert at_once([partial(rename, name) for name in names]) == [None] * 8
    last = DirectoryUser.objects.get(pk=ann.pk).display_name
    assert sorted([*(text for _kind, text in kept()), last]) == sorted([OLD, *names])


# What is shown says what they were called then


@pytest.fixture
def renamed(ann: DirectoryUser, account: User, tenant: Tenant) -> DirectoryUser:
    """Ann does something and is disabled, is renamed an hour later, and is enabled after that."""
    by = Actor(account, How.PORTAL)
    Record.objects.log(TenantsAction.PASSWORD_SET, by=by, partner=tenant.partner, subject=account)
    ann.disable(by=Actor())
    later: list[Callable[[DirectoryUser], object]] = [
        in_the_back_office,
        lambda ann: ann.enable(by=by),
    ]
    for hours, act in enumerate(later, 1):
        with time_machine.travel(factories.NOW + timedelta(hours=hours), tick=False):
            act(DirectoryUser.objects.select_related("tenant__partner").get(pk=ann.pk))
    return ann


TOLD = [  # what, who, about, changes; the newest first
    ("Enabled a directory user again", NEW, NEW, ""),
    ("Edited", "The program team", NEW, f"Name: {OLD} → {NEW}"),
    ("Disabled a directory user", "The program", OLD, ""),
    ("Set a password", OLD, OLD, ""),
]


def test_a_history_says_what_somebody_was_called_then(
    renamed: DirectoryUser, admin: User, sign_in: SignIn
) -> None:
    shown = sign_in(admin).get(reverse("tenants:user", args=[renamed.pk])).context["history"]
    assert [
        (line.what, line.who, line.about, "; ".join(map(str, line.changes))) for line in shown.lines
    ] == TOLD


def test_activity_and_its_spreadsheet_say_the_same(
    renamed: DirectoryUser, admin: User, sign_in: SignIn
) -> None:
    browser = sign_in(admin)
    shown = browser.get(reverse("tenants:activity")).context["history"].lines
    assert [(line.who, line.about) for line in shown] == [(who, about) for _, who, about, _ in TOLD]
    answer = browser.get(reverse("tenants:activity-csv"))
    text = b"".join(answer.streaming_content).decode().lstrip("\ufeff")  # type: ignore[attr-defined]
    rows = list(csv.reader(StringIO(text)))[1:]
    told = [(row[1], row[3], row[6], row[7]) for row in rows if row[1] != "Downloaded a list"]
    assert told == TOLD


def test_the_back_office_says_the_same_of_an_edit(renamed: DirectoryUser, sign_in: SignIn) -> None:
    staff = factories.UserFactory.create(staff=True, is_superuser=True)
    edit = Record.objects.get(action="tenants.edited")
    told = sign_in(staff).get(page(Record, "change", edit.pk)).text
    assert f'<th scope="row">Name</th><td>{OLD}</td><td>{NEW}</td>' in told


def test_a_refusal_names_whom_it_was_about_as_they_were_called_then(
    ann: DirectoryUser, tenant: Tenant, admin: User, sign_in: SignIn
) -> None:
    bulk = factories.BenefitFactory.create(partner=tenant.partner, bulk=True)
    bulk.assign(ann, by=Actor(), on=factories.TODAY)
    person = factories.person_of(admin)
    with suppress(AlreadyHeld):
        bulk.assign(person, by=Actor(), on=factories.TODAY)
    with time_machine.travel(factories.NOW + timedelta(hours=1), tick=False):
        by_save(ann)
    refused = Record.objects.exclude(refused="").get()
    assert (refused.refused, refused.params) == ("already-held", {"person": ann.pk})
    told = sign_in(admin).get(reverse("tenants:activity")).context["history"].lines[0].refused
    assert told == f"{OLD} holds this credit; it has one holder at a time."
    staff = sign_in(factories.UserFactory.create(staff=True, is_superuser=True))
    assert OLD in staff.get(page(Record, "change", refused.pk)).text
    listed = staff.get(page(Record, "changelist")).text
    assert "Refused: The credit has a holder already." in listed


def test_who_redeemed_a_key_is_named_as_they_were_called_then(
    account: User, tenant: Tenant, admin: User, sign_in: SignIn
) -> None:
    redemption = factories.redeem(tenant=tenant, by=Actor(account))
    with suppress(KeyAlreadyRedeemed):
        ProductKey.objects.get(pk=redemption.key_id).reveal(by=Actor(), on=factories.TODAY)
    refused = Record.objects.exclude(refused="").get()
    facts = {"date": "2021-05-01", "tenant": str(tenant), "user": account.pk}
    assert (refused.refused, refused.params) == ("key-already-redeemed", facts)
    with time_machine.travel(factories.NOW + timedelta(hours=1), tick=False):
        by_update(factories.person_of(account))
    [told, *_older] = sign_in(admin).get(reverse("tenants:activity")).context["history"].lines
    assert told.refused == f"This key was redeemed on May 1, 2021 in {tenant} by {OLD}."


@pytest.mark.rule("P1")
def test_what_another_partner_called_them_before_is_not_said(
    tenant: Tenant, admin: User, sign_in: SignIn
) -> None:
    elsewhere = factories.DirectoryUserFactory.create(display_name=OLD)
    account = factories.UserFactory.create(directory_user=elsewhere, name=OLD)
    Record.objects.log(TenantsAction.PASSWORD_SET, by=Actor(account), partner=tenant.partner)
    for row, name in ((elsewhere, "display_name"), (account, "name")):
        setattr(row, name, NEW)
        row.save()
    assert len(kept()) == 2
    told = sign_in(admin).get(reverse("tenants:activity")).text
    assert OLD not in told
    assert NEW not in told
    assert "A person who is not in your directory" in told


def test_a_page_asks_once_for_all_former_names(
    tenant: Tenant, admin: User, sign_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    def rename(people: list[DirectoryUser]) -> None:
        for person in people:
            person.disable(by=Actor())
            by_save(person)

    browser = sign_in(admin)
    activity = reverse("tenants:activity")
    rename(factories.DirectoryUserFactory.create_batch(1, tenant=tenant))
    browser.get(activity)
    with django_assert_max_num_queries(30) as few:
        browser.get(activity)
    rename(factories.DirectoryUserFactory.create_batch(9, tenant=tenant))
    with django_assert_max_num_queries(len(few)):
        assert len(browser.get(activity).context["history"].lines) == 10
