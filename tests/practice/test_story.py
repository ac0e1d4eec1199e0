"""What the practice world shows on whatever day it is told: everything that the demo promises."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command

from benefits_portal.benefits.models import Assignment, Benefit, Membership, ProductKey
from benefits_portal.dates import add_months
from benefits_portal.licensing.consistency import CHECKS
from benefits_portal.licensing.license_display import standings
from benefits_portal.licensing.models import (
    ExtensionLimitExceeded,
    LicenseAssignment,
    Redemption,
    Replacement,
    Subscription,
    Term,
    quote_redemption,
)
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.practice.situations import SHARED, chapters_of
from benefits_portal.tenants.audit.labels import NAMES, field_of
from benefits_portal.tenants.models import (
    Actor,
    DirectoryUser,
    Partner,
    Record,
    RoleAssignment,
    User,
)
from tests.properties import BEFORE_A_RELEASE

from .conftest import WorldOn

DAYS = [
    date(2028, 2, 29),
    *(
        pytest.param(day, marks=BEFORE_A_RELEASE)
        for day in (
            *(date(2026, 11, 22), date(2027, 1, 31), date(2027, 3, 1), date(2027, 12, 31)),
            date(2029, 2, 28),
        )
    ),
]
Status = Subscription.Status

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", params=DAYS, ids=str, autouse=True)
def day(request: pytest.FixtureRequest, world_on: WorldOn) -> Iterator[date]:
    with world_on(request.param) as day:
        yield day


@pytest.fixture
def contoso() -> Partner:
    return Partner.objects.get(name="Contoso")


def running(partner: Partner, product: str, licenses: int, day: date) -> Subscription:
    """The one Active subscription in `partner`'s primary tenant to so much of `product`."""
    subscriptions = (
        Subscription.objects.for_partner(partner).active(day).filter(tenant__is_primary=True)
    )
    return subscriptions.get(product__name=product, licenses=licenses)


def unredeemed(partner: Partner, product: str, licenses: int, day: date) -> ProductKey:
    """The key of so many licenses of `product` that `partner` can redeem; the first of several."""
    key = (
        ProductKey.objects.for_partner(partner)
        .redeemable(day)
        .for_display()
        .filter(product__name=product, licenses=licenses)
        .first()
    )
    assert key is not None
    return key


def bulk_credit(partner: Partner, competency: str, day: date) -> Benefit:
    return (
        Benefit.objects.for_partner(partner)
        .usable(day)
        .for_display()
        .get(product__kind="bulk-credit", competency=competency)
    )


# The four licensing scenarios, ready for partner-admin


@pytest.mark.rule("S4")
@pytest.mark.parametrize(
    ("product", "licenses", "key_licenses", "months"),
    [
        pytest.param("Microsoft 365 E3", 100, 25, 3, id="scenario 1"),
        pytest.param("Azure AD Basic", 100, 100, 12, id="scenario 2"),
        pytest.param("Dynamics 365 Team Members", 5, 10, 24, id="scenario 3"),
    ],
)
def test_scenarios_1_to_3_can_be_played(
    contoso: Partner, day: date, product: str, licenses: int, key_licenses: int, months: int
) -> None:
    subscription, key = (
        running(contoso, product, licenses, day),
        unredeemed(contoso, product, key_licenses, day),
    )
    later = Term(licenses, add_months(subscription.ends_on, months), 0)
    by = Actor(User.objects.get(persona__slug="partner-admin"))

    redemption = subscription.extend(key, by=by, on=day)

    assert redemption.after == later


@pytest.mark.rule("S5")
def test_scenario_4_is_refused(contoso: Partner, day: date) -> None:
    subscription, key = (
        running(contoso, "Azure AD Basic", 5, day),
        unredeemed(contoso, "Azure AD Basic", 25, day),
    )

    with pytest.raises(ExtensionLimitExceeded):
        subscription.extend(key, by=Actor(), on=day)


def test_extend_add_and_new_are_all_open_to_one_key(contoso: Partner, day: date) -> None:
    subscription, key = (
        running(contoso, "Microsoft 365 E3", 100, day),
        unredeemed(contoso, "Microsoft 365 E3", 25, day),
    )

    ways = [
        quote_redemption(way, key, subscription.tenant, subscription, day)
        for way in (RedemptionKind.EXTEND, RedemptionKind.ADD)
    ]
    ways.append(quote_redemption(RedemptionKind.NEW, key, subscription.tenant, None, day))

    assert [quote.after.licenses for quote in ways] == [100, 125, 25]


