"""What each benefit, subscription and person shows of the record (A1, A2).

And what was refused before any rule was asked.
"""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from benefits_portal.licensing.models import Subscription
from benefits_portal.tenants.audit.display import lines as in_words
from benefits_portal.tenants.models import Actor, Record, Role, Tenant, User
from tests.clients import ClientResponse, SignIn
from tests.factories import (
    NOW,
    TODAY,
    BenefitFactory,
    DirectoryUserFactory,
    RecordFactory,
    RoleAssignmentFactory,
    SubscriptionFactory,
    TenantFactory,
    person_of,
)

rule = pytest.mark.rule
pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


def post(
    client: Client, name: str, *args: int, tenant: Tenant, **fields: str | int
) -> ClientResponse:
    return client.post(
        reverse(name, args=args), {"acting_in": f"{tenant.partner_id}-{tenant.pk}"} | fields
    )


def log_of(subscription: Subscription) -> str:
    """The address of its page with what was done to it."""
    return f"{subscription.get_absolute_url()}?history=open"


def lines_of(page: ClientResponse) -> list[tuple[str, str]]:
    """What the history on `page` says, the newest first, with the reason of what was refused."""
    return [(line.what, line.refused) for line in page.context["history"].lines]


@rule("A2")
def test_a_benefit_shows_what_was_done_refused_and_became_of_its_key(
    client: Client, tenant: Tenant, by: Actor
) -> None:
    benefit = BenefitFactory.create(partner=tenant.partner, key=True, quantity=25)
    key = benefit.keys.get()
    small = SubscriptionFactory.create(tenant=tenant, product=benefit.product, licenses=5)
    large = SubscriptionFactory.create(tenant=tenant, product=benefit.product, licenses=100)
    key.reveal(by=by, on=TODAY)
    large.extend(key, by=by, on=TODAY)
    with pytest.raises(Exception, match="redeemed"):
        benefit.keys.get().reveal(by=by, on=TODAY)
    with pytest.raises(Exception, match="redeemed"):
        small.extend(key, by=by, on=TODAY)
    page = client.get(reverse("licensing:benefit-history", args=[benefit.pk]))
    redeemer = by.user.directory_user.display_name
    refused = f"This key was redeemed on May 1, 2021 in {tenant} by {redeemer}."
    *later, issued = lines_of(page)
    assert (later, issued) == (
        [
            ("Reveal a product key", refused),
            ("Extended an end date", ""),
            ("Revealed a product key", ""),
        ],
        ("Issued a product key", ""),
    )
    assert lines_of(client.get(log_of(small))) == [("Extend an end date", refused)]
    assert lines_of(client.get(log_of(large))) == [("Extended an end date", "")]


@rule("A2", "P1")
@pytest.mark.parametrize("kind", ["benefit", "subscription", "person"])
def test_a_history_is_shown_page_by_page_with_nothing_of_other_partners(
    client: Client, tenant: Tenant, admin: User, kind: str
) -> None:
    subject, name, query = {
        "benefit": (BenefitFactory.create(partner=tenant.partner), "licensing:benefit-history", ""),
        "subscription": (
            SubscriptionFactory.create(tenant=tenant),
            "licensing:subscription",
            "?history=open",
        ),
        "person": (admin.directory_user, "tenants:user", ""),
    }[kind]
    RecordFactory.create_batch(60, partner=tenant.partner, subject=subject)
    RecordFactory.create(subject=subject)
    first = client.get(reverse(name, args=[subject.pk]) + query)
    second = client.get(first.context["history"].older_href)
    assert [len(page.context["history"].lines) for page in (first, second)] == [50, 10]
    assert (
        client.get(second.context["history"].newest_href).context["history"].lines
        == first.context["history"].lines
    )


