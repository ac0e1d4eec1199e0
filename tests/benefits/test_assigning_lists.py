"""Monthly credit for a list of people (rules U1, U2, U4, A1).

What would happen to each line is shown, and then exactly that happens.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from benefits_portal.benefits.bulk_assignment import assign_many, preview
from benefits_portal.benefits.credit_exceptions import HoldsIncompatibleCredit, HoldsItAlready
from benefits_portal.benefits.email_lists import EmailList, emails
from benefits_portal.benefits.models import Assignment, Benefit
from benefits_portal.tenants.models import (
    Actor,
    DirectoryUser,
    Record,
    Role,
    RoleAssignment,
    Tenant,
    User,
)
from tests.clients import ClientResponse, SignIn
from tests.factories import (
    NOW,
    TODAY,
    BenefitFactory,
    DirectoryUserFactory,
    ExternalOfferFactory,
    HeldOfferFactory,
    TenantFactory,
)

rule = pytest.mark.rule
pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def credit(tenant: Tenant) -> Benefit:
    return BenefitFactory.create(partner=tenant.partner, monthly=True)


@pytest.fixture
def people(tenant: Tenant) -> list[DirectoryUser]:
    return [
        DirectoryUserFactory.create(tenant=tenant, user_principal_name=f"{name}@contoso.com")
        for name in ("ann", "bob", "cas")
    ]


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


@pytest.fixture
def send(client: Client, credit: Benefit, tenant: Tenant) -> Callable[..., ClientResponse]:
    """Send the list's form with `fields`."""

    def sent(benefit: Benefit = credit, **fields: str) -> ClientResponse:
        acting = {"acting_in": f"{tenant.partner_id}-{tenant.pk}"}
        return client.post(reverse("benefits:assign-list", args=[benefit.pk]), acting | fields)

    return sent


def refusals(lines: list[Any]) -> dict[str, str]:
    return {line.written: line.refused for line in lines}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a@x.com\n\n  b@x.com \n", [(1, "a@x.com"), (3, "b@x.com")]),
        ("Name,Email\nAnn,a@x.com\n", [(2, "a@x.com")]),
        ('"Last, Ann";a@x.com\n', [(1, "a@x.com")]),
        ("Ann\ta@x.com\r\nBob\n", [(1, "a@x.com"), (2, "Bob")]),
        ("Bob", [(1, "Bob")]),
        (" ,;\n\t", []),
    ],
    ids=["pasted", "with heads", "quoted", "from a spreadsheet", "no address", "nothing"],
)
def test_a_list_is_read_line_by_line(text: str, found: list[tuple[int, str]]) -> None:
    assert list(emails(text)) == found


@rule("U1", "U2", "U4", "U6")
def test_each_line_says_what_would_happen_to_it(
    tenant: Tenant, credit: Benefit, people: list[DirectoryUser], by: Actor
) -> None:
    _ann, bob, cas = people
    credit.assign(bob, by=by, on=TODAY)
    HeldOfferFactory.create(
        directory_user=cas, external_offer=ExternalOfferFactory.create(excludes=[credit.product])
    )
    DirectoryUserFactory.create(tenant=tenant, user_principal_name="dis@contoso.com", disabled=True)
    DirectoryUserFactory.create(user_principal_name="els@elsewhere.com")
    list_of_all = (
        "ann@contoso.com\nBOB@contoso.com\ncas@contoso.com\ndis@contoso.com\n"
        "els@elsewhere.com\nnobody\nAnn@contoso.com"
    )
    lines = preview(credit, emails(list_of_all), TODAY)
    assert refusals(lines) == {
        "ann@contoso.com": "",
        "BOB@contoso.com": "holds-it-already",
        "cas@contoso.com": "holds-incompatible-offer",
        "dis@contoso.com": "entry-disabled",
        "els@elsewhere.com": "nobody-with-address",
        "nobody": "not-an-address",
        "Ann@contoso.com": "twice-in-list",
    }
    assert [line.why_not for line in lines][-1] == "This address is already on line 1."
    assert Assignment.objects.get().directory_user == bob, "looking assigned nobody"


