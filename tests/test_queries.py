"""How often each page asks the database: as told here at the most.

Whether there is one row to show or several.

There are 5 with every change, 30 before a release.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
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
from benefits_portal.licensing.quotes import Quote
from benefits_portal.licensing.views.choosing_tenant import TENANT_CONFIRMATION_SALT
from benefits_portal.tenants.models import (
    Role,
    Tenant,
    TenantRequest,
)
from tests import factories
from tests.clients import ClientResponse, SignIn
from tests.partner_fixture import PartnerFixture
from tests.properties import BEFORE_A_RELEASE

pytestmark = pytest.mark.usefixtures("today")


class GrowingPartner(PartnerFixture):
    """A partner with as many of everything as it was grown by; each page shows as many rows."""

    def grow(self, count: int) -> None:
        """`count` more rows on every page."""
        by, on, product = self.by, factories.TODAY, self.subscription.product
        for number in range(count):
            member = factories.RoleAssignmentFactory.create(
                user__directory_user__tenant=self.tenant, role=Role.MEMBER
            )
            holder = factories.person_of(member.user)
            factories.AssignmentFactory.create(benefit=self.credit, directory_user=holder)
            factories.AssignmentFactory.create(
                benefit=self.credit, directory_user__tenant=self.tenant
            ).remove(by=by, on=on)
            factories.AssignmentFactory.create(
                benefit__partner=self.partner, directory_user=self.person
            )
            factories.issue_key(partner=self.partner, product=product)
            factories.issue_key(partner=self.partner)
            self.redeem(product)
            self.redemption = self.subscription.extend(
                factories.key_for(self.subscription, 1), by=by, on=on
            )
            self.ended = factories.SubscriptionFactory.create(
                tenant=self.tenant, product=product, ends_on=on - timedelta(days=1)
            )
            self.license_pool.give(holder, by=by, on=on)
            self.person.disable(by=by)
            self.person.enable(by=by)
            domain = f"x{number}-{holder.pk}.example"
            TenantRequest.objects.ask(self.partner, "X", domain, by=by)

    @cached_property
    def key(self) -> ProductKey:
        return self.fitting

    @cached_property
    def licenses(self) -> Benefit:
        return self.fitting.benefit

    def redeem(self, product: Product) -> None:
        key = factories.issue_key(partner=self.partner, product=product)
        factories.redeem(key, tenant=self.tenant, by=self.by)

    @property
    def confirmed_tenant(self) -> str:
        """That a first activation's tenant was chosen."""
        return signing.dumps([self.boss.pk, self.tenant.pk], salt=TENANT_CONFIRMATION_SALT)


@dataclass(frozen=True)
class Page:
    """`most` queries at the URL of `page`, as `PartnerFixture` names it, and `query`."""

    most: int
    page: str
    query: str = ""
    signed_in: bool = True

    def url(self, partner: GrowingPartner) -> str:
        url = (
            partner.ended.get_absolute_url()
            if self.page == "licensing:subscription?ended"
            else partner.url(self.page)
        )
        return url + self.query.format(
            key=partner.key.pk,
            used=partner.redemption.key_id,
            subscription=partner.subscription.pk,
            product=partner.subscription.product_id,
            place=partner.confirmed_tenant,
        )


