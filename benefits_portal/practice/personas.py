"""The people that anybody can sign in as in a demo, and what each can show."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from benefits_portal.tenants.models import Tenant, User

SHOWS: dict[str, str | Promise] = {
    "partner-admin": _(
        "Redeems keys: extends 100 licenses by 3 and by 12 months, 5 licenses by 24, and reaches "
        "the 3-year limit."
    ),
    "global-admin": _(
        "Can do everything at a partner with two tenants: roles, people, credit, and the keys "
        "of three offers."
    ),
    "member": _(
        "Read-only: sees everything except product keys and Activity. Each locked action says why."
    ),
    "guest-admin": _("A guest from another organization who has the MPN partner admin role."),
    "no-role": _("Has no role, and sees only who can give one."),
    "fabrikam-admin": _(
        "A Dutch partner: pages in Dutch, credit in euros, an expired subscription, a membership "
        "that hasn't started, a key to replace."
    ),
    "adventure-admin": _(
        "An admin of two partners, one with credit in yen: switch between them without mixing "
        "them up."
    ),
    "support": _("Back office: can look at everything and change nothing."),
    "programme": _(
        "Back office: enrolls partners, maintains the catalog, revokes keys and grants "
        "replacements."
    ),
}
START = "partner-admin"  # whose work the tour begins with


@dataclass(frozen=True)
class Persona:
    """One card on the sign-in page.

    `partner` is empty for the back office; `color` is the home tenant's (P4).
    """

    slug: str
    name: str
    email: str
    partner: str
    role: str | Promise
    shows: str | Promise
    color: str
    is_start: bool = False


@dataclass(frozen=True)
class PersonaGroup:
    """Cards below one heading."""

    title: str | Promise
    cards: list[Persona]


def persona_groups() -> list[PersonaGroup]:
    """The partner of START first, then other partners, then the back office."""
    cards = personas()
    first = next((card.partner for card in cards if card.is_start), "")
    groups = (
        PersonaGroup(first, [card for card in cards if card.partner == first != ""]),
        PersonaGroup(
            _("Other partners"), [card for card in cards if card.partner not in ("", first)]
        ),
        PersonaGroup(_("Program team"), [card for card in cards if not card.partner]),
    )
    return [group for group in groups if group.cards]


def personas() -> list[Persona]:
    """Whoever can be signed in as, in the order of the cards."""
    users = User.objects.filter(persona__in=SHOWS, is_active=True).select_related(
        "directory_user__tenant__partner"
    )
    by_slug = {
        user.persona: _persona(user) for user in users.prefetch_related("role_assignments__partner")
    }
    return [by_slug[slug] for slug in SHOWS if slug in by_slug]


def _persona(user: User) -> Persona:
    """With home first among several partners."""
    slug, home = user.persona or "", user.home_partner
    roles = sorted(
        user.role_assignments.all(), key=lambda held: (held.partner != home, held.partner.name)
    )
    partner = ", ".join(held.partner.name for held in roles) or (home.name if home else "")
    role = (
        roles[0].get_role_display()
        if roles
        else _("Back office")
        if user.is_staff
        else _("No role")
    )
    color = user.directory_user.tenant.color if user.directory_user else Tenant.Color.GRAY
    return Persona(slug, user.name, user.email, partner, role, SHOWS[slug], color, slug == START)
