"""Edits in the back office are on record (A1), refusals are on the form, what is fixed stays."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.models import (
    CreditAmount,
    ExternalOffer,
    HeldOffer,
    Offer,
    PackageLine,
    Product,
)
from benefits_portal.tenants.audit.display import all_changes
from benefits_portal.tenants.models import (
    Attempt,
    DirectoryUser,
    EditAction,
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

from .conftest import BECAUSE, filled, new_row, page

pytestmark = pytest.mark.rule("A1")


def edits() -> list[tuple[Any, ...]]:
    return [
        (record.action, record.subject_type.model, record.before, record.after)
        for record in Record.objects.order_by("pk")
    ]


def save(office: Client, obj: Model, **changes: Any) -> ClientResponse:
    its_page = page(type(obj), "change", obj.pk)
    return office.post(its_page, filled(office.get(its_page), **changes))


def test_an_edit_is_on_record_with_before_and_after(
    office: Client, programme: User, partner: Partner
) -> None:
    save(office, partner, name="Contoso", currency="EUR")
    assert edits() == [
        (
            EditAction.EDITED,
            "partner",
            {"name": partner.name, "currency": "USD"},
            {"name": "Contoso", "currency": "EUR"},
        )
    ]
    record = Record.objects.get()
    assert (record.actor, record.how, record.partner, record.subject) == (
        programme,
        How.BACK_OFFICE,
        partner,
        partner,
    )
    assert record.reason == BECAUSE["reason"]


def test_saving_without_a_change_is_no_edit(office: Client, partner: Partner) -> None:
    assert save(office, partner).status_code == 302
    assert edits() == []


def test_what_is_created_is_on_record_with_its_partner_and_tenant(
    office: Client, tenant: Tenant
) -> None:
    address = f"anna@{tenant.domain}"
    office.post(
        page(DirectoryUser, "add"),
        {
            "tenant": tenant.pk,
            "display_name": "Anna",
            "user_principal_name": address,
            "kind": "member",
        },
    )
    record = Record.objects.get()
    assert (record.action, record.partner, record.tenant, record.subject) == (
        EditAction.CREATED,
        tenant.partner,
        tenant,
        DirectoryUser.objects.get(),
    )
    assert record.after == {
        "tenant": tenant.pk,
        "display_name": None,
        "user_principal_name": None,
        "kind": "member",
    }
    assert {str(change) for change in all_changes(record)} == {
        f"Tenant: {tenant}",
        "Name: Anna",
        f"Email address: {address}",
        "Kind: Member",
    }


def test_rows_edited_on_another_things_page_are_on_record_each_by_itself(
    office: Client, tenant: Tenant
) -> None:
    held = factories.RoleAssignmentFactory.create(user__directory_user__tenant=tenant)
    taken = factories.RoleAssignmentFactory.create(user__directory_user__tenant=tenant)
    new = factories.UserFactory.create()
    order = list(tenant.partner.role_assignments.values_list("pk", flat=True))
    changes = {
        f"role_assignments-{order.index(held.pk)}-role": Role.GLOBAL_ADMIN,
        f"role_assignments-{order.index(taken.pk)}-DELETE": "on",
        **new_row("role_assignments", 2, user=new.pk, role=Role.MEMBER),
    }
    assert save(office, tenant.partner, **changes).status_code == 302
    made = RoleAssignment.objects.get(user=new)
    assert {
        (record.action, record.subject_id): (record.before, record.after)
        for record in Record.objects.all()
    } == {
        ("tenants.role-changed", held.user.directory_user_id): (
            {"role": "partner-admin"},
            {"role": "global-admin"},
        ),
        ("tenants.role-taken", taken.user.directory_user_id): ({"role": "partner-admin"}, {}),
        ("tenants.role-given", made.user_id): ({}, {"role": "member"}),
    }
    assert set(Record.objects.values_list("partner", flat=True)) == {tenant.partner_id}


def test_relations_to_many_are_on_record_too(office: Client) -> None:
    offer, product = (
        factories.ExternalOfferFactory.create(),
        factories.ProductFactory.create(bulk=True),
    )
    save(office, offer, excludes=[product.pk])
    assert edits() == [
        (EditAction.EDITED, "externaloffer", {"excludes": []}, {"excludes": [product.pk]})
    ]


def test_a_deletion_is_on_record_with_what_was_there(office: Client) -> None:
    offer = factories.OfferFactory.create(name="By mistake")
    office.post(page(Offer, "delete", offer.pk), {"post": "yes"} | BECAUSE)
    assert Offer.objects.count() == 0
    assert edits() == [
        (
            EditAction.DELETED,
            "offer",
            {"name": "By mistake", "is_competency": True, "position": 0},
            {},
        )
    ]


def test_deleting_several_at_once_is_on_record_for_each(office: Client) -> None:
    offers = factories.OfferFactory.create_batch(2)
    selected = {
        "action": "delete_selected",
        "_selected_action": [offer.pk for offer in offers],
        "post": "yes",
    } | BECAUSE
    office.post(page(Offer, "changelist"), selected)
    assert Offer.objects.count() == 0
    assert {(record.action, record.subject_id) for record in Record.objects.all()} == {
        (EditAction.DELETED, offer.pk) for offer in offers
    }


def test_lifting_a_lock_out_is_on_record_without_what_was_typed(office: Client) -> None:
    others = factories.AttemptFactory.create(email="ben@example.com")
    factories.AttemptFactory.create_batch(9)
    attempt = factories.AttemptFactory.create(refused=True)
    office.post(page(Attempt, "delete", attempt.pk), {"post": "yes"} | BECAUSE)
    record = Record.objects.get()
    assert (list(Attempt.objects.all()), record.action, record.before["limit"]) == (
        [others],
        EditAction.DELETED,
        "sign-in",
    )
    assert "anna" not in str(record.before)
    assert (record.before["subject"], record.before["account"]) == (None, None)


# People


def test_somebody_is_added_with_a_password_that_is_nowhere_on_record(
    office: Client, sign_in: SignIn
) -> None:
    form = {
        "email": "Anna@Example.com",
        "name": "Anna",
        "usable_password": "true",
        "password1": factories.PASSWORD,
        "password2": factories.PASSWORD,
    }
    assert (
        office.post(page(User, "add"), filled(office.get(page(User, "add"))) | form).status_code
        == 302
    )
    anna = User.objects.get(name="Anna")
    assert anna.email == "anna@example.com"
    assert anna.check_password(factories.PASSWORD)
    assert not anna.is_staff
    assert edits() == [(EditAction.CREATED, "user", {}, {"email": None, "name": None})]
    told = {str(change) for change in all_changes(Record.objects.get())}
    assert told == {"Email address: anna@example.com", "Name: Anna"}


def test_an_address_that_somebody_has_in_other_letters_is_refused(office: Client) -> None:
    factories.UserFactory.create(email="anna@example.com")
    form = {
        "email": "ANNA@example.com",
        "name": "Anna",
        "usable_password": "true",
        "password1": factories.PASSWORD,
        "password2": factories.PASSWORD,
    }
    refused = office.post(page(User, "add"), filled(office.get(page(User, "add"))) | form)
    assert refused.context["adminform"].form.errors == {
        "email": ["Someone already signs in with this address."]
    }


def test_a_new_password_is_on_record_as_a_fact(office: Client, programme: User) -> None:
    user = factories.UserFactory.create()
    its_page = f"{page(User, 'change', user.pk).removesuffix('change/')}password/"
    new = "another horse, another staple"
    assert 'name="reason"' in office.get(its_page).content.decode()
    sent = {"password1": new, "password2": new, "usable_password": "true"}
    office.post(its_page, sent)
    user.refresh_from_db()
    assert not user.check_password(new)  # nobody said why
    office.post(its_page, sent | BECAUSE)
    user.refresh_from_db()
    assert user.check_password(new)
    record = Record.objects.get()
    assert record.reason == BECAUSE["reason"]
    assert (record.action, record.actor, record.subject, record.before, record.after) == (
        "tenants.password-set",
        programme,
        user,
        {},
        {},
    )


def test_whose_password_is_no_number_is_nobody_s(office: Client) -> None:
    assert (
        office.get(page(User, "change", 1).replace("/1/change/", "/nobody/password/")).status_code
        == 404
    )


def test_a_password_that_is_refused_is_not_on_record(office: Client) -> None:
    user = factories.UserFactory.create()
    its_page = f"{page(User, 'change', user.pk).removesuffix('change/')}password/"
    assert (
        office.post(
            its_page,
            {"password1": "short", "password2": "short", "usable_password": "true"} | BECAUSE,
        ).status_code
        == 200
    )
    assert edits() == []


def test_people_are_edited_with_their_rights(office: Client) -> None:
    user, group = factories.UserFactory.create(), Group.objects.get(name="Support")
    assert save(office, user, is_staff="on", groups=[group.pk], language="nl").status_code == 302
    user.refresh_from_db()
    assert user.is_staff
    assert list(user.groups.all()) == [group]
    assert user.language == "nl"
    assert edits() == [
        (
            EditAction.EDITED,
            "user",
            {"is_staff": False, "groups": [], "language": ""},
            {"is_staff": True, "groups": [group.pk], "language": "nl"},
        )
    ]


# What is refused, and what is fixed


def test_two_primary_tenants_on_one_page_are_refused_and_nothing_is_saved(
    office: Client, partner: Partner
) -> None:
    rows: dict[str, Any] = {}
    for number, color in enumerate(["blue", "green"]):
        row = {
            "name": color,
            "domain": f"{color}.example",
            "is_primary": "on",
            "color": color,
            "guid": f"{number:032x}",
        }
        rows |= new_row("tenants", number, **row)
    refused = save(office, partner, **rows)
    assert refused.status_code == 200
    assert "A partner has one primary tenant." in refused.content.decode()
    assert Tenant.objects.count() == 0


def test_the_same_domain_twice_on_one_page_is_refused(office: Client, partner: Partner) -> None:
    rows: dict[str, Any] = {}
    for number, color in enumerate(["blue", "green"]):
        rows |= new_row(
            "tenants",
            number,
            name=color,
            domain="same.example",
            color=color,
            guid=f"{number:032x}",
        )
    assert "same.example is listed twice." in save(office, partner, **rows).content.decode()


def test_what_only_the_database_knows_is_said_on_the_form_and_not_saved(office: Client) -> None:
    offer, product = factories.OfferFactory.create(), factories.ProductFactory.create()
    row = {"product": product.pk, "benefit_type": "core", "quantity": "5"}
    refused = save(
        office, offer, name="Renamed", **(new_row("lines", 0, **row) | new_row("lines", 1, **row))
    )
    assert refused.status_code == 200
    assert len(refused.context["adminform"].form.non_field_errors()) == 1
    assert (PackageLine.objects.count(), Offer.objects.get().name, edits()) == (0, offer.name, [])


@pytest.mark.rule("P4")
def test_a_second_tenant_of_a_color_is_refused_where_its_partner_is_fixed(
    office: Client, tenant: Tenant
) -> None:
    other = factories.TenantFactory.create(partner=tenant.partner)
    refused = save(office, other, color=tenant.color)
    assert "Another tenant of this partner has this color" in refused.content.decode()


def test_a_tenant_stays_with_its_partner(office: Client, tenant: Tenant) -> None:
    assert (
        save(
            office, tenant, partner=factories.PartnerFactory.create().pk, name="Renamed"
        ).status_code
        == 302
    )
    stored = Tenant.objects.get()
    assert (stored.partner, stored.name) == (tenant.partner, "Renamed")


def test_a_package_line_keeps_its_product_and_a_product_its_kind(office: Client) -> None:
    line = factories.PackageLineFactory.create()
    save(office, line, product=factories.ProductFactory.create().pk, quantity="7")
    save(office, line.product, kind="bulk-credit", name="Renamed")
    stored = PackageLine.objects.get()
    assert (stored.product, stored.quantity, stored.product.kind) == (
        line.product,
        7,
        Product.Kind.LICENSES,
    )


@pytest.mark.rule("B3")
def test_a_line_has_one_amount_in_each_currency(office: Client) -> None:
    line = factories.PackageLineFactory.create(product__monthly=True, amount=False)
    rows = new_row("credit_amounts", 0, currency="EUR", amount="85") | new_row(
        "credit_amounts", 1, currency="EUR", amount="90"
    )
    assert save(office, line, **rows).status_code == 200
    assert CreditAmount.objects.count() == 0


@pytest.mark.rule("U4")
def test_who_holds_an_offer_for_a_partner_is_in_the_partners_directory(
    office: Client, partner: Partner
) -> None:
    stranger, external = (
        factories.DirectoryUserFactory.create(),
        factories.ExternalOfferFactory.create(),
    )
    held = {
        "external_offer": external.pk,
        "partner": partner.pk,
        "directory_user": stranger.pk,
        "since": "2021-01-01",
        "until": "",
    }
    form = held | BECAUSE
    refused = office.post(page(HeldOffer, "add"), form)
    assert refused.context["adminform"].form.errors == {
        "directory_user": ["This person is in the directory of another partner."]
    }
    assert (
        office.post(
            page(HeldOffer, "add"), form | {"partner": stranger.tenant.partner_id}
        ).status_code
        == 302
    )


@pytest.mark.parametrize("model", [Partner, Tenant, DirectoryUser, User])
def test_what_the_record_refers_to_is_never_deleted(office: Client, model: type[Model]) -> None:
    factories.UserFactory.create()
    row = model._default_manager.exclude(pk=getattr(office, "pk", None)).latest("pk")
    assert office.post(page(model, "delete", row.pk), {"post": "yes"} | BECAUSE).status_code == 403
    assert model._default_manager.filter(pk=row.pk).exists()


def test_an_offer_with_memberships_cannot_be_deleted(office: Client) -> None:
    membership = factories.MembershipFactory.create()
    assert (
        office.post(
            page(Offer, "delete", membership.offer_id), {"post": "yes"} | BECAUSE
        ).status_code
        == 200
    )
    assert Offer.objects.filter(pk=membership.offer_id).exists()


def test_an_external_offer_can_be_found_by_typing(office: Client) -> None:
    external = factories.ExternalOfferFactory.create(name="Azure Pass")
    factories.ExternalOfferFactory.create(name="Something else")
    asked = {
        "app_label": "benefits",
        "model_name": "heldoffer",
        "field_name": "external_offer",
        "term": "pass",
    }
    found = office.get(
        page(ExternalOffer, "changelist").replace("benefits/externaloffer/", "autocomplete/"), asked
    ).json()
    assert found["results"] == [{"id": str(external.pk), "text": "Azure Pass"}]


def test_there_is_no_second_log_beside_the_record(office: Client, partner: Partner) -> None:
    save(office, partner, name="Contoso")
    office.post(page(ExternalOffer, "add"), {"name": "Azure Pass"})
    group = Group.objects.create(name="Guests")
    office.post(page(Group, "delete", group.pk), {"post": "yes"} | BECAUSE)
    save_password = {
        "usable_password": "true",
        "password1": "a long enough one",
        "password2": "a long enough one",
    }
    office.post(
        reverse("admin:auth_user_password_change", args=[factories.UserFactory.create().pk]),
        save_password | BECAUSE,
    )
    done = {EditAction.CREATED, EditAction.EDITED, EditAction.DELETED, "tenants.password-set"}
    assert done <= set(Record.objects.values_list("action", flat=True)), (
        "there was something to log"
    )
    assert LogEntry.objects.count() == 0


def test_the_history_of_a_thing_in_the_back_office_is_its_record(
    office: Client, partner: Partner
) -> None:
    save(office, partner, name="Contoso")
    shown = office.get(page(Partner, "history", partner.pk), follow=True)
    assert shown.redirect_chain == [
        (f"{reverse('admin:tenants_record_changelist')}?about=tenants.partner:{partner.pk}", 302)
    ]
    assert [record.action for record in shown.context["cl"].result_list] == [EditAction.EDITED]


def test_a_partner_keeps_a_primary_tenant(office: Client, tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(is_primary=True)
    for subject in (tenant.partner, tenant):
        its_page = page(type(subject), "change", subject.pk)
        primary = "tenants-0-is_primary" if subject is tenant.partner else "is_primary"
        refused = office.post(its_page, filled(office.get(its_page), **{primary: None}))
        assert "A partner has one primary tenant." in refused.text
    tenant.refresh_from_db()
    assert tenant.is_primary


@pytest.mark.parametrize("number", ["9223372036854775808", "9" * 40, "-9223372036854775809"])
def test_a_number_that_no_row_can_have_is_an_error_of_its_field(
    office: Client, number: str
) -> None:
    offer = factories.ExternalOfferFactory.create()
    its_page = page(ExternalOffer, "change", offer.pk)
    answer = office.post(its_page, filled(office.get(its_page), excludes=[number]))
    assert answer.status_code == 200
    assert "excludes" in answer.context["adminform"].form.errors


@pytest.mark.rule("B3")
def test_an_offer_with_credit_without_an_amount_is_saved_with_a_warning(office: Client) -> None:
    line = factories.PackageLineFactory.create(product__monthly=True, amount=False)
    assert warnings_after_saving(office, line.offer) == [
        f"{line.product} has no amount of credit yet, so no one can be enrolled."
    ]


@pytest.mark.rule("B3")
def test_an_offer_whose_credit_has_its_amounts_is_saved_without_warning(office: Client) -> None:
    line = factories.PackageLineFactory.create(product__monthly=True)
    assert warnings_after_saving(office, line.offer) == []


def warnings_after_saving(office: Client, offer: Offer) -> list[str]:
    its_page = page(Offer, "change", offer.pk)
    answer = office.post(its_page, filled(office.get(its_page)), follow=True)
    return [str(each) for each in answer.context["messages"] if each.level_tag == "warning"]
