"""Who comes into the back office, and what they can do there: ledgers are changed by nobody."""

from datetime import date
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db.models import Model
from django.db.models.signals import post_migrate
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.models import (
    Assignment,
    Benefit,
    HeldOffer,
    Membership,
    PackageLine,
    ProductKey,
)
from benefits_portal.licensing.models import (
    LicenseAssignment,
    Order,
    Redemption,
    Replacement,
    Reversal,
    Subscription,
)
from benefits_portal.reminders.models import Digest, Feed, Preference, Run, Silence
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import (
    Attempt,
    KeyAttempt,
    Partner,
    PracticeWorld,
    Record,
    RoleAssignment,
    User,
)
from benefits_portal.tenants.staff_permissions import make_groups
from tests import factories
from tests.clients import SignIn, request_of

from .conftest import filled, make_rows, page, registered
from .test_pages import MADE_BY_HAND

LEDGERS = [
    Record,
    KeyAttempt,
    PracticeWorld,
    Benefit,
    ProductKey,
    Assignment,
    Subscription,
    Redemption,
    Order,
    Reversal,
    Replacement,
    LicenseAssignment,
    Digest,
    Preference,
    Silence,
    Feed,
    Run,
]
BACK_OFFICE_GUIDE = Path(__file__).parents[2] / "docs" / "back-office.md"
INDEX = "/back-office/"
REFUSED = (403, 403, 403)


