"""Two hundred keys at one instant, then 10,000 operations that have to be linearizable (11).

Both are on one subscription. Every client is a process with a connection of its own, which redeems
by the model's verbs, looks at the subscription and at keys, and notes when each began, when it
ended and what it saw. The ledger says in which order the writes took place: replayed by the
arithmetic it gives every row and the last term exactly, and no operation contradicts it.
`guard=off` takes the locks and the conditional updates away, `guard=stale` lets clients now and
then see what they saw before: the drill must not hold any more.
"""

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import count, cycle
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.db import DatabaseError, connection, connections, transaction
from django.db.models import QuerySet

from benefits_portal import clock
from benefits_portal.benefits.models import Membership, ProductKey
from benefits_portal.benefits.models.product_key_queryset import ProductKeyQuerySet
from benefits_portal.licensing import end_dates
from benefits_portal.licensing.models import Redemption, Subscription, Term, quote_redemption
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor, Record
from drills.people import table
from drills.servers import Postgres
from drills.world import Member, key_for, members

FORK = multiprocessing.get_context("fork")
REDEEMING, OF_A_KEY = 0.4, 0.5  # of all operations, of the looks
PATIENCE = 600  # seconds
EXPECTED = ("redeemed", "KeyAlreadyRedeemed", "ChangedMeanwhile", "term", "key")


@dataclass(frozen=True)
class Operation:
    """What a client did and was answered.

    `saw` is the number of a redemption, a term, or whether the key was spent.
    """

    what: str
    key: int | None
    began: int  # nanoseconds of a clock that all processes share
    ended: int
    saw: Any = None


class Ledger:
    """The writes of one subscription in the order in which they took place.

    After n of them it is in state n.
    """

    def __init__(self, member: Member, before: Term) -> None:
        self.subscription = Subscription.objects.get(pk=member.subscription.pk)
        self.before = before
        self.rows = list(Redemption.objects.filter(subscription=self.subscription).order_by("pk"))
        self.write = {row.pk: number for number, row in enumerate(self.rows, 1)}
        # A term that was read is of no key
        self.spent_by: dict[int | None, int] = {
            row.key_id: number for number, row in enumerate(self.rows, 1)
        }
        # License-days only grow
        self.state = {before: 0} | {row.after: number for number, row in enumerate(self.rows, 1)}

    def faults(self) -> list[str]:
        """Where it is not what the arithmetic gives, one row after the other."""
        term, found = self.before, []
        for row in self.rows:
            way = RedemptionKind(row.way)
            after = end_dates.redeemed(way, term, row.key_licenses, row.redeemed_on)
            if (row.before, row.after) != (term, after):
                found.append(f"redemption {row.pk} does not follow from the one before it")
            term = row.after
        if self.subscription.term != term:
            found.append("the subscription is not what its redemptions made it")
        if set(
            ProductKey.objects.redeemed()
            .filter(product=self.subscription.product)
            .values_list("pk", flat=True)
        ) != set(self.spent_by):
            found.append("a key was spent without its redemption")
        records = Record.objects.filter(
            action__in=["licensing.extend", "licensing.add"],
            refused="",
            subject_id=self.subscription.pk,
        )
        if records.count() != len(self.rows):
            found.append("a redemption has no record, or two")
        return found

    def places(self, operation: Operation) -> tuple[int, int]:
        """The first and the last place at which that can have been answered.

        Write n is at 2n, whoever sees state n at 2n + 1.
        """
        last = 2 * len(self.rows) + 1
        spent = 2 * self.spent_by.get(operation.key, len(self.rows) + 1)
        if operation.what == "redeemed":
            write = 2 * self.write.get(operation.saw, -1)
            return (write, write) if write == spent else (last, 0)
        if operation.what == "term":
            state = self.state.get(operation.saw)
            return (last, 0) if state is None else (2 * state + 1, 2 * state + 1)
        if operation.what == "KeyAlreadyRedeemed" or operation.saw is True:
            return spent + 1, last
        # Seen unspent, or claimed and given back because the subscription had changed
        return 1, min(spent - 1, last)

    def contradictions(self, operations: list[Operation]) -> list[str]:
        """Operations that have no place: in the order of time each gets the first that is possible.

        A history is linearizable if and only if none is left over: whatever began after another had
        ended comes no earlier.
        """
        events = sorted(
            (moment, ended, number)
            for number, operation in enumerate(operations)
            for ended, moment in enumerate((operation.began, operation.ended))
        )
        reached, found = 0, []
        placed: dict[int, int] = {}
        for _, ended, number in events:
            if ended:
                reached = max(reached, placed.pop(number, 0))
                continue
            first, last = self.places(operations[number])
            placed[number] = max(first, reached)
            if placed[number] > last:
                found.append(
                    f"{operations[number]} has no place: {first} to {last}, {reached} reached"
                )
                del placed[number]
        return found

    def unconfirmed(self, operations: list[Operation]) -> list[str]:
        output = sorted(operation.saw for operation in operations if operation.what == "redeemed")
        return (
            []
            if output == sorted(self.write)
            else ["the redemptions that clients were told of are not those of the ledger"]
        )


