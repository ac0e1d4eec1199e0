"""Natural keys of shared rows: how a file names them, and which rows of this portal they are."""

from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from benefits_portal.tenants.models import User

from .belongings import SHARED

type Key = tuple[Any, ...]

MODELS = {model._meta.label: model for model in SHARED}
_plain = DjangoJSONEncoder().default


class NaturalKeys:
    """The natural keys of this portal's shared rows, and back.

    The catalog is read once; accounts only as needed.
    """

    def __init__(self) -> None:
        self._keys: dict[type[Model], dict[int, Key]] = {User: {}}
        self._pks: dict[type[Model], dict[Key, int]] = {User: {}}

    def learn_users(self, pks: Iterable[int]) -> None:
        """Look up the email addresses of accounts; one query for those not known yet."""
        if missing := set(pks) - self._keys[User].keys():
            found = User._base_manager.filter(pk__in=missing).values_list("pk", "email")
            self._keys[User] |= {pk: (email,) for pk, email in found}

    def name_user(self, email: str, pk: int) -> None:
        """Let the address `email` stand for the account `pk` of this portal."""
        self._pks[User][email,] = pk

    def users(self) -> set[int]:
        """The accounts that were looked up."""
        return set(self._keys[User])

    def key(self, model: type[Model], pk: int) -> Key | None:
        """The natural key of a row; None if it no longer exists."""
        return self._of(model).get(pk)

    def pk(self, model: type[Model], key: Iterable[Any]) -> int | None:
        """The primary key in this portal; None if it has no such row."""
        self._of(model)
        return self._pks[model].get(tuple(key))

    def _of(self, model: type[Model]) -> dict[int, Key]:
        if model not in self._keys:
            rows = model._base_manager.values_list("pk", *SHARED[model])
            self._keys[model] = {pk: tuple(map(plain, key)) for pk, *key in rows}
            self._pks[model] = {key: pk for pk, key in self._keys[model].items()}
        return self._keys[model]


def plain(value: Any) -> Any:
    """`value` as JSON represents it."""
    return value if value is None or isinstance(value, str | int) else _plain(value)


def subject_model(content_type: int | None, natural_keys: NaturalKeys) -> type[Model] | None:
    """The model of a record's subject, if that is a shared one."""
    if content_type is None:
        return None
    app_and_model = natural_keys.key(ContentType, content_type)
    return next(
        (
            model
            for model in SHARED
            if (model._meta.app_label, model._meta.model_name) == app_and_model
        ),
        None,
    )
