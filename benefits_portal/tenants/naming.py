"""People's names at a partner: those in its own directory (P1).

The name of an account was written by the partner that opened it, or by the program team. Other
partners must not read it.
"""

from collections.abc import Callable, Iterable
from copy import copy
from datetime import datetime

from django.db import models
from django.utils.translation import gettext as _

from benefits_portal.personal import called_by

from .models import DirectoryUser, FormerName, Partner, User


class NamesThen:
    """The names of people and users at a moment; one query, none without people."""

    def __init__(self, rows: Iterable[models.Model]) -> None:
        self.former: dict[tuple[str, int, str], list[FormerName]] = {}
        for each in FormerName.objects.of(rows):
            self.former.setdefault((*each.whose, each.kind), []).append(each)

    def of(self, row: models.Model, name: str, at: datetime) -> str:
        """The value of the field `name` of `row` at that moment."""
        kept = (each.text for each in self._former(row, name) if each.until_at > at)
        return next(kept, None) or str(getattr(row, name))

    def before(self, row: models.Model, name: str, at: datetime) -> str:
        """The value before it was changed at that moment; empty if it never was."""
        kept = [each.text for each in self._former(row, name) if each.until_at <= at]
        return kept[-1] if kept else ""

    def row_then[Row: models.Model](self, row: Row, at: datetime) -> Row:
        """A copy of `row` with the names of that moment."""
        texts = {
            name: self.of(row, name, at) for name in called_by(type(row)) if self._former(row, name)
        }
        if not texts:
            return row
        then = copy(row)
        for name, text in texts.items():
            setattr(then, name, text)
        return then

    def _former(self, row: models.Model, name: str) -> list[FormerName]:
        kind = called_by(type(row))[name]
        return self.former.get((row._meta.label, row.pk, kind), [])


# Registered by higher apps: names, by primary key, of users who are not in the partner's directory
ALSO: list[Callable[[Partner, list[User]], dict[int, str]]] = []


class Names:
    """The names of `users` at `partner`; one query, none without users."""

    def __init__(self, partner: Partner, users: Iterable[User | None] = ()) -> None:
        self.partner = partner
        self.entries: dict[int, DirectoryUser | None] = {}
        self.elsewhere: dict[int, str] = {}
        self.learn(users)

    def learn(self, users: Iterable[User | None]) -> None:
        """Look up the `users` that are not known yet; one query, none if all are known."""
        new = {user.pk: user for user in users if user and user.pk not in self.entries}
        self.entries |= dict.fromkeys(new) | DirectoryUser.objects.entries_of(
            self.partner, new.values()
        )
        if unknown := [user for pk, user in new.items() if not self.entries[pk]]:
            for names_of in ALSO:
                self.elsewhere |= names_of(self.partner, unknown)

    def of(self, user: User | None) -> str:
        """The name of a user; without a user, the name for commands."""
        if user is None:
            return _("the program")
        entry = self.entries.get(user.pk)
        if entry:
            return entry.display_name
        return self.elsewhere.get(user.pk) or user.name_elsewhere

    def then(self, user: User | None, names: NamesThen, at: datetime) -> str:
        """The name of a user at that moment."""
        entry = self.entries.get(user.pk) if user else None
        return names.row_then(entry, at).display_name if entry else self.of(user)

    def has_entry(self, user: User | None) -> bool:
        """Whether the user is in the partner's own directory."""
        return bool(user and self.entries.get(user.pk))

    def email_of(self, user: User | None) -> str:
        """The address in the partner's own directory; empty without an entry."""
        entry = self.entries.get(user.pk) if user else None
        return entry.user_principal_name if entry else ""


def name_at(partner: Partner, user: User | None) -> str:
    return Names(partner, [user]).of(user)
