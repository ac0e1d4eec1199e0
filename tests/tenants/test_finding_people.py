"""Everybody who matches is found by name, and a list that is cut says so (rules W2, W3, W7).

They come in the order of their names.
"""

import re
from typing import get_args

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import Model
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benefits_portal.benefits.models import ExternalOffer, Offer, PackageLine, Product
from benefits_portal.derived_fields import MAX_KEYS, derived_columns, refresh, stale_rows
from benefits_portal.prepared import in_one_text
from benefits_portal.tenants.activity_forms import ActivityFilter
from benefits_portal.tenants.audit.record_queryset import RecordQuerySet
from benefits_portal.tenants.consistency import CHECKS
from benefits_portal.tenants.lists import DirectoryListing
from benefits_portal.tenants.models import (
    Actor,
    DirectoryUser,
    DirectoryUserWord,
    Partner,
    Record,
    Role,
    Tenant,
    TenantRequest,
    User,
)
from benefits_portal.tenants.models.people_sought import How, Meant, PeopleSought, found_by
from tests import factories
from tests.clients import SignIn
from tests.factories import DirectoryUserFactory

rule = pytest.mark.rule
pytestmark = [rule("W7"), pytest.mark.django_db, pytest.mark.usefixtures("today")]
DERIVED = [
    Partner,
    Tenant,
    TenantRequest,
    User,
    DirectoryUser,
    Product,
    Offer,
    PackageLine,
    ExternalOffer,
]


@pytest.fixture
def boss(tenant: Tenant) -> User:
    return factories.RoleAssignmentFactory.create(
        user__directory_user__tenant=tenant, role=Role.GLOBAL_ADMIN
    ).user


@pytest.fixture
def client(boss: User, sign_in: SignIn) -> Client:
    return sign_in(boss)


def called(tenant: Tenant, *names: str) -> list[DirectoryUser]:
    return [DirectoryUserFactory.create(tenant=tenant, display_name=name) for name in names]


def many(
    tenant: Tenant, count: int, name: str = "Kim Kramer", domain: str = "k.example"
) -> list[DirectoryUser]:
    """`count` guests, with their words, in few statements."""
    people = DirectoryUser.objects.bulk_create(
        DirectoryUser(
            tenant=tenant,
            display_name=f"{name} {n:04d}",
            user_principal_name=f"k{n}@{domain}",
            kind="guest",
        )
        for n in range(count)
    )
    DirectoryUserWord.objects.write_all(people)
    return people


# Pickers


def picker(client: Client, address: str, words: str) -> tuple[list[str], str]:
    page = client.get(address, {"q": words}).text
    announced = re.search(r'data-announce="(.*?)"', page)
    assert announced
    return re.findall(r"<span>\s*<strong>\s*<bdi>(.*?)</bdi>\s*</strong>", page), announced[1]


@pytest.fixture(params=["assign", "transfer", "role"])
def address(request: pytest.FixtureRequest, tenant: Tenant) -> str:
    credit = factories.BenefitFactory.create(
        partner=tenant.partner,
        **({"bulk": True} if request.param == "transfer" else {"monthly": True}),
    )
    if request.param == "transfer":
        held = factories.AssignmentFactory.create(benefit=credit, directory_user__tenant=tenant)
        return reverse("benefits:transfer", args=[credit.pk, held.pk])
    return (
        reverse("benefits:assign", args=[credit.pk])
        if request.param == "assign"
        else reverse("tenants:give-role")
    )


def test_a_picker_shows_the_first_20_people_and_says_of_how_many(
    client: Client, tenant: Tenant, address: str
) -> None:
    """Each has two words that begin with k: it is people that are counted, not words."""
    many(tenant, 40)
    shown, announced = picker(client, address, "k")
    assert shown == [f"Kim Kramer {n:04d}" for n in range(20)]
    assert announced == "40 people found. The first 20 of 40 are shown."
    assert "The first 20 of 40 are shown." in re.sub(
        r'data-announce=".*?"', "", client.get(address, {"q": "k"}).text
    )


