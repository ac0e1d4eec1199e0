"""Read the files of exercises; errors name the file, the line and the reason."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from django.core.checks import CheckMessage, Error
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from benefits_portal.practice.exercise_files import FOLDER, slugs
from benefits_portal.practice.situations import SITUATIONS
from benefits_portal.practice.story_event import Event

from .exercise import Exercise, Page, Wrong
from .names import known_names
from .questions import QUESTIONS
from .scope import Question

TEXTS = ("title", "goal", "why", "hints")  # translations.py collects them


class ExerciseError(Exception):
    """A file of an exercise is wrong; the message names the file, the line and the reason."""


@cache
def exercises() -> dict[str, Exercise]:
    """All exercises by slug, sorted by `position`. Raises ExerciseError."""
    found = [read(FOLDER / f"{slug}.toml") for slug in slugs()]
    return {each.slug: each for each in sorted(found, key=lambda each: each.position)}


def faults(folder: Path = FOLDER) -> list[CheckMessage]:
    """Errors in the files in `folder`, for Django's system checks."""
    found: list[CheckMessage] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            read(path)
        except ExerciseError as error:
            found.append(Error(str(error), id="practice.E001"))
    return found


def read(path: Path) -> Exercise:
    """Read one file. Raises ExerciseError."""
    return ExerciseFile(path.stem, path.name, path.read_text("utf-8")).exercise()


class ExerciseFile:
    """A file that is being read."""

    def __init__(self, slug: str, name: str, text: str) -> None:
        self.slug, self.name, self.text = slug, name, text

    def exercise(self) -> Exercise:
        """The exercise in the file. Raises ExerciseError."""
        try:
            self.data: dict[str, Any] = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise ExerciseError(f"{self.name}: {error}") from error
        self._check_keys()
        self._check_names(self.data)
        return Exercise(
            slug=self.slug,
            position=self._required("position", int),
            situation=self.data["situation"],
            title=self._translated("title"),
            goal=self._translated("goal"),
            why=self._translated("why"),
            hints=tuple(map(lazy_text, self._required("hints", list))),
            persona=self._required("persona", str),
            page=self._made(Page, self._required("page", dict)),
            past=self._events(self.data.get("past", [])),
            setup=self._events(self.data.get("setup", [])),
            solutions=tuple(
                self._events(each.get("events", [])) for each in self._required("solution", list)
            ),
            wrong=tuple(map(self._wrong, self._required("wrong", list))),
            questions=tuple(map(self._question, self._required("check", list))),
        )

    # Parts of an exercise

    def _events(self, written: list[Any]) -> tuple[Event, ...]:
        return tuple(self._made(Event, each) for each in written)

    def _wrong(self, written: dict[str, Any]) -> Wrong:
        events = self._events(written.get("events", []))
        made: Wrong = self._made(Wrong, written | {"events": events})
        if not any(made.finding in kind.sentences for kind in QUESTIONS.values()):
            raise self._error(f"no question finds {made.finding!r}", made.finding)
        return made

    def _question(self, written: dict[str, Any]) -> Question:
        figures = dict(written)
        ask = figures.pop("ask", "")
        if ask not in QUESTIONS:
            raise self._error(f"there is no question {ask!r}; there are {listed(QUESTIONS)}", ask)
        made: Question = self._made(QUESTIONS[ask], figures)
        return made

    def _made(self, kind: type[Any], written: Mapping[str, Any]) -> Any:
        """An instance of the dataclass `kind`. Raises ExerciseError for wrong names or types."""
        hints, known = get_type_hints(kind), {each.name: each for each in fields(kind)}
        for name, value in written.items():
            if name not in known:
                raise self._error(f"{kind.__name__} has no {name!r}", name)
            if isinstance(value, bool) or not isinstance(value, accepted(hints[name])):
                raise self._error(f"{name} is not of its kind: {value!r}", name)
        for name, each in known.items():
            if name not in written and each.default is each.default_factory is MISSING:
                raise self._error(f"{kind.__name__} needs {name!r}: {dict(written)}", *written)
        tidied = {name: as_tuple(value) for name, value in written.items()}
        return kind(**tidied)

    def _translated(self, name: str) -> Promise:
        return lazy_text(self._required(name, str))

    def _required(self, name: str, kind: type[Any]) -> Any:
        value = self.data.get(name)
        if isinstance(value, bool) or not isinstance(value, kind) or not (value or kind is int):
            raise self._error(f"it needs {name!r}", name)
        return value

    # Checks

    KEYS = {*TEXTS, "position", "situation", "persona", "page"}
    TABLES = {"past", "setup", "solution", "wrong", "check"}

    def _check_keys(self) -> None:
        for name in self.data:
            if name not in self.KEYS | self.TABLES:
                raise self._error(f"an exercise has no {name!r}", name)
        if self.data.get("situation") not in SITUATIONS:
            raise self._error(
                f"there is no such situation; there are {listed(SITUATIONS)}", "situation"
            )

    def _check_names(self, tree: Any) -> None:
        """Raise ExerciseError for a name that neither the catalog nor the situation has."""
        names = known_names(SITUATIONS[self.data["situation"]])
        for table, name, value in leaves(tree):
            is_new_tenant = table.get("what") == "ask" and name == "tenant"
            if value and name in names and value not in names[name] and not is_new_tenant:
                raise self._error(f"there is no {name} {value!r}", name, str(value))

    def _error(self, why: str, *near: str) -> ExerciseError:
        """An error at the first line with all texts of `near`, or else with any of them."""
        lines = list(enumerate(self.text.splitlines(), start=1))
        for enough in (all, any):
            for number, line in lines:
                if near and enough(text in line for text in near):
                    return ExerciseError(f"{self.name}, line {number}: {why}.")
        return ExerciseError(f"{self.name}: {why}.")


def leaves(tree: Any) -> Iterator[tuple[dict[str, Any], str, Any]]:
    """Each value in nested tables and lists, with its table and its name there."""
    for name, value in tree.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield from leaves(each)
            else:
                yield tree, name, each


def accepted(hint: Any) -> tuple[type[Any], ...]:
    """The types that values in a file may have for a field annotated with `hint`."""
    if hint in (str, int):
        return (hint,)
    return (dict,) if getattr(hint, "__origin__", None) is dict else (list, tuple)


def as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def listed(names: Mapping[str, Any]) -> str:
    return ", ".join(sorted(names))


def lazy_text(text: str) -> Promise:
    """`text` in the reader's language; translations.py collects it."""
    return gettext_lazy(text)