@rule("A2")
@pytest.mark.parametrize("count", [1, 20])
def test_a_history_takes_as_many_queries_whatever_its_length(
    client: Client,
    tenant: Tenant,
    by: Actor,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    benefit, subscription = (
        BenefitFactory.create(partner=tenant.partner, key=True),
        SubscriptionFactory.create(tenant=tenant),
    )
    for minute in range(-count, 0):  # within one it would be one act (W11)
        with time_machine.travel(NOW + timedelta(minutes=2 * minute), tick=False):
            benefit.keys.get().reveal(by=by, on=TODAY)
    RecordFactory.create_batch(
        count,
        partner=tenant.partner,
        subject=subscription,
        before={"licenses": 1},
        after={"licenses": 2},
    )
    for address in (
        reverse("licensing:benefit-history", args=[benefit.pk]),
        log_of(subscription),
    ):
        client.get(address)
        with django_assert_max_num_queries(8):
            assert len(client.get(address).context["history"].lines) >= count


@rule("A2")
def test_the_history_of_an_opened_row_is_fetched_as_its_lines_alone(
    client: Client, tenant: Tenant
) -> None:
    benefit = BenefitFactory.create(partner=tenant.partner, monthly=True)
    assert (
        reverse("licensing:benefit-history", args=[benefit.pk])
        in client.get(reverse("licensing:benefit-detail", args=[benefit.pk])).text
    )
    lines = client.get(
        reverse("licensing:benefit-history", args=[benefit.pk]), headers={"HX-Request": "true"}
    )
    assert "<html" not in lines.text


# Refused before any rule was asked


@rule("A1", "P3")
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_a_role_does_not_include_is_refused_on_record(
    tenant: Tenant, admin: User, sign_in: SignIn, method: str
) -> None:
    member = RoleAssignmentFactory.create(
        user__directory_user__tenant=tenant, role=Role.MEMBER
    ).user
    address = reverse(
        "benefits:assign", args=[BenefitFactory.create(partner=tenant.partner, monthly=True).pk]
    )
    assert (
        getattr(sign_in(member), method)(
            address, {"acting_in": f"{tenant.partner_id}-{tenant.pk}"}
        ).status_code
        == 403
    )
    record = Record.objects.get(refused="not-permitted")
    assert (record.actor, record.partner, record.tenant, record.after) == (
        member,
        tenant.partner,
        tenant,
        {"address": address},
    )
    shown = sign_in(admin).get(reverse("tenants:activity"), {"refused": "on"})
    assert lines_of(shown) == [
        (
            "Attempt a restricted action",
            "The role is read-only.",
        )
    ]


@rule("A1", "P4")
def test_a_form_from_a_stale_tab_is_refused_on_record_with_both_places(
    client: Client, tenant: Tenant
) -> None:
    labs = TenantFactory.create(partner=tenant.partner)
    client.post(reverse("tenants:switch"), {"place": labs.pk})
    assert post(client, "tenants:give-role", tenant=tenant).status_code == 409
    record = Record.objects.get(action="tenants.form-refused")
    assert (
        str(record.refused_because)
        == f"The form was opened in {tenant}, but sent while working in {labs}."
    )


@rule("A1", "P1", "P4")
def test_another_partner_of_one_s_own_is_not_named_on_record_there(
    client: Client, tenant: Tenant, admin: User
) -> None:
    elsewhere = RoleAssignmentFactory.create(
        user=admin, partner=TenantFactory.create(is_primary=True).partner
    ).partner.tenants.get()
    theirs = SubscriptionFactory.create(tenant=elsewhere)
    assert post(client, "licensing:extend", theirs.pk, tenant=elsewhere).status_code == 409
    assert post(client, "licensing:extend", theirs.pk, tenant=tenant).status_code == 409
    records = Record.objects.for_partner(tenant.partner).filter(action="tenants.form-refused")
    assert {record.refused: record.params for record in records} == {
        "form-of-another-place": {},
        "belongs-elsewhere": {},
    }


@rule("A1", "U5")
def test_a_refused_post_is_on_record_although_no_page_would_offer_it(
    client: Client, tenant: Tenant, admin: User, by: Actor
) -> None:
    benefit = BenefitFactory.create(partner=tenant.partner, bulk=True)
    assignment = benefit.assign(person_of(admin), by=by, on=TODAY)
    post(client, "benefits:remove", benefit.pk, assignment.pk, tenant=tenant)
    # To the holder it would be the same act again (W11).
    other = DirectoryUserFactory.create(tenant=tenant)
    post(client, "benefits:assign", benefit.pk, tenant=tenant, directory_user=other.pk)
    refused = Record.objects.about(benefit).exclude(refused="").order_by("pk")
    assert [line.refused for line in in_words(refused, tenant.partner)] == [
        "Bulk credit can't be removed.",
        f"{admin.directory_user.display_name} holds this credit; it has one holder at a time.",
    ]


@rule("A2", "W7")
def test_a_history_says_how_many_there_are_and_leads_both_ways(
    client: Client, tenant: Tenant
) -> None:
    benefit = BenefitFactory.create(partner=tenant.partner)
    RecordFactory.create_batch(120, partner=tenant.partner, subject=benefit)
    url, pages = reverse("licensing:benefit-history", args=[benefit.pk]), []
    while url:
        pages.append(client.get(url).context["history"])
        url = pages[-1].older_href
    assert [page.summary for page in pages] == [
        f"{shown} lines shown of 120" for shown in (50, 50, 20)
    ]
    assert client.get(pages[2].newer_href).context["history"].lines == pages[1].lines
    assert client.get(pages[1].newer_href).context["history"].lines == pages[0].lines
    assert pages[1].newer_href == pages[1].newest_href
    assert pages[2].newer_href != pages[2].newest_href


@rule("W7")
@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "1 line"),
        (50, "50 lines"),
        (51, "50 lines shown of 51"),
        (1_001, "50 lines shown of 1,000+"),
    ],
)
def test_a_count_of_a_history_is_bounded(
    client: Client, tenant: Tenant, count: int, said: str
) -> None:
    benefit = BenefitFactory.create(partner=tenant.partner)
    RecordFactory.create_batch(count, partner=tenant.partner, subject=benefit)
    assert said in client.get(reverse("licensing:benefit-history", args=[benefit.pk])).text


