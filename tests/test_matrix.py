"""Who gets what: every URL × every kind of person × GET and POST (rules P1 to P3).

A URL, a person or a method that is missing from the table fails. POSTs carry what somebody who may
would send, so whoever is refused is refused something that would have worked. One world is made
once; each request is rolled back.

CI asks for each page as those persons beside whom somebody gets something else, a release as all.
"""

import re
from collections.abc import Callable, Iterable
from itertools import pairwise
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
from tests.clients import ClientResponse
from tests.partner_fixture import COMMON, PartnerFixture
from tests.world import NOT_OF_THE_PORTAL, RequestAs, World, every_page, rolled_back

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
rule = pytest.mark.rule

# GET/POST, or one word for both:
#
#     see   the page                         none  does not exist
#     do    it was done, and is on record    no    not for this person
#     go    elsewhere, and nothing changed   -     no such method
#     in    sign in first
#     role  the page for whoever has no role
#     why   not for this role: who may, and how to get there
TABLE = """
                                anonymous  no role  member  admin  global  other  support  programme

demo-clock                      none       none     none    none   none    none   none     none
demo-reset                      none       none     none    none   none    none   none     none
demo-sign-in                    none       none     none    none   none    none   none     none
gallery                         none       none     none    none   none    none   none     none
healthz                         see/-      see/-    see/-   see/-  see/-   see/-  see/-    see/-
practice                        none       none     none    none   none    none   none     none
practice-class                  none       none     none    none   none    none   none     none
practice-class-code             none       none     none    none   none    none   none     none
practice-class-room             none       none     none    none   none    none   none     none
practice-classes                none       none     none    none   none    none   none     none
practice-class-results          none       none     none    none   none    none   none     none
practice-exercises              none       none     none    none   none    none   none     none
practice-join                   none       none     none    none   none    none   none     none
practice-start-over             none       none     none    none   none    none   none     none
demo-mail                       none       none     none    none   none    none   none     none
demo-mailbox                    none       none     none    none   none    none   none     none
then-and-now                    see/-      see/-    see/-   see/-  see/-   see/-  see/-    see/-
help                            see/-      see/-    see/-   see/-  see/-   see/-  see/-    see/-
licensing:calculator            see/-      see/-    see/-   see/-  see/-   see/-  see/-    see/-
metrics                         none       none     none    none   none    none   none     none
readyz                          see/-      see/-    see/-   see/-  see/-   see/-  see/-    see/-
set_language                    -/go       -/do     -/do    -/do   -/do    -/do   -/do     -/do
tenants:mail-health             see/-      see/-    see/-   see/-  see/-   see/-  see/-    see/-
tenants:password-ask            see/do     see/do   see/do  see/do see/do  see/do see/do   see/do
tenants:password-done           see/-      see/-    see/-   see/-  see/-   see/-  see/-    see/-
tenants:password-sent           see/-      see/-    see/-   see/-  see/-   see/-  see/-    see/-
tenants:password-set            go         go       go      go     go      go     go       go
tenants:sign-in                 see/do     go       go      go     go      go     go       go
tenants:sign-out                -/go       -/go     -/go    -/go   -/go    -/go   -/go     -/go
theme                           -/go       -/go     -/go    -/go   -/go    -/go   -/go     -/go

home                            in         role/-   see/-   see/-  see/-   see/-  role/-   role/-
search                          in         role     see/go  see/go see/go  see/go role     role
search?q                        in         role     see/go  see/go see/go  see/go role     role
tenants:switch                  in         role     see/go  see/go see/go  see    role     role
benefits:assign                 in         role     why     see/do see/do  none   role     role
benefits:assign-list            in         role     why     see    see     none   role     role
benefits:azure-cloud            in         role     see/-   see/-  see/-   see/-  role     role
benefits:azure-cloud-csv        in         role     do/-    do/-   do/-    do/-   role     role
benefits:holders                in         role     see/-   see/-  see/-   none/- role     role
benefits:holders-csv            in         role     do/-    do/-   do/-    none/- role     role
benefits:remove                 in         role     why     see/do see/do  none   role     role
benefits:transfer               in         role     why     see/do see/do  none   role     role
licensing:add-licenses          in         role     why     see/go see/go  none   role     role
licensing:add-licenses?key      in         role     why     see/do see/do  none   role     role
licensing:benefit-detail        in         role     see/-   see/-  see/-   none/- role     role
licensing:benefit-history       in         role     see/-   see/-  see/-   none/- role     role
licensing:extend                in         role     why     see/go see/go  none   role     role
licensing:extend?key            in         role     why     see/do see/do  none   role     role
licensing:give-license          in         role     why     see/do see/do  none   role     role
licensing:give-license-list     in         role     why     see    see     none   role     role
licensing:key                   in         role     why     go/do  go/do   none   role     role
licensing:license-history       in         role     see/-   see/-  see/-   none/- role     role
licensing:license-holders       in         role     see/-   see/-  see/-   none/- role     role
licensing:license-holders-csv   in         role     do/-    do/-   do/-    none/- role     role
licensing:licenses              in         role     see/-   see/-  see/-   see/-  role     role
licensing:losses                in         role     see/-   see/-  see/-   see/-  role     role
licensing:losses-csv            in         role     do/-    do/-   do/-    do/-   role     role
licensing:move-license          in         role     why     see/do see/do  none   role     role
licensing:plan                  in         role     see/-   see/-  see/-   see/-  role     role
licensing:plan?subscription     in         role     see/-   see/-  see/-   none/- role     role
licensing:order                 in         role     why     go     go      none   role     role
licensing:order?steps           in         role     why     see/do see/do  none   role     role
licensing:order-receipt         in         role     see/-   see/-  see/-   none/- role     role
licensing:order-replacement     in         role     why     see/do see/do  none   role     role
licensing:product-key-start     in         role     why     see/go see/go  see    role     role
licensing:product-key-start?key in         role     why     see/go see/go  see    role     role
licensing:products              in         role     see/-   see/-  see/-   see/-  role     role
licensing:products-csv          in         role     do/-    do/-   do/-    do/-   role     role
licensing:receipt               in         role     see/-   see/-  see/-   none/- role     role
licensing:requests              in         role     see/-   see/-  see/-   see/-  role     role
licensing:replacement           in         role     why     see/do see/do  none   role     role
licensing:subscription          in         role     see/-   see/-  see/-   none/- role     role
licensing:take-license          in         role     why     see/do see/do  none   role     role
licensing:walkthrough           in         role     why     see/-  see/-   none/- role     role

reminders:calendar              in         role     see/do   see/do see/do  see/do role     role
reminders:feed                  see/-      see/-    see/-   see/-  see/-   see/-  see/-    see/-
reminders:program               in         none     none    none   none    none   none     see/do
reminders:reminders             in         role     why     see/do see/do  see/do role     role
reminders:reminders-health      see/-      see/-    see/-   see/-  see/-   see/-  see/-    see/-
reminders:send-today            in         role     why     -/do   -/do    -/do   role     role
reminders:send-program-today    in         -/none   -/none  -/none -/none  -/none -/none   -/do
reminders:switch-benefit        in         role     why     -/do   -/do    -/none role     role
reminders:switch-subscription   in         role     why     -/do   -/do    -/none role     role
reminders:unsubscribe           see/do     see/do   see/do  see/do see/do  see/do see/do   see/do

tenants:activity                in         role     why     see/-  see/-   see/-  role     role
tenants:activity-csv            in         role     why     do/-   do/-    do/-   role     role
tenants:add-user                in         role     why     why    see/do  see    role     role
tenants:add-user?guest          in         role     why     why    see/do  see    role     role
tenants:ask-for-tenant          in         role     why     why    see/do  see/do role     role
tenants:change-role             in         role     why     why    see/do  none   role     role
tenants:disable-user            in         role     why     why    see/do  none   role     role
tenants:enable-user             in         role     why     why    see/do  none   role     role
tenants:give-role               in         role     why     why    see/do  see    role     role
tenants:make-primary            in         role     why     why    see/do  none   role     role
tenants:roles                   in         role     see/-   see/-  see/-   see/-  role     role
tenants:roles-csv               in         role     do/-    do/-   do/-    do/-   role     role
tenants:session                 go         see      see     see    see     see    see      see
tenants:take-role               in         role     why     why    see/do  none   role     role
tenants:tenants                 in         role     see/-   see/-  see/-   see/-  role     role
tenants:user                    in         role     see/-   see/-  see/-   none/- role     role
tenants:users-csv               in         role     do/-    do/-   do/-    do/-   role     role
tenants:users                   in         role     see/-   see/-  see/-   see/-  role     role
tenants:password-change         in         see/do   see/do  see/do see/do  see/do see/do   see/do
tenants:end-viewing             in         -/go     -/go    -/go   -/go    -/go   -/go     -/go

admin:index                     in         in       in      in     in      in     see      see
admin:login                     in         no       no      no     no      no     go       go
admin:logout                    in         go       go      go     go      go     -/go     -/go
admin:password_change           in         in       in      in     in      in     see      see
admin:password_change_done      in         in       in      in     in      in     see/-    see/-
admin:autocomplete              in         in       in      in     in      in     no/-     no/-
admin:jsi18n                    in         in       in      in     in      in     see/-    see/-
admin:view_on_site              in         in       in      in     in      in     none     none
admin:app_list                  in         in       in      in     in      in     see      see
new-partner                     in         in       in      in     in      in     no       see
preview-reminders               in         in       in      in     in      in     see/-    see/-
refusals                        in         in       in      in     in      in     see/-    see/-
support-desk                    in         in       in      in     in      in     see      see
office: edited/                 in         in       in      in     in      in     see      see
office: edited/1/               in         in       in      in     in      in     go       go
office: edited/1/disable/       in         in       in      in     in      in     no       see/do
office: edited/1/enable/        in         in       in      in     in      in     no       see/do
office: edited/1/change/        in         in       in      in     in      in     see/no   see
office: edited/1/delete/        in         in       in      in     in      in     no       no
office: edited/1/history/       in         in       in      in     in      in     go       go
office: edited/1/password/      in         in       in      in     in      in     no       see
office: edited/add/             in         in       in      in     in      in     no       see
office: edited/export/          in         in       in      in     in      in     do/-     do/-
office: edited/import/          in         in       in      in     in      in     no       see
office: edited/1/view-as/       in         in       in      in     in      in     see      see
office: enrollments/            in         in       in      in     in      in     see      see
office: enrollments/1/          in         in       in      in     in      in     go       go
office: enrollments/1/provision-what-is-missing/ in  in  in  in  in  in  no  see
office: enrollments/1/change/   in         in       in      in     in      in     see/no   see/no
office: enrollments/1/delete/   in         in       in      in     in      in     no       no
office: enrollments/1/end/      in         in       in      in     in      in     no       see
office: enrollments/1/history/  in         in       in      in     in      in     go       go
office: enrollments/1/renew/    in         in       in      in     in      in     no       see
office: enrollments/add/        in         in       in      in     in      in     no       see
office: enrollments/export/     in         in       in      in     in      in     do/-     do/-
office: enrollments/import/     in         in       in      in     in      in     no       see
office: given/                  in         in       in      in     in      in     see      see
office: given/1/                in         in       in      in     in      in     go       go
office: given/1/change/         in         in       in      in     in      in     see/no   see
office: given/1/delete/         in         in       in      in     in      in     no       see/do
office: given/1/history/        in         in       in      in     in      in     go       go
office: given/add/              in         in       in      in     in      in     no       see
office: given/export/           in         in       in      in     in      in     do/-     do/-
office: given/import/           in         in       in      in     in      in     no       see
office: groups/                 in         in       in      in     in      in     no       no
office: groups/1/               in         in       in      in     in      in     go       go
office: groups/1/change/        in         in       in      in     in      in     no       no
office: groups/1/delete/        in         in       in      in     in      in     no       no
office: groups/1/history/       in         in       in      in     in      in     go       go
office: groups/add/             in         in       in      in     in      in     no       no
office: groups/export/          in         in       in      in     in      in     no/-     no/-
office: ledgers/                in         in       in      in     in      in     see      see
office: ledgers/1/              in         in       in      in     in      in     go       go
office: ledgers/1/accept/       in         in       in      in     in      in     no       see/do
office: ledgers/1/grant/        in         in       in      in     in      in     no       see/do
office: ledgers/1/decline/      in         in       in      in     in      in     no       see/do
office: ledgers/1/revoke/       in         in       in      in     in      in     no       see/do
office: ledgers/1/issue-another-key/ in  in  in  in  in  in  no  see/go
office: ledgers/1/replace-again/ in         in       in      in     in      in     no       see/do
office: ledgers/1/change/       in         in       in      in     in      in     see/no   see/no
office: ledgers/1/delete/       in         in       in      in     in      in     no       no
office: ledgers/1/history/      in         in       in      in     in      in     go       go
office: ledgers/add/            in         in       in      in     in      in     no       no
office: ledgers/export/         in         in       in      in     in      in     do/-     do/-
office: ledgers/import/         in         in       in      in     in      in     no       no
office: lock-outs/              in         in       in      in     in      in     see      see
office: lock-outs/1/            in         in       in      in     in      in     go       go
office: lock-outs/1/change/     in         in       in      in     in      in     see/no   see/no
office: lock-outs/1/delete/     in         in       in      in     in      in     no       see/do
office: lock-outs/1/history/    in         in       in      in     in      in     go       go
office: lock-outs/add/          in         in       in      in     in      in     no       no
office: lock-outs/export/       in         in       in      in     in      in     do/-     do/-
office: nothing                 in         in       in      in     in      in     none     none
"""

