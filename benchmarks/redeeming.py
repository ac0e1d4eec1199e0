"""Redeeming over HTTP, form by form, beside what PostgreSQL itself does in the same minute."""

import re
import shutil
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from django.urls import reverse

from benchmarks import processes
from benchmarks.parts import HEADER
from benchmarks.portal import Visitor
from tests.postgres import installed, wheel

# A conditional claim, a lock, and three writes: what one redemption asks of the database.
SCRIPT = """\\set key random(1, 1000000000)
\\set subscription random(1, :rows)
BEGIN;
UPDATE bare.key SET redeemed_at = now()
 WHERE id = :key % :rows + 1 AND redeemed_at IS DISTINCT FROM now();
SELECT licenses, ends_on FROM bare.subscription WHERE id = :subscription FOR UPDATE;
UPDATE bare.subscription SET licenses = licenses + 1, ends_on = ends_on + 1
 WHERE id = :subscription;
INSERT INTO bare.redemption (key_id, subscription_id, redeemed_at)
 VALUES (:key, :subscription, now());
INSERT INTO bare.record (at, action, subject_id, after)
 VALUES (now(), 'redeemed', :subscription, '{"licenses": 25}');
COMMIT;
"""
ROWS = 20_000
TABLES = f"""
DROP SCHEMA IF EXISTS bare CASCADE;
CREATE SCHEMA bare;
CREATE TABLE bare.key (id bigint PRIMARY KEY, redeemed_at timestamptz);
CREATE TABLE bare.subscription
  (id bigint PRIMARY KEY, licenses int NOT NULL, ends_on date NOT NULL);
CREATE TABLE bare.redemption
  (id bigserial PRIMARY KEY, key_id bigint, subscription_id bigint, redeemed_at timestamptz);
CREATE INDEX ON bare.redemption (subscription_id, redeemed_at);
CREATE TABLE bare.record
  (id bigserial PRIMARY KEY, at timestamptz, action text, subject_id bigint, after jsonb);
CREATE INDEX ON bare.record (subject_id, at);
INSERT INTO bare.key SELECT n FROM generate_series(1, {ROWS}) n;
INSERT INTO bare.subscription SELECT n, 25, current_date FROM generate_series(1, {ROWS}) n;
"""
# Unused keys, each with another running subscription of its product at the large partner.
PAIRS = """
SELECT k.id, s.id FROM
  (SELECT id, product_id, row_number() OVER (PARTITION BY product_id ORDER BY id DESC) nth
     FROM benefits_productkey WHERE partner_id = 1 AND redeemed_at IS NULL AND revoked_at IS NULL) k
JOIN
  (SELECT id, product_id, row_number() OVER (PARTITION BY product_id ORDER BY id DESC) nth
     FROM licensing_subscription WHERE tenant_id = 1 AND ends_on > current_date + 7) s
USING (product_id, nth)
JOIN benefits_productkey p ON p.id = k.id
JOIN benefits_benefit b ON b.id = p.benefit_id
WHERE b.expires_on > current_date + 7 LIMIT %s
"""


@dataclass
class Redeemed:
    """What was found in each round: answers or transactions a second, and CPU seconds of one."""

    queries: int
    milliseconds: list[float] = field(default_factory=list)
    http: list[tuple[float, float]] = field(default_factory=list)
    bare: list[tuple[float, float]] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Of the bare database's rate, in the same minute."""
        return statistics.median(
            mine[0] / bare[0] for mine, bare in zip(self.http, self.bare, strict=True)
        )

    @property
    def cpu_share(self) -> float:
        """The same on a machine that does nothing else, where CPU is all there is to wait for."""
        return statistics.median(
            bare[1] / mine[1] for mine, bare in zip(self.http, self.bare, strict=True)
        )

    @property
    def cpu_seconds(self) -> float:
        return statistics.median(cpu for _rate, cpu in self.http)


