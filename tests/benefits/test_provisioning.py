"""Enrollments and what they provision (rules B1 to B4)."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from benefits_portal.benefits import key_encryption
from benefits_portal.benefits.exceptions import (
    AlreadyEnrolled,
    NoCreditInCurrency,
    NotEndable,
    NotRenewable,
    PlanChanged,
)
from benefits_portal.benefits.models import (
    Benefit,
    Membership,
    Offer,
    PackageLine,
    Plan,
    ProductKey,
)
from benefits_portal.formats import as_day
from benefits_portal.tenants.models import Actor, Partner, Record
from tests.factories import (
    TODAY,
    BenefitFactory,
    CreditAmountFactory,
    MembershipFactory,
    OfferFactory,
    PackageLineFactory,
    PartnerFactory,
    ProductFactory,
)

pytestmark = pytest.mark.django_db
rule = pytest.mark.rule


def planned(partner: Partner, offer: Offer) -> Plan:
    membership = Membership(partner=partner, offer=offer, starts_on=TODAY)
    membership.set_days()
    return membership.plan()


def figures(benefit: Benefit) -> dict[str, Any]:
    return {
        name: getattr(benefit, name)
        for name in (
            "package_line_id",
            "quantity",
            "credit_amount",
            "currency",
            "starts_on",
            "expires_on",
        )
    }


@rule("B1")
@pytest.mark.parametrize(
    ("starts_on", "ends_on", "benefits_expire_on"),
    [
        ("2021-01-01", "2022-01-01", "2022-01-31"),
        ("2020-02-29", "2021-02-28", "2021-03-30"),
        ("2023-03-01", "2024-02-29", "2024-03-30"),
    ],
)
def test_a_membership_ends_after_365_days_and_its_benefits_30_days_later(
    partner: Partner, by: Actor, starts_on: str, ends_on: str, benefits_expire_on: str
) -> None:
    offer = OfferFactory.create()
    PackageLineFactory.create(offer=offer)
    membership = Membership.enroll(partner, offer, date.fromisoformat(starts_on), by=by)
    assert (str(membership.ends_on), str(membership.benefits_expire_on)) == (
        ends_on,
        benefits_expire_on,
    )
    assert str(Benefit.objects.get().expires_on) == benefits_expire_on


@rule("B2")
def test_enrolling_makes_benefits_and_a_key_for_each_license_based_one(
    partner: Partner, by: Actor
) -> None:
    offer = OfferFactory.create()
    licenses = PackageLineFactory.create(offer=offer, quantity=100)
    credit = PackageLineFactory.create(
        offer=offer, product__bulk=True, amount=6000, incremental=True
    )
    PackageLineFactory.create()  # of another offer
    membership = Membership.enroll(partner, offer, TODAY, by=by)
    made = {benefit.package_line: benefit for benefit in membership.benefits.all()}
    assert set(made) == {licenses, credit}
    assert (
        made[licenses].quantity,
        made[licenses].benefit_type,
        made[licenses].live_key().licenses,
    ) == (100, "core", 100)
    assert (made[credit].credit_amount, made[credit].competency, made[credit].live_key()) == (
        Decimal(6000),
        "Cloud Platform",
        None,
    )
    record = Record.objects.about(membership).get()
    assert sorted(record.after["benefits"]) == sorted(benefit.pk for benefit in made.values())


@rule("K3")
def test_each_key_of_a_package_is_on_record_at_its_benefit(partner: Partner, by: Actor) -> None:
    offer = OfferFactory.create()
    PackageLineFactory.create_batch(2, offer=offer, quantity=25)
    Membership.enroll(partner, offer, TODAY, by=by)
    keys = ProductKey.objects.filter(partner=partner)
    assert [
        [record.after for record in Record.objects.about(key.benefit).filter(partner=partner)]
        for key in keys
    ] == [[{"key": key.pk}] for key in keys]


def test_enrolling_asks_the_same_however_long_the_package_is(by: Actor) -> None:
    """Credit asks once for the partner's currency, so it is part of both."""

    def queries(lines: int) -> int:
        offer, partner = OfferFactory.create(), PartnerFactory.create()
        PackageLineFactory.create(offer=offer, product__bulk=True, amount=6000, incremental=True)
        PackageLineFactory.create_batch(lines, offer=offer, quantity=25)
        with CaptureQueriesContext(connection) as asked:
            Membership.enroll(partner, offer, TODAY, by=by)
        assert ProductKey.objects.filter(partner=partner).count() == lines
        return len(asked)

    assert queries(20) == queries(2)