WORDS = {200: "see", 302: "go", 301: "go", 403: "no", 404: "none", 405: "-"}
PAGES = {"tenants/no_role.html": "role", "tenants/not_permitted.html": "why"}
DOORS = {"/sign-in/?": "in", "/back-office/login/?": "in"}


# What came of it


def outcome(answer: ClientResponse | HttpResponse, written: set[str], done: int) -> str:
    """In the table's word. Whatever is refused wrote nothing but that it was refused."""
    changed = bool(written - NOT_OF_THE_PORTAL or done)
    if answer.status_code in (200, 302) and changed:
        return "do"
    templates = [template.name for template in getattr(answer, "templates", [])]
    location = answer.headers.get("Location", "").partition("next=")[0]
    word = WORDS.get(answer.status_code, str(answer.status_code))
    word = PAGES.get(templates[0], word) if templates else DOORS.get(location, word)
    return f"{word}, yet wrote to {written}" if changed else word


def outcomes(
    world: World, rows: dict[str, list[str]], request_as: RequestAs, person: str
) -> dict[str, str]:
    """What `person` gets of every page, by GET and by POST."""
    found = {}
    for row, addresses in rows.items():
        sent = {"acting_in": world.tenant_token(person), "post": "yes", "reason": "A test"}
        forms: dict[str, dict[str, Any]] = {"get": {}, "post": world.sample.form(row) | sent}
        words = [
            " or ".join(sorted(words_of(world, request_as, person, method, addresses, form)))
            for method, form in forms.items()
        ]
        found[row] = "/".join(dict.fromkeys(words))
    return found


