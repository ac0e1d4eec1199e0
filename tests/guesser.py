"""Types one wrong thing after the other, in a process of its own.

Run as `python -m tests.guesser`, with the test database in DATABASE_URL.

Reads two lines: where and what, as JSON; and `go`. Prints `ready` between them, and at the end each
page. Whenever it has read how much was tried it thinks for a moment, in which the others, without a
lock, read the same.
"""

import json
import sys
import time
from typing import Any

import django

ATTEMPTS = ('FROM "tenants_attempt"', 'FROM "tenants_keyattempt"')


def hesitate(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    found = execute(sql, params, many, context)
    if sql.startswith("SELECT") and any(table in sql for table in ATTEMPTS):
        time.sleep(0.05)
    return found


def main() -> None:
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    asked = json.loads(sys.stdin.readline())
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.cookies.load(asked["cookies"])
    client.get("/healthz")  # everything is imported and connected before the start
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    with connection.execute_wrapper(hesitate):
        answers = [client.post(asked["address"], form) for form in asked["forms"]]
    print(json.dumps([answer.text for answer in answers]))  # noqa: T201


if __name__ == "__main__":
    django.setup()
    main()
