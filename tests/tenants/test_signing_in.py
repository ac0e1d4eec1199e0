"""Signing in: the lock-out, where a request comes from, a new password by e-mail (rule K6)."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.messages.constants import INFO
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import CookieStorage
from django.core import mail
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from benefits_portal import clock
from benefits_portal.tenants.client_ip import client_ip
from benefits_portal.tenants.models import (
    Actor,
    Attempt,
    Mail,
    Partner,
    Record,
    Role,
    RoleAssignment,
    Tenant,
    User,
)
from benefits_portal.tenants.outbox import send_due
from tests.clients import ClientResponse
from tests.factories import (
    PASSWORD,
    DirectoryUserFactory,
    PartnerFactory,
    RoleAssignmentFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
SIGN_IN, ASK = "/sign-in/", "/sign-in/reset/"
NEW = "a staple that no horse ever saw"


def sign_in(user: User, password: str = PASSWORD, address: str = "203.0.113.7") -> ClientResponse:
    return Client(REMOTE_ADDR=address).post(SIGN_IN, {"username": user.email, "password": password})


def guess(user: User, times: int, **options: str) -> list[int]:
    return [sign_in(user, "wrong", **options).status_code for _ in range(times)]


@pytest.mark.rule("W1", "W2")
@pytest.mark.parametrize(
    "typed", ["", " ", "\u200b", "\u2066\u2069", "\ufeff\u00ad", "\u3164\u2800"], ids=ascii
)
def test_an_address_in_which_nothing_shows_was_not_entered(typed: str) -> None:
    answer = Client().post(SIGN_IN, {"username": typed, "password": PASSWORD})
    assert answer.status_code == 200
    assert "Enter your email address." in answer.text
    assert Attempt.objects.count() == 0


# The lock-out


@pytest.mark.rule("K6")
def test_ten_wrong_passwords_lock_an_account_from_there_until_the_cool_off() -> None:
    user = UserFactory.create()
    assert guess(user, 10) == [200] * 9 + [429]
    refused = sign_in(user)
    assert refused.status_code == 429
    assert "Too many wrong passwords" in refused.text
    assert "for 15 minutes." in refused.text
    assert refused.headers["Retry-After"] == "900"
    assert sign_in(user, address="203.0.113.8").status_code == 302
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        assert sign_in(user).status_code == 302


@pytest.mark.rule("K6")
def test_a_colleague_at_the_same_address_is_not_locked_out() -> None:
    user, colleague = UserFactory.create(), UserFactory.create()
    guess(user, 10)
    assert guess(colleague, 1) == [200]
    assert sign_in(colleague).status_code == 302


@pytest.mark.rule("K6")
def test_wrong_passwords_of_many_people_at_one_address_do_not_add_up() -> None:
    colleagues = UserFactory.create_batch(3)
    assert [guess(colleague, 5) for colleague in colleagues] == [[200] * 5] * 3
    assert sign_in(colleagues[0]).status_code == 302


@pytest.mark.rule("K6")
def test_behind_a_proxy_nobody_locks_out_somebody_elsewhere(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    user = UserFactory.create()
    form = {"username": user.email, "password": "wrong"}
    for number in range(10):  # what a client makes up further left does not make it another client
        Client(REMOTE_ADDR="10.0.0.1").post(
            SIGN_IN, form, headers={"x-forwarded-for": f"192.0.2.{number}, 203.0.113.7"}
        )
    right = form | {"password": PASSWORD}
    answers = [
        Client(REMOTE_ADDR="10.0.0.1")
        .post(SIGN_IN, right, headers={"x-forwarded-for": address})
        .status_code
        for address in ("203.0.113.7", "203.0.113.8")
    ]
    assert answers == [429, 302]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "found"),
    [
        (0, "203.0.113.7", "10.0.0.1"),
        (0, "", "10.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "192.0.2.1, 203.0.113.7", "203.0.113.7"),
        (2, "192.0.2.1, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "203.0.113.7", "10.0.0.1"),
        (1, "2001:DB8::1", "2001:db8::1"),
        (1, "fe80::1%eth0", "fe80::1"),
        (1, "", "10.0.0.1"),
        (1, "unknown", "10.0.0.1"),
        (1, "203.0.113.7:443", "10.0.0.1"),
        (1, "\x00", "10.0.0.1"),
        (-1, "192.0.2.1, 203.0.113.7", "10.0.0.1"),
    ],
)
def test_the_client_is_who_the_outermost_trusted_proxy_saw(
    settings: Settings, proxies: int, forwarded: str, found: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get(
        "/", REMOTE_ADDR="10.0.0.1", headers={"x-forwarded-for": forwarded} if forwarded else {}
    )
    assert client_ip(request) == found


def test_without_any_address_there_is_none(settings: Settings) -> None:
    assert client_ip(RequestFactory().get("/", REMOTE_ADDR="")) is None


# Setting a password


def link_sent_to(user: User) -> str:
    Client().post(ASK, {"email": user.email})
    send_due()
    (message,) = mail.outbox
    assert message.to == [user.email]
    return link_in(message)


def link_in(message: mail.EmailMessage) -> str:
    """Where the mail's link leads, without the host."""
    link = re.search(r"http://testserver(/sign-in/reset/\S+)", str(message.body))
    assert link
    return link[1]


