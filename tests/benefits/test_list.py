"""Azure & cloud products as a list: filters, an order for each column, a spreadsheet.

The filters agree with the rules.
"""

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import html5lib
import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits import key_encryption
from benefits_portal.benefits.models import Assignment, Benefit, Membership
from benefits_portal.tenants.models import Actor, Partner, Tenant, User
from tests.clients import SignIn
from tests.factories import (
    TODAY,
    AssignmentFactory,
    BenefitFactory,
    DirectoryUserFactory,
    RoleAssignmentFactory,
    UserFactory,
    issue_key,
    redeem,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
LIST, CSV = reverse("benefits:azure-cloud"), reverse("benefits:azure-cloud-csv")
COPIED = [
    "partner",
    "package_line",
    "product",
    "product_name",
    "offer_name",
    "benefit_type",
    "quantity",
    "credit_amount",
    "currency",
    "is_used",
    "starts_on",
    "expires_on",
]
TABS = ["current", "not-started", "ended"]
DAYS = [TODAY + timedelta(days=offset) for offset in (-1, 0, 1)]


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


@pytest.fixture
def benefits(partner: Partner, tenant: Tenant) -> list[Benefit]:
    """One of every kind, used and unused, on the day before, of and after today.

    Somebody else's are beside them.
    """
    made = []
    for day in DAYS:
        facts = {"partner": partner, "expires_on": day}
        made += [
            issue_key(
                **facts, product__name=f"Visio {day.day}", membership__offer__name=f"Pack {day.day}"
            ).benefit,
            redeem(issue_key(**facts), on=DAYS[0]).key.benefit,
            BenefitFactory.create(**facts, monthly=True),
            AssignmentFactory.create(benefit=BenefitFactory.create(**facts, bulk=True)).benefit,
        ]
    BenefitFactory.create(expires_on=TODAY)
    return list(Benefit.objects.filter(pk__in=[benefit.pk for benefit in made]))


def copies(benefit: Benefit, count: int, **changes: Any) -> list[Benefit]:
    """`count` more of `benefit`, each of a membership of its own, all but for `changes` alike."""
    day, offer = timedelta(days=1), benefit.membership.offer
    earlier = Membership.objects.filter(partner=benefit.partner, offer=offer).count()
    memberships = Membership.objects.bulk_create(
        Membership(
            partner=benefit.partner,
            offer=offer,
            starts_on=start,
            ends_on=start + day,
            benefits_expire_on=start + 2 * day,
        )
        for start in (TODAY + (earlier + number) * day for number in range(count))
    )
    alike = {name: getattr(benefit, name) for name in COPIED} | changes
    return Benefit.objects.bulk_create(
        Benefit(**alike, membership=membership) for membership in memberships
    )


def found(client: Client, address: str) -> list[int]:
    sections = client.get(f"{LIST}?{address}").context["sections"]
    return [row["pk"] for section in sections for row in section["rows"]]


def in_any_tab(client: Client, address: str) -> set[int]:
    return {pk for tab in TABS for pk in found(client, f"tab={tab}&{address}")}


def offered(client: Client, address: str = "") -> list[str]:
    """The offers that the list can be narrowed down to."""
    page = html5lib.parse(client.get(f"{LIST}?{address}").text, namespaceHTMLElements=False)
    return [option.text for option in page.findall(".//select[@id='filter-offer']/option")][1:]


def test_the_filters_offer_what_the_partner_has_in_their_own_order(
    client: Client, benefits: list[Benefit]
) -> None:
    assert offered(client) == sorted({benefit.offer_name for benefit in benefits})


def test_the_filters_that_are_kept_are_of_nobody_else(
    client: Client, benefits: list[Benefit], sign_in: SignIn
) -> None:
    other = BenefitFactory.create()
    elsewhere = RoleAssignmentFactory.create(
        partner=other.partner, user__directory_user__tenant__partner=other.partner
    ).user
    assert [len(offered(client)), offered(sign_in(elsewhere))] == [12, [other.offer_name]]


def test_a_benefit_is_found_by_an_offer_unknown_to_the_kept_filters(
    client: Client, partner: Partner
) -> None:
    before = offered(client)
    new = BenefitFactory.create(partner=partner)
    address = f"offer={new.package_line.offer_id}"
    assert [before, offered(client), found(client, address), offered(client, address)] == [
        [],
        [],
        [new.pk],
        [new.offer_name],
    ]


@pytest.mark.rule("B5", "U5")
@pytest.mark.parametrize("on", DAYS, ids=str)
def test_the_status_of_a_row_is_the_one_that_the_database_filters_by(
    benefits: list[Benefit], on: date
) -> None:
    ours = Benefit.objects.filter(pk__in=[benefit.pk for benefit in benefits])
    in_sql = {status: set(ours.with_status(status, on)) for status in Benefit.Status}
    assert in_sql == {
        status: {benefit for benefit in benefits if benefit.status(on) is status}
        for status in Benefit.Status
    }


def test_each_filter_leaves_what_it_says(client: Client, benefits: list[Benefit]) -> None:
    def those(asked: Callable[[Benefit], bool]) -> set[int]:
        return {benefit.pk for benefit in benefits if asked(benefit)}

    usable = lambda benefit: benefit.is_usable(TODAY)  # noqa: E731 - as short as the question
    first = next(benefit for benefit in benefits if benefit.product_name.startswith("Visio"))
    expected = {
        "kind=usage": those(lambda benefit: benefit.is_usage_based),
        "kind=licenses": those(lambda benefit: not benefit.is_usage_based),
        "show=unused": those(lambda benefit: not benefit.is_used),
        "show=expiring": those(lambda benefit: usable(benefit) and not benefit.is_used),
        "expires=past": those(lambda benefit: not usable(benefit)),
        "expires=30": those(usable),
        "type=core": those(lambda benefit: True),
        "type=incremental": set(),
        f"offer={first.package_line.offer_id}": {first.pk},
        f"product={first.product_id}": {first.pk},
        f"q={first.product.name}": {first.pk},
        f"q={first.membership.offer.name}": {first.pk},
        "q=nothing+of+the+kind": set(),
    } | {
        f"status={status.value}": {
            benefit.pk for benefit in benefits if benefit.status(TODAY) is status
        }
        for status in Benefit.Status
    }
    assert {address: in_any_tab(client, address) for address in expected} == expected


@pytest.mark.parametrize("sort", ["benefit", "quantity", "offer", "type", "expires", "status"])
def test_each_column_sorts_within_its_section_and_turns_round(
    client: Client, benefits: list[Benefit], sort: str
) -> None:
    forward, back = found(client, f"sort={sort}"), found(client, f"sort=-{sort}")
    usable = [benefit.pk for benefit in benefits if benefit.is_usable(TODAY)]
    assert (len(forward), sorted(forward)) == (8, sorted(usable))
    assert (back[4:] + back[:4]) == forward[::-1]


@pytest.mark.parametrize(
    ("tab", "statuses"),
    [
        ("current", ["not-assigned", "assigned", "not-redeemed", "redeemed"]),
        ("ended", ["ended", "expired", "redeemed"]),
    ],
)
def test_sorting_by_status_keeps_each_status_together(
    client: Client, benefits: list[Benefit], tab: str, statuses: list[str]
) -> None:
    sections = client.get(LIST, {"sort": "status", "tab": tab}).context["sections"]
    rows = [row["status"] for section in sections for row in section["rows"]]
    changes = zip(["", *rows], rows, strict=False)
    assert [status for previous, status in changes if previous != status] == statuses


def test_fifty_rows_to_a_page_and_every_page_parses(client: Client, partner: Partner) -> None:
    line = BenefitFactory.create(partner=partner)
    copies(line, 70)
    copies(BenefitFactory.create(partner=partner, monthly=True), 40)
    pages, href = [], "?"
    while href:
        answer = client.get(LIST + href)
        html5lib.HTMLParser(strict=True).parse(answer.text)
        pages.append(sum(len(section["rows"]) for section in answer.context["sections"]))
        href = answer.context["page"].next_href
    assert pages == [50, 50, 12]


def test_a_list_of_a_hundred_is_shown_whole(client: Client, partner: Partner) -> None:
    copies(BenefitFactory.create(partner=partner), 99)
    answer = client.get(LIST)
    shown = [len(section["rows"]) for section in answer.context["sections"]]
    assert shown == [0, 100]
    assert answer.context["page"].is_whole
    copies(BenefitFactory.create(partner=partner), 0)
    answer = client.get(LIST)
    shown = [len(section["rows"]) for section in answer.context["sections"]]
    assert shown == [0, 50]
    assert not answer.context["page"].is_whole


def test_a_kind_that_is_on_another_page_is_said_to_be_there(
    client: Client, partner: Partner
) -> None:
    copies(BenefitFactory.create(partner=partner), 100)
    BenefitFactory.create(partner=partner, monthly=True)
    last = client.get(f"{LIST}?page=last")
    assert "None on this page." in last.text
    assert '<a href="?kind=usage">Show them' in last.text


def test_the_spreadsheet_is_the_filtered_list_without_formulas_and_keys(
    client: Client, partner: Partner
) -> None:
    key = issue_key(partner=partner, product__name="=HYPERLINK(1)", expires_on=TODAY)
    BenefitFactory.create(partner=partner, product__name="Other", monthly=True)
    text = client.get(CSV, {"kind": "licenses"}).getvalue().decode("utf-8-sig")
    [heads, row] = csv.reader(io.StringIO(text))
    assert heads[:10] == [
        "Kind",
        "Benefit",
        "Quantity",
        "Unit",
        "Offer",
        "Benefit type",
        "Competency",
        "First day",
        "Expiration date",
        "Status",
    ]
    assert row[:10] == [
        "License-based",
        "'=HYPERLINK(1)",
        "25",
        "licenses",
        key.benefit.membership.offer.name,
        "Core",
        "",
        "2021-01-01",
        "2021-05-01",
        "Not redeemed",
    ]
    assert (heads[10:], row[10:]) == (
        ["Key ends in", "Redeemed by", "Redeemed on", "Holder"],
        [key.last_five, "", "", ""],
    )
    assert key_encryption.decrypted(key.ciphertext)[:-5] not in text.replace("-", "")


def test_the_spreadsheet_is_as_long_as_the_list(client: Client, partner: Partner) -> None:
    copies(BenefitFactory.create(partner=partner), 1_100)
    rows = client.get(CSV).getvalue().decode().splitlines()
    assert len(rows) == 1 + 1_101
    assert client.get(LIST).context["page"].total_text == "1,000+"


# What stands on the row


@pytest.mark.rule("U2")
def test_used_is_true_from_the_first_assignment_to_the_end_of_the_last(by: Actor) -> None:
    benefit = BenefitFactory.create(monthly=True)
    people = DirectoryUserFactory.create_batch(2, tenant__partner=benefit.partner)
    facts = []
    given = [benefit.assign(person, by=by, on=TODAY) for person in people]
    for step in (
        lambda: None,
        lambda: given[0].remove(by=by, on=TODAY),
        lambda: given[1].remove(by=by, on=TODAY),
    ):
        step()
        facts.append(Benefit.objects.get(pk=benefit.pk).is_used)
    assert facts == [True, True, False]


@pytest.mark.rule("U3")
def test_transferred_credit_stays_used(by: Actor) -> None:
    assignment = AssignmentFactory.create(benefit=BenefitFactory.create(bulk=True))
    assignment.transfer(
        DirectoryUserFactory.create(tenant__partner=assignment.partner), by=by, on=TODAY
    )
    assert Benefit.objects.get().is_used
    assert Assignment.objects.filter(ended_at=None).count() == 1


def test_redeeming_makes_used_and_rolls_back_with_it() -> None:
    key = issue_key()
    assert not Benefit.objects.get().is_used
    redeem(key)
    assert Benefit.objects.get().is_used


def test_a_benefit_carries_the_names_and_a_back_office_rename_reaches_it(
    partner: Partner, sign_in: SignIn
) -> None:
    benefit = BenefitFactory.create(partner=partner)
    membership = Membership.enroll(
        partner, benefit.package_line.offer, TODAY + timedelta(days=900), by=Actor()
    )
    staff = sign_in(UserFactory.create(is_staff=True, is_superuser=True))
    page = reverse("admin:benefits_product_change", args=[benefit.product_id])
    assert staff.post(page, {"name": "New name", "reason": "It is called so"}).status_code == 302
    assert list(membership.benefits.values_list("product_name", "offer_name")) == [
        ("New name", benefit.membership.offer.name)
    ]
    assert Benefit.objects.filter(product_name=F("product__name")).count() == 2


@pytest.mark.rule("K8")
def test_a_redeemed_key_that_is_replaced_leaves_its_benefit_unused(by: Actor) -> None:
    key = redeem().key
    key.revoke_spent("the wrong tenant", by=by)
    key.benefit.issue_key(by=by)
    benefit = Benefit.objects.get()
    assert not benefit.is_used
    assert benefit.status(TODAY).value == "not-redeemed"
