"""One event of a story: what was done, when, by whom and to what."""

from collections.abc import Sequence
from dataclasses import dataclass

from benefits_portal.tenants.audit.refusal import Refusal


class StoryError(Exception):
    """An event did not end as written; `refusal` is the one that it met, if any."""

    def __init__(self, error_text: str, refusal: Refusal | None = None) -> None:
        super().__init__(error_text)
        self.refusal = refusal


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event: `what` was done `ago` days before the story's day, `by` a persona.

    The other fields depend on `what`; `refused` is the code of the refusal that it must meet.
    """

    what: str
    by: str
    ago: int = 0
    product: str = ""
    offer: str = ""
    competency: str = ""
    tenant: str = ""
    name: str = ""
    person: str = ""
    to: str = ""
    why: str = ""
    people: Sequence[str] = ()  # to whom licenses are given, or from whom they are taken
    days: int = 0
    licenses: int = 0  # of the subscription, where its product has several in the tenant
    steps: Sequence[str] = ()  # of an order: how each key is used, and of which offer it is
    refused: str = ""