@pytest.mark.parametrize(
    ("query", "total"), [("q=k", 3), ("q=k&show=guests", 2), ("q=kim+k", 2), ("q=", 3)]
)
def test_the_directory_counts_people_and_only_those_asked_for(
    partner: Partner, query: str, total: int
) -> None:
    tenant = factories.TenantFactory.create(partner=partner)
    many(tenant, 2)
    DirectoryUserFactory.create(tenant=tenant, display_name="Kai", user_principal_name="kai@k.co")
    many(factories.TenantFactory.create(), 1)
    listing = DirectoryListing.of([tenant], QueryDict(query))
    page = listing.page(DirectoryUser.objects.for_partner(partner))
    assert page.total == total
    assert listing.page_of(partner) == page


def test_a_picker_does_not_count_beyond_1000(client: Client, tenant: Tenant, address: str) -> None:
    many(tenant, 1_001)
    assert (
        picker(client, address, "kim")[1]
        == "More than 1,000 people found. The first 20 of more than 1,000 are shown."
    )


@pytest.mark.parametrize(
    ("count", "announced"),
    [(1, "1 person found."), (20, "20 people found."), (0, "0 people found.")],
)
def test_a_picker_that_shows_all_says_nothing_of_first_ones(
    client: Client, tenant: Tenant, address: str, count: int, announced: str
) -> None:
    many(tenant, count)
    assert picker(client, address, "kim")[1] == announced
    assert "are shown" not in client.get(address, {"q": "kim"}).text


def test_the_search_box_says_how_many_people_there_are_and_leads_to_all(
    client: Client, tenant: Tenant
) -> None:
    many(tenant, 9)
    page = client.get(reverse("search"), {"q": "kim"}).text
    assert "The first 6 of 9 are shown." in page
    assert len(re.findall("Kim Kramer", page)) == 6
    assert f'href="{reverse("tenants:users")}?q=kim"' in page


# Search

FOUND = {
    "another apostrophe": ("Siobhán O'Brien", "O’Brien"),
    "a typed one": ("Aoife O’Shea", "O'Shea"),
    "none": ("Aoife O’Shea", "oshea"),
    "a hyphen that does not break": ("Jean-Luc Picard", "Jean\N{NON-BREAKING HYPHEN}Luc"),
    "no hyphen": ("Jean-Luc Picard", "jeanluc"),
    "a hyphen where there is none": ("Jean Luc Picard", "jean-luc"),
    "plain letters": ("Łukasz Øst", "lukasz ost"),
    "other case": ("Søren García", "SØREN GARCÍA"),
    "Greek": ("Αλέξανδρος Νικολάου", "ΝΙΚΟΛΑΟΥ"),
}


@pytest.mark.parametrize(("name", "typed"), FOUND.values(), ids=FOUND)
def test_a_person_is_found_in_the_portal_and_in_the_back_office(
    client: Client, sign_in: SignIn, boss: User, tenant: Tenant, name: str, typed: str
) -> None:
    person, other = called(tenant, name, "Somebody Else")
    credit = factories.BenefitFactory.create(partner=tenant.partner, monthly=True)
    account = factories.RoleAssignmentFactory.create(
        user__directory_user=person, user__name=name, role=Role.MEMBER
    ).user
    User.objects.filter(pk=boss.pk).update(is_staff=True, is_superuser=True)
    for page in ("tenants:users", "tenants:roles", "tenants:give-role", "search"):
        shown = client.get(reverse(page), {"q": typed}).text
        assert f">{name}<" in shown.replace("&#x27;", "'"), page
        assert other.display_name not in shown, page
    assert name in client.get(
        reverse("benefits:assign", args=[credit.pk]), {"q": typed}
    ).text.replace("&#x27;", "'")
    for model, row in (("directoryuser", person), ("user", account)):
        listed = (
            client.get(reverse(f"admin:tenants_{model}_changelist"), {"q": typed})
            .context["cl"]
            .result_list
        )
        assert list(listed) == [row]
        asked = {
            "term": typed,
            "app_label": "tenants",
            "model_name": "roleassignment",
            "field_name": "user",
        }
        chosen = client.get(reverse("admin:autocomplete"), asked).json()["results"]
        assert [one["id"] for one in chosen] == [str(account.pk)]