@rule("B2")
def test_nothing_is_provisioned_twice_or_from_a_package_changed_later(
    partner: Partner, by: Actor
) -> None:
    membership = Membership.enroll(partner, PackageLineFactory.create().offer, TODAY, by=by)
    PackageLine.objects.update(quantity=50)
    PackageLineFactory.create(offer=membership.offer)
    assert membership.provision(by=by) == []
    assert [(benefit.quantity, benefit.keys.count()) for benefit in membership.benefits.all()] == [
        (25, 1)
    ]
    renewed = membership.renew(by=by, on=TODAY)
    assert sorted(benefit.quantity or 0 for benefit in renewed.benefits.all()) == [25, 50]


@rule("B2")
def test_a_plan_is_what_enrolling_makes_and_makes_nothing_itself(
    partner: Partner, by: Actor
) -> None:
    offer = OfferFactory.create()
    PackageLineFactory.create(offer=offer, quantity=100)
    PackageLineFactory.create(offer=offer, product__bulk=True, amount=6000, incremental=True)
    gone = PackageLineFactory.create(offer=offer, product__discontinued_on=TODAY)
    plan = planned(partner, offer)
    assert not Benefit.objects.exists()
    membership = Membership.enroll(partner, offer, TODAY, by=by, shown=plan.fingerprint)
    made = Benefit.objects.order_by("pk")
    assert [figures(benefit) for benefit in plan.benefits] == [figures(benefit) for benefit in made]
    assert plan.left_out == (gone,)
    assert plan.key_count == 1
    assert membership.provisioned_at is not None


@rule("B2")
def test_what_was_shown_is_what_is_made_or_nothing_is(partner: Partner, by: Actor) -> None:
    line = PackageLineFactory.create()
    shown = planned(partner, line.offer).fingerprint
    PackageLine.objects.update(quantity=26)
    with pytest.raises(PlanChanged):
        Membership.enroll(partner, line.offer, TODAY, by=by, shown=shown)
    assert (Membership.objects.count(), ProductKey.objects.count()) == (0, 0)
    assert Record.objects.get().refused == "plan-changed"


@rule("B2")
def test_enrolling_twice_makes_nothing_twice(partner: Partner, by: Actor) -> None:
    offer = PackageLineFactory.create().offer
    Membership.enroll(partner, offer, TODAY, by=by)
    with pytest.raises(AlreadyEnrolled, match="May 1, 2021"):
        Membership.enroll(partner, offer, TODAY, by=by)
    assert (Membership.objects.count(), Benefit.objects.count(), ProductKey.objects.count()) == (
        1,
        1,
        1,
    )


@rule("B1")
def test_renewing_enrolls_for_the_next_year_with_its_own_benefits_and_keys(
    partner: Partner, by: Actor
) -> None:
    first = Membership.enroll(partner, PackageLineFactory.create().offer, TODAY, by=by)
    second = first.renew(by=by, on=TODAY)
    assert (str(first.ends_on), str(second.starts_on), str(second.ends_on)) == (
        "2022-05-01",
        "2022-05-02",
        "2023-05-01",
    )
    assert first.benefits.get().live_key() != second.benefits.get().live_key()
    with pytest.raises(AlreadyEnrolled):
        first.renew(by=by, on=TODAY)
    assert (Membership.objects.count(), ProductKey.objects.count()) == (2, 2)


