"""Questions about assigned credit, and about roles."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from django.utils.translation import gettext_lazy as _

from benefits_portal.benefits.models import Assignment
from benefits_portal.tenants.models import RoleAssignment

from .scope import Finding, Question, Scope


class Holding(NamedTuple):
    """Credit that is assigned to a person."""

    person: str
    is_disabled: bool
    product: str
    offer: str
    competency: str


@dataclass(frozen=True, kw_only=True)
class CreditQuestion(Question):
    """A question about the credit of one offer and competency."""

    product: str
    offer: str
    competency: str = ""

    def holdings(self, scope: Scope) -> list[Holding]:
        """All assigned credit of the partner; one query."""
        running = Assignment.objects.for_partner(scope.partner).running(scope.on)
        return [
            Holding(*row)
            for row in running.order_by("pk").values_list(
                "directory_user__display_name",
                "directory_user__is_disabled",
                "benefit__product_name",
                "benefit__offer_name",
                "benefit__competency",
            )
        ]

    def is_this_credit(self, held: Holding) -> bool:
        own = (self.product, self.offer, self.competency)
        return (held.product, held.offer, held.competency) == own


@dataclass(frozen=True, kw_only=True)
class Holder(CreditQuestion):
    """Whether `person` has the credit; without a person, anyone but `other_than`."""

    sentences: ClassVar = {
        "nobody-holds": _("No one has this credit (%(offer)s)."),
        "someone-else-holds": _("Someone else has this credit (%(offer)s), not %(person)s."),
        "holds-other-credit": _("%(person)s has other credit: that of %(held)s."),
        "still-holds": _("%(other_than)s still has this credit (%(offer)s)."),
    }

    person: str = ""
    other_than: str = ""

    def find(self, scope: Scope) -> Finding | None:
        held = self.holdings(scope)
        holders = {each.person for each in held if self.is_this_credit(each)}
        if self.person in holders or (holders - {self.other_than} and not self.person):
            return None
        if self.other_than in holders:
            return Finding("still-holds")
        if other := next((each for each in held if each.person == self.person), None):
            return Finding("holds-other-credit", {"held": other.offer})
        return Finding("someone-else-holds" if holders else "nobody-holds")


@dataclass(frozen=True, kw_only=True)
class NobodyDisabled(CreditQuestion):
    """Whether no one who is disabled in the directory has the credit."""

    sentences: ClassVar = {
        "disabled-holds": _(
            "Someone who is disabled in the directory has this credit (%(offer)s)."
        ),
    }

    def find(self, scope: Scope) -> Finding | None:
        disabled = [each for each in self.holdings(scope) if each.is_disabled]
        return Finding("disabled-holds") if any(map(self.is_this_credit, disabled)) else None


@dataclass(frozen=True, kw_only=True)
class RoleHeld(Question):
    """Whether `person` has a role."""

    sentences: ClassVar = {
        "role-not-held": _("%(person)s has no role."),
        "other-role-held": _("%(person)s has another role."),
    }

    role: str
    person: str

    def find(self, scope: Scope) -> Finding | None:
        held = RoleAssignment.objects.filter(
            partner=scope.partner, user__directory_user__display_name=self.person
        )
        roles = set(held.values_list("role", flat=True))
        if self.role in roles:
            return None
        return Finding("other-role-held" if roles else "role-not-held")
