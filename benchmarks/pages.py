"""The pages that are measured, by name, with their address in one database."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote

import psycopg
from django.http import QueryDict
from django.urls import reverse
from psycopg.rows import dict_row

from benchmarks.databases import SESSIONS
from benchmarks.portal import Portal, Visitor
from benchmarks.world import FEED_SECRET
from benchmarks.world_events import READER, STAFF
from benefits_portal import clock
from benefits_portal.benefits.benefit_list.listing import BenefitListing
from benefits_portal.tenants.models import Partner

LIST, PRODUCTS, PEOPLE = "benefits:azure-cloud", "licensing:products", "tenants:users"
LICENSES, HOLDERS = "licensing:licenses", "licensing:license-holders"


@dataclass(frozen=True)
class Page:
    """A page with its targets, None where none is set.

    `limit` is the target in render units, `queries` the most that it may take.
    """

    name: str
    url: str
    visitor: Visitor
    limit: float | None = 4.5
    queries: int | None = 7
    headers: tuple[tuple[str, str], ...] = ()
    status: int = 200

    @property
    def growth(self) -> float:
        """How many times what it costs with the least data it may cost with the most."""
        return 1.5 if "?q=" in self.url else 1.15


def pages(portal: Portal, database_url: str, static: Path) -> list[Page]:
    """Of the large partner; as its Global admin, as the back office's staff, and as nobody."""
    found = examples(database_url)
    reader, staff, nobody = (
        portal.visitor(SESSIONS[READER]),
        portal.visitor(SESSIONS[STAFF]),
        portal.visitor(),
    )
    style = next((static / "css").glob("portal.*.css")).name

    def mine(
        name: str,
        route: str,
        query: str = "",
        limit: float | None = 4.5,
        queries: int | None = 7,
        **ids: int,
    ) -> Page:
        return Page(name, reverse(route, kwargs=ids) + query, reader, limit, queries)

    def office(name: str, model: str, query: str = "") -> Page:
        return Page(name, reverse(f"admin:{model}_changelist") + query, staff, 15, None)

    # Adler, of whom there are 25 in the smallest world and 5,000 in the largest
    assign = reverse("benefits:assign", args=[found["credit"]]) + "?q=adl"
    past = clock.today() - timedelta(days=60)
    most_at_once = f"?first={past - timedelta(days=365)}&last={past}"
    calculation = f"?licenses=100&ends_on={clock.today().replace(month=12, day=31)}&keys=25"
    feed = reverse("reminders:feed", args=[FEED_SECRET])
    known = (("If-None-Match", nobody.get(feed).header("ETag")),)
    return [
        Page("static file", f"/static/css/{style}", nobody, None, 0),
        Page("hello, signed out", "/hello/", nobody, None, 0),
        Page("hello, signed in", "/hello/", reader, 1.2, 2),
        mine("benefits, first page", LIST, limit=3.5, queries=5),
        mine("benefits, in the middle", LIST, middle(database_url), limit=3.5, queries=5),
        mine("benefits, last page", LIST, "?page=last", limit=3.5, queries=5),
        mine(
            "benefits, not redeemed, by date",
            LIST,
            "?show=unused&sort=expires",
            limit=3.5,
            queries=5,
        ),
        mine("benefits, ended", LIST, "?tab=ended", limit=3.5, queries=5),
        mine("benefits, by name", LIST, "?sort=benefit", limit=3.5, queries=5),
        mine("benefits, redeemed", LIST, "?status=redeemed", limit=3.5, queries=5),
        # One for the lines of packages, one for all of up to 100 rows
        mine("benefits, searched", LIST, "?q=" + quote("Product 07"), limit=3.5, queries=6),
        # What is unused, what ends with the key that fits, and what becomes of memberships
        mine("home", "home", queries=12),
        # Up to 200 things of each kind are added up, so it has no target
        mine("lost by a day", "licensing:losses", limit=None, queries=11),
        mine("a credit benefit", "licensing:benefit-detail", pk=found["credit"]),
        mine("a license benefit", "licensing:benefit-detail", queries=6, pk=found["licenses"]),
        # One of them asks whether the tenant is known already (K5)
        mine("walkthrough", "licensing:walkthrough", pk=found["licenses"]),
        Page("people to assign to, searched", assign, reader),
        # Two and a half times *hello*
        Page("people to assign to, while typing", assign, reader, 3, 7, (("HX-Request", "true"),)),
        mine("your products", PRODUCTS),
        mine("your products, all", PRODUCTS, "?show=all"),
        mine("a subscription", "licensing:subscription", pk=found["subscription"]),
        mine("extend: the key", "licensing:extend", queries=4, pk=found["subscription"]),
        mine(
            "extend: the review",
            "licensing:extend",
            f"?key={found['key']}",
            queries=6,
            pk=found["subscription"],
        ),
        mine("a receipt", "licensing:receipt", queries=4, pk=found["redemption"]),
        mine("benefits, two months ago", LIST, f"?on={past}", queries=6),
        mine("benefits, unused two months ago", LIST, f"?on={past}&show=unused", queries=6),
        mine("your products, two months ago", PRODUCTS, f"?on={past}&show=all"),
        mine(
            "a subscription, two months ago",
            "licensing:subscription",
            f"?on={past}",
            queries=6,
            pk=found["subscription"],
        ),
        mine("plan", "licensing:plan", f"?subscription={found['subscription']}"),
        mine("licenses", LICENSES),
        mine("licenses, two months ago", LICENSES, f"?on={past}"),
        mine("licenses of a product", HOLDERS, limit=4, queries=4, pk=found["product"]),
        mine("licenses of a product, by name", HOLDERS, "?sort=name", 4, 4, pk=found["product"]),
        mine("licenses of a product, searched", HOLDERS, "?q=adl", pk=found["product"]),
        mine("licenses of a product, two months ago", HOLDERS, f"?on={past}", pk=found["product"]),
        mine("licenses of a product, most at once", HOLDERS, most_at_once, pk=found["product"]),
        # One of them counts the search, one asks words alone whom it means
        mine("give a license", "licensing:give-license", "?q=adl", queries=8, pk=found["product"]),
        mine("directory", PEOPLE),
        mine("directory, searched", PEOPLE, "?q=adl"),
        # One of them asks what they were called before
        mine("a person", "tenants:user", queries=9, pk=found["person"]),
        mine("roles", "tenants:roles", queries=5),
        mine("tenants", "tenants:tenants", queries=4),
        mine("switch", "tenants:switch", limit=3, queries=2),
        mine("activity", "tenants:activity"),
        # What comes next asks for each kind of thing that is due
        mine("reminders", "reminders:reminders", queries=18),
        mine("calendar", "reminders:calendar", queries=3),
        Page("calendar feed", feed, nobody, None, 4),
        Page("calendar feed, nothing new", feed, nobody, None, 1, known, 304),
        Page("calculator", reverse("licensing:calculator") + calculation, nobody, queries=0),
        mine("help", "help", limit=3.5, queries=5),
        office("back office: benefits", "benefits_benefit"),
        office("back office: product keys", "benefits_productkey"),
        office("back office: redemptions", "licensing_redemption"),
        office("back office: records", "tenants_record"),
        office("back office: records, refused", "tenants_record", "?outcome=refused"),
        office("back office: records, of a rare kind", "tenants_record", "?action=tenants.created"),
        office("back office: benefits, last page", "benefits_benefit", "?p=20"),
        office("back office: benefits, expired", "benefits_benefit", "?status=expired"),
        office("back office: benefits, of a month", "benefits_benefit", month_of(past)),
        office("back office: benefits, searched", "benefits_benefit", "?q=" + quote("Product 07")),
        office("back office: product keys, lapsed", "benefits_productkey", "?state=lapsed"),
        office("back office: people", "tenants_directoryuser"),
        office("back office: people, searched", "tenants_directoryuser", "?q=adl"),
        office("back office: users", "tenants_user"),
        office("back office: assignments", "benefits_assignment"),
        office("back office: license assignments", "licensing_licenseassignment"),
        office("back office: subscriptions", "licensing_subscription"),
        office("back office: orders", "licensing_order"),
        office("back office: emails", "tenants_mail"),
        office("back office: reminder emails", "reminders_digest"),
        Page("back office: refusals", reverse("refusals"), staff, 15, None),
        Page("Django's own admin: benefits", "/stock/benefits/benefit/", staff, None, None),
    ]


