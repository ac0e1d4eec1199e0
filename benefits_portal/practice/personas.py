"""The people that anybody can sign in as in a demo, and what each can show."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from benefits_portal.tenants.models import Tenant, User

SHOWS: dict[str, str | Promise] = {
    "global-admin": _(
        "May do everything at a partner with two tenants: roles, people, credit, and the keys "
        "of three offers."
    ),
    "partner-admin": _(
        "Redeems keys: extends 100 licenses by 3 and by 12 months, 5 licenses by 24, and meets "
        "the 3-year limit."
    ),
    "member": _(
        "Looks at everything; what an account member may not do is there, with the reason why not."
    ),
    "guest-admin": _("A guest from another organization who holds the MPN partner admin role."),
    "no-role": _("Works there without a role: sees one page, which says who can give one."),
    "fabrikam-admin": _(
        "A Dutch partner: pages in Dutch, credit in euros, an ended subscription, a year not "
        "begun, a key to replace."
    ),
    "adventure-admin": _(
        "An admin of two partners, one with credit in yen: switching, and never acting in the "
        "wrong place."
    ),
    "support": _("Back office: may look at everything, and change nothing."),
    "programme": _(
        "Back office: enrolls partners, keeps the catalog, revokes keys and grants replacements."
    ),
}


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
    return Persona(slug, user.name, user.email, partner, role, SHOWS[slug], color)
