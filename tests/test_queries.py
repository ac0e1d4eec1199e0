"""How often each page asks the database: as told here at the most.

Whether there is one row to show or several.

There are 5 with every change, 30 before a release.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from operator import attrgetter
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from benefits_portal.benefits.models import Benefit, Product, ProductKey
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.licensing.quotes import Quote
from benefits_portal.licensing.views.choosing_tenant import TENANT_CONFIRMATION_SALT
from benefits_portal.tenants.models import (
    Actor,
    Role,
    RoleAssignment,
    Tenant,
    TenantRequest,
    User,
)
from tests import factories
from tests.clients import ClientResponse, SignIn
from tests.properties import BEFORE_A_RELEASE

pytestmark = pytest.mark.usefixtures("today")


@dataclass
class World:
    """A partner with as many of everything as it was grown by; each page shows as many rows."""

    tenant: Tenant
    by: Actor
    product: Product = field(default_factory=lambda: factories.ProductFactory.create())

    def __post_init__(self) -> None:
        partner = self.tenant.partner
        self.person = factories.DirectoryUserFactory.create(tenant=self.tenant)
        self.credit: Benefit = factories.BenefitFactory.create(partner=partner, monthly=True)
        self.bulk = factories.AssignmentFactory.create(
            benefit=factories.BenefitFactory.create(partner=partner, bulk=True),
            directory_user__tenant=self.tenant,
        )
        self.key: ProductKey = factories.issue_key(partner=partner, product=self.product)
        self.subscription: Subscription = self.redeemed().subscription

    def grow(self, count: int) -> None:
        """`count` more rows on every page."""
        partner, by, on = self.tenant.partner, self.by, factories.TODAY
        for number in range(count):
            member = factories.RoleAssignmentFactory.create(
                user__directory_user__tenant=self.tenant, role=Role.MEMBER
            )
            self.holder = factories.person_of(member.user)
            self.role: RoleAssignment = member
            self.assignment = factories.AssignmentFactory.create(
                benefit=self.credit, directory_user=self.holder
            )
            factories.AssignmentFactory.create(
                benefit=self.credit, directory_user__tenant=self.tenant
            ).remove(by=by, on=on)
            factories.AssignmentFactory.create(benefit__partner=partner, directory_user=self.person)
            factories.issue_key(partner=partner, product=self.product)
            factories.issue_key(partner=partner)
            self.redeemed()
            self.redemption: Redemption = self.subscription.extend(
                factories.key_for(self.subscription, 1), by=by, on=on
            )
            self.ended = factories.SubscriptionFactory.create(
                tenant=self.tenant, product=self.product, ends_on=on - timedelta(days=1)
            )
            self.person.disable(by=by)
            self.person.enable(by=by)
            TenantRequest.objects.ask(partner, "X", f"x{number}-{self.holder.pk}.example", by=by)

    @property
    def confirmed_tenant(self) -> str:
        """That a first activation's tenant was chosen."""
        return signing.dumps([self.by.user.pk, self.tenant.pk], salt=TENANT_CONFIRMATION_SALT)

    def redeemed(self) -> Redemption:
        key = factories.issue_key(partner=self.tenant.partner, product=self.product)
        return factories.redeem(key, tenant=self.tenant, by=self.by)


@dataclass(frozen=True)
class Page:
    """`most` queries at the address of `name`.

    Each of `numbers` is a path of attributes of the world to a number in it.
    """

    most: int
    name: str
    numbers: tuple[str, ...] = ()
    query: str = ""
    signed_in: bool = True

    def url(self, world: World) -> str:
        numbers = [attrgetter(path)(world) for path in self.numbers]
        return reverse(self.name, args=numbers) + self.query.format(
            key=world.key.pk, place=world.confirmed_tenant
        )


