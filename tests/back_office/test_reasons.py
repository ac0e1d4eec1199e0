"""What changes a right, a date, a role or a key by hand asks why, and keeps the answer (A1).

Roles change by the portal's verbs.
"""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.models import Offer, ProductKey
from benefits_portal.licensing.models import Replacement
from benefits_portal.tenants.models import (
    Actor,
    DirectoryUser,
    How,
    Partner,
    Record,
    Role,
    RoleAssignment,
    Tenant,
    User,
)
from tests import factories
from tests.clients import ClientResponse, SignIn
from tests.factories import person_of
from tests.partner_fixture import PartnerFixture

from .conftest import BECAUSE, filled, new_row, page

pytestmark = pytest.mark.rule("A1")

LAST = (
    "This is the organization's last Global admin, and someone has to be one. Give the "
    "role to someone else first."
)


@pytest.fixture
def last(tenant: Tenant) -> RoleAssignment:
    """The only Global admin of a partner."""
    return factories.RoleAssignmentFactory.create(
        user__directory_user__tenant=tenant, role=Role.GLOBAL_ADMIN
    )


def reasons() -> list[tuple[str, ...]]:
    return list(Record.objects.order_by("pk").values_list("action", "how", "reason", "refused"))


def messages(response: ClientResponse) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def refused(response: ClientResponse) -> list[str]:
    return list(response.context["adminform"].form.non_field_errors())


def run(
    office: Client, action: str, row: Model, address: str = "changelist", **sent: Any
) -> list[str]:
    its_page = (
        page(type(row), address) if address == "changelist" else page(type(row), address, row.pk)
    )
    return messages(
        office.post(its_page, {"action": action, "_selected_action": row.pk} | sent, follow=True)
    )


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_change_without_a_reason_is_refused_and_keeps_what_was_typed(
    office: Client, partner: Partner, reason: str
) -> None:
    its_page = page(Partner, "change", partner.pk)
    answer = office.post(its_page, filled(office.get(its_page), name="Renamed", reason=reason))
    form = answer.context["adminform"].form
    assert (form.errors, form["name"].value()) == (
        {"reason": ["Enter a reason."]},
        "Renamed",
    )
    assert (Partner.objects.get().name, Record.objects.count()) == (partner.name, 0)


def test_deleting_asks_why_one_by_one_and_all_at_once(office: Client) -> None:
    offer = factories.OfferFactory.create()
    its_page = page(Offer, "delete", offer.pk)
    assert 'name="reason"' in office.get(its_page).content.decode()
    assert messages(office.post(its_page, {"post": "yes"}, follow=True)) == [
        "Enter a reason, which is recorded. Nothing was changed."
    ]
    selected = {"action": "delete_selected", "_selected_action": offer.pk}
    assert 'name="reason"' in office.post(page(Offer, "changelist"), selected).content.decode()
    office.post(page(Offer, "changelist"), selected | {"post": "yes"})
    assert Offer.objects.count() == 1
    office.post(its_page, {"post": "yes"} | BECAUSE)
    assert (Offer.objects.count(), reasons()) == (
        0,
        [("tenants.deleted", How.BACK_OFFICE, BECAUSE["reason"], "")],
    )


def test_an_action_without_a_reason_does_nothing_on_the_list_or_its_page(
    office: Client, last: RoleAssignment
) -> None:
    person = person_of(last.user)
    factories.RoleAssignmentFactory.create(
        user__directory_user__tenant=person.tenant, role=Role.GLOBAL_ADMIN
    )
    missing = ["Enter a reason, which is recorded. Nothing was changed."]
    assert run(office, "disable", person) == []
    assert run(office, "disable", person, reason=" ") == missing
    assert run(office, "disable", person, "disable", reason=" ") == missing
    assert DirectoryUser.objects.enabled().filter(pk=person.pk).exists()
    assert run(office, "disable", person, "disable", reason="Left") == [f"{person}: disabled."]
    assert reasons() == [
        ("tenants.role-taken", How.BACK_OFFICE, "Left", ""),
        ("tenants.person-disabled", How.BACK_OFFICE, "Left", ""),
    ]
    assert run(office, "enable", person, **BECAUSE) == [f"{person}: enabled again."]