@rule("U1")
def test_of_somebody_s_entries_in_two_tenants_the_enabled_one_is_meant(
    tenant: Tenant, credit: Benefit
) -> None:
    DirectoryUserFactory.create(
        tenant=tenant, user_principal_name="ann@contoso.com", disabled_at=NOW
    )
    labs = TenantFactory.create(partner=tenant.partner)
    enabled = DirectoryUserFactory.create(tenant=labs, user_principal_name="Ann@contoso.com")
    [line] = preview(credit, emails("ann@contoso.com"), TODAY)
    assert (line.person, line.refused) == (enabled.pk, "")


@rule("U2", "A1")
def test_what_was_shown_happens_with_the_outcome_of_each_line_on_record(
    send: Callable[..., ClientResponse], credit: Benefit, people: list[DirectoryUser]
) -> None:
    page = send(people="ann@contoso.com\nbob@contoso.com\nwho@contoso.com")
    # Whoever comes only now was not shown, and is left out.
    DirectoryUserFactory.create(tenant=people[0].tenant, user_principal_name="who@contoso.com")
    type(people[1]).objects.filter(pk=people[1].pk).update(disabled_at=NOW)
    became = send(shown=page.context["shown"]).context["became"]
    assert refusals(became) == {
        "ann@contoso.com": "",
        "bob@contoso.com": "entry-disabled",
        "who@contoso.com": "nobody-with-address",
    }
    assert [assignment.directory_user for assignment in Assignment.objects.all()] == people[:1]
    kept = Record.objects.about(credit).order_by("pk").values_list("after__person", "refused")
    assert list(kept) == [(people[0].pk, ""), (people[1].pk, "entry-disabled")]


@rule("U2", "W11")
def test_sending_it_twice_assigns_nobody_twice(
    send: Callable[..., ClientResponse], people: list[DirectoryUser]
) -> None:
    shown = send(people="ann@contoso.com").context["shown"]
    outcomes = [refusals(send(shown=shown).context["became"]) for _ in range(2)]
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        outcomes.append(refusals(send(shown=shown).context["became"]))
    assert outcomes == [
        {"ann@contoso.com": ""},
        {"ann@contoso.com": ""},
        {"ann@contoso.com": "holds-it-already"},
    ]
    assert Assignment.objects.count() == 1


@rule("W11")
def test_whom_the_preview_left_out_stays_out_however_lately_they_got_it(
    send: Callable[..., ClientResponse], credit: Benefit, people: list[DirectoryUser], by: Actor
) -> None:
    credit.assign(people[0], by=by, on=TODAY)
    shown = send(people="ann@contoso.com; bob@contoso.com").context["shown"]
    assert refusals(send(shown=shown).context["became"]) == {
        "ann@contoso.com": "holds-it-already",
        "bob@contoso.com": "",
    }


@rule("P1", "U2")
@pytest.mark.parametrize("seal", ["made up", "of another benefit", "of somebody else"])
def test_a_preview_counts_for_its_own_benefit_and_reader_alone(
    send: Callable[..., ClientResponse],
    credit: Benefit,
    people: list[DirectoryUser],
    tenant: Tenant,
    sign_in: SignIn,
    seal: str,
) -> None:
    other = BenefitFactory.create(partner=tenant.partner, monthly=True)
    shown = {
        "made up": lambda: "nonsense",
        "of another benefit": lambda: send(other, people="ann@contoso.com").context["shown"],
        "of somebody else": lambda: (
            sign_in(RoleAssignment.objects.give(people[2], Role.PARTNER_ADMIN, by=Actor()).user)
            .post(
                reverse("benefits:assign-list", args=[credit.pk]),
                {"acting_in": f"{tenant.partner_id}-{tenant.pk}", "people": "ann@contoso.com"},
            )
            .context["shown"]
        ),
    }[seal]()
    page = send(shown=shown, people="ann@contoso.com")
    assert page.context["is_renewed"]
    assert refusals(page.context["lines"]) == {"ann@contoso.com": ""}
    assert not Assignment.objects.exists()


