"""Who gets what: every URL of the project × every kind of person × GET and POST, in one table
(rules P1 to P3).

A URL, a person or a method that is missing from the table fails. POSTs carry what somebody who may
would send, so whoever is refused is refused something that would have worked. One world is made
once; each request is rolled back.
"""

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseForbidden
from django.shortcuts import redirect
from django.test import Client, RequestFactory
from django.urls import resolve, reverse

from benefits_portal.tenants.models import Record, User
from tests.place import COMMON, Place
from tests.world import NOT_OF_THE_PORTAL, Ask, World, every_page, undone

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
rule = pytest.mark.rule

# see   the page            does  it was done, and is on record      go    elsewhere, and nothing
# changed
# in    sign in first       role  the page for whoever has no role   why   not for this role: who
# may, and how to get there
# none  does not exist      no    not for this person                -     no such method
TABLE = """
                                    anonymous   no role     member      admin       global      other       support     programme

demo-clock                          none  none  none  none  none  none  none  none  none  none  none  none  none  none  none  none
demo-reset                          none  none  none  none  none  none  none  none  none  none  none  none  none  none  none  none
demo-sign-in                        none  none  none  none  none  none  none  none  none  none  none  none  none  none  none  none
gallery                             none  none  none  none  none  none  none  none  none  none  none  none  none  none  none  none
healthz                             see   -     see   -     see   -     see   -     see   -     see   -     see   -     see   -
demo-mailbox                        none  none  none  none  none  none  none  none  none  none  none  none  none  none  none  none
help                                see   -     see   -     see   -     see   -     see   -     see   -     see   -     see   -
licensing:calculator                see   -     see   -     see   -     see   -     see   -     see   -     see   -     see   -
readyz                              see   -     see   -     see   -     see   -     see   -     see   -     see   -     see   -
set_language                        -     go    -     does  -     does  -     does  -     does  -     does  -     does  -     does
tenants:mail-health                 see   -     see   -     see   -     see   -     see   -     see   -     see   -     see   -
tenants:password-ask                see   does  see   does  see   does  see   does  see   does  see   does  see   does  see   does
tenants:password-done               see   -     see   -     see   -     see   -     see   -     see   -     see   -     see   -
tenants:password-sent               see   -     see   -     see   -     see   -     see   -     see   -     see   -     see   -
tenants:password-set                go    go    go    go    go    go    go    go    go    go    go    go    go    go    go    go
tenants:sign-in                     see   does  go    go    go    go    go    go    go    go    go    go    go    go    go    go
tenants:sign-out                    in    in    -     go    -     go    -     go    -     go    -     go    -     go    -     go
theme                               -     go    -     go    -     go    -     go    -     go    -     go    -     go    -     go

home                                in    in    role  -     see   -     see   -     see   -     see   -     role  -     role  -
search                              in    in    role  role  see   go    see   go    see   go    see   go    role  role  role  role
tenants:switch                      in    in    role  role  see   go    see   go    see   go    see   see   role  role  role  role
benefits:assign                     in    in    role  role  why   why   see   does  see   does  none  none  role  role  role  role
benefits:assign-list                in    in    role  role  why   why   see   see   see   see   none  none  role  role  role  role
benefits:azure-cloud                in    in    role  role  see   -     see   -     see   -     see   -     role  role  role  role
benefits:azure-cloud-csv            in    in    role  role  does  -     does  -     does  -     does  -     role  role  role  role
benefits:holders                    in    in    role  role  see   -     see   -     see   -     none  -     role  role  role  role
benefits:holders-csv                in    in    role  role  does  -     does  -     does  -     none  -     role  role  role  role
benefits:remove                     in    in    role  role  why   why   see   does  see   does  none  none  role  role  role  role
benefits:transfer                   in    in    role  role  why   why   see   does  see   does  none  none  role  role  role  role
licensing:add-licenses              in    in    role  role  why   why   see   go    see   go    none  none  role  role  role  role
licensing:add-licenses?key          in    in    role  role  why   why   see   does  see   does  none  none  role  role  role  role
licensing:benefit-detail            in    in    role  role  see   -     see   -     see   -     none  -     role  role  role  role
licensing:benefit-history           in    in    role  role  see   -     see   -     see   -     none  -     role  role  role  role
licensing:extend                    in    in    role  role  why   why   see   go    see   go    none  none  role  role  role  role
licensing:extend?key                in    in    role  role  why   why   see   does  see   does  none  none  role  role  role  role
licensing:key                       in    in    role  role  why   why   go    does  go    does  none  none  role  role  role  role
licensing:product-key-start         in    in    role  role  why   why   see   go    see   go    see   see   role  role  role  role
licensing:product-key-start?key     in    in    role  role  why   why   see   go    see   go    see   see   role  role  role  role
licensing:products                  in    in    role  role  see   -     see   -     see   -     see   -     role  role  role  role
licensing:products-csv              in    in    role  role  does  -     does  -     does  -     does  -     role  role  role  role
licensing:receipt                   in    in    role  role  see   -     see   -     see   -     none  -     role  role  role  role
licensing:replacement               in    in    role  role  why   why   see   does  see   does  none  none  role  role  role  role
licensing:subscription              in    in    role  role  see   -     see   -     see   -     none  -     role  role  role  role
licensing:walkthrough               in    in    role  role  why   why   see   -     see   -     none  -     role  role  role  role

tenants:activity                    in    in    role  role  why   why   see   -     see   -     see   -     role  role  role  role
tenants:activity-csv                in    in    role  role  why   why   does  -     does  -     does  -     role  role  role  role
tenants:add-user                    in    in    role  role  why   why   why   why   see   does  see   see   role  role  role  role
tenants:add-user?guest              in    in    role  role  why   why   why   why   see   does  see   see   role  role  role  role
tenants:ask-for-tenant              in    in    role  role  why   why   why   why   see   does  see   does  role  role  role  role
tenants:change-role                 in    in    role  role  why   why   why   why   see   does  none  none  role  role  role  role
tenants:disable-user                in    in    role  role  why   why   why   why   see   does  none  none  role  role  role  role
tenants:enable-user                 in    in    role  role  why   why   why   why   see   does  none  none  role  role  role  role
tenants:give-role                   in    in    role  role  why   why   why   why   see   does  see   see   role  role  role  role
tenants:make-primary                in    in    role  role  why   why   why   why   see   does  none  none  role  role  role  role
tenants:roles                       in    in    role  role  see   -     see   -     see   -     see   -     role  role  role  role
tenants:roles-csv                   in    in    role  role  does  -     does  -     does  -     does  -     role  role  role  role
tenants:session                     go    go    see   see   see   see   see   see   see   see   see   see   see   see   see   see
tenants:take-role                   in    in    role  role  why   why   why   why   see   does  none  none  role  role  role  role
tenants:tenants                     in    in    role  role  see   -     see   -     see   -     see   -     role  role  role  role
tenants:user                        in    in    role  role  see   -     see   -     see   -     none  -     role  role  role  role
tenants:users-csv                   in    in    role  role  does  -     does  -     does  -     does  -     role  role  role  role
tenants:users                       in    in    role  role  see   -     see   -     see   -     see   -     role  role  role  role
tenants:password-change             in    in    see   does  see   does  see   does  see   does  see   does  see   does  see   does
tenants:end-viewing                 in    in    -     go    -     go    -     go    -     go    -     go    -     go    -     go

admin:index                         in    in    in    in    in    in    in    in    in    in    in    in    see   see   see   see
admin:login                         in    in    no    no    no    no    no    no    no    no    no    no    go    go    go    go
admin:logout                        in    in    go    go    go    go    go    go    go    go    go    go    -     go    -     go
admin:password_change               in    in    in    in    in    in    in    in    in    in    in    in    see   see   see   see
admin:password_change_done          in    in    in    in    in    in    in    in    in    in    in    in    see   -     see   -
admin:autocomplete                  in    in    in    in    in    in    in    in    in    in    in    in    no    -     no    -
admin:jsi18n                        in    in    in    in    in    in    in    in    in    in    in    in    see   -     see   -
admin:view_on_site                  in    in    in    in    in    in    in    in    in    in    in    in    none  none  none  none
admin:app_list                      in    in    in    in    in    in    in    in    in    in    in    in    see   see   see   see
office: edited/                     in    in    in    in    in    in    in    in    in    in    in    in    see   see   see   see
office: edited/1/                   in    in    in    in    in    in    in    in    in    in    in    in    go    go    go    go
office: edited/1/change/            in    in    in    in    in    in    in    in    in    in    in    in    see   no    see   see
office: edited/1/delete/            in    in    in    in    in    in    in    in    in    in    in    in    no    no    no    no
office: edited/1/history/           in    in    in    in    in    in    in    in    in    in    in    in    go    go    go    go
office: edited/1/password/          in    in    in    in    in    in    in    in    in    in    in    in    no    no    see   see
office: edited/add/                 in    in    in    in    in    in    in    in    in    in    in    in    no    no    see   see
office: edited/export/              in    in    in    in    in    in    in    in    in    in    in    in    does  -     does  -
office: edited/import/              in    in    in    in    in    in    in    in    in    in    in    in    no    no    see   see
office: edited/1/view-as/           in    in    in    in    in    in    in    in    in    in    in    in    see   see   see   see
office: enrollments/                 in    in    in    in    in    in    in    in    in    in    in    in    see   see   see   see
office: enrollments/1/               in    in    in    in    in    in    in    in    in    in    in    in    go    go    go    go
office: enrollments/1/change/        in    in    in    in    in    in    in    in    in    in    in    in    see   no    see   no
office: enrollments/1/delete/        in    in    in    in    in    in    in    in    in    in    in    in    no    no    no    no
office: enrollments/1/end/           in    in    in    in    in    in    in    in    in    in    in    in    no    no    see   see
office: enrollments/1/history/       in    in    in    in    in    in    in    in    in    in    in    in    go    go    go    go
office: enrollments/1/renew/         in    in    in    in    in    in    in    in    in    in    in    in    no    no    see   see
office: enrollments/add/             in    in    in    in    in    in    in    in    in    in    in    in    no    no    see   see
office: enrollments/export/          in    in    in    in    in    in    in    in    in    in    in    in    does  -     does  -
office: enrollments/import/          in    in    in    in    in    in    in    in    in    in    in    in    no    no    see   see
office: given/                      in    in    in    in    in    in    in    in    in    in    in    in    see   see   see   see
office: given/1/                    in    in    in    in    in    in    in    in    in    in    in    in    go    go    go    go
office: given/1/change/             in    in    in    in    in    in    in    in    in    in    in    in    see   no    see   see
office: given/1/delete/             in    in    in    in    in    in    in    in    in    in    in    in    no    no    see   does
office: given/1/history/            in    in    in    in    in    in    in    in    in    in    in    in    go    go    go    go
office: given/add/                  in    in    in    in    in    in    in    in    in    in    in    in    no    no    see   see
office: given/export/               in    in    in    in    in    in    in    in    in    in    in    in    does  -     does  -
office: groups/                     in    in    in    in    in    in    in    in    in    in    in    in    no    no    no    no
office: groups/1/                   in    in    in    in    in    in    in    in    in    in    in    in    go    go    go    go
office: groups/1/change/            in    in    in    in    in    in    in    in    in    in    in    in    no    no    no    no
office: groups/1/delete/            in    in    in    in    in    in    in    in    in    in    in    in    no    no    no    no
office: groups/1/history/           in    in    in    in    in    in    in    in    in    in    in    in    go    go    go    go
office: groups/add/                 in    in    in    in    in    in    in    in    in    in    in    in    no    no    no    no
office: groups/export/              in    in    in    in    in    in    in    in    in    in    in    in    no    -     no    -
office: ledgers/                    in    in    in    in    in    in    in    in    in    in    in    in    see   see   see   see
office: ledgers/1/                  in    in    in    in    in    in    in    in    in    in    in    in    go    go    go    go
office: ledgers/1/change/           in    in    in    in    in    in    in    in    in    in    in    in    see   no    see   no
office: ledgers/1/delete/           in    in    in    in    in    in    in    in    in    in    in    in    no    no    no    no
office: ledgers/1/history/          in    in    in    in    in    in    in    in    in    in    in    in    go    go    go    go
office: ledgers/look-up/            in    in    in    in    in    in    in    in    in    in    in    in    see   see   see   see
office: ledgers/add/                in    in    in    in    in    in    in    in    in    in    in    in    no    no    no    no
office: ledgers/export/             in    in    in    in    in    in    in    in    in    in    in    in    does  -     does  -
office: lock-outs/                  in    in    in    in    in    in    in    in    in    in    in    in    see   see   see   see
office: lock-outs/1/                in    in    in    in    in    in    in    in    in    in    in    in    go    go    go    go
office: lock-outs/1/change/         in    in    in    in    in    in    in    in    in    in    in    in    see   no    see   no
office: lock-outs/1/delete/         in    in    in    in    in    in    in    in    in    in    in    in    no    no    see   does
office: lock-outs/1/history/        in    in    in    in    in    in    in    in    in    in    in    in    go    go    go    go
office: lock-outs/add/              in    in    in    in    in    in    in    in    in    in    in    in    no    no    no    no
office: lock-outs/export/           in    in    in    in    in    in    in    in    in    in    in    in    does  -     does  -
office: nothing                     in    in    in    in    in    in    in    in    in    in    in    in    none  none  none  none
"""

