"""Write one partner with all its rows, from one snapshot, to a file."""

from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import Q

from benefits_portal import clock
from benefits_portal.postgresql.limits import one_snapshot, without_time_limit
from benefits_portal.tenants.models import FormerName, Partner, User

from .belongings import belongings, carried
from .natural_keys import NaturalKeys
from .portable import Portable, Row, read
from .sealing import Seal
from .transfer_file import USERS, Head, Totals, Writer, tables

NO_PASSWORD = "!"  # noqa: S105 - none fits


def export(
    partner: Partner, path: Path, cell: int | None, *, first: Callable[[], object] | None = None
) -> Totals:
    """Write `partner` to a new file at `path`, for the portal `cell`; return what was written.

    Without a cell it is a copy to read, without secrets. `first` is called once the file exists,
    before rows are read. Raises OSError.
    """
    seal = None if cell is None else Seal(settings.TRANSFER_SECRET, cell)
    head = Head(
        from_cell=settings.CELL,
        to_cell=cell,
        partner=partner.pk,
        mpn_id=partner.mpn_id,
        name=partner.name,
        made_at=clock.now().isoformat(timespec="seconds"),
        tables=tables(),
    )
    writer = Writer(path, seal, head)
    try:
        if first:
            first()
        with without_time_limit(connection), one_snapshot(connection):
            write_rows(writer, Portable(seal, NaturalKeys()), partner)
        writer.end()
    except BaseException:
        writer.give_up()
        raise
    return writer.totals


def write_rows(writer: Writer, portable: Portable, partner: Partner) -> None:
    for model in carried():
        for row in portable.rows(belongings(model, partner.pk)):
            writer.row(model._meta.label, row)
    for row in accounts(partner, portable):
        writer.row(USERS, row)


def accounts(partner: Partner, portable: Portable) -> list[Row]:
    """The accounts that sign in for the partner, and those that its rows only name.

    The latter have no password. Staff of this portal are not staff in another one.
    """
    of_partner = Q(directory_user__partner=partner.pk) | Q(role_assignments__partner=partner.pk)
    rights = Q(is_staff=True) | Q(is_superuser=True)
    signing_in = User._base_manager.filter(of_partner).exclude(rights).order_by("pk").distinct()
    own = set(signing_in.values_list("pk", flat=True))
    at_home = User._base_manager.filter(directory_user__partner=partner.pk)
    homes = set(at_home.values_list("directory_user", flat=True))
    everybody = own | portable.natural_keys.users()
    rows = User._base_manager.filter(pk__in=everybody).order_by("pk")
    return [
        account(row, portable, is_own=row["id"] in own, homes=homes)
        for batch in read(rows)
        for row in batch
    ]


def account(row: Row, portable: Portable, *, is_own: bool, homes: set[int]) -> Row:
    if row["directory_user_id"] not in homes:
        row["directory_user_id"] = None
    if not is_own:
        row |= {"password": NO_PASSWORD, "language": "", "last_login": None}
        row["is_active"] = row["is_active"] and not (row["is_staff"] or row["is_superuser"])
    row["is_superuser"] = False
    names = FormerName._base_manager.filter(user=row["id"]).order_by("pk") if is_own else None
    former = [name for batch in read(names) for name in batch] if names is not None else []
    return portable.out(User, row) | {"former_names": former}
