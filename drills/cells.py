"""A busy partner is moved to another portal while its people redeem; another one stays.

Two PostgreSQLs, two portals, secrets of their own but the one that they share. Nothing that was
confirmed is lost or there twice, nothing is written where it left, and whoever stays notices
nothing. `rows` are lines on record besides, so that there is something to move.
"""

import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connections
from django.test import override_settings

from benefits_portal.benefits.models import CreditAmount, Offer, PackageLine, Product
from benefits_portal.cells.belongings import columns
from benefits_portal.cells.exporting import export
from benefits_portal.licensing.consistency import CHECKS
from benefits_portal.licensing.models import Redemption
from benefits_portal.tenants.models import Actor, Partner, Record
from drills.killed import Redeemer, faults
from drills.people import Answer, Browser, table
from drills.servers import HOST, Portal, Postgres, manage, until
from drills.world import Member, members

SHIFT = 10**12  # by how much the rows of the catalog differ
TARGET = 60.0  # seconds that people cannot redeem, of which most is what the commands need to start
SHARED = {"TRANSFER_SECRET": "for drills only: shared by the two of them"}
THERE = SHARED | {
    "CELL": "1",
    "SECRET_KEY": "for drills only: the other portal's own " * 2,
    "PRODUCT_KEY_SECRETS": "for drills only: the other portal's own",
}
CATALOG = {
    Offer: (),
    Product: (),
    PackageLine: ("offer_id", "product_id"),
    CreditAmount: ("line_id",),
}


PAUSE = 0.5  # seconds between two redemptions of one person


class Stayer(Redeemer):
    """Redeems a key now and then."""

    def __init__(self, port: int, member: Member, stop: threading.Event) -> None:
        super().__init__(port, member, stop)
        self.daemon = True  # a drill that fails ends

    def redeem(self, review: str) -> None:
        time.sleep(PAUSE)
        super().redeem(review)


class Mover(Stayer):
    """Goes on in the other portal once this one says that the partner is there."""

    def __init__(self, port: int, member: Member, stop: threading.Event, other: int) -> None:
        super().__init__(port, member, stop)
        self.other = other
        self.here = 0  # receipts that were shown before
        self.times: list[float] = []  # of the last receipt here, and of the first one there

    def redeem(self, review: str) -> None:
        time.sleep(PAUSE)
        while not self.stop.is_set():
            looked = self.browser.get(review)
            if quote := looked.fields.get("quote"):
                form = {"acting_in": self.member.acting_in, "quote": quote}
                if self.noted(self.browser.post(review, form)):
                    return
            elif "has moved" in looked.page:
                self.go_there()
            time.sleep(0.05)

    def noted(self, answer: Answer) -> bool:
        """Whether it is a receipt."""
        self.refused += answer.status == 503
        self.lost += answer.status == 0
        if "/receipts/" not in answer.url or answer.status != 200:
            return False
        self.receipts.append(int(answer.url.rstrip("/").rsplit("/", 1)[-1]))
        if self.browser.port == self.other and len(self.times) == 1:
            self.times.append(time.time())
        elif self.browser.port != self.other:
            self.here, self.times = self.here + 1, [time.time()]
        return True

    def go_there(self) -> None:
        self.browser = Browser(self.other, timeout=15)
        self.browser.sign_in(self.member)


def main(
    place: Path, postgres: Postgres, people: int = 6, keys: int = 60, rows: int = 50_000
) -> bool:
    everybody = members(2, people, keys)
    moving, staying = everybody[:people], everybody[people:]
    partner = moving[0].tenant.partner
    before = {member.subscription.pk: member.subscription.term for member in everybody}
    pad(partner, rows)
    connections.close_all()
    stop = threading.Event()
    with (
        Postgres(place) as second,
        Portal(place, postgres.url, workers=2, **SHARED) as here,
        another_portal(place, postgres, second) as there,
    ):
        movers = [Mover(here.port, member, stop, there.port) for member in moving]
        stayers = [Stayer(here.port, member, stop) for member in staying]
        for each in (*movers, *stayers):
            each.start()
        until(lambda: all(len(each.receipts) > 2 for each in (*movers, *stayers)), 120)
        took, left = move(place, partner, postgres, second)
        until(lambda: all(len(each.times) == 2 for each in movers), 120, "they do not go on")
        time.sleep(2)
        stop.set()
        for each in (*movers, *stayers):
            each.join()
        same = left == left_behind(place, partner, "afterwards")
        of_stayers = [fault for each in stayers for fault in faults(each, before[key_of(each)])]
        with asking(second), override_settings(PRODUCT_KEY_SECRETS=[THERE["PRODUCT_KEY_SECRETS"]]):
            wrong = [fault for each in movers for fault in faults(each, before[key_of(each)])]
            redemptions = Redemption.objects.filter(partner=partner).count()
            found = [check.describe(finding) for check in CHECKS if (finding := check.run())]
    # Those of the drill's world began without a key
    inconsistent = [fault for fault in found if "do not follow from their redemp" not in fault]
    receipts = sum(len(each.receipts) for each in movers)
    shown_here = sum(each.here for each in movers)
    pauses = [there_at - here_at for here_at, there_at in (each.times for each in movers)]
    disturbed = sum(each.refused + each.lost for each in stayers)
    report = {
        "receipts": receipts,
        "of them here": shown_here,
        "redemptions there": redemptions,
        "503": sum(each.refused for each in movers),
        "export, s (of CPU)": f"{took['export_partner']:.1f} ({took['export_partner, CPU']:.1f})",
        "import, s (of CPU)": f"{took['import_partner']:.1f} ({took['import_partner, CPU']:.1f})",
        "people waited at most, s": max(pauses),
        "nothing written here": "yes" if same else "NO",
        "503 to who stays": disturbed,
        "faults": wrong + of_stayers + inconsistent or "none",
    }
    print(table([*report], [[*report.values()]]))
    print(f"\n{sum(count for count, _digest in left.values()):,} rows.")
    return (
        receipts == redemptions > shown_here
        and same
        and not (wrong or of_stayers or inconsistent or disturbed)
        and max(pauses) <= TARGET
    )


