"""Refusals: what a rule says no to, in words for the person who asked."""

import re
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from benefits_portal.formats import Figure, as_day
from benefits_portal.typed import isolated

if TYPE_CHECKING:
    from .models import DirectoryUser, Role

ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Refusal(Exception):
    """A rule said no. `message` is one clear sentence, `advice` what to do next (rule K7).

    Subclasses name the fact (`KeyAlreadyRedeemed`) and leave places in both for `facts`: numbers, days, names, never a
    key (K3). The record keeps the facts and says the message anew in each reader's language (A1); `fact` is what it says
    where it has none.
    """

    rule: str = ""
    message: str | Promise = ""
    advice: str | Promise = ""
    fact: str | Promise = ""
    facts: dict[str, Any] = {}
    is_already_so: bool = False  # what was asked for holds already, by whomever
    is_counted: bool = True  # on record once within an hour, with how often; else each time (A1)
    is_repeat: bool = False  # and it was the same person who did it, just now: a second click (W11)
    is_of_no_partner: bool = False  # about an account or a home of elsewhere: on record at no partner (P1)
    done_as: dict[str, Any] = {}  # what that act is on record with, where the attempt itself says something else
    by_name: ClassVar[dict[str, type["Refusal"]]] = {}

    def __init__(self, **facts: Any) -> None:
        if facts:
            self.facts, said = facts, self.written(facts)
            self.message, self.advice = self.message % said, self.advice % said

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        Refusal.by_name[cls.__name__] = cls

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()

    def on_record_at(self, place: dict[str, Any]) -> dict[str, Any]:
        """`place`, with its partner and tenant if these may know of the refusal (P1)."""
        return place | {"partner": None, "tenant": None} if self.is_of_no_partner else place

    def confirms(self, after: dict[str, Any]) -> bool:
        """Whether it says that what was tried, to be on record as `after`, is so already."""
        return self.is_already_so

    @property
    def on_record(self) -> tuple[str, dict[str, Any]]:
        """The name and the facts that are kept."""
        return type(self).__name__, self.facts

    @classmethod
    def written(cls, facts: dict[str, Any]) -> dict[str, Any]:
        """`facts` as people write them; on record a day is text."""
        return {name: _written(value) for name, value in facts.items()}

    @classmethod
    def words(cls, name: str, facts: dict[str, Any] | None = None) -> str | Promise:
        """What the refusal that is on record as `name` said; the name itself if the portal no longer knows it."""
        refusal = cls.by_name.get(name)
        if refusal is None:
            return name
        if facts:
            return refusal.message % refusal.written(facts)
        return vars(refusal).get("fact") or refusal.message or refusal.fact  # its own; what a kind of refusals shares says less


def _written(value: Any) -> Any:
    if isinstance(value, int):
        return Figure(value)
    if isinstance(value, str) and ISO_DAY.fullmatch(value):
        value = date.fromisoformat(value)
    return as_day(value) if isinstance(value, date) else isolated(str(value))


class NotPermitted(Refusal):
    rule = "P3"
    message = _("Your role lets you look, but not change anything here.")
    advice = _("Ask a Global admin or an MPN partner admin of your organization.")


class OnlyGlobalAdmins(Refusal):
    rule = "P3"
    message = _("Only a Global admin changes who is in the directory, who holds which role, and the tenants.")
    advice = _("Ask one of the Global admins of your organization.")


class FormOfAnotherPlace(Refusal):
    """A form was sent after its sender had switched elsewhere. A place at another partner is not named on record (P1)."""

    rule = "P4"
    fact = _("The form was opened in another place than the one acted in when it was sent.")
    message = _("The form was opened in %(opened_in)s, but sent while acting in %(sent_in)s.")
    advice = _("Open the page again.")


class BelongsElsewhere(Refusal):
    rule = "P4"
    message = _("What it was for belongs to another place than the one acted in.")
    advice = _("Switch there first.")


