"""Lists from a streaming replica: who has just written sees it (21).

Whether the replica is behind, away or back.
"""

from pathlib import Path
from typing import Any

from django.db import connections

from drills.people import Answer, Browser, table
from drills.servers import Portal, Postgres, until
from drills.world import Member, members

LIST = "/mpn/benefits/azure-cloud/"
LATEST = """SELECT query FROM pg_stat_activity
            WHERE datname = 'portal' AND backend_type = 'client backend'
              AND pid <> pg_backend_pid()
            ORDER BY query_start DESC LIMIT 1"""


def main(place: Path, postgres: Postgres) -> bool:
    writer, other = members(1, 2, keys=1)
    connections.close_all()
    with (
        Postgres(place, copy_of=postgres) as replica,
        Portal(place, postgres.url, workers=1, REPLICA_URL=replica.url) as portal,
    ):
        browser, second = Browser(portal.port), Browser(portal.port)
        browser.sign_in(writer)
        second.sign_in(other)
        until(lambda: caught_up(postgres, replica), 30)
        rows: list[list[Any]] = [["in step", *look(second, replica), ""]]
        replica.ask("SELECT pg_wal_replay_pause()")
        given = assign(browser, writer)
        fresh, stale = look(browser, replica), look(second, replica)
        rows.append(["behind, who wrote", *fresh, shows(given, fresh[0])])
        rows.append(["behind, somebody else", *stale, shows(given, stale[0])])
        replica.ask("SELECT pg_wal_replay_resume()")
        until(lambda: caught_up(postgres, replica), 30)
        again = look(browser, replica)
        rows.append(["in step again, who wrote", *again, shows(given, again[0])])
        replica.stop()
        away = [browser.get(LIST) for _ in range(6)]
        rows.append(
            ["away", away[-1], max(answer.seconds for answer in away), "no", shows(given, away[-1])]
        )
    head = ["the replica is", "list", "slowest, s", "from the replica", "the new holder is shown"]
    print(table(head, [[row[0], row[1].status, *row[2:]] for row in rows]))
    served = [row[3] for row in rows] == ["yes", "no", "yes", "yes", "no"]
    seen = [row[4] for row in rows][1:] == ["yes", "no", "yes", "yes"]
    return served and seen and all(answer.status == 200 and answer.seconds < 3 for answer in away)


def look(browser: Browser, replica: Postgres) -> tuple[Answer, float, str]:
    """The list, how long it took, and whether it was read from the replica.

    Then the question how far it is was not the last.
    """
    answer = browser.get(LIST)
    latest = replica.ask(LATEST)
    return (
        answer,
        answer.seconds,
        "yes" if latest and "pg_last_wal_replay_lsn" not in latest[0][0] else "no",
    )


def assign(browser: Browser, member: Member) -> Answer:
    form = {"acting_in": member.acting_in, "directory_user": str(member.colleagues[0])}
    return browser.post(f"/mpn/benefits/azure-cloud/{member.credit.pk}/assign/", form)


def shows(given: Answer, answer: Answer) -> str:
    """Whether the list has a benefit that is assigned."""
    return "yes" if given.status == 200 and 'data-status="assigned"' in answer.page else "no"


def caught_up(postgres: Postgres, replica: Postgres) -> bool:
    [(position,)] = postgres.ask("SELECT pg_current_wal_insert_lsn()::text")
    return bool(replica.ask(f"SELECT pg_last_wal_replay_lsn() >= '{position}'::pg_lsn")[0][0])
