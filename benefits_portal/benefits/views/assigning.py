"""Assigning credit to a person or a list, removing and transferring it (U1 to U6)."""

from collections.abc import Callable

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from benefits_portal.benefits.bulk_assignment import (
    assign_many,
    check_many,
    preview,
    repeated_are_done,
    sealed,
    unsealed,
)
from benefits_portal.benefits.forms import PeopleForm, PersonForm
from benefits_portal.benefits.models import Assignment, Benefit
from benefits_portal.benefits.models.assignment_queryset import AssignmentQuerySet
from benefits_portal.benefits.notes import CreditNotes, cannot_be_corrected, stays_assigned
from benefits_portal.prepared import PreparedQuery
from benefits_portal.search_text import clean_query
from benefits_portal.tenants.access import (
    admin_required,
    form_methods,
    get_own,
    get_own_prepared,
)
from benefits_portal.tenants.audit.record import repeated_is_done
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.candidates import Choices
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import DirectoryUser
from benefits_portal.typed_text import isolated


@admin_required
@form_methods
def assign(request: PartnerRequest, pk: int) -> HttpResponse:
    """Assign the credit to a person (U1 to U6); bulk credit after a review (U3)."""
    benefit = get_own_prepared(request, own_credit, pk)
    form = PersonForm(benefit, request.POST or None)
    if request.method == "POST" and form.is_valid():
        giver = benefit if needs_review(request, benefit) else None
        if answer := given(request, form, benefit.assign, giver, benefit):
            return answer
    try:
        benefit.check_assignable(request.today)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect(benefit)
    context = choosing(request, benefit, form)
    context["notes"] = CreditNotes(benefit, request.today, is_held=False)
    return render(request, choosing_template(request, "assign"), context)


@PreparedQuery
def own_credit(partner: int, pk: int) -> QuerySet[Benefit]:
    """The partner's usage-based benefit, with the names of the offers that exclude it."""
    its = Benefit.objects.filter(partner=partner, pk=pk).usage_based()
    return its.for_display().with_excluding_offers().order_by()


@admin_required
@form_methods
def assign_list(request: PartnerRequest, pk: int) -> HttpResponse:
    """Assign monthly credit to a list of people: enter it, preview each line, then assign (U2)."""
    benefit = get_own(request, Benefit.objects.for_display().usage_based(), pk)
    form = PeopleForm(request.POST or None, request.FILES or None)
    context: dict[str, object] = {"benefit": benefit, "form": form}
    try:
        check_many(benefit, request.today)
        if request.method == "POST" and (
            shown := unsealed(request.POST.get("shown", ""), benefit, request.user)
        ):
            became = assign_many(benefit, shown, by=request.actor, on=request.today)
            context["became"] = repeated_are_done(benefit, shown, became, by=request.actor)
        elif request.method == "POST" and form.is_valid():
            context |= previewing(request, benefit, form)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect(benefit)
    return render(request, "benefits/assign_list.html", context)


def previewing(request: PartnerRequest, benefit: Benefit, form: PeopleForm) -> dict[str, object]:
    """The previewed lines, signed for the form.

    `is_renewed` says that the lines shown before no longer hold.
    """
    lines = preview(benefit, form.list.found, request.today)
    return {
        "lines": lines,
        "heading": form.list.heading,
        "count": sum(not line.refused for line in lines),
        "shown": sealed(lines, benefit, request.user),
        "is_renewed": "shown" in request.POST,
    }


def of_benefit(pk: int) -> AssignmentQuerySet:
    """The assignments of one benefit; none for a number that no row can have."""
    return Assignment.objects.for_display().filter(benefit__in=Benefit.objects.filter(pk=pk))


@admin_required
@form_methods
def remove(request: PartnerRequest, pk: int, assignment_pk: int) -> HttpResponse:
    """Remove monthly credit, after a confirmation (U2)."""
    assignment = get_own(request, of_benefit(pk), assignment_pk)
    try:
        if request.method != "POST":
            assignment.check_removable(request.today)
            return render(
                request,
                "benefits/remove.html",
                {"assignment": assignment, "benefit": assignment.benefit},
            )
        with repeated_is_done():
            assignment.remove(by=request.actor, on=request.today)
        messages.success(
            request,
            _("%(name)s no longer holds this credit.")
            % {"name": isolated(assignment.directory_user.display_name)},
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect(assignment.benefit)


@admin_required
@form_methods
def transfer(request: PartnerRequest, pk: int, assignment_pk: int) -> HttpResponse:
    """Transfer bulk credit within the enrollment year, after a review (U3)."""
    assignment = get_own(request, of_benefit(pk), assignment_pk)
    benefit = assignment.benefit
    form = PersonForm(benefit, request.POST or None)
    if request.method == "POST" and form.is_valid():
        giver = assignment if needs_review(request, benefit) else None
        if answer := given(request, form, assignment.transfer, giver, benefit):
            return answer
    try:
        assignment.check_transferable(request.today)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect(benefit)
    context = {"assignment": assignment, **choosing(request, benefit, form)}
    return render(request, choosing_template(request, "transfer"), context)


def needs_review(request: PartnerRequest, benefit: Benefit) -> bool:
    """Whether assigning is irrevocable and the person has not been confirmed yet (U3)."""
    return benefit.product.is_bulk_credit and "confirmed" not in request.POST


def given(
    request: PartnerRequest,
    form: PersonForm,
    give: Callable[..., object],
    reviewed: Benefit | Assignment | None,
    benefit: Benefit,
) -> HttpResponse | None:
    """Give the credit to the chosen person, or return the review that must come first.

    None if a refusal was added to `form`.
    """
    person = form.cleaned_data["directory_user"]
    try:
        with repeated_is_done():
            (reviewed.check_person if reviewed else give)(
                person, by=request.actor, on=request.today
            )
    except Refusal as refusal:
        form.add_error("directory_user", str(refusal))
        return None
    if reviewed:
        return review(request, benefit, person, reviewed)
    text = _("Done. The portal doesn't notify %(name)s: send the message on this page.")
    messages.success(request, text % {"name": isolated(person.display_name)})
    return redirect(benefit)


def review(
    request: PartnerRequest,
    benefit: Benefit,
    person: DirectoryUser,
    reviewed: Benefit | Assignment,
) -> HttpResponse:
    """Who gets how much, and that it cannot be undone, before bulk credit is given (U3)."""
    context = {
        "benefit": benefit,
        "person": person,
        "assignment": reviewed if isinstance(reviewed, Assignment) else None,
        "search_query": clean_query(request.POST.get("q")),
        "warning": stays_assigned(benefit, request.today),
    }
    return render(request, "benefits/review.html", context)


def choosing_template(request: PartnerRequest, page: str) -> str:
    """The page; for htmx, which asks while somebody types, only the people."""
    return (
        "benefits/_people.html#candidates"
        if request.htmx and request.method == "GET"
        else f"benefits/{page}.html"
    )


def choosing(request: PartnerRequest, benefit: Benefit, form: PersonForm) -> dict[str, object]:
    """The people who match the search, with the reasons why some cannot be chosen."""
    search_query = clean_query(request.GET.get("q") or request.POST.get("q"))
    candidates = benefit.candidates(search_query, request.today)
    wanted = request.POST.get("directory_user") or request.GET.get("person")
    choices = Choices.of(candidates, wanted)
    return {
        "benefit": benefit,
        "pk": benefit.pk,
        "form": form,
        "search_query": search_query,
        "candidates": candidates,
        "choices": choices,
        "chosen": choices.chosen,
        "cannot_be_corrected": cannot_be_corrected(benefit, request.today),
    }