def set_password(link: str, password: str = NEW) -> ClientResponse:
    client = Client()
    form = client.get(link, follow=True)
    return client.post(
        form.wsgi_request.path, {"new_password1": password, "new_password2": password}
    )


def test_the_sign_in_page_and_the_lock_out_lead_to_setting_a_password() -> None:
    user = UserFactory.create()
    pages = [Client().get(SIGN_IN), [sign_in(user, "wrong") for _ in range(10)][-1]]
    assert [f'href="{ASK}"' in page.text for page in pages] == [True, True]


def test_a_link_sets_a_password_once_ends_sessions_and_is_on_record() -> None:
    user = UserFactory.create()
    elsewhere = Client()
    elsewhere.force_login(user)
    link = link_sent_to(user)
    assert elsewhere.get("/").status_code == 200
    assert set_password(link)["Location"] == reverse("tenants:password-done")
    assert elsewhere.get("/").status_code == 302
    assert [sign_in(user).status_code, sign_in(user, NEW).status_code] == [200, 302]
    assert Record.objects.filter(action="tenants.password-set").about(user).get().actor == user
    again = Client().get(link)
    assert again.status_code == 200
    assert "was already used" in again.text


def test_a_new_password_from_the_back_office_ends_sessions_too() -> None:
    user, officer = UserFactory.create(), UserFactory.create(staff=True, is_superuser=True)
    theirs, office = Client(), Client()
    theirs.force_login(user)
    office.force_login(officer)
    sent = {"password1": NEW, "password2": NEW, "usable_password": "true", "reason": "Lost it"}
    office.post(reverse("admin:auth_user_password_change", args=[user.pk]), sent)
    assert (theirs.get("/").status_code, office.get("/back-office/").status_code) == (302, 200)


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("get", "You were signed out: your session ended, your password was changed, or your role"),
        ("post", "You were signed out, so what you sent was not carried out. Nothing was changed."),
    ],
)
def test_whoever_was_signed_out_meanwhile_is_told_at_the_next_request(
    method: str, told: str
) -> None:
    held = RoleAssignmentFactory.create()
    session = Client()
    session.force_login(held.user)
    held.take(by=Actor())
    answer = getattr(session, method)(reverse("tenants:roles"))
    assert told in session.get(answer["Location"]).text


def test_whoever_sent_a_form_meanwhile_comes_back_to_its_page() -> None:
    """Where it was sent may be no page, and what is of another site is not believed."""
    button, page = reverse("reminders:send-today"), f"{reverse('reminders:reminders')}?sent=all"
    came_from = [f"http://testserver{page}", f"https://evil.example{page}", "//evil.example", ""]
    answers = [Client().post(button, headers={"Referer": url}) for url in came_from]
    wanted = [parse_qs(urlsplit(answer["Location"]).query)["next"] for answer in answers]
    assert wanted == [[page], [button], [button], [button]]


def test_whoever_signs_out_once_more_reads_of_no_form() -> None:
    answer = Client().post(reverse("tenants:sign-out"))
    assert answer["Location"] == reverse("tenants:sign-in")


def test_whoever_opens_a_page_without_ever_signing_in_is_told_nothing() -> None:
    assert "You were signed out" not in Client().get("/", follow=True).text


@pytest.mark.rule("P1")
def test_sessions_end_with_the_last_role_and_not_with_one_of_two(settings: Settings) -> None:
    user = UserFactory.create()
    partners = [PartnerFactory.create(), user.home_partner]
    held = [
        RoleAssignmentFactory.create(user=user, partner=partner, role=Role.MEMBER)
        for partner in partners
    ]
    session = Client()
    session.force_login(user)
    held[0].take(by=Actor())
    assert session.get("/").status_code == 200
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert session.get("/").status_code == 200
    held[1].take(by=Actor())
    assert session.get("/")["Location"] == "/sign-in/?next=/&ended=shown"
    RoleAssignmentFactory.create(user=user, partner=held[0].partner)
    assert session.get("/")["Location"] == "/sign-in/?next=/", (
        "a role given later brings no old session back"
    )
    assert sign_in(user).status_code == 302