def key_of(redeemer: Redeemer) -> int:
    return int(redeemer.member.subscription.pk)


def pad(partner: Partner, rows: int) -> None:
    """Lines on record, as years of work leave them."""
    line = Record.objects.line("tenants.signed-in", by=Actor(), partner=partner)
    Record.objects.bulk_create((Record(**values_of(line)) for _ in range(rows)), batch_size=1_000)


def values_of(line: Record) -> dict[str, Any]:
    stored = (field.attname for field in line._meta.concrete_fields if field.name != "id")
    return {name: getattr(line, name) for name in stored}


@contextmanager
def another_portal(place: Path, postgres: Postgres, second: Postgres) -> Iterator[Portal]:
    """On its own database, with a catalog that has the same names and other numbers."""
    second.make_database()
    manage(second.url, "migrate", "-v0", **THERE)
    with connected(postgres) as one, connected(second) as two:
        for model, references in CATALOG.items():
            names = columns(model)
            shifted = [f"{n} + {SHIFT}" if n in ("id", *references) else n for n in names]
            target = f"{model._meta.db_table} ({', '.join(names)})"
            # Our own names
            query = f"SELECT {', '.join(shifted)} FROM {model._meta.db_table}"  # noqa: S608
            with (
                one.cursor().copy(f"COPY ({query}) TO STDOUT") as source,
                two.cursor().copy(f"COPY {target} FROM STDIN") as copy,
            ):
                for data in source:
                    copy.write(data)
    with Portal(place, second.url, workers=2, **THERE) as portal:
        yield portal


def connected(postgres: Postgres) -> psycopg.Connection:
    return psycopg.connect(host=HOST, port=postgres.port, user="portal", dbname="portal")


def move(
    place: Path, partner: Partner, postgres: Postgres, second: Postgres
) -> tuple[dict[str, float], dict[str, Any]]:
    """By the commands of docs/operations.md: how long each took, and what was there when closed."""
    file, mpn_id = str(place / "partner.jsonl"), partner.mpn_id
    took: dict[str, float] = {}

    def run(command: Callable[[], str], name: str) -> None:
        began, cpu = time.monotonic(), children_cpu()
        print(command())
        took[name], took[f"{name}, CPU"] = time.monotonic() - began, children_cpu() - cpu

    run(
        lambda: manage(postgres.url, "export_partner", mpn_id, file, "--cell", "1", **SHARED),
        "export_partner",
    )
    left = left_behind(place, partner, "closed")
    run(lambda: manage(second.url, "import_partner", file, **THERE), "import_partner")
    url = f"https://{HOST}/"
    run(
        lambda: manage(postgres.url, "end_move", mpn_id, "--moved-to", url, **SHARED),
        "end_move",
    )
    return took, left


def children_cpu() -> float:
    """Seconds of the commands that have ended, without their database's."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def left_behind(place: Path, partner: Partner, name: str) -> dict[str, Any]:
    """How many rows of each table are where it left, and a digest of them."""
    with override_settings(**SHARED):
        totals = export(partner, place / f"{name}.jsonl", None)
    connections.close_all()
    return {label: (total.count, total.digest) for label, total in totals.items()}


@contextmanager
def asking(postgres: Postgres) -> Iterator[None]:
    """Within the block this process asks another server."""
    settings = connections["default"].settings_dict
    port = settings["PORT"]
    connections.close_all()
    settings["PORT"] = postgres.port
    try:
        yield
    finally:
        connections.close_all()
        settings["PORT"] = port