def main(
    place: Path,
    postgres: Postgres,
    keys: int = 200,
    operations: int = 10_000,
    live: int = 50,
    clients: int = 16,
    guard: str = "on",
) -> bool:
    first, second = members(1, 2, keys=0)
    number = count()
    for member, wanted in ((first, keys), (second, live + operations // 5)):
        with transaction.atomic():
            member.keys = [
                key_for(member, Membership.objects.get(), next(number), licenses=1 + chosen % 7)
                for chosen in range(wanted)
            ]
    slots = FORK.Array("i", range(live + 1))  # which key is in each, and the next that is not
    at_one_instant = [
        partial(redeem_one, first, key, way)
        for key, way in zip(first.keys, cycle([RedemptionKind.EXTEND, RedemptionKind.ADD]))
    ]
    each = [
        partial(client, second, slots, operations // clients, random.Random(one), guard)
        for one in range(clients)
    ]
    rows, faults = [], []
    with ExitStack() as away:
        if guard == "off":
            take_the_guards_away(away)
        for what, member, tasks in (
            ("at one instant", first, at_one_instant),
            ("history", second, each),
        ):
            before, started = (
                Subscription.objects.get(pk=member.subscription.pk).term,
                time.monotonic(),
            )
            done = [operation for task in at_once(tasks) for operation in task]
            took = time.monotonic() - started
            ledger = Ledger(member, before)
            found = ledger.faults() + ledger.unconfirmed(done) + ledger.contradictions(done)
            kinds = Counter(operation.what for operation in done)
            others = {kind: times for kind, times in kinds.items() if kind not in EXPECTED}
            faults += found + [f"{times} × {kind}" for kind, times in others.items()]
            rows.append(
                [
                    what,
                    len(done),
                    len(tasks),
                    *(kinds[kind] for kind in EXPECTED),
                    sum(others.values()),
                    len(found),
                    took,
                ]
            )
            if what == "at one instant" and kinds["redeemed"] != keys:
                faults.append("not every key was redeemed")
    connections.close_all()
    deadlocks = postgres.ask("SELECT deadlocks FROM pg_stat_database WHERE datname = 'portal'")[0][
        0
    ]
    head = [
        "part",
        "operations",
        "clients",
        "redeemed",
        "told so",
        "changed meanwhile",
        "terms seen",
        "keys seen",
        "errors",
        "faults",
        "s",
    ]
    print(table(head, rows))
    print(f"\nDeadlocks that PostgreSQL ended: {deadlocks}; faults: {len(faults) or 'none'}.")
    for fault in faults[:5]:
        print(f"- {fault}")
    return not faults and deadlocks == 0


def at_once(tasks: Sequence[Callable[[], list[Operation]]]) -> list[list[Operation]]:
    """What each gives, in a process of its own that is connected before all begin together."""
    connections.close_all()  # not to be shared
    together, answers = FORK.Barrier(len(tasks)), FORK.Queue()

    def work(task: Callable[[], list[Operation]]) -> None:
        connection.ensure_connection()
        together.wait(PATIENCE)
        answers.put(task())
        connections.close_all()

    processes = [FORK.Process(target=work, args=[task], daemon=True) for task in tasks]
    for process in processes:
        process.start()
    given = [answers.get(timeout=PATIENCE) for _ in processes]
    for process in processes:
        process.join()
    return given


def redeem_one(member: Member, key: int, way: RedemptionKind) -> list[Operation]:
    return [redeem(member, key, way, quoted=False)]


def client(
    member: Member, slots: Any, operations: int, chance: random.Random, guard: str
) -> list[Operation]:
    """Redeems and looks by chance; a key that is said to be spent gives way to the next."""
    done: list[Operation] = []
    seen: Term | None = None
    for _ in range(operations):
        slot = int((len(slots) - 1) * chance.random() ** 2)  # some are wanted by many
        chosen = slots[slot]
        key = member.keys[chosen]
        if chance.random() < REDEEMING:
            done.append(
                redeem(
                    member,
                    key,
                    chance.choice([RedemptionKind.EXTEND, RedemptionKind.ADD]),
                    quoted=chance.random() < 0.5,
                )
            )
            with slots.get_lock():
                if (
                    done[-1].what == "KeyAlreadyRedeemed"
                    and slots[slot] == chosen
                    and slots[-1] < len(member.keys)
                ):
                    slots[slot], slots[-1] = slots[-1], slots[-1] + 1
        elif chance.random() < OF_A_KEY:
            done.append(noted("key", key, partial(is_redeemed, key)))
        else:
            done.append(
                noted(
                    "term", None, lambda: Subscription.objects.get(pk=member.subscription.pk).term
                )
            )
            if guard == "stale" and chance.random() < 0.1:
                done[-1] = replace(done[-1], saw=seen or done[-1].saw)
            seen = done[-1].saw
    return done


def redeem(member: Member, key_id: int, way: RedemptionKind, *, quoted: bool) -> Operation:
    """Redeem by the model's verb on a fresh read.

    `quoted` as the portal does it, that is only as it was shown.
    """

    def verb() -> int:
        key = ProductKey.objects.for_use().get(pk=key_id)
        subscription = Subscription.objects.for_display().get(pk=member.subscription.pk)
        on = clock.today()
        quote = quote_redemption(way, key, member.tenant, subscription, on) if quoted else None
        deed = subscription.extend if way is RedemptionKind.EXTEND else subscription.add_licenses
        redemption: Redemption = deed(key, by=Actor(member.user), on=on, quote=quote)
        return redemption.pk

    return noted("redeemed", key_id, verb)


def is_redeemed(key: int) -> bool:
    return ProductKey.objects.get(pk=key).is_redeemed


def noted(what: str, key: int | None, deed: Callable[[], Any]) -> Operation:
    """That `deed` was done, or which refusal or error it met."""
    began, saw = time.monotonic_ns(), None
    try:
        saw = deed()
    except Refusal as refusal:
        what = type(refusal).__name__
    except DatabaseError as error:
        what = f"{type(error).__name__} ({type(error.__cause__).__name__})"
    return Operation(what, key, began, time.monotonic_ns(), saw)


def take_the_guards_away(away: ExitStack) -> None:
    """Keys and subscriptions are read, then written, without a lock or a condition."""

    def claim(self: Any, key: Any, *, tenant: Any, by: Any, on: Any) -> Any:
        key = self.for_display().get(pk=key.pk)
        key.check_redeemable(on)
        self.filter(pk=key.pk).update(
            redeemed_at=clock.now(), redeemed_on=on, redeemed_by=by.user, redeemed_in=tenant
        )
        return key

    away.enter_context(patch.object(ProductKeyQuerySet, "claim", claim))
    away.enter_context(patch.object(QuerySet, "select_for_update", lambda self, **_options: self))
