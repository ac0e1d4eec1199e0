"""Mails leave by an outbox: no request waits for a mail server, and no mail is lost (rule R6)."""

import io
import os
import re
import subprocess
import sys
import time
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.core import mail as django_mail
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from benefits_portal import clock
from benefits_portal.tenants import outbox
from benefits_portal.tenants.console_mail import EmailBackend
from benefits_portal.tenants.models import Mail, User
from benefits_portal.tenants.models.mail import PAUSES
from benefits_portal.tenants.outbox import send_due
from tests.clients import SignIn
from tests.factories import MailFactory, PracticeWorldFactory, UserFactory
from tests.licensing.test_kill_drill import PROJECT, url_of_the_tests_own_database
from tests.mail_server import mail_server
from tests.simultaneous import at_once

pytestmark = pytest.mark.django_db
ASK = "/sign-in/reset/"
LINK = re.compile(r"http://testserver/sign-in/reset/[\w/-]+/")


def asked(user: User) -> Mail:
    Client().post(ASK, {"email": user.email})
    return Mail.objects.get()


def due_again() -> None:
    Mail.objects.waiting().update(next_try_at=clock.now())


def everything_kept() -> str:
    return str(list(Mail.objects.values()))


# Asking


def test_sixty_requests_at_once_are_one_mail_and_one_answer_sixty_times(settings: Settings) -> None:
    with mail_server() as server:
        settings.MAILERS = server.mailers
        user, browser = UserFactory.create(), Client()
        began = time.monotonic()
        answers = []
        for number in range(60):
            browser.defaults["REMOTE_ADDR"] = f"203.0.113.{number}"
            answers.append(browser.post(ASK, {"email": user.email}))
        assert {(answer.status_code, answer["Location"]) for answer in answers} == {
            (302, "/sign-in/reset/sent/")
        }
        assert server.conversations == 0, "no request talks to a mail server"
        assert send_due() == 1
        assert [message["To"] for message in server.mails] == [user.email]
    assert time.monotonic() - began < 60


def test_after_five_minutes_there_is_another_link() -> None:
    user = UserFactory.create()
    first = asked(user)
    Client().post(ASK, {"email": user.email.upper()})
    assert Mail.objects.get() == first
    with time_machine.travel(clock.now() + timedelta(minutes=5)):
        Client().post(ASK, {"email": user.email})
    assert Mail.objects.count() == 2


def test_nothing_that_is_kept_says_who_asked_or_holds_a_link() -> None:
    user = UserFactory.create(email="kim.unmistakable@example.com")
    asked(user)
    assert "unmistakable" not in everything_kept()
    send_due()
    [message] = django_mail.outbox
    link = LINK.search(str(message.body))
    assert link
    kept = everything_kept()
    token = link[0].split("/")[-2]
    assert [text for text in ("unmistakable", token, "testserver/") if text in kept] == []


def test_outside_a_demo_what_was_sent_is_gone(settings: Settings) -> None:
    settings.DEMO = False
    mail = asked(UserFactory.create())
    assert mail.sealed != ""
    send_due()
    mail.refresh_from_db()
    assert (mail.sealed, mail.params, mail.next_try_at) == ("", {}, None)
    assert mail.sent_at is not None


def test_one_for_nobody_is_sent_to_nobody_and_leaves_nothing() -> None:
    Client().post(ASK, {"email": "nobody@example.com"})
    assert Mail.objects.count() == 1
    assert (send_due(), Mail.objects.count(), django_mail.outbox) == (0, 0, [])


def test_who_left_meanwhile_gets_none() -> None:
    user = UserFactory.create()
    asked(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert (send_due(), django_mail.outbox) == (0, [])


def test_a_retired_secret_still_opens_what_waits(settings: Settings) -> None:
    mail = asked(UserFactory.create())
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert mail.params["origin"] == "http://testserver"
    assert send_due() == 1


# A mail server that fails


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "problem"),
    [
        ("unknown", "SMTPRecipientsRefused"),
        ("busy", "SMTPSenderRefused"),
        ("full", "SMTPDataError"),
        ("closes", "SMTPServerDisconnected"),
        ("trickles", "TooSlow"),
        ("hangs", "TooSlow"),
    ],
)
def test_a_mail_server_that_fails_gets_another_try_and_nobody_waits_for_it(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    way: str,
    problem: str,
) -> None:
    monkeypatch.setattr(outbox, "DEADLINE", 1.0)
    mail = asked(UserFactory.create())
    with mail_server(way) as server:
        settings.MAILERS = server.mailers
        began = time.monotonic()
        assert send_due() == 0
        assert time.monotonic() - began < 5
        mail.refresh_from_db()
        assert (mail.tries, mail.problem, mail.sent_at) == (1, problem, None)
        assert mail.next_try_at
        assert mail.next_try_at > clock.now() + timedelta(seconds=50)
        assert send_due() == 0, "not before its time"
        assert server.conversations == 1
        server.way = ""
        due_again()
        assert send_due() == 1
        assert [message["Message-ID"] for message in server.mails] == [mail.message_id]
    assert "A mail of kind tenants.password-link was not sent, try 1" in caplog.text


def test_no_mail_server_at_all_is_a_try_too(settings: Settings) -> None:
    with mail_server() as gone:
        settings.MAILERS = gone.mailers
    mail = asked(UserFactory.create())
    send_due()
    mail.refresh_from_db()
    assert (mail.tries, mail.problem) == (1, "ConnectionRefusedError")


