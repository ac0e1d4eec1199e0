"""What pages say of credit and discontinued products follows from data (B4, B5, U2 to U5)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, time, timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.holder_display import letter
from benefits_portal.benefits.models import Benefit, ExternalOffer, HeldOffer, Product
from benefits_portal.tenants.models import Actor, Partner, Role, Tenant, User
from tests.clients import SignIn
from tests.factories import (
    TODAY,
    BenefitFactory,
    DirectoryUserFactory,
    ExternalOfferFactory,
    ProductFactory,
    RoleAssignmentFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
rule = pytest.mark.rule
YEAR_ENDS_ON, EXPIRES_ON = date(2022, 1, 1), date(2022, 1, 31)  # of the factories' memberships
DAY = timedelta(days=1)
INVITATIONS = [
    "add or remove them at any time",
    "transfer it to someone else",
    "Active subscriptions continue",
    "is possible until",
]


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


@pytest.fixture
def at() -> Callable[[date], AbstractContextManager[object]]:
    """`with at(day):` it is noon of that day."""
    return lambda day: time_machine.travel(datetime.combine(day, time(12), UTC), tick=False)


@pytest.fixture
def monthly(partner: Partner) -> Benefit:
    return BenefitFactory.create(partner=partner, monthly=True)


@pytest.fixture
def bulk(partner: Partner) -> Benefit:
    return BenefitFactory.create(partner=partner, bulk=True)


def text(client: Client, benefit: Benefit) -> str:
    return unescape(client.get(reverse("licensing:benefit-detail", args=[benefit.pk])).text)


def ended(benefit: Benefit) -> Benefit:
    Benefit.objects.filter(pk=benefit.pk).update(expires_on=TODAY - DAY)
    return benefit


# F3: what it cannot be combined with


@rule("U4")
def test_what_bulk_credit_cannot_be_combined_with_is_listed_from_the_data(
    client: Client, bulk: Benefit
) -> None:
    names = ["Azure Pass", "Enterprise Agreement", "Microsoft Action Pack"]
    for name in reversed(names):
        ExternalOfferFactory.create(name=name, excludes=[bulk.product])
    ExternalOfferFactory.create(
        name="Of something else", excludes=[ProductFactory.create(monthly=True)]
    )
    listed = (
        "nor with one of these offers: Azure Pass, Enterprise Agreement or Microsoft Action Pack."
    )
    pages = [text(client, bulk), client.get(reverse("help")).text]
    assert [listed in page for page in pages] == [True, True]
    ExternalOffer.objects.filter(name="Azure Pass").update(name="Azure Sesame")
    assert "Azure Pass" not in text(client, bulk) + client.get(reverse("help")).text
    HeldOffer.objects.all().delete()
    ExternalOffer.objects.all().delete()
    pages = [text(client, bulk), client.get(reverse("help")).text]
    assert ["nor with" in page for page in pages] == [False, False]


@rule("U4")
def test_monthly_credit_says_what_excludes_it_too(client: Client, monthly: Benefit) -> None:
    assert "It can't be combined with bulk (yearly) credit." in text(client, monthly)
    ExternalOfferFactory.create(name="Azure Sponsorship", excludes=[monthly.product])
    assert "nor with one of these offers: Azure Sponsorship." in text(client, monthly)


# F4: an ended credit


@rule("U5")
@pytest.mark.parametrize("kind", ["monthly", "bulk"])
def test_an_ended_credit_says_that_it_ended_and_who_held_it(
    client: Client, tenant: Tenant, by: Actor, kind: str
) -> None:
    credit = BenefitFactory.create(partner=tenant.partner, **{kind: True})
    holder = DirectoryUserFactory.create(tenant=tenant, display_name="Ann Held")
    credit.assign(holder, by=by, on=TODAY)
    assert "This credit ended" not in text(client, credit)
    page = text(client, ended(credit))
    expected = [
        "This credit ended on Apr 30, 2021.",
        "Assigned users when it ended",
        "Ann Held",
        "This was the credit's last day.",
    ]
    assert [sentence for sentence in expected if sentence in page] == expected
    assert [words for words in [*INVITATIONS, ">Assigned users<"] if words in page] == []
    page = client.get(reverse("benefits:holders", args=[credit.pk])).text
    assert "Assigned users when it ended<" in page
    assert "Assigned users<" not in page


@rule("B1")
@pytest.mark.parametrize(
    ("kind", "notice"),
    [
        (
            "monthly",
            "However many people you assign it to, they share one credit: $100 per month. It "
            "starts on May 2, 2021: add or remove people from that day.",
        ),
        (
            "bulk",
            "Bulk (yearly) credit is assigned to one person and can't be removed. It starts on May "
            "2, 2021: assign it from that day.",
        ),
    ],
)
def test_credit_that_has_not_begun_says_from_when_it_can_be_given(
    client: Client, partner: Partner, kind: str, notice: str
) -> None:
    credit = BenefitFactory.create(partner=partner, **{kind: True}, starts_on=TODAY + DAY)
    page = text(client, credit)
    assert notice in page
    assert [words for words in INVITATIONS if words in page] == []
    Benefit.objects.filter(pk=credit.pk).update(starts_on=TODAY)
    assert notice not in text(client, credit)


@rule("U5")
def test_an_ended_credit_that_nobody_held_says_so(client: Client, monthly: Benefit) -> None:
    page = text(client, ended(monthly))
    assert "Expired on Apr 30, 2021." in page
    assert "Not assigned to anyone" not in page
    holders = client.get(reverse("benefits:holders", args=[monthly.pk])).text
    assert "No one had this credit when it ended." in holders
    assert "Assign it" not in holders


def test_a_member_is_not_invited_to_assign(
    tenant: Tenant, sign_in: SignIn, monthly: Benefit, client: Client
) -> None:
    holders = reverse("benefits:holders", args=[monthly.pk])
    member = RoleAssignmentFactory.create(
        user__directory_user__tenant=tenant, role=Role.MEMBER
    ).user
    assert ["Assign it on" in who.get(holders).text for who in (client, sign_in(member))] == [
        True,
        False,
    ]


# F20: the message to a holder


@rule("U2")
@pytest.mark.parametrize(
    ("holders", "shared"),
    [
        (1, "shared with everyone it is assigned to"),
        (2, "shared with 1 other person"),
        (3, "shared with 2 other people"),
    ],
)
def test_a_holder_of_monthly_credit_is_told_that_it_is_shared(
    client: Client, tenant: Tenant, by: Actor, monthly: Benefit, holders: int, shared: str
) -> None:
    for person in DirectoryUserFactory.create_batch(holders, tenant=tenant):
        monthly.assign(person, by=by, on=TODAY)
    english = client.get(reverse("licensing:benefit-detail", args=[monthly.pk])).context["letters"][
        0
    ]["text"]
    assert f"has given you access to {monthly.title}, {shared}." in english
    assert "yours" not in english


@rule("U2")
def test_everybody_is_counted_however_few_are_shown(
    client: Client, tenant: Tenant, by: Actor, monthly: Benefit
) -> None:
    for person in DirectoryUserFactory.create_batch(23, tenant=tenant):
        monthly.assign(person, by=by, on=TODAY)
    page = client.get(reverse("licensing:benefit-detail", args=[monthly.pk]))
    assert "shared with 22 other people" in page.context["letters"][0]["text"]


@rule("U3")
def test_bulk_credit_is_its_holder_s(bulk: Benefit) -> None:
    assert "has assigned you" in letter(bulk, 1, "en")
    assert "gedeeld" not in letter(bulk, 1, "nl")


# F26: after the enrollment year


@rule("U3")
@pytest.mark.parametrize(
    ("on", "is_final"),
    [(YEAR_ENDS_ON, False), (YEAR_ENDS_ON + DAY, True), (EXPIRES_ON, True)],
    ids=str,
)
def test_bulk_credit_assigned_after_the_year_is_told_to_be_for_good(
    admin: User,
    sign_in: SignIn,
    bulk: Benefit,
    tenant: Tenant,
    at: Callable[[date], AbstractContextManager[object]],
    on: date,
    is_final: bool,
) -> None:
    DirectoryUserFactory.create(tenant=tenant)
    with at(on):
        client = sign_in(admin)
        pages = [text(client, bulk), client.get(reverse("benefits:assign", args=[bulk.pk])).text]
    warning = (
        "Whoever you choose now keeps this credit until Jan 31, 2022: it can be neither "
        "removed nor transferred."
    )
    assert [warning in page for page in pages] == [is_final, is_final]
    assert ("You can transfer it until Jan 1, 2022" in pages[0]) is not is_final


@rule("U3")
@pytest.mark.parametrize(
    ("on", "said"),
    [
        (YEAR_ENDS_ON, "possible until Jan 1, 2022"),
        (YEAR_ENDS_ON + DAY, "Transfers ended on Jan 1, 2022"),
    ],
)
def test_held_bulk_credit_says_until_when_it_is_transferred(
    admin: User,
    sign_in: SignIn,
    bulk: Benefit,
    tenant: Tenant,
    by: Actor,
    at: Callable[[date], AbstractContextManager[object]],
    on: date,
    said: str,
) -> None:
    bulk.assign(DirectoryUserFactory.create(tenant=tenant), by=by, on=TODAY)
    with at(on):
        page = text(sign_in(admin), bulk)
    assert said in page
    assert "Last day to assign" not in page


def test_monthly_credit_is_never_for_good(
    admin: User,
    sign_in: SignIn,
    monthly: Benefit,
    at: Callable[[date], AbstractContextManager[object]],
) -> None:
    with at(EXPIRES_ON):
        assert "neither removed nor transferred" not in text(sign_in(admin), monthly)


# F10: help and the search


@rule("B4")
def test_discontinued_products_and_their_replacements_follow_from_the_data(
    client: Client, tenant: Tenant
) -> None:
    e3, e5 = (ProductFactory.create(name=f"Microsoft 365 {plan}") for plan in ("E3", "E5"))
    old = ProductFactory.create(name="Office 365 E3", discontinued_on=TODAY)
    old.replaced_by.add(e3, e5)
    ProductFactory.create(name="Office 365 E7", discontinued_on=TODAY + DAY).replaced_by.add(e5)
    page = " ".join(client.get(reverse("help")).text.split())
    assert "<li> Office 365 E3: replaced by Microsoft 365 E3 or Microsoft 365 E5 </li>" in page
    assert "Office 365 E7" not in page
    found = client.get(reverse("search"), {"q": "office 365 E3"})
    row = next(
        group for group in found.context["groups"] if group["title"] == "Discontinued products"
    )["rows"][0]
    assert (row.title, row.subtitle) == (
        "Office 365 E3",
        "No longer part of competency packages. Replaced by Microsoft 365 E3 or Microsoft 365 E5.",
    )
    for words in ("Office 365 E7", "Microsoft 365 E5"):
        titles = [
            group["title"]
            for group in client.get(reverse("search"), {"q": words}).context["groups"]
        ]
        assert "Discontinued products" not in titles


@rule("B4")
def test_without_a_discontinued_product_help_does_not_speak_of_them(client: Client) -> None:
    assert "Discontinued products" not in client.get(reverse("help")).text
    Product.objects.all().delete()
    assert Client().get(reverse("help")).status_code == 200


def test_help_has_the_article_s_four_next_steps_each_with_its_address(client: Client) -> None:
    page = client.get(reverse("help")).text
    steps = [
        "microsoft-365/business/migrate-from-e3",
        "microsoftteams/business-voice/whats-business-voice",
        "microsoftteams/business-voice/country-region-availability",
        "windows/deployment/deploy-m365",
    ]
    assert [step for step in steps if f"learn.microsoft.com/{step}</span>" in page] == steps
    assert [
        words for words in ("comes forward", "moves back", "a first assignment.") if words in page
    ] == []


@rule("B4")
@pytest.mark.parametrize("replaced", [True, False])
def test_a_benefit_s_page_says_that_its_product_was_discontinued(
    client: Client, partner: Partner, replaced: bool
) -> None:
    product = ProductFactory.create(name="Office 365 E3", discontinued_on=TODAY)
    if replaced:
        product.replaced_by.add(ProductFactory.create(name="Microsoft 365 E3"))
    page = text(client, BenefitFactory.create(partner=partner, product=product, key=True))
    assert "Office 365 E3 is no longer part of competency packages." in page
    assert ("Its replacement:" in page) is replaced


@rule("B4")
def test_a_benefit_of_an_action_pack_says_that_it_still_includes_it(
    client: Client, partner: Partner
) -> None:
    product = ProductFactory.create(name="Office 365 E3", discontinued_on=TODAY)
    benefit = BenefitFactory.create(partner=partner, product=product, key=True)
    benefit.membership.offer.is_competency = False
    benefit.membership.offer.save()
    page = text(client, benefit)
    said = "still includes Office 365 E3; competency packages no longer do."
    assert said in page
    assert "Office 365 E3 is no longer part" not in page