WORDS = {200: "see", 302: "go", 301: "go", 403: "no", 404: "none", 405: "-"}
PAGES = {"tenants/no_role.html": "role", "tenants/not_permitted.html": "why"}
DOORS = {"/sign-in/?": "in", "/back-office/login/?": "in"}


# What came of it


def outcome(answer: HttpResponse, written: set[str], done: int) -> str:
    """In the table's word. Whatever is refused wrote nothing but that it was refused."""
    changed = bool(written - NOT_OF_THE_PORTAL or done)
    if answer.status_code in (200, 302) and changed:
        return "does"
    templates = [template.name for template in getattr(answer, "templates", [])]
    location = answer.headers.get("Location", "").partition("next=")[0]
    word = WORDS.get(answer.status_code, str(answer.status_code))
    word = PAGES.get(templates[0], word) if templates else DOORS.get(location, word)
    return f"{word}, yet wrote to {written}" if changed else word


def outcomes(world: World, rows: dict[str, list[str]], ask: Ask, person: str) -> dict[str, str]:
    """What `person` gets of every page, by GET and by POST."""
    found = {}
    for row, addresses in rows.items():
        words: dict[str, set[str]] = {"get": set(), "post": set()}
        for method in words:
            form = (
                world.place.form(row)
                | {"acting_in": world.acting_in(person), "post": "yes", "reason": "A test"}
                if method == "post"
                else {}
            )
            for number, address in enumerate(addresses):
                with undone() as written:
                    answer = (
                        view_alone(world.persons[person], method, address, form)
                        if number
                        else ask(person, method, address, form)
                    )
                    done = (
                        Record.objects.filter(refused="").count() - world.records
                        if "tenants_record" in written
                        else 0
                    )
                    words[method].add(outcome(answer, written, done))
        found[row] = " ".join(" or ".join(sorted(words[method])) for method in words)
    return found


