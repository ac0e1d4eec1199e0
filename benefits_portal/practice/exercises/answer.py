"""Questions that are answered by typing a figure from the portal's pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from benefits_portal.typed_numbers import read_number
from benefits_portal.typed_text import read_day

from .scope import Figure, Finding, Question, Scope

NOTHING_LEFT = "nothing-to-find"


@dataclass(frozen=True)
class Figures:
    """The `right` figure, and typical `mistakes` by the code of their finding."""

    right: Figure
    mistakes: Mapping[str, Figure] = field(default_factory=dict)

    def typed_for(self, code: str) -> str:
        """A text to type that leads to the finding `code`; the right figure for an empty code."""
        if code == "no-answer":
            return ""
        if not code:
            return written(self.right)
        return written(self.mistakes.get(code, self._another))

    @property
    def _another(self) -> Figure:
        """A figure that is neither right nor one of `mistakes`."""
        taken, figure = {self.right, *self.mistakes.values()}, self.right
        while figure in taken:
            figure = figure + timedelta(days=1) if isinstance(figure, date) else figure + 1
        return figure


@dataclass(frozen=True, kw_only=True)
class AnswerQuestion(Question):
    """Whether a person has found a figure, and typed it.

    Looking at a page leaves no data to check, so the person types what they saw. The right figure
    is computed at the time of the check.
    """

    OWN: ClassVar[dict[str, str | Promise]] = {
        "another-figure": _("It isn't %(answer)s."),
        "the-figure": _("The answer is %(answer)s."),
    }
    label: ClassVar[str | Promise]
    is_day: ClassVar[bool] = False

    def figures(self, scope: Scope) -> Figures | None:
        """The right figure and mistakes; None if there is nothing to find. At most two queries."""
        raise NotImplementedError

    def find(self, scope: Scope) -> Finding | None:
        figures = self.figures(scope)
        if figures is None:
            return Finding(NOTHING_LEFT)
        if scope.answer is None:
            return Finding("no-answer")
        if scope.answer == figures.right:
            return None
        named = (code for code, figure in figures.mistakes.items() if figure == scope.answer)
        return finding_of(next(named, "another-figure"), scope.answer)

    def read(self, text: str) -> Figure | None:
        """Parse what a person typed; None if it is not a figure of this kind."""
        return read_figure(text, is_day=self.is_day)


@dataclass(frozen=True, kw_only=True)
class NumberQuestion(AnswerQuestion):
    """The figure is a number."""

    sentences: ClassVar = AnswerQuestion.OWN | {"no-answer": _("Enter the number that you found.")}


@dataclass(frozen=True, kw_only=True)
class DayQuestion(AnswerQuestion):
    """The figure is a day."""

    is_day: ClassVar = True
    sentences: ClassVar = AnswerQuestion.OWN | {"no-answer": _("Enter the day that you found.")}


def finding_of(code: str, figure: Figure) -> Finding:
    """A finding that names `figure`."""
    return Finding(code, {"answer": written(figure) if isinstance(figure, date) else figure})


def written(figure: Figure) -> str:
    return figure.isoformat() if isinstance(figure, date) else str(figure)


def read_figure(text: str, *, is_day: bool) -> Figure | None:
    """Parse a number, grouped as in any language, or a day; None if it is neither."""
    try:
        return read_day(text) if is_day else read_number(text)
    except ValidationError:
        return None
