"""A new partner on one page: its tenants, its first Global admin and its offers, with a preview.

The preview does all of it and takes it back, so that it shows exactly what will be made.
"""

# mypy: disable-error-code="type-arg"

import hashlib
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from benefits_portal import clock
from benefits_portal.backoffice.columns import admin_url
from benefits_portal.benefits.models import Membership, Offer
from benefits_portal.fields import DayFormField, LineFormField
from benefits_portal.formats import as_day
from benefits_portal.tenants.admin.edits_on_record import actor, log
from benefits_portal.tenants.admin.forms import error_text
from benefits_portal.tenants.admin.reasons import reason_field
from benefits_portal.tenants.admin.region_choices import (
    country_choices,
    currency_choices,
    time_zone_choices,
)
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

from .effects import what_a_plan_makes

NEEDED = (
    "tenants.add_partner",
    "tenants.add_tenant",
    "tenants.add_directoryuser",
    "tenants.add_roleassignment",
    "benefits.add_membership",
)
MAX_TENANTS = 3


class NewPartnerForm(forms.ModelForm):
    """What is known of a new partner; the second and third tenant may be left empty."""

    class Meta:
        model = Partner
        fields = ("name", "mpn_id", "country", "currency", "time_zone")

    admin_name = LineFormField(label=gettext_lazy("Name of the first Global admin"))
    admin_email = LineFormField(
        label=gettext_lazy("User principal name of the first Global admin"),
        help_text=gettext_lazy("Ends with the domain of the first tenant."),
    )
    offers = forms.ModelMultipleChoiceField(
        Offer.objects.none(),
        label=gettext_lazy("Offers"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    starts_on = DayFormField(label=gettext_lazy("First day of the memberships"))
    reason = reason_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = {
            "country": country_choices(),
            "currency": currency_choices(),
            "time_zone": time_zone_choices(),
        }
        for name, of_field in choices.items():
            self.fields[name].widget = forms.Select(choices=[("", "---------"), *of_field])
        offers: Any = self.fields["offers"]
        offers.queryset = Offer.objects.order_by("position", "name")
        self.fields["starts_on"].initial = clock.today()
        self.order_fields([*self.Meta.fields, *self.tenant_fields(), *self.fields])

    def tenant_fields(self) -> list[str]:
        """Name and domain of each tenant; the first is the primary one."""
        names = []
        for number in range(1, MAX_TENANTS + 1):
            is_first = number == 1
            labels = {
                "tenant_name": _("Name of tenant %(number)s"),
                "tenant_domain": _("Domain of tenant %(number)s"),
            }
            for name, label in labels.items():
                names.append(f"{name}_{number}")
                self.fields[names[-1]] = LineFormField(
                    label=label % {"number": number}, required=is_first, max_length=120
                )
        return names

    def tenants(self) -> list[tuple[str, str]]:
        """Name and domain of each tenant that was given."""
        data = self.cleaned_data
        rows = [
            (data.get(f"tenant_name_{number}", ""), data.get(f"tenant_domain_{number}", ""))
            for number in range(1, MAX_TENANTS + 1)
        ]
        return [row for row in rows if any(row)]


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
    person = DirectoryUser.objects.add_to(
        tenants[0], data["admin_name"], data["admin_email"], by=by
    )
    RoleAssignment.objects.give(person, Role.GLOBAL_ADMIN, by=by)
    lines.append(_("Global admin %(person)s") % {"person": person})
    for offer in data["offers"]:
        lines += enroll(partner, offer, data["starts_on"], request)
    return partner, lines


def make_tenant(request: HttpRequest, partner: Partner, name: str, domain: str) -> Tenant:
    """In the next free color; the partner's first one is its primary."""
    used = set(Tenant.objects.for_partner(partner).values_list("color", flat=True))
    color = next(color for color in Tenant.Color if color not in used)
    tenant = Tenant(partner=partner, name=name, domain=domain, color=color, is_primary=not used)
    tenant.full_clean()
    tenant.save()
    log(EditAction.CREATED, tenant, request, after={"name": name, "domain": tenant.domain})
    return tenant


def enroll(partner: Partner, offer: Offer, starts_on: date, request: HttpRequest) -> list[str]:
    membership = Membership.enroll(partner, offer, starts_on, by=actor(request))
    title = _("%(offer)s from %(first)s to %(last)s") % {
        "offer": offer,
        "first": as_day(membership.starts_on),
        "last": as_day(membership.ends_on),
    }
    return [title, *what_a_plan_makes(membership.plan())]


def fingerprint(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@require_http_methods(["GET", "HEAD", "POST"])
def new_partner(request: HttpRequest) -> HttpResponse:
    """Asks, shows what will be made, and makes it once exactly that was confirmed."""
    if not request.user.has_perms(NEEDED):
        raise PermissionDenied
    form, lines = NewPartnerForm(request.POST or None), None
    if repeated := just_made(request):
        return redirect(admin_url(repeated, "change", repeated.pk))
    if form.is_valid():
        try:
            with transaction.atomic():
                partner, lines = make(request, form)
                confirmed = request.POST.get("shown") == fingerprint(lines)
                transaction.set_rollback(not confirmed)
        except (Refusal, ValidationError, IntegrityError) as error:
            form.add_error(None, error_text(error))
            lines = None
        else:
            if confirmed:
                text = _("%(partner)s was added.") % {"partner": partner}
                messages.success(request, text)
                return redirect(admin_url(partner, "change", partner.pk))
    return page(request, form, lines)


def just_made(request: HttpRequest) -> Partner | None:
    """The partner that the same person has confirmed a moment ago: a second click (W11)."""
    if "shown" not in request.POST:
        return None
    there = Partner.objects.filter(mpn_id=request.POST.get("mpn_id", "")[:10]).first()
    done = Record.objects.just_done(EditAction.CREATED, by=actor(request), subject=there)
    return there if there and done.exists() else None


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
