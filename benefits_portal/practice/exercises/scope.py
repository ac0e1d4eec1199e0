"""Questions of exercises: what they look at, and what they find."""

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.practice.situations import own_domain
from benefits_portal.tenants.audit.refusal import Known, Refusal
from benefits_portal.tenants.models import Partner

from .names import tenant_name

type Figure = int | date


@dataclass(frozen=True)
class Scope:
    """What questions look at: the exercise's partner, since the exercise was begun.

    Days are the partner's own, whose calendar may be ahead; times are real. `suffix` and
    `generation` are the room's. `answer` is the typed figure, if a question asks for one.
    """

    partner: Partner
    suffix: str
    generation: int
    on: date
    begun_on: date
    begun_at: datetime
    answer: Figure | None = None

    def domain(self, tenant: str) -> str:
        """The domain in this room of the tenant that an exercise calls `tenant`."""
        return own_domain(tenant, self.suffix)


@dataclass(frozen=True)
class Finding:
    """The one thing that is missing: a code, and the params of its sentence (X3, X4).

    Params are numbers, ISO dates and names in the catalog; never people's names.
    """

    code: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question about a room's partner; an exercise's file gives the values of its fields.

    It reads data and changes nothing (X1). `sentences` has one for each code that it can find;
    their placeholders are the fields and the finding's params.
    """

    sentences: ClassVar[dict[str, str | Promise]]

    def find(self, scope: Scope) -> Finding | None:
        """The thing that is missing; None if nothing is. At most two queries."""
        raise NotImplementedError

    def sentence(self, code: str, params: dict[str, Any]) -> str:
        """A finding in the reader's language. Never raises: files may have changed since."""
        own = {each.name: getattr(self, each.name) for each in fields(self)}
        own = {name: value for name, value in own.items() if not isinstance(value, tuple)}
        values = Refusal.written(own | params) | readable(own | params)
        return str(self.sentences.get(code, NOT_YET) % Known(values))


NOT_YET = _("Not yet.")


def readable(params: dict[str, Any]) -> dict[str, Any]:
    """Those of `params` that are codes, in words."""
    values: dict[str, Any] = {}
    if way := params.get("way"):
        values["way"] = RedemptionKind(way).label
    if tenant := params.get("tenant"):
        values["tenant"] = tenant_name(tenant)
    if refused := params.get("refused"):
        values["refused"] = Refusal.message_of(refused)
    return values
