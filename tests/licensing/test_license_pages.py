"""The pages of licenses: who has one, giving, lists, taking, moving (rules L1 to L12)."""

import csv
import re
from collections import Counter
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import translation

from benefits_portal.licensing.bulk_licenses import give_many, preview
from benefits_portal.licensing.license_display import assigned_text, bar
from benefits_portal.licensing.models import LicenseAssignment, LicenseCount, LicensePool
from benefits_portal.licensing.models.license_pool import pool_url
from benefits_portal.tenants.models import (
    Actor,
    DirectoryUser,
    Record,
    Role,
    RoleAssignment,
    Tenant,
    User,
)
from tests.clients import SignIn
from tests.factories import (
    NOW,
    TODAY,
    DirectoryUserFactory,
    LicenseAssignmentFactory,
    SubscriptionFactory,
    TenantFactory,
    pool,
)

rule = pytest.mark.rule
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]

BY = Actor()


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


@pytest.fixture
def licenses(tenant: Tenant) -> LicensePool:
    return pool(3, tenant=tenant)


def page(licenses: LicensePool, name: str = "license-holders", *numbers: int) -> str:
    return reverse(f"licensing:{name}", args=[licenses.product.pk, *numbers])


def somebody(licenses: LicensePool, name: str, **facts: Any) -> DirectoryUser:
    return DirectoryUserFactory.create(tenant=licenses.tenant, display_name=name, **facts)


def shown(response: Any) -> list[str]:
    return [row["name"] for row in response.context["rows"]]


# Looking


@rule("L6", "L8")
def test_each_product_is_told_with_what_is_left_and_what_comes(
    client: Client, tenant: Tenant
) -> None:
    enough = pool(5, given=2, tenant=tenant, product__name="A", ends_on=date(2021, 6, 30))
    pool(3, given=4, tenant=tenant, product__name="B", ends_on=date(2021, 6, 30))
    SubscriptionFactory.create(tenant=tenant, product__name="C", ends_on=TODAY - timedelta(days=31))
    keys = ("product", "licenses", "given", "free", "over", "next")
    rows = client.get(reverse("licensing:licenses")).context["rows"]
    assert [tuple(row[key] for key in keys) for row in rows] == [
        ("A", "5", "2", "3", "–", "No licenses from Jul 31, 2021: 2 people lose access"),
        (
            "B",
            "3",
            "4",
            "0",
            "1 since May 1, 2021",
            "No licenses from Jul 31, 2021: 4 people lose access",
        ),
    ]
    assert rows[0]["href"] == page(enough)


def test_who_has_one_is_found_by_name_address_kind_and_state(
    client: Client, licenses: LicensePool
) -> None:
    for name, facts in (("Ann", {}), ("Bob", {"guest": True}), ("Cas", {})):
        licenses.give(somebody(licenses, name, **facts), by=BY, on=TODAY)
    DirectoryUser.objects.get(display_name="Cas").disable(by=BY)
    past = licenses.assignments.get(directory_user__display_name="Ann")
    past.take(by=BY, on=TODAY)
    found = {
        query: shown(client.get(page(licenses) + query))
        for query in ("", "?q=bo", "?who=guests", "?who=disabled", "?show=past", "?sort=-name")
    }
    assert found == {
        "": ["Bob", "Cas"],
        "?q=bo": ["Bob"],
        "?who=guests": ["Bob"],
        "?who=disabled": ["Cas"],
        "?show=past": ["Ann"],
        "?sort=-name": ["Cas", "Bob"],
    }


