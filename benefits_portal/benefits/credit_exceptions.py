"""Refusals when credit is assigned, removed or transferred (U1 to U4)."""

from typing import Any

from django.utils.translation import gettext_lazy

from benefits_portal.tenants.audit.refusal import Refusal


class NotAssignable(Refusal):
    """A person cannot be assigned this credit; each subclass says why (U1, U4)."""

    code = "not-assignable"
    rule = "U1"
    fact = gettext_lazy("The person can't hold this credit.")
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
    message = gettext_lazy("Holds %(offer)s, which can't be combined with this credit.")


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
        """The parameters with the credit's name; old records have the product's name instead."""
        credit = CREDIT_NAMES.get(params.get("kind", ""), params.get("product", "…"))
        return super().written({"offer": params.get("offer", "…")}) | {"credit": credit}


class NotAnEmail(NotAssignable):
    code = "not-an-address"
    message = gettext_lazy("There is no email address on this line.")
    advice = gettext_lazy("Enter one like kim@contoso.com.")


class NobodyWithEmail(NotAssignable):
    code = "nobody-with-address"
    message = gettext_lazy("No one in your organization's directory has this email.")
    advice = gettext_lazy("Correct the address, or add a user entry first.")


class TwiceInList(NotAssignable):
    code = "twice-in-list"
    rule = "U2"
    message = gettext_lazy("This address is already on line %(line)s.")


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
    message = gettext_lazy("Bulk credit can't be removed.")
    advice = gettext_lazy("Transfer it to someone else instead.")


class NotTransferable(Refusal):
    """Only bulk credit is transferred, only within the enrollment year."""

    code = "not-transferable"
    rule = "U3"
    fact = gettext_lazy("The credit can't be transferred.")


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
    """The bulk credit has a holder, so it can only be transferred."""

    code = "already-held"
    rule = "U3"
    fact = gettext_lazy("The credit has a holder already.")
    message = gettext_lazy("%(name)s holds this credit; it has one holder at a time.")
    advice = gettext_lazy("Transfer it instead.")

    def confirms(self, after: dict[str, Any]) -> bool:
        # By the primary key of the directory entry
        return bool(self.params["person"] == after.get("person"))


class AssignmentEnded(Refusal):
    code = "assignment-ended"
    is_already_so = True
    rule = "U2"
    message = gettext_lazy("This assignment had already ended.")
    advice = gettext_lazy("Nothing was changed; the list below is up to date.")