@rule("U3", "U5")
def test_only_monthly_credit_that_has_not_expired_is_for_a_list(
    send: Callable[..., ClientResponse], tenant: Tenant, client: Client
) -> None:
    bulk = BenefitFactory.create(partner=tenant.partner, bulk=True)
    expired = BenefitFactory.create(partner=tenant.partner, monthly=True, expires_on="2021-04-30")
    for benefit in (bulk, expired):
        assert send(benefit, people="ann@contoso.com")["Location"] == reverse(
            "licensing:benefit-detail", args=[benefit.pk]
        )


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"\xef\xbb\xbfann@contoso.com\r\n", ["ann@contoso.com"]),
        ("Naam;Adres\r\nZoë;ann@contoso.com\r\n".encode("cp1252"), ["ann@contoso.com"]),
        (b"\x00\xff\xfe@", ["ÿþ@"]),
    ],
    ids=["UTF-8 with a mark", "as Windows writes it", "no text"],
)
def test_a_file_of_any_spreadsheet_is_read_and_stays_in_the_field(
    send: Callable[..., ClientResponse],
    people: list[DirectoryUser],
    content: bytes,
    found: list[str],
) -> None:
    page = send(file=SimpleUploadedFile("people.csv", content))
    assert [line.written for line in page.context["lines"]] == found
    assert found[0] in page.context["form"]["people"].value()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Paste at least one address"),
        ("a@x.com\n" * 501, "The list has 501 addresses, and at most 500"),
        ("a" * 60_000, "too long for a list of addresses"),
    ],
    ids=["nothing", "too many lines", "too long"],
)
def test_what_is_wrong_with_a_list_is_told_kindly_and_the_list_stays(
    send: Callable[..., ClientResponse], text: str, said: str
) -> None:
    form = send(people=text).context["form"]
    assert said in form.errors["people"][0]
    assert form["people"].value() == text[:50_000]


def test_a_list_takes_as_many_queries_whatever_its_length(
    credit: Benefit,
    tenant: Tenant,
    by: Actor,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    # A process asks for it once; whether it did depends on the tests before.
    ContentType.objects.get_for_model(Benefit)
    counts = []
    for count in (2, 40):
        many = DirectoryUserFactory.create_batch(count, tenant=tenant)
        text = "\n".join(person.user_principal_name for person in many)
        with django_assert_max_num_queries(14) as queries:
            lines = preview(credit, emails(text), TODAY)
            assert not any(line.refused for line in assign_many(credit, lines, by=by, on=TODAY))
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("written", ["piet@@contoso.com", "@contoso.com", "piet@", "piet@contoso"])
def test_what_looks_like_an_address_and_is_none_is_told_so(credit: Benefit, written: str) -> None:
    [line] = preview(credit, emails(written), TODAY)
    assert (line.written, line.refused) == (written, "not-an-address")


# As people paste them


@rule("W8")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a@x.com; b@x.com, c@x.com", ["a@x.com", "b@x.com", "c@x.com"]),
        ("Alex Wilber <a@x.com>; Isaiah Langer <b@x.com>", ["a@x.com", "b@x.com"]),
        (
            "\"Wilber, Alex\" <mailto:a@x.com>, 'b@x.com'; “c@x.com”",
            ["a@x.com", "b@x.com", "c@x.com"],
        ),
        ("a@x.com <a@x.com>; 'b@x.com' <b@x.com>", ["a@x.com", "b@x.com"]),
        ("a@x.com<mailto:a@x.com>", ["a@x.com"]),
        ("• a@x.com\n- b@x.com\n*c@x.com\n–d@x.com", ["a@x.com", "b@x.com", "c@x.com", "d@x.com"]),
        ("1. a@x.com\n2) b@x.com\n(3) c@x.com", ["a@x.com", "b@x.com", "c@x.com"]),
        ("Ann\ta@x.com\tIT\tb@x.com", ["a@x.com", "b@x.com"]),
        ("MAILTO:a@x.com?subject=Hello", ["a@x.com"]),
        ("\u202aa@x.com\u202c\u200b; ｂ＠x.com.", ["a@x.com", "b@x.com"]),
        ("o'brien@x.com; 'o'brien@y.com'", ["o'brien@x.com", "o'brien@y.com"]),
        ("a@x.com;a@x.com", ["a@x.com", "a@x.com"]),
        ("ann_f.example#EXT#@x.com, a@x.com", ["ann_f.example#EXT#@x.com", "a@x.com"]),
        ("Ask Ann\nor write to a@x.com, please", ["a@x.com"]),
        ("a@x.com\rb@x.com\u2028c@x.com", ["a@x.com", "b@x.com", "c@x.com"]),
        ("a@x.com、b@x.com，c@x.com；d@x.com", ["a@x.com", "b@x.com", "c@x.com", "d@x.com"]),
        ("a@x.com / b@x.com/c@x.com", ["a@x.com", "b@x.com", "c@x.com"]),
        ("a@x.com → b@x.com:c@x.com", ["a@x.com", "b@x.com", "c@x.com"]),
        ("a@x.com&nbsp;b@x.com&#160;&lt;c@x.com&gt;", ["a@x.com", "b@x.com", "c@x.com"]),
        ("smtp:a@x.com; SIP:b@x.com, X500:/o=x", ["a@x.com", "b@x.com"]),
        ('"kim.q"@x.com; "Q, Kim" <kim@x.com>', ["kim.q@x.com", "kim@x.com"]),
    ],
)
def test_every_address_of_a_pasted_list_is_found(text: str, found: list[str]) -> None:
    assert [written for _number, written in emails(text)] == found