# Subscriptions to show


@pytest.mark.rule("S2")
@pytest.mark.parametrize(
    "days_away", [-1, 0, 1], ids=["still yesterday", "today", "tomorrow already"]
)
def test_every_status_is_on_show_wherever_on_earth(
    contoso: Partner, day: date, days_away: int
) -> None:
    there = day + timedelta(days=days_away)

    assert {
        subscription.status(there) for subscription in Subscription.objects.for_partner(contoso)
    } == set(Status)


def test_expired_and_disabled_ones_can_come_back_with_a_key_at_hand(
    contoso: Partner, day: date
) -> None:
    for product, status in (
        ("Dynamics 365 Finance", Status.EXPIRED),
        ("Dynamics 365 Customer Service Enterprise", Status.DISABLED),
    ):
        subscription = Subscription.objects.for_partner(contoso).get(product__name=product)
        assert subscription.status(day) is status
        assert (
            quote_redemption(
                RedemptionKind.REACTIVATE,
                unredeemed(contoso, product, 200, day),
                subscription.tenant,
                subscription,
                day,
            ).after.licenses
            == 200
        )


def test_one_ends_within_the_month_and_has_a_key_at_hand(contoso: Partner, day: date) -> None:
    ending = Subscription.objects.for_partner(contoso).ending_within(30, day)

    assert [subscription.product.name for subscription in ending] == ["Power BI Pro"]
    assert unredeemed(contoso, "Power BI Pro", 25, day)


@pytest.mark.rule("S6")
def test_one_has_15_months_left_and_adding_brings_its_end_forward(
    contoso: Partner, day: date
) -> None:
    subscription, key = (
        running(contoso, "Microsoft 365 E5", 30, day),
        unredeemed(contoso, "Microsoft 365 E5", 100, day),
    )

    assert add_months(day, 15) <= subscription.ends_on < add_months(day, 16)
    assert subscription.with_added_licenses(key.licenses, day).ends_on < subscription.ends_on


def test_visio_has_6_licenses_and_one_product_runs_twice(contoso: Partner, day: date) -> None:
    assert running(contoso, "Visio Plan 2", 6, day)
    assert (
        running(contoso, "Azure AD Basic", 100, day).tenant
        == running(contoso, "Azure AD Basic", 5, day).tenant
    )


@pytest.mark.rule("B5")
def test_benefits_expire_before_and_after_what_they_brought_ends(
    contoso: Partner, day: date
) -> None:
    def expires_on(subscription: Subscription) -> date:
        return subscription.redemptions.get().key.benefit.expires_on

    outlasts, outlived = (
        running(contoso, "Azure AD Basic", 100, day),
        running(contoso, "Microsoft 365 E3", 100, day),
    )
    assert expires_on(outlasts) < day < outlasts.ends_on
    assert expires_on(outlived) > outlived.ends_on


@pytest.mark.rule("S7")
def test_license_days_are_carried_and_every_way_has_a_receipt(contoso: Partner) -> None:
    redemptions = Redemption.objects.for_partner(contoso)

    assert set(redemptions.values_list("way", flat=True)) == {"new", "reactivate", "extend", "add"}
    assert (
        Subscription.objects.get(
            tenant__domain="contoso-labs.onmicrosoft.com", licenses=125
        ).carried_license_days
        > 0
    )


# Benefits to show


def test_keys_are_unredeemed_expired_and_about_to_expire(contoso: Partner, day: date) -> None:
    benefits = Benefit.objects.for_partner(contoso).license_based().for_display()

    assert {benefit.status(day) for benefit in benefits} == {
        Benefit.Status.NOT_REDEEMED,
        Benefit.Status.REDEEMED,
        Benefit.Status.EXPIRED,
    }
    about_to_expire = benefits.unused().expiring_within(90, day)
    assert {benefit.product.name for benefit in about_to_expire} == {
        "Microsoft Office 365 E3",
        "Enterprise Mobility Suite",
    }


