"""Every page of the back office: it answers, says no key, and asks the database little.

For many rows it asks as often as for one.
"""

from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Model
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from benefits_portal.benefits import key_encryption
from benefits_portal.benefits.models import (
    Benefit,
    CreditAmount,
    Membership,
    Offer,
    PackageLine,
    Product,
    ProductKey,
)
from benefits_portal.licensing.models import LicenseTally, Redemption, Subscription
from benefits_portal.reminders.models import Told
from benefits_portal.tenants.admin.base import BackOfficeAdmin
from benefits_portal.tenants.models import (
    Actor,
    DirectoryUser,
    DirectoryUserWord,
    FormerName,
    KeyAttempt,
    Partner,
    PracticeWorld,
    Record,
    Role,
    RoleAssignment,
    Tenant,
    User,
)
from tests import factories
from tests.clients import SignIn
from tests.properties import BEFORE_A_RELEASE

from .conftest import make_rows, page, registered

OURS = ("tenants", "benefits", "licensing", "reminders")
MADE_BY_HAND = {
    Partner,
    Tenant,
    DirectoryUser,
    User,
    RoleAssignment,
    Group,
    Offer,
    Product,
    PackageLine,
    Membership,
    *(apps.get_model("benefits", name) for name in ("ExternalOffer", "HeldOffer")),
}


A_PAGE = BackOfficeAdmin.list_per_page


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        response = client.get(address)
    assert response.status_code == 200, address
    return len(asked)


def test_every_model_has_its_pages() -> None:
    # Amounts are shown with their line, former names by the record that tells of the change; the
    # words and tallies are indexes, which follow the person and the assignments; what was told is
    # shown with its email.
    shown_elsewhere = {CreditAmount, DirectoryUserWord, FormerName, LicenseTally, Told}
    assert {
        model for label in OURS for model in apps.get_app_config(label).get_models()
    } - shown_elsewhere <= set(registered())


@pytest.mark.parametrize("more", [9, pytest.param(99, marks=BEFORE_A_RELEASE)])
def test_a_list_asks_the_database_as_often_for_many_rows_as_for_1(
    office: Client, today: date, more: int
) -> None:
    """And once more where there is more than a page: for the keys of the page's rows."""
    make_rows(1)
    addresses = {model: page(model, "changelist") for model in registered()}
    for address in addresses.values():
        office.get(address)
    for_one = {model: queries(office, address) for model, address in addresses.items()}
    make_rows(more)
    paged = {model: model._default_manager.count() > A_PAGE for model in addresses}
    assert {model: queries(office, address) for model, address in addresses.items()} == {
        model: count + paged[model] for model, count in for_one.items()
    }
    assert max(for_one.values()) <= 12


def many_children(count: int) -> list[Model]:
    """One object of each model that shows others, with `count` of them."""
    partner = factories.PartnerFactory.create()
    tenant = factories.TenantFactory.create(partner=partner)
    user = factories.UserFactory.create()
    offer = factories.OfferFactory.create()
    line = factories.PackageLineFactory.create(product__monthly=True, amount=False)
    membership = factories.MembershipFactory.create(partner=partner)
    licensed = factories.BenefitFactory.create(partner=partner)
    credit = factories.BenefitFactory.create(partner=partner, monthly=True)
    subscription = factories.SubscriptionFactory.create(tenant=tenant)
    for number in range(count):
        if number < len(Tenant.Color) - 1:
            factories.TenantFactory.create(partner=partner)
        factories.RoleAssignmentFactory.create(partner=partner)
        factories.RoleAssignmentFactory.create(user=user, partner=factories.PartnerFactory.create())
        factories.PackageLineFactory.create(offer=offer)
        factories.PackageLineFactory.create(offer=offer, product__monthly=True)
        factories.CreditAmountFactory.create(
            line=line, currency=f"{chr(65 + number // 26)}{chr(65 + number % 26)}X"
        )
        factories.BenefitFactory.create(membership=membership, partner=partner)
        licensed.issue_key(by=Actor()).revoke("for a test", by=Actor())
        factories.AssignmentFactory.create(benefit=credit, directory_user__tenant=tenant)
        subscription.add_licenses(
            factories.key_for(subscription, 1), by=Actor(), on=factories.TODAY
        )
    return [partner, user, offer, line, membership, licensed, credit, subscription]


