"""A partner's file into this portal: all of it or nothing, and compared with what was sent."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from benefits_portal.postgresql.limits import without_time_limit
from benefits_portal.tenants.models import Actor, Partner, Record, TenantsAction, User

from .accounts import Accounts
from .belongings import belongings, carried, references
from .ids import cell_of, next_ids
from .natural_keys import MODELS, NaturalKeys
from .portable import BATCH, REFERENCE, Portable, Row, write
from .transfer_file import USERS, Reader, Total, Totals, Unfit

NOTHING = "Nothing was changed."


@dataclass(frozen=True)
class Arrival:
    """What came: the partner, what was sent and what is here, and accounts that were here."""

    partner: Partner
    sent: Totals
    arrived: Totals
    known: int


def import_file(path: Path) -> Arrival:
    """Write the partner in the file at `path`, whole. Raises Unfit, and changes nothing then."""
    reader = Reader(path, settings.TRANSFER_SECRET, settings.CELL)
    check_numbers(reader)
    portable = Portable(reader.seal, NaturalKeys())
    try:
        with without_time_limit(connection), transaction.atomic():
            check_not_here(reader)
            check_catalog(reader, portable.natural_keys)
            return bring_in(reader, portable)
    except IntegrityError as error:
        about = getattr(error.__cause__, "diag", None)
        raise Unfit(
            f"This portal refuses a row of {getattr(about, 'table_name', '?')} "
            f"({getattr(about, 'constraint_name', '?')}): {' '.join(str(error).split())}. {NOTHING}"
        ) from error


def bring_in(reader: Reader, portable: Portable) -> Arrival:
    sent: Totals = {}
    accounts = Accounts((row for label, row in reader.rows() if label == USERS), portable)
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
    """What of the partner is in this portal, as `exporting.export` would total it."""
    totals: Totals = {USERS: accounts.total()}
    for model in carried():
        for row in portable.rows(belongings(model, partner)):
            totals.setdefault(model._meta.label, Total()).add(row)
    return totals


def batches(reader: Reader) -> Iterator[tuple[str, list[Row]]]:
    """Rows of one table, some at a time; those of accounts are written before."""
    others = (line for line in reader.rows() if line[0] != USERS)
    for label, lines in groupby(others, key=lambda line: line[0]):
        batch = []
        for _label, row in lines:
            batch.append(row)
            if len(batch) == BATCH:
                yield label, batch
                batch = []
        yield label, batch


def check_not_here(reader: Reader) -> None:
    """Raise Unfit if the partner, or another one with its MPN ID, is in this portal."""
    head = reader.head
    if Partner.objects.filter(pk=head.partner).exists():
        raise Unfit(f"{head.name} (MPN ID {head.mpn_id}) is in this portal already. {NOTHING}")
    if Partner.objects.filter(mpn_id=head.mpn_id).exists():
        raise Unfit(
            f"This portal has another partner with the MPN ID {head.mpn_id}. {NOTHING} Find out "
            "which of the two is the right one."
        )


def check_numbers(reader: Reader) -> None:
    """Raise Unfit if this portal could number a row of its own as one of the file."""
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
    """Raise Unfit with all that the catalog of this portal lacks."""
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
    """What of the catalog a row leads to, by model and natural key."""
    for column, model in references(apps.get_model(label)).items():
        if model is not User and row[column] is not None:
            yield model, tuple(row[column])
    for values in (row.get("before"), row.get("after"), row.get("params"), row):
        for value in (values or {}).values():
            if isinstance(value, dict) and REFERENCE in value:
                name, *key = value[REFERENCE]
                if key and MODELS[name] is not User:
                    yield MODELS[name], tuple(key)