@pytest.mark.rule("B4")
def test_discontinued_products_are_held_from_the_action_pack_only(day: date) -> None:
    held = Benefit.objects.usable(day).filter(product__discontinued_on__isnull=False)

    assert set(held.values_list("membership__offer__name", flat=True)) == {"Microsoft Action Pack"}


@pytest.mark.rule("K8")
def test_a_revoked_key_has_a_successor(contoso: Partner) -> None:
    keys = ProductKey.objects.for_partner(contoso).filter(
        benefit__in=ProductKey.objects.exclude(revoked_at=None).values("benefit")
    )

    assert [bool(key.revoked_why) for key in keys.order_by("pk")] == [True, False]


@pytest.mark.rule("B1", "B2")
@pytest.mark.parametrize(
    "days_away", [-1, 0, 1], ids=["still yesterday", "today", "tomorrow already"]
)
def test_a_renewed_year_has_not_begun_and_its_benefits_and_keys_wait(
    day: date, days_away: int
) -> None:
    there = day + timedelta(days=days_away)
    renewed = Membership.objects.upcoming(there).get()
    before = Membership.objects.running(there).get(partner=renewed.partner, offer=renewed.offer)

    assert (renewed.partner.name, renewed.starts_on) == (
        "Fabrikam",
        before.ends_on + timedelta(days=1),
    )
    assert {benefit.status(there) for benefit in renewed.benefits.for_display()} == {
        Benefit.Status.NOT_BEGUN
    }
    assert ProductKey.objects.for_partner(renewed.partner).not_begun(there).exists()


@pytest.mark.rule("K8")
def test_a_replacement_is_asked_for_and_can_be_granted(day: date) -> None:
    asked = Replacement.objects.undecided().get()
    new = asked.grant(by=Actor(), on=day)

    assert (asked.partner.name, asked.asked_by) == (
        "Fabrikam",
        User.objects.get(persona__slug="fabrikam-admin"),
    )
    assert new in ProductKey.objects.redeemable(day)


@pytest.mark.rule("U2")
def test_monthly_credit_has_two_users_and_one_removed(contoso: Partner) -> None:
    given = Assignment.objects.for_partner(contoso).filter(
        benefit__product__kind="monthly-credit", benefit__membership__offer__name="Gold competency"
    )

    assert sorted(
        (assignment.directory_user.display_name, assignment.ended_at is None)
        for assignment in given
    ) == [
        ("Lee Gu", True),
        ("Miriam Graham", True),
        ("Nestor Wilke", False),
    ]


@pytest.mark.rule("U3")
def test_a_leaver_holds_bulk_credit_that_can_be_transferred(contoso: Partner, day: date) -> None:
    assignment = bulk_credit_held(contoso, "Grady Archie", day)
    successor = assignment.transfer(
        DirectoryUser.objects.get(display_name="Lynne Robbins"), by=Actor(), on=day
    )

    assert not assignment.directory_user.is_enabled
    assert successor.transferred_from == assignment


def bulk_credit_held(partner: Partner, name: str, day: date) -> Assignment:
    return (
        Assignment.objects.for_partner(partner)
        .running(day)
        .get(directory_user__display_name=name, is_exclusive=True)
    )


@pytest.mark.rule("U4", "U6")
def test_the_list_of_people_says_who_cannot_hold_unassigned_bulk_credit(
    contoso: Partner, day: date
) -> None:
    benefit = bulk_credit(contoso, "Application Development", day)

    assert benefit.status(day) is Benefit.Status.NOT_ASSIGNED
    blocked = {
        candidate.person.display_name: candidate.refusal.rule
        for candidate in benefit.candidates("", day)
        if candidate.refusal
    }
    assert blocked == {
        "Grady Archie": "U1",
        "Isaiah Langer": "U4",
        "Johanna Lorenz": "U4",
        "Joni Sherman": "U4",
        "Lee Gu": "U4",
        "Miriam Graham": "U4",
        "Patti Fernandez": "U4",
        "Pradeep Gupta": "U1",
    }


def test_every_partner_has_benefits_keys_credit_and_subscriptions(day: date) -> None:
    for partner in Partner.objects.all():
        assert Subscription.objects.for_partner(partner).active(day).exists()
        assert ProductKey.objects.for_partner(partner).redeemable(day).exists()
        assert (
            Assignment.objects.for_partner(partner).running(day).filter(is_exclusive=True).exists()
        )