def month_of(day: date) -> str:
    """The query string of a list of what expires in the month of `day`."""
    return f"?expires_on__year={day.year}&expires_on__month={day.month}"


def middle(database_url: str) -> str:
    """The query string of the page behind half of the large partner's licenses, in usual order."""
    order = "is_license_based, is_used, expires_on, id AS pk"
    today = f"DATE '{clock.today()}'"
    rows = (
        "FROM benefits_benefit WHERE partner_id = 1 AND is_license_based "
        f"AND starts_on <= {today} AND expires_on >= {today}"
    )
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        row = connection.execute(
            f"SELECT {order} {rows} ORDER BY 1, 2, 3, 4 OFFSET (SELECT count(*) / 2 {rows}) LIMIT 1"
        ).fetchone()
    listing = BenefitListing.of(Partner(pk=1), QueryDict(), clock.today())
    return listing.query.href(after=listing.keyset.encode_cursor(row))


def examples(database_url: str) -> dict[str, int]:
    """One of each kind at the large partner, in the middle of its life."""
    asked = {
        "credit": (
            "SELECT id FROM benefits_benefit"
            " WHERE partner_id = 1 AND quantity IS NULL AND product_id <= 38"
            " ORDER BY id DESC LIMIT 1"
        ),
        "person": "SELECT max(directory_user_id) FROM benefits_assignment WHERE partner_id = 1",
        "redemption": (
            "SELECT max(id) FROM licensing_redemption WHERE partner_id = 1 AND way = 'add'"
        ),
        "subscription": (
            "SELECT subscription_id FROM licensing_redemption WHERE id = %(redemption)s"
        ),
        "product": ("SELECT product_id FROM licensing_subscription WHERE id = %(subscription)s"),
        "key": (
            "SELECT max(k.id) FROM benefits_productkey k"
            " JOIN licensing_subscription s ON s.product_id = k.product_id"
            " WHERE s.id = %(subscription)s AND k.partner_id = 1 AND k.redeemed_at IS NULL"
        ),
        "licenses": "SELECT benefit_id FROM benefits_productkey WHERE id = %(key)s",
    }
    found: dict[str, int] = {}
    with psycopg.connect(database_url) as connection:
        for name, question in asked.items():
            row = connection.execute(question, found).fetchone()
            if not row or row[0] is None:
                raise RuntimeError(f"There is no {name} in this database.")
            found[name] = row[0]
    return found