# A download takes three more: to count its rows, to find the same one of the last hour, and to be
# on record before the first row is sent.
# Session, person and places are three of them, on every page but those that are open to anybody.
# Seven is what a page may take; what takes more shows names of many kinds of things, or very many
# subscriptions of one product. What shows records, or who did something, asks once what people were
# called before they were renamed: the record holds no names (A2).
PAGES = [
    # Two of them say who is left without a license, and who has one and is disabled; one is there
    # where a key fits two subscriptions
    Page(12, "home"),
    Page(4, "benefits:azure-cloud"),
    Page(4, "benefits:azure-cloud", query="?q=product&show=unused&sort=-expires"),
    # The keys and holders of a batch, who redeemed, and what they are called
    Page(10, "benefits:azure-cloud-csv"),
    Page(2, "search"),
    Page(11, "search", query="?q=product"),
    Page(7, "licensing:benefit-detail?credit"),
    Page(6, "licensing:benefit-detail"),
    Page(6, "licensing:benefit-detail?redeemed"),
    Page(8, "licensing:benefit-history?credit"),
    Page(7, "licensing:benefit-history?redeemed"),
    # Whether the tenant is known already, or its domain is to be typed in first (K5)
    Page(7, "licensing:walkthrough"),
    Page(4, "benefits:holders"),
    Page(7, "benefits:holders-csv"),
    Page(7, "benefits:holders", query="?show=past&q=person&sort=name"),
    Page(5, "benefits:assign"),
    Page(7, "benefits:assign", query="?q=person"),
    Page(5, "benefits:assign-list"),
    Page(3, "benefits:remove"),
    Page(6, "benefits:transfer"),
    # Of keys, credit, assigned credit, subscriptions, memberships and people each one; and one
    # where a key fits two subscriptions, where people are left without a license, and for the
    # subscriptions that are shown
    Page(11, "licensing:losses", query="?by=2022-12-31"),
    Page(14, "licensing:losses-csv", query="?by=2022-12-31"),
    # Whether it runs here, what the pool has, the people
    Page(4, "licensing:licenses"),
    Page(4, "licensing:license-holders"),
    Page(6, "licensing:license-holders", query="?q=person&who=guests"),
    Page(8, "licensing:license-holders-csv"),
    Page(7, "licensing:license-history"),
    Page(5, "licensing:give-license"),
    Page(4, "licensing:give-license-list"),
    Page(5, "licensing:move-license"),
    Page(3, "licensing:take-license"),
    # With the people who have a license, as the next ones
    Page(4, "licensing:products"),
    Page(4, "licensing:products", query="?show=all"),
    Page(7, "licensing:products-csv", query="?show=all"),
    # As they were and will be: one more says since when there is anything, or what came later
    Page(4, "licensing:products", query="?on=2021-04-30"),
    Page(4, "licensing:products", query="?on=2021-12-01&show=all&sort=-licenses"),
    Page(7, "licensing:products-csv", query="?on=2021-12-01&show=all"),
    Page(8, "licensing:subscription", query="?on=2021-12-01"),
    Page(9, "licensing:subscription?ended", query="?on=2021-12-01"),
    Page(5, "licensing:subscription", query="?on=2021-04-30"),
    Page(4, "benefits:azure-cloud", query="?on=2021-12-01"),
    Page(6, "benefits:azure-cloud", query="?on=2020-12-01"),  # without rows, tabs are counted alone
    Page(5, "benefits:azure-cloud", query="?on=2021-12-01&q=product&show=unused&sort=-benefit"),
    Page(10, "benefits:azure-cloud-csv", query="?on=2021-12-01"),
    Page(6, "licensing:benefit-detail?credit", query="?on=2021-04-30"),
    Page(6, "licensing:benefit-detail", query="?on=2021-04-30"),
    Page(6, "licensing:benefit-detail?redeemed", query="?on=2021-12-01"),
    Page(7, "tenants:user", query="?on=2021-04-30"),
    Page(4, "licensing:licenses", query="?on=2021-04-30"),
    Page(6, "licensing:license-holders", query="?on=2021-12-01"),
    Page(6, "licensing:license-holders", query="?on=2021-05-02"),
    Page(8, "licensing:license-holders", query="?first=2021-01-01&last=2021-12-31"),
    Page(4, "licensing:plan"),
    Page(6, "licensing:plan", query="?product={product}"),
    Page(6, "licensing:plan", query="?subscription={subscription}"),
    Page(7, "licensing:plan", query="?subscription={subscription}&key={key}&key={used}"),
    # Two more while the key of its latest redemption may be replaced: 30 days (K8)
    Page(8, "licensing:subscription"),
    Page(10, "licensing:subscription", query="?history=open"),
    Page(9, "licensing:subscription?ended"),  # with the keys that start it again
    Page(6, "licensing:receipt"),
    Page(5, "licensing:requests"),
    Page(18, "reminders:reminders"),
    Page(5, "licensing:replacement"),
    Page(4, "licensing:product-key-start"),
    Page(4, "licensing:product-key-start", query="?place={place}"),
    Page(8, "licensing:product-key-start", query="?place={place}&key={key}"),
    Page(4, "licensing:extend"),
    Page(7, "licensing:extend", query="?key={key}"),
    Page(4, "licensing:add-licenses"),
    Page(7, "licensing:add-licenses", query="?key={key}"),
    Page(5, "licensing:extend", query="?step=extend:{key}&step=add:{key}"),
    # The keys of all steps at once, and whether one is itself a replacement (K8)
    Page(6, "licensing:order?steps"),
    # Its steps, those that stand, what was asked, replaced and built on it, and names
    Page(10, "licensing:order-receipt"),
    Page(7, "licensing:order-replacement"),
    Page(2, "tenants:switch"),
    Page(2, "tenants:session"),
    Page(2, "tenants:password-change"),
    # Two of them ask what the disabled people of the page still hold
    Page(6, "tenants:users"),
    Page(8, "tenants:users", query="?q=kim"),
    Page(6, "tenants:users", query="?show=disabled&sort=-address"),
    Page(6, "tenants:roles-csv"),
    Page(7, "tenants:users-csv"),
    Page(9, "tenants:user"),
    Page(4, "tenants:add-user"),
    Page(5, "tenants:disable-user"),
    Page(3, "tenants:enable-user"),
    Page(4, "tenants:roles"),
    Page(4, "tenants:give-role"),
    Page(5, "tenants:change-role"),
    Page(5, "tenants:take-role"),
    Page(5, "tenants:tenants"),
    Page(2, "tenants:ask-for-tenant"),
    Page(3, "tenants:make-primary"),
    Page(10, "tenants:activity"),
    Page(14, "tenants:activity-csv"),
    Page(
        0, "licensing:calculator", query="?licenses=100&ends_on=2021-06-30&keys=25", signed_in=False
    ),
    Page(
        0,
        "licensing:calculator",
        query="?view=possibilities&licenses=100&ends_on=2021-06-30&keys=25;50&wanted_on=2021-09-01",
        signed_in=False,
    ),
    Page(
        0,
        "licensing:calculator",
        query="?view=explain&licenses=100&ends_on=2021-06-30&keys=25;50&now_ends_on=2021-09-30",
        signed_in=False,
    ),
    Page(8, "help"),
    Page(2, "then-and-now"),
    Page(2, "tenants:sign-in", signed_in=False),
    Page(3, "reminders:calendar"),
    # That it was fetched is written down, every five minutes at most
    Page(4, "reminders:feed", signed_in=False),
    Page(0, "tenants:password-ask", signed_in=False),
    Page(0, "tenants:password-sent", signed_in=False),
    Page(0, "tenants:password-done", signed_in=False),
    Page(0, "healthz", signed_in=False),
    Page(3, "tenants:mail-health", signed_in=False),
    Page(4, "reminders:reminders-health", signed_in=False),
    Page(2, "readyz", signed_in=False),
]
NO_PAGES = {
    "new-partner": "of the back office, a form: tests/back_office/test_new_partner.py",
    "preview-reminders": "of the back office: as many as a person has partners",
    "refusals": "of the back office: three lists, each bounded",
    "support-desk": "of the back office: bounded in tests/back_office/test_support_desk.py",
    "licensing:key": "answers a form with the benefit's own page",
    "reminders:send-today": "answers a form",
    "reminders:send-program-today": "answers a form",
    "reminders:switch-benefit": "answers a form",
    "reminders:switch-subscription": "answers a form",
    "reminders:program": "of the program team: the same as the page of a partner",
    "reminders:unsubscribe": "is behind a link that was mailed",
    "set_language": "answers a form",
    "theme": "answers a form",
    "tenants:sign-out": "answers a form",
    "tenants:end-viewing": "answers a form",
    "demo-sign-in": "answers a form",
    "demo-clock": "answers a form",
    "metrics": "three queries of mails and reminders: tests/test_metrics.py",
    "demo-reset": "is in a demo only",
    "demo-mail": "is in a demo only",
    "demo-mailbox": "is in a demo only",
    "gallery": "shows samples",
    **dict.fromkeys(
        (
            *("practice", "practice-class", "practice-class-code", "practice-class-room"),
            *("practice-classes", "practice-class-results", "practice-join"),
            "practice-start-over",
        ),
        "is in a demo only: tests/practice/test_classes.py",
    ),
    "practice-exercises": "is in a demo only: tests/practice/test_exercise_pages.py",
    "tenants:password-set": "is behind a link that was mailed",
}


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
    tenant: Tenant, sign_in: SignIn, rows: int
) -> None:
    partner = GrowingPartner(tenant=tenant)
    client = sign_in(partner.boss)
    # A process remembers these, once it has asked.
    ContentType.objects.get_for_models(*apps.get_models())
    # The first page of a session remembers where one acts (P4).
    client.get(reverse("tenants:switch"))
    too_often = {}
    for more in (1, rows - 1):
        partner.grow(more)
        for page in PAGES:
            address = page.url(partner)
            if (count := asked(client if page.signed_in else Client(), address)) > page.most:
                too_often[more, address] = f"{count}, not {page.most}"
    assert too_often == {}