@rule("B1")
@pytest.mark.parametrize(
    "days",
    [
        ["2020-09-01", "2021-09-01", "2022-09-01"],
        ["2022-01-01", "2023-01-01", "2024-01-01", "2024-12-31", "2025-12-31"],  # 2024 has 366 days
        ["2019-02-28", "2020-02-28", "2021-02-27", "2022-02-27"],
        ["2020-02-29", "2021-02-28", "2022-02-28"],
        ["2023-03-01", "2024-02-29", "2025-02-28"],
    ],
    ids=lambda days: days[0],
)
def test_a_renewal_ends_365_days_after_the_last_day_before_it(
    partner: Partner, by: Actor, days: list[str]
) -> None:
    first, *last_days = map(date.fromisoformat, days)
    membership = Membership.enroll(partner, PackageLineFactory.create().offer, first, by=by)
    years = [
        membership,
        *(membership := membership.renew(by=by, on=membership.ends_on) for _ in last_days[1:]),
    ]
    assert [year.ends_on for year in years] == last_days
    assert [year.starts_on for year in years[1:]] == [
        day + timedelta(days=1) for day in last_days[:-1]
    ]
    assert [benefit.expires_on for benefit in Benefit.objects.order_by("pk")] == [
        day + timedelta(days=30) for day in last_days
    ]
    assert [year.was_ended_early for year in Membership.objects.all()] == [False] * len(years)


@rule("B1")
def test_a_chain_of_ten_renewals_does_not_drift(partner: Partner, by: Actor) -> None:
    membership = Membership.enroll(partner, OfferFactory.create(), date(2020, 9, 1), by=by)
    for _year in range(10):
        membership = membership.renew(by=by, on=membership.ends_on)
    assert membership.ends_on == date(2020, 9, 1) + timedelta(days=11 * 365)


@rule("B1")
@pytest.mark.parametrize(
    ("days_after_the_last", "is_renewal", "whole_year"),
    [(1, True, 364), (2, False, 365)],
    ids=["the day after", "a day later"],
)
def test_enrolling_for_the_day_after_the_last_day_is_a_renewal(
    partner: Partner, by: Actor, days_after_the_last: int, is_renewal: bool, whole_year: int
) -> None:
    first = Membership.enroll(partner, OfferFactory.create(), TODAY, by=by)
    MembershipFactory.create(partner=partner, starts_on=TODAY)  # in another offer
    second = Membership.enroll(
        partner, first.offer, first.ends_on + timedelta(days=days_after_the_last), by=by
    )
    assert (second.is_renewal, (second.ends_on - second.starts_on).days) == (is_renewal, whole_year)


@rule("B1")
def test_what_follows_a_year_that_was_ended_early_is_a_first_year(
    partner: Partner, by: Actor
) -> None:
    first = Membership.enroll(partner, OfferFactory.create(), TODAY, by=by)
    first.end(date(2021, 6, 30), by=by, on=TODAY)
    second = Membership.enroll(partner, first.offer, date(2021, 7, 1), by=by)
    assert not second.is_renewal
    assert str(second.ends_on) == "2022-07-01"


@rule("B1")
def test_a_renewal_ends_early_as_a_first_year_does(partner: Partner, by: Actor) -> None:
    renewed = Membership.enroll(partner, OfferFactory.create(), TODAY, by=by).renew(by=by, on=TODAY)
    renewed.end(renewed.ends_on - timedelta(days=1), by=by, on=renewed.starts_on)
    assert renewed.was_ended_early
    assert str(renewed.ends_on) == "2023-04-30"


@rule("B1")
def test_a_membership_is_renewed_until_the_last_day_of_the_further_year(
    partner: Partner, by: Actor
) -> None:
    membership = Membership.enroll(partner, OfferFactory.create(), TODAY, by=by)
    assert membership.renew(by=by, on=TODAY + timedelta(days=2 * 365)).ends_on == TODAY + timedelta(
        days=2 * 365
    )


@rule("B1")
@pytest.mark.parametrize(
    ("on", "words"),
    [
        (TODAY - timedelta(days=1), "hasn't started"),
        (TODAY + timedelta(days=2 * 365 + 1), "is over as well"),
    ],
    ids=["before it began", "the day after the further year"],
)
def test_what_cannot_be_renewed_is_refused_on_record(
    partner: Partner, by: Actor, on: date, words: str
) -> None:
    membership = Membership.enroll(partner, PackageLineFactory.create().offer, TODAY, by=by)
    with pytest.raises(NotRenewable, match=words):
        membership.renew(by=by, on=on)
    assert (
        Membership.objects.count(),
        Record.objects.filter(refused__startswith="renewed-too").count(),
    ) == (1, 1)


