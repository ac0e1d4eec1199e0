"""Staff, and every kind of row that the back office shows."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
import time_machine
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model
from django.forms import BaseForm
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import Partner, PracticeWorld, User
from tests import factories
from tests.clients import ClientResponse
from tests.world import member_of

BECAUSE = {"reason": "Asked for by the partner"}


def page(model: type[Model], name: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def registered() -> list[type[Model]]:
    return list(admin.site._registry)


@pytest.fixture
def programme(db: None) -> User:
    """A superuser, who may do everything that anybody may."""
    return factories.UserFactory.create(staff=True, is_superuser=True)


@pytest.fixture
def support(db: None) -> User:
    """Support staff, who may look at everything."""
    return member_of("Support")


@pytest.fixture
def officer(db: None) -> User:
    """Program staff without any further rights."""
    return member_of("Program")


@pytest.fixture
def office(programme: User, sign_in: Callable[[User], Client]) -> Client:
    """A browser in which programme staff are signed in."""
    return sign_in(programme)


def request_by(user: User, query: dict[str, str] | None = None) -> PartnerRequest:
    """A request of staff, as what asks a ModelAdmin for its forms and lists needs it."""
    request = cast("PartnerRequest", RequestFactory().get("/", query))
    request.user, request.partner = user, cast("Partner", None)  # staff act for no partner
    return request


@pytest.fixture(scope="module")
def a_row_of_each(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """What `make_rows(1)` makes: once for a module, as it takes longer than most tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        with time_machine.travel(factories.NOW, tick=False):
            make_rows(1)
        yield
        transaction.set_rollback(True)


def make_rows(count: int) -> None:
    """`count` more rows of every model that the back office shows."""
    for _ in range(count):
        redemption = factories.redeem()
        factories.replace(factories.redeem())
        factories.order()
        factories.CreditAmountFactory.create(
            line=factories.PackageLineFactory.create(product__monthly=True, amount=False)
        )
        factories.AssignmentFactory.create()
        held = factories.HeldOfferFactory.create()
        held.external_offer.excludes.add(factories.ProductFactory.create(monthly=True))
        redemption.key.product.replaced_by.add(factories.ProductFactory.create())
        role = factories.RoleAssignmentFactory.create()
        factories.KeyAttemptFactory.create(user=role.user)
        factories.RecordFactory.create(
            subject=redemption.subscription,
            actor=role.user,
            tenant=redemption.tenant,
            before={"licenses": 1},
        )
        factories.TenantRequestFactory.create(partner=role.partner)
        Group.objects.create(name=f"Group {role.pk}")
        factories.AttemptFactory.create(email=role.user.email)
        factories.MailFactory.create(recipient=role.user)
        factories.LicenseAssignmentFactory.create()
        factories.ToldFactory.create()
        factories.PreferenceFactory.create()
        factories.SilenceFactory.create()
        factories.FeedFactory.create()
        factories.RunFactory.create()
    if not PracticeWorld.objects.exists():
        factories.PracticeWorldFactory.create()


def filled(response: ClientResponse, **changes: Any) -> dict[str, Any]:
    """What a browser would send for the form in `response`, with a reason.

    `changes` are made to it; None leaves a field out.
    """
    sent: dict[str, Any] = {}
    for inline in response.context["inline_admin_formsets"]:
        for form in [inline.formset.management_form, *inline.formset.forms]:
            sent |= sent_for(form)
    sent |= sent_for(response.context["adminform"].form) | BECAUSE | changes
    return {name: value for name, value in sent.items() if value is not None}


def sent_for(form: BaseForm) -> dict[str, Any]:
    sent: dict[str, Any] = {}
    for field in form:
        value = field.value()
        if field.field.disabled or value is False:
            continue
        if hasattr(field.field.widget, "decompress"):
            sent |= {
                f"{field.html_name}_{part}": item or ""
                for part, item in enumerate(field.field.widget.decompress(value))
            }
        else:
            sent[field.html_name] = "" if value is None else value
        if field.field.show_hidden_initial:
            sent[field.html_initial_name] = value
    return sent


def new_row(prefix: str, number: int, **values: Any) -> dict[str, Any]:
    """The fields of one more row of an inline, after the `number` that are there."""
    return {
        f"{prefix}-TOTAL_FORMS": number + 1,
        **{f"{prefix}-{number}-{name}": value for name, value in values.items()},
    }


def errors(response: ClientResponse) -> list[str]:
    """Everything that a form said it refuses."""
    return (
        [str(error) for error in response.context["errors"].as_data()]
        if "errors" in response.context
        else []
    )
