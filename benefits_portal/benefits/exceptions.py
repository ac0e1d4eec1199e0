"""Refusals about memberships and benefits.

Those about credit are in `credit_exceptions`, about keys in `key_exceptions`.
"""

from datetime import date
from typing import TYPE_CHECKING

from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.tenants.audit.refusal import Refusal

if TYPE_CHECKING:
    from .models import Benefit, Membership, PackageLine


class NoCreditInCurrency(Refusal):
    code = "no-credit-in-currency"
    rule = "B3"
    fact = gettext_lazy("The package has no amount in the partner's currency.")
    advice = gettext_lazy("Add the amount in that currency to the package, then provision again.")
    message = gettext_lazy(
        "The package of %(offer)s has no amount in %(currency)s for %(product)s."
    )

    def __init__(self, line: "PackageLine", currency: str) -> None:
        super().__init__(offer=str(line.offer), currency=currency, product=str(line.product))


class AlreadyEnrolled(Refusal):
    code = "already-enrolled"
    is_already_so = True
    rule = "B2"
    fact = gettext_lazy("The partner was enrolled from that day already.")
    message = gettext_lazy("%(partner)s is enrolled in %(offer)s from %(date)s already.")
    advice = gettext_lazy("Nothing was created.")

    def __init__(self, membership: "Membership") -> None:
        super().__init__(
            partner=str(membership.partner), offer=str(membership.offer), date=membership.starts_on
        )
        self.done_as = {"subject": membership, "after": {}}


class AlreadyRenewed(Refusal):
    code = "already-renewed"
    is_already_so = True
    rule = "B1"
    message = gettext_lazy("This membership has been renewed: the next year begins on %(date)s.")
    advice = gettext_lazy("This page shows that year.")

    def __init__(self, next_year: "Membership") -> None:
        super().__init__(date=next_year.starts_on)


class PlanChanged(Refusal):
    code = "plan-changed"
    rule = "B2"
    message = gettext_lazy("The package changed since this was shown, so nothing was made.")
    advice = gettext_lazy("Look at what it holds now, then enroll again.")


class NotRenewable(Refusal):
    """The membership cannot be renewed; each subclass says why."""

    code = "not-renewable"
    rule = "B1"
    advice = gettext_lazy("Enroll the partner again.")


class RenewedTooEarly(NotRenewable):
    code = "renewed-too-early"
    message = gettext_lazy("This membership hasn't started.")
    advice = gettext_lazy("Renew it once it has.")


class RenewedAfterEnding(NotRenewable):
    code = "renewed-after-ending"
    message = gettext_lazy("This membership was ended early.")


class RenewedTooLate(NotRenewable):
    code = "renewed-too-late"
    message = gettext_lazy("The year after this membership is over as well.")


class NotEndable(Refusal):
    """A membership can only be ended on a future day before its own end."""

    code = "not-endable"
    is_already_so = True
    rule = "B1"
    fact = gettext_lazy("The membership could not be ended on that day.")

    message = gettext_lazy("The last day can be moved to any day from %(earliest)s to %(latest)s.")
    advice = gettext_lazy("Nothing was changed.")

    def __init__(self, earliest: date, latest: date) -> None:
        super().__init__(earliest=earliest, latest=latest)


class MembershipOver(Refusal):
    code = "membership-over"
    is_already_so = True
    rule = "B1"
    message = gettext_lazy(
        "This membership has ended, or ends by itself before that could be changed."
    )
    advice = gettext_lazy("Nothing was changed.")


class BenefitNotBegun(Refusal):
    code = "benefit-not-begun"
    rule = "B1"
    fact = gettext_lazy("The benefit had not begun.")

    message = gettext_lazy("This benefit hasn't started: %(date)s is the first day to use it.")
    advice = gettext_lazy("Come back on that day.")

    def __init__(self, benefit: "Benefit") -> None:
        super().__init__(date=benefit.starts_on)


class BenefitExpired(Refusal):
    code = "benefit-expired"
    rule = "B5"
    fact = gettext_lazy("The benefit had expired.")

    message = gettext_lazy("This benefit expired: %(date)s was the last day to use it.")

    def __init__(self, benefit: "Benefit") -> None:
        super().__init__(date=benefit.expires_on)
        self.advice = after_expiring(benefit)


def _after_expiring(benefit: "Benefit") -> str:
    """What to do next: the next year, if there is one, has its own benefits.

    Assigned credit has ended (U5); subscriptions of the key go on (B5).
    """
    is_renewed = benefit.membership.renewed_as() is not None
    if benefit.is_usage_based:
        return (
            _("Use the credit of the renewed membership.")
            if is_renewed
            else _("Renew the membership to receive new credit.")
        )
    advice = (
        _("The membership has been renewed: use its new benefits.")
        if is_renewed
        else _("Renew the membership to receive new benefits.")
    )
    return f"{advice} {_('Active subscriptions continue.')}" if benefit.is_used else advice


after_expiring = lazy(_after_expiring, str)  # lazy, because it needs a query
