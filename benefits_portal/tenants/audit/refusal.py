"""Refusals: what a rule says no to, in words for the person who asked, and on record by a code."""

import re
from datetime import date
from typing import Any, ClassVar

from django.utils.functional import Promise

from benefits_portal.formats import Figure, as_day
from benefits_portal.typed_text import isolated

from .context import AuditContext

ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Refusal(Exception):
    """A rule said no. `message` is one clear sentence, `advice` what to do next (rule K7).

    Subclasses name the fact (`KeyAlreadyRedeemed`) and leave placeholders in both for `params`:
    numbers, days, names, never a key (K3). The record keeps the `code` and the facts, and says the
    message in each reader's language (A1); `fact` is what it says where it has none. A code is
    never changed nor used again: records have it for good. The param `name` is somebody's: the
    record keeps who it was instead, the primary key `person` or `user`.
    """

    code: str = ""
    rule: str = ""
    message: str | Promise = ""
    advice: str | Promise = ""
    fact: str | Promise = ""
    params: dict[str, Any] = {}
    is_already_so: bool = False  # what was asked for holds already, by whomever
    is_counted: bool = True  # on record once within an hour, with how often; else each time (A1)
    is_on_record: bool = True  # False where nothing can be written
    is_repeat: bool = False  # and it was the same person who did it, just now: a second click (W11)
    # About an account or a home of elsewhere: on record at no partner (P1)
    is_of_no_partner: bool = False
    # What that act is on record with, where the attempt itself says something else
    done_as: AuditContext = {}
    by_code: ClassVar[dict[str, type["Refusal"]]] = {}

    def __init__(self, **params: Any) -> None:
        if params:
            self.params, values = params, self.written(params)
            self.message, self.advice = self.message % values, self.advice % values

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Raises TypeError for a class without a code of its own, or with one that another has."""
        super().__init_subclass__(**kwargs)
        code = vars(cls).get("code", "")
        if not code or code in Refusal.by_code:
            raise TypeError(f"{cls.__name__} needs a code that no other refusal has: {code!r}.")
        Refusal.by_code[code] = cls

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()

    def on_record_at(self, about: AuditContext) -> AuditContext:
        """`about`, with its partner and tenant if these may know of the refusal (P1)."""
        return {**about, "partner": None, "tenant": None} if self.is_of_no_partner else about

    def confirms(self, after: dict[str, Any]) -> bool:
        """Whether it says that what was tried, to be on record as `after`, is so already."""
        return self.is_already_so

    @property
    def on_record(self) -> tuple[str, dict[str, Any]]:
        """The code and the facts that are kept."""
        return self.code, {name: self.params[name] for name in self.params if name != "name"}

    @classmethod
    def written(cls, params: dict[str, Any]) -> dict[str, Any]:
        """`params` as people write them; on record a day is text."""
        return {name: _written(value) for name, value in params.items()}

    @classmethod
    def message_of(
        cls, code: str, params: dict[str, Any] | None = None, name: str = ""
    ) -> str | Promise:
        """What the refusal that is on record as `code` said, of whoever is in `params` as `name`.

        The code itself if the portal no longer knows it. Never raises: a message that has changed
        since shows … for what the record does not hold.
        """
        refusal = cls.by_code.get(code)
        if refusal is None:
            return code
        if params and (name or not params.keys() & {"person", "user"}):
            return refusal.message % Known(refusal.written(params | {"name": name}))
        # Its own; what a kind of refusals shares says less
        return vars(refusal).get("fact") or refusal.message or refusal.fact

    @classmethod
    def advice_of(cls, code: str, params: dict[str, Any] | None = None) -> str:
        """What the refusal that is on record as `code` said to do next; never raises."""
        refusal = cls.by_code.get(code)
        return str(refusal.advice) % Known(refusal.written(params or {})) if refusal else ""


class Known(dict[str, Any]):
    """Facts on record; what is not among them is left open."""

    def __missing__(self, name: str) -> str:
        return "…"


def _written(value: Any) -> Any:
    if isinstance(value, int):
        return Figure(value)
    if isinstance(value, str) and ISO_DAY.fullmatch(value):
        value = date.fromisoformat(value)
    return as_day(value) if isinstance(value, date) else isolated(str(value))