PASTED = [
    "\N{LEFT-TO-RIGHT EMBEDDING}{}\N{POP DIRECTIONAL FORMATTING}",
    "<{}>",
    "mailto:{}",
    "Kim <{}>;",
    "{}\N{ZERO WIDTH SPACE}",
]
PASTED += [
    "john_fabrikam.example#EXT#@contoso.onmicrosoft.com",
    "<John_Fabrikam.example#EXT#@contoso.onmicrosoft.com>",
    "john_fabrikam.example%23EXT%23@contoso.onmicrosoft.com",
    "live.com#john@fabrikam.example",
]


@rule("W2", "W3")
@pytest.mark.parametrize("pasted", PASTED)
def test_a_pasted_address_is_found_at_every_search_field(
    client: Client, boss: User, tenant: Tenant, pasted: str
) -> None:
    guest = DirectoryUserFactory.create(
        tenant=tenant,
        display_name="Kim John",
        user_principal_name="john@fabrikam.example",
        kind="guest",
    )
    credit = factories.BenefitFactory.create(partner=tenant.partner, monthly=True)
    factories.AssignmentFactory.create(benefit=credit, directory_user=guest)
    called(tenant, "Somebody Else")
    words = pasted.replace("{}", guest.user_principal_name)
    User.objects.filter(pk=boss.pk).update(is_staff=True, is_superuser=True)
    users, holders = reverse("tenants:users"), reverse("benefits:holders", args=[credit.pk])
    assert [client.get(page, {"q": words}).context["page"].total for page in (users, holders)] == [
        1,
        1,
    ]
    people = client.get(reverse("search"), {"q": words}).context["groups"]
    assert [[row.title for row in group["rows"]] for group in people] == [["Kim John"]]
    assert list(
        client.get(reverse("admin:tenants_directoryuser_changelist"), {"q": words})
        .context["cl"]
        .result_list
    ) == [guest]


def test_words_without_letters_find_nobody_rather_than_everybody(
    client: Client, tenant: Tenant
) -> None:
    called(tenant, "Kim")
    assert client.get(reverse("tenants:users"), {"q": "@"}).context["page"].total == 0
    assert client.get(reverse("tenants:users"), {"q": ""}).context["page"].total > 0


# Order

NAMES = ["Åsa", "adam", "Łukasz", "Zoë", "Lucas", "Lyon", "Ärla", "Bob"]
IN_ORDER = ["adam", "Ärla", "Åsa", "Bob", "Lucas", "Łukasz", "Lyon", "Zoë"]


