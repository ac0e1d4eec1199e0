"""Refusals of the rules about people, roles and tenants (P1 to P4, W1)."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from .audit.refusal import Refusal

if TYPE_CHECKING:
    from .models import DirectoryUser, Role


class NotPermitted(Refusal):
    code = "not-permitted"
    rule = "P3"
    fact = _("The role is read-only.")
    message = _("Your role is read-only.")
    advice = _("Ask a Global admin or an MPN partner admin of your organization.")


class ActivityForAdmins(Refusal):
    code = "activity-for-admins"
    rule = "A2"
    message = _("Activity is for admins.")
    advice = _("Ask a Global admin or an MPN partner admin of your organization.")


class OnlyGlobalAdmins(Refusal):
    code = "only-global-admins"
    rule = "P3"
    message = _(
        "Only a Global admin changes who is in the directory, who holds which role, and the "
        "tenants."
    )
    advice = _("Ask one of the Global admins of your organization.")


class FormOfAnotherTenant(Refusal):
    """A form was submitted after the person switched to another tenant.

    A tenant of another partner is not named on record (P1).
    """

    code = "form-of-another-place"
    rule = "P4"
    fact = _("The form was opened in a different tenant than it was sent from.")
    message = _("The form was opened in %(opened_in)s, but sent while working in %(sent_in)s.")
    advice = _("Open the page again.")


class BelongsElsewhere(Refusal):
    code = "belongs-elsewhere"
    rule = "P4"
    message = _("It was for something in a different tenant than the one worked in.")
    advice = _("Switch there first.")


class NothingOnAnotherDay(Refusal):
    """A form was submitted on a page about a day other than today (H4)."""

    code = "nothing-on-another-day"
    rule = "H4"
    message = _("Nothing can be changed on a page that shows another day.")
    advice = _("Open the page of today.")


# Moving to another portal


class PartnerMoving(Refusal):
    """The partner is closed while it is moved. Not recorded, since nothing may be written."""

    code = "partner-moving"
    rule = "C1"
    message = _("This partner is being moved to another portal, so nothing can be changed.")
    advice = _("Try again once it has moved. What you see is still right.")
    is_on_record = False


class PartnerMoved(Refusal):
    code = "partner-moved"
    rule = "C1"
    message = _("This partner is in another portal now.")
    is_on_record = False


class PartnerNotClosed(Refusal):
    code = "partner-not-closed"
    rule = "C1"
    message = _("This partner isn't closed for moving.")
    advice = _("Export it first.")
    is_on_record = False


# The directory


class EmailOutsideTenant(Refusal):
    """A member's address must be in the tenant's domain."""

    code = "address-outside-tenant"
    rule = "U1"
    fact = _("A member's address must be in the tenant's own domain.")

    message = _("A member's address in this tenant ends in @%(domain)s.")
    advice = _("Correct the address, or invite the person as a guest.")

    def __init__(self, domain: str) -> None:
        super().__init__(domain=domain)


class GuestFromInside(Refusal):
    code = "guest-from-inside"
    rule = "U1"
    message = _("This address is in the tenant's own domain, so the person isn't a guest there.")
    advice = _("Add the person as a member, or write the address that they have elsewhere.")


class NameOfGuest(Refusal):
    """The address is a directory's name for a guest, `john_fabrikam.example#EXT#@…` (W3)."""

    code = "name-of-guest"
    rule = "U1"
    message = _("This is a directory's internal name for a guest.")
    advice = _("Invite the person as a guest, with the address that they have elsewhere.")


class AlreadyInDirectory(Refusal):
    """The tenant already has an entry with this address: `person`."""

    code = "already-in-directory"
    is_already_so = True
    rule = "U1"
    fact = _("The tenant already has a user with this address.")
    message = _("%(name)s already has this address in %(tenant)s.")
    advice = _("Choose this user where you need them; nothing has to be added.")

    def __init__(self, person: "DirectoryUser") -> None:
        super().__init__(name=person.display_name, person=person.pk, tenant=str(person.tenant))
        self.known_as = person.display_name
        self.done_as = {"subject": person}
        if not person.is_enabled:
            self.advice = _("The user entry is disabled; enable it again instead.")

    def confirms(self, after: dict[str, Any]) -> bool:
        return self.is_already_so and self.known_as == after.get("display_name")


class AlreadyDisabled(Refusal):
    code = "already-disabled"
    is_already_so = True
    message = _("This user entry was disabled already.")
    advice = _("Nothing was changed; the page is up to date.")


class AlreadyEnabled(Refusal):
    code = "already-enabled"
    is_already_so = True
    message = _("This user entry is enabled already.")
    advice = _("Nothing was changed; the page is up to date.")


# Roles


class PersonDisabled(Refusal):
    code = "person-disabled"
    message = _("Disabled in the directory.")
    advice = _("Enable the user entry first, or choose someone else.")


class RoleAlreadyHeld(Refusal):
    code = "role-already-held"
    fact = _("The person held a role already.")
    message = _("Holds the role %(role)s already.")
    advice = _("A person has one role at a partner. Change it in the list of roles.")

    def __init__(self, role: "Role") -> None:
        super().__init__(role=role)

    def confirms(self, after: dict[str, Any]) -> bool:
        return bool(self.params["role"] == after.get("role"))

    @classmethod
    def written(cls, params: dict[str, Any]) -> dict[str, Any]:
        from .models import Role  # the models raise this

        return {"role": Role(params["role"]).label}


class LastGlobalAdmin(Refusal):
    code = "last-global-admin"
    message = _("This is the organization's last Global admin, and someone has to be one.")
    advice = _("Give the role to someone else first.")


class RoleOfOneself(Refusal):
    code = "role-of-oneself"
    rule = "P3"
    is_of_no_partner = True  # partners must not learn who has rights in the back office
    message = _("You can't give yourself a role.")
    advice = _("Ask a superuser of the back office to do it.")


class RolesOfStaff(Refusal):
    code = "roles-of-staff"
    rule = "P3"
    is_of_no_partner = True
    message = _("This person has rights in the back office, so only a superuser can change this.")
    advice = _("Ask a superuser of the back office to do it.")


class RoleGone(Refusal):
    code = "role-gone"
    is_already_so = True
    message = _("This role was changed or removed after you opened the page.")
    advice = _("Nothing was changed; the list is up to date.")


class AccountClosed(Refusal):
    code = "account-closed"
    message = _("The account of this person at the portal is closed.")
    advice = _("The program team can open it again.")


# Tenants


class AlreadyPrimary(Refusal):
    code = "already-primary"
    is_already_so = True
    message = _("This is the primary tenant already.")
    advice = _("Nothing was changed.")


class AlreadyAskedFor(Refusal):
    code = "already-asked-for"
    is_already_so = True
    message = _("Your organization has this tenant already, or has asked for it.")
    advice = _("Wait for the program team, or check the list of your tenants.")


class AlreadyDecided(Refusal):
    code = "already-decided"
    is_already_so = True
    message = _("This request was decided already.")
    advice = _("Nothing was changed.")


class DomainInUse(Refusal):
    """Shown only to the program team (P1)."""

    code = "domain-in-use"
    rule = "P1"
    message = _("There is a tenant with this domain already.")
    advice = _("Decline the request, and tell the partner what you may tell.")


class NoColorLeft(Refusal):
    code = "no-color-left"
    rule = "P4"
    message = _("Every color that tells this partner's tenants apart is in use.")
    advice = _("A partner can't have more tenants than there are colors.")
