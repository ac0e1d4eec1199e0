"""A form that adds a row, sent twice by a double click, is one row and one message (W11)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib.auth.models import Group
from django.contrib.messages import SUCCESS
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.models import ExternalOffer, HeldOffer, Offer, PackageLine, Product
from benefits_portal.tenants.models import (
    DirectoryUser,
    Partner,
    Record,
    RoleAssignment,
    Tenant,
    User,
)
from tests import factories
from tests.clients import SignIn
from tests.simultaneous import at_once
from tests.test_twice_at_once import messages_of

from .conftest import BECAUSE

pytestmark = [pytest.mark.usefixtures("today"), pytest.mark.rule("W11")]

NO_ROWS = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0}


def table(prefix: str, /, **row: Any) -> dict[str, Any]:
    """The rows below a form: none, or one."""
    rows = {f"{prefix}-{key}": value for key, value in NO_ROWS.items()}
    return (
        rows
        | {f"{prefix}-TOTAL_FORMS": 1 if row else 0}
        | {f"{prefix}-0-{key}": value for key, value in row.items()}
    )


def partner_fields() -> dict[str, Any]:
    fields = {"name": "Trey", "mpn_id": "4123456", "country": "NL", "currency": "EUR"}
    tenant = {"name": "Trey", "domain": "trey.example", "is_primary": "on"}
    return fields | {"time_zone": "Europe/Amsterdam"} | table("tenants", **tenant)


def tenant_fields() -> dict[str, Any]:
    partner = factories.PartnerFactory.create()
    fields = {"partner": partner.pk, "name": "Trey", "domain": "trey.example", "color": "blue"}
    return fields | {"guid": "72f988bf-86f1-41af-91ab-2d7cd011db47", "is_primary": "on"}


def person_fields() -> dict[str, Any]:
    tenant = factories.TenantFactory.create(domain="trey.example")
    fields = {"tenant": tenant.pk, "display_name": "Kim", "kind": "member"}
    return fields | {"user_principal_name": "kim@trey.example"}


def account_fields() -> dict[str, Any]:
    return {"email": "kim@trey.example", "name": "Kim", "usable_password": "false"}


def role_fields() -> dict[str, Any]:
    user = factories.UserFactory.create(directory_user=factories.DirectoryUserFactory.create())
    return {"user": user.pk, "partner": user.directory_user.partner_id, "role": "member"} | BECAUSE


def held_fields() -> dict[str, Any]:
    held = factories.HeldOfferFactory.create()
    fields = {"external_offer": held.external_offer_id, "partner": held.partner_id}
    return fields | {"since": "2021-04-01"} | BECAUSE


def offer_fields() -> dict[str, Any]:
    product = factories.ProductFactory.create(monthly=True)
    line = {"product": product.pk, "benefit_type": "core", "amounts": "EUR 85"}
    return {"name": "Gold", "position": "1"} | table("lines", **line)


def line_fields() -> dict[str, Any]:
    product, offer = factories.ProductFactory.create(), factories.OfferFactory.create()
    fields = {"offer": offer.pk, "product": product.pk, "benefit_type": "core", "quantity": "5"}
    return fields | table("credit_amounts")


ADDED: dict[type[Any], Callable[[], dict[str, Any]]] = {
    Partner: partner_fields,
    Tenant: tenant_fields,
    DirectoryUser: person_fields,
    User: account_fields,
    RoleAssignment: role_fields,
    HeldOffer: held_fields,
    Offer: offer_fields,
    PackageLine: line_fields,
    Product: lambda: {"name": "Visio", "kind": "licenses"},
    ExternalOffer: lambda: {"name": "Azure Pass"},
    Group: lambda: {"name": "Auditors"},
}
EACH = pytest.mark.parametrize("model", ADDED, ids=lambda model: model.__name__)


def url_of(model: type[Any]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")


def rows() -> dict[str, int]:
    """How many there are of everything, records too."""
    return {model.__name__: model._default_manager.count() for model in apps.get_models()}


@EACH
def test_what_is_added_twice_is_one_row_and_one_message(office: Client, model: type[Any]) -> None:
    url, fields = url_of(model), ADDED[model]()
    before = model._default_manager.count()
    first = office.post(url, fields)
    told, after = messages_of(office), rows()
    assert (first.status_code, model._default_manager.count()) == (302, before + 1)
    second = office.post(url, fields)
    assert second.headers.get("Location") == first.headers["Location"]
    assert (rows(), told[-1:]) == (after, messages_of(office))
    assert told[-1][0] == SUCCESS


@pytest.mark.parametrize("later", [False, True])
def test_what_differs_or_comes_later_is_no_second_click(office: Client, later: bool) -> None:
    fields = partner_fields()
    office.post(url_of(Partner), fields)
    changes = {} if later else {"name": "Trey Research"}
    with time_machine.travel(factories.NOW + timedelta(minutes=2 * later), tick=False):
        answer = office.post(url_of(Partner), fields | changes)
    assert "mpn_id" in answer.context["adminform"].form.errors


def test_what_has_another_row_in_its_table_is_no_second_click(office: Client) -> None:
    fields = partner_fields()
    office.post(url_of(Partner), fields)
    answer = office.post(url_of(Partner), fields | table("tenants"))
    assert "mpn_id" in answer.context["adminform"].form.errors


def test_what_somebody_else_added_is_no_second_click(
    office: Client, officer: User, sign_in: SignIn
) -> None:
    fields = partner_fields()
    office.post(url_of(Partner), fields)
    answer = sign_in(officer).post(url_of(Partner), fields)
    assert "mpn_id" in answer.context["adminform"].form.errors


@pytest.mark.rule("P3")
def test_whoever_may_not_add_is_answered_by_no_second_click(
    office: Client, programme: User, sign_in: SignIn
) -> None:
    fields = partner_fields()
    office.post(url_of(Partner), fields)
    programme.is_superuser = False
    programme.save()
    assert sign_in(programme).post(url_of(Partner), fields).status_code == 403


@pytest.mark.django_db(transaction=True)
@EACH
def test_what_is_added_twice_at_one_instant_is_one_row(office: Client, model: type[Any]) -> None:
    url, fields = url_of(model), ADDED[model]()
    before = model._default_manager.count()
    answers = at_once([lambda: office.post(url, fields)] * 3)
    assert [answer.status_code for answer in answers] == [302] * 3
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert model._default_manager.count() == before + 1
    assert Record.objects.exclude(refused="").exclude(refused="role-already-held").count() == 0
