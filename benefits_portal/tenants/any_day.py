"""Pages about any day: `?on=2027-01-31` (H1 to H5).

A view marked `on_any_day` finds the day in `request.any_day.day` and passes it to the rules. The
frame of every page shows which day it is, and how to choose another one.
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
# Parameters of a position in a list, which is another one on another day
POSITIONS = (PARAMETER, "after", "before", "page")


@dataclass(frozen=True)
class AnyDay:
    """The day that a page is about: `as_of` if the URL names a day other than `today`.

    `error` is what is wrong with the day in the URL; the page is then about today.
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
        """The parameters that links within the page carry along, by name."""
        return {PARAMETER: self.as_of.isoformat()} if self.as_of else {}

    @property
    def query(self) -> str:
        """The query string for links to other pages of the same day; empty for today."""
        return f"?{PARAMETER}={self.as_of.isoformat()}" if self.as_of else ""

    @property
    def today_query(self) -> str:
        """The query string of this page for today."""
        query = QueryDict(mutable=True)
        for name, value in self.others:
            query.appendlist(name, value)
        return f"?{query.urlencode()}"

    @property
    def title(self) -> str:
        """The day in words; empty for today."""
        if self.is_forecast:
            return _("Forecast for %(day)s") % {"day": as_day(self.day)}
        return _("As it was on %(day)s") % {"day": as_day(self.day)}

    @property
    def explanation(self) -> str:
        """What a page of another day shows, and what it does not (H2, H4)."""
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
    """The day in a URL; None if there is none. Raises ValidationError."""
    if len(days) > 1:
        raise ValidationError(_("The address names more than one day."))
    if not days or not days[0]:
        return None
    day = read_day(days[0])
    validate_day(day)
    return day


def on_any_day(view: View) -> View:
    """Decorator: the page can be about any day. The view must only read."""

    @wraps(view)
    def dated(request: "PartnerRequest", *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.any_day = AnyDay.of(request.GET, request.today)
        return view(request, *args, **kwargs)

    return dated


def instead_of_file(request: HttpRequest) -> HttpResponseRedirect:
    """Redirect to the page of a list's file, which can show what is wrong with the day."""
    page = request.path.removesuffix(FILE)
    return HttpResponseRedirect(f"{page}?{request.GET.urlencode()}")


def file_on_any_day(view: View) -> View:
    """Decorator: the file of such a page; redirects if the day is invalid."""

    @on_any_day
    @wraps(view)
    def clear_day_only(request: "PartnerRequest", *args: Any, **kwargs: Any) -> HttpResponseBase:
        return instead_of_file(request) if request.any_day.error else view(request, *args, **kwargs)

    return clear_day_only
