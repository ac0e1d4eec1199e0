"""Planning with the partner's keys: choices, then steps, each with its last day (O1 to O7)."""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from benefits_portal.benefits.models import Product
from benefits_portal.licensing import prepared_queries
from benefits_portal.licensing.calculator_forms import link_query
from benefits_portal.licensing.models import Subscription
from benefits_portal.licensing.plan_page.answers import (
    plan_choices,
    same_day_answer,
    same_day_steps,
)
from benefits_portal.licensing.plan_page.forms import ALL, PlanForm
from benefits_portal.licensing.plan_page.steps import Steps
from benefits_portal.licensing.plan_page.supply import PlanRequest, Supply, product_choices
from benefits_portal.licensing.views.calculator import all_url
from benefits_portal.tenants.access import get_own_prepared, role_required
from benefits_portal.tenants.middleware import PartnerRequest


@role_required
@require_safe
def plan(request: PartnerRequest) -> HttpResponse:
    """The plans and their steps; only people who may act can carry them out (P3)."""
    query = link_query(request.GET)
    own = subscription_asked(request, query)
    product = own.product if own else product_asked(query)
    if product is None:
        choices = product_choices(request.tenant, request.partner, request.today)
        return render(request, "licensing/plan_product.html", {"choices": choices})
    href = "" if query.get("subscription") == ALL else all_url(request)
    asked = PlanRequest(own, frozenset(query.getlist("key")), href)
    supply = Supply.of(product, request.tenant, request.today, asked)
    supply = supply.with_people(request.tenant, request.today, query.get("subscription", ""))
    form = PlanForm(query, supply)
    context = {"supply": supply, "form": form, "shows_all": asked.shows_all}
    context |= answer_context(request, query, form)
    return render(request, "licensing/plan.html", context)


def subscription_asked(request: PartnerRequest, query: QueryDict) -> Subscription | None:
    """The subscription that the URL names; None if it names none."""
    asked = query.get("subscription", "")
    if not asked.isdecimal():
        return None
    own: Subscription = get_own_prepared(request, prepared_queries.subscription, int(asked[:18]))
    return own


def product_asked(query: QueryDict) -> Product | None:
    pk = query.get("product", "")
    return get_object_or_404(Product, pk=int(pk[:18])) if pk.isdecimal() else None


def answer_context(request: PartnerRequest, query: QueryDict, form: PlanForm) -> dict[str, Any]:
    """The choices, and the steps of the chosen one; empty if nothing can be planned."""
    if not (form.supply.subscriptions and form.supply.keys and form.is_valid()):
        return {}
    if form.cleaned_data["subscription"] == ALL:
        answer = same_day_answer(form, request.today)
        return {"plans": answer, "steps": same_day_steps(form, answer), "is_same_day": True}
    choices = plan_choices(form, query, request.today, all_url(request))
    chosen = choices.plan
    steps = [Steps(form.chosen, chosen, form.supply)] if chosen and chosen.steps else []
    return {"plans": choices, "steps": steps}
