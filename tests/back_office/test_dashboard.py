"""The first page: what needs somebody, and the redemptions of the last year.

What needs somebody is counted by the lists' own queries.
"""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benefits_portal import clock
from benefits_portal.backoffice.changelist import CappedPaginator
from benefits_portal.licensing.admin.dashboard import NEEDS_SOMEBODY, redemptions_by_month
from benefits_portal.licensing.models import Replacement
from benefits_portal.tenants.models import Actor, User
from tests import factories
from tests.clients import SignIn

LINE = re.compile(r'<a href="([^"]+)"><strong>([^<]+)</strong> ([^<]+)</a>')


def lines(office: Client) -> dict[str, tuple[str, str]]:
    """What the first page says: how many, and the address of the list, by text."""
    page = office.get(reverse("admin:index")).content.decode()
    return {text: (count, href.replace("&amp;", "&")) for href, count, text in LINE.findall(page)}


def make_open_items(on: date) -> None:
    factories.TenantRequestFactory.create()
    Replacement.objects.ask(factories.redeem(on=on), "Wrong tenant", by=Actor(), on=on)
    factories.MembershipFactory.create(starts_on=on - timedelta(days=340))
    factories.issue_key(expires_on=on + timedelta(days=20))
    factories.issue_key(expires_on=on - timedelta(days=1))
    factories.RecordFactory.create(refused="key-revoked")
    factories.AttemptFactory.create(refused=True)


def make_what_needs_nobody(on: date) -> None:
    factories.MembershipFactory.create(starts_on=on)
    renewed = factories.MembershipFactory.create(starts_on=on - timedelta(days=345))
    first_day = renewed.ends_on + timedelta(days=1)
    factories.MembershipFactory.create(
        partner=renewed.partner, offer=renewed.offer, starts_on=first_day
    )
    factories.issue_key(expires_on=on + timedelta(days=31))
    factories.redeem()
    factories.RecordFactory.create()
    factories.RecordFactory.create(refused="key-revoked", at=clock.now() - timedelta(days=8))
    factories.AttemptFactory.create(email="y@example.com")


def test_each_line_counts_what_needs_somebody_and_leads_to_just_that(
    office: Client, today: date
) -> None:
    make_open_items(today)
    make_what_needs_nobody(today)
    items = lines(office)
    assert [count for count, _href in items.values()] == ["1"] * len(NEEDS_SOMEBODY)
    assert "replacement request to review" in items, "a partner's request waits for staff (K8)"
    assert [len(office.get(href).context["cl"].result_list) for _count, href in items.values()] == [
        1
    ] * len(NEEDS_SOMEBODY)


def test_support_sees_the_same_and_staff_without_rights_see_nothing(
    support: User, sign_in: SignIn, today: date
) -> None:
    assert len(lines(sign_in(support))) == len(NEEDS_SOMEBODY)
    nobody = (
        sign_in(factories.UserFactory.create(staff=True))
        .get(reverse("admin:index"))
        .content.decode()
    )
    assert "Nothing that you may see." in nobody
    assert "<svg class=" not in nobody


def test_the_first_page_asks_as_little_however_much_there_is(office: Client, today: date) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            office.get(reverse("admin:index"))
        return len(queries)

    few = asked()
    make_open_items(today)
    for _ in range(4):
        factories.redeem()
    assert asked() == few
    assert few <= 14


def test_a_count_stops_where_lists_do(office: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CappedPaginator, "MAX", 2)
    for _ in range(3):
        factories.TenantRequestFactory.create()
    assert lines(office)["tenant requests to review"][0] == "2+"


def test_redemptions_are_drawn_by_month_and_told_in_words(office: Client, today: date) -> None:
    for _ in range(2):
        factories.redeem(on=date(2021, 4, 30))
    factories.redeem(on=today)
    page = office.get(reverse("admin:index")).content.decode()
    description = page[page.index("<desc") : page.index("</desc>")]
    assert description.endswith("March 2021: 0; April 2021: 2; May 2021: 1")
    assert description.count(";") == 11
    assert page.count("<rect") == 12
    months = re.findall(r'<text y="15">([^<]*)', page)
    assert (len(months), months[0], months[-1]) == (12, "Jun 2020", "May 2021")


@pytest.mark.django_db
def test_one_redemption_beside_a_thousand_is_still_seen() -> None:
    bars = redemptions_by_month(factories.TODAY)
    assert [bar.length for bar in bars] == [0] * 12
    factories.redeem(on=date(2021, 4, 30))
    assert [bar.length for bar in redemptions_by_month(factories.TODAY)] == [0] * 10 + [1000, 0]


def test_who_is_locked_out_is_seen_in_the_list(office: Client, today: date) -> None:
    make_open_items(today)
    assert office.get(reverse("admin:tenants_attempt_changelist")).status_code == 200
