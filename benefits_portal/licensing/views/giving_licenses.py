"""Giving licenses to a person or a list of people, taking and moving them (L1 to L12)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from benefits_portal.benefits.models import Product
from benefits_portal.licensing.bulk_licenses import give_many, preview, sealed, unsealed
from benefits_portal.licensing.license_display import (
    candidates,
    href_of,
    other_products,
    standing_of,
    standings,
)
from benefits_portal.licensing.license_forms import HolderForm, HoldersForm, OtherProductForm
from benefits_portal.licensing.models import LicenseAssignment, LicensePool
from benefits_portal.search_text import clean_query
from benefits_portal.tenants.access import admin_required, form_methods, get_own
from benefits_portal.tenants.audit.record import repeated_is_done
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.candidates import Choices
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.typed_text import isolated

from .licenses import own_pool, own_standing


@admin_required
@form_methods
def give(request: PartnerRequest, pk: int) -> HttpResponse:
    """Give a license to somebody of the tenant (L1 to L3)."""
    pool, standing = own_standing(request, pk)
    form = HolderForm(pool, request.POST or None)
    if request.method == "POST" and form.is_valid() and given(request, pool, form):
        return redirect(href_of(pk))
    search_query = clean_query(request.GET.get("q") or request.POST.get("q"))
    context = give_context(request, pool, form, search_query)
    if request.method == "POST":  # after a refusal, because others may have given licenses
        standing = standing_of(pool, request.today)
    context |= {"standing": standing, "refusal": standing.count.refusal(pool.product)}
    return render(request, give_template(request), context)


def given(request: PartnerRequest, pool: LicensePool, form: HolderForm) -> bool:
    """Give a license to the chosen person. Returns False after adding a refusal to `form`."""
    person = form.cleaned_data["directory_user"]
    try:
        with repeated_is_done():
            pool.give(person, by=request.actor, on=request.today)
    except Refusal as refusal:
        form.add_error("directory_user", str(refusal))
        return False
    name = isolated(person.display_name)
    messages.success(
        request,
        _("%(name)s now has a license of %(product)s.") % {"name": name, "product": pool.product},
    )
    return True


def give_template(request: PartnerRequest) -> str:
    """The page; for htmx, which asks while somebody types, only the people."""
    is_typing = request.htmx and request.method == "GET"
    return "benefits/_people.html#candidates" if is_typing else "licensing/license_give.html"


def give_context(
    request: PartnerRequest, pool: LicensePool, form: HolderForm, search_query: str
) -> dict[str, object]:
    """The people to choose from, with the reasons why some cannot be chosen."""
    own = [tenant for tenant in request.tenants if tenant.partner_id == request.partner.pk]
    found = candidates(pool, search_query, is_only=len(own) == 1)
    wanted = request.POST.get("directory_user") or request.GET.get("person")
    choices = Choices.of(found, wanted)
    return {
        "product": pool.product,
        "pk": pool.product.pk,
        "form": form,
        "search_query": search_query,
        "candidates": found,
        "choices": choices,
        "chosen": choices.chosen,
    }


@admin_required
@form_methods
def give_list(request: PartnerRequest, pk: int) -> HttpResponse:
    """Give licenses to a list of people: enter it, preview each line, then give."""
    pool = own_pool(request, pk)
    form = HoldersForm(request.POST or None, request.FILES or None)
    context: dict[str, object] = {"product": pool.product, "form": form}
    shown = unsealed(request.POST.get("shown", ""), pool, request.user)
    if request.method == "POST" and shown:
        context["became"] = give_many(pool, shown, by=request.actor, on=request.today)
    elif request.method == "POST" and form.is_valid():
        lines = preview(pool, form.list.found, request.today)
        context |= {
            "lines": lines,
            "heading": form.list.heading,
            "count": sum(not line.refused for line in lines),
            "shown": sealed(lines, pool, request.user),
            "is_renewed": "shown" in request.POST,
        }
    else:
        context["standing"] = standing_of(pool, request.today)
    return render(request, "licensing/license_give_list.html", context)


def own_assignment(request: PartnerRequest, pk: int, assignment_pk: int) -> LicenseAssignment:
    theirs = LicenseAssignment.objects.filter(product=Product(pk=pk)).for_display()
    assignment: LicenseAssignment = get_own(request, theirs, assignment_pk)
    return assignment


@admin_required
@form_methods
def take(request: PartnerRequest, pk: int, assignment_pk: int) -> HttpResponse:
    """Take a license away, after a confirmation (L5)."""
    assignment = own_assignment(request, pk, assignment_pk)
    try:
        if request.method != "POST":
            assignment.check_running()
            return render(request, "licensing/license_take.html", {"assignment": assignment})
        with repeated_is_done():
            assignment.take(by=request.actor, on=request.today)
        name = isolated(assignment.directory_user.display_name)
        messages.success(
            request,
            _("%(name)s no longer has a license of %(product)s.")
            % {"name": name, "product": assignment.product},
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect(href_of(pk))


@admin_required
@form_methods
def move(request: PartnerRequest, pk: int, assignment_pk: int) -> HttpResponse:
    """Move a license to another product: both or neither (L10)."""
    assignment = own_assignment(request, pk, assignment_pk)
    pools = standings(request.tenant, request.today)
    products = Product.objects.filter(pk__in=[each.product.pk for each in pools])
    form = OtherProductForm(products, request.POST or None)
    if request.method == "POST" and form.is_valid() and moved(request, assignment, form):
        return redirect(href_of(pk))
    try:
        assignment.check_running()
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect(href_of(pk))
    others = other_products(pools, assignment.product)
    context = {"assignment": assignment, "form": form, "others": others}
    context["can_move"] = any(refusal is None for _standing, refusal in others)
    return render(request, "licensing/license_move.html", context)


def moved(request: PartnerRequest, assignment: LicenseAssignment, form: OtherProductForm) -> bool:
    """Move the license to the chosen product. Returns False after adding a refusal to `form`."""
    product = form.cleaned_data["product"]
    try:
        with repeated_is_done():
            assignment.move(product, by=request.actor, on=request.today)
    except Refusal as refusal:
        form.add_error("product", str(refusal))
        return False
    name = isolated(assignment.directory_user.display_name)
    messages.success(
        request,
        _("%(name)s now has a license of %(product)s instead of %(before)s.")
        % {"name": name, "product": product, "before": assignment.product},
    )
    return True
