"""The names that people had before they were renamed (A2).

The record holds primary keys instead of names and addresses. A person's name at a moment is the
former name that ended first after it, or else the one on their row.
"""

from collections.abc import Collection, Iterable
from typing import Any, ClassVar, override

from django.db import models, router, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.derived_fields import DerivedQuerySet
from benefits_portal.emails import MAX_EMAIL
from benefits_portal.personal import Personal, called_by
from benefits_portal.prepared import PreparedQuery, padded
from benefits_portal.tenants.partner_rows import row_of

type Texts = dict[int, dict[str, str]]  # by primary key and field


class FormerNameQuerySet(models.QuerySet["FormerName"]):
    def of(self, rows: Iterable[models.Model]) -> list["FormerName"]:
        """The former names of `rows` (people or users), the oldest first; no query without rows."""
        keys: dict[str, set[int]] = {"person": set(), "user": set()}
        for row in rows:
            keys[WHOSE[row._meta.label]].add(row.pk)
        if not any(keys.values()):
            return []
        people, users = padded(keys["person"], 0), padded(keys["user"], 0)
        return former_names.rows(*people, *users, people=len(people))

    def keep(self, model: type[models.Model], before: Texts) -> None:
        """Store each text of `before` that the rows of `model` no longer have."""
        now, kinds = clock.now(), called_by(model)
        after = texts_of(model._base_manager.using(self.db).filter(pk__in=before))
        changed = [
            self.model(
                **{f"{WHOSE[model._meta.label]}_id": pk},
                kind=kinds[name],
                text=text,
                until_at=now,
            )
            for pk, texts in before.items()
            for name, text in texts.items()
            if after.get(pk, texts)[name] != text
        ]
        self.bulk_create(changed)


class FormerName(models.Model):
    """A name or an address that a person had until `until`; one row for each change."""

    class Kind(models.TextChoices):
        NAME = Personal.NAME.value, _("name")
        EMAIL = Personal.EMAIL.value, _("email address")

    personal: ClassVar = {"text": Personal.NAME}

    person = models.ForeignKey(
        "tenants.DirectoryUser",
        models.CASCADE,
        null=True,
        related_name="former_names",
        verbose_name=_("directory user"),
        editable=False,
    )
    user = models.ForeignKey(
        "tenants.User",
        models.CASCADE,
        null=True,
        related_name="former_names",
        verbose_name=_("user"),
        editable=False,
    )
    kind = models.CharField(_("kind"), max_length=14, choices=Kind, editable=False)
    text = models.CharField(_("name or email address"), max_length=MAX_EMAIL, editable=False)
    until_at = models.DateTimeField(_("until"), editable=False)

    objects = FormerNameQuerySet.as_manager()

    class Meta:
        verbose_name = _("former name")
        verbose_name_plural = _("former names")
        ordering = ["until_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(person=None, user__isnull=False) | Q(person__isnull=False, user=None),
                name="former_name_of_one",
            )
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def whose(self) -> tuple[str, int]:
        """The model's label and the primary key of the person or user."""
        if self.person_id:
            return "tenants.DirectoryUser", self.person_id
        return "tenants.User", self.user_id or 0


@PreparedQuery
def former_names(*keys: int, people: int) -> models.QuerySet[FormerName]:
    """The former names of people with the first keys, and of users with the others."""
    their = Q(person__in=keys[:people]) | Q(user__in=keys[people:])
    return FormerName.objects.filter(their).order_by("until_at", "pk")


WHOSE = {"tenants.DirectoryUser": "person", "tenants.User": "user"}


def texts_of(rows: models.QuerySet[Any]) -> Texts:
    """The present names and addresses of `rows`, by primary key and field."""
    model: type[models.Model] = rows.model
    names = list(called_by(model))
    found = rows.order_by("pk").values_list("pk", *names)
    return {pk: dict(zip(names, texts, strict=True)) for pk, *texts in found}


class RenamedQuerySet[Row: models.Model](DerivedQuerySet[Row]):
    """A queryset of people or users: `update` stores former names, in its transaction."""

    @override
    def update(self, **changes: Any) -> int:
        if changes.keys().isdisjoint(called_by(self.model)):
            return super().update(**changes)
        self._for_write = True  # as in Django's `update`, before `db` is used
        with transaction.atomic(using=self.db):
            rows = self.model._base_manager.using(self.db).select_for_update()
            before = texts_of(rows.filter(pk__in=self.order_by().values("pk")))
            count = super().update(**changes)
            FormerName.objects.using(self.db).keep(self.model, before)
        return count

    @override
    def bulk_create(self, *args: Any, **options: Any) -> list[Row]:
        """Raises TypeError for upserts: names are only changed by `update`."""
        if options.get("update_conflicts"):
            raise TypeError(f"{self.model.__name__}: update rows that are there, do not overwrite.")
        return super().bulk_create(*args, **options)


class Renamed(models.Model):
    """People and users: `save` stores former names (A2).

    Except in fixtures, which contain them.
    """

    class Meta:
        abstract = True

    def save(self, **options: Any) -> None:
        fields: Collection[str] | None = options.get("update_fields")
        is_renaming = fields is None or not called_by(type(self)).keys().isdisjoint(fields)
        if self.pk is None or options.get("force_insert") or not is_renaming:
            super().save(**options)
            return
        using = options.get("using") or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=using):
            rows = type(self)._base_manager.using(using).select_for_update()
            before = texts_of(rows.filter(**row_of(self)))
            super().save(**options)
            if any(getattr(self, name) != text for name, text in before.get(self.pk, {}).items()):
                FormerName.objects.using(using).keep(type(self), before)