def test_a_new_role_asks_why_and_a_new_offer_does_not(office: Client, partner: Partner) -> None:
    user = factories.UserFactory.create()
    role = {"user": user.pk, "partner": partner.pk, "role": Role.MEMBER}
    assert office.post(page(RoleAssignment, "add"), role).context["adminform"].form.errors == {
        "reason": ["Enter a reason."]
    }
    assert office.post(page(RoleAssignment, "add"), role | BECAUSE).status_code == 302
    assert reasons() == [("tenants.role-given", How.BACK_OFFICE, BECAUSE["reason"], "")]
    assert "reason" not in office.get(page(Offer, "add")).context["adminform"].form.fields


@pytest.mark.parametrize("number", ["nobody", "9" * 30])
def test_an_action_on_what_is_no_row_is_answered_with_the_list(office: Client, number: str) -> None:
    sent = {"action": "disable", "_selected_action": number, "index": 0} | BECAUSE
    answer = office.post(page(DirectoryUser, "changelist"), sent, follow=True)
    assert messages(answer) == [
        "Items must be selected in order to perform actions on them. No items have been changed."
    ]


@pytest.mark.parametrize("model", [Partner, User])
def test_a_new_row_gives_no_role_for_that_would_need_a_reason(
    office: Client, model: type[Model]
) -> None:
    shown = [
        inline.formset.model
        for inline in office.get(page(model, "add")).context["inline_admin_formsets"]
    ]
    assert RoleAssignment not in shown


def test_staff_read_the_reason_and_the_partner_does_not(
    office: Client, admin: User, partner: Partner, sign_in: SignIn
) -> None:
    its_page = page(Partner, "change", partner.pk)
    office.post(its_page, filled(office.get(its_page), name="Renamed"))
    assert (
        BECAUSE["reason"]
        in office.get(page(Record, "change", Record.objects.get().pk)).content.decode()
    )
    assert BECAUSE["reason"] not in sign_in(admin).get("/account/activity/").content.decode()


# A partner keeps a Global admin, whichever door is tried


def by_its_own_page(office: Client, last: RoleAssignment) -> list[str]:
    its_page = page(RoleAssignment, "change", last.pk)
    return refused(office.post(its_page, filled(office.get(its_page), role=Role.MEMBER)))


def by_deleting_it(office: Client, last: RoleAssignment) -> list[str]:
    return messages(
        office.post(page(RoleAssignment, "delete", last.pk), {"post": "yes"} | BECAUSE, follow=True)
    )


def by_the_partners_page(office: Client, last: RoleAssignment) -> list[str]:
    its_page = page(Partner, "change", last.partner_id)
    return refused(
        office.post(
            its_page,
            filled(office.get(its_page), **{"role_assignments-0-role": Role.PARTNER_ADMIN}),
        )
    )


def by_the_persons_page(office: Client, last: RoleAssignment) -> list[str]:
    its_page = page(User, "change", last.user_id)
    return refused(
        office.post(its_page, filled(office.get(its_page), **{"role_assignments-0-DELETE": "on"}))
    )


def by_closing_the_account(office: Client, last: RoleAssignment) -> list[str]:
    its_page = page(User, "change", last.user_id)
    return refused(office.post(its_page, filled(office.get(its_page), is_active=None)))


def by_disabling_the_entry(office: Client, last: RoleAssignment) -> list[str]:
    return [
        text.partition(": ")[2] for text in run(office, "disable", person_of(last.user), **BECAUSE)
    ]


DOORS = [
    by_its_own_page,
    by_deleting_it,
    by_the_partners_page,
    by_the_persons_page,
    by_closing_the_account,
    by_disabling_the_entry,
]


@pytest.mark.parametrize("door", DOORS)
def test_the_last_global_admin_stays_and_the_attempt_is_on_record(
    office: Client, last: RoleAssignment, door: Callable[[Client, RoleAssignment], list[str]]
) -> None:
    assert door(office, last) == [LAST]
    held = RoleAssignment.objects.get()
    assert held.role == Role.GLOBAL_ADMIN
    assert held.user.is_active
    assert held.user.directory_user.is_enabled
    assert [(how, reason, refused) for _action, how, reason, refused in reasons()][-1:] == [
        (How.BACK_OFFICE, BECAUSE["reason"], "last-global-admin")
    ]


