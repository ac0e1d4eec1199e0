"""Why a statement failed, from the database's error code rather than the class of the exception."""

from collections.abc import Iterator
from enum import Enum, auto

from django.db import InterfaceError, OperationalError


class Reason(Enum):
    """The reasons that people and operators see.

    BUSY and AWAY usually pass within seconds; the others last until an operator acts.
    """

    AWAY = auto()  # the server does not answer, or refuses connections
    # A lock or a query took too long, a deadlock was broken, or a kept plan no longer fits
    BUSY = auto()
    FULL = auto()  # the disk is full
    READ_ONLY = auto()  # a standby, or a primary that was demoted or closed for changes
    MOVING = auto()  # the partner is closed while it is moved to another portal
    # A table or a column is missing: code and database differ in version
    UPDATING = auto()


REASONS = {
    "55P03": Reason.BUSY,
    "57014": Reason.BUSY,
    "40P01": Reason.BUSY,
    "40001": Reason.BUSY,
    "0A000": Reason.BUSY,  # a column's type has changed since the statement was planned
    "26000": Reason.BUSY,  # the server has forgotten the plan
    "SQLITE_BUSY": Reason.BUSY,
    "53100": Reason.FULL,
    "SQLITE_FULL": Reason.FULL,
    "25006": Reason.READ_ONLY,
    "SQLITE_READONLY": Reason.READ_ONLY,
    "BP001": Reason.MOVING,  # raised by our trigger (postgresql/operations.py)
    "42P01": Reason.UPDATING,
    "42703": Reason.UPDATING,
}


def reason(problem: BaseException | None) -> Reason | None:
    """Why the database failed; None if `problem` has another cause.

    Follows the chain of exceptions, since an error while saving the session hides the first one.
    """
    away = False
    for each in chain(problem):
        if found := REASONS.get(code(each)):
            return found
        away = away or isinstance(each, OperationalError | InterfaceError)
    return Reason.AWAY if away else None


def broken_reference(problem: BaseException | None) -> str | None:
    """The name of the violated foreign key, or None; SQLite does not name it."""
    for each in chain(problem):
        if getattr(each, "sqlstate", None) == "23503":
            return each.diag.constraint_name or ""  # type: ignore[attr-defined]  # psycopg's
        if getattr(each, "sqlite_errorname", None) == "SQLITE_CONSTRAINT_FOREIGNKEY":
            return "of SQLite"
    return None


def chain(problem: BaseException | None) -> Iterator[BaseException]:
    """`problem`, its cause or context, and so on."""
    while problem:
        yield problem
        problem = problem.__cause__ or (
            None if problem.__suppress_context__ else problem.__context__
        )


def code(problem: BaseException) -> str:
    """PostgreSQL's SQLSTATE, or SQLite's primary code: SQLITE_BUSY of SQLITE_BUSY_SNAPSHOT."""
    name = getattr(problem, "sqlite_errorname", None) or ""
    return getattr(problem, "sqlstate", None) or "_".join(name.split("_")[:2])
