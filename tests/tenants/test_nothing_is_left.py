"""After signing out nothing is left, whatever ends the session (W9).

No answer to somebody signed in is kept by the browser.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from benefits_portal import clock
from benefits_portal.tenants.models import Actor, User
from tests.clients import ClientResponse, SignIn
from tests.factories import UserFactory
from tests.world import RequestAs, World

pytestmark = [pytest.mark.django_db, pytest.mark.rule("W9")]
HOME, SIGN_OUT = reverse("home"), reverse("tenants:sign-out")
HTMX = {"HX-Request": "true"}
CLEARED = {"Clear-Site-Data": '"cache"', "session": ""}

ANSWERS = {
    "a page": ("global", "licensing:products", {}),
    "a part of one": ("global", "licensing:benefit-detail", HTMX),
    "a download": ("global", "tenants:activity-csv", {}),
    "a redirect": ("global", "licensing:key", {}),
    "a refusal": ("member", "tenants:give-role", {}),
    "open to all": ("global", "help", {}),
    "seconds left": ("global", "tenants:session", {"Accept": "application/json"}),
    "the back office": ("programme", "admin:tenants_record_changelist", {}),
    "its download": ("programme", "admin:tenants_partner_changelist", {}),
}


def no_store(answer: ClientResponse) -> bool:
    return "no-store" in answer.headers.get("Cache-Control", "")


def test_no_kind_of_answer_to_somebody_signed_in_is_kept(
    world: World, request_as: RequestAs
) -> None:
    kept = {
        kind: no_store(request_as(person, "get", world.sample.url(page), {}, headers=headers))
        for kind, (person, page, headers) in ANSWERS.items()
    }
    query = "?app_label=tenants&model_name=roleassignment&field_name=user&term=Kim"
    kept["people to choose from"] = no_store(
        request_as("programme", "get", reverse("admin:autocomplete") + query, {})
    )
    kept["not found"] = no_store(request_as("global", "get", "/nowhere/", {}))
    assert kept == dict.fromkeys(kept, True)


def test_a_page_that_is_open_to_all_may_be_kept_by_somebody_signed_out(
    world: World, request_as: RequestAs
) -> None:
    assert no_store(request_as("anonymous", "get", reverse("help"), {})) is False


@pytest.mark.slow
def test_no_url_answers_somebody_signed_in_with_what_is_kept(
    world: World, rows: dict[str, list[str]], request_as: RequestAs
) -> None:
    kept = []
    for row, (address, *_alike) in rows.items():
        person = "programme" if row.startswith(("office:", "admin:")) else "global"
        if row not in {"tenants:sign-out", "admin:logout"} and not no_store(
            request_as(person, "get", address, {})
        ):
            kept.append(row)
    assert kept == []


def cleared(answer: ClientResponse) -> dict[str, str | None]:
    cookie = answer.cookies.get(settings.SESSION_COOKIE_NAME)
    return {
        "Clear-Site-Data": answer.headers.get("Clear-Site-Data"),
        "session": cookie.value if cookie else None,
    }


@pytest.fixture
def signed_in(admin: User) -> Client:
    admin.set_password("a long enough one")
    admin.save()
    client = Client()
    client.post(
        reverse("tenants:sign-in"), {"username": admin.email, "password": "a long enough one"}
    )
    client.get(HOME)  # which remembers where one acts
    assert cleared(client.get(HOME)) == {"Clear-Site-Data": None, "session": None}
    return client


@pytest.mark.parametrize("door", [SIGN_OUT, reverse("admin:logout")])
def test_signing_out_clears_what_was_kept(sign_in: SignIn, door: str) -> None:
    staff = sign_in(UserFactory.create(is_staff=True, is_superuser=True))
    assert cleared(staff.post(door)) == CLEARED


def by_time(signed_in: Client, admin: User) -> None:
    session = signed_in.session
    session.set_expiry(clock.now() - timedelta(seconds=1))
    session.save()


def by_a_cookie_that_expired(signed_in: Client, admin: User) -> None:
    del signed_in.cookies[settings.SESSION_COOKIE_NAME]


def by_a_new_password(signed_in: Client, admin: User) -> None:
    admin.set_password("another long one")
    admin.save()


def by_the_last_role_taken(signed_in: Client, admin: User) -> None:
    held = admin.role_assignments.get()
    admin.role_assignments.all().delete()
    admin.sign_out_without_role(held.partner)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
@pytest.mark.parametrize(
    "end", [by_time, by_a_cookie_that_expired, by_a_new_password, by_the_last_role_taken]
)
def test_a_session_that_the_server_ends_clears_it_with_the_next_answer(
    signed_in: Client, admin: User, end: Callable[[Client, User], None], headers: dict[str, str]
) -> None:
    end(signed_in, admin)
    answer = signed_in.get(HOME, headers=headers)
    expected = CLEARED | ({"session": None} if end is by_a_cookie_that_expired else {})
    assert cleared(answer) == expected


def test_a_message_that_was_not_read_is_not_shown_to_who_comes_next(
    signed_in: Client, by: Actor
) -> None:
    tenant = by.user.directory_user.tenant
    answer = signed_in.post(
        reverse("tenants:switch"),
        {"place": tenant.pk, "acting_in": f"{tenant.partner_id}-{tenant.pk}"},
    )
    assert answer.cookies["messages"].value, "there is something to leak"
    signed_in.post(SIGN_OUT)
    assert "now working in" not in signed_in.get(reverse("tenants:sign-in")).text
