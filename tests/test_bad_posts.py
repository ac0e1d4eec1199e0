"""Whatever is sent to any form or address: a clear answer, and nothing is changed.

Never is it an error of the portal's.

Of each form at least one field that has to fit holds what cannot: the wrong type, too much, bytes
that are no text, what is another partner's, what was sent before. 40 examples with every change,
1,000 before a release.
"""

from collections.abc import Callable
from functools import cache
from urllib.parse import quote_from_bytes

import pytest
from django.contrib import admin
from django.core import signing
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benefits_portal.tenants.models import Partner, Record, TenantsAction
from tests.agreement import findings
from tests.clients import ClientResponse
from tests.partner_fixture import ARGUMENTS, FORMS, QUERIES, PartnerFixture
from tests.properties import BEFORE_A_RELEASE, LONG
from tests.world import NOT_OF_THE_PORTAL, RequestAs, World, rolled_back

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.rule("P1", "P4", "K2")]
EXAMPLES = pytest.mark.parametrize("examples", [20, pytest.param(LONG, marks=BEFORE_A_RELEASE)])
FREE = {"name", "verified", "people", "why"}  # where anything may be typed
MORE = ["shown", "validate", "next", "q", "quote", "key", "unheard-of"]
# These make something new for an address that is somebody else's too.
MAKES_NEW = {"tenants:add-user", "tenants:add-user?guest", "tenants:ask-for-tenant"}
# What stops reminders reads the token in its URL alone.
NOTHING_TO_SPOIL = {"tenants:sign-in", "theme", "set_language", "reminders:unsubscribe"}
ASKED = [
    "q",
    "show",
    "sort",
    "offer",
    "key",
    "place",
    "way",
    "licenses",
    "ends_on",
    "keys",
    "on",
    "carried",
    "next",
    "page",
    "kind",
    "action",
    "person",
    "refused",
    "since",
    "until",
    "before",
    "about",
    "status",
    "o",
    "p",
    "_to_field",
    "partner__id__exact",
    "term",
    "step",
]
OFFICE_FIELDS = [
    "action",
    "_selected_action",
    "reason",
    "post",
    "index",
    "select_across",
    "_save",
    "_continue",
    "_popup",
    "_to_field",
    "password1",
    "password2",
    "role_assignments-TOTAL_FORMS",
    "role_assignments-INITIAL_FORMS",
    "role_assignments-0-role",
]
KEPT_OF_A_REFUSAL = NOT_OF_THE_PORTAL | {"tenants_keyattempt"}

TEXT = st.text(st.characters(codec=None), max_size=60).filter(
    lambda text: not any(letter.isdecimal() for letter in text)
)
LONG_ONES = ["A" * 300, "A" * 100_000, "9" * 30, "9" * 5_000]
TOKENS = [
    "-1",
    "1e9",
    "0x1",
    "NaN",
    "null",
    "[]",
    "{}",
    "true",
    "%s%n",
    "{{7*7}}",
    "٣٣٣٣٣٣٣٣",
    "2026-02-30",
    "' OR 1=1--",
    "<zq9\"'>",
]
ODD = st.sampled_from(
    [
        "",
        " ",
        "\x00",
        "5\x00",
        "\ud800",
        "\r\nSet-Cookie: a=b",
        "../../etc/passwd",
        "javascript:alert(1)",
        *LONG_ONES,
        *TOKENS,
    ]
)


@cache
def sent_to(partner: PartnerFixture) -> set[str]:
    """Every value in the URLs and forms of its pages."""
    return {str(pk) for arguments in ARGUMENTS.values() for pk in arguments(partner)} | {
        str(value) for form in FORMS.values() for value in form(partner).values()
    }


def bad_values(world: World, *, known: bool) -> st.SearchStrategy[list[str]]:
    """One value or several for one field; with those that are `known`, but somewhere else."""
    sample, theirs = world.sample, world.elsewhere
    old = [
        theirs.form("licensing:extend?key")["quote"][:-1],
        signing.dumps({"way": "extend"}, salt="another purpose"),
    ]
    somewhere = {
        *sent_to(theirs),
        *old,
        theirs.tenant_token,
        sample.text_of(sample.redemption.key),
        theirs.text_of(theirs.key),
    }
    mine = {*sent_to(sample), sample.tenant_token}
    return st.lists(
        TEXT | ODD | st.sampled_from(sorted(somewhere - mine)) if known else TEXT | ODD,
        min_size=1,
        max_size=2,
    )


def encoded(fields: dict[str, list[str]]) -> str:
    """As a browser sends a form, and as none would: lone surrogates too."""

    def quoted(text: str) -> str:
        return quote_from_bytes(text.encode("utf-8", "surrogatepass"))

    return "&".join(
        f"{quoted(name)}={quoted(value)}" for name, values in fields.items() for value in values
    )


