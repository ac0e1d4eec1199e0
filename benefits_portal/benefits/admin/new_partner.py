"""A new partner on one page: tenants, first Global admin and offers, with a preview.

The preview creates everything and rolls back, so it shows exactly what will be created.
"""

# mypy: disable-error-code="type-arg"

import hashlib
from datetime import date

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from benefits_portal.backoffice.columns import admin_url
from benefits_portal.benefits.models import Membership, Offer
from benefits_portal.formats import as_day
from benefits_portal.tenants.admin.edits_on_record import actor, log
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import (
    DirectoryUser,
    EditAction,
    Partner,
    Record,
    Role,
    RoleAssignment,
    Tenant,
)
from benefits_portal.tenants.tenant_lookup import check_domain_is_free

from .effects import what_a_plan_makes
from .new_partner_form import NewPartnerForm

NEEDED = (
    "tenants.add_partner",
    "tenants.add_tenant",
    "tenants.add_directoryuser",
    "tenants.add_roleassignment",
    "benefits.add_membership",
)


def make(request: HttpRequest, form: NewPartnerForm) -> tuple[Partner, list[str]]:
    """Make everything, and say what was made. Raises Refusal or ValidationError.

    Inside the caller's transaction.
    """
    by, data = actor(request), form.cleaned_data
    partner = Partner(**{name: data[name] for name in form.Meta.fields})
    partner.full_clean()
    partner.save()
    log(EditAction.CREATED, partner, request, after={n: data[n] for n in form.Meta.fields})
    lines = [_("Partner %(partner)s") % {"partner": partner}]
    tenants = [make_tenant(request, partner, *row) for row in form.tenants()]
    lines += [
        _("Tenant %(tenant)s, in %(color)s") % {"tenant": each, "color": each.get_color_display()}
        for each in tenants
    ]
    person = add_admin(request, tenants[0], data["admin_name"], data["admin_email"])
    RoleAssignment.objects.give(person, Role.GLOBAL_ADMIN, by=by)
    lines.append(_("Global admin %(person)s") % {"person": person})
    for offer in data["offers"]:
        lines += enroll(partner, offer, data["starts_on"], request)
    return partner, lines


def make_tenant(
    request: HttpRequest, partner: Partner, number: int, name: str, domain: str
) -> Tenant:
    """Create a tenant in the next free color; the partner's first one is the primary.

    Raises ValidationError for the fields of tenant `number`.
    """
    used = set(Tenant.objects.for_partner(partner).values_list("color", flat=True))
    color = next(color for color in Tenant.Color if color not in used)
    tenant = Tenant(partner=partner, name=name, domain=domain, color=color, is_primary=not used)
    try:
        check_domain_is_free(domain)
    except ValidationError as error:
        raise ValidationError({f"tenant_domain_{number}": error}) from error
    try:
        tenant.full_clean()
    except ValidationError as error:
        faults = error.message_dict
        own = {f"tenant_name_{number}": faults.pop("name", [])}
        own[f"tenant_domain_{number}"] = [text for texts in faults.values() for text in texts]
        raise ValidationError({name: texts for name, texts in own.items() if texts}) from error
    tenant.save()
    log(EditAction.CREATED, tenant, request, after={"name": name, "domain": tenant.domain})
    return tenant


def add_admin(request: HttpRequest, tenant: Tenant, name: str, email: str) -> DirectoryUser:
    """Add the first Global admin. Raises ValidationError for the field of the email address."""
    try:
        return DirectoryUser.objects.add_to(tenant, name, email, by=actor(request))
    except Refusal as refusal:
        raise ValidationError({"admin_email": str(refusal)}) from refusal


def enroll(partner: Partner, offer: Offer, starts_on: date, request: HttpRequest) -> list[str]:
    planned = Membership(partner=partner, offer=offer, starts_on=starts_on)
    planned.set_days()
    Membership.enroll(partner, offer, starts_on, by=actor(request))
    title = _("%(offer)s from %(first)s to %(last)s") % {
        "offer": offer,
        "first": as_day(planned.starts_on),
        "last": as_day(planned.ends_on),
    }
    return [title, *what_a_plan_makes(planned.plan())]


def fingerprint(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@require_http_methods(["GET", "HEAD", "POST"])
def new_partner(request: HttpRequest) -> HttpResponse:
    """The form, the preview, and creating exactly what was confirmed."""
    if not request.user.has_perms(NEEDED):
        raise PermissionDenied
    form = NewPartnerForm(request.POST or None)
    partner, lines = made(request, form) if form.is_valid() else (None, None)
    # Also for two clicks at the same instant, of which the second finds all names taken
    if partner := partner or (just_made(request, form) if form.errors else None):
        messages.success(request, _("%(partner)s was added.") % {"partner": partner.known_as})
        return redirect(admin_url(partner, "change", partner.pk))
    return page(request, form, lines)


def made(request: HttpRequest, form: NewPartnerForm) -> tuple[Partner | None, list[str] | None]:
    """The partner if this preview was confirmed, else None; and the preview's lines.

    Both None after a refusal, which is added to `form`. What was not confirmed is rolled back.
    """
    try:
        with transaction.atomic():
            partner, lines = make(request, form)
            confirmed = request.POST.get("shown") == fingerprint(lines)
            transaction.set_rollback(not confirmed)
    except (Refusal, ValidationError, IntegrityError) as error:
        form.refuse(error)
        return None, None
    return partner if confirmed else None, lines


def just_made(request: HttpRequest, form: NewPartnerForm) -> Partner | None:
    """The partner that the same person created a moment ago by the same form (W11)."""
    if "shown" not in request.POST:
        return None
    own = {name: getattr(form.instance, name) for name in form.Meta.fields}
    there = Partner.objects.filter(**own).first()
    done = Record.objects.just_done(EditAction.CREATED, by=actor(request), subject=there)
    return there if there and form.names_tenants_of(there) and done.exists() else None


def page(request: HttpRequest, form: NewPartnerForm, lines: list[str] | None) -> HttpResponse:
    request.current_app = admin.site.name
    context = {
        **admin.site.each_context(request),
        "title": _("Add a partner"),
        "opts": Partner._meta,
        "form": form,
        "lines": lines,
        "shown": fingerprint(lines) if lines else "",
    }
    return TemplateResponse(request, "admin/new_partner.html", context)