def test_every_page_has_been_told() -> None:
    counted = {page.page.partition("?")[0] for page in PAGES}
    assert set(names(get_resolver().url_patterns)) == counted | NO_PAGES.keys()


TRANSACTION = ["SAVEPOINT", "RELEASE SAVEPOINT"]  # the test itself runs in a transaction
GIVEN_UP = ["SAVEPOINT", "ROLLBACK TO SAVEPOINT", "RELEASE SAVEPOINT"]


def redeemed(
    client: Client, partner: PartnerFixture, address: str, quote: Quote
) -> tuple[ClientResponse, int]:
    """The answer to whoever was shown `quote`, and the queries that it took."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.post(address, partner.acting_in | {"quote": quote.signed()})
    return answer, len(queries)


def test_redeeming_takes_ten_queries_and_a_refusal_eight(tenant: Tenant, sign_in: SignIn) -> None:
    partner = PartnerFixture(tenant=tenant)
    client, address = sign_in(partner.boss), partner.url("licensing:extend?key")
    quote = client.get(address).context["quote"]
    answer, first = redeemed(client, partner, address, quote)
    assert answer.status_code == 302
    receipt, second = redeemed(client, partner, address, replace(quote, submission=uuid4()))
    assert answer.headers["Location"] in receipt.text
    assert [first <= 10 + len(TRANSACTION), second <= 8 + len(GIVEN_UP)] == [True, True]