def words_of(
    world: World,
    request_as: RequestAs,
    person: str,
    method: str,
    addresses: list[str],
    form: dict[str, Any],
) -> set[str]:
    """What comes of asking for each address; of pages that are alike the first as a whole."""
    words = set()
    for number, url in enumerate(addresses):
        with rolled_back() as written:
            answer = (
                view_alone(world.persons[person], method, url, form)
                if number
                else request_as(person, method, url, form)
            )
            done = 0
            if "tenants_record" in written:
                done = Record.objects.filter(refused="").count() - world.records
            words.add(outcome(answer, written, done))
    return words


def view_alone(user: User | None, method: str, url: str, form: dict[str, Any]) -> HttpResponse:
    """Ask the view itself, which decides who gets in."""
    if user is None:
        # as SignInRequired answers the first
        return redirect(f"{reverse('tenants:sign-in')}?next={url}")
    request = getattr(RequestFactory(), method)(url, form)
    request.user = user
    request._messages = CookieStorage(request)
    request._dont_enforce_csrf_checks = True
    view, arguments, named = resolve(url)
    try:
        return view(request, *arguments, **named)
    except PermissionDenied:
        return HttpResponseForbidden()


# The matrix


HEAD, *ROWS = filter(None, TABLE.splitlines())
PERSONS = re.split(" {2,}", HEAD.strip())