@dataclass
class Form:
    """A review that is open in somebody's browser."""

    visitor: Visitor
    url: str
    values: dict[str, str]

    @classmethod
    def opened(cls, visitor: Visitor, url: str) -> "Form":
        page = visitor.get(url)
        cookie = re.search(r"(?im)^set-cookie: (\S*csrftoken)=([^;]+)", page.head)
        form = page.text[page.text.index('name="quote"') - 1000 :]
        values = dict(
            re.findall(
                r'<input type="hidden" name="(csrfmiddlewaretoken|acting_in|quote)"'
                r' value="([^"]*)"',
                form,
            )
        )
        if not cookie or len(values) < 3:
            raise RuntimeError(f"{url} shows no review: status {page.status}")
        return cls(Visitor(visitor.socket, visitor.cookies | {cookie[1]: cookie[2]}), url, values)

    def send(self) -> float:
        """Redeem; the seconds that it took. RuntimeError unless it leads to a receipt."""
        begun = time.monotonic()
        answer = self.visitor.post(self.url, self.values)
        if answer.status != 302 or "/receipts/" not in answer.header("Location"):
            raise RuntimeError(f"Not redeemed: status {answer.status} at {self.url}")
        return time.monotonic() - begun


def redeeming(
    visitor: Visitor,
    database_url: str,
    roots: tuple[int, ...],
    *,
    rounds: int,
    each: int,
    clients: int,
) -> Redeemed:
    """Redeem over HTTP, then ask the bare database for as long, `rounds` times.

    Each time, `clients` at once do `each` redemptions, and as many ask the database.
    """
    pairs = keys_with_subscriptions(database_url, rounds * each + 1)
    each = min(each, (len(pairs) - 1) // rounds)
    forms = (
        Form.opened(visitor, reverse("licensing:extend", args=[subscription]) + f"?key={key}")
        for key, subscription in pairs
    )
    found = Redeemed(count_queries(next(forms)))
    for _ in range(rounds):
        batch = [next(forms) for _ in range(each)]
        before, begun = processes.cpu_seconds(*roots), time.monotonic()
        with ThreadPoolExecutor(clients) as pool:
            taken = list(pool.map(Form.send, batch))
        lasted, used = time.monotonic() - begun, processes.cpu_seconds(*roots) - before
        found.milliseconds += [one * 1000 for one in taken]
        found.http.append((each / lasted, used / each))
        before, begun = processes.cpu_seconds(*roots), time.monotonic()
        rate = bare_rate(database_url, clients, max(lasted, 2))
        used = processes.cpu_seconds(*roots) - before
        found.bare.append((rate, used / (rate * (time.monotonic() - begun))))
    return found


def keys_with_subscriptions(database_url: str, count: int) -> list[tuple[int, int]]:
    """As many as there are, `count` at the most."""
    with psycopg.connect(database_url) as connection:
        return connection.execute(PAIRS, [count]).fetchall()


def count_queries(form: Form) -> int:
    answer = form.visitor.post(form.url, form.values, **{HEADER: "1"})
    return len(answer.parts.answers)


def bare_rate(database_url: str, clients: int, seconds: float) -> float:
    """Transactions a second of pgbench."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(TABLES)
    return pgbench_rate(database_url, SCRIPT, clients, seconds)[0]


def pgbench_rate(
    database_url: str, script: str, clients: int, seconds: float, protocol: str = "simple"
) -> tuple[float, int]:
    """Transactions of `script` a second, and how many there were."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [
            pgbench(),
            "-n",
            "-M",
            protocol,
            "-f",
            file.name,
            "-c",
            str(clients),
            "-j",
            "1",
            "-T",
            str(round(seconds)),
            "-D",
            f"rows={ROWS}",
        ]
        done = subprocess.run([*command, database_url], capture_output=True, text=True, check=True)
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    count = re.search(r"actually processed: (\d+)", done.stdout)
    if not rate or not count:
        raise RuntimeError(done.stdout)
    return float(rate[1]), int(count[1])


def pgbench() -> str:
    beside = installed() or wheel()
    return (
        str(beside / "pgbench")
        if (Path(beside) / "pgbench").exists()
        else shutil.which("pgbench") or "pgbench"
    )