def view_alone(user: User | None, method: str, address: str, form: dict[str, Any]) -> HttpResponse:
    """Of pages that are alike, the first is asked for as a whole; of the others their view, which
    decides who gets in.
    """
    if user is None:
        # LoginRequiredMiddleware: see the first
        return redirect(f"{reverse('tenants:sign-in')}?next={address}")
    request = getattr(RequestFactory(), method)(address, form)
    request.user, request._messages, request._dont_enforce_csrf_checks = (
        user,
        CookieStorage(request),
        True,
    )
    view, arguments, named = resolve(address)
    try:
        return view(request, *arguments, **named)
    except PermissionDenied:
        return HttpResponseForbidden()


# The matrix


def expected() -> dict[str, dict[str, str]]:
    """The table: for each person, for each page, the words of GET and POST."""
    head, *lines = [re.split(r" {2,}", line.strip()) for line in TABLE.splitlines() if line.strip()]
    return {
        person: {line[0]: " ".join(line[2 * number + 1 :][:2]) for line in lines}
        for number, person in enumerate(head)
    }


PERSONS = list(expected())


def test_the_table_names_every_kind_of_person(world):
    assert list(world.persons) == PERSONS


@rule("P1", "P2", "P3")
@pytest.mark.parametrize("person", PERSONS)
def test_everybody_gets_what_the_table_says(world, rows, ask, person):
    assert outcomes(world, rows, ask, person) == expected()[person]