def test_pauses_grow_and_end_visibly(settings: Settings, client: Client) -> None:
    settings.DEMO = False
    mail = asked(UserFactory.create())
    with mail_server("busy") as server:
        settings.MAILERS = server.mailers
        waits = []
        for _ in PAUSES:
            send_due()
            mail.refresh_from_db()
            assert mail.next_try_at
            waits.append(round((mail.next_try_at - clock.now()).total_seconds() / 60))
            due_again()
        send_due()
    mail.refresh_from_db()
    assert waits == [1, 5, 15, 60, 180, 360, 720]
    assert (mail.tries, mail.next_try_at, mail.sealed, mail.problem) == (
        8,
        None,
        "",
        "SMTPSenderRefused",
    )
    assert list(Mail.objects.given_up()) == [mail]
    assert client.get("/healthz/mail").content == b"mail was given up\n"


def test_one_mail_that_cannot_be_written_holds_up_no_other() -> None:
    MailFactory.create(kind="unheard of", next_try_at=clock.now() - timedelta(hours=1))
    asked_mail = UserFactory.create()
    Client().post(ASK, {"email": asked_mail.email})
    assert send_due() == 1
    assert [message.to for message in django_mail.outbox] == [[asked_mail.email]]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_after_the_server_has_it_the_same_mail_goes_again(settings: Settings) -> None:
    """Rather twice than never, and with one Message-ID, by which a mailbox drops the double."""
    user = UserFactory.create()
    mail = asked(user)
    with mail_server("silent once it has it") as server:
        environment = {
            **os.environ,
            "DATABASE_URL": url_of_the_tests_own_database(),
            "DEMO": "off",
            "DEBUG": "off",
        }
        environment |= {
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(server.port),
            "SECRET_KEY": settings.SECRET_KEY,
        }
        process = subprocess.Popen(
            [sys.executable, "manage.py", "send_mail"], cwd=PROJECT, env=environment
        )
        server.wait_for_a_mail()
        process.kill()
        process.wait()
        mail.refresh_from_db()
        assert (mail.tries, mail.sent_at) == (1, None)
        assert mail.next_try_at
        assert mail.next_try_at > clock.now()
        server.way, settings.MAILERS = "", server.mailers
        due_again()
        assert send_due() == 1
        assert [message["Message-ID"] for message in server.mails] == [mail.message_id] * 2


@pytest.mark.django_db(transaction=True)
def test_several_senders_at_once_send_each_mail_once() -> None:
    users = UserFactory.create_batch(12)
    for number, user in enumerate(users):
        Client(REMOTE_ADDR=f"203.0.113.{number}").post(ASK, {"email": user.email})
    assert sum(at_once([send_due] * 4)) == 12
    assert sorted(message.to[0] for message in django_mail.outbox) == sorted(
        user.email for user in users
    )


@pytest.mark.django_db(transaction=True)
def test_a_claimed_mail_is_nobody_else_s_until_its_next_try() -> None:
    asked(UserFactory.create())
    claims = at_once([partial(Mail.objects.claim, clock.now())] * 8)
    assert [claim for claim in claims if claim] == [Mail.objects.get()]


# What people see of it


def test_the_console_shows_a_link_that_can_be_copied_whole() -> None:
    stream = io.StringIO()
    link = "http://testserver" + reverse("tenants:password-set", args=["MQ", "c0ffee-" + "a" * 64])
    message = EmailMessage(
        "Kies een wachtwoord", f"Hallo Zoë,\n\n{link}\n\n", to=["kim@contoso.example"]
    )
    EmailBackend(stream=stream, alias="default").send_messages([message])
    assert link in stream.getvalue().splitlines()
    assert "Hallo Zoë," in stream.getvalue()


def test_the_command_says_how_many_it_sent(capsys: pytest.CaptureFixture[str]) -> None:
    asked(UserFactory.create())
    call_command("send_mail")
    assert capsys.readouterr().out.endswith("1 sent.\n")


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1", "0", "0.001", "3601"])
def test_the_command_waits_for_a_number_of_seconds_that_makes_sense(seconds: str) -> None:
    with pytest.raises(CommandError, match="write a whole number from 1 to 3600"):
        call_command("send_mail", f"--every={seconds}")


def test_the_demo_keeps_mails_on_a_page_and_their_links_work() -> None:
    PracticeWorldFactory.create()
    user, browser = UserFactory.create(), Client()
    sent = browser.post(ASK, {"email": user.email}, follow=True)
    page = browser.get(reverse("demo-mailbox"))
    assert f'href="{reverse("demo-mailbox")}"' in sent.text
    [link] = set(LINK.findall(page.text))
    assert f'href="{link}"' in page.text
    assert user.email in page.text
    assert f"For <bdi>{user.email}</bdi>." in browser.get(link, follow=True).text
    send_due()
    assert user.email in browser.get(reverse("demo-mailbox")).text, (
        "what was sent to the console stays on the page"
    )


def test_outside_a_demo_there_is_no_page_of_mails(
    settings: Settings, admin: User, sign_in: SignIn
) -> None:
    PracticeWorldFactory.create()
    asked(UserFactory.create())
    settings.DEMO = False
    assert [
        client.get(reverse("demo-mailbox")).status_code for client in (Client(), sign_in(admin))
    ] == [404, 404]


@pytest.mark.parametrize(
    ("minutes", "fields", "status"),
    [(14, {}, 200), (16, {}, 503), (16, {"next_try_at": None, "sent_at": clock.now()}, 200)],
    ids=["waits a little", "waits too long", "was sent"],
)
def test_a_monitor_is_told_that_mails_wait(
    settings: Settings, client: Client, minutes: int, fields: dict[str, Any], status: int
) -> None:
    settings.DEMO = False
    mail = MailFactory.create(**fields)
    Mail.objects.filter(pk=mail.pk).update(queued_at=clock.now() - timedelta(minutes=minutes))
    assert client.get("/healthz/mail").status_code == status
