"""A key redeemed by mistake is replaced once; what it did is taken back to the letter (K8)."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from benefits_portal.benefits.exceptions import BenefitExpired
from benefits_portal.benefits.key_encryption import decrypted
from benefits_portal.benefits.key_exceptions import KeyRevoked
from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing.exceptions import (
    BuiltOnSince,
    NotAReplacement,
    ReplacedOnRequestBefore,
    ReplacementAskedAlready,
    ReplacementTooLate,
    SubscriptionNotActive,
)
from benefits_portal.licensing.models import Redemption, Replacement, Reversal, Subscription, Term
from benefits_portal.licensing.models.replacing_again import replace_again
from benefits_portal.tenants.exceptions import AlreadyDecided
from benefits_portal.tenants.models import Actor, Record, Role, Tenant, User
from tests import factories
from tests.clients import SignIn
from tests.factories import TODAY, key_for, redeem

pytestmark = [pytest.mark.django_db, pytest.mark.rule("K8")]


def figures(subscription: Subscription) -> tuple[Any, ...]:
    stored = Subscription.objects.get(pk=subscription.pk)
    return (
        stored.licenses,
        stored.starts_on,
        stored.ends_on,
        stored.carried_license_days,
        stored.withdrawn_on,
    )


def ask_for_replacement(redemption: Redemption, by: Actor, on: date = TODAY) -> Replacement:
    return Replacement.objects.ask(
        Redemption.objects.get(pk=redemption.pk), "Wrong tenant", by=by, on=on
    )


def replayed(subscription: Subscription) -> tuple[Any, ...] | None:
    """The term that the ledger adds up to; None once what brought it was reversed."""
    entries: list[tuple[datetime, int, int, Term | None]] = [
        (entry.redeemed_at, 0, entry.pk, entry.after) for entry in subscription.redemptions.all()
    ]
    entries += [
        (entry.reversed_at, 1, entry.pk, entry.redemption.before)
        for entry in subscription.reversals.all()
    ]
    term = sorted(entries, key=lambda entry: entry[:3])[-1][3]
    return (term.licenses, term.ends_on, term.carried_license_days) if term else None


@pytest.mark.parametrize("way", ["extend", "add_licenses", "reactivate"])
def test_granting_restores_the_subscription_and_gives_the_benefit_a_key(
    tenant: Tenant, by: Actor, way: str
) -> None:
    ends_on = date(2021, 4, 20) if way == "reactivate" else date(2021, 9, 30)
    subscription = factories.SubscriptionFactory.create(
        tenant=tenant, ends_on=ends_on, licenses=7, carried_license_days=3
    )
    before, key = figures(subscription), key_for(subscription, 5)
    redemption = getattr(subscription, way)(key, by=by, on=TODAY)
    assert figures(subscription) != before
    new = ask_for_replacement(redemption, by).grant(by=by, on=TODAY)
    assert figures(subscription) == before
    assert replayed(subscription) == (before[0], before[2], before[3])
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert key.revoked_why == "Wrong tenant"
    assert key.is_redeemed
    assert key.benefit.live_key() == new
    assert new.is_redeemable(TODAY)
    assert new.licenses == key.licenses
    assert Redemption.objects.get() == redemption, "nothing is rewritten"


def test_what_the_key_brought_is_withdrawn_and_the_new_key_works_elsewhere(
    tenant: Tenant, by: Actor
) -> None:
    redemption = redeem(tenant=tenant)
    other = factories.TenantFactory.create(partner=tenant.partner)
    new = ask_for_replacement(redemption, by).grant(by=by, on=TODAY)
    withdrawn = Subscription.objects.get(pk=redemption.subscription_id)
    assert (withdrawn.withdrawn_on, withdrawn.status(TODAY), replayed(withdrawn)) == (
        TODAY,
        "deleted",
        None,
    )
    assert not Subscription.objects.not_deleted(TODAY).exists()
    assert Subscription.objects.deleted(TODAY).get() == withdrawn
    with pytest.raises(SubscriptionNotActive, match="ended on May 1, 2021"):
        withdrawn.extend(key_for(withdrawn), by=by, on=TODAY)
    assert Subscription.activate(new, other, by=by, on=TODAY).subscription.is_active(TODAY)


def test_what_something_was_built_on_is_not_taken_back_and_nothing_changes(
    tenant: Tenant, by: Actor
) -> None:
    redemption = redeem(tenant=tenant)
    asked = ask_for_replacement(redemption, by)
    redemption.subscription.extend(key_for(redemption.subscription), by=by, on=TODAY)
    before = figures(redemption.subscription)
    with pytest.raises(BuiltOnSince, match="May 1, 2021"):
        asked.grant(by=by, on=TODAY)
    assert (figures(redemption.subscription), Reversal.objects.count()) == (before, 0)
    assert (Replacement.objects.undecided().get(), redemption.key.benefit.keys.count()) == (
        asked,
        1,
    )
    assert Record.objects.filter(refused="built-on-since").count() == 1


def test_the_last_of_two_is_taken_back_and_then_the_first(tenant: Tenant, by: Actor) -> None:
    first = redeem(tenant=tenant)
    second = first.subscription.add_licenses(key_for(first.subscription), by=by, on=TODAY)
    with pytest.raises(BuiltOnSince):
        ask_for_replacement(first, by)
    ask_for_replacement(second, by).grant(by=by, on=TODAY)
    assert replayed(first.subscription) == (
        first.after.licenses,
        first.after.ends_on,
        first.after.carried_license_days,
    )
    ask_for_replacement(first, by).grant(by=by, on=TODAY)
    assert Subscription.objects.get().withdrawn_on == TODAY


def test_it_is_asked_for_within_30_days(tenant: Tenant, by: Actor) -> None:
    assert ask_for_replacement(redeem(tenant=tenant), by, TODAY + timedelta(days=30))
    assert Record.objects.filter(action="licensing.replacement-asked").count() == 1


def test_after_30_days_it_is_refused_on_record(tenant: Tenant, by: Actor) -> None:
    with pytest.raises(ReplacementTooLate, match="May 31, 2021"):
        ask_for_replacement(redeem(tenant=tenant), by, TODAY + timedelta(days=31))
    assert Record.objects.filter(action="licensing.replacement-asked").count() == 1


def test_it_is_asked_for_once_and_decided_once(tenant: Tenant, by: Actor) -> None:
    redemption = redeem(tenant=tenant)
    asked = ask_for_replacement(redemption, by)
    with pytest.raises(ReplacementAskedAlready):
        ask_for_replacement(redemption, by)
    asked.decline("It ran for a month.", by=by)
    for again in (lambda: asked.grant(by=by, on=TODAY), lambda: asked.decline("Again", by=by)):
        with pytest.raises(AlreadyDecided):
            again()
    stored = Replacement.objects.get()
    assert (stored.declined_because, stored.key, Reversal.objects.count()) == (
        "It ran for a month.",
        None,
        0,
    )


def test_a_new_key_that_would_be_of_no_use_is_not_issued(tenant: Tenant, by: Actor) -> None:
    redemption = redeem(tenant=tenant)
    with pytest.raises(BenefitExpired):
        ask_for_replacement(redemption, by).grant(
            by=by, on=redemption.key.benefit.expires_on + timedelta(days=1)
        )
    assert (Reversal.objects.count(), ProductKey.objects.count()) == (0, 1)


def test_the_old_key_says_that_it_was_revoked(tenant: Tenant, by: Actor) -> None:
    redemption = redeem(tenant=tenant)
    ask_for_replacement(redemption, by).grant(by=by, on=TODAY)
    with pytest.raises(KeyRevoked):
        redemption.key.__class__.objects.get(pk=redemption.key_id).check_redeemable(TODAY)


# Once (K8)


def replaced(tenant: Tenant, by: Actor) -> Redemption:
    """The redemption of a key that was issued in place of another one."""
    new = ask_for_replacement(redeem(tenant=tenant), by).grant(by=by, on=TODAY)
    return Subscription.activate(new, tenant, by=by, on=TODAY)


def test_a_replacement_is_not_replaced_on_request(tenant: Tenant, by: Actor) -> None:
    redemption = replaced(tenant, by)
    with pytest.raises(ReplacedOnRequestBefore):
        ask_for_replacement(redemption, by)
    assert (
        Replacement.objects.count(),
        Record.objects.filter(refused="replaced-on-request-before").count(),
    ) == (1, 1)


def test_an_older_request_for_a_replacement_is_not_granted_but_declined(
    tenant: Tenant, by: Actor
) -> None:
    redemption = replaced(tenant, by)
    asked = Replacement.objects.create(
        redemption=redemption, partner=tenant.partner, tenant=tenant, why="Before the rule"
    )
    with pytest.raises(ReplacedOnRequestBefore):
        asked.grant(by=by, on=TODAY)
    assert Reversal.objects.count() == 1
    assert redemption.subscription.is_active(TODAY)
    asked.decline("It was replaced once.", by=by)
    assert Replacement.objects.get(pk=asked.pk).declined_because == "It was replaced once."


def test_staff_replace_a_replacement_which_is_not_replaced_on_request(tenant: Tenant) -> None:
    staff = Actor(reason="The tenant was closed")
    redemption = replaced(tenant, staff)
    new = replace_again(redemption, staff.reason, by=staff, on=TODAY)
    redemption.key.refresh_from_db()
    assert (redemption.key.revoked_why, Subscription.objects.not_deleted(TODAY).count()) == (
        "The tenant was closed",
        0,
    )
    assert Record.objects.filter(action="benefits.key-revoked").first().after == {
        "key": redemption.key_id
    }
    with pytest.raises(ReplacedOnRequestBefore):
        ask_for_replacement(Subscription.activate(new, tenant, by=staff, on=TODAY), staff)


def test_staff_leave_it_to_the_partner_to_ask_the_first_time(tenant: Tenant, by: Actor) -> None:
    with pytest.raises(NotAReplacement):
        replace_again(redeem(tenant=tenant), "Lost", by=by, on=TODAY)
    assert (
        Reversal.objects.count(),
        Record.objects.filter(refused="not-a-replacement").count(),
    ) == (0, 1)


def test_a_key_that_staff_issued_for_a_revoked_one_is_replaced_on_request(
    tenant: Tenant, by: Actor
) -> None:
    key = factories.issue_key(partner=tenant.partner)
    key.revoke("Sent to a mailing list", by=by)
    new = key.benefit.issue_another_key(by=by, on=TODAY)
    assert ask_for_replacement(Subscription.activate(new, tenant, by=by, on=TODAY), by)


# On the receipt's page


@pytest.fixture
def receipt(tenant: Tenant, today: date) -> Redemption:
    return redeem(tenant=tenant)


def page(name: str, redemption: Redemption) -> str:
    return reverse(f"licensing:{name}", args=[redemption.pk])


def sent(tenant: Tenant, **values: str) -> dict[str, str]:
    return {"acting_in": f"{tenant.partner_id}-{tenant.pk}"} | values


def test_a_partner_s_admin_asks_on_the_receipt_and_reads_the_answer_there(
    admin: User, tenant: Tenant, sign_in: SignIn, receipt: Redemption, by: Actor
) -> None:
    browser = sign_in(admin)
    assert (
        "Request a replacement key (until May 31, 2021)"
        in browser.get(page("receipt", receipt)).content.decode()
    )
    assert (
        "Say what went wrong"
        in browser.post(page("replacement", receipt), sent(tenant, why=" ")).content.decode()
    )
    answer = browser.post(
        page("replacement", receipt), sent(tenant, why="Wrong tenant"), follow=True
    ).content.decode()
    assert "You requested a replacement key on May 1, 2021." in answer
    assert (
        "has already been requested"
        in browser.post(
            page("replacement", receipt), sent(tenant, why="Again"), follow=True
        ).content.decode()
    )
    Replacement.objects.get().grant(by=by, on=TODAY)
    after = browser.get(page("receipt", receipt)).content.decode()
    assert "This redemption was reversed on May 1, 2021" in after
    assert "A replacement was granted on May 1, 2021." in after
    ledger = browser.get(
        reverse("licensing:subscription", args=[receipt.subscription_id])
    ).content.decode()
    assert "Reversed" in ledger
    benefit = browser.get(
        reverse("licensing:benefit-detail", args=[receipt.key.benefit_id])
    ).content.decode()
    assert "Not redeemed" in benefit
    assert "No subscription" in benefit


def test_a_replacement_s_receipt_shows_the_request_disabled_and_says_why(
    admin: User, tenant: Tenant, sign_in: SignIn, today: date, by: Actor
) -> None:
    redemption = replaced(tenant, by)
    browser = sign_in(admin)
    answer = browser.get(page("receipt", redemption)).content.decode()
    assert "Request a replacement key (until" not in answer
    assert 'aria-disabled="true"' in answer
    assert page("replacement", redemption) not in answer
    reason = "This key is itself a replacement, and those are not replaced on request."
    assert reason in answer
    assert (
        reason
        in browser.post(
            page("replacement", redemption), sent(tenant, why="Again"), follow=True
        ).content.decode()
    )


@pytest.mark.rule("K3")
def test_a_key_in_what_somebody_wrote_is_kept_masked(
    admin: User, tenant: Tenant, sign_in: SignIn, receipt: Redemption
) -> None:
    key = receipt.key
    written = "PCBEN was meant for Fabrikam: {0}, {0}."
    typed = written.format(decrypted(key.ciphertext).lower())
    sign_in(admin).post(page("replacement", receipt), sent(tenant, why=typed))
    assert Replacement.objects.get().why == written.format(key)


def test_a_member_may_not_ask_and_another_partner_s_receipt_is_not_there(
    tenant: Tenant, sign_in: SignIn, receipt: Redemption, today: date
) -> None:
    member = factories.RoleAssignmentFactory.create(
        user__directory_user__tenant=tenant, role=Role.MEMBER
    ).user
    assert (
        sign_in(member).post(page("replacement", receipt), sent(tenant, why="Wrong")).status_code
        == 403
    )
    elsewhere = factories.TenantFactory.create(is_primary=True)
    stranger = factories.RoleAssignmentFactory.create(user__directory_user__tenant=elsewhere).user
    assert (
        sign_in(stranger)
        .post(page("replacement", receipt), sent(elsewhere, why="Wrong"))
        .status_code
        == 404
    )
    assert not Replacement.objects.exists()