@rule("B1")
def test_ending_early_moves_the_last_day_and_the_benefits_30_days_after_it(
    partner: Partner, by: Actor
) -> None:
    membership = Membership.enroll(partner, PackageLineFactory.create().offer, TODAY, by=by)
    membership.end(date(2021, 6, 30), by=by, on=TODAY)
    stored = Membership.objects.get()
    assert (str(stored.ends_on), str(stored.benefits_expire_on)) == ("2021-06-30", "2021-07-30")
    assert str(Benefit.objects.get().expires_on) == "2021-07-30"
    record = Record.objects.about(stored).first()
    assert record.before == {"ends_on": "2022-05-01", "benefits_expire_on": "2022-05-31"}
    assert record.after == {"ends_on": "2021-06-30", "benefits_expire_on": "2021-07-30"}
    with pytest.raises(NotRenewable, match="ended early"):
        stored.renew(by=by, on=TODAY)


@rule("B1")
@pytest.mark.parametrize("last_day", ["2021-05-01", "2021-05-09", "2022-05-01", "2023-01-01"])
def test_a_membership_ends_early_on_a_day_still_to_come_and_never_later(
    partner: Partner, by: Actor, last_day: str
) -> None:
    membership = Membership.enroll(partner, PackageLineFactory.create().offer, TODAY, by=by)
    with pytest.raises(NotEndable, match="from May 10, 2021 to Apr 30, 2022"):
        membership.end(date.fromisoformat(last_day), by=by, on=date(2021, 5, 10))
    assert str(Membership.objects.get().ends_on) == "2022-05-01"


@rule("B2")
@pytest.mark.parametrize(
    ("withdrawn_on", "provisioned"),
    [(TODAY, False), (TODAY + timedelta(days=1), True), (None, True)],
    ids=str,
)
def test_what_the_package_withdrew_is_not_provisioned_from_that_day(
    partner: Partner, by: Actor, withdrawn_on: date | None, provisioned: bool
) -> None:
    line = PackageLineFactory.create(withdrawn_on=withdrawn_on)
    assert Membership.enroll(partner, line.offer, TODAY, by=by).benefits.exists() is provisioned


@rule("B2")
def test_the_keys_of_a_story_can_be_told_again(partner: Partner, by: Actor) -> None:
    text = key_encryption.draw()
    offer = PackageLineFactory.create().offer
    Membership.enroll(partner, offer, TODAY, by=by, draw_key=lambda: text)
    assert ProductKey.objects.typed(text, partner=partner, by=by)


@rule("B3")
def test_credit_is_in_the_partner_s_own_currency(by: Actor) -> None:
    line = PackageLineFactory.create(product__monthly=True, amount=100)
    CreditAmountFactory.create(line=line, currency="JPY", amount=10_000)
    benefit = Membership.enroll(
        PartnerFactory.create(currency="JPY"), line.offer, TODAY, by=by
    ).benefits.get()
    assert (benefit.credit_amount, benefit.currency, benefit.quantity) == (10_000, "JPY", None)


@rule("B3")
def test_a_package_without_the_partner_s_currency_is_refused_as_a_whole(by: Actor) -> None:
    line = PackageLineFactory.create(product__monthly=True)
    PackageLineFactory.create(offer=line.offer)
    with pytest.raises(NoCreditInCurrency, match="EUR"):
        Membership.enroll(PartnerFactory.create(currency="EUR"), line.offer, TODAY, by=by)
    assert not Membership.objects.exists()
    assert not Benefit.objects.exists()


