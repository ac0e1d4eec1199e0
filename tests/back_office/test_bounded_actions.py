"""An action on *all* rows of a list is done to as many as one page can, and refused beyond."""

from datetime import date

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client

from benefits_portal.backoffice.changelist import BoundedActionsMixin
from benefits_portal.benefits.models import ExternalOffer, HeldOffer, ProductKey
from tests import factories

from .conftest import BECAUSE, page, registered


def act(
    office: Client, model: type[Model], action: str, pks: list[int], across: str = "1"
) -> tuple[int, list[str]]:
    sent = {
        "action": action,
        "_selected_action": pks,
        "select_across": across,
        "index": "0",
        "post": "yes",
    } | BECAUSE
    answer = office.post(page(model, "changelist"), sent, follow=True)
    return answer.status_code, [str(message) for message in answer.context["messages"]]


def hold(count: int) -> list[HeldOffer]:
    """That so many partners hold an offer from elsewhere."""
    offer = ExternalOffer.objects.create(name="Azure Pass")
    partners = factories.PartnerFactory.create_batch(count)
    return [
        HeldOffer.objects.create(external_offer=offer, partner=partner, since=factories.TODAY)
        for partner in partners
    ]


TOLD = "Up to 2 rows can be changed at once. Narrow the list down; nothing was changed."


@pytest.fixture(autouse=True)
def _two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedActionsMixin, "MAX_AT_ONCE", 2)


def test_too_many_rows_at_once_are_refused_and_none_is_changed(office: Client, today: date) -> None:
    keys = [factories.issue_key() for _ in range(3)]
    assert act(office, ProductKey, "revoke", [keys[0].pk]) == (200, [TOLD])
    assert ProductKey.objects.revoked().count() == 0
    held = hold(3)
    assert act(office, HeldOffer, "delete_selected", [held[0].pk]) == (200, [TOLD])
    assert HeldOffer.objects.count() == 3


def test_as_many_as_one_page_can_and_those_chosen_one_by_one_are_changed(
    office: Client, today: date
) -> None:
    keys = [factories.issue_key() for _ in range(3)]
    act(office, ProductKey, "revoke", [key.pk for key in keys], across="0")
    assert ProductKey.objects.revoked().count() == 3
    act(office, HeldOffer, "delete_selected", [hold(2)[0].pk])
    assert HeldOffer.objects.count() == 0


def test_every_list_of_the_back_office_is_bounded() -> None:
    assert [
        model
        for model in registered()
        if not isinstance(admin.site._registry[model], BoundedActionsMixin)
    ] == []
