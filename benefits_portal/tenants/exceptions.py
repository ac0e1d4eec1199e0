"""Refusals: what a rule says no to, in words for the person who asked."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from .models import DirectoryUser, Role


class Refusal(Exception):
    """A rule said no. `message` is one clear sentence, `advice` what to do next (rule K7).

    Subclasses name the fact (`KeyAlreadyRedeemed`) and write both as properties where they need numbers or names;
    then `fact` says the same without them, for the record, which keeps the name alone.
    """

    rule: str = ""
    message: str | Promise = ""
    advice: str | Promise = ""
    fact: str | Promise = ""
    by_name: ClassVar[dict[str, type["Refusal"]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Refusal.by_name[cls.__name__] = cls

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()

    @classmethod
    def words(cls, name: str) -> str | Promise:
        """What the refusal that is on record as `name` said; the name itself if the portal no longer knows it."""
        refusal = cls.by_name.get(name)
        return (refusal.fact or refusal.message) if refusal else name


class NotPermitted(Refusal):
    rule = "P3"
    message = _("Your role lets you look, but not change anything here.")
    advice = _("Ask a Global admin or an MPN partner admin of your organisation.")


class OnlyGlobalAdmins(Refusal):
    rule = "P3"
    message = _("Only a Global admin changes who is in the directory, who holds which role, and the tenants.")
    advice = _("Ask one of the Global admins of your organisation.")


# The directory


class AddressOutsideTenant(Refusal):
    """A member's address is one of the tenant's own."""

    rule = "U1"
    fact = _("A member's address must be one of the tenant itself.")

    def __init__(self, domain: str) -> None:
        self.domain = domain

    @property
    def message(self) -> str:  # type: ignore[override]
        return _now("A member's address in this tenant ends in @%(domain)s.") % {"domain": self.domain}

    @property
    def advice(self) -> str:  # type: ignore[override]
        return _now("Correct the address, or invite the person as a guest.")


class GuestFromInside(Refusal):
    rule = "U1"
    message = _("This is an address of the tenant itself, so the person is no guest there.")
    advice = _("Add the person as a member, or write the address that they have elsewhere.")


class AlreadyInDirectory(Refusal):
    """The tenant has an entry with this address; `person` is that one."""

    rule = "U1"
    fact = _("The tenant already has a user with this address.")

    def __init__(self, person: "DirectoryUser") -> None:
        self.person = person

    @property
    def message(self) -> str:  # type: ignore[override]
        return _now("%(name)s already has this address in %(tenant)s.") % {"name": self.person.display_name, "tenant": self.person.tenant}

    @property
    def advice(self) -> str:  # type: ignore[override]
        if self.person.is_enabled:
            return _now("Choose this user where you need them; nothing has to be added.")
        return _now("The user entry is disabled; enable it again instead.")


class AlreadyDisabled(Refusal):
    message = _("This user entry was disabled already.")
    advice = _("Nothing was changed; the page is up to date.")


class AlreadyEnabled(Refusal):
    message = _("This user entry is enabled already.")
    advice = _("Nothing was changed; the page is up to date.")


# Roles


class PersonDisabled(Refusal):
    message = _("Disabled in the directory.")
    advice = _("Enable the user entry first, or choose somebody else.")


class RoleAlreadyHeld(Refusal):
    fact = _("The person held a role already.")

    def __init__(self, role: "Role") -> None:
        self.role = role

    @property
    def message(self) -> str:  # type: ignore[override]
        return _now("Holds the role %(role)s already.") % {"role": self.role.label}

    @property
    def advice(self) -> str:  # type: ignore[override]
        return _now("Somebody has one role at a partner; change it in the list of roles.")


class LastGlobalAdmin(Refusal):
    message = _("This is the organisation's last Global admin, and somebody has to be one.")
    advice = _("Give the role to somebody else first.")


class RoleGone(Refusal):
    message = _("This role was changed or taken away meanwhile.")
    advice = _("Nothing was changed; the list is up to date.")


class AccountClosed(Refusal):
    message = _("The account of this person at the portal is closed.")
    advice = _("The programme's staff can open it again.")


# Tenants


class AlreadyPrimary(Refusal):
    message = _("This is the primary tenant already.")
    advice = _("Nothing was changed.")


class AlreadyAskedFor(Refusal):
    message = _("Your organisation has this tenant already, or has asked for it.")
    advice = _("Wait for the programme's staff, or look at the list of your tenants.")


class AlreadyDecided(Refusal):
    message = _("This request was decided already.")
    advice = _("Nothing was changed.")


class DomainInUse(Refusal):
    """Only ever told to the programme's staff (P1)."""

    rule = "P1"
    message = _("There is a tenant with this domain already.")
    advice = _("Decline the request, and tell the partner what you may tell.")


class NoColourLeft(Refusal):
    rule = "P4"
    message = _("Every colour that tells this partner's tenants apart is in use.")
    advice = _("A partner has as many tenants as there are colours.")