def check(
    world: World,
    request_as: RequestAs,
    person: str,
    method: str,
    address: str,
    fields: dict[str, list[str]],
) -> ClientResponse:
    """Nothing came of it but that it may be on record as refused."""
    with rolled_back() as written:
        query, body = (f"?{encoded(fields)}", "") if method == "get" else ("", encoded(fields))
        answer = request_as(person, method, address + query, body)
        # A page may be asked for a list to take along, which is on record.
        records = Record.objects.filter(refused="").exclude(action=TenantsAction.LIST_DOWNLOADED)
        done = records.count() - world.records if "tenants_record" in written else 0
    assert answer.status_code < 500
    assert (written - KEPT_OF_A_REFUSAL, done) == (set(), 0)
    return answer


def for_all(examples: int) -> Callable[[Callable[..., None]], None]:
    return lambda test: settings(max_examples=examples, suppress_health_check=list(HealthCheck))(
        given(data=st.data())(test)
    )()


@EXAMPLES
def test_no_post_breaks_the_portal_or_changes_anything(
    world: World, request_as: RequestAs, examples: int
) -> None:
    sample = world.sample
    pages = sorted(
        page
        for page in {*ARGUMENTS, *FORMS, *QUERIES} - NOTHING_TO_SPOIL
        if not page.startswith("office")
    )

    @for_all(examples)
    def holds(data: st.DataObject) -> None:
        page = data.draw(st.sampled_from(pages), "page")
        valid = {
            name: [str(value)]
            for name, value in (sample.form(page) | {"acting_in": sample.tenant_token}).items()
        }
        spoiled = data.draw(
            st.lists(st.sampled_from(sorted(valid.keys() - FREE)), min_size=1, unique=True),
            "fields",
        )
        if page == "licensing:key":  # any tick will do
            spoiled = ["acting_in"]
        if page == "tenants:password-ask":  # open to anybody, wherever they act
            spoiled = ["email"]
        values = bad_values(world, known=page not in MAKES_NEW)
        fields = valid | {
            name: data.draw(values, name)
            for name in [
                *spoiled,
                *data.draw(st.lists(st.sampled_from([*MORE, *sorted(FREE)])), "more"),
            ]
        }
        check(
            world,
            request_as,
            "anonymous" if page.startswith("tenants:password") else "global",
            "post",
            sample.url(page),
            fields,
        )


@EXAMPLES
def test_no_query_string_breaks_a_page_and_none_is_written_back_as_it_is(
    world: World, request_as: RequestAs, rows: dict[str, list[str]], examples: int
) -> None:
    pages = sorted(
        address for row, addresses in rows.items() for address in addresses if "?" not in row
    )

    @for_all(examples)
    def holds(data: st.DataObject) -> None:
        address = data.draw(st.sampled_from(pages), "page")
        names = data.draw(st.lists(st.sampled_from(ASKED), min_size=1, unique=True), "names")
        fields = {name: data.draw(bad_values(world, known=True), name) for name in names}
        answer = check(
            world,
            request_as,
            "programme" if "back-office" in address else "global",
            "get",
            address,
            fields,
        )
        assert "<zq9" not in (answer.getvalue().decode() if answer.streaming else answer.text)


@EXAMPLES
def test_no_post_breaks_the_back_office(
    world: World, request_as: RequestAs, rows: dict[str, list[str]], examples: int
) -> None:
    """Whoever may change things may change them to nonsense; no page fails, copies agree."""
    before = findings()
    pages = sorted(
        (row, address)
        for row, addresses in rows.items()
        for address in addresses
        if row.startswith("office")
    )

    @for_all(examples)
    def holds(data: st.DataObject) -> None:
        _row, address = data.draw(st.sampled_from(pages), "page")
        model = next(
            (
                model
                for model in admin.site._registry
                if f"/{model._meta.app_label}/{model._meta.model_name}/" in address
            ),
            Partner,
        )
        names = [field.name for field in model._meta.get_fields()] + OFFICE_FIELDS
        chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True), "fields")
        fields = {name: data.draw(bad_values(world, known=True), name) for name in chosen}
        with rolled_back() as written:
            answer = request_as("programme", "post", address, encoded(fields))
            after = findings() if written - NOT_OF_THE_PORTAL else before
        assert answer.status_code < 500
        assert after == before


@pytest.mark.parametrize("name", ["benefits:remove", "benefits:transfer"])
def test_the_number_of_a_benefit_that_no_row_can_have_is_nobody_s(
    world: World, request_as: RequestAs, name: str
) -> None:
    url = reverse(name, args=[2**63, 1])
    assert request_as("global", "get", url, "").status_code == 404
