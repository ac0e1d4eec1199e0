"""Models whose rows change only once: when they end or are used (rule A1)."""

from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy

from benefits_portal import clock
from benefits_portal.tenants.audit.append_only import (
    AppendOnly,
    AppendOnlyError,
    AppendOnlyQuerySet,
)

if TYPE_CHECKING:
    from benefits_portal.tenants.models import Actor


class WrittenOnceQuerySet[M: models.Model](AppendOnlyQuerySet[M]):
    """A queryset that updates only the fields in `model.once`, while they are empty."""

    def update(self, **values: Any) -> int:  # type: ignore[override]
        """Return the number of rows whose fields were empty before.

        Raises AppendOnlyError for any other field, and for emptying these fields.
        """
        once: dict[str, set[str]] = self.model.once  # type: ignore[attr-defined]
        empty = {mark: None for mark, fields in once.items() if fields & values.keys()}
        others = values.keys() - {name for mark in empty for name in once[mark]}
        emptied = [mark for mark in empty if mark in values and values[mark] is None]
        if others or emptied:
            raise AppendOnlyError(
                f"{self.model.__name__} rows are never changed; "
                "what ends or uses one is written once."
            )
        return models.QuerySet.update(self.filter(**empty), **values)


class WrittenOnce(AppendOnly):
    """A model whose rows are written once, except for the fields in `once`.

    Groups of fields, by the field that marks the group as written.
    """

    once: ClassVar[dict[str, set[str]]] = {}

    objects = WrittenOnceQuerySet.as_manager()  # type: ignore[misc]

    class Meta(AppendOnly.Meta):
        abstract = True


ENDED = {"ended_at": {"ended_at", "ended_on", "ended_by"}}  # `once` for rows that end


class EndedOnceQuerySet[M: models.Model](WrittenOnceQuerySet[M]):
    """Rows that begin on a day, which `model.begun_on` names, and end once."""

    def ended(self) -> Self:
        return self.filter(ended_at__isnull=False)

    def end(self, *, by: "Actor", on: date) -> int:
        """End those that have not ended. Returns how many.

        If a calendar was moved back, today may be before the day on which a row began (W10).
        """
        begun_on = self.model.begun_on  # type: ignore[attr-defined]
        last_day = Greatest(begun_on, Value(on, models.DateField()))
        return self.update(ended_on=last_day, ended_at=clock.now(), ended_by=by.user)


def ends_whole(begun_on: str, name: str) -> models.CheckConstraint:
    """A constraint: a row ends with a day and a time or not at all, not before `begun_on`."""
    ended = Q(ended_at__isnull=False, ended_on__isnull=False, ended_on__gte=F(begun_on))
    return models.CheckConstraint(
        condition=Q(ended_at=None, ended_on=None, ended_by=None) | ended,
        name=name,
        violation_error_message=gettext_lazy(
            "An assignment's end needs a day and a time, and can't be before its start."
        ),
    )