# A download takes three more: to count its rows, to find the same one of the last hour, and to be
# on record before the first row is sent.
# Session, person and places are three of them, on every page but those that are open to anybody.
# Seven is what a page may take; what takes more shows names of many kinds of things, or very many
# subscriptions of one product.
PAGES = [
    Page(7, "home"),
    Page(5, "benefits:azure-cloud"),
    Page(5, "benefits:azure-cloud", query="?q=product&show=unused&sort=-expires"),
    Page(8, "benefits:azure-cloud-csv"),
    Page(3, "search"),
    Page(12, "search", query="?q=product"),
    Page(7, "licensing:benefit-detail", ("credit.pk",)),
    Page(6, "licensing:benefit-detail", ("key.benefit_id",)),
    Page(7, "licensing:benefit-detail", ("redemption.key.benefit_id",)),
    Page(8, "licensing:benefit-history", ("credit.pk",)),
    Page(7, "licensing:benefit-history", ("redemption.key.benefit_id",)),
    Page(7, "licensing:walkthrough", ("key.benefit_id",)),
    Page(5, "benefits:holders", ("credit.pk",)),
    Page(8, "benefits:holders-csv", ("credit.pk",)),
    Page(8, "benefits:holders", ("credit.pk",), query="?show=past&q=person&sort=name"),
    Page(6, "benefits:assign", ("credit.pk",)),
    Page(7, "benefits:assign", ("credit.pk",), query="?q=person"),
    Page(6, "benefits:assign-list", ("credit.pk",)),
    Page(4, "benefits:remove", ("credit.pk", "assignment.pk")),
    Page(7, "benefits:transfer", ("bulk.benefit_id", "bulk.pk")),
    Page(4, "licensing:products"),
    Page(4, "licensing:products", query="?show=all"),
    Page(7, "licensing:products-csv", query="?show=all"),
    Page(7, "licensing:subscription", ("subscription.pk",)),
    Page(8, "licensing:subscription", ("ended.pk",)),  # with the keys that start it again
    Page(7, "licensing:receipt", ("redemption.pk",)),
    Page(6, "licensing:replacement", ("redemption.pk",)),
    Page(5, "licensing:product-key-start"),
    Page(5, "licensing:product-key-start", query="?place={place}"),
    Page(8, "licensing:product-key-start", query="?place={place}&key={key}"),
    Page(5, "licensing:extend", ("subscription.pk",)),
    Page(6, "licensing:extend", ("subscription.pk",), query="?key={key}"),
    Page(5, "licensing:add-licenses", ("subscription.pk",)),
    Page(6, "licensing:add-licenses", ("subscription.pk",), query="?key={key}"),
    Page(3, "tenants:switch"),
    Page(3, "tenants:session"),
    Page(3, "tenants:password-change"),
    Page(5, "tenants:users"),
    Page(6, "tenants:users", query="?q=person"),
    Page(5, "tenants:users", query="?show=disabled&sort=-address"),
    Page(7, "tenants:roles-csv"),
    Page(8, "tenants:users-csv"),
    Page(9, "tenants:user", ("person.pk",)),
    Page(5, "tenants:add-user"),
    Page(6, "tenants:disable-user", ("person.pk",)),
    Page(4, "tenants:enable-user", ("person.pk",)),
    Page(5, "tenants:roles"),
    Page(5, "tenants:give-role"),
    Page(6, "tenants:change-role", ("role.pk",)),
    Page(6, "tenants:take-role", ("role.pk",)),
    Page(6, "tenants:tenants"),
    Page(3, "tenants:ask-for-tenant"),
    Page(4, "tenants:make-primary", ("tenant.pk",)),
    Page(9, "tenants:activity"),
    Page(13, "tenants:activity-csv"),
    Page(
        0, "licensing:calculator", query="?licenses=100&ends_on=2021-06-30&keys=25", signed_in=False
    ),
    Page(9, "help"),
    Page(2, "tenants:sign-in", signed_in=False),
    Page(0, "tenants:password-ask", signed_in=False),
    Page(0, "tenants:password-sent", signed_in=False),
    Page(0, "tenants:password-done", signed_in=False),
    Page(0, "healthz", signed_in=False),
    Page(3, "tenants:mail-health", signed_in=False),
    Page(2, "readyz", signed_in=False),
]
NO_PAGES = {
    "support-desk": "of the back office: bounded in tests/back_office/test_support_desk.py",
    "licensing:key": "answers a form with the benefit's own page",
    "set_language": "answers a form",
    "theme": "answers a form",
    "tenants:sign-out": "answers a form",
    "tenants:end-viewing": "answers a form",
    "demo-sign-in": "answers a form",
    "demo-clock": "answers a form",
    "demo-reset": "is in a demo only",
    "demo-mailbox": "is in a demo only",
    "gallery": "shows samples",
    "tenants:password-set": "is behind a link that was mailed",
}


