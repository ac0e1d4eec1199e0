"""The accounts of a partner that arrives: new ones, or those that this portal already has.

A person who works for two partners has an account in each of two portals once one of the partners
has moved, at first with the same password. An account that is here already, by primary key or email
address, keeps its password; it gets its home if that partner arrives.
"""

from collections.abc import Iterable

from django.contrib.auth.hashers import is_password_usable
from django.db.models import Q

from benefits_portal.tenants.models import FormerName, User

from .portable import Portable, Row, read, write
from .transfer_file import Total


class Accounts:
    """The accounts in a file, and the account of this portal for each."""

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
        """Insert the new accounts, with their former names."""
        new = [row for row in self.rows if row["id"] not in self.here]
        for row in new:
            total.add(row)
        former = [name for row in new for name in row["former_names"]]
        write(User, [self.portable.back(User, dict(row)) for row in new])
        write(FormerName, former)

    def bring_home(self) -> None:
        """Set the directory entry of accounts that were here and whose home arrives.

        An account that was only named so far also gets the password from the file.
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
        """The total of the new accounts in the database."""
        total = Total()
        new = User._base_manager.filter(pk__in={row["id"] for row in self.rows} - {*self.here})
        for batch in read(new.order_by("pk")):
            for row in batch:
                names = read(FormerName._base_manager.filter(user=row["id"]).order_by("pk"))
                former = [name for some in names for name in some]
                total.add(self.portable.out(User, row) | {"former_names": former})
        return total
