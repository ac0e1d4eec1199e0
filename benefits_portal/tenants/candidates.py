"""People to choose from: who can be chosen, and why the others cannot (U6)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.typed_text import isolated

if TYPE_CHECKING:
    from benefits_portal.tenants.models import DirectoryUser


class Candidate(NamedTuple):
    """A person in a list to choose from, with the reason if they cannot be chosen."""

    person: "DirectoryUser"
    refusal: Refusal | None

    @property
    def name(self) -> str:
        """The name, isolated for use within a button's text."""
        return isolated(self.person.display_name)

    @property
    def subtitle(self) -> str:
        """What distinguishes the person from others of the same name.

        One text, because each template lookup is expensive. Lines break after the address.
        """
        person = self.person
        tenant = isolated(person.tenant.name)
        # Ten times as fast as `get_kind_display`, for each of twenty people
        kind = type(person).Kind(person.kind).label
        return f"{person.user_principal_name} · {kind}\xa0·\xa0{tenant}"

    def row(self) -> dict[str, Any]:
        person = self.person
        return {"pk": person.pk, "called": person.display_name, "subtitle": self.subtitle}


class Choices(NamedTuple):
    """People to choose from: first those who can be chosen; the others are folded away."""

    eligible: list[Candidate]
    refused: list[Candidate]
    chosen: Candidate | None = None

    @classmethod
    def of(
        cls, candidates: Iterable[Candidate], wanted: str | None, *, chooses_only_one: bool = False
    ) -> "Choices":
        """Choices with one `chosen`: the one with the primary key `wanted`.

        Or the only one found, if `chooses_only_one`.
        """
        found = list(candidates)
        eligible = [one for one in found if one.refusal is None]
        refused = [one for one in found if one.refusal is not None]
        chosen = next((one for one in eligible if str(one.person.pk) == wanted), None)
        only = eligible[0] if chooses_only_one and eligible and len(found) == 1 else None
        return cls(eligible, refused, chosen or only)

    def rows(self) -> list[dict[str, Any]]:
        """The rows of tenants/_candidates.html for people who can be chosen."""
        return [
            {**one.row(), "name": one.name, "is_chosen": one is self.chosen}
            for one in self.eligible
        ]

    def refused_rows(self) -> list[dict[str, Any]]:
        """The rows for people who cannot be chosen."""
        return [{**one.row(), "reason": one.refusal.message} for one in self.refused if one.refusal]
