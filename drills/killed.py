"""A worker, the whole server, and PostgreSQL are killed (-9) amid redeeming, repeatedly (12).

Nothing that was confirmed is lost, nothing is half done or done twice, and whoever got no answer
sends the form again and gets the receipt of the first time.
"""

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.db import connections

from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing import end_dates
from benefits_portal.licensing.models import Redemption, Subscription, Term
from benefits_portal.tenants.models import Record
from drills.people import Browser, table
from drills.servers import Portal, Postgres, until
from drills.world import Member, members

TARGETS = {"worker": 2.0, "server": 2.0, "PostgreSQL": 5.0}  # seconds until it serves again
PEOPLE = 4


class Redeemer(threading.Thread):
    """Redeems one key after the other; a form without an answer is sent until there is one."""

    def __init__(self, port: int, member: Member, stop: threading.Event) -> None:
        super().__init__()
        self.browser, self.member, self.stop = Browser(port, timeout=15), member, stop
        self.receipts: list[int] = []
        self.lost = self.refused = 0

    def run(self) -> None:
        self.browser.sign_in(self.member)
        for key in self.member.keys:
            if self.stop.is_set():
                return
            self.redeem(f"/admin-center/products/{self.member.subscription.pk}/extend/?key={key}")

    def redeem(self, review: str) -> None:
        form: dict[str, str] = {}
        while not form and not self.stop.is_set():
            quote = self.browser.get(review).fields.get("quote")
            form = {"acting_in": self.member.acting_in, "quote": quote} if quote else {}
        while form:
            answer = self.browser.post(review, form)
            if "/receipts/" in answer.url and answer.status == 200:
                self.receipts.append(int(answer.url.rstrip("/").rsplit("/", 1)[-1]))
                return
            self.lost += answer.status == 0
            self.refused += answer.status == 503
            time.sleep(0.05)


def main(
    place: Path,
    postgres: Postgres,
    workers: int = 50,
    servers: int = 15,
    databases: int = 20,
    slack: float = 1.0,
) -> bool:
    kills = workers + servers + databases
    everybody = members(1, PEOPLE, keys=kills * 5 + 10)
    before = {member.subscription.pk: member.subscription.term for member in everybody}
    stop, chance = threading.Event(), random.Random(1)
    rows: list[list[Any]] = []
    with Portal(place, postgres.url) as portal:
        redeemers = [Redeemer(portal.port, member, stop) for member in everybody]
        for redeemer in redeemers:
            redeemer.start()
        until(lambda: all(redeemer.receipts for redeemer in redeemers), 60)
        counts = {"worker": workers, "server": servers, "PostgreSQL": databases}
        deeds: dict[str, Callable[[], None]] = {
            "worker": lambda: os.kill(chance.choice(portal.worker_pids()), signal.SIGKILL),
            "server": lambda: again(portal),
            "PostgreSQL": lambda: again(postgres),
        }
        for kind, count in counts.items():
            took = [kill(deeds[kind], portal, redeemers, chance) for _ in range(count)]
            if took:
                rows.append([kind, count, sum(took) / count, max(took), TARGETS[kind]])
        stop.set()
        for redeemer in redeemers:
            redeemer.join()
    connections.close_all()  # killed too
    lost, refused = (
        sum(redeemer.lost for redeemer in redeemers),
        sum(redeemer.refused for redeemer in redeemers),
    )
    wrong = [
        fault
        for redeemer in redeemers
        for fault in faults(redeemer, before[redeemer.member.subscription.pk])
    ]
    redemptions = Redemption.objects.count()
    connections.close_all()
    print(table(["killed", "times", "back after, s", "at most, s", "target, s"], rows))
    print(
        f"\n{redemptions} redemptions; {lost} answers lost and {refused} times 503, "
        f"each sent again; faults: {wrong or 'none'}."
    )
    return not wrong and lost + refused > 0 and all(row[2] <= row[4] * slack for row in rows)


def again(server: Portal | Postgres) -> None:
    server.kill()
    server.start()


def kill(
    deed: Callable[[], None], portal: Portal, redeemers: list[Redeemer], chance: random.Random
) -> float:
    """Once everybody works again; the seconds until the portal serves."""
    receipts = sum(len(redeemer.receipts) for redeemer in redeemers)
    with suppress(TimeoutError):  # whoever has no key left does not come again
        until(lambda: sum(len(redeemer.receipts) for redeemer in redeemers) > receipts, 20)
    time.sleep(chance.uniform(0, 0.2))
    started = time.monotonic()
    deed()
    until(lambda: portal.is_ready() and len(portal.worker_pids()) == portal.workers, 60)
    return time.monotonic() - started


def faults(redeemer: Redeemer, term: Term) -> list[str]:
    """What is not as it was confirmed."""
    subscription = Subscription.objects.get(pk=redeemer.member.subscription.pk)
    redemptions = list(Redemption.objects.filter(subscription=subscription).order_by("pk"))
    spent = set(
        ProductKey.objects.filter(
            product=subscription.product, redeemed_at__isnull=False
        ).values_list("pk", flat=True)
    )
    records = Record.objects.filter(
        action="licensing.extend",
        refused="",
        partner=subscription.partner,
        subject_id=subscription.pk,
    )
    found = []
    if sorted(redeemer.receipts) != [redemption.pk for redemption in redemptions]:
        found.append("the receipts shown are not the redemptions")
    if spent != {redemption.key_id for redemption in redemptions}:
        found.append("a key was spent without its redemption")
    if records.count() != len(redemptions):
        found.append("a redemption has no record, or two")
    for redemption in redemptions:
        if (
            redemption.before != term
            or end_dates.extended(term, redemption.key_licenses) != redemption.after
        ):
            found.append(f"redemption {redemption.pk} does not follow from the one before it")
        term = redemption.after or term
    if subscription.term != term:
        found.append("the subscription is not what its redemptions made it")
    return found