@rule("W8")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "Alex Wilber <a@x.com>; Isaiah Langer <isaiah.langer at x.com>",
            ["a@x.com", "Isaiah Langer <isaiah.langer at x.com>"],
        ),
        (
            "Alex <a@x.com>, Isaiah <isaiah at x.com>, Bob <b@x.com>",
            ["a@x.com", "Isaiah <isaiah at x.com>", "b@x.com"],
        ),
        ("Isaiah Langer; Alex Wilber <a@x.com>", ["Isaiah Langer", "a@x.com"]),
        ("Alex Wilber <a@x.com>, Isaiah Langer", ["a@x.com", "Isaiah Langer"]),
        ("a@x.com; bob; c@x.com", ["a@x.com", "bob", "c@x.com"]),
        ("a@x.com, bob, c@x.com", ["a@x.com", "bob", "c@x.com"]),
        ("a@x.com; isaiah at x.com", ["a@x.com", "isaiah at x.com"]),
        ("a@x.com, isaiah(at)x.com", ["a@x.com", "isaiah(at)x.com"]),
        ("Alex <a@x.com>; Isaiah <isaiah@>", ["a@x.com", "isaiah@"]),
        ("Alex <a@x.com>； Isaiah；", ["a@x.com", "Isaiah"]),
        (
            "Alex <a@x.com>; Isaiah\nBob <b@x.com>; Cas",
            ["a@x.com", "Isaiah", "b@x.com", "Cas"],
        ),
        (
            "Wilber, Alex <a@x.com>, Langer, Isaiah <isaiah at x.com>",
            ["a@x.com", "Langer, Isaiah <isaiah at x.com>"],
        ),
    ],
)
def test_a_part_of_a_line_without_an_address_is_left_out_in_sight(
    text: str, found: list[str]
) -> None:
    assert [written for _number, written in emails(text)] == found


@rule("W8")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Langer, Isaiah <i@x.com>", ["i@x.com"]),
        ("Langer, Isaiah <i@x.com>, Wilber, Alex <a@x.com>", ["i@x.com", "a@x.com"]),
        ("Langer, Isaiah <i@x.com>; Wilber, Alex <a@x.com>;", ["i@x.com", "a@x.com"]),
        ("\"Langer, Isaiah\" <i@x.com>; 'Wilber, Alex' <a@x.com>", ["i@x.com", "a@x.com"]),
        ("Langer, Isaiah i@x.com, Wilber, Alex a@x.com", ["i@x.com", "a@x.com"]),
        ("Ann;a@x.com;IT", ["a@x.com"]),
        ("Name;Email;Team\nAnn;a@x.com;IT", ["a@x.com"]),
        ("Ann;a@x.com;a@y.com\nBob;b@x.com;b@y.com", ["a@x.com", "a@y.com", "b@x.com", "b@y.com"]),
        ("Ann,a@x.com,a@y.com\nBob,b@x.com,b@y.com", ["a@x.com", "a@y.com", "b@x.com", "b@y.com"]),
        ("a@x.com, ; ,b@x.com;;", ["a@x.com", "b@x.com"]),
    ],
)
def test_a_name_before_an_address_and_a_table_s_cells_are_no_lines(
    text: str, found: list[str]
) -> None:
    assert [written for _number, written in emails(text)] == found


@rule("W8")
@pytest.mark.usefixtures("people")
def test_a_part_without_an_address_stands_in_the_preview(
    send: Callable[..., ClientResponse],
) -> None:
    page = send(people="Ann <ann@contoso.com>; Isaiah Langer <isaiah at contoso.com>")
    lines = [(line.line_number, line.written, line.refused) for line in page.context["lines"]]
    assert lines == [
        (1, "ann@contoso.com", ""),
        (1, "Isaiah Langer <isaiah at contoso.com>", "not-an-address"),
    ]
    assert "Isaiah Langer &lt;isaiah at contoso.com&gt;" in page.text


