"""What this app's rules say no to, in words for whoever asked; of keys see `key_exceptions`."""

from datetime import date
from typing import TYPE_CHECKING, Any

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
    advice = gettext_lazy("Nothing was made.")

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
    """There is no year to enroll for after this one; each subclass says why."""

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
    """A membership ends early on a day that is still to come."""

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
        self.advice = lazy(_after_expiring, str)(benefit)  # asked only where it is shown


def _after_expiring(benefit: "Benefit") -> str:
    """What to do next: the further year, if there is one by now, has benefits of its own.

    Assigned credit ended (U5); licenses that the key brought go on (B5).
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


# Usage-based benefits


class NotAssignable(Refusal):
    """Somebody cannot be given this credit; each kind says which fact forbids it (U1, U4)."""

    code = "not-assignable"
    rule = "U1"
    fact = gettext_lazy("The person cannot hold this credit.")
    advice = gettext_lazy("Choose someone else.")


class NotInDirectory(NotAssignable):
    code = "not-in-directory"
    message = gettext_lazy("Not in your organization's directory.")
    advice = gettext_lazy("Add a user entry in one of your tenants first.")


class EntryDisabled(NotAssignable):
    code = "entry-disabled"
    message = gettext_lazy("Disabled in the directory.")
    advice = gettext_lazy("Enable the user entry first, or choose someone else.")


class HoldsItAlready(NotAssignable):
    code = "holds-it-already"
    is_already_so = True
    rule = "U2"
    message = gettext_lazy("Holds this credit already.")


class HoldsIncompatibleOffer(NotAssignable):
    code = "holds-incompatible-offer"
    rule = "U4"
    message = gettext_lazy("Holds %(offer)s, which cannot be combined with this credit.")


CREDIT_NAMES = {
    "monthly-credit": gettext_lazy("monthly Azure credit"),
    "bulk-credit": gettext_lazy("Azure bulk credit"),
}


class HoldsIncompatibleCredit(NotAssignable):
    code = "holds-incompatible-credit"
    rule = "U4"
    fact = gettext_lazy("Already has other credit.")

    message = gettext_lazy(
        "Already has %(credit)s (%(offer)s). Bulk credit can't be combined with other credit."
    )

    def __init__(self, *, kind: str, offer: str) -> None:
        super().__init__(kind=kind, offer=offer)

    @classmethod
    def written(cls, params: dict[str, Any]) -> dict[str, Any]:
        """The kind of credit by its name; the record kept the product's before."""
        credit = CREDIT_NAMES.get(params.get("kind", ""), params.get("product", "…"))
        return super().written({"offer": params.get("offer", "…")}) | {"credit": credit}


class NotAnEmail(NotAssignable):
    code = "not-an-address"
    message = gettext_lazy("There is no email address on this line.")
    advice = gettext_lazy("Write one as in kim@contoso.com.")


class NobodyWithEmail(NotAssignable):
    code = "nobody-with-address"
    message = gettext_lazy("No one in your organization's directory has this email.")
    advice = gettext_lazy("Correct the address, or add a user entry first.")


class TwiceInList(NotAssignable):
    code = "twice-in-list"
    rule = "U2"
    message = gettext_lazy("The list has this address before, on line %(line)s.")


class OneHolderOnly(NotAssignable):
    code = "one-holder-only"
    rule = "U3"
    message = gettext_lazy(
        "Bulk credit has one holder at a time, so it is not assigned to a list of people."
    )
    advice = gettext_lazy("Assign it to one person.")


class LicensesNotAssigned(NotAssignable):
    code = "licenses-not-assigned"
    message = gettext_lazy("Licenses are not assigned here: this benefit has a product key.")


NO_SUCH_PERSON = gettext_lazy(
    "There is no such person in your organization's directory. Choose a person from the list. "
    "Who is not in it needs a "
    "user entry in one of your tenants first; a Global admin adds it."  # U1
)


class NotRemovable(Refusal):
    code = "not-removable"
    rule = "U3"
    message = gettext_lazy("Bulk credit cannot be removed.")
    advice = gettext_lazy("Transfer it to someone else instead.")


class NotTransferable(Refusal):
    """Only bulk credit is transferred, only within the enrollment year."""

    code = "not-transferable"
    rule = "U3"
    fact = gettext_lazy("The credit cannot be transferred.")


class MonthlyNotTransferred(NotTransferable):
    code = "monthly-not-transferred"
    message = gettext_lazy("Monthly credit is not transferred.")
    advice = gettext_lazy("Remove it here and assign it to someone else.")


class EnrollmentYearOver(NotTransferable):
    code = "enrollment-year-over"
    message = gettext_lazy(
        "The enrollment year ended on %(date)s; bulk credit is transferred within it only."
    )
    advice = gettext_lazy("The holder keeps it until the benefit expires.")


class AlreadyHeld(Refusal):
    """The bulk credit has a holder: it is transferred, not assigned again."""

    code = "already-held"
    rule = "U3"
    fact = gettext_lazy("The credit has a holder already.")
    message = gettext_lazy("%(name)s holds this credit; it has one holder at a time.")
    advice = gettext_lazy("Transfer it instead.")

    def confirms(self, after: dict[str, Any]) -> bool:
        # By the number of the entry in the directory
        return bool(self.params["person"] == after.get("person"))


class AssignmentEnded(Refusal):
    code = "assignment-ended"
    is_already_so = True
    rule = "U2"
    message = gettext_lazy("This assignment had already ended.")
    advice = gettext_lazy("Nothing was changed; the list below is up to date.")
