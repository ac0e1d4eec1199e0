"""The record is shown by the labels of its fields, and nothing as done that was not (A1, A2)."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin as back_office
from django.db.models import Field
from django.urls import reverse
from django.utils import translation

from benefits_portal.derived_fields import derived_columns
from benefits_portal.tenants.admin.base import AuditedAdmin
from benefits_portal.tenants.admin.edits_on_record import INTERNAL, SECRETS
from benefits_portal.tenants.audit.display import all_changes, lines
from benefits_portal.tenants.audit.labels import FILTERS, label_of
from benefits_portal.tenants.exceptions import AlreadyInDirectory, NotPermitted
from benefits_portal.tenants.models import Actor, DirectoryUser, Record, Tenant, User
from tests.clients import SignIn
from tests.factories import DirectoryUserFactory, OfferFactory, UserFactory, person_of

pytestmark = [pytest.mark.django_db, pytest.mark.rule("A2")]

SAME_IN_DUTCH = {"Partner", "Tenant", "Product", "Persona"}


def fields_on_record() -> Iterator["Field[Any, Any]"]:
    """Every field that the back office may put on record."""
    for model, its_admin in back_office.site._registry.items():
        if isinstance(its_admin, AuditedAdmin):
            left_out = {*SECRETS, *INTERNAL, *derived_columns(model)}
            fields = [*model._meta.fields, *model._meta.many_to_many]
            yield from (
                field
                for field in fields
                if not field.primary_key and field.editable and field.name not in left_out
            )


def test_every_field_on_record_has_a_label_in_both_languages() -> None:
    fields = list(fields_on_record())
    assert len(fields) > 30
    english = {field: str(label_of(field.name, field)) for field in fields}
    with translation.override("nl"):
        dutch = {field: str(label_of(field.name, field)) for field in fields}
    raw = [str(field) for field in fields if "_" in english[field] or "_" in dutch[field]]
    same = [
        str(field)
        for field in fields
        if english[field] == dutch[field] and english[field] not in SAME_IN_DUTCH
    ]
    assert (raw, same) == ([], [])


@pytest.mark.parametrize(
    ("language", "labels"),
    [
        ("en", ["Kind: Guest"]),
        ("nl", ["Soort: Gast"]),
    ],
)
def test_what_was_refused_to_be_made_is_told_by_labels(
    tenant: Tenant, by: Actor, language: str, labels: list[str]
) -> None:
    facts = {"display_name": "Kim", "user_principal_name": "kim@contoso.com", "kind": "guest"}
    record = Record.objects.log(
        "tenants.guest-invited",
        by=by,
        partner=tenant.partner,
        after=facts,
        refusal=AlreadyInDirectory(admin_entry(by)),
    )
    with translation.override(language):
        [line] = lines([record], tenant.partner)
        assert sorted(map(str, line.changes)) == sorted(labels)
        assert sorted(map(str, all_changes(record))) == sorted(labels)


def admin_entry(by: Actor) -> DirectoryUser:
    assert by.user
    return person_of(by.user)


def test_an_enrollment_that_was_refused_names_its_offer_and_day(tenant: Tenant, by: Actor) -> None:
    offer = OfferFactory.create(name="Gold competency")
    tried = {"offer": offer.pk, "starts_on": "2027-01-31"}
    record = Record.objects.log(
        "benefits.provisioned", by=by, partner=tenant.partner, after=tried, refusal=NotPermitted()
    )
    [line] = lines([record], tenant.partner)
    assert [str(change) for change in line.changes] == [
        "Offer: Gold competency",
        "Starts on: Jan 31, 2027",
    ]


def test_a_downloaded_list_says_in_words_what_it_was_filtered_by(tenant: Tenant, by: Actor) -> None:
    reverse("tenants:activity")  # the lists, which know their filters, come with the URLs
    after = {
        "list": "users",
        "rows": 1200,
        "filters": "show=guests, since=2027-01-31, refused=True, q=k…",
    }
    record = Record.objects.log(
        "tenants.list-downloaded", by=by, partner=tenant.partner, after=after
    )
    with translation.override("nl"):
        [line] = lines([record], tenant.partner)
        labels = sorted(map(str, line.changes))
    filters = "Filters: Snelfilters: Gasten, Van: 31 januari 2027, Alleen geweigerd: ja, Zoeken: k…"
    assert labels == [filters, "Lijst: Directorygebruikers", "Rijen: 1.200"]


def test_every_filter_of_a_portal_list_has_a_label(admin: User, sign_in: SignIn) -> None:
    browser = sign_in(admin)
    pages = [
        "benefits:azure-cloud",
        "licensing:products",
        "tenants:users",
        "tenants:roles",
        "tenants:activity",
    ]
    names = {
        name
        for page in pages
        for name in re.findall(r'<select[^>]* name="([a-z_]+)"', browser.get(reverse(page)).text)
    }
    assert {"offer", "kind", "action"} <= names
    assert names - FILTERS.keys() - {"language", "next"} == set()


@pytest.mark.rule("A1")
def test_every_action_has_words_for_an_attempt_that_was_refused() -> None:
    assert len(Record.actions) > 30
    missing = Record.actions.keys() - Record.attempts.keys()
    as_done = [
        action
        for action, label in Record.attempts.items()
        if str(label) == str(Record.actions[action])
    ]
    assert (missing, as_done) == (set(), [])


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    ("language", "done", "refused"),
    [("en", "Invited a guest", "Invite a guest"), ("nl", "Gast uitgenodigd", "Gast uitnodigen")],
)
def test_a_refused_invitation_is_not_told_as_done(
    tenant: Tenant, admin: User, by: Actor, sign_in: SignIn, language: str, done: str, refused: str
) -> None:
    for refusal in (None, NotPermitted()):
        Record.objects.log("tenants.guest-invited", by=by, partner=tenant.partner, refusal=refusal)
    browser = sign_in(admin)
    browser.cookies["django_language"] = language
    labels = [
        line.what for line in browser.get(reverse("tenants:activity")).context["history"].lines
    ]
    assert labels == [refused, done]


def test_the_back_office_shows_all_facts_by_label(sign_in: SignIn, tenant: Tenant) -> None:
    staff = UserFactory.create(staff=True, is_superuser=True)
    by = Actor(staff)
    after = {"display_name": "Kim", "key": 1234, "keys": [7, 8]}
    kim = DirectoryUserFactory.create(tenant=tenant, display_name="Kim")
    record = Record.objects.log("tenants.edited", by=by, subject=kim, after=after)
    page = sign_in(staff).get(reverse("admin:tenants_record_change", args=[record.pk])).text
    labels = sorted(
        re.findall(r'<tr><th scope="row">(.*?)</th><td>.*?</td><td>(.*?)</td></tr>', page)
    )
    assert labels == [("Name", "Kim"), ("Product key", "1234"), ("Product keys", "7, 8")]
