"""Types wrong things one after the other, in several processes at once.

Run as `python -m tests.guesser`, with the test database in DATABASE_URL.

Reads where, and what each process types, as JSON. Each connects by itself; they start at one
instant. Prints the pages as JSON. Whenever a process has read how much was tried it thinks for a
moment, in which the others, without a lock, read the same.
"""

import json
import multiprocessing
import sys
import time
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import resolve

ATTEMPTS = ('FROM "tenants_attempt"', 'FROM "tenants_keyattempt"')
FORK = multiprocessing.get_context("fork")  # what was imported once serves all of them


def hesitate(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    found = execute(sql, params, many, context)
    if sql.startswith("SELECT") and any(table in sql for table in ATTEMPTS):
        time.sleep(0.05)
    return found


def guess(
    start: Barrier, told: Connection, address: str, cookies: str, forms: list[dict[str, str]]
) -> None:
    client = Client()
    client.cookies.load(cookies)
    client.get("/healthz")
    connection.ensure_connection()
    start.wait(60)
    with connection.execute_wrapper(hesitate):
        told.send([client.post(address, form).text for form in forms])


def main() -> None:
    asked = json.load(sys.stdin)
    settings.ALLOWED_HOSTS = ["testserver"]
    resolve("/")  # imports every page
    assert connection.connection is None
    start = FORK.Barrier(len(asked["forms"]))
    answers = []
    for forms in asked["forms"]:
        heard, told = FORK.Pipe(duplex=False)
        FORK.Process(
            target=guess, args=(start, told, asked["address"], asked["cookies"], forms)
        ).start()
        told.close()  # who dies is noticed
        answers.append(heard)
    print(json.dumps([page for heard in answers for page in heard.recv()]))  # noqa: T201


if __name__ == "__main__":
    django.setup()
    main()