def test_the_list_is_taken_along_with_its_days(client: Client, licenses: LicensePool) -> None:
    licenses.give(somebody(licenses, "Ann"), by=BY, on=TODAY)
    answer = client.get(page(licenses, "license-holders-csv"))
    rows = list(csv.reader(StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [rows[0], rows[1][0], rows[1][2]] == [
        ["Name", "Email", "Assigned on"],
        "Ann",
        "2021-05-01",
    ]


@rule("L8")
def test_too_few_licenses_are_told_with_the_day_and_the_time_to_settle_it(
    client: Client, licenses: LicensePool
) -> None:
    LicenseAssignmentFactory.create_batch(5, tenant=licenses.tenant, product=licenses.product)
    warning = client.get(page(licenses)).context["standing"].warning
    assert warning == (
        "Since May 1, 2021 there are 2 licenses too few. No one loses theirs, but no more can be "
        "assigned. Redeem a product key or remove licenses by Jul 29, 2021."
    )


@rule("L4")
def test_an_account_member_looks_and_reads_why_not(
    client: Client, admin: User, licenses: LicensePool, acting_in: dict[str, str]
) -> None:
    RoleAssignment.objects.filter(user=admin).update(role=Role.MEMBER)
    held = licenses.give(somebody(licenses, "Ann"), by=BY, on=TODAY)
    text = client.get(page(licenses)).text
    assert "Only Global admins and MPN partner admins of your organization assign licenses." in text
    assert page(licenses, "take-license", held.pk) not in text
    assert client.post(page(licenses, "give-license"), acting_in).status_code == 403


@rule("P1")
def test_a_product_that_never_ran_here_does_not_exist(client: Client) -> None:
    elsewhere = pool(3, given=1)
    assert client.get(page(elsewhere)).status_code == 404
    assert client.get(reverse("licensing:license-holders", args=[2**64])).status_code == 404


@rule("L2")
@pytest.mark.parametrize("is_taken", [False, True], ids=["has", "had"])
def test_where_nothing_ran_the_page_is_there_for_who_has_or_had_one(
    client: Client, tenant: Tenant, *, is_taken: bool
) -> None:
    held = LicenseAssignmentFactory.create(tenant=tenant)
    if is_taken:
        held.take(by=BY, on=TODAY)
    assert client.get(page(held.pool)).status_code == 200


@rule("P4")
def test_of_another_tenant_of_one_s_own_it_offers_to_switch(
    client: Client, admin: User, tenant: Tenant
) -> None:
    other = TenantFactory.create(partner=tenant.partner, name="Labs")
    answer = client.get(page(pool(3, tenant=other)))
    assert ("tenants/elsewhere.html" in {each.name for each in answer.templates}) is True
    assert "Labs" in answer.text


@rule("L6", "P4")
def test_where_the_product_runs_here_too_the_address_says_which_tenant_is_meant(
    client: Client, licenses: LicensePool
) -> None:
    labs = TenantFactory.create(partner=licenses.tenant.partner, name="Labs")
    SubscriptionFactory.create(tenant=labs, product=licenses.product)
    here = client.get(pool_url(licenses.tenant.pk, licenses.product.pk))
    there = client.get(pool_url(labs.pk, licenses.product.pk))
    assert here.context["product"] == licenses.product
    assert ("tenants/elsewhere.html" in {each.name for each in there.templates}) is True


@rule("P1")
@pytest.mark.parametrize(
    ("named", "status"),
    [
        ("theirs", 404),
        ("0", 404),
        ("9" * 40, 404),
        ("9" * 5_000, 404),
        ("²", 200),
        ("-1", 200),
        ("", 200),
    ],
)
def test_a_tenant_that_is_not_one_s_own_is_not_told_of(
    client: Client, licenses: LicensePool, named: str, status: int
) -> None:
    theirs = TenantFactory.create(name="Theirs")
    SubscriptionFactory.create(tenant=theirs, product=licenses.product)
    at = page(licenses) + "?tenant=" + named.replace("theirs", str(theirs.pk))
    answer = client.get(at)
    assert "Theirs" not in answer.text
    assert answer.status_code == status


# Giving, taking, moving


@rule("L2", "W11")
def test_a_second_click_gives_one_license_and_says_the_same(
    client: Client, licenses: LicensePool, acting_in: dict[str, str]
) -> None:
    person = somebody(licenses, "Ann")
    sent = acting_in | {"directory_user": person.pk}
    answers = [
        client.post(page(licenses, "give-license"), sent, follow=True) for _click in range(2)
    ]
    said = [[str(message) for message in answer.context["messages"]] for answer in answers]
    expected = [f"Ann now has a license of {licenses.product}."]
    assert said == [expected, expected]
    assert Record.objects.filter(action="licensing.license-given").count() == 1


@rule("L1")
def test_who_cannot_be_chosen_is_shown_with_the_reason(
    client: Client, licenses: LicensePool
) -> None:
    licenses.give(somebody(licenses, "Ann"), by=BY, on=TODAY)
    somebody(licenses, "Bob", disabled=True)
    elsewhere = TenantFactory.create(partner=licenses.tenant.partner)
    DirectoryUserFactory.create(tenant=elsewhere, display_name="Cas")
    choices = client.get(page(licenses, "give-license")).context["choices"]
    refused = {one.person.display_name: str(one.refusal.message) for one in choices.refused}
    assert refused == {
        "Ann": "Has a license of this product already.",
        "Bob": "Disabled in the directory.",
    }


@rule("L3")
def test_where_none_is_left_the_page_says_so_before_the_choice(
    client: Client, licenses: LicensePool
) -> None:
    LicenseAssignmentFactory.create_batch(3, tenant=licenses.tenant, product=licenses.product)
    text = client.get(page(licenses)).text
    assert f"All 3 licenses of {licenses.product} are assigned." in text
    assert page(licenses, "give-license") not in text


@rule("L5")
def test_a_license_is_taken_after_a_question(
    client: Client, licenses: LicensePool, acting_in: dict[str, str]
) -> None:
    held = licenses.give(somebody(licenses, "Ann"), by=BY, on=TODAY)
    url = page(licenses, "take-license", held.pk)
    assert "Ann" in client.get(url).text
    client.post(url, acting_in)
    assert licenses.count(TODAY) == LicenseCount(3, 0)


@rule("L10")
def test_a_license_is_moved_to_a_product_that_has_one(
    client: Client, licenses: LicensePool, acting_in: dict[str, str]
) -> None:
    held = licenses.give(somebody(licenses, "Ann"), by=BY, on=TODAY)
    free = pool(1, tenant=licenses.tenant)
    full = pool(1, given=1, tenant=licenses.tenant)
    url = page(licenses, "move-license", held.pk)
    others = {each.product: refusal for each, refusal in client.get(url).context["others"]}
    assert {product for product, refusal in others.items() if refusal} == {full.product}
    client.post(url, acting_in | {"product": free.product.pk})
    assert [licenses.count(TODAY).given, free.count(TODAY).given] == [0, 1]


@rule("A2")
def test_the_history_is_of_this_tenant_alone(client: Client, licenses: LicensePool) -> None:
    licenses.give(somebody(licenses, "Ann"), by=BY, on=TODAY)
    other = TenantFactory.create(partner=licenses.tenant.partner)
    SubscriptionFactory.create(tenant=other, product=licenses.product)
    there = LicensePool(other, licenses.product)
    there.give(DirectoryUserFactory.create(tenant=other), by=BY, on=TODAY)
    history = client.get(page(licenses, "license-history")).context["history"]
    assert [line.what for line in history.lines] == ["Assigned a license"]


# Lists (L12)


@rule("L12")
def test_a_list_is_shown_line_by_line_while_there_are_licenses(licenses: LicensePool) -> None:
    ann, bob, cas, dan = (somebody(licenses, name) for name in ("Ann", "Bob", "Cas", "Dan"))
    licenses.give(ann, by=BY, on=TODAY)
    elsewhere = TenantFactory.create(partner=licenses.tenant.partner)
    other = DirectoryUserFactory.create(tenant=elsewhere)
    written = [ann, bob, bob, other, cas, dan]
    lines = [*(each.user_principal_name for each in written), "x@nowhere.example", "nobody"]
    rows = preview(licenses, list(enumerate(lines, 1)), TODAY)
    assert [row.refused for row in rows] == [
        "holds-license",
        "",
        "twice-in-list",
        "not-in-tenant",
        "",
        "no-license-left",
        "nobody-with-address",
        "not-an-address",
    ]


@rule("L12", "A1")
def test_what_was_shown_is_done_and_what_changed_meanwhile_is_told(licenses: LicensePool) -> None:
    people = [somebody(licenses, name) for name in ("Ann", "Bob", "Cas")]
    found = [(number, each.user_principal_name) for number, each in enumerate(people, 1)]
    rows = preview(licenses, found, TODAY)
    people[0].disable(by=BY)
    licenses.give(somebody(licenses, "Dan"), by=BY, on=TODAY)
    became = give_many(licenses, rows, by=BY, on=TODAY)
    assert [row.refused for row in became] == ["license-holder-disabled", "", ""]
    on_record = Record.objects.filter(action="licensing.license-given").order_by("pk")
    assert [record.refused for record in on_record] == ["", "license-holder-disabled", "", ""]


@rule("L12", "L3")
def test_who_comes_last_in_a_list_is_told_if_somebody_took_theirs(licenses: LicensePool) -> None:
    people = [somebody(licenses, name) for name in ("Ann", "Bob", "Cas")]
    found = [(number, each.user_principal_name) for number, each in enumerate(people, 1)]
    rows = preview(licenses, found, TODAY)
    licenses.give(somebody(licenses, "Dan"), by=BY, on=TODAY)
    became = give_many(licenses, rows, by=BY, on=TODAY)
    assert [row.refused for row in became] == ["", "", "no-license-left"]
    assert licenses.count(TODAY) == LicenseCount(3, 3)


@rule("L12", "W11")
def test_a_list_sent_twice_is_done_once_and_answered_alike(
    client: Client, licenses: LicensePool, acting_in: dict[str, str]
) -> None:
    person, url = somebody(licenses, "Ann"), page(licenses, "give-license-list")
    shown = client.post(url, acting_in | {"people": person.user_principal_name})
    sent = acting_in | {"shown": shown.context["shown"]}
    answers = [client.post(url, sent).context["became"] for _click in range(2)]
    assert [[row.refused for row in became] for became in answers] == [[""], [""]]
    assert Record.objects.filter(action="licensing.license-given").count() == 1


@rule("L12")
def test_a_preview_holds_for_its_own_product_alone(
    client: Client, licenses: LicensePool, acting_in: dict[str, str]
) -> None:
    other = pool(3, tenant=licenses.tenant)
    person = somebody(licenses, "Ann")
    sent = acting_in | {"people": person.user_principal_name}
    shown = client.post(page(licenses, "give-license-list"), sent).context["shown"]
    answer = client.post(page(other, "give-license-list"), sent | {"shown": shown})
    assert "became" not in answer.context
    assert not LicenseAssignment.objects.exists()


@rule("L12")
def test_two_thousand_lines_go_at_a_time_and_one_more_does_not(
    client: Client, licenses: LicensePool, acting_in: dict[str, str]
) -> None:
    url = page(licenses, "give-license-list")
    lines = [f"p{number}@contoso.example" for number in range(2001)]
    answers = [
        client.post(url, acting_in | {"people": "\n".join(lines[:count])}) for count in (2000, 2001)
    ]
    assert len(answers[0].context["lines"]) == 2000
    assert (
        "The list has 2,001 addresses, and at most 2,000 can be assigned at a time."
        in answers[1].text
    )


@rule("L12")
def test_a_long_list_takes_few_queries(django_assert_max_num_queries: Any, tenant: Tenant) -> None:
    licenses = pool(60, tenant=tenant)
    people = DirectoryUserFactory.create_batch(50, tenant=tenant)
    found = [(number, each.user_principal_name) for number, each in enumerate(people, 1)]
    with django_assert_max_num_queries(4):
        rows = preview(licenses, found, TODAY)
    with django_assert_max_num_queries(10):
        became = give_many(licenses, rows, by=BY, on=TODAY)
    assert Counter(row.refused for row in became) == {"": 50}


def test_the_pages_speak_dutch(client: Client, licenses: LicensePool) -> None:
    LicenseAssignmentFactory.create(tenant=licenses.tenant, product=licenses.product)
    client.cookies["django_language"] = "nl"
    text = client.get(page(licenses)).text
    with translation.override("nl"):
        assert "1 van 3 toegewezen" in text
        assert "Licenties toewijzen" in text


def test_the_days_to_count_between_are_kept_for_each_language_and_day(
    client: Client, admin: User, sign_in: SignIn, licenses: LicensePool
) -> None:
    texts = [client.get(page(licenses)).text]
    client.cookies["django_language"] = "nl"
    texts.append(client.get(page(licenses)).text)
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        texts.append(sign_in(admin).get(page(licenses)).text)
    assert [offered(text) for text in texts] == [
        ["From", "2020-05-02", "2021-05-01"],
        ["Van", "2020-05-02", "2021-05-01"],
        ["From", "2020-05-03", "2021-05-02"],
    ]


def offered(text: str) -> list[str]:
    """The label and the days of the form that counts the most at once."""
    form = text.partition('action="#most"')[2].partition("</form>")[0]
    return re.findall(r"(?:<label[^>]*>|value=\")\s*(Van|From|\d{4}-\d\d-\d\d)", form)


def test_where_there_are_no_licenses_nobody_reads_none_of_none() -> None:
    none = LicenseCount(0, 0)
    assert (assigned_text(none), bar(none)) == ("No licenses", [])


@rule("L7", "L8")
@pytest.mark.parametrize(
    ("bought", "given", "labels"),
    [
        (5, 2, ["Assigned: 2", "Available: 3"]),
        (3, 4, ["Licenses: 3", "Shortage: 1"]),
        (0, 4, ["Licenses: 0", "Shortage: 4"]),
    ],
)
def test_the_bar_shows_what_is_there_and_what_is_missing(
    bought: int, given: int, labels: list[str]
) -> None:
    segments = bar(LicenseCount(bought, given))
    assert [segment["label"] for segment in segments] == labels
    assert sum(segment["width"] for segment in segments) == 100


@rule("L7")
def test_people_without_any_license_have_no_access(client: Client, tenant: Tenant) -> None:
    disabled = pool(3, given=2, tenant=tenant, ends_on=TODAY - timedelta(days=31))
    standing = client.get(page(disabled)).context["standing"]
    assert standing.figure == "2 assigned, no licenses"
    rows = client.get(reverse("licensing:products", query={"show": "all"})).context["rows"]
    assert [row["assigned"] for row in rows] == ["2 assigned, no licenses"]
    assert standing.warning == (
        "No licenses are left: the assignments stay, but these 2 people have no access. Too few "
        "since May 1, 2021. Redeem a product key or remove licenses by Jul 29, 2021."
    )


@rule("L8")
def test_after_ninety_days_no_day_to_settle_it_is_named(client: Client, tenant: Tenant) -> None:
    disabled = pool(3, given=2, tenant=tenant, ends_on=TODAY - timedelta(days=31))
    warnings = [
        client.get(f"{page(disabled)}?on={day}").context["standing"].warning
        for day in ("2021-07-29", "2021-07-30")
    ]
    assert [warning.endswith("by Jul 29, 2021.") for warning in warnings] == [True, False]