@rule("W8")
@pytest.mark.parametrize(
    ("preamble", "heading_line"),
    [
        ("sep=;\n", 2),
        ("\ufeffSEP=;\r\n", 2),
        ('"sep=;"\n\n', 3),
        ("#TYPE System.Object\n", 2),
        ('"#TYPE Microsoft.Open.User"\n', 2),
        ("\nsep=\t\n", 3),
    ],
)
def test_what_programs_write_before_a_table_is_not_its_heading(
    preamble: str, heading_line: int
) -> None:
    read = EmailList.of(f"{preamble}Naam;Adres\nZoë;zoe@x.com\n")
    assert read.heading == (heading_line, "Naam;Adres")
    assert read.found == [(heading_line + 1, "zoe@x.com")]


@rule("W8")
def test_every_line_and_address_has_its_outcome_and_the_heading_is_named(
    send: Callable[..., ClientResponse], people: list[DirectoryUser]
) -> None:
    page = send(
        people=(
            "Name; \u202eEmail\nAnn; <ANN@contoso.com>, "
            "bob@contoso.com\n\nnobody\n'bob@contoso.com'"
        )
    )
    lines = [(line.line_number, line.written, line.refused) for line in page.context["lines"]]
    assert lines == [
        (2, "ANN@contoso.com", ""),
        (2, "bob@contoso.com", ""),
        (4, "nobody", "not-an-address"),
        (5, "bob@contoso.com", "twice-in-list"),
    ]
    assert "Line 1 is treated as a heading: “<bdi>Name; Email</bdi>”." in page.text


@rule("W3")
def test_a_directory_s_own_name_for_a_guest_is_recognized(credit: Benefit, tenant: Tenant) -> None:
    guest = DirectoryUserFactory.create(
        tenant=tenant, guest=True, user_principal_name="lynne.robbins@tailspin-toys.example"
    )
    theirs = "Lynne.Robbins_tailspin-toys.example#EXT#@"
    elsewhere = TenantFactory.create().domain
    found = emails(
        f"{theirs}{tenant.domain}\n{theirs}{elsewhere}\nlynne.robbins@tailspin-toys.example"
    )
    lines = preview(credit, found, TODAY)
    assert [(line.person, line.refused) for line in lines] == [
        (guest.pk, ""),
        (0, "nobody-with-address"),
        (guest.pk, "twice-in-list"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_file_in_any_encoding_of_spreadsheets_is_read(
    send: Callable[..., ClientResponse], people: list[DirectoryUser], encoding: str
) -> None:
    file = SimpleUploadedFile(
        "list.csv", "Näme\tEmail\r\nJosé\tann@contoso.com\r\n".encode(encoding)
    )
    page = send(file=file)
    assert [(line.line_number, line.written, line.refused) for line in page.context["lines"]] == [
        (2, "ann@contoso.com", "")
    ]
    assert page.context["heading"] == (1, "Näme Email")


@rule("U2", "U4", "W2")
def test_another_spelling_of_a_holder_is_the_same_person_for_credit(
    tenant: Tenant, credit: Benefit, by: Actor
) -> None:
    labs = TenantFactory.create(partner=tenant.partner)
    kim = DirectoryUserFactory.create(
        tenant=tenant, guest=True, user_principal_name="kim.x@litware.example"
    )
    again = DirectoryUserFactory.create(
        tenant=labs, guest=True, user_principal_name="\u202aＫim.X@litware.example\u200b"
    )
    credit.assign(kim, by=by, on=TODAY)
    bulk = BenefitFactory.create(partner=tenant.partner, bulk=True)
    for benefit, refused in ((credit, HoldsItAlready), (bulk, HoldsIncompatibleCredit)):
        with pytest.raises(refused):
            benefit.assign(again, by=by, on=TODAY)
    assert Assignment.objects.get().directory_user == kim


def test_neither_way_to_give_a_list_is_called_optional(client: Client, credit: Benefit) -> None:
    page = client.get(reverse("benefits:assign-list", args=[credit.pk])).text
    assert "one of the two is needed" in page
    assert 'class="optional"' not in page