@pytest.mark.parametrize("many", [9, pytest.param(30, marks=BEFORE_A_RELEASE)])
def test_a_page_asks_the_database_as_often_for_many_rows_beside_it_as_for_1(
    office: Client, today: date, many: int
) -> None:
    def counts(rows: list[Model]) -> list[tuple[type[Model], int]]:
        addresses = [(type(shown), page(type(shown), "change", shown.pk)) for shown in rows]
        for _model, address in addresses:
            office.get(address)
        return [(model, queries(office, address)) for model, address in addresses]

    for_one = counts(many_children(1))
    assert counts(many_children(many)) == for_one


def test_every_page_answers(office: Client, today: date) -> None:
    make_rows(1)
    wanted = {}
    for model in registered():
        wanted[page(model, "changelist")] = wanted[f"{page(model, 'changelist')}?q=partner"] = 200
        wanted[page(model, "change", model._default_manager.latest("pk").pk)] = 200
        wanted[page(model, "add")] = 200 if model in MADE_BY_HAND else 403
    answers = {address: office.get(address) for address in wanted}
    assert {address: answer.status_code for address, answer in answers.items()} == wanted
    assert [
        address for address, answer in answers.items() if ">None<" in answer.content.decode()
    ] == []


def test_every_choice_of_every_filter_answers(
    programme: User, rf: RequestFactory, today: date
) -> None:
    make_rows(1)
    asked = 0

    def rows(model: type[Model], query: str = "") -> tuple[Any, list[Model]]:
        request = rf.get(page(model, "changelist") + query)
        request.user = programme
        listing = admin.site.get_model_admin(model).get_changelist_instance(request)
        return listing, list(listing.result_list)

    for model in registered():
        listing, everything = rows(model)
        for choice in [
            choice["query_string"]
            for spec in listing.filter_specs
            for choice in spec.choices(listing)
        ]:
            asked += 1
            assert {row.pk for row in rows(model, choice)[1]} <= {row.pk for row in everything}, (
                model,
                choice,
            )
    assert asked > 100


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_first_page_names_the_portal(office: Client, language: str) -> None:
    assert (
        b"Benefits Portal"
        in office.get(reverse("admin:index"), headers={"accept-language": language}).content
    )


@pytest.mark.rule("K3")
def test_no_page_says_a_key_or_what_is_kept_of_it(office: Client, today: date) -> None:
    redeemed = factories.redeem().key
    live = factories.issue_key(partner=redeemed.partner)
    attempt = factories.KeyAttemptFactory.create(partner=redeemed.partner)
    keys = [key_encryption.decrypted(key.ciphertext) for key in (redeemed, live)]
    secrets = [
        *keys,
        *map(key_encryption.grouped, keys),
        redeemed.digest,
        live.digest,
        redeemed.ciphertext,
        live.ciphertext,
        attempt.digest,
    ]
    addresses = [reverse("admin:index")]
    for model in registered():
        addresses += [
            page(model, "changelist"),
            *(page(model, "change", shown.pk) for shown in model._default_manager.all()),
        ]
    said = {address: office.get(address).content.decode() for address in addresses}
    assert redeemed.last_five in said[page(ProductKey, "changelist")]
    assert redeemed.last_five in said[page(Redemption, "changelist")]
    assert live.last_five in said[page(Benefit, "change", live.benefit_id)]
    assert page(KeyAttempt, "change", attempt.pk) in said
    assert [
        (address, secret) for address, text in said.items() for secret in secrets if secret in text
    ] == []


@pytest.mark.rule("K3")
@pytest.mark.parametrize("lookup", ["digest__startswith", "ciphertext__contains", "digest"])
def test_a_key_cannot_be_found_out_by_filtering(office: Client, lookup: str) -> None:
    factories.issue_key()
    assert office.get(page(ProductKey, "changelist"), {lookup: "a"}).status_code == 400
    assert office.get(page(KeyAttempt, "changelist"), {lookup: "a"}).status_code == 400


def test_a_password_cannot_be_found_out_by_filtering(office: Client) -> None:
    assert office.get(page(User, "changelist"), {"password__startswith": "m"}).status_code == 400


@pytest.mark.rule("A2")
def test_the_history_of_a_thing_is_what_is_on_record_about_it(office: Client) -> None:
    about, other = factories.SubscriptionFactory.create_batch(2)
    factories.RecordFactory.create(subject=about, action="tests.ours")
    factories.RecordFactory.create(subject=other, action="tests.other")
    history = page(Subscription, "history", about.pk)
    assert (
        f'href="{history}"' in office.get(page(Subscription, "change", about.pk)).content.decode()
    )
    assert [
        record.action for record in office.get(history, follow=True).context["cl"].result_list
    ] == ["tests.ours"]


