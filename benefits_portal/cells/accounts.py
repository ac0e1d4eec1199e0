"""Who signs in for a partner that arrives: a new account, or the one that somebody has here.

Somebody who worked for two partners has an account in each of the two portals once one of them has
moved, at first with the same password. Whoever is here already, by number or by address, keeps
their own account with its password; it comes home if its home arrives.
"""

from collections.abc import Iterable

from django.contrib.auth.hashers import is_password_usable
from django.db.models import Q

from benefits_portal.tenants.models import FormerName, User

from .portable import Portable, Row, read, write
from .transfer_file import Total


class Accounts:
    """The accounts of a file, and which account of this portal each is."""

    def __init__(self, rows: Iterable[Row], portable: Portable) -> None:
        self.rows, self.portable = list(rows), portable
        ids, emails = ({row[name] for row in self.rows} for name in ("id", "email"))
        found = list(User._base_manager.filter(Q(pk__in=ids) | Q(email__in=emails)))
        by_pk, by_email = {user.pk: user for user in found}, {user.email: user for user in found}
        self.here: dict[int, User] = {}
        for row in self.rows:
            user = by_pk.get(row["id"]) or by_email.get(row["email"])
            if user:
                self.here[row["id"]] = user
            portable.natural_keys.name_user(row["email"], user.pk if user else row["id"])

    @property
    def known(self) -> int:
        return len(self.here)

    def write(self, total: Total) -> None:
        """Insert those that are new, each with its former names."""
        new = [row for row in self.rows if row["id"] not in self.here]
        for row in new:
            total.add(row)
        former = [name for row in new for name in row["former_names"]]
        write(User, [self.portable.back(User, dict(row)) for row in new])
        write(FormerName, former)

    def bring_home(self) -> None:
        """Of those that were here, let who is at home at the partner sign in as its own entry.

        Who was only named so far gets the password that they have elsewhere.
        """
        for row in self.rows:
            user = self.here.get(row["id"])
            if user is None:
                continue
            if user.directory_user_id is None and row["directory_user_id"]:
                user.directory_user_id = row["directory_user_id"]
            if not is_password_usable(user.password) and not user.is_staff:
                user.password = self.portable.back(User, dict(row))["password"]
            user.save(update_fields=["directory_user", "password"])

    def total(self) -> Total:
        """What of the new ones is in the database."""
        total = Total()
        new = User._base_manager.filter(pk__in={row["id"] for row in self.rows} - {*self.here})
        for batch in read(new.order_by("pk")):
            for row in batch:
                names = read(FormerName._base_manager.filter(user=row["id"]).order_by("pk"))
                former = [name for some in names for name in some]
                total.add(self.portable.out(User, row) | {"former_names": former})
        return total