# What is another partner's does not exist (P1, K4)

ABOUT_ACCOUNTS = {
    "tenants:sign-in",
    "tenants:password-ask",
    "tenants:password-change",
    "tenants:password-set",
}  # whose they are makes no difference


def seen_by(
    ask: Ask, person: str, mine: Place, theirs: Place
) -> dict[tuple[str, str, int], tuple[int, str, str]]:
    """All that `person` is answered: their own pages, searched for what everybody is called;
    `theirs`; and their own forms, filled in with what is `theirs`.
    """
    search, found = dict.fromkeys(["q", "person", "term"], COMMON), {}
    for page in every_page(mine):
        if page.startswith(("admin:", "office:")) or page in ABOUT_ACCOUNTS:
            continue
        form = theirs.form(page) | {"acting_in": mine.acting_in}
        sent = [
            ("get", mine.address(page), search),
            ("get", theirs.address(page), {}),
            ("post", theirs.address(page), form),
        ]
        for number, (method, address, values) in enumerate(
            [*sent, ("post", mine.address(page), form)]
        ):
            with undone():
                answer = ask(person, method, address, values)
                text = answer.getvalue().decode() if answer.streaming else answer.text
            where = answer.headers.get("Location", "")
            found[page, method, number] = (answer.status_code, where, without_tokens(text).lower())
    return found


def without_tokens(page: str) -> str:
    """A form's token and the number of a submission, inside its quote, differ each time."""
    return re.sub(r'(?<=name="quote" value=")[^"]*|[A-Za-z0-9]{64}', "", page)


@rule("P1", "K4")
def test_to_others_a_partner_might_as_well_not_be_there(world, ask):
    """No page, list, search, download, error or count of theirs tells the difference, and what does
    not exist is a 404.
    """
    with undone():
        stranger = Place("Southridge")
        client = Client()
        client.force_login(stranger.boss)
        world.sessions["stranger"] = client.cookies[settings.SESSION_COOKIE_NAME].value
        there = seen_by(ask, "other", world.elsewhere, stranger)
        their_own = "".join(
            text
            for _status, _location, text in seen_by(ask, "stranger", stranger, stranger).values()
        )
    # So there was something to leak
    assert {word for word in stranger.words if word not in their_own} == set()
    assert there == seen_by(ask, "other", world.elsewhere, stranger)