def answers_to_changes(office: Client, model: type[Model]) -> tuple[int, ...]:
    """What the back office answers to an attempt to add, to change and to delete.

    Deleting from the list is tried as well.
    """
    row = model._default_manager.latest("pk")
    sent = {field.name: "1" for field in model._meta.fields if not field.primary_key}
    office.post(
        page(model, "changelist"),
        {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"},
    )
    attempts = {
        page(model, "add"): sent,
        page(model, "change", row.pk): sent,
        page(model, "delete", row.pk): {"post": "yes"},
    }
    return tuple(office.post(address, values).status_code for address, values in attempts.items())


@pytest.mark.rule("A1", "K3")
def test_nobody_adds_to_a_ledger_changes_it_or_deletes_from_it(office: Client, today: date) -> None:
    make_rows(1)
    before = {model: list(model._default_manager.values()) for model in LEDGERS}
    assert {model: answers_to_changes(office, model) for model in LEDGERS} == dict.fromkeys(
        LEDGERS, REFUSED
    )
    assert {model: list(model._default_manager.values()) for model in LEDGERS} == before


@pytest.mark.release  # with every change test_matrix asks for each of these pages
def test_support_sees_everything_and_changes_nothing(
    support: User, sign_in: SignIn, today: date
) -> None:
    make_rows(1)
    office, models = sign_in(support), [model for model in registered() if model is not Group]
    seen = [page(model, "changelist") for model in models] + [
        page(model, "change", model._default_manager.latest("pk").pk) for model in models
    ]
    assert [address for address in seen if office.get(address).status_code != 200] == []
    before = {model: list(model._default_manager.values()) for model in models}
    assert {model: answers_to_changes(office, model) for model in models} == dict.fromkeys(
        models, REFUSED
    )
    assert {model: list(model._default_manager.values()) for model in models} == before


@pytest.mark.rule("B2")
def test_support_cannot_provision(support: User, sign_in: SignIn) -> None:
    membership = factories.MembershipFactory.create()
    factories.PackageLineFactory.create(offer=membership.offer)
    sent = {"action": "provision_what_is_missing", "_selected_action": membership.pk}
    sign_in(support).post(page(Membership, "changelist"), sent)
    assert Benefit.objects.count() == 0


@pytest.mark.release  # with every change test_matrix asks for each of these pages
def test_program_staff_change_what_is_done_by_hand_and_nothing_else(
    officer: User, sign_in: SignIn, today: date
) -> None:
    make_rows(1)
    office = sign_in(officer)
    rows = {model: model._default_manager.latest("pk") for model in registered()}
    added = {model for model in rows if office.get(page(model, "add")).status_code == 200}
    shown = {model: office.get(page(model, "change", row.pk)) for model, row in rows.items()}
    changed = {
        model
        for model, answer in shown.items()
        if answer.status_code == 200 and answer.context["has_change_permission"]
    }
    deleted = {
        model
        for model, row in rows.items()
        if office.get(page(model, "delete", row.pk)).status_code == 200
    }
    assert added == MADE_BY_HAND - {Group}
    # A membership's days are facts once it is made.
    assert changed == MADE_BY_HAND - {Group, Membership}
    assert deleted == {RoleAssignment, PackageLine, HeldOffer, Attempt}


def test_the_document_says_all_that_program_may_do(officer: User) -> None:
    may = Permission.objects.filter(group__name="Program").exclude(codename__startswith="view_")
    assert written_rights() == {
        (str(model._meta.verbose_name_plural), permission.codename.partition("_")[0])
        for permission in may
        if (model := permission.content_type.model_class())
    }


def written_rights() -> set[tuple[str, str]]:
    """What the table in docs/back-office.md says *Program* may do: to which rows, and what."""
    table = BACK_OFFICE_GUIDE.read_text().partition("| *Program* may |")[2].partition("\n\n")[0]
    header, _dashes, *rows = (line.strip("| ").split("|") for line in table.splitlines())
    verbs = [verb.strip() for verb in header]
    return {
        (name.strip(), verb)
        for name, *cells in rows
        for verb, cell in zip(verbs, cells, strict=False)
        if cell.strip() == "yes"
    }


def test_only_a_superuser_sees_who_may_do_what(
    officer: User, support: User, sign_in: SignIn
) -> None:
    assert [
        sign_in(user).get(page(Group, "changelist")).status_code for user in (officer, support)
    ] == [403, 403]


def test_migrating_again_gives_both_groups_what_they_may_do(officer: User) -> None:
    group = Group.objects.get(name="Program")
    before = set(group.permissions.all())
    group.permissions.set(Permission.objects.filter(codename__in=["delete_record", "view_partner"]))
    post_migrate.send(
        apps.get_app_config("tenants"),
        app_config=apps.get_app_config("tenants"),
        using="default",
        verbosity=0,
    )
    make_groups()
    assert set(group.permissions.all()) == before


def test_support_finds_out_why_something_was_refused(support: User, sign_in: SignIn) -> None:
    office, refused, _done = (
        sign_in(support),
        factories.RecordFactory.create(refused="key-revoked"),
        factories.RecordFactory.create(),
    )
    listing = office.get(page(Record, "changelist"), {"outcome": "refused"}).context["cl"]
    assert list(listing.result_list) == [refused]
    assert (
        str(Refusal.message_of("key-revoked"))
        in office.get(page(Record, "change", refused.pk)).content.decode()
    )


def test_staff_cannot_give_themselves_rights(officer: User, sign_in: SignIn) -> None:
    office, its_page = sign_in(officer), page(User, "change", officer.pk)
    assert office.post(its_page, {"is_superuser": "on", "name": "Renamed"}).status_code == 403
    officer.refresh_from_db()
    assert not officer.is_superuser
    assert officer.name != "Renamed"


def test_staff_cannot_take_over_a_superuser(
    officer: User, programme: User, sign_in: SignIn
) -> None:
    office, its_page = sign_in(officer), page(User, "change", programme.pk)
    assert office.post(its_page, {"name": "Renamed"}).status_code == 403
    assert (
        office.post(
            its_page.replace("change/", "password/"), {"password1": "x", "password2": "x"}
        ).status_code
        == 403
    )


def test_who_is_not_signed_in_signs_in_at_the_portal_and_comes_back(
    client: Client, db: None
) -> None:
    answer = client.get(page(Partner, "changelist"), follow=True)
    assert (
        answer.redirect_chain[-1][0]
        == f"{reverse('tenants:sign-in')}?next={page(Partner, 'changelist')}"
    )


@pytest.mark.parametrize(
    "address", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"]
)
def test_signing_in_leads_to_no_other_site(client: Client, office: Client, address: str) -> None:
    login = reverse("admin:login")
    assert (
        client.get(login, {"next": address})["Location"]
        == f"{reverse('tenants:sign-in')}?next={INDEX}"
    )
    assert office.get(login, {"next": address})["Location"] == INDEX


def test_somebody_who_is_not_staff_is_told_so(sign_in: SignIn, admin: User) -> None:
    answer = sign_in(admin).get(INDEX, follow=True)
    assert answer.status_code == 403
    assert "for the program team" in answer.content.decode()


def test_staff_need_no_role_at_a_partner(office: Client) -> None:
    answer = office.get(INDEX)
    assert answer.status_code == 200
    assert request_of(answer).partner is None


@pytest.mark.rule("P4")
def test_staff_who_also_hold_a_role_save_forms_of_the_back_office(
    admin: User, sign_in: SignIn, partner: Partner
) -> None:
    User.objects.filter(pk=admin.pk).update(is_staff=True, is_superuser=True)
    office = sign_in(admin)
    its_page = page(Partner, "change", partner.pk)
    assert office.post(its_page, filled(office.get(its_page), name="Renamed")).status_code == 302
    assert Partner.objects.get(pk=partner.pk).name == "Renamed"


def test_leaving_the_back_office_leads_to_the_portals_sign_in_page(office: Client) -> None:
    assert office.post(reverse("admin:logout"))["Location"] == reverse("tenants:sign-in")