@pytest.fixture
def client(tenant: Tenant, sign_in: SignIn) -> Client:
    return sign_in(boss(tenant))


def boss(tenant: Tenant) -> User:
    return factories.RoleAssignmentFactory.create(
        user__directory_user__tenant=tenant, role=Role.GLOBAL_ADMIN
    ).user


def asked(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address)
        if response.streaming:
            response.getvalue()
    assert response.status_code == 200, address
    return len(queries)


def names(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    """Of every address outside the back office.

    Its lists are all asked by tests/back_office/test_pages.py.
    """
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                yield from names(
                    pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else prefix
                )
        else:
            yield f"{prefix}{pattern.name}"


@pytest.mark.slow
@pytest.mark.parametrize("rows", [5, pytest.param(30, marks=BEFORE_A_RELEASE)])
def test_a_page_makes_no_more_queries_than_told_for_1_row_and_for_many(
    tenant: Tenant, client: Client, rows: int
) -> None:
    world = World(tenant, Actor(boss(tenant)))
    # A process remembers these, once it has asked.
    ContentType.objects.get_for_models(*apps.get_models())
    # The first page of a session remembers where one acts (P4).
    client.get(reverse("tenants:switch"))
    too_often = {}
    for more in (1, rows - 1):
        world.grow(more)
        for page in PAGES:
            address = page.url(world)
            if (count := asked(client if page.signed_in else Client(), address)) > page.most:
                too_often[more, address] = f"{count}, not {page.most}"
    assert too_often == {}


def test_every_page_has_been_told() -> None:
    assert (
        set(names(get_resolver().url_patterns)) == {page.name for page in PAGES} | NO_PAGES.keys()
    )


TRANSACTION = ["SAVEPOINT", "RELEASE SAVEPOINT"]  # the test itself runs in a transaction
GIVEN_UP = ["SAVEPOINT", "ROLLBACK TO SAVEPOINT", "RELEASE SAVEPOINT"]


def redeemed(
    client: Client, tenant: Tenant, address: str, quote: Quote
) -> tuple[ClientResponse, int]:
    """The answer to whoever was shown `quote`, and the queries that it took."""
    form = {"acting_in": f"{tenant.partner_id}-{tenant.pk}", "quote": quote.signed()}
    with CaptureQueriesContext(connection) as queries:
        return client.post(address, form), len(queries)


def test_redeeming_takes_eleven_queries_and_a_refusal_nine(tenant: Tenant, client: Client) -> None:
    world = World(tenant, Actor(boss(tenant)))
    address = reverse("licensing:extend", args=[world.subscription.pk]) + f"?key={world.key.pk}"
    quote = client.get(address).context["quote"]
    answer, first = redeemed(client, tenant, address, quote)
    assert answer.status_code == 302
    receipt, second = redeemed(client, tenant, address, replace(quote, submission=uuid4()))
    assert answer.headers["Location"] in receipt.text
    assert [first <= 11 + len(TRANSACTION), second <= 9 + len(GIVEN_UP)] == [True, True]
