"""What the benchmark's databases hold: the same shapes at every size.

One partner has half of it all. A hundred benefits for each partner on average; fifty to a
membership, begun evenly over the last 500 days. Of the license-based ones every other key was
redeemed, in runs of four: a first activation and three additions, by the model's own arithmetic, so
that every receipt adds up.

Everybody of the large partner was given ten licenses of different products, and has eight of them:
a million benefits come with 100,000 people and a million licenses.
"""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Model

from benchmarks import world_events as events
from benchmarks.world_events import A_PAGE, READER, REFUSED_EACH, STAFF, admin_of, noon
from benefits_portal.benefits.models import (
    Assignment,
    Benefit,
    CreditAmount,
    Membership,
    Offer,
    PackageLine,
    Product,
    ProductKey,
)
from benefits_portal.benefits.models.membership import ENROLLMENT_YEAR, GRACE
from benefits_portal.licensing import end_dates
from benefits_portal.licensing.models import LicenseAssignment, Order, Redemption, Subscription
from benefits_portal.licensing.models.redemption import RedemptionAction
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.reminders.models import Digest, Feed
from benefits_portal.reminders.models.feed import digest_of
from benefits_portal.search_text import search_prefixes
from benefits_portal.tenants.models import (
    Attempt,
    DirectoryUser,
    DirectoryUserWord,
    How,
    KeyAttempt,
    Mail,
    Partner,
    Record,
    Role,
    RoleAssignment,
    Tenant,
    User,
)

OFFERS, LINES, PRODUCTS = 20, 50, 40
MONTHLY, BULK = range(32, 38), range(38, 40)  # the products that are credit
LICENSED = 32  # the first products, which come with licenses
DAYS_BACK, REDEEMED_AFTER, RUN = 500, timedelta(days=20), 4
GIVEN, HELD = 10, 8  # licenses that somebody was given, and those that they still have
FEED_SECRET = "5ec2e7" * 5 + "ff"  # of the reader's calendar
FIRST = [
    "Ada", "Bo", "Chen", "Dana", "Emil", "Fatima", "Gita", "Hugo", "Ines", "Jan", "Kim", "Lars",
    "Mia", "Noor", "Olu", "Priya", "Quinn", "Rosa", "Sven", "Tara", "Umar", "Vera", "Wim", "Xin",
    "Yara", "Zoe",
]  # fmt: skip
LAST = [
    "Adler", "Bakker", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad", "Ito", "Jansen",
    "Khan", "Lopez", "Moreau", "Nowak", "Okafor", "Patel", "Rossi", "Silva", "Tanaka", "Weber",
]  # fmt: skip

type Row = tuple[Any, ...]


@dataclass
class Part:
    """One table's rows; fields of the model that are not in `names` have their defaults."""

    model: type[Model]
    names: str
    rows: Iterable[Row]

    @property
    def fields(self) -> list[str]:
        return self.names.split()


