"""Whose data a field holds is declared, and no name and no address gets on record (rule A1)."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection, models
from django.db.models import Value
from django.test import Client
from django.test.utils import isolate_apps
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from benefits_portal.benefits.models import ProductKey
from benefits_portal.fields import CanonicalEmailField, LineField, PersonNameField
from benefits_portal.licensing.models import Redemption
from benefits_portal.personal import Personal, Undeclared, own_models, personal, without_names
from benefits_portal.tenants.audit.append_only import AppendOnly
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import (
    Actor,
    DirectoryUser,
    FormerName,
    Partner,
    Record,
    RoleAssignment,
    TenantRequest,
    User,
)
from tests import factories
from tests.acts import ACTS, Act, add_user, give_role, invite_guest
from tests.back_office.conftest import BECAUSE, filled, page
from tests.partner_fixture import PartnerFixture
from tests.world import rolled_back

pytestmark = [pytest.mark.django_db, pytest.mark.rule("A1")]

# In whatever people are called; no thing is called so
FIRST, LAST = "Xanthippe", "Zwaardemaker"
HELD = {  # all that a dump holds of a person, beside who did what when
    Personal.NAME: {
        "DirectoryUser.display_name",
        "DirectoryUser.sort_name",
        "DirectoryUser.search_text",
        "DirectoryUserWord.word",
        "FormerName.text",
        "Room.name",
        "User.name",
        "User.sort_name",
        "User.search_text",
    },
    Personal.EMAIL: {"DirectoryUser.user_principal_name", "User.email"},
    Personal.FREE_TEXT: {
        "Record.reason",
        "Record.before",
        "Record.after",
        "ProductKey.revoked_why",
        "Replacement.why",
        "Replacement.declined_because",
    },
    Personal.PREFERENCE: {"User.language", "Preference.thresholds", "Preference.topics_off"},
    Personal.SECRET: {"User.password", "Feed.digest", "Mail.sealed", "Room.return_digest"},
    Personal.DIGEST: {"Attempt.subject", "Attempt.account"},
}


# Declared


def test_every_field_that_can_hold_text_says_whose_it_is() -> None:
    held: dict[Personal | None, set[str]] = {}
    for model in own_models():
        for field in model._meta.concrete_fields:
            held.setdefault(personal(field), set()).add(f"{model.__name__}.{field.name}")
    assert len(held.pop(None)) > 100
    assert held == HELD


UNDECLARED: dict[str, Any] = {
    "text": models.TextField(),
    "line": models.CharField(max_length=5),
    "tidied": LineField(max_length=5),
    "slug": models.SlugField(),
    "facts": models.JSONField(),
    "bytes": models.BinaryField(),
    "file": models.FileField(),
    "network_address": models.GenericIPAddressField(),
    "worked_out": models.GeneratedField(
        expression=Value("x"), output_field=models.CharField(max_length=5), db_persist=True
    ),
}


@pytest.mark.parametrize("name", UNDECLARED)
@isolate_apps("benefits_portal.tenants")
def test_a_field_for_text_of_which_nobody_says_whose_it_is_fails(name: str) -> None:
    field = UNDECLARED[name].clone()
    Note: Any = type(  # noqa: N806 - a model
        "Note", (models.Model,), {"__module__": DirectoryUser.__module__, name: field}
    )
    with pytest.raises(Undeclared, match=f"Note.{name} can hold text"):
        personal(Note._meta.get_field(name))


@isolate_apps("benefits_portal.tenants")
def test_what_holds_no_text_of_its_own_needs_no_word() -> None:
    class Note(models.Model):
        count = models.IntegerField()
        on = models.DateField()
        kind = models.CharField(max_length=1, choices={"a": "A"})
        number = models.UUIDField()
        about = models.ForeignKey("self", models.CASCADE)

        class Meta:
            app_label = "tenants"

    fields = [field for field in Note._meta.concrete_fields if not field.primary_key]
    assert [personal(field) for field in fields] == [None] * 5


@isolate_apps("benefits_portal.tenants")
def test_names_and_addresses_are_known_by_their_kind_of_field() -> None:
    class Note(models.Model):
        of = PersonNameField(max_length=5)
        to = CanonicalEmailField(max_length=5)

        class Meta:
            app_label = "tenants"

    fields = [field for field in Note._meta.concrete_fields if not field.primary_key]
    assert [personal(field) for field in fields] == [Personal.NAME, Personal.EMAIL]


@pytest.mark.parametrize(
    ("subject", "kept"),
    [
        (DirectoryUser(), {"name": "a", "kind": "b"}),
        (User(), {"kind": "b"}),
        (Partner(), {"name": "a", "kind": "b"}),
        (TenantRequest(), {"name": "a", "kind": "b"}),
        (Group(), {"name": "a", "kind": "b"}),
        (None, {"name": "a", "kind": "b"}),
    ],
)
def test_facts_are_without_what_people_are_called(
    subject: models.Model | None, kept: dict[str, str]
) -> None:
    facts = {
        "name": "a",
        "kind": "b",
        "display_name": "c",
        "user_principal_name": "d",
        "email": "e",
    }
    assert without_names(facts, subject) == dict.fromkeys(facts) | kept


# On record


def found_in(model: type[models.Model]) -> list[str]:
    """The rows of `model` in which a planted name or address stands, as the database has them."""
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")  # noqa: S608 - the table's name is our own
        texts = [str(row).casefold() for row in cursor.fetchall()]
    return [text for text in texts if FIRST.casefold() in text or LAST.casefold() in text]


def on_record() -> dict[str, list[str]]:
    """Where a planted text stands in a row that is never changed."""
    kept = [model for model in own_models() if issubclass(model, AppendOnly)]
    assert {Record, Redemption, ProductKey} <= set(kept)
    found = {model.__name__: found_in(model) for model in kept}
    return {name: rows for name, rows in found.items() if rows}


def plant(sample: PartnerFixture) -> None:
    """Call everybody at the partner by the planted name and address."""
    for person in DirectoryUser.objects.filter(partner=sample.partner):
        person.display_name = f"{FIRST} {LAST} {person.pk}"
        person.user_principal_name = f"{FIRST}.{LAST}{person.pk}@{person.tenant.domain}"
        person.save()
    for user in User.objects.filter(directory_user__partner=sample.partner):
        user.name, user.email = f"{FIRST} {LAST} {user.pk}", f"{FIRST}{user.pk}@{LAST}.example"
        user.save()


def planted(form: dict[str, Any], sample: PartnerFixture) -> dict[str, Any]:
    """`form` with the planted name and address of somebody new."""
    if "address" not in form:
        return form
    domain = form["address"].partition("@")[2]
    return form | {"name": f"{FIRST} New", "address": f"{LAST}@{domain}"}


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[PartnerFixture]:
    """Made once: each test has a copy, and what it changes is rolled back."""
    with django_db_blocker.unblock(), rolled_back(), time_machine.travel(factories.NOW, tick=False):
        yield PartnerFixture.with_everything("One")


@pytest.fixture
def sample(db: None, made: PartnerFixture) -> Iterator[PartnerFixture]:
    with time_machine.travel(factories.NOW, tick=False):
        yield deepcopy(made)


@pytest.fixture
def office(sample: PartnerFixture) -> Client:
    client = Client()
    client.force_login(factories.UserFactory.create(staff=True, is_superuser=True))
    return client


def send(sample: PartnerFixture, make: Callable[[PartnerFixture], Act]) -> None:
    """Do it, and do it again, which is refused or a second click."""
    act = make(sample)
    plant(sample)
    staff = factories.UserFactory.create(staff=True, is_superuser=True)
    client = Client()
    client.force_login(staff if act.by_staff else sample.boss)
    client.get(reverse("home"))
    form = planted(act.form, sample) | {"acting_in": sample.tenant_token}
    before = Record.objects.count()
    for minutes in (0, 5):
        with time_machine.travel(factories.NOW.replace(minute=minutes), tick=False):
            client.post(act.url, form)
    assert Record.objects.count() > before or not act.action


def there_was_something_to_leak() -> list[bool]:
    return [bool(found_in(model)) for model in (DirectoryUser, User)]


@pytest.mark.slow
@pytest.mark.parametrize("make", ACTS)
def test_no_act_puts_a_name_or_an_address_on_record(
    sample: PartnerFixture, make: Callable[[PartnerFixture], Act]
) -> None:
    send(sample, make)
    assert (on_record(), there_was_something_to_leak()) == ({}, [True, True])


@pytest.mark.parametrize("make", [add_user, invite_guest, give_role])
def test_nobody_comes_on_record_by_name(
    sample: PartnerFixture, make: Callable[[PartnerFixture], Act]
) -> None:
    send(sample, make)
    assert (on_record(), there_was_something_to_leak()) == ({}, [True, True])


def edit(office: Client, row: models.Model, **changes: str) -> None:
    its_page = page(type(row), "change", row.pk)
    assert (
        office.post(its_page, filled(office.get(its_page), **changes) | BECAUSE).status_code == 302
    )


def test_nobody_comes_on_record_by_name_in_the_back_office(
    sample: PartnerFixture, office: Client
) -> None:
    name, address = f"{FIRST} Was", f"{FIRST}@{sample.tenant.domain}"
    edit(office, sample.person, display_name=name, user_principal_name=address)
    edit(office, sample.person, display_name="Xi", user_principal_name=f"xi@{sample.tenant.domain}")
    edit(office, sample.nobody, name=name, email=f"{LAST}@example.com")
    edit(office, sample.nobody, name="Xi", email="xi@example.com")
    person = {"tenant": sample.tenant.pk, "kind": "member"}
    new = person | {"display_name": name, "user_principal_name": f"new{address}"}
    office.post(page(DirectoryUser, "add"), new)
    account = {"email": f"new{LAST}@example.com", "name": name, "usable_password": "false"}
    office.post(page(User, "add"), account)
    assert [*Record.objects.order_by("pk").values_list("action", flat=True)][-6:] == [
        *["tenants.edited"] * 4,
        *["tenants.created"] * 2,
    ]
    assert (on_record(), there_was_something_to_leak()) == ({}, [True, True])
    assert len(found_in(FormerName)) == 4


def test_nobody_comes_on_record_by_name_from_a_file(sample: PartnerFixture, tmp_path: Any) -> None:
    file = tmp_path / "people.csv"
    for name in (f"{FIRST} Was", f"{FIRST} Is"):
        line = f"{sample.tenant.domain},{LAST}@{sample.tenant.domain},{name},member\n"
        file.write_text(f"tenant,user_principal_name,name,kind\n{line}", encoding="utf-8")
        call_command("import_csv", "people", str(file), "--reason", "Yearly")
    done = Record.objects.filter(reason="Yearly").order_by("pk")
    assert [record.action for record in done] == ["tenants.person-added", "tenants.edited"]
    assert on_record() == {}
    assert [len(found_in(model)) for model in (DirectoryUser, FormerName)] == [1, 1]


def test_what_is_refused_names_nobody_on_record(sample: PartnerFixture) -> None:
    plant(sample)
    person, by = sample.person, Actor(sample.boss)
    person.refresh_from_db()
    attempts: list[Callable[[], object]] = [
        lambda: sample.bulk.assign(person, by=by, on=factories.TODAY),
        lambda: DirectoryUser.objects.add_to(
            sample.tenant, "Xi", person.user_principal_name, by=by
        ),
        lambda: DirectoryUser.objects.add_to(
            sample.tenant, FIRST, f"{LAST}@elsewhere.example", by=by
        ),
        lambda: ProductKey.objects.get(pk=sample.redemption.key_id).reveal(
            by=by, on=factories.TODAY
        ),
        lambda: RoleAssignment.objects.give(factories.person_of(sample.admin), "member", by=by),  # type: ignore[arg-type]
    ]
    for attempt in attempts:
        with suppress(Refusal):
            attempt()
    assert [
        *Record.objects.exclude(refused="").order_by("pk").values_list("refused", flat=True)
    ] == [
        "already-held",
        "already-in-directory",
        "address-outside-tenant",
        "key-already-redeemed",
        "role-already-held",
    ]
    assert (on_record(), there_was_something_to_leak()) == ({}, [True, True])


def test_what_somebody_searched_for_names_nobody_on_record(
    sample: PartnerFixture, office: Client
) -> None:
    plant(sample)
    portal = Client()
    portal.force_login(sample.boss)
    for name in ("users", "roles", "activity"):
        query = f"?q={FIRST}+{LAST}&person={FIRST}&show={FIRST}&{LAST}=1&tenant={LAST}"
        portal.get(reverse(f"tenants:{name}-csv") + query)
    for model in (User, DirectoryUser, Record):
        office.get(f"{page(model, 'export')}?q={FIRST.lower()}.{LAST.lower()}")
    member = Client()
    member.force_login(sample.member)
    member.get(reverse("tenants:activity") + f"?person={FIRST}")
    member.post(reverse("tenants:add-user") + f"?{FIRST}", {"name": LAST, "acting_in": "0-0"})
    done = Counter(Record.objects.values_list("action", flat=True))
    told = ("list-downloaded", "page-refused", "form-refused")
    assert [done[f"tenants.{what}"] for what in told] == [6, 1, 1]
    assert (on_record(), there_was_something_to_leak()) == ({}, [True, True])