@rule("B4")
@pytest.mark.parametrize(
    ("is_competency", "discontinued_on", "provisioned"),
    [
        (True, TODAY, False),
        (True, TODAY - timedelta(days=1), False),
        (True, TODAY + timedelta(days=1), True),
        (True, None, True),
        (False, TODAY, True),
    ],
    ids=[
        "since today",
        "since yesterday",
        "from tomorrow",
        "never",
        "an Action Pack may still hold it",
    ],
)
def test_a_competency_s_package_leaves_out_what_was_discontinued(
    partner: Partner,
    by: Actor,
    is_competency: bool,
    discontinued_on: date | None,
    provisioned: bool,
) -> None:
    product = ProductFactory.create(discontinued_on=discontinued_on)
    line = PackageLineFactory.create(
        product=product, offer=OfferFactory.create(is_competency=is_competency)
    )
    assert Membership.enroll(partner, line.offer, TODAY, by=by).benefits.exists() is provisioned
    assert product.is_discontinued(TODAY) == (
        discontinued_on is not None and discontinued_on <= TODAY
    )


@rule("B4")
def test_replacements_are_data(partner: Partner) -> None:
    old, e3, e5 = (
        ProductFactory.create(name=name)
        for name in ("Office 365 E3", "Microsoft 365 E3", "Microsoft 365 E5")
    )
    old.replaced_by.add(e3, e5)
    assert list(old.replaced_by.all()) == [e3, e5]
    assert not e3.replaced_by.exists(), "not the other way round"


@rule("B1")
@pytest.mark.parametrize(
    ("days", "allowed"), [(365, False), (366, True), (-365, False), (-366, True)]
)
def test_two_enrollments_in_one_offer_do_not_overlap(
    partner: Partner, by: Actor, days: int, allowed: bool
) -> None:
    offer = PackageLineFactory.create().offer
    MembershipFactory.create(partner=partner, offer=offer, starts_on=TODAY)
    if allowed:
        assert Membership.enroll(partner, offer, TODAY + timedelta(days=days), by=by)
    else:
        with pytest.raises(ValidationError, match="overlaps"):
            Membership.enroll(partner, offer, TODAY + timedelta(days=days), by=by)


@rule("B1")
def test_who_would_overlap_reads_a_day_from_which_nothing_does(partner: Partner) -> None:
    first = MembershipFactory.create(partner=partner, starts_on=TODAY)
    next_year = MembershipFactory.create(
        partner=partner, offer=first.offer, starts_on=first.ends_on + timedelta(days=1)
    )
    with pytest.raises(ValidationError) as refused:
        Membership(partner=partner, offer=first.offer, starts_on=TODAY - timedelta(days=9)).clean()
    free = as_day(next_year.ends_on + timedelta(days=1))
    [said] = refused.value.messages
    assert said.endswith(f"overlaps. Start on {free} or later.")


@rule("B2")
@pytest.mark.parametrize(
    "facts",
    [
        {"benefit_type": "core", "competency": "Cloud Platform"},
        {"benefit_type": "incremental", "competency": ""},
        {"quantity": 0},
    ],
    ids=str,
)
def test_the_database_refuses_a_package_line_that_makes_no_sense(facts: dict[str, Any]) -> None:
    line = PackageLineFactory.create()
    with pytest.raises(IntegrityError):
        PackageLine.objects.filter(pk=line.pk).update(**facts)


@rule("B2")
def test_licenses_need_a_quantity_and_credit_has_none() -> None:
    for line in (
        PackageLineFactory.build(product=ProductFactory.create(monthly=True), quantity=5),
        PackageLineFactory.create(),
    ):
        line.quantity = 5 if line.product.is_usage_based else None
        with pytest.raises(ValidationError, match="quantity"):
            line.clean()


@rule("B2")
def test_what_a_membership_has_is_neither_planned_nor_made_again() -> None:
    membership = MembershipFactory.create()
    there, missing = PackageLineFactory.create_batch(2, offer=membership.offer)
    BenefitFactory.create(membership=membership, partner=membership.partner, package_line=there)
    planned_lines = [benefit.package_line for benefit in membership.plan().benefits]
    made_lines = [benefit.package_line for benefit in membership.provision(by=Actor())]
    assert (planned_lines, made_lines) == ([missing], [missing])
