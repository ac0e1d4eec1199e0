"""Drills: what the portal does when many come at once, and when something it stands on fails.

    uv run python -m drills race

Each starts a PostgreSQL, gunicorn and, where it matters, nginx of its own on the loopback
interface, takes a bounded time, prints a small Markdown table, and ends with 1 if a target of
docs/operations.md was missed. They need what the tests need; nginx and pgbouncer are Debian's
(`apt-get install nginx-light pgbouncer`).
"""
