"""Append-only models: their instances and querysets refuse changes and deletions (rule A1)."""

from typing import Any, Never

from django.db import models


class AppendOnlyError(TypeError):
    """An attempt to change or delete append-only rows."""


class AppendOnlyQuerySet[M: models.Model](models.QuerySet[M]):
    """A queryset that refuses to change or delete rows."""

    def update(self, **kwargs: Any) -> Never:
        raise AppendOnlyError(f"{self.model.__name__} rows are never changed.")

    def delete(self) -> Never:
        raise AppendOnlyError(f"{self.model.__name__} rows are never deleted.")

    def bulk_create(self, *args: Any, **kwargs: Any) -> list[M]:
        if kwargs.get("update_conflicts"):
            raise AppendOnlyError(f"{self.model.__name__} rows are never changed.")
        return super().bulk_create(*args, **kwargs)

    def bulk_update(self, *args: Any, **kwargs: Any) -> Never:
        raise AppendOnlyError(f"{self.model.__name__} rows are never changed.")


class AppendOnly(models.Model):
    """A model whose rows are never changed or deleted."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"  # so that Django's own queries are refused too

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only.

        Raises IntegrityError if the primary key exists.
        """
        if not self._state.adding:
            raise AppendOnlyError(f"{type(self).__name__} rows are never changed.")
        super().save(*args, **kwargs | {"force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> Never:
        raise AppendOnlyError(f"{type(self).__name__} rows are never deleted.")
