"""Rows that are written once: models and querysets refuse to change or delete one (rule A1)."""

from typing import Any, Never

from django.db import models


class AppendOnlyError(TypeError):
    """Somebody tried to change or delete what is kept."""


class AppendOnlyQuerySet[M: models.Model](models.QuerySet[M]):
    """Rows that are written once: neither changed nor deleted."""

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
    """A model whose rows are written once."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"  # so that the manager that Django itself uses refuses too

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Inserts, whatever number it was given.

        A row that is there already is an IntegrityError, never overwritten.
        """
        if not self._state.adding:
            raise AppendOnlyError(f"{type(self).__name__} rows are never changed.")
        super().save(*args, **kwargs | {"force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> Never:
        raise AppendOnlyError(f"{type(self).__name__} rows are never deleted.")