def read(row: str) -> tuple[str, dict[str, str]]:
    """The name of `row`, and for each person the word of GET/POST."""
    name, *words = row.rsplit(maxsplit=len(PERSONS))
    return name, dict(zip(PERSONS, words, strict=True))


EXPECTED = dict(map(read, ROWS))


def at_a_border(words: dict[str, str]) -> set[str]:
    """Whoever gets something else than somebody beside them: the last refused, the first let in.

    A guard that is missing, or one too many, moves a border. Nobody and another partner are always
    asked.
    """
    moved = [pair for pair in pairwise(PERSONS) if words[pair[0]] != words[pair[1]]]
    return {"anonymous", "other"}.union(*moved)


def test_the_table_names_every_page_and_every_kind_of_person(
    world: World, rows: dict[str, list[str]]
) -> None:
    assert list(world.persons) == PERSONS
    assert rows.keys() == EXPECTED.keys()


def test_a_border_is_whoever_is_refused_last_and_let_in_first() -> None:
    assert at_a_border(EXPECTED["benefits:assign"]) == {*PERSONS} - {"programme"}
    assert at_a_border(EXPECTED["office: given/add/"]) == {
        *("anonymous", "other", "support", "programme")
    }
    assert at_a_border(EXPECTED["help"]) == {"anonymous", "other"}