@dataclass
class World:
    """`size` benefits as of `today`.

    `parts` is read once, in its order: later ones use what earlier ones made.
    """

    size: int
    today: date
    subscriptions: list[Subscription] = field(default_factory=list)
    redemptions: list[Row] = field(default_factory=list)

    @property
    def partners(self) -> int:
        return self.size // 100

    @property
    def people(self) -> int:
        """In the large partner's directory."""
        return max(self.size // 10, 60)

    @property
    def memberships(self) -> int:
        """As many of the large partner as of all others together."""
        return self.size // LINES

    def parts(self) -> Iterator[Part]:
        yield Part(Partner, "id name mpn_id country currency", self._partners())
        yield Part(Tenant, "id partner_id name domain guid is_primary color", self._tenants())
        yield Part(
            DirectoryUser,
            "id partner_id tenant_id display_name user_principal_name",
            self._people(),
        )
        yield Part(DirectoryUserWord, "partner_id person_id word", self._words())
        yield Part(
            User, "id email name directory_user_id password is_staff is_superuser", self._users()
        )
        yield Part(RoleAssignment, "id user_id partner_id role", self._roles())
        yield Part(
            Feed,
            "id user_id partner_id role_id digest made_at",
            [(1, READER, 1, 1, digest_of(FEED_SECRET), noon(self.today))],
        )
        yield Part(
            Offer, "id name position", [(n, f"Offer {n:02d}", n) for n in range(1, OFFERS + 1)]
        )
        yield Part(
            Product, "id name kind", [(n + 1, f"Product {n:02d}", kind(n)) for n in range(PRODUCTS)]
        )
        yield Part(
            PackageLine, "id offer_id product_id benefit_type competency quantity", self._lines()
        )
        yield Part(CreditAmount, "line_id currency amount", self._amounts())
        yield Part(
            Membership,
            "id partner_id offer_id starts_on ends_on benefits_expire_on provisioned_at",
            self._memberships(),
        )
        right = (
            "benefit_type competency quantity credit_amount currency is_used product_name "
            "offer_name starts_on expires_on"
        )
        yield Part(
            Benefit,
            f"id partner_id membership_id package_line_id product_id {right}",
            self._benefits(),
        )
        life = "issued_at redeemed_at redeemed_on redeemed_in_id"
        yield Part(
            ProductKey,
            f"id partner_id benefit_id product_id licenses digest ciphertext last_five {life}",
            self._keys(),
        )
        names = (
            "id partner_id tenant_id product_id licenses starts_on ends_on "
            "carried_license_days since product_name source_name"
        )
        yield Part(
            Subscription,
            names,
            (tuple(getattr(row, name) for name in names.split()) for row in self.subscriptions),
        )
        days = "before_since before_starts_on before_ends_on"
        before = f"before_licenses {days} before_carried_license_days"
        after = "after_licenses after_ends_on after_carried_license_days"
        what = (
            "id key_id subscription_id partner_id tenant_id way key_licenses redeemed_on "
            "redeemed_at submission"
        )
        yield Part(Redemption, f"{what} {before} {after}", self.redemptions)
        yield Part(
            Assignment,
            "partner_id benefit_id directory_user_id is_exclusive assigned_on assigned_at",
            self._assignments(),
        )
        yield Part(
            LicenseAssignment,
            "partner_id tenant_id product_id directory_user_id given_on given_at ended_on ended_at",
            self._licenses(),
        )
        yield Part(
            Record,
            "at how actor_id partner_id tenant_id action refused subject_type_id subject_id after",
            self._records(),
        )
        yield from self._looked_through()

    def _looked_through(self) -> Iterator[Part]:
        where = "submission partner_id tenant_id product_id subscription_id"
        yield Part(
            Order,
            f"{where} redeemed_on redeemed_at redeemed_by_id",
            events.orders(self.subscriptions),
        )
        yield Part(
            Mail,
            "kind message_id queued_at tries recipient_id next_try_at sent_at gave_up_at",
            events.mails(self.size // 2, self.partners, self.today),
        )
        yield Part(
            KeyAttempt,
            "user_id partner_id digest at",
            events.wrong_keys(self.size // 2, self.partners, self.today),
        )
        yield Part(
            Attempt,
            "limit subject account at refused_until",
            events.attempts(self.size // 2, self.today),
        )
        yield Part(
            Digest,
            "user_id partner_id for_day made_at message_id tries sent_at gave_up_at problem",
            events.digests(self.partners, self.today),
        )

    # Who

    def _partners(self) -> Iterator[Row]:
        for n in range(1, self.partners + 1):
            yield n, f"Partner {n:05d}", f"{1_000_000 + n}", "NL", "EUR"

    def _tenants(self) -> Iterator[Row]:
        """One for each partner, with the same number, and a second one for the large partner."""
        for n in range(1, self.partners + 1):
            yield n, n, f"Tenant {n:05d}", f"tenant{n}.example", uuid.UUID(int=n), True, "blue"
        yield (
            self.partners + 1,
            1,
            "Second tenant",
            "second.example",
            uuid.UUID(int=self.partners + 1),
            False,
            "green",
        )

    def _people(self) -> Iterator[Row]:
        for n in range(1, self.people + 1):
            yield n, 1, 1, *named(n, "tenant1.example")
        for n in range(2, self.partners + 1):
            yield self.people + n, n, n, *named(n, f"tenant{n}.example")

    def _words(self) -> Iterator[Row]:
        for pk, partner, _tenant, name, url in self._people():
            yield from ((partner, pk, word.encode()) for word in search_prefixes(name, url))

    def _users(self) -> Iterator[Row]:
        yield READER, "reader@tenant1.example", "Reader", 1, f"!{READER}", False, False
        yield STAFF, "staff@programme.example", "Staff", None, f"!{STAFF}", True, True
        for n in range(2, self.partners + 1):
            name, email = named(n, f"tenant{n}.example")
            user = admin_of(n)
            yield user, email, name, self.people + n, f"!{user}", False, False
        for user in self._others():
            name, email = named(user, "tenant2.example")
            yield user, email, name, None, f"!{user}", False, False

    def _others(self) -> range:
        """The accounts that a small world lacks to a page: of more admins of the second partner."""
        return range(self.partners + 2, A_PAGE + 1)

    def _roles(self) -> Iterator[Row]:
        for n in range(1, self.partners + 1):
            yield n, admin_of(n), n, Role.GLOBAL_ADMIN
        for user in self._others():
            yield user, user, 2, Role.GLOBAL_ADMIN

    # The catalog

    def _lines(self) -> Iterator[Row]:
        for offer in range(OFFERS):
            for line in range(LINES):
                product = line % PRODUCTS
                extra = line >= PRODUCTS
                quantity = None if is_credit(product) else 25
                yield (
                    offer * LINES + line + 1,
                    offer + 1,
                    product + 1,
                    "incremental" if extra else "core",
                    "Competency" if extra else "",
                    quantity,
                )

    def _amounts(self) -> Iterator[Row]:
        return ((row[0], "EUR", credit(row[2] - 1)) for row in self._lines() if row[5] is None)

    # What a partner may use

    def _memberships(self) -> Iterator[Row]:
        half = self.memberships // 2
        for n in range(self.memberships):
            mine, nth = (True, n) if n < half else (False, n - half)
            partner = 1 if mine else 2 + nth % (self.partners - 1)
            starts_on = self.today - timedelta(days=DAYS_BACK - 1 - nth * DAYS_BACK // half)
            offer = nth if mine else nth // (self.partners - 1)
            ends_on = starts_on + ENROLLMENT_YEAR
            yield (
                n + 1,
                partner,
                offer % OFFERS + 1,
                starts_on,
                ends_on,
                ends_on + GRACE,
                noon(starts_on),
            )

    def _benefits(self) -> Iterator[Row]:
        lines = list(self._lines())
        for membership, partner, offer, starts_on, _ends_on, expires_on, _at in self._memberships():
            for line in range(LINES):
                number, _offer, product, benefit_type, competency, quantity = lines[
                    (offer - 1) * LINES + line
                ]
                money = (None, "") if quantity else (credit(product - 1), "EUR")
                pk = (membership - 1) * LINES + line + 1
                used = is_used(pk) and (
                    quantity is None or starts_on + REDEEMED_AFTER <= self.today
                )
                stated = (*money, used, f"Product {product - 1:02d}", f"Offer {offer:02d}")
                yield (
                    pk,
                    partner,
                    membership,
                    number,
                    product,
                    benefit_type,
                    competency,
                    quantity,
                    *stated,
                    starts_on,
                    expires_on,
                )

    def _keys(self) -> Iterator[Row]:
        """Each is written as it stands after the redeeming, which is worked out on the way."""
        running: dict[tuple[int, int], tuple[Subscription, int]] = {}
        for (
            pk,
            partner,
            _membership,
            _line,
            product,
            _type,
            _competency,
            quantity,
            *names,
            issued_on,
            _until,
        ) in self._benefits():
            if quantity is None:
                continue
            on = issued_on + REDEEMED_AFTER
            redeemed = is_used(pk) and on <= self.today
            if redeemed:
                self._redeem(running, pk, partner, product, quantity, on)
                (
                    running[partner, product][0].product_name,
                    running[partner, product][0].source_name,
                ) = names[-2:]
            spent = (noon(on), on, partner) if redeemed else (None, None, None)
            yield (
                pk,
                partner,
                pk,
                product,
                quantity,
                f"{pk:064x}",
                "",
                f"{pk:05d}"[-5:],
                noon(issued_on),
                *spent,
            )

    def _redeem(
        self,
        running: dict[tuple[int, int], tuple[Subscription, int]],
        pk: int,
        partner: int,
        product: int,
        licenses: int,
        on: date,
    ) -> None:
        subscription, spent = running.get((partner, product), (None, RUN))
        before: Row = (None, None, None, None, None)
        if subscription is None or spent == RUN or not subscription.is_active(on):
            way, spent, after = RedemptionKind.NEW, 0, end_dates.activated(licenses, on)
            subscription = Subscription(
                id=len(self.subscriptions) + 1,
                partner_id=partner,
                tenant_id=partner,
                product_id=product,
                starts_on=on,
            )
            self.subscriptions.append(subscription)
        else:
            way, after = RedemptionKind.ADD, subscription.with_added_licenses(licenses, on)
            before = (
                subscription.licenses,
                subscription.since,
                subscription.starts_on,
                subscription.ends_on,
                subscription.carried_license_days,
            )
        subscription.licenses, subscription.ends_on = after.licenses, after.ends_on
        subscription.carried_license_days, subscription.since = after.carried_license_days, on
        running[partner, product] = (subscription, spent + 1)
        number = len(self.redemptions) + 1
        ids = (
            number,
            pk,
            subscription.pk,
            partner,
            partner,
            way.value,
            licenses,
            on,
            noon(on),
            uuid.UUID(int=number),
        )
        self.redemptions.append(
            (*ids, *before, after.licenses, after.ends_on, after.carried_license_days)
        )

    def _assignments(self) -> Iterator[Row]:
        for (
            pk,
            partner,
            _membership,
            _line,
            product,
            _type,
            _competency,
            quantity,
            *_money,
            issued_on,
            _until,
        ) in self._benefits():
            if quantity is None and is_used(pk):
                on = issued_on
                yield (
                    partner,
                    pk,
                    1 + pk % self.people if partner == 1 else self.people + partner,
                    product - 1 in BULK,
                    on,
                    noon(on),
                )

    def _licenses(self) -> Iterator[Row]:
        """Ten for each person of the large partner, in its first tenant; the last two ended."""
        for person in range(1, self.people + 1):
            for nth in range(GIVEN):
                product = (person + nth) * 3 % LICENSED + 1
                on = self.today - timedelta(days=(person * 37 + nth * 53) % DAYS_BACK + 1)
                end = on + (self.today - on) / 2 if nth >= HELD else None
                yield 1, 1, product, person, on, noon(on), end, noon(end) if end else None

    # What happened

    def _records(self) -> Iterator[Row]:
        for row in self.redemptions:
            number, _key, subscription, partner, tenant, way, _licenses, _on, at = row[:9]
            action = RedemptionAction[RedemptionKind(way).name].value
            who = at, How.PORTAL.value, admin_of(partner), partner, tenant, action
            yield *who, "", Subscription, subscription, '{"licenses": 25}'
            if number <= A_PAGE or number % REFUSED_EACH == 0:
                yield *who, "KeyUnknown", Subscription, subscription, "{}"


def kind(product: int) -> str:
    if product in MONTHLY:
        return Product.Kind.MONTHLY_CREDIT
    return Product.Kind.BULK_CREDIT if product in BULK else Product.Kind.LICENSES


def is_credit(product: int) -> bool:
    return product in MONTHLY or product in BULK


def is_used(benefit: int) -> bool:
    """Every other one, and of each product some."""
    return (benefit + benefit // LINES) % 2 == 0


def credit(product: int) -> Decimal:
    return Decimal(6000 if product in BULK else 100 + product)


def named(n: int, domain: str) -> tuple[str, str]:
    first, last = FIRST[n % len(FIRST)], LAST[n // len(FIRST) % len(LAST)]
    return f"{first} {last}", f"{first}.{last}.{n}@{domain}".lower()
