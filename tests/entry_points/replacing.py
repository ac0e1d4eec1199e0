"""Another key for one redeemed by mistake: asked for, granted, declined (K8)."""

from datetime import timedelta

from benefits_portal.benefits.exceptions import BenefitExpired
from benefits_portal.benefits.key_exceptions import KeyRevoked
from benefits_portal.benefits.models import Benefit, ProductKey
from benefits_portal.licensing.exceptions import (
    BuiltOnSince,
    NotAReplacement,
    ReplacedOnRequestBefore,
    ReplacementAskedAlready,
    ReplacementTooLate,
)
from benefits_portal.licensing.models import Order, Redemption, Replacement, Subscription
from benefits_portal.licensing.models.order_replacement import ask_for_order
from benefits_portal.licensing.models.replacing_again import replace_again
from benefits_portal.licensing.order_exceptions import BuiltOnInOrder
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.tenants.exceptions import AlreadyDecided
from tests import factories
from tests.back_office.conftest import page
from tests.factories import TODAY
from tests.partner_fixture import PartnerFixture

from .keys import YESTERDAY
from .operations import Arguments, Driver, Operation, by_verb

ASK_FOR_ORDER = Operation("ask for replacements for a whole order")
ASK, GRANT, DECLINE = (
    Operation("ask for a replacement"),
    Operation("grant a replacement"),
    Operation("decline a replacement"),
)
AGAIN = Operation("replace a key that is a replacement")


@ASK.entry_point("page licensing:replacement")
def ask_on_the_page(driver: Driver, redemption: Redemption) -> str:
    return driver.portal("licensing:replacement", redemption.pk, why="Wrong tenant")


@ASK.entry_point("verb ReplacementQuerySet.ask")
def ask_by_verb(driver: Driver, redemption: Redemption) -> str:
    return by_verb(
        lambda: Replacement.objects.ask(redemption, "Wrong tenant", by=driver.by, on=TODAY)
    )


@ASK_FOR_ORDER.entry_point("page licensing:order-replacement")
def ask_for_order_on_the_page(driver: Driver, order: Order) -> str:
    return driver.portal("licensing:order-replacement", order.pk, why="Wrong tenant")


@ASK_FOR_ORDER.entry_point("verb ask_for_order")
def ask_for_order_by_verb(driver: Driver, order: Order) -> str:
    return by_verb(lambda: ask_for_order(order, "Wrong tenant", by=driver.by, on=TODAY))


@ASK_FOR_ORDER.refused("O14", BuiltOnSince)
def of_which_something_was_built_on(sample: PartnerFixture) -> Arguments:
    subscription = sample.order.subscription
    subscription.extend(factories.key_for(subscription, 1), by=sample.by, on=TODAY)
    return {"order": Order.objects.for_display().get(pk=sample.order.pk)}


@ASK_FOR_ORDER.refused("K8", ReplacementAskedAlready)
def of_which_a_step_was_asked_for(sample: PartnerFixture) -> Arguments:
    last = sample.order.in_order()[1]
    Replacement.objects.ask(last, "Wrong tenant", by=sample.by, on=TODAY)
    return {"order": Order.objects.for_display().get(pk=sample.order.pk)}


@ASK.refused("O14", BuiltOnInOrder)
def of_a_step_that_two_others_follow(sample: PartnerFixture) -> Arguments:
    subscription = sample.order.subscription
    kinds = (RedemptionKind.EXTEND, RedemptionKind.ADD, RedemptionKind.EXTEND)
    return {"redemption": factories.order(*kinds, subscription=subscription).in_order()[0]}


@GRANT.entry_point("action licensing.replacement grant")
def grant(driver: Driver, asked: Replacement) -> str:
    return driver.action("grant", asked)


@GRANT.entry_point("office licensing_replacement_grant, opened")
def open_grant_of_asked(driver: Driver, asked: Replacement) -> str:
    return driver.look("programme", page(Replacement, "grant", asked.pk))


@GRANT.entry_point("office licensing_replacement_grant")
def grant_on_page_of_asked(driver: Driver, asked: Replacement) -> str:
    return driver.office(Replacement, "grant", asked.pk)


@GRANT.entry_point("verb Replacement.grant")
def grant_by_verb(driver: Driver, asked: Replacement) -> str:
    return by_verb(lambda: asked.grant(by=driver.by, on=TODAY))


@DECLINE.entry_point("action licensing.replacement decline")
def decline(driver: Driver, asked: Replacement) -> str:
    return driver.action("decline", asked)


@DECLINE.entry_point("office licensing_replacement_decline, opened")
def open_decline_of_asked(driver: Driver, asked: Replacement) -> str:
    return driver.look("programme", page(Replacement, "decline", asked.pk))


@DECLINE.entry_point("office licensing_replacement_decline")
def decline_on_page_of_asked(driver: Driver, asked: Replacement) -> str:
    return driver.office(Replacement, "decline", asked.pk)


@DECLINE.entry_point("verb Replacement.decline")
def decline_by_verb(driver: Driver, asked: Replacement) -> str:
    return by_verb(lambda: asked.decline("No", by=driver.by))