@rule("W7")
def test_filtered_activity_says_that_it_is_cut_without_counting(
    client: Client, tenant: Tenant
) -> None:
    RecordFactory.create_batch(60, partner=tenant.partner, action="tenants.guest-invited")
    RecordFactory.create_batch(60, partner=tenant.partner)
    url = reverse("tenants:activity")
    filtered = {"action": "tenants.guest-invited"}
    whole = client.get(url, {"sign_ins": "on"}).context["history"]
    first = client.get(url, filtered).context["history"]
    last = client.get(first.older_href).context["history"]
    summaries = ["50 lines shown; there are older ones.", "The oldest lines: 10."]
    assert ([first.summary, last.summary], [first.total, last.total]) == (summaries, [None, None])
    assert whole.summary.startswith("50 lines shown of 12")
    assert client.get(url).context["history"].summary == summaries[0]


@rule("A2")
@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {"licenses": 5, "carried_license_days": 0}, ["Licenses: 5"]),
        (
            {},
            {"licenses": 5, "carried_license_days": 7},
            ["Licenses: 5", "Carried license-days: 7"],
        ),
        ({"carried_license_days": 0}, {"carried_license_days": 7}, ["Carried license-days: 0 → 7"]),
        ({"carried_license_days": 7}, {"carried_license_days": 0}, ["Carried license-days: 7 → 0"]),
        ({"carried_license_days": 0}, {"carried_license_days": 0}, []),
    ],
    ids=["none at first", "some at first", "more", "fewer", "as before"],
)
def test_license_days_are_told_where_there_are_any(
    tenant: Tenant, by: Actor, before: dict[str, int], after: dict[str, int], told: list[str]
) -> None:
    record = Record.objects.log(
        "licensing.new",
        by=by,
        partner=tenant.partner,
        subject=SubscriptionFactory.create(tenant=tenant),
        before=before,
        after=after,
    )
    [line] = in_words([record], tenant.partner)
    assert [str(change) for change in line.changes] == told
