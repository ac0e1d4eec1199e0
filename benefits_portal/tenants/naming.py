"""What people are called at a partner: what its own directory calls them (P1).

The name of an account is what the partner wrote that opened it first, or the program's staff; no
other partner reads it.
"""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from .models import DirectoryUser, Partner, User


class Names:
    """What `users` are called at `partner`; one query, and none where nobody is named."""

    def __init__(self, partner: Partner, users: Iterable[User | None] = ()) -> None:
        self.partner = partner
        self.entries: dict[int, DirectoryUser | None] = {}
        self.learn(users)

    def learn(self, users: Iterable[User | None]) -> None:
        """Look up whoever of `users` is not known yet; one query, and none where all are."""
        new = {user.pk: user for user in users if user and user.pk not in self.entries}
        self.entries |= dict.fromkeys(new) | DirectoryUser.objects.entries_of(
            self.partner, new.values()
        )

    def of(self, user: User | None) -> str:
        """Without a user it was a command."""
        if user is None:
            return _("the program")
        entry = self.entries.get(user.pk)
        return entry.display_name if entry else user.name_elsewhere

    def email_of(self, user: User | None) -> str:
        """In the partner's own directory; empty without an entry."""
        entry = self.entries.get(user.pk) if user else None
        return entry.user_principal_name if entry else ""


def name_at(partner: Partner, user: User | None) -> str:
    return Names(partner, [user]).of(user)
