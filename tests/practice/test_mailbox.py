"""In a practice world mails go to its mailbox, and never out."""

from datetime import date

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from benefits_portal.practice.mailbox import EmailBackend
from benefits_portal.reminders.digest_mail import DigestContents, compose
from benefits_portal.reminders.due_item import DueItem
from benefits_portal.reminders.topics import Due, Occasion
from benefits_portal.tenants.models import Mail, User
from tests.factories import MailFactory, PracticeWorldFactory

pytestmark = pytest.mark.django_db
ITEM = DueItem(
    Due(Occasion.KEY_EXPIRES, 7, date(2027, 1, 31)),
    "Visio, 5 licenses",
    "/mpn/benefits/azure-cloud/7/",
)


@pytest.fixture(autouse=True)
def practice_world(settings: Settings) -> None:
    settings.DEMO, settings.ALLOWED_HOSTS = True, ["localhost"]
    PracticeWorldFactory.create()


@pytest.fixture
def client() -> Client:
    """At the one host that a demo has, which no mail names."""
    return Client(SERVER_NAME="localhost")


def reminder(admin: User, message_id: str = "<1@x>") -> EmailMultiAlternatives:
    contents = DigestContents(admin, None, date(2026, 12, 1), [ITEM], "/unsubscribe/token/")
    return compose(contents, message_id=message_id)


def send(*messages: EmailMessage) -> None:
    EmailBackend(alias="default").send_messages(list(messages))


def test_what_is_sent_is_kept_with_links_that_work(admin: User, client: Client) -> None:
    send(reminder(admin))
    page = client.get(reverse("demo-mailbox")).text
    assert f"To {admin.email}" in page
    assert f'href="http://localhost{ITEM.path}"' in page
    assert f'href="{reverse("demo-mail", args=[Mail.objects.get().pk])}"' in page


def test_a_domain_is_a_name_and_no_link_out_of_the_portal(admin: User, client: Client) -> None:
    send(EmailMessage("Hello", "Tenant: contoso.com <b>", to=[admin.email]))
    page = client.get(reverse("demo-mailbox")).text
    assert "Tenant: contoso.com &lt;b&gt;" in page
    assert "//contoso.com" not in page


def test_its_html_part_is_a_page(admin: User, client: Client) -> None:
    send(reminder(admin))
    answer = client.get(reverse("demo-mail", args=[Mail.objects.get().pk]))
    assert answer.status_code == 200
    assert f'<a href="{ITEM.path}">{ITEM.title}</a>' in answer.text


@pytest.mark.rule("R6")
def test_a_double_with_the_same_message_id_is_kept_once(admin: User) -> None:
    send(reminder(admin), reminder(admin))
    send(reminder(admin), reminder(admin, "<2@x>"))
    assert list(Mail.objects.order_by("pk").values_list("message_id", flat=True)) == [
        "<1@x>",
        "<2@x>",
    ]


def test_what_the_outbox_sent_is_there_already(admin: User) -> None:
    waiting = MailFactory.create()
    send(EmailMessage("Hello", "", to=[admin.email], headers={"Message-ID": waiting.message_id}))
    assert Mail.objects.get() == waiting


def test_a_mail_to_nobody_here_is_kept_nowhere(admin: User) -> None:
    send(EmailMessage("Hello", "", to=["nobody@example.com"]))
    assert not Mail.objects.exists()


def test_a_mail_without_html_has_no_such_page(admin: User, client: Client) -> None:
    send(EmailMessage("Hello", "Text", to=[admin.email]))
    assert client.get(reverse("demo-mail", args=[Mail.objects.get().pk])).status_code == 404


def test_outside_a_demo_there_is_neither(admin: User, client: Client, settings: Settings) -> None:
    send(reminder(admin))
    settings.DEMO = False
    urls = [reverse("demo-mailbox"), reverse("demo-mail", args=[Mail.objects.get().pk])]
    assert [client.get(url).status_code for url in urls] == [404, 404]
