"""Two hundred requests on one key at one instant, against two processes, twenty rounds (10).

One succeeds, the others are told that the key is redeemed; one redemption, one effect, one record.
`guard=off` takes the conditional update away, reads first and writes then: the drill must not hold
any more.
"""

import selectors
import socket
import time
from pathlib import Path
from urllib.parse import urlencode

from django.db import connections

from benefits_portal import clock
from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing.models import Redemption, Subscription, quote_redemption
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.tenants.models import Record
from drills.people import Browser, percentile, table
from drills.servers import HOST, Portal, Postgres
from drills.world import Member, members

GUARDED = {"on": "benefits_portal.wsgi", "off": "drills.unguarded"}


def main(
    place: Path,
    postgres: Postgres,
    requests: int = 200,
    rounds: int = 20,
    guard: str = "on",
    seconds: float = 2.0,
) -> bool:
    [member] = members(1, 1, keys=rounds)
    held, rows = True, []
    with Portal(place, postgres.url, application=GUARDED[guard]) as portal:
        browser = Browser(portal.port)
        browser.sign_in(member)
        for number, key in enumerate(member.keys, 1):
            before = Subscription.objects.get(pk=member.subscription.pk).term
            answers = at_one_instant(
                portal.port, [redeeming(browser, member, key) for _ in range(requests)]
            )
            output = [answer for answer, _ in answers]
            redeemed = sum("302" in answer[:20] and "/receipts/" in answer for answer in output)
            clear = sum(
                "200 OK" in answer[:20] and "This key was redeemed on" in answer
                for answer in output
            )
            redemptions = list(Redemption.objects.filter(key=key))
            records = Record.objects.filter(
                action="licensing.extend", refused="", subject_id=member.subscription.pk
            ).count()
            effect = Subscription.objects.get(pk=member.subscription.pk).term
            whole = (
                len(redemptions) == 1
                and redemptions[0].before == before
                and redemptions[0].after == effect
                and records == number
            )
            rows.append(
                [
                    number,
                    redeemed,
                    clear,
                    requests - redeemed - clear,
                    whole,
                    percentile([took for _, took in answers], 1),
                ]
            )
            held = held and (redeemed, clear, whole) == (1, requests - 1, True)
        connections.close_all()
    slowest = max(row[-1] for row in rows)
    print(
        table(
            [
                "round",
                "redeemed",
                "told so",
                "anything else",
                "one redemption, effect and record",
                "slowest, s",
            ],
            rows,
        )
    )
    print(f"\nSlowest of {requests * rounds} requests: {slowest:.2f} s (target {seconds:g} s).")
    return held and slowest <= seconds


def redeeming(browser: Browser, member: Member, key: int) -> bytes:
    """The request of somebody who has just been shown what `key` would do.

    Each is a submission of its own.
    """
    subscription = Subscription.objects.get(pk=member.subscription.pk)
    quote = quote_redemption(
        RedemptionKind.EXTEND,
        ProductKey.objects.for_display().get(pk=key),
        member.tenant,
        subscription,
        clock.today(),
    )
    token = browser.token
    body = urlencode(
        {"csrfmiddlewaretoken": token, "acting_in": member.acting_in, "quote": quote.signed()}
    )
    lines = [
        f"POST /admin-center/products/{subscription.pk}/extend/?key={key} HTTP/1.1",
        f"Host: {HOST}",
        "Cookie: " + "; ".join(f"{name}={value}" for name, value in browser.cookies.items()),
        "X-Forwarded-Proto: https",
        f"Referer: https://{HOST}/",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def at_one_instant(
    port: int, requests: list[bytes], patience: float = 60
) -> list[tuple[str, float]]:
    """Connect for every request, then send them all at once.

    Each answer comes with the seconds that it took, empty if none came.
    """
    waiting = selectors.DefaultSelector()
    sockets = [socket.create_connection((HOST, port), timeout=10) for _ in requests]
    started = time.perf_counter()
    for number, (connection, request) in enumerate(zip(sockets, requests, strict=True)):
        connection.sendall(request)
        connection.setblocking(False)
        waiting.register(connection, selectors.EVENT_READ, number)
    parts: list[list[bytes]] = [[] for _ in requests]
    took = [0.0] * len(requests)
    while waiting.get_map() and time.perf_counter() - started < patience:
        for ready, _ in waiting.select(1):
            try:
                part = ready.fileobj.recv(65536)  # type: ignore[union-attr]
            except OSError:
                part = b""
            if part:
                parts[ready.data].append(part)
            else:
                took[ready.data] = time.perf_counter() - started
                waiting.unregister(ready.fileobj)
                sockets[ready.data].close()  # a worker waits for that
    return [
        (b"".join(part).decode(errors="replace"), seconds)
        for part, seconds in zip(parts, took, strict=True)
    ]
