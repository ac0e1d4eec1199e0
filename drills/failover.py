"""The primary is killed while people redeem, and its standby is promoted (P11).

Nothing that was confirmed is lost, and the machine that failed comes back as the standby.

DATABASE_URL names both, with target_session_attrs=read-write; a commit waits for the standby
(synchronous_standby_names).
"""

import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import psycopg
from django.db import connections

from benefits_portal.licensing.models import Redemption
from drills.backup import contents
from drills.killed import Redeemer, faults
from drills.people import table
from drills.servers import HOST, Portal, Postgres, until
from drills.world import members

TARGET = 5.0  # seconds after the promotion, as for a database that was killed


def main(
    place: Path, postgres: Postgres, people: int = 4, keys: int = 60, away: float = 3.0
) -> bool:
    everybody = members(1, people, keys=keys)
    before = {member.subscription.pk: member.subscription.term for member in everybody}
    connections.close_all()
    stop = threading.Event()
    with Postgres(place, copy_of=postgres) as standby:
        keep_in_step(postgres)
        url = f"postgres://portal@{HOST}:{postgres.port},{HOST}:{standby.port}/portal?target_session_attrs=read-write"
        with Portal(place, url) as portal:
            redeemers = [Redeemer(portal.port, member, stop) for member in everybody]
            for redeemer in redeemers:
                redeemer.start()
            until(lambda: all(len(redeemer.receipts) > 2 for redeemer in redeemers), 60)
            postgres.kill()
            time.sleep(away)
            meanwhile = readyz(portal)
            standby.ask("SELECT pg_promote()", "postgres")
            back = until(portal.is_ready, 60)
            confirmed = sum(len(redeemer.receipts) for redeemer in redeemers)
            with suppress(TimeoutError):  # whoever has no key left does not come again
                until(
                    lambda: (
                        sum(len(redeemer.receipts) for redeemer in redeemers) > confirmed + people
                    ),
                    20,
                )
            stop.set()
            for redeemer in redeemers:
                redeemer.join()
        connections["default"].settings_dict["PORT"] = standby.port
        redemptions = Redemption.objects.count()
        wrong = [
            fault
            for redeemer in redeemers
            for fault in faults(redeemer, before[redeemer.member.subscription.pk])
        ]
        connections.close_all()
        follows = follows_again(place, standby)
    receipts = sum(len(redeemer.receipts) for redeemer in redeemers)
    refused = sum(redeemer.refused for redeemer in redeemers)
    lost = sum(redeemer.lost for redeemer in redeemers)
    head = [
        "receipts",
        "redemptions",
        "answers lost",
        "503",
        "/readyz meanwhile",
        "ready after the promotion, s",
        "the old one follows",
        "faults",
    ]
    row = [receipts, redemptions, lost, refused, meanwhile, back]
    print(table(head, [[*row, "yes" if follows else "NO", str(wrong or "none")]]))
    return (
        not wrong
        and receipts == redemptions > confirmed
        and meanwhile == "database unavailable"
        and back <= TARGET
        and follows
    )


def follows_again(place: Path, primary: Postgres) -> bool:
    """Whether the machine that failed, filled anew, has every row of the new primary, and the next.

    Confirmed changes are on both again.
    """
    with Postgres(place, copy_of=primary) as back:
        keep_in_step(primary)
        primary.ask("UPDATE tenants_partner SET country = 'NL'")
        until(lambda: rows(back) == rows(primary), 30)
        return back.ask("SELECT pg_is_in_recovery()") == [(True,)]


def rows(server: Postgres) -> dict[str, tuple[int, str]]:
    with psycopg.connect(host=HOST, port=server.port, user="portal", dbname="portal") as connection:
        return contents(connection)


def keep_in_step(postgres: Postgres) -> None:
    """From now on a commit is confirmed once the standby has it too."""
    postgres.ask("ALTER SYSTEM SET synchronous_standby_names = '*'", "postgres")
    postgres.ask("SELECT pg_reload_conf()", "postgres")
    until(lambda: postgres.ask("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"), 30)


def readyz(portal: Portal) -> str:
    """What it says while it is not ready."""
    try:
        with urlopen(f"http://{HOST}:{portal.port}/readyz", timeout=10) as answer:
            output: str = answer.read().decode().strip()
    except OSError as refused:
        answer = getattr(refused, "fp", None)
        output = answer.read().decode().strip() if answer else str(refused)
    return output
