"""Refusals: exceptions with a sentence and advice for people, and a code for the record."""

import re
from datetime import date
from typing import Any, ClassVar

from django.utils.functional import Promise

from benefits_portal.formats import Figure, as_day
from benefits_portal.typed_text import isolated

from .context import AuditContext

ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Refusal(Exception):
    """A rule forbids what was asked. `message` is one sentence, `advice` what to do next (K7).

    Subclasses are named after the fact (`KeyAlreadyRedeemed`), and have placeholders in both texts
    for `params`: numbers, days and names, never a key (K3). The record stores `code` and params,
    and shows the message in the reader's language (A1), or `fact` if it has none. A code is never
    changed or reused, since records keep it for ever. In place of the param `name`, the record
    stores the primary key `person` or `user`.
    """

    code: str = ""
    rule: str = ""
    message: str | Promise = ""
    advice: str | Promise = ""
    fact: str | Promise = ""
    params: dict[str, Any] = {}
    is_already_so: bool = False  # what was asked for is already the case
    is_counted: bool = True  # recorded once an hour, with a count; else each time (A1)
    is_on_record: bool = True  # False if nothing can be written
    is_repeat: bool = False  # and it was the same person who did it, just now: a second click (W11)
    # It is about an account or a home elsewhere, so it is recorded at no partner (P1)
    is_of_no_partner: bool = False
    # What that act is on record with, where the attempt itself says something else
    done_as: AuditContext = {}
    by_code: ClassVar[dict[str, type["Refusal"]]] = {}

    def __init__(self, **params: Any) -> None:
        if params:
            self.params, values = params, self.written(params)
            self.message, self.advice = self.message % values, self.advice % values

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Raises TypeError for a class without its own code, or with another class's."""
        super().__init_subclass__(**kwargs)
        code = vars(cls).get("code", "")
        if not code or code in Refusal.by_code:
            raise TypeError(f"{cls.__name__} needs a code that no other refusal has: {code!r}.")
        Refusal.by_code[code] = cls

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()

    def on_record_at(self, about: AuditContext) -> AuditContext:
        """`about` without partner and tenant, if these must not learn of the refusal (P1)."""
        return {**about, "partner": None, "tenant": None} if self.is_of_no_partner else about

    def confirms(self, after: dict[str, Any]) -> bool:
        """Whether it says that what was tried, with the outcome `after`, is already the case."""
        return self.is_already_so

    @property
    def on_record(self) -> tuple[str, dict[str, Any]]:
        """The code and the params for the record."""
        return self.code, {name: self.params[name] for name in self.params if name != "name"}

    @classmethod
    def written(cls, params: dict[str, Any]) -> dict[str, Any]:
        """`params` as people write them; on record, days are texts."""
        return {name: _written(value) for name, value in params.items()}

    @classmethod
    def message_of(
        cls, code: str, params: dict[str, Any] | None = None, name: str = ""
    ) -> str | Promise:
        """The message for a recorded `code`, with the person's name in `params` as `name`.

        The code itself if it is unknown. Never raises: a value that the record does not have is
        shown as ….
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
        """The advice for a recorded `code`; never raises."""
        refusal = cls.by_code.get(code)
        return str(refusal.advice) % Known(refusal.written(params or {})) if refusal else ""


class Known(dict[str, Any]):
    """Params of a recorded refusal; missing ones are shown as …."""

    def __missing__(self, name: str) -> str:
        return "…"


def _written(value: Any) -> Any:
    if isinstance(value, int):
        return Figure(value)
    if isinstance(value, str) and ISO_DAY.fullmatch(value):
        value = date.fromisoformat(value)
    return as_day(value) if isinstance(value, date) else isolated(str(value))
