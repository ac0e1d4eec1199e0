"""Why the database did not do what it was asked, by its own codes.

Whatever class Django and psycopg made of them.
"""

from collections.abc import Iterator
from enum import Enum, auto

from django.db import InterfaceError, OperationalError


class Reason(Enum):
    """What people and operators are told.

    BUSY and AWAY are over in seconds, the others when an operator has done something.
    """

    AWAY = auto()  # it does not answer, or lets nobody in
    # A lock or a query took too long, a deadlock was broken, or a kept plan no longer fits
    BUSY = auto()
    FULL = auto()  # no room on its disk
    READ_ONLY = auto()  # a standby, or a primary that was demoted or closed for changes
    MOVING = auto()  # the partner is closed while it is moved to another portal
    # A table or column is not there: program and database are not of the same version
    UPDATING = auto()


REASONS = {
    "55P03": Reason.BUSY,
    "57014": Reason.BUSY,
    "40P01": Reason.BUSY,
    "40001": Reason.BUSY,
    "0A000": Reason.BUSY,  # a column's type changed since it was planned: planned anew next time
    "26000": Reason.BUSY,  # the server has forgotten the plan
    "SQLITE_BUSY": Reason.BUSY,
    "53100": Reason.FULL,
    "SQLITE_FULL": Reason.FULL,
    "25006": Reason.READ_ONLY,
    "SQLITE_READONLY": Reason.READ_ONLY,
    "BP001": Reason.MOVING,  # of our own trigger
    "42P01": Reason.UPDATING,
    "42703": Reason.UPDATING,
}


def reason(problem: BaseException | None) -> Reason | None:
    """Why the database failed, or None if something else did.

    Looks at what led to `problem` too: a session that could not be saved hides it.
    """
    away = False
    for each in chain(problem):
        if found := REASONS.get(code(each)):
            return found
        away = away or isinstance(each, OperationalError | InterfaceError)
    return Reason.AWAY if away else None


def broken_reference(problem: BaseException | None) -> str | None:
    """The foreign key that was violated, or None if none was.

    SQLite does not name its own.
    """
    for each in chain(problem):
        if getattr(each, "sqlstate", None) == "23503":
            return each.diag.constraint_name or ""  # type: ignore[attr-defined]  # psycopg's
        if getattr(each, "sqlite_errorname", None) == "SQLITE_CONSTRAINT_FOREIGNKEY":
            return "of SQLite"
    return None


def chain(problem: BaseException | None) -> Iterator[BaseException]:
    """`problem` and what led to it."""
    while problem:
        yield problem
        problem = problem.__cause__ or (
            None if problem.__suppress_context__ else problem.__context__
        )


def code(problem: BaseException) -> str:
    """PostgreSQL's own, or SQLite's without its additions, as in SQLITE_BUSY_SNAPSHOT."""
    name = getattr(problem, "sqlite_errorname", None) or ""
    return getattr(problem, "sqlstate", None) or "_".join(name.split("_")[:2])