@rule("P1", "P2", "P3")
@pytest.mark.parametrize("person", PERSONS)
@pytest.mark.parametrize(
    "asked", [at_a_border, pytest.param(set, marks=pytest.mark.release)], ids=["border", "all"]
)
def test_everybody_gets_what_the_table_says(
    world: World,
    rows: dict[str, list[str]],
    request_as: RequestAs,
    asked: Callable[[dict[str, str]], Iterable[str]],
    person: str,
) -> None:
    told = {row: words[person] for row, words in EXPECTED.items() if person in asked(words)}
    asked_for = {row: rows[row] for row in told}
    assert outcomes(world, asked_for, request_as, person) == told


# What is another partner's does not exist (P1, K4)

ABOUT_ACCOUNTS = {
    "tenants:sign-in",
    "tenants:password-ask",
    "tenants:password-change",
    "tenants:password-set",
}  # whose they are makes no difference
METHODS = ("get", "post")
# Whoever has its secret reads it (R11): tests/reminders/test_feed.py
BY_SECRET = {"reminders:feed", "reminders:unsubscribe"}


def seen_by(
    request_as: RequestAs,
    person: str,
    mine: PartnerFixture,
    theirs: PartnerFixture | None = None,
    methods: tuple[str, ...] = METHODS,
) -> dict[tuple[str, str, int], tuple[int, str, str]]:
    """All that `person` is answered.

    Their own pages, searched for what everybody is called; `theirs`; and their own forms, filled in
    with what is `theirs`.
    """
    search, found = dict.fromkeys(["q", "person", "term"], COMMON), {}
    for page in every_page(mine):
        if page.startswith(("admin:", "office:")) or page in ABOUT_ACCOUNTS | BY_SECRET:
            continue
        form = (theirs or mine).form(page) | {"acting_in": mine.tenant_token}
        sent = [("get", mine.url(page), search), ("post", mine.url(page), form)]
        if theirs:
            sent += [("get", theirs.url(page), {}), ("post", theirs.url(page), form)]
        for number, (method, url, values) in enumerate(sent):
            if method not in methods:
                continue
            with rolled_back():
                answer = request_as(person, method, url, values)
                text = answer.getvalue().decode() if answer.streaming else answer.text
            where = answer.headers.get("Location", "")
            found[page, method, number] = (answer.status_code, where, without_tokens(text).lower())
    return found


def without_tokens(page: str) -> str:
    """A form's token and the number of a submission, inside its quote, differ each time."""
    signed = r'(?<=name="quote" value=")[^"]*|(?<=name="submission" value=")[^"]*'
    return re.sub(rf"{signed}|[A-Za-z0-9]{{64}}|\b[0-9a-f]{{32}}\b", "", page)


@rule("P1", "K4")
@pytest.mark.parametrize(
    "methods", [("get",), pytest.param(METHODS, marks=pytest.mark.release)], ids=["get", "all"]
)
def test_to_others_a_partner_might_as_well_not_be_there(
    world: World, request_as: RequestAs, methods: tuple[str, ...]
) -> None:
    """No page, list, search, download, error or count of theirs tells the difference.

    What does not exist is a 404.
    """
    with rolled_back():
        stranger = PartnerFixture.with_everything("Southridge")
        client = Client()
        client.force_login(stranger.boss)
        world.sessions["stranger"] = client.cookies[settings.SESSION_COOKIE_NAME].value
        there = seen_by(request_as, "other", world.elsewhere, stranger, methods)
        own = seen_by(request_as, "stranger", stranger, methods=methods)
        their_own = "".join(text for _status, _location, text in own.values())
    # So there was something to leak
    assert {word for word in stranger.words if word not in their_own} == set()
    assert there == seen_by(request_as, "other", world.elsewhere, stranger, methods)
