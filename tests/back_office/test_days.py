"""Every form of the back office asks for a day in one way (W4)."""

from datetime import date

import pytest
from django import forms
from django.contrib import admin
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from benefits_portal.benefits.models import Membership
from benefits_portal.fields import DayFormField
from benefits_portal.tenants.models import Partner, User
from tests import factories
from tests.test_days_typed import REFUSED

pytestmark = pytest.mark.rule("W4")


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_back_office_reads_a_day_in_one_way(
    office: Client, partner: Partner, language: str
) -> None:
    office.cookies["django_language"] = language
    enrollment = {"partner": partner.pk, "offer": factories.OfferFactory.create().pk}
    with translation.override(language):  # put back afterwards: a request leaves its own behind
        for typed, _error in REFUSED:
            added = office.post(
                reverse("admin:benefits_membership_add"), enrollment | {"starts_on": typed}
            )
            assert (typed, list(added.context["adminform"].form.errors)) == (typed, ["starts_on"])
    assert not Membership.objects.exists()


def test_no_form_of_the_back_office_asks_for_a_day_in_another_way(
    rf: RequestFactory, office: Client, programme: User
) -> None:
    request = rf.get("/")
    request.user = programme
    asked = []
    for model_admin in admin.site._registry.values():
        pages = [model_admin.get_form(request)] if model_admin.has_add_permission(request) else []
        pages += [
            formset.form for formset, _inline in model_admin.get_formsets_with_inlines(request)
        ]
        asked += [
            field
            for form in pages
            for field in form.base_fields.values()
            if isinstance(field, forms.DateField)
        ]
    assert asked
    assert {type(field) for field in asked} == {DayFormField}


def test_the_list_of_what_holds_on_a_day_reads_it_in_one_way(office: Client, today: date) -> None:
    for typed in ["20210131", "2021-W05", "31-01-2021"]:
        page = office.get(
            reverse("admin:benefits_membership_changelist"), {"on": typed}, follow=True
        )
        assert "Jan 31, 2021" not in page.content.decode(), typed
    page = office.get(reverse("admin:benefits_membership_changelist"), {"on": "2021-01-31"})
    assert "Jan 31, 2021" in page.content.decode()
