"""*What comes next*: how far it looks, all of it, and what can still be met first (W7)."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.models import Benefit, Membership
from benefits_portal.licensing.models import Subscription
from benefits_portal.listing.page import MAX_COUNT
from benefits_portal.reminders.due import NEAREST
from benefits_portal.reminders.models import Told
from benefits_portal.reminders.recipients import seen_of
from benefits_portal.reminders.topics import Due, Occasion
from benefits_portal.reminders.upcoming import MAX_SHOWN
from benefits_portal.tenants.models import Partner, User
from tests import factories
from tests.clients import SignIn

pytestmark = [pytest.mark.usefixtures("today"), pytest.mark.rule("W7")]


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


def next_of(client: Client, query: str = "") -> str:
    page: str = client.get(f"{reverse('reminders:reminders')}{query}").text
    return page.partition('<h2 id="next">')[2].partition("</section>")[0]


def test_a_list_that_is_cut_leads_to_all_of_it(
    client: Client, partner: Partner, today: date
) -> None:
    tenant = factories.TenantFactory.create(partner=partner)
    factories.SubscriptionFactory.create_batch(
        MAX_SHOWN + 2, tenant=tenant, ends_on=today + timedelta(days=9)
    )
    cut, whole = next_of(client), next_of(client, "?all=next")
    assert 'href="/account/reminders/?all=next#next"' in cut
    assert [text.count('scope="row"') for text in (cut, whole)] == [MAX_SHOWN, MAX_SHOWN + 2]


def test_of_very_many_the_nearest_are_looked_at_and_it_says_so(
    client: Client, partner: Partner, today: date
) -> None:
    tenant = factories.TenantFactory.create(partner=partner)
    product = factories.ProductFactory.create()
    build = factories.SubscriptionFactory.build
    Subscription.objects.bulk_create(
        build(tenant=tenant, partner=partner, product=product, ends_on=today + timedelta(days=40))
        for _nth in range(NEAREST)
    )
    assert "This page looks at the nearest" not in next_of(client)

    nearer = factories.SubscriptionFactory.create(
        tenant=tenant, product__name="Nearest of all", ends_on=today + timedelta(days=9)
    )
    text = next_of(client)
    assert "The first 12 of more than 200 are shown." in text
    assert "This page looks at the nearest 200 dates of each kind" in text
    assert nearer.get_absolute_url() in text


@pytest.mark.parametrize("ended_for", [1, 31])
def test_many_that_ended_do_not_hide_what_ends_sooner_than_they_change(
    client: Client, partner: Partner, today: date, ended_for: int
) -> None:
    tenant = factories.TenantFactory.create(partner=partner)
    product = factories.ProductFactory.create()
    build = factories.SubscriptionFactory.build
    ended_on = today - timedelta(days=ended_for)
    Subscription.objects.bulk_create(
        build(tenant=tenant, partner=partner, product=product, ends_on=ended_on)
        for _nth in range(NEAREST + 1)
    )
    nearer = factories.SubscriptionFactory.create(
        tenant=tenant, product__name="Ends first", ends_on=today + timedelta(days=9)
    )
    text = next_of(client)
    assert "This page looks at the nearest 200 dates of each kind" in text
    assert nearer.get_absolute_url() in text


def test_many_keys_do_not_hide_credit_whose_month_ends_before_them(
    client: Client, partner: Partner, today: date
) -> None:
    one = factories.BenefitFactory.create(partner=partner, bulk=True)
    memberships = Membership.objects.bulk_create(
        factories.MembershipFactory.build(
            partner=partner,
            offer=one.membership.offer,
            starts_on=today - timedelta(days=1_000 + 3 * nth),
            ends_on=today - timedelta(days=999 + 3 * nth),
            benefits_expire_on=today + timedelta(days=50),
        )
        for nth in range(NEAREST + 1)
    )
    Benefit.objects.bulk_create(
        factories.BenefitFactory.build(
            partner=partner,
            product=one.product,
            membership=membership,
            package_line=one.package_line,
            bulk=True,
        )
        for membership in memberships
    )
    monthly = factories.BenefitFactory.create(
        partner=partner, monthly=True, expires_on=today + timedelta(days=300)
    )
    assert monthly.get_absolute_url() in next_of(client)


def test_it_says_how_far_it_looks(client: Client, partner: Partner, today: date) -> None:
    factories.SubscriptionFactory.create(tenant__partner=partner, ends_on=today + timedelta(days=9))
    assert "Emails through Jun 30, 2021" in next_of(client)


def test_what_lapsed_stands_behind_what_can_still_be_met(
    client: Client, partner: Partner, today: date
) -> None:
    for days, name in ((-3, "Lapsed"), (9, "Ahead")):
        factories.issue_key(
            partner=partner, product__name=name, expires_on=today + timedelta(days=days)
        )
    text = next_of(client)
    assert 0 < text.index("Ahead") < text.index("Lapsed")


def test_the_page_says_by_which_clocks_and_in_which_language(client: Client) -> None:
    page = client.get(reverse("reminders:reminders")).text
    assert "from 7:00 AM, " in page
    assert "Emails come in English." in page


def test_a_date_is_told_once_however_much_was_told(admin: User, today: date) -> None:
    heard = factories.ToldFactory.create(user=admin, digest__user=admin, due_on=today)
    many = range(heard.subject_id + 1, heard.subject_id + MAX_COUNT + 2)
    Told.objects.bulk_create(
        Told(digest=heard.digest, user=admin, occasion=heard.occasion, due_on=today, **each)
        for each in ({"subject_id": pk, "threshold": heard.threshold} for pk in many)
    )
    dues = [Due(Occasion(heard.occasion), pk, today) for pk in (heard.subject_id, *many)]
    assert seen_of(admin.pk, dues) == dict.fromkeys(dues, heard.threshold)