# The directory


class AddressOutsideTenant(Refusal):
    """A member's address is one of the tenant's own."""

    rule = "U1"
    fact = _("A member's address must be one of the tenant itself.")

    message = _("A member's address in this tenant ends in @%(domain)s.")
    advice = _("Correct the address, or invite the person as a guest.")

    def __init__(self, domain: str) -> None:
        super().__init__(domain=domain)


class GuestFromInside(Refusal):
    rule = "U1"
    message = _("This is an address of the tenant itself, so the person is no guest there.")
    advice = _("Add the person as a member, or write the address that they have elsewhere.")


class NameOfGuest(Refusal):
    """`john_fabrikam.example#EXT#@…` is what the directory of one tenant calls john@fabrikam.example (W3)."""

    rule = "U1"
    message = _("This is a directory's own name for a guest.")
    advice = _("Invite the person as a guest, with the address that they have elsewhere.")


class AlreadyInDirectory(Refusal):
    """The tenant has an entry with this address; `person` is that one."""

    is_already_so = True
    rule = "U1"
    fact = _("The tenant already has a user with this address.")
    message = _("%(name)s already has this address in %(tenant)s.")
    advice = _("Choose this user where you need them; nothing has to be added.")

    def __init__(self, person: "DirectoryUser") -> None:
        super().__init__(name=person.display_name, tenant=str(person.tenant))
        if not person.is_enabled:
            self.advice = _("The user entry is disabled; enable it again instead.")


class AlreadyDisabled(Refusal):
    is_already_so = True
    message = _("This user entry was disabled already.")
    advice = _("Nothing was changed; the page is up to date.")


class AlreadyEnabled(Refusal):
    is_already_so = True
    message = _("This user entry is enabled already.")
    advice = _("Nothing was changed; the page is up to date.")


# Roles


class PersonDisabled(Refusal):
    message = _("Disabled in the directory.")
    advice = _("Enable the user entry first, or choose somebody else.")


class RoleAlreadyHeld(Refusal):
    fact = _("The person held a role already.")
    message = _("Holds the role %(role)s already.")
    advice = _("Somebody has one role at a partner; change it in the list of roles.")

    def __init__(self, role: "Role") -> None:
        super().__init__(role=role)

    def confirms(self, after: dict[str, Any]) -> bool:
        return bool(self.facts["role"] == after.get("role"))

    @classmethod
    def written(cls, facts: dict[str, Any]) -> dict[str, Any]:
        from .models import Role  # the models raise this

        return {"role": Role(facts["role"]).label}


class LastGlobalAdmin(Refusal):
    message = _("This is the organization's last Global admin, and somebody has to be one.")
    advice = _("Give the role to somebody else first.")


class RoleGone(Refusal):
    is_already_so = True
    message = _("This role was changed or taken away after you opened the page.")
    advice = _("Nothing was changed; the list is up to date.")


class AccountClosed(Refusal):
    message = _("The account of this person at the portal is closed.")
    advice = _("The program's staff can open it again.")


# Tenants


class AlreadyPrimary(Refusal):
    is_already_so = True
    message = _("This is the primary tenant already.")
    advice = _("Nothing was changed.")


class AlreadyAskedFor(Refusal):
    is_already_so = True
    message = _("Your organization has this tenant already, or has asked for it.")
    advice = _("Wait for the program's staff, or look at the list of your tenants.")


class AlreadyDecided(Refusal):
    is_already_so = True
    message = _("This request was decided already.")
    advice = _("Nothing was changed.")


class DomainInUse(Refusal):
    """Only ever told to the program's staff (P1)."""

    rule = "P1"
    message = _("There is a tenant with this domain already.")
    advice = _("Decline the request, and tell the partner what you may tell.")


class NoColourLeft(Refusal):
    rule = "P4"
    message = _("Every color that tells this partner's tenants apart is in use.")
    advice = _("A partner has as many tenants as there are colors.")