def test_whoever_forgets_the_reason_chooses_nothing_again(office: Client) -> None:
    key = factories.issue_key()
    revoke_without_a_reason_first(office, page(ProductKey, "revoke", key.pk), [key])


def test_whoever_forgets_the_reason_of_many_chooses_none_again(office: Client) -> None:
    keys = [factories.issue_key(), factories.issue_key()]
    revoke_without_a_reason_first(office, page(ProductKey, "changelist"), keys)


def revoke_without_a_reason_first(office: Client, its_page: str, keys: list[ProductKey]) -> None:
    chosen = {"action": "revoke", "_selected_action": [key.pk for key in keys]}
    asked = office.post(its_page, chosen)
    hidden = dict.fromkeys(name for name, _value in asked.context["chosen"])
    again = {name: [v for n, v in asked.context["chosen"] if n == name] for name in hidden}
    assert [str(key) in asked.text for key in keys] == [True] * len(keys)
    office.post(its_page, again | BECAUSE)
    assert ProductKey.objects.revoked().count() == len(keys)


def test_a_role_given_twice_is_refused_on_the_form(office: Client, last: RoleAssignment) -> None:
    row = new_row("role_assignments", 1, user=last.user_id, role=Role.MEMBER)
    its_page = page(Partner, "change", last.partner_id)
    assert office.post(its_page, filled(office.get(its_page), **row)).status_code == 200
    assert RoleAssignment.objects.count() == 1


def test_provisioning_by_hand_asks_why(office: Client) -> None:
    membership = factories.MembershipFactory.create()
    assert run(office, "provision_what_is_missing", membership, reason=" ") == [
        "Enter a reason, which is recorded. Nothing was changed."
    ]


@pytest.mark.rule("K3")
def test_a_product_key_in_a_reason_is_kept_masked_whoever_gives_it(
    office: Client, partner: Partner, capsys: pytest.CaptureFixture[str]
) -> None:
    key = factories.issue_key(partner=partner)
    text = PartnerFixture.text_of(key)
    its_page = page(Partner, "change", partner.pk)
    office.post(
        its_page, filled(office.get(its_page), name="Renamed", reason=f"Lost {text.lower()}")
    )
    office.post(
        page(ProductKey, "changelist"),
        {"action": "revoke", "_selected_action": key.pk, "reason": f"Lost {text}"},
    )
    call_command(
        "enroll", partner.mpn_id, factories.OfferFactory.create().name, reason=f"For {text}"
    )
    key.refresh_from_db()
    given = {*Record.objects.exclude(reason="").values_list("reason", flat=True), key.revoked_why}
    assert given == {f"Lost {key}", f"For {key}"}


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "Don't include names."), ("nl", "Vermeld geen namen.")],
)
def test_every_form_that_asks_why_asks_for_no_names(
    office: Client, partner: Partner, tenant: Tenant, language: str, sentence: str
) -> None:
    membership = factories.MembershipFactory.create(partner=partner)
    person = factories.DirectoryUserFactory.create(tenant=tenant)
    user = factories.UserFactory.create()
    pages = [
        page(DirectoryUser, "change", person.pk),
        page(DirectoryUser, "import"),
        page(Offer, "delete", factories.OfferFactory.create().pk),
        page(type(membership), "end", membership.pk),
        page(Partner, "view_as", partner.pk),
        reverse("admin:auth_user_password_change", args=[user.pk]),
    ]
    redemption = factories.redeem()
    asked = Replacement.objects.ask(redemption, "Lost", by=Actor(), on=redemption.redeemed_on)
    actions: list[tuple[Model, str]] = [
        (person, "disable"),
        (factories.issue_key(), "revoke"),
        (asked, "decline"),
    ]
    office.cookies["django_language"] = language
    told = {address: office.get(address).text for address in pages}
    for row, action in actions:
        sent = {"action": action, "_selected_action": row.pk}
        told[action] = office.post(page(type(row), "changelist"), sent).text
    asks = {address: 'name="reason"' in text for address, text in told.items()}
    says = {address: sentence in unescape(text) for address, text in told.items()}
    assert (asks, says) == (dict.fromkeys(told, True), dict.fromkeys(told, True))
