"""Pages about any day: `?on=2027-01-31` (H1 to H5).

A view marked `on_any_day` finds the day in `request.any_day.day` and gives it to the rules; the
frame of every page shows which day it is, and the way to another one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _

from benefits_portal.fields import validate_day
from benefits_portal.formats import as_day
from benefits_portal.typed_text import read_day

if TYPE_CHECKING:
    from .middleware import PartnerRequest

type View = Callable[..., HttpResponseBase]
PARAMETER = "on"
FILE = "csv/"  # after a page's path: its list as a file
# What else of a URL says where in a list somebody was on the other day
POSITIONS = (PARAMETER, "after", "before", "page")


@dataclass(frozen=True)
class AnyDay:
    """The day that a page is about: `as_of`, where its URL names another than `today`.

    `error` says what is wrong with the day that it names; the page is today's then.
    """

    today: date
    as_of: date | None = None
    error: str = ""
    others: list[tuple[str, str]] = field(default_factory=list)  # the rest of the URL's query

    @classmethod
    def of(cls, query: QueryDict, today: date) -> "AnyDay":
        others = [
            (name, value)
            for name, values in query.lists()
            if name not in POSITIONS
            for value in values
        ]
        try:
            day = read_parameter(query.getlist(PARAMETER))
        except ValidationError as error:
            return cls(today, None, " ".join(error.messages), others)
        return cls(today, day if day != today else None, "", others)

    @property
    def day(self) -> date:
        return self.as_of or self.today

    @property
    def is_forecast(self) -> bool:
        return self.as_of is not None and self.as_of > self.today

    @property
    def kept(self) -> dict[str, str]:
        """What links within the page carry on, by name."""
        return {PARAMETER: self.as_of.isoformat()} if self.as_of else {}

    @property
    def query(self) -> str:
        """The query string of a link to another page of the same day; empty of today."""
        return f"?{PARAMETER}={self.as_of.isoformat()}" if self.as_of else ""

    @property
    def today_query(self) -> str:
        """The query string of the same page of today."""
        query = QueryDict(mutable=True)
        for name, value in self.others:
            query.appendlist(name, value)
        return f"?{query.urlencode()}"

    @property
    def title(self) -> str:
        """Which day it is, where it is not today."""
        if self.is_forecast:
            return _("Forecast for %(day)s") % {"day": as_day(self.day)}
        return _("As it was on %(day)s") % {"day": as_day(self.day)}

    @property
    def explanation(self) -> str:
        """What a page of another day tells, and what not (H2, H4)."""
        if self.is_forecast:
            return _(
                "This is what follows if nothing is redeemed, assigned or removed until then. "
                "Nothing can be changed on this page."
            )
        return _(
            "This is what was true at the end of that day. Names, and who is disabled, are those "
            "of today, and nothing can be changed on this page."
        )


def read_parameter(days: list[str]) -> date | None:
    """The day that a URL names; None for none. Raises ValidationError."""
    if len(days) > 1:
        raise ValidationError(_("The address names more than one day."))
    if not days or not days[0]:
        return None
    day = read_day(days[0])
    validate_day(day)
    return day


def on_any_day(view: View) -> View:
    """Decorator: the page can be about any day. Its view reads only."""

    @wraps(view)
    def dated(request: "PartnerRequest", *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.any_day = AnyDay.of(request.GET, request.today)
        return view(request, *args, **kwargs)

    return dated


def instead_of_file(request: HttpRequest) -> HttpResponseRedirect:
    """To the page of a list's file, which says what is wrong with the day: a file could not."""
    page = request.path.removesuffix(FILE)
    return HttpResponseRedirect(f"{page}?{request.GET.urlencode()}")


def file_on_any_day(view: View) -> View:
    """Decorator: the file of a page that can be about any day; never of another than asked for."""

    @on_any_day
    @wraps(view)
    def clear_day_only(request: "PartnerRequest", *args: Any, **kwargs: Any) -> HttpResponseBase:
        return instead_of_file(request) if request.any_day.error else view(request, *args, **kwargs)

    return clear_day_only
