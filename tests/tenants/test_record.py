"""What is kept is kept: nothing changes or deletes it (rules A1, A2)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.db.models import F, ProtectedError, TextChoices
from django.utils import translation

from benefits_portal.benefits.credit_exceptions import EnrollmentYearOver, EntryDisabled
from benefits_portal.benefits.key_exceptions import KeyOfAnotherPartner, KeyUnknown
from benefits_portal.licensing.exceptions import ExtensionLimitExceeded
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.tenants.audit.append_only import AppendOnlyError
from benefits_portal.tenants.audit.record import recordable, recorded_if_refused
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.exceptions import NotPermitted, RoleAlreadyHeld
from benefits_portal.tenants.models import Actor, How, Partner, Record, Role, Tenant, User
from tests.factories import (
    NOW,
    TODAY,
    BenefitFactory,
    PartnerFactory,
    RecordFactory,
    TenantFactory,
    issue_key,
    redeem,
)

pytestmark = [pytest.mark.django_db, pytest.mark.rule("A1")]


# A Record or a Redemption: django-stubs does not resolve what the managers of both can do
type LedgerRow = Any


def change_by_save(row: LedgerRow) -> None:
    row.save()


def delete_one(row: LedgerRow) -> None:
    row.delete()


def change_all(row: LedgerRow) -> None:
    type(row).objects.all().update(pk=F("pk"))


def delete_all(row: LedgerRow) -> None:
    type(row).objects.all().delete()


def bulk_update(row: LedgerRow) -> None:
    type(row).objects.bulk_update([row], ["partner"])


def update_or_create(row: LedgerRow) -> None:
    type(row).objects.update_or_create(pk=row.pk, defaults={"partner": PartnerFactory.create()})


def bulk_create_over_it(row: LedgerRow) -> None:
    type(row).objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["id"], update_fields=["partner"]
    )


def change_those_of_the_partner(row: LedgerRow) -> None:
    model = type(row)
    model.objects.for_partner(row.partner).update(partner=PartnerFactory.create())


def change_all_behind_its_back(row: LedgerRow) -> None:
    type(row)._base_manager.filter(pk=row.pk).update(partner=PartnerFactory.create())


def delete_all_behind_its_back(row: LedgerRow) -> None:
    type(row)._base_manager.all().delete()


def delete_those_of_the_partner(row: LedgerRow) -> None:
    rows = "records" if isinstance(row, Record) else "redemptions"
    getattr(row.partner, rows).all().delete()


@pytest.mark.parametrize(
    "attempt",
    [
        change_by_save,
        delete_one,
        change_all,
        delete_all,
        bulk_update,
        update_or_create,
        bulk_create_over_it,
        change_those_of_the_partner,
        delete_those_of_the_partner,
        change_all_behind_its_back,
        delete_all_behind_its_back,
    ],
)
@pytest.mark.parametrize("make", [RecordFactory.create, redeem], ids=["record", "redemption"])
def test_a_row_of_the_ledgers_is_neither_changed_nor_deleted(
    make: Callable[[], LedgerRow], attempt: Callable[[LedgerRow], None]
) -> None:
    row = make()
    before = type(row).objects.filter(pk=row.pk).values().get()
    with pytest.raises(AppendOnlyError):
        attempt(row)
    assert type(row).objects.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("make", [RecordFactory.create, redeem], ids=["record", "redemption"])
def test_a_new_row_does_not_take_the_number_of_an_old_one(
    make: Callable[[], LedgerRow],
) -> None:
    row = make()
    before = type(row).objects.filter(pk=row.pk).values().get()
    double = type(row)(**before | {"partner_id": PartnerFactory.create().pk})
    for options in ({}, {"force_insert": False}):
        with pytest.raises(IntegrityError), transaction.atomic():
            double.save(**options)
    assert type(row).objects.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("holder", ["subscription", "tenant", "partner", "redeemed_by"])
def test_what_a_redemption_stands_on_is_not_deleted_under_it(by: Actor, holder: str) -> None:
    redemption = redeem(by=by)
    with pytest.raises(ProtectedError):
        getattr(redemption, holder).delete()
    assert Redemption.objects.contains(redemption)


@pytest.mark.rule("A2")
def test_the_history_of_a_thing_is_its_own_latest_first(by: Actor) -> None:
    one, other = PartnerFactory.create(), PartnerFactory.create()
    first = Record.objects.log("tests.first", by=by, subject=one)
    second = Record.objects.log("tests.second", by=by, subject=one)
    Record.objects.log("tests.other", by=by, subject=other)
    Record.objects.log("tests.same-number", by=by, subject=by.user)
    assert list(Record.objects.about(one)) == [second, first]


def test_a_line_says_who_acting_how_where_and_what(by: Actor, tenant: Tenant) -> None:
    record = Record.objects.log(
        "tests.noted",
        by=by,
        partner=tenant.partner,
        tenant=tenant,
        subject=tenant,
        before={"a": 1},
        after={"a": 2},
    )
    record.refresh_from_db()
    assert (record.actor, record.how, record.partner, record.tenant) == (
        by.user,
        How.PORTAL,
        tenant.partner,
        tenant,
    )
    assert (record.subject, record.before, record.after, record.refused) == (
        tenant,
        {"a": 1},
        {"a": 2},
        "",
    )


def test_a_refusal_is_named_by_its_fact_and_a_command_has_no_user() -> None:
    record = Record.objects.log("tests.noted", by=Actor(), refusal=NotPermitted())
    assert (record.refused, record.actor, record.how) == ("not-permitted", None, How.COMMAND)


@pytest.mark.parametrize(
    ("refusal", "english", "dutch"),
    [
        (ExtensionLimitExceeded(1250, 5), "A key with 1,250 licenses would move", "1.250"),
        (
            RoleAlreadyHeld(Role.MEMBER),
            "Holds the role Account member already.",
            "Heeft de rol Accountlid al.",
        ),
        (EntryDisabled(), "Disabled in the directory.", "Uitgeschakeld"),
        (
            EnrollmentYearOver(date=date(2022, 1, 1)),
            "The enrollment year ended on Jan 1, 2022;",
            "1 januari 2022",
        ),
    ],
)
def test_a_refusal_is_said_in_the_language_of_whoever_reads_the_record(
    refusal: Refusal, english: str, dutch: str
) -> None:
    with translation.override("nl"):
        record = Record.objects.log("tests.noted", by=Actor(), refusal=refusal)
    record.refresh_from_db()
    assert str(record.refused_because).startswith(english)
    with translation.override("nl"):
        assert dutch in str(record.refused_because)


@pytest.mark.rule("K4")
def test_that_a_key_is_another_partner_s_is_not_on_record(partner: Partner) -> None:
    refusal = KeyOfAnotherPartner(BenefitFactory.create(key=True).keys.get())
    record = Record.objects.log("tests.noted", by=Actor(), partner=partner, refusal=refusal)
    assert (record.refused, record.params) == ("key-unknown", {})


def test_a_stored_value_gets_no_second_label() -> None:
    with pytest.raises(
        ValueError,
        match=r"^Again labels again what the record knows already: tenants\.signed-in\.$",
    ):
        recordable(
            TextChoices(  # type: ignore[call-overload]
                "Again",
                [("ONCE", ("tenants.signed-in", "Came in")), ("NEW", ("tests.never-noted", "New"))],
            )
        )
    assert str(Record.actions["tenants.signed-in"]) == "Signed in"
    assert "tests.never-noted" not in Record.actions


def test_a_misspelled_name_of_what_a_line_is_about_fails_at_once(by: Actor) -> None:
    misspelled: Any = {"by": by, "subjekt": by.user}
    with pytest.raises(TypeError, match="subjekt"):
        Record.objects.log("tests.noted", **misspelled)
    with (
        pytest.raises(TypeError, match="subjekt"),
        recorded_if_refused("tests.noted", **misspelled),
    ):
        pass
    assert not Record.objects.exists()


def test_every_action_has_a_label() -> None:
    from benefits_portal.benefits.models import BenefitAction
    from benefits_portal.licensing.models import RedemptionAction

    assert {*BenefitAction.values, *RedemptionAction.values} <= set(Record.actions)
    assert RecordFactory.build(action="licensing.extend").action_label == "Extended an end date"


def test_the_ledgers_are_really_in_the_database() -> None:
    assert {"tenants_record", "licensing_redemption"} <= set(connection.introspection.table_names())


@pytest.mark.rule("W11")
@pytest.mark.parametrize(
    ("seconds", "is_repeat"),
    [(-60, False), (-59, True), (0, True), (2, True), (60, False), (86_400, False)],
)
def test_what_was_done_within_a_minute_is_done_again(
    admin: User, seconds: int, is_repeat: bool
) -> None:
    """Servers' clocks differ a little, and one put back leaves records of days to come."""
    by, at = Actor(admin), NOW + timedelta(seconds=seconds)
    RecordFactory.create(action="benefits.assigned", actor=admin, how=by.how, at=at)
    with time_machine.travel(NOW, tick=False):
        assert Record.objects.just_done("benefits.assigned", by=by).exists() is is_repeat


@pytest.mark.rule("A1", "P1")
def test_a_tenant_of_another_partner_is_not_named_on_record(by: Actor, tenant: Tenant) -> None:
    theirs = TenantFactory.create()
    with pytest.raises(KeyUnknown):
        Subscription.activate(issue_key(partner=tenant.partner), theirs, by=by, on=TODAY)
    assert [(record.partner, record.tenant) for record in Record.objects.exclude(refused="")] == [
        (tenant.partner, None)
    ]