@pytest.mark.rule("B3")
def test_credit_is_in_the_partners_own_currency() -> None:
    credit = (
        Benefit.objects.usage_based().filter(competency="Cloud Platform").select_related("partner")
    )

    assert sorted(
        {(benefit.partner.name, benefit.credit_amount, benefit.currency) for benefit in credit}
    ) == [
        ("Adventure Works", Decimal(600_000), "JPY"),
        ("Adventure Works", Decimal(1_200_000), "JPY"),
        ("Contoso", Decimal(6_000), "USD"),
        ("Contoso", Decimal(12_000), "USD"),
        ("Fabrikam", Decimal(5_100), "EUR"),
    ]


# Licenses of people


@pytest.mark.rule("L3", "L8", "L9")
def test_one_product_is_over_one_has_free_licenses_and_a_holder_is_disabled(
    contoso: Partner, day: date
) -> None:
    shown = standings(contoso.tenants.get(is_primary=True), day)
    counts = {each.product.name: (each.count.over, each.count.free > 0) for each in shown}
    assert counts["Dynamics 365 Customer Service Enterprise"] == (3, False)
    assert (counts["Visio Plan 2"], counts["Microsoft 365 E3"]) == ((0, True), (0, True))
    assert [each.product.name for each in shown if each.warning] == [
        "Dynamics 365 Customer Service Enterprise"
    ]
    held = LicenseAssignment.objects.for_partner(contoso).running().of_disabled().get()
    assert (held.directory_user.display_name, held.product.name) == (
        "Grady Archie",
        "Microsoft 365 E3",
    )


# People to show


def test_personas_hold_the_roles_that_they_are_there_for() -> None:
    held = RoleAssignment.objects.values_list("user__persona__slug", "partner__name", "role")

    assert sorted(held) == [
        ("adventure-admin", "Adventure Works", "partner-admin"),
        ("adventure-admin", "Fabrikam", "partner-admin"),
        ("fabrikam-admin", "Fabrikam", "global-admin"),
        ("global-admin", "Contoso", "global-admin"),
        ("guest-admin", "Contoso", "partner-admin"),
        ("member", "Contoso", "member"),
        ("partner-admin", "Contoso", "partner-admin"),
    ]
    assert (
        DirectoryUser.objects.get(user__persona__slug="guest-admin").kind
        == DirectoryUser.Kind.GUEST
    )
    assert User.objects.get(persona__slug="no-role").home_partner == Partner.objects.get(
        name="Contoso"
    )


def test_support_may_look_and_program_staff_may_change() -> None:
    support, programme = (User.objects.get(persona__slug=slug) for slug in ("support", "programme"))

    assert {
        permission.split(".")[1].split("_")[0] for permission in support.get_all_permissions()
    } == {"view"}
    assert programme.has_perms(
        ["benefits.add_membership", "benefits.change_offer", "licensing.view_redemption"]
    )
    assert not any(
        programme.has_perm(f"licensing.{verb}_redemption") for verb in ("add", "change", "delete")
    )


# How it is told


def test_nothing_happens_in_the_future_or_out_of_order(day: date) -> None:
    for events in chapters_of(SHARED).values():
        days_ago = [event["ago"] for event in events]
        assert days_ago == sorted(days_ago, reverse=True)
        assert days_ago[-1] >= 2
    assert Record.objects.latest("at").at.date() < day


@pytest.mark.rule("A1")
def test_the_record_says_who_did_it_through_which_door() -> None:
    doors = Record.objects.values_list("actor__is_staff", "how").distinct().order_by("how")

    assert list(doors) == [(True, "back-office"), (False, "portal")]


@pytest.mark.rule("A2")
def test_every_fact_on_record_has_a_name_that_is_translated() -> None:
    raw = {
        f"{record.action}: {name}"
        for record in Record.objects.all()
        for name in record.before | record.after
        if name not in NAMES and field_of(record, name) is None
    }
    assert raw == set()


def test_every_copied_fact_agrees_with_what_it_repeats(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_consistency")
    assert capsys.readouterr().out.startswith(f"Nothing found: {len(CHECKS)} checks, ")
