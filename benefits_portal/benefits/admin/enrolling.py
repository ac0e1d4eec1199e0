"""Enrolling, renewing and ending early, each shown before it is done (B1 to B4)."""

# mypy: disable-error-code="type-arg"

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.backoffice.columns import admin_url
from benefits_portal.benefits.exceptions import AlreadyRenewed
from benefits_portal.benefits.models import BenefitAction, Membership, Plan
from benefits_portal.fields import DayFormField
from benefits_portal.tenants.admin.edits_on_record import actor
from benefits_portal.tenants.admin.forms import error_text
from benefits_portal.tenants.admin.reasons import reason_field
from benefits_portal.tenants.audit.record import repeated_is_done
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Record


class EndForm(forms.Form):
    """The last day of a membership that is ended early, and the reason."""

    last_day = DayFormField(label=gettext_lazy("Last day"))
    reason = reason_field()

    def __init__(self, membership: Membership, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.membership = membership
        self.fields["last_day"].help_text = _(
            "Of the enrollment year; the benefits expire 30 days after it. Active subscriptions "
            "continue."
        )


def page(model_admin: Any, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    request.current_app = model_admin.admin_site.name
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "media": model_admin.media,
        **context,
    }
    return TemplateResponse(request, f"admin/benefits/membership/{template}.html", context)


def own(model_admin: Any, request: HttpRequest, pk: int, permission: str) -> Membership:
    """The membership of a page, if the user may do what the page does."""
    if not request.user.has_perm(permission):
        raise PermissionDenied
    membership = model_admin.get_queryset(request).filter(pk=pk).first()
    if membership is None:
        raise Http404
    return membership  # type: ignore[no-any-return]


def preview(
    model_admin: Any, request: HttpRequest, membership: Membership, sent: dict[str, Any]
) -> HttpResponse | None:
    """The page that shows what enrolling will create; it posts `sent` again with the plan.

    None if exactly this plan was confirmed, or if the package cannot be provisioned, which
    enrolling itself reports.
    """
    try:
        plan = membership.plan()
    except Refusal:
        return None
    posted = request.POST.get("plan", "")
    if posted == plan.fingerprint:
        return None
    title = _("What this membership will bring")
    context = {
        "title": title,
        "plan": plan,
        "changed": bool(posted),
        "sent": sent | {"plan": plan.fingerprint},
    }
    return page(
        model_admin,
        request,
        "preview",
        begins_later=not membership.has_begun(membership.partner.today()),
        **context,
    )


def renew(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """Renew for the next year: GET shows what a POST then creates exactly."""
    membership = own(model_admin, request, pk, "benefits.add_membership")
    its_page = redirect(admin_url(membership, "change", membership.pk))
    try:
        if request.method != "POST" and (renewed_as := membership.renewed_as()):
            model_admin.message_user(request, str(AlreadyRenewed(renewed_as)), messages.INFO)
            return redirect(admin_url(renewed_as, "change", renewed_as.pk))
        membership.check_renewable(membership.partner.today())
        if request.method != "POST":
            # Not the verb, which would record a refused attempt
            membership.renewal().plan()
        if answer := preview(model_admin, request, membership.renewal(), {}):
            return answer
        made = renewed(request, membership, request.POST.get("plan", ""))
    except (Refusal, ValidationError) as error:
        model_admin.message_user(request, error_text(error), messages.ERROR)
        return its_page
    model_admin.announce(request, made)
    return redirect(admin_url(made, "change", made.pk))


def renewed(request: HttpRequest, membership: Membership, shown: str = "") -> Membership:
    """The next year's membership, created now or by the same person a moment ago (W11).

    Raises what `Membership.renew` raises.
    """
    with repeated_is_done():
        membership.renew(by=actor(request), on=membership.partner.today(), shown=shown)
    starts_on = membership.renewal().starts_on
    return Membership.objects.get(
        partner=membership.partner, offer=membership.offer, starts_on=starts_on
    )


def just_made(request: HttpRequest, wanted: Membership) -> Membership | None:
    """The membership `wanted`, if the same person created it a moment ago (W11)."""
    same = Membership.objects.filter(
        partner=wanted.partner, offer=wanted.offer, starts_on=wanted.starts_on
    ).first()
    done = Record.objects.just_done(
        BenefitAction.PROVISIONED, by=actor(request), partner=wanted.partner, subject=same
    )
    return same if same and done.exists() else None


def end(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the last day and the reason, then end the membership early."""
    membership = own(model_admin, request, pk, "benefits.change_membership")
    form = EndForm(membership, request.POST or None)
    if request.method == "POST" and form.is_valid():
        last_day: date = form.cleaned_data["last_day"]
        try:
            with repeated_is_done():
                membership.end(last_day, by=actor(request), on=membership.partner.today())
        except Refusal as refusal:
            form.add_error("last_day", str(refusal))
        else:
            model_admin.message_user(
                request, _("The membership now ends on the day given."), messages.SUCCESS
            )
            return redirect(admin_url(membership, "change", membership.pk))
    return page(
        model_admin,
        request,
        "end",
        title=_("End this membership early"),
        membership=membership,
        form=form,
    )


def left_out(plan: Plan) -> str:
    """A sentence about discontinued products that were left out; empty without any (B4)."""
    products = ", ".join(str(line.product) for line in plan.left_out)
    return (
        _("Left out, because they are discontinued: %(products)s.") % {"products": products}
        if products
        else ""
    )
