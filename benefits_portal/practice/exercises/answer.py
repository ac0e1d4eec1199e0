"""Questions that are answered by typing a figure which the portal's pages say."""

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
    """What is `right` now, and what somebody may take for it: `mistakes`, by their finding."""

    right: Figure
    mistakes: Mapping[str, Figure] = field(default_factory=dict)

    def typed_for(self, code: str) -> str:
        """What somebody types who earns the finding `code`; the right figure earns none."""
        if code == "no-answer":
            return ""
        if not code:
            return written(self.right)
        return written(self.mistakes.get(code, self._another))

    @property
    def _another(self) -> Figure:
        """Neither right nor a mistake that has a name."""
        taken, figure = {self.right, *self.mistakes.values()}, self.right
        while figure in taken:
            figure = figure + timedelta(days=1) if isinstance(figure, date) else figure + 1
        return figure


@dataclass(frozen=True, kw_only=True)
class AnswerQuestion(Question):
    """Whether somebody has found a figure, and typed it.

    It is worked out when it is asked for: looking leaves no fact, and what was seen does.
    """

    OWN: ClassVar[dict[str, str | Promise]] = {
        "another-figure": _("It isn't %(answer)s."),
        "the-figure": _("The answer is %(answer)s."),
    }
    label: ClassVar[str | Promise]
    is_day: ClassVar[bool] = False

    def figures(self, scope: Scope) -> Figures | None:
        """None where there is nothing to find any more. At most two queries."""
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
        """What somebody typed; None for what is no figure of this kind."""
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
    """A number as people of any language group it, or a day."""
    try:
        return read_day(text) if is_day else read_number(text)
    except ValidationError:
        return None
