"""Redemptions by PostgreSQL alone: the portal's statements on its own tables, by pgbench.

The statements are those of one redemption, as the portal sends them: with other rows each time, and
planned once for each connection. In turn with the bare ones of `redeeming.py`, which are planned
each time, so that the machine's speed is known.
"""

import statistics
from dataclasses import dataclass, field

import psycopg

from benchmarks import processes
from benchmarks.redeeming import SCRIPT as BARE
from benchmarks.redeeming import TABLES, pgbench_rate

SCRIPT = """
SELECT key, benefit, subscription, kind, licenses, starts_on, ends_on,
 ends_on + 182 AS later FROM own.pair WHERE n = (SELECT nextval('own.turn')) \\gset
BEGIN;
UPDATE benefits_productkey SET redeemed_at = now(), redeemed_on = current_date, redeemed_by_id = 1,
 redeemed_in_id = 1
 WHERE partner_id = 1 AND id = :key AND revoked_at IS NULL AND redeemed_at IS NULL;
UPDATE benefits_benefit SET is_used = true WHERE partner_id = 1 AND id = :benefit;
SELECT id, partner_id, tenant_id, product_id, licenses, starts_on, ends_on, carried_license_days,
 since, withdrawn_on, product_name, source_name, product_sort_name, source_sort_name, is_kept
 FROM licensing_subscription
 WHERE partner_id = 1 AND id = :subscription LIMIT 21 FOR UPDATE;
UPDATE licensing_subscription SET licenses = :licenses, starts_on = :starts_on,
 ends_on = :later, carried_license_days = 0, since = current_date,
 source_name = 'Offer 09', source_sort_name = 'offer 09'
 WHERE partner_id = 1 AND id = :subscription;
INSERT INTO licensing_redemption (key_id, subscription_id, partner_id, tenant_id, way, key_licenses,
 redeemed_on, redeemed_at, redeemed_by_id, submission, before_licenses, before_since,
 before_starts_on, before_ends_on, before_carried_license_days, after_licenses, after_ends_on,
 after_carried_license_days, calculation)
 VALUES (:key, :subscription, 1, 1, 'extend', 25, current_date, now(), 1, gen_random_uuid(),
 :licenses, :starts_on, :starts_on, :ends_on, 0, :licenses, :later, 0,
 '{"kind": "extension", "before": [50, "2026-11-01", "2027-11-01"], "key": 25}')
 RETURNING id, calculation;
INSERT INTO tenants_record (at, actor_id, how, reason, partner_id, tenant_id, action, refused,
 params, times, subject_type_id, subject_id, before, after)
 VALUES (now(), 1, 'portal', '', 1, 1, 'licensing.extended', '', '{}', 1, :kind, :subscription,
 '{"licenses": 50, "ends_on": "2027-11-01"}',
 '{"licenses": 50, "ends_on": "2028-05-01", "key": 441}') RETURNING id, times;
COMMIT;
"""
# Unused keys of the large partner, each with another running subscription of its product.
PAIRS = """
DROP SCHEMA IF EXISTS own CASCADE;
CREATE SCHEMA own;
CREATE SEQUENCE own.turn;
CREATE TABLE own.pair AS
SELECT row_number() OVER (ORDER BY random()) AS n, k.id AS key, k.benefit_id AS benefit,
 s.id AS subscription, s.licenses, s.starts_on, s.ends_on,
 (SELECT id FROM django_content_type WHERE model = 'subscription') AS kind FROM
  (SELECT id, benefit_id, product_id,
          row_number() OVER (PARTITION BY product_id ORDER BY random()) nth
     FROM benefits_productkey WHERE partner_id = 1 AND redeemed_at IS NULL AND revoked_at IS NULL) k
JOIN
  (SELECT id, product_id, licenses, starts_on, ends_on,
          row_number() OVER (PARTITION BY product_id ORDER BY random()) nth
     FROM licensing_subscription WHERE tenant_id = 1 AND ends_on > current_date + 7) s
USING (product_id, nth);
CREATE UNIQUE INDEX ON own.pair (n);
ANALYZE own.pair;
"""


@dataclass
class OwnTables:
    """What was found in each round: redemptions a second, and PostgreSQL's CPU for one, in ms."""

    own: list[tuple[float, float]] = field(default_factory=list)
    bare: list[tuple[float, float]] = field(default_factory=list)

    def median(self, taken: list[tuple[float, float]]) -> tuple[float, float]:
        rates, cpu = zip(*taken, strict=True)
        return statistics.median(rates), statistics.median(cpu)


def redemptions(
    database_url: str, postmaster: int, *, rounds: int, clients: int, seconds: float
) -> OwnTables:
    """Redeem in the portal's own tables, then in bare ones for as long, `rounds` times."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(PAIRS)
        connection.execute(TABLES)
    found = OwnTables()

    def measure(script: str, protocol: str) -> tuple[float, float]:
        before = processes.cpu_seconds(postmaster)
        rate, done = pgbench_rate(database_url, script, clients, seconds, protocol)
        return rate, (processes.cpu_seconds(postmaster) - before) / done * 1000

    for _ in range(rounds):
        found.own.append(measure(SCRIPT, "prepared"))
        found.bare.append(measure(BARE, "simple"))
    return found
