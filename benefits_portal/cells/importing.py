"""Import a partner's file: all of it or nothing, compared with what was sent."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from benefits_portal.postgresql.limits import without_time_limit
from benefits_portal.tenants.models import (
    Actor,
    Partner,
    Record,
    RoleAssignment,
    TenantsAction,
    User,
)

from .accounts import Accounts
from .belongings import belongings, carried, references
from .ids import cell_of, next_ids
from .natural_keys import MODELS, NaturalKeys
from .portable import BATCH, REFERENCE, Portable, Row, write
from .transfer_file import USERS, Reader, Total, Totals, Unfit

NOTHING = "Nothing was changed."


@dataclass(frozen=True)
class Arrival:
    """The result: the partner, totals of what was sent and what is here, and known accounts."""

    partner: Partner
    sent: Totals
    arrived: Totals
    known: int


def import_file(path: Path) -> Arrival:
    """Import the file at `path`. Raises Unfit, and changes nothing then."""
    reader = Reader(path, settings.TRANSFER_SECRET, settings.CELL)
    check_numbers(reader)
    portable = Portable(reader.seal, NaturalKeys())
    try:
        with without_time_limit(connection), transaction.atomic():
            take_import_lock(reader)
            check_not_here(reader)
            check_catalog(reader, portable.natural_keys)
            return bring_in(reader, portable)
    except IntegrityError as error:
        about = getattr(error.__cause__, "diag", None)
        raise Unfit(
            f"This portal refuses a row of {getattr(about, 'table_name', '?')} "
            f"({getattr(about, 'constraint_name', '?')}). {NOTHING}"
        ) from None  # the database's own text has the whole row in it


def bring_in(reader: Reader, portable: Portable) -> Arrival:
    sent: Totals = {}
    accounts = Accounts((row for label, row in reader.rows() if label == USERS), portable)
    check_accounts(reader, accounts)
    accounts.write(sent.setdefault(USERS, Total()))
    for label, rows in batches(reader):
        model = apps.get_model(label)
        total = sent.setdefault(label, Total())
        for row in rows:
            total.add(row)
        write(model, [portable.back(model, row) for row in rows])
    accounts.bring_home()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    arrived = totals_of(reader.head.partner, portable, accounts)
    if {label: vars_of(total) for label, total in sent.items()} != {
        label: vars_of(total) for label, total in arrived.items()
    }:
        raise Unfit(f"What arrived is not what was sent. {NOTHING}")
    partner = Partner.objects.get(pk=reader.head.partner)
    Record.objects.log(TenantsAction.MOVED_HERE, by=Actor(), partner=partner, subject=partner)
    return Arrival(partner, sent, arrived, accounts.known)


def vars_of(total: Total) -> tuple[int, str]:
    return total.count, total.digest


def totals_of(partner: int, portable: Portable, accounts: Accounts) -> Totals:
    """The totals of the partner's rows in this portal, computed as by `exporting.export`."""
    totals: Totals = {USERS: accounts.total()}
    for model in carried():
        for row in portable.rows(belongings(model, partner)):
            totals.setdefault(model._meta.label, Total()).add(row)
    return totals


def batches(reader: Reader) -> Iterator[tuple[str, list[Row]]]:
    """Rows of one table, in batches; accounts were written before."""
    others = (line for line in reader.rows() if line[0] != USERS)
    for label, lines in groupby(others, key=lambda line: line[0]):
        batch = []
        for _label, row in lines:
            batch.append(row)
            if len(batch) == BATCH:
                yield label, batch
                batch = []
        yield label, batch


def take_import_lock(reader: Reader) -> None:
    """Lock the partner until this import ends. Raises Unfit if another import has the lock."""
    key = f"import_partner {reader.head.partner}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [key])
        if cursor.fetchone() != (True,):
            raise Unfit(
                f"{reader.head.name} is being imported by another command. {NOTHING} Read "
                "what that one says."
            )


def check_not_here(reader: Reader) -> None:
    """Raise Unfit if this portal has the partner, or another one with its MPN ID."""
    head = reader.head
    if Partner.objects.filter(pk=head.partner).exists():
        raise Unfit(f"{head.name} (MPN ID {head.mpn_id}) is in this portal already. {NOTHING}")
    if Partner.objects.filter(mpn_id=head.mpn_id).exists():
        raise Unfit(
            f"This portal has another partner with the MPN ID {head.mpn_id}. {NOTHING} Find out "
            "which of the two is the right one."
        )


def check_accounts(reader: Reader, accounts: Accounts) -> None:
    """Raise Unfit if staff of this portal would get a role, or an account has two addresses."""
    with_role = {
        tuple(row["user_id"]) for label, row in reader.rows() if label == RoleAssignment._meta.label
    }
    for row in accounts.rows:
        here = accounts.here.get(row["id"])
        if here is None:
            continue
        if here.email != row["email"]:
            raise Unfit(
                f"The account {here.email} of this portal has the number of {row['email']} in the "
                f"file. {NOTHING} If it is the same person, give both accounts the same address, "
                "and export again."
            )
        signs_in = row["directory_user_id"] is not None or (row["email"],) in with_role
        if signs_in and (here.is_staff or here.is_superuser):
            raise Unfit(
                f"{here.email} is staff of this portal, and in the file a person of "
                f"{reader.head.name}. {NOTHING} Give one of the two another address, and export "
                "again."
            )


def check_numbers(reader: Reader) -> None:
    """Raise Unfit if this portal could give one of the file's primary keys to its own rows."""
    following = next_ids()
    outside = sorted(label for label, pk in following.items() if cell_of(pk) != settings.CELL)
    if outside:
        raise Unfit(
            f"This portal is CELL={settings.CELL}, and its tables number rows of another range: "
            f"{', '.join(outside)}. Run manage.py migrate, which gives them theirs."
        )
    for label, row in reader.rows():
        pk = row["id"]
        if cell_of(pk) == settings.CELL and pk >= following[label]:
            raise Unfit(
                f"{label} {pk} is a number that this portal will give to another row. Two portals "
                f"have the same CELL. {NOTHING}"
            )


def check_catalog(reader: Reader, natural_keys: NaturalKeys) -> None:
    """Raise Unfit with everything that this portal's catalog lacks."""
    wanted = {reference for label, row in reader.rows() for reference in named(label, row)}
    missing = sorted(
        f"{model._meta.verbose_name} “{' · '.join(str(part) for part in key if part)}”"
        for model, key in wanted
        if natural_keys.pk(model, key) is None
    )
    if missing:
        raise Unfit(
            f"The catalog of this portal lacks what the partner has: {'; '.join(missing)}. "
            f"Add it in the back office, spelled so, and import again. {NOTHING}"
        )


def named(label: str, row: Row) -> Iterable[tuple[Any, tuple[Any, ...]]]:
    """The shared rows that a row refers to, by model and natural key."""
    for column, model in references(apps.get_model(label)).items():
        if model is not User and row[column] is not None:
            yield model, tuple(row[column])
    for values in (row.get("before"), row.get("after"), row.get("params"), row):
        for value in (values or {}).values():
            if isinstance(value, dict) and REFERENCE in value:
                name, *key = value[REFERENCE]
                if key and MODELS[name] is not User:
                    yield MODELS[name], tuple(key)