@AGAIN.entry_point("action licensing.redemption replace_again")
def replace_again_from_the_list(driver: Driver, redemption: Redemption) -> str:
    return driver.action("replace_again", redemption)


@AGAIN.entry_point("office licensing_redemption_replace_again, opened")
def open_replace_again_of_redemption(driver: Driver, redemption: Redemption) -> str:
    return driver.look("programme", page(Redemption, "replace_again", redemption.pk))


@AGAIN.entry_point("office licensing_redemption_replace_again")
def replace_again_on_page_of_redemption(driver: Driver, redemption: Redemption) -> str:
    return driver.office(Redemption, "replace_again", redemption.pk)


@AGAIN.entry_point("verb replace_again")
def replace_again_by_verb(driver: Driver, redemption: Redemption) -> str:
    return by_verb(lambda: replace_again(redemption, "Lost", by=driver.by, on=TODAY))


def redemption(sample: PartnerFixture) -> Redemption:
    return Redemption.objects.for_display().select_related("partner").get(pk=sample.redemption.pk)


def asked_for(sample: PartnerFixture) -> Replacement:
    return Replacement.objects.ask(redemption(sample), "Wrong tenant", by=sample.by, on=TODAY)


def of_a_replacement(sample: PartnerFixture) -> Redemption:
    key = asked_for(sample).grant(by=sample.by, on=TODAY)
    redemption = Subscription.activate(key, sample.tenant, by=sample.by, on=TODAY)
    return Redemption.objects.for_display().select_related("partner").get(pk=redemption.pk)


def build_on(sample: PartnerFixture) -> None:
    sample.subscription.add_licenses(sample.fitting, by=sample.by, on=TODAY)


def expire_its_benefit(sample: PartnerFixture) -> None:
    Benefit.objects.filter(pk=sample.redemption.key.benefit_id).update(expires_on=YESTERDAY)


@ASK.refused("K8", ReplacementTooLate)
def after_thirty_days(sample: PartnerFixture) -> Arguments:
    key = factories.issue_key(partner=sample.partner)
    return {
        "redemption": Subscription.activate(
            key, sample.tenant, by=sample.by, on=TODAY - timedelta(days=31)
        )
    }


@ASK.refused("K8", ReplacementAskedAlready)
def a_second_time(sample: PartnerFixture) -> Arguments:
    asked_for(sample)
    return {"redemption": redemption(sample)}


@ASK.refused("K8", BuiltOnSince)
def after_something_was_built_on_it(sample: PartnerFixture) -> Arguments:
    build_on(sample)
    return {"redemption": redemption(sample)}


@ASK.refused("B5", BenefitExpired)
def when_a_new_key_would_be_of_no_use(sample: PartnerFixture) -> Arguments:
    expire_its_benefit(sample)
    return {"redemption": redemption(sample)}


@ASK.refused("K8", ReplacedOnRequestBefore)
def for_a_key_that_is_a_replacement(sample: PartnerFixture) -> Arguments:
    return {"redemption": of_a_replacement(sample)}


@GRANT.refused("K8", ReplacedOnRequestBefore)
def what_was_asked_before_the_rule_bound_once(sample: PartnerFixture) -> Arguments:
    facts = {"partner": sample.partner, "tenant": sample.tenant, "why": "Wrong again"}
    return {"asked": Replacement.objects.create(redemption=of_a_replacement(sample), **facts)}


@AGAIN.refused("K8", NotAReplacement)
def what_was_never_replaced(sample: PartnerFixture) -> Arguments:
    return {"redemption": redemption(sample)}


@AGAIN.refused("K8", BuiltOnSince)
def what_was_built_on_after_it_was_replaced(sample: PartnerFixture) -> Arguments:
    theirs = of_a_replacement(sample)
    theirs.subscription.extend(factories.key_for(theirs.subscription), by=sample.by, on=TODAY)
    return {"redemption": theirs}


@GRANT.refused("K8", AlreadyDecided)
def what_was_declined(sample: PartnerFixture) -> Arguments:
    asked = asked_for(sample)
    asked.decline("No", by=sample.by)
    return {"asked": asked}


@GRANT.refused("K8", BuiltOnSince)
def what_was_built_on_since(sample: PartnerFixture) -> Arguments:
    asked = asked_for(sample)
    build_on(sample)
    return {"asked": asked}


@GRANT.refused("K8", KeyRevoked)
def what_was_revoked_since(sample: PartnerFixture) -> Arguments:
    asked = asked_for(sample)
    ProductKey.objects.filter(pk=sample.redemption.key_id).update(
        revoked_at=factories.NOW, revoked_why="Lost"
    )
    return {"asked": asked}


@GRANT.refused("B5", BenefitExpired)
def what_expired_since(sample: PartnerFixture) -> Arguments:
    asked = asked_for(sample)
    expire_its_benefit(sample)
    return {"asked": Replacement.objects.for_display().get(pk=asked.pk)}


@DECLINE.refused("K8", AlreadyDecided)
def what_was_granted(sample: PartnerFixture) -> Arguments:
    asked = asked_for(sample)
    asked.grant(by=sample.by, on=TODAY)
    return {"asked": asked}
