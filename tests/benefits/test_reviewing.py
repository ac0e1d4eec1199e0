"""Choosing a person for credit, the review of what stays, and the message to send (U2 to U6)."""

import re
from datetime import UTC, datetime
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.models import Assignment, Benefit
from benefits_portal.tenants.middleware import tenant_token
from benefits_portal.tenants.models import Actor, DirectoryUser, Partner, Record, Tenant, User
from tests.clients import ClientResponse, SignIn
from tests.factories import (
    TODAY,
    AssignmentFactory,
    BenefitFactory,
    DirectoryUserFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
rule = pytest.mark.rule
ISOLATES = re.compile("</?bdi>|[\u2068\u2069]")


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


@pytest.fixture
def nestor(tenant: Tenant) -> DirectoryUser:
    return DirectoryUserFactory.create(tenant=tenant, display_name="Nestor Wilke")


@pytest.fixture
def bulk(partner: Partner) -> Benefit:
    return BenefitFactory.create(partner=partner, bulk=True, credit_amount=13_000, currency="USD")


def main_of(response: ClientResponse) -> str:
    return ISOLATES.sub("", unescape(response.text).partition("<main")[2].partition("</main>")[0])


def sent_form(client: Client, response: ClientResponse, **chosen: object) -> ClientResponse:
    """What a browser without JavaScript sends from the last form that asks what is chosen."""
    forms = main_of(response).split("<form")[1:]
    form = [form for form in forms if all(f'name="{name}"' in form for name in chosen)][-1]
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    action = re.search(r'action="([^"]+)"', form.partition(">")[0])
    href = action[1] if action else response.wsgi_request.path
    return client.post(href, dict(hidden) | chosen)


@rule("U3")
@pytest.mark.parametrize("view", ["licensing:benefit-detail", "benefits:assign"])
def test_bulk_credit_is_reviewed_before_it_is_assigned(
    client: Client, tenant: Tenant, nestor: DirectoryUser, bulk: Benefit, view: str
) -> None:
    opened = client.get(reverse(view, args=[bulk.pk]))
    review = sent_form(client, opened, directory_user=nestor.pk)
    assert (review.status_code, Assignment.objects.count()) == (200, 0)
    text = " ".join(main_of(review).replace("<wbr>", "").split())
    said = [
        "You can't remove it afterwards. It can only be transferred, until Jan 1, 2022.",
        "Nestor Wilke",
        nestor.user_principal_name,
        "$13,000 per year",
        "Assign to Nestor Wilke</span>",
    ]
    assert [sentence for sentence in said if sentence not in text] == []
    done = sent_form(client, review)
    assert (done.status_code, done["Location"]) == (
        302,
        reverse("licensing:benefit-detail", args=[bulk.pk]),
    )
    assert Assignment.objects.get().directory_user == nestor


@rule("U3")
def test_a_transfer_is_reviewed_too(
    client: Client, tenant: Tenant, nestor: DirectoryUser, bulk: Benefit
) -> None:
    held = AssignmentFactory.create(benefit=bulk, directory_user__tenant=tenant)
    opened = client.get(reverse("benefits:transfer", args=[bulk.pk, held.pk]))
    review = sent_form(client, opened, directory_user=nestor.pk)
    assert Assignment.objects.kept().get() == held
    assert held.directory_user.display_name in main_of(review)
    assert "Transfer to Nestor Wilke" in main_of(review)
    sent_form(client, review)
    assert Assignment.objects.kept().get().directory_user == nestor


@rule("U3")
def test_after_the_year_the_review_says_that_it_is_for_good(
    admin: User,
    sign_in: SignIn,
    nestor: DirectoryUser,
    bulk: Benefit,
) -> None:
    with time_machine.travel(datetime(2022, 1, 2, 12, tzinfo=UTC), tick=False):
        client = sign_in(admin)
        opened = client.get(reverse("benefits:assign", args=[bulk.pk]))
        text = main_of(sent_form(client, opened, directory_user=nestor.pk))
    assert "it can be neither removed nor transferred." in text
    assert "only be transferred" not in text


@rule("U2")
def test_monthly_credit_needs_no_review(
    client: Client, partner: Partner, nestor: DirectoryUser
) -> None:
    monthly = BenefitFactory.create(partner=partner, monthly=True)
    opened = client.get(reverse("licensing:benefit-detail", args=[monthly.pk]))
    assert sent_form(client, opened, directory_user=nestor.pk).status_code == 302
    assert Assignment.objects.get().directory_user == nestor


@rule("U6", "A1")
def test_who_cannot_be_chosen_gets_no_review_and_is_on_record(
    client: Client, tenant: Tenant, bulk: Benefit
) -> None:
    disabled = DirectoryUserFactory.create(tenant=tenant, disabled=True)
    opened = client.get(reverse("benefits:assign", args=[bulk.pk]))
    answer = sent_form(client, opened, directory_user=disabled.pk)
    assert "Disabled in the directory." in str(answer.context["form"].errors)
    assert Record.objects.exclude(refused="").get().after == {"person": disabled.pk}
    assert Assignment.objects.count() == 0


@rule("U6")
def test_those_who_can_be_chosen_come_first_and_the_others_are_folded(
    client: Client, tenant: Tenant, bulk: Benefit
) -> None:
    for name in ("Ada", "Cleo"):
        DirectoryUserFactory.create(tenant=tenant, display_name=name, disabled=True)
    DirectoryUserFactory.create(tenant=tenant, display_name="Bea")
    shown, _, folded = main_of(client.get(reverse("benefits:assign", args=[bulk.pk]))).partition(
        '<details class="people-refused">'
    )
    names = ["Ada", "Bea", "Cleo"]
    assert [f"<strong>{name}</strong>" in shown for name in names] == [False, True, False]
    assert [f"<strong>{name}</strong>" in folded for name in names] == [True, False, True]
    assert "Cannot be chosen (2)" in folded
    assert folded.count(" disabled>") == 2


@rule("U6")
def test_where_no_one_can_be_chosen_the_reasons_are_open(
    client: Client, tenant: Tenant, bulk: Benefit
) -> None:
    DirectoryUserFactory.create(tenant=tenant, display_name="Ada", disabled=True)
    text = main_of(client.get(reverse("benefits:assign", args=[bulk.pk]), {"q": "Ada"}))
    assert '<details class="people-refused" open>' in text
    assert "No one here can be chosen." in text


def test_an_error_stands_above_the_search_with_its_context(
    client: Client, tenant: Tenant, bulk: Benefit
) -> None:
    answer = client.post(
        reverse("benefits:assign", args=[bulk.pk]), {"acting_in": tenant_token(tenant)}
    )
    text = main_of(answer)
    places = [
        text.index(part)
        for part in (
            "error-summary",
            "Bulk (yearly) credit is assigned to one person",
            'role="search"',
        )
    ]
    assert places == sorted(places)
    assert ">Choose a person.</a>" in text, "without the name of its field, which it says itself"
    assert "<title>Error: Assign user" in answer.text
    assert f'href="{reverse("licensing:benefit-detail", args=[bulk.pk])}">Cancel</a>' in text


@pytest.mark.parametrize(
    ("language", "codes"), [("nl", ["nl", "en"]), ("", ["en", "nl"]), (None, ["en", "nl"])]
)
def test_the_message_is_first_in_the_language_of_the_holder(
    client: Client,
    nestor: DirectoryUser,
    bulk: Benefit,
    by: Actor,
    language: str | None,
    codes: list[str],
) -> None:
    if language is not None:
        UserFactory.create(directory_user=nestor, language=language)
    bulk.assign(nestor, by=by, on=TODAY)
    page = client.get(reverse("licensing:benefit-detail", args=[bulk.pk]))
    letters = page.context["letters"]
    assert [letter["code"] for letter in letters] == codes
    mail = urlsplit(letters[0]["mailto"])
    assert (mail.scheme, mail.path) == ("mailto", nestor.user_principal_name)
    assert parse_qs(mail.query) == {"subject": [bulk.title], "body": [letters[0]["text"]]}
    assert "https://portal.azure.com" in letters[0]["text"]


def test_several_holders_do_not_read_of_each_other(
    client: Client, tenant: Tenant, partner: Partner, by: Actor
) -> None:
    monthly = BenefitFactory.create(partner=partner, monthly=True)
    people = DirectoryUserFactory.create_batch(2, tenant=tenant)
    for person in people:
        monthly.assign(person, by=by, on=TODAY)
    page = client.get(reverse("licensing:benefit-detail", args=[monthly.pk]))
    mail = urlsplit(page.context["letters"][0]["mailto"])
    assert mail.path == ""
    assert parse_qs(mail.query)["bcc"] == [",".join(one.user_principal_name for one in people)]


@pytest.mark.parametrize(
    ("holders", "state"),
    [
        (
            0,
            "Not assigned to anyone yet. Each month that you wait, $100 is lost (this month's "
            "after May 31, 2021). You can assign it until Jan 31, 2022.",
        ),
        (1, "Assigned to Person A until Jan 31, 2022."),
        (2, "Assigned to 2 people until Jan 31, 2022."),
    ],
)
def test_a_credit_says_first_where_it_stands(
    client: Client, tenant: Tenant, partner: Partner, by: Actor, holders: int, state: str
) -> None:
    monthly = BenefitFactory.create(partner=partner, monthly=True)
    for letter in "AB"[:holders]:
        person = DirectoryUserFactory.create(tenant=tenant, display_name=f"Person {letter}")
        monthly.assign(person, by=by, on=TODAY)
    page = client.get(reverse("licensing:benefit-detail", args=[monthly.pk]))
    assert ISOLATES.sub("", page.context["state"]) == state


@rule("U4")
def test_credit_that_stands_in_the_way_is_named_once(
    tenant: Tenant, partner: Partner, nestor: DirectoryUser, bulk: Benefit, by: Actor
) -> None:
    monthly = BenefitFactory.create(partner=partner, monthly=True)
    monthly.assign(nestor, by=by, on=TODAY)
    refusal = next(one.refusal for one in bulk.candidates("Nestor", TODAY))
    offer = monthly.membership.offer.name
    assert ISOLATES.sub("", str(refusal.message)) == (
        f"Already has monthly Azure credit ({offer}). "
        "Bulk credit can't be combined with other credit."
    )
    old = {"product": "Microsoft Azure (Azure monthly credit)", "offer": "Gold competency"}
    said = type(refusal).message_of(refusal.code, old)
    assert ISOLATES.sub("", str(said)).startswith(
        "Already has Microsoft Azure (Azure monthly credit) (Gold competency)."
    )