def test_the_directory_is_sorted_by_name_as_people_do_from_page_to_page(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    called(tenant, *NAMES)
    people = DirectoryUser.objects.for_partner(tenant.partner)
    monkeypatch.setattr(DirectoryListing, "page_size", 3)
    for sort, expected in (("", IN_ORDER), ("sort=-name", IN_ORDER[::-1]), ("sort=kind", IN_ORDER)):
        found, query = [], sort
        while True:
            page = DirectoryListing.of([], QueryDict(query)).page(people)
            found += [person.display_name for person in page.rows]
            if not page.next_href:
                break
            query = page.next_href[1:]
        assert found == expected


def test_holders_and_roles_and_partners_are_sorted_so_too(
    client: Client, boss: User, tenant: Tenant
) -> None:
    credit = factories.BenefitFactory.create(partner=tenant.partner, monthly=True)
    for name, person in zip(NAMES, called(tenant, *NAMES), strict=True):
        factories.AssignmentFactory.create(benefit=credit, directory_user=person)
        factories.RoleAssignmentFactory.create(
            user__directory_user=person, user__name=name, role=Role.MEMBER
        )
        factories.PartnerFactory.create(name=name)
    held = (
        client.get(reverse("benefits:holders", args=[credit.pk]), {"sort": "name"})
        .context["page"]
        .rows
    )
    roles = (
        client.get(reverse("tenants:roles"), {"sort": "name", "role": "member"})
        .context["page"]
        .rows
    )
    assert [one.directory_user.display_name for one in held] == IN_ORDER
    assert [one.user.name for one in roles] == IN_ORDER
    assert [one.name for one in Partner.objects.filter(name__in=NAMES)] == IN_ORDER


# Columns that are kept


@pytest.mark.parametrize("model", DERIVED)
def test_search_texts_and_sort_keys_follow_the_row_however_it_is_written(
    model: type[Model], tenant: Tenant
) -> None:
    factories.PackageLineFactory.create(benefit_type="incremental", competency="Data")
    factories.TenantRequestFactory.create(partner=tenant.partner)
    factories.ExternalOfferFactory.create()
    factories.UserFactory.create()
    row = model._default_manager.latest("pk")
    column, source = (
        derived_columns(model)[-1],
        model._meta.get_field(derived_columns(model)[-1]).sources[0],
    )
    setattr(row, source, "Ænew")
    row.save()
    assert list(stale_rows(model)) == []
    assert "aenew" in model._default_manager.values_list(column, flat=True).get(pk=row.pk).split()
    setattr(row, source, "Øther")
    model._default_manager.bulk_update([row], [source, *derived_columns(model)])
    assert list(stale_rows(model)) == []
    model._default_manager.filter(pk=row.pk).update(**{source: "Æfter"})
    assert list(stale_rows(model)) == []
    assert "aefter" in model._default_manager.values_list(column, flat=True).get(pk=row.pk).split()
    model._base_manager.filter(pk=row.pk).update(**{source: "Unnoticed"})
    assert list(stale_rows(model)) == [row.pk]
    refresh(model._default_manager.all())
    assert list(stale_rows(model)) == []


# Lists of many


def narrowed(partner: Partner, records: RecordQuerySet, words: str) -> RecordQuerySet:
    return ActivityFilter(partner, QueryDict(f"person={words}")).of(records)


@pytest.mark.slow
def test_activity_finds_more_people_than_a_statement_takes_parameters(
    tenant: Tenant, by: Actor
) -> None:
    people = many(tenant, MAX_KEYS + 20)
    last = people[-1]
    about = Record.objects.log(
        "tenants.person-disabled", by=by, partner=tenant.partner, subject=last
    )
    given = Record.objects.log(
        "benefits.assigned", by=by, partner=tenant.partner, after={"person": last.pk}
    )
    taken = Record.objects.log(
        "benefits.removed", by=by, partner=tenant.partner, before={"person": last.pk}
    )
    other = Record.objects.log(
        "tenants.person-disabled", by=by, partner=tenant.partner, subject=tenant
    )
    records = Record.objects.for_partner(tenant.partner)
    with CaptureQueriesContext(connection) as asked:
        assert set(narrowed(tenant.partner, records, "kim")) == {about, given, taken}
    assert set(narrowed(tenant.partner, records, f"{MAX_KEYS + 19:04d}")) == {about, given, taken}
    assert other not in set(narrowed(tenant.partner, records, "kim"))
    assert max(len(query["sql"]) for query in asked) < 10_000


@pytest.mark.parametrize("count", [MAX_KEYS, MAX_KEYS + 1])
def test_few_and_many_are_found_and_counted_alike(tenant: Tenant, count: int) -> None:
    many(tenant, count)
    DirectoryUserFactory.create(display_name="Kim Kramer")  # of another partner
    DirectoryUserFactory.create(tenant=tenant, display_name="Kim Other")
    found = DirectoryUser.objects.first_matching(tenant.partner, "kramer kim", 20)
    here = DirectoryUser.objects.for_partner(tenant.partner)
    assert found.total == count
    assert list(found) == list(here.matching("kramer kim").by_name()[:20])


def test_the_back_office_finds_rows_of_all_who_match_beyond_a_few(
    sign_in: SignIn, boss: User, tenant: Tenant
) -> None:
    people = many(tenant, MAX_KEYS + 20)
    User.objects.filter(pk=boss.pk).update(is_staff=True, is_superuser=True)
    credit = factories.BenefitFactory.create(partner=tenant.partner, monthly=True)
    held = [
        factories.AssignmentFactory.create(benefit=credit, directory_user=person)
        for person in (people[0], people[-1])
    ]
    listed = (
        sign_in(boss)
        .get(reverse("admin:benefits_assignment_changelist"), {"q": "kim kramer"})
        .context["cl"]
        .result_list
    )
    assert set(listed) == set(held)


def test_names_written_past_the_portal_are_named_and_folded_again(
    tenant: Tenant, capsys: pytest.CaptureFixture[str]
) -> None:
    person = DirectoryUserFactory.create(tenant=tenant)
    for model, source, name in (
        (DirectoryUser, "display_name", "Łukasz"),
        (Partner, "name", "Øst"),
    ):
        model._base_manager.filter(pk__in=[person.pk, tenant.partner_id]).update(**{source: name})
    assert not DirectoryUser.objects.matching("lukasz").exists()
    lines = [
        check.run() for check in CHECKS if check.model in (DirectoryUser, Partner) and check.run()
    ]
    assert len(lines) == 3
    call_command("fold_names")
    assert [check.run() for check in CHECKS if check.model in (DirectoryUser, Partner)] == [
        None
    ] * sum(check.model in (DirectoryUser, Partner) for check in CHECKS)
    assert list(DirectoryUser.objects.matching("lukasz")) == [person]
    assert "tenants.partner: 1 folded" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("number", [MAX_KEYS - 1, MAX_KEYS + 1])
@pytest.mark.parametrize("words", ["kim", "kim lee", "kim lee nobody", "lee", "!", ""])
def test_few_and_many_are_found_alike(tenant: Tenant, number: int, words: str) -> None:
    names = ["Kim Lee"] * number + ["Kim Ray", "Lee Ann", "Kimberley Lee"]
    people = [
        DirectoryUserFactory.build(tenant=place, partner=place.partner, display_name=name)
        for place in (tenant, factories.TenantFactory.create())
        for name in names
    ]
    DirectoryUserWord.objects.write_all(DirectoryUser.objects.bulk_create(people))
    theirs = DirectoryUser.objects.filter(partner=tenant.partner)
    sought, found = PeopleSought(tenant.partner_id, words), theirs.matching(words)
    assert set(sought.among(theirs)) == set(found)
    assert sought.is_everybody == (not words)
    assert sought.is_everybody or sought.total == found.count()


@pytest.mark.parametrize(("most", "found"), [(2, 3), (3, 4), (4, 4), (5, 4)])
def test_whom_words_mean_is_counted_as_far_as_it_matters(
    tenant: Tenant, most: int, found: int
) -> None:
    people = DirectoryUserFactory.create_batch(4, tenant=tenant, display_name="Kim Kimberley")
    rows = found_by.tuples(tenant.partner_id, "k", most=most)
    assert sorted(rows) == [(person.pk, found) for person in people]


@pytest.mark.parametrize("how", get_args(How.__value__))
@pytest.mark.parametrize("query", ["", "show=guests", "sort=-name", "sort=kind"])
def test_the_directory_finds_alike_by_keys_and_by_words(
    tenant: Tenant, how: How, query: str
) -> None:
    for number, kind in enumerate(["member", "guest"] * 2):
        DirectoryUserFactory.create(tenant=tenant, display_name=f"Kim {number}", kind=kind)
    DirectoryUserFactory.create(tenant=tenant, display_name="Lee")
    theirs = DirectoryUser.objects.for_partner(tenant.partner)
    usual = DirectoryListing.of([tenant], QueryDict(f"q=kim&{query}"))
    listing = DirectoryListing.of([tenant], QueryDict(query))
    keys = in_one_text(theirs.matching("kim").values_list("pk", flat=True))
    listing.meant = Meant(tenant.partner_id, how, (keys if how == "by keys" else "kim",))
    assert listing.page(theirs).rows == usual.page_of(tenant.partner).rows
