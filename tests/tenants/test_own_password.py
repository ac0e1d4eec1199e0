"""A new password of one's own: asks the old one, is on record, ends other sessions (rule K6).

Asking the old one is limited.
"""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from benefits_portal import clock
from benefits_portal.tenants.models import How, Record, User
from tests.clients import ClientResponse
from tests.factories import PASSWORD, PartnerFactory, RoleAssignmentFactory, UserFactory

pytestmark = pytest.mark.django_db
NEW = "a staple that no horse ever saw"
PAGE, OFFICE = "tenants:password-change", "admin:password_change"
DOORS = pytest.mark.parametrize("door", [PAGE, OFFICE])


@pytest.fixture
def user() -> User:
    return UserFactory.create(staff=True, is_superuser=True)


@pytest.fixture
def client(user: User) -> Client:
    signed_in = Client()
    signed_in.force_login(user)
    return signed_in


def change(client: Client, door: str, old: str = PASSWORD, new: str = NEW) -> ClientResponse:
    return client.post(
        reverse(door), {"old_password": old, "new_password1": new, "new_password2": new}
    )


def has(user: User, password: str) -> bool:
    return User.objects.get(pk=user.pk).check_password(password)


@DOORS
def test_it_is_changed_on_record_and_every_other_session_ends(
    client: Client, user: User, door: str
) -> None:
    elsewhere = Client()
    elsewhere.force_login(user)
    assert change(client, door).status_code == 302
    assert has(user, NEW)
    record = Record.objects.get(action="tenants.password-set")
    assert (record.actor, record.how, record.subject) == (
        user,
        How.PORTAL if door == PAGE else How.BACK_OFFICE,
        user,
    )
    assert (record.before, record.after) == ({}, {}), "nothing of either password"
    assert [each.get(reverse("admin:index")).status_code for each in (client, elsewhere)] == [
        200,
        302,
    ]


@pytest.mark.rule("P1")
def test_it_is_on_record_at_each_partner_with_a_role(client: Client, user: User) -> None:
    partners = PartnerFactory.create_batch(2)
    for partner in partners:
        RoleAssignmentFactory.create(user=user, partner=partner)
    change(client, PAGE)
    assert {
        record.partner for record in Record.objects.filter(action="tenants.password-set")
    } == set(partners)


@DOORS
def test_a_wrong_old_password_changes_nothing(client: Client, user: User, door: str) -> None:
    answer = change(client, door, old="wrong")
    assert (answer.status_code, list(answer.context["form"].errors)) == (200, ["old_password"])
    assert has(user, PASSWORD)
    assert not Record.objects.filter(action="tenants.password-set").exists()


@DOORS
def test_a_weak_new_password_is_told_at_its_own_field(
    client: Client, user: User, door: str
) -> None:
    answer = change(client, door, new="password1234")
    assert (answer.status_code, list(answer.context["form"].errors)) == (200, ["new_password1"])
    assert has(user, PASSWORD)


@DOORS
def test_the_old_password_is_guessed_ten_times_through_both_doors(
    client: Client, user: User, door: str
) -> None:
    other = OFFICE if door == PAGE else PAGE
    assert [change(client, door, old=f"wrong {number}").status_code for number in range(10)] == [
        200
    ] * 9 + [429]
    refused = [change(client, each) for each in (door, other)]
    assert [answer.status_code for answer in refused] == [429, 429], "the right one is refused too"
    assert refused[0].headers["Retry-After"].isdecimal()
    assert has(user, PASSWORD)
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        client.force_login(user)
        assert change(client, other).status_code == 302


def test_somebody_elses_guesses_refuse_nobody(client: Client, user: User) -> None:
    other = Client()
    other.force_login(UserFactory.create())
    for number in range(10):
        change(other, PAGE, old=f"wrong {number}")
    assert change(client, PAGE).status_code == 302


def test_an_account_without_a_password_changes_none(client: Client, user: User) -> None:
    user.set_unusable_password()
    user.save()
    client.force_login(user)
    assert change(client, PAGE, old="").status_code == 200
    assert change(client, PAGE, old="!").status_code == 200
    assert not User.objects.get(pk=user.pk).has_usable_password()


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Change your password"), ("nl", "Uw wachtwoord wijzigen")]
)
def test_the_account_flyout_leads_there_in_the_readers_language(
    client: Client, language: str, words: str
) -> None:
    page = client.get("/help/", headers={"accept-language": language}).text
    assert f'<a href="{reverse(PAGE)}">{words}</a>' in page
    assert (
        f'<h1 class="page-title">{words}</h1>'
        in client.get(reverse(PAGE), headers={"accept-language": language}).text
    )


def test_whoever_is_not_signed_in_signs_in_first() -> None:
    assert (
        Client().get(reverse(PAGE)).headers["Location"]
        == f"{reverse('tenants:sign-in')}?next={reverse(PAGE)}"
    )
