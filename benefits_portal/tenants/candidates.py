"""People to choose from: who can be chosen, and why the others cannot (U6)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

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
        return f"{person.user_principal_name} · {person.get_kind_display()}\xa0·\xa0{tenant}"


class Choices(NamedTuple):
    """Those who can be chosen come first; the others are folded."""

    eligible: list[Candidate]
    refused: list[Candidate]

    @classmethod
    def of(cls, candidates: Iterable[Candidate]) -> "Choices":
        found = list(candidates)
        return cls(
            [one for one in found if one.refusal is None],
            [one for one in found if one.refusal is not None],
        )

    def chosen(self, wanted: str | None) -> Candidate | None:
        """Whoever of those who can be chosen has `wanted` for primary key, if anybody."""
        return next((one for one in self.eligible if str(one.person.pk) == wanted), None)
