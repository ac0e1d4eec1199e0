"""The people to sign in as in a demo, and what each is good for."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from benefits_portal.tenants.models import Role, RoleAssignment, Tenant

from .models import Persona, Room
from .situations import SHARED

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
        "Looks at everything except product keys and Activity, and changes nothing. Each locked "
        "action says why."
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
    "trainer": _("Opens classes: a room for each trainee, and what stopped them last."),
}
# In rooms of other situations: the figures above are those of Contoso
SHOWS_ELSEWHERE: dict[str, str | Promise] = {
    "partner-admin": _("Assigns credit, gets product keys and redeems them, and gives licenses."),
    "global-admin": _("Can do everything: roles, people, tenants, credit, keys and licenses."),
}
# The roles, at home, that these texts are about; the others begin without one
BEGINS_AS: dict[str, Role] = {
    "partner-admin": Role.PARTNER_ADMIN,
    "global-admin": Role.GLOBAL_ADMIN,
    "member": Role.MEMBER,
    "guest-admin": Role.PARTNER_ADMIN,
    "fabrikam-admin": Role.GLOBAL_ADMIN,
    "adventure-admin": Role.PARTNER_ADMIN,
}
TRAINER = "trainer"
START = "partner-admin"  # the persona that people are signed in as first


@dataclass(frozen=True)
class PersonaCard:
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
    is_staff: bool = False


@dataclass(frozen=True)
class PersonaGroup:
    """Cards below one heading."""

    title: str | Promise
    cards: list[PersonaCard]


def persona_groups(room: Room | None) -> list[PersonaGroup]:
    """Groups of cards: the partner of START, other partners, the program team, classes."""
    cards = personas(room)
    first = next((card.partner for card in cards if card.is_start), "")
    groups = (
        PersonaGroup(first, [card for card in cards if card.partner == first != ""]),
        PersonaGroup(
            _("Other partners"), [card for card in cards if card.partner not in ("", first)]
        ),
        PersonaGroup(
            _("Program team"), [card for card in cards if not card.partner and card.is_staff]
        ),
        PersonaGroup(
            _("Classes"), [card for card in cards if not card.partner and not card.is_staff]
        ),
    )
    return [group for group in groups if group.cards]


def personas(room: Room | None) -> list[PersonaCard]:
    """The cards of `room`, in order; two queries."""
    there = Persona.objects.filter(room=room, slug__in=SHOWS, user__is_active=True)
    is_elsewhere = room is not None and room.situation != SHARED
    shows = SHOWS | SHOWS_ELSEWHERE if is_elsewhere else SHOWS
    by_slug = {
        persona.slug: _card(persona, shows[persona.slug])
        for persona in there.select_related(
            "user__directory_user__tenant__partner"
        ).prefetch_related("user__role_assignments__partner")
    }
    return [by_slug[slug] for slug in SHOWS if slug in by_slug]


def role_label(persona: Persona, roles: list[RoleAssignment]) -> str | Promise:
    """The first of `roles` in words; without roles, what the persona is instead."""
    if roles:
        return roles[0].get_role_display()
    if persona.user.is_staff:
        return _("Back office")
    return _("Trainer") if persona.slug == TRAINER else _("No role")


def text_of(slug: str, roles: list[RoleAssignment], shows: str | Promise) -> str | Promise:
    """`shows`, unless the role was changed, given or taken away in practice: what it can do now."""
    held = Role(roles[0].role) if roles else None
    if held == BEGINS_AS.get(slug):
        return shows
    return capfirst(held.description) if held else SHOWS["no-role"]


def _card(persona: Persona, shows: str | Promise) -> PersonaCard:
    """The card of a persona; of several partners, the home partner comes first."""
    slug, user = persona.slug, persona.user
    home = user.home_partner
    roles = sorted(
        user.role_assignments.all(), key=lambda held: (held.partner != home, held.partner.name)
    )
    partner = ", ".join(held.partner.name for held in roles) or (home.name if home else "")
    color = user.directory_user.tenant.color if user.directory_user else Tenant.Color.GRAY
    return PersonaCard(
        slug=slug,
        name=user.name,
        email=user.email,
        partner=partner,
        role=role_label(persona, roles),
        shows=text_of(slug, roles, shows),
        color=color,
        is_start=slug == START,
        is_staff=user.is_staff,
    )