def test_a_record_s_page_and_a_history_say_what_they_are_about(office: Client) -> None:
    about = factories.SubscriptionFactory.create(product__name="Visio Plan 2")
    record = factories.RecordFactory.create(subject=about, action="tests.ours")

    pages = (
        office.get(page(Record, "change", record.pk)).text,
        office.get(page(Subscription, "history", about.pk), follow=True).text,
    )

    assert [f"subscription {about}" in each for each in pages] == [True, True]
    assert "Visio Plan 2" in str(about)


def test_two_partners_of_one_name_can_be_told_apart(office: Client) -> None:
    partners = factories.PartnerFactory.create_batch(2, name="Contoso")
    tenant = factories.TenantFactory.create(partner=partners[0])
    factories.UserFactory.create(directory_user__tenant=tenant)
    names = [f"Contoso ({partner.mpn_id})" for partner in partners]
    asked = {"app_label": "benefits", "model_name": "membership", "field_name": "partner"}

    offered = office.get("/back-office/autocomplete/", asked | {"term": "contoso"}).json()
    listed = office.get(page(Tenant, "changelist")).text

    assert sorted(each["text"] for each in offered["results"]) == sorted(names)
    assert f">{names[0]}</a>" in listed
    assert f">{names[0]}</a>" in office.get(page(User, "changelist")).text


def test_who_may_only_look_reads_the_name_of_a_language(support: User, sign_in: SignIn) -> None:
    nora = factories.UserFactory.create(language="nl")
    shown = sign_in(support).get(page(User, "change", nora.pk)).text
    assert ">Dutch<" in shown


@pytest.mark.parametrize(
    "about",
    [
        "",
        "x",
        "licensing.subscription:",
        "licensing.subscription:x",
        "no.model:1",
        f"licensing.subscription:{9**99}",
    ],
)
def test_a_history_of_nothing_is_no_error(office: Client, about: str) -> None:
    assert office.get(page(Record, "changelist"), {"about": about}).status_code == 200


def test_links_lead_along_the_relations(office: Client, today: date) -> None:
    redemption = factories.redeem()
    listing = office.get(page(Redemption, "changelist")).content.decode()
    for related in (redemption.subscription, redemption.key, redemption.partner):
        assert f'href="{page(type(related), "change", related.pk)}"' in listing
    partner = office.get(page(Partner, "change", redemption.partner_id)).content.decode()
    for model in (Membership, Benefit, ProductKey, Subscription):
        assert f"{page(model, 'changelist')}?partner__id__exact={redemption.partner_id}" in partner


def test_more_partners_than_can_be_overlooked_are_not_listed_beside_a_list(office: Client) -> None:
    partners = factories.PartnerFactory.create_batch(31)
    subscription = factories.SubscriptionFactory.create(tenant__partner=partners[7])
    beside = office.get(page(Subscription, "changelist")).context["cl"]
    assert [spec.title for spec in beside.filter_specs if spec.title == "partner"] == []
    chosen = office.get(
        page(Subscription, "changelist"), {"partner__id__exact": subscription.partner_id}
    ).context["cl"]
    assert [
        choice
        for spec in chosen.filter_specs
        if spec.title == "partner"
        for choice, _name in spec.lookup_choices
    ] == [str(partners[7].pk)]
    assert list(chosen.result_list) == [subscription]


def test_a_practice_world_says_when_it_was_told(office: Client) -> None:
    world = factories.PracticeWorldFactory.create()
    assert office.get(page(PracticeWorld, "change", world.pk)).status_code == 200


def test_today_is_the_projects_own_day_and_says_so(
    office: Client, today: date, settings: Settings
) -> None:
    # In Kiritimati it is tomorrow already.
    partner = factories.PartnerFactory.create(time_zone="Pacific/Kiritimati")
    factories.SubscriptionFactory.create(ends_on=today, tenant__partner=partner)
    listing = office.get(page(Subscription, "changelist"), {"status": "active"})
    assert [subscription.ends_on for subscription in listing.context["cl"].result_list] == [today]
    assert f"({settings.TIME_ZONE})" in listing.content.decode()


@pytest.mark.parametrize("role", Role)
def test_what_somebody_holds_where_stands_in_the_list(office: Client, role: Role) -> None:
    held = factories.RoleAssignmentFactory.create(role=role)
    assert f"{role.label} ({held.partner})" in office.get(page(User, "changelist")).content.decode()