def test_a_link_works_for_a_day() -> None:
    link = link_sent_to(UserFactory.create())
    with time_machine.travel(clock.now() + timedelta(hours=24, minutes=1)):
        assert "was already used or is older" in Client().get(link).text


def test_the_answer_tells_nobody_who_has_an_account() -> None:
    known, closed = UserFactory.create(), UserFactory.create(is_active=False)
    answers = [
        Client().post(ASK, {"email": email}, follow=True)
        for email in (known.email, closed.email, "nobody@example.com")
    ]
    send_due()
    assert [answer.redirect_chain for answer in answers] == [
        [(reverse("tenants:password-sent"), 302)]
    ] * 3
    assert len({re.sub(r"[A-Za-z0-9]{64}", "", answer.text) for answer in answers}) == 1
    assert [message.to for message in mail.outbox] == [[known.email]]


def shapes(queries: CaptureQueriesContext) -> list[str]:
    """What was asked of the database, without values."""
    return [re.sub(r"'[^']*'|\d+|\(.*\)", "", query["sql"]) for query in queries]


def test_the_answer_is_as_fast_with_an_account_as_without() -> None:
    """The same statements: whose address it is is looked up when the mail is sent."""
    asked = []
    for email in (
        "nobody@example.com",
        UserFactory.create().email,
        UserFactory.create(is_active=False).email,
    ):
        with CaptureQueriesContext(connection) as queries:
            answer = Client().post(ASK, {"email": email})
        assert (answer.status_code, answer["Location"], mail.outbox) == (
            302,
            reverse("tenants:password-sent"),
            [],
        )
        asked.append(shapes(queries))
    assert asked[0] == asked[1] == asked[2]
    assert "tenants_mail" in str(asked)
    assert "tenants_user" not in str(asked)


def test_a_wrong_password_costs_the_same_with_an_account_as_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hashed, asked = [], []
    unknown, known, closed = (
        "nobody@example.com",
        UserFactory.create().email,
        UserFactory.create(is_active=False).email,
    )

    def encode(*_arguments: object) -> str:
        hashed.append(1)
        return "md5$a$b"

    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    for email in (unknown, known, closed):
        with CaptureQueriesContext(connection) as queries:
            answer = Client().post(SIGN_IN, {"username": email, "password": "wrong"})
        assert answer.status_code == 200
        asked.append(shapes(queries))
    assert asked[0] == asked[1] == asked[2]
    assert len(hashed) == 3


def test_an_account_opened_by_giving_a_role_sets_its_first_password(
    partner: Partner, tenant: Tenant
) -> None:
    person = DirectoryUserFactory.create(tenant=tenant, user_principal_name="Kim@Contoso.example")
    user = User.objects.account_of(person, by=Actor())
    RoleAssignment.objects.create(user=user, partner=partner, role=Role.MEMBER)
    assert not user.has_usable_password()
    Client().post(ASK, {"email": "KIM@contoso.example"})
    send_due()
    set_password(link_in(mail.outbox[0]))
    assert sign_in(user, NEW).status_code == 302


@pytest.mark.parametrize("weak", ["elevenchars", "password1234"])
def test_a_new_password_is_a_good_one(weak: str) -> None:
    user = UserFactory.create()
    answer = set_password(link_sent_to(user), weak)
    assert answer.status_code == 200
    assert answer.context["form"].errors
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_the_mail_is_in_the_language_of_the_account() -> None:
    link_sent_to(UserFactory.create(language="nl", name="Ben O'Neil"))
    assert mail.outbox[0].subject == "Benefits Portal: stel uw wachtwoord in"
    assert mail.outbox[0].body.startswith("Hallo,\n")


@pytest.mark.parametrize("value", ["", " ", "\x00", "A" * 300, "nobody", "a@b\r\nBcc: c@d.example"])
def test_no_address_breaks_it(value: str) -> None:
    assert Client().post(ASK, {"email": value}).status_code == 200
    assert Mail.objects.count() == 0


@pytest.mark.parametrize("link", ["MQ/x/", "%00/x/", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ/x-y/"])
def test_a_made_up_link_says_that_it_does_not_work(link: str) -> None:
    answer = Client().get(ASK + link)
    assert (answer.status_code, answer.templates[0].name) == (200, "tenants/password_set.html")


def test_no_cookie_is_sent_without_its_flags_not_even_to_delete_it(settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    browser = Client()
    browser.cookies["messages"] = CookieStorage(RequestFactory().get("/"))._encode(  # type: ignore[attr-defined]
        [Message(INFO, "Told")]
    )
    answer = browser.get(SIGN_IN)
    assert {
        name: (bool(cookie["secure"]), bool(cookie["httponly"]))
        for name, cookie in answer.cookies.items()
    } == {
        "csrftoken": (True, True),
        "messages": (True, True),
    }
