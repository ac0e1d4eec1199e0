"""Types one wrong thing after the other, in a process of its own: `python -m tests.guesser`, with the test database in DATABASE_URL.

Reads two lines: where and what, as JSON; and `go`. Prints `ready` between them, and at the end the status and the errors of each answer.
"""

import json
import sys

import django


def main() -> None:
    from django.conf import settings
    from django.test import Client

    asked = json.loads(sys.stdin.readline())
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.cookies.load(asked["cookies"])
    client.get("/healthz")  # everything is imported and connected before the start
    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    answers = [client.post(asked["address"], form) for form in asked["forms"]]
    print(json.dumps([answer.text for answer in answers]))  # noqa: T201


if __name__ == "__main__":
    django.setup()
    main()
