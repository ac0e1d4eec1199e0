"""Slow clients, enormous bodies and ten thousand fields (14).

nginx and the portal refuse what is too much, others go on.
"""

import socket
import threading
import time
from pathlib import Path

from django.db import connections

from drills.people import Browser, percentile, table
from drills.servers import HOST, Nginx, Portal, Postgres
from drills.world import members

MEGABYTE = b"x" * 1_000_000


def main(place: Path, postgres: Postgres, slow: int = 200, seconds: int = 20) -> bool:
    [member] = members(1, 1, keys=0)
    connections.close_all()
    with Portal(place, postgres.url) as portal, Nginx(place, [portal]) as nginx:
        browser = Browser(nginx.port)
        browser.sign_in(member)
        quiet = looked(browser, seconds / 4)
        stop = threading.Event()
        clients = [
            threading.Thread(target=crawl, args=[nginx.port, number % 2 == 0, stop])
            for number in range(slow)
        ]
        for client in clients:
            client.start()
        crowded = looked(browser, seconds)
        stop.set()
        for client in clients:
            client.join()
        rows = [
            [who, len(took), percentile(took, 0.5), max(took)]
            for who, took in {"alone": quiet, f"with {slow} slow clients": crowded}.items()
        ]
        print(table(["the list of benefits", "times", "p50, s", "slowest, s"], rows))
        large = {
            "100 MB to nginx": post(nginx.port, 100),
            "100 MB to gunicorn itself": post(portal.port, 100),
            "10,000 fields": fields(browser, 10_000),
            "an address of 20,000 characters": browser.get("/calculator/?" + "x" * 20_000).status,
        }
        print("\n" + table(["sent", "answer"], [[what, status] for what, status in large.items()]))
        after = browser.get("/mpn/benefits/azure-cloud/").status
    output = set(large.values()) <= {400, 403, 413, 414}
    return output and after == 200 and percentile(crowded, 0.5) <= 2 * percentile(quiet, 0.5)


def looked(browser: Browser, seconds: float) -> list[float]:
    took, ends = [], time.monotonic() + seconds
    while time.monotonic() < ends:
        answer = browser.get("/mpn/benefits/azure-cloud/")
        took.append(answer.seconds if answer.status == 200 else 60.0)
        time.sleep(0.1)
    return took


def crawl(port: int, sends_headers: bool, stop: threading.Event) -> None:
    """Half of a request, byte by byte, until told to stop: headers, or an announced body."""
    head = f"POST /sign-in/ HTTP/1.1\r\nHost: {HOST}\r\n".encode()
    while not stop.is_set():
        try:
            with socket.create_connection((HOST, port), timeout=5) as connection:
                connection.sendall(
                    head if sends_headers else head + b"Content-Length: 5000\r\n\r\n"
                )
                while not stop.wait(1):
                    connection.sendall(b"a" if not sends_headers else b"X-A: b\r\n")
        except OSError:
            stop.wait(0.5)


def post(port: int, megabytes: int) -> int:
    """The status that a form of that size gets."""
    head = (
        f"POST /sign-in/ HTTP/1.1\r\nHost: {HOST}\r\nX-Forwarded-Proto: https\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
    )
    with socket.create_connection((HOST, port), timeout=60) as connection:
        try:
            connection.sendall(
                (
                    head + f"Content-Length: {megabytes * 1_000_000}\r\nConnection: close\r\n\r\n"
                ).encode()
            )
            for _ in range(megabytes):
                connection.sendall(MEGABYTE)
        except OSError:
            pass  # it does not read on, rightly
        return int((connection.recv(4096) or b"HTTP/1.1 000").split()[1])


def fields(browser: Browser, count: int) -> int:
    browser.get("/sign-in/")
    return browser.post("/sign-in/", {f"field{number}": "x" for number in range(count)}).status
