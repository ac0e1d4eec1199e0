"""People to choose from: who can be chosen, and why the others cannot (U6)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.typed_text import isolated

if TYPE_CHECKING:
    from benefits_portal.tenants.models import DirectoryUser


class Candidate(NamedTuple):
    """Somebody in the list of people, and why they cannot be chosen, if so."""

    person: "DirectoryUser"
    refusal: Refusal | None

    @property
    def name(self) -> str:
        """Isolated, to stand within the words of a button."""
        return isolated(self.person.display_name)

    @property
    def subtitle(self) -> str:
        """What tells them from others of the same name.

        One text, for each part that a template looks up costs as much as the whole. A line ends
        after the address rather than before the tenant.
        """
        person = self.person
        tenant = isolated(person.tenant.name)
        # A tenth of what `get_kind_display` costs, for each of twenty people
        kind = type(person).Kind(person.kind).label
        return f"{person.user_principal_name} · {kind}\xa0·\xa0{tenant}"

    def row(self) -> dict[str, Any]:
        person = self.person
        return {"pk": person.pk, "called": person.display_name, "subtitle": self.subtitle}


class Choices(NamedTuple):
    """Those who can be chosen come first; the others are folded."""

    eligible: list[Candidate]
    refused: list[Candidate]
    chosen: Candidate | None = None

    @classmethod
    def of(
        cls, candidates: Iterable[Candidate], wanted: str | None, *, chooses_only_one: bool = False
    ) -> "Choices":
        """With whoever of those who can be chosen has `wanted` for primary key as `chosen`.

        Or with the only one who was found, if `chooses_only_one`.
        """
        found = list(candidates)
        eligible = [one for one in found if one.refusal is None]
        refused = [one for one in found if one.refusal is not None]
        chosen = next((one for one in eligible if str(one.person.pk) == wanted), None)
        only = eligible[0] if chooses_only_one and eligible and len(found) == 1 else None
        return cls(eligible, refused, chosen or only)

    def rows(self) -> list[dict[str, Any]]:
        """What tenants/_candidates.html writes of those who can be chosen."""
        return [
            {**one.row(), "name": one.name, "is_chosen": one is self.chosen}
            for one in self.eligible
        ]

    def refused_rows(self) -> list[dict[str, Any]]:
        """And of the others."""
        return [{**one.row(), "reason": one.refusal.message} for one in self.refused if one.refusal]
