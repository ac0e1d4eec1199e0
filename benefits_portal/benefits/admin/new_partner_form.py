"""The form for a new partner: itself, its tenants, its first Global admin, its offers."""

# mypy: disable-error-code="type-arg"

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal import clock
from benefits_portal.backoffice.columns import Text
from benefits_portal.benefits.models import Offer
from benefits_portal.emails import MAX_EMAIL, canonical_domain_or_text
from benefits_portal.fields import (
    DayFormField,
    DomainFormField,
    EmailFormField,
    LineFormField,
    NameFormField,
    PersonNameFormField,
)
from benefits_portal.regions import time_zone_of
from benefits_portal.tenants.admin.forms import error_text
from benefits_portal.tenants.admin.reasons import reason_field
from benefits_portal.tenants.admin.region_choices import (
    country_choices,
    currency_choices,
    time_zone_choices,
)
from benefits_portal.tenants.models import Partner

MAX_TENANTS = 3
MISSING = {
    "tenant_name": gettext_lazy("Enter the tenant's name."),
    "tenant_domain": gettext_lazy("Enter the tenant's domain."),
}


@dataclass(frozen=True)
class Group:
    """Fields that belong together, in rows, with an introduction."""

    title: Text
    description: Text
    rows: list[list[BoundField]]


class NewPartnerForm(forms.ModelForm):
    """The data of a new partner; the second and third tenant are optional."""

    class Meta:
        model = Partner
        fields = ("name", "mpn_id", "country", "currency", "time_zone")
        error_messages: ClassVar = {
            "name": {"required": gettext_lazy("Enter the partner's name.")},
            "mpn_id": {"required": gettext_lazy("Enter the MPN ID.")},
            "country": {"required": gettext_lazy("Choose a country.")},
            "currency": {"required": gettext_lazy("Choose a currency.")},
        }

    admin_name = PersonNameFormField(label=gettext_lazy("Name"), max_length=120)
    admin_email = EmailFormField(
        label=gettext_lazy("User principal name"),
        max_length=MAX_EMAIL,
        help_text=gettext_lazy("Ends with the domain of the primary tenant."),
        error_messages={"required": gettext_lazy("Enter the person's address.")},
    )
    offers = forms.ModelMultipleChoiceField(
        Offer.objects.none(),
        label=gettext_lazy("Offers"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    starts_on = DayFormField(
        label=gettext_lazy("First day of the memberships"),
        error_messages={"required": gettext_lazy("Choose the first day of the memberships.")},
    )
    reason = reason_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = {
            "country": country_choices(),
            "currency": currency_choices(),
            "time_zone": time_zone_choices(),
        }
        for name, of_field in choices.items():
            first = _("The country's own") if name == "time_zone" else _("Choose…")
            self.fields[name].widget = forms.Select(choices=[("", first), *of_field])
        zone = self.fields["time_zone"]
        zone.required, zone.initial = False, ""
        offers: Any = self.fields["offers"]
        offers.queryset = Offer.objects.order_by("position", "name")
        self.fields["starts_on"].initial = clock.today()
        self.order_fields([*self.Meta.fields, *self.tenant_fields(), *self.fields])

    def tenant_fields(self) -> list[str]:
        """The name and domain fields of each tenant; the first is the primary one."""
        names = []
        for number in range(1, MAX_TENANTS + 1):
            is_first = number == 1
            fields: dict[str, tuple[type[LineFormField], str]] = {
                "tenant_name": (NameFormField, _("Name of tenant %(number)s")),
                "tenant_domain": (DomainFormField, _("Domain of tenant %(number)s")),
            }
            for name, (kind, label) in fields.items():
                names.append(f"{name}_{number}")
                self.fields[names[-1]] = kind(
                    label=label % {"number": number},
                    required=is_first,
                    max_length=120,
                    error_messages={"required": MISSING[name]},
                )
        return names

    def clean_time_zone(self) -> str:
        """By default, the country's time zone if it has only one."""
        chosen: str = self.cleaned_data["time_zone"]
        country = self.cleaned_data.get("country")
        return chosen or (time_zone_of(country) if country else "UTC")

    def clean(self) -> dict[str, Any]:
        """A tenant needs both a name and a domain."""
        super().clean()
        for number, name, domain in self.tenants():
            if not name:
                self.needs(f"tenant_name_{number}", MISSING["tenant_name"])
            if not domain:
                self.needs(f"tenant_domain_{number}", MISSING["tenant_domain"])
        return self.cleaned_data

    def groups(self) -> Iterator[Group]:
        """The groups of fields on the page."""
        yield self.group(
            _("Partner"),
            _("Credit is in this currency. The time zone decides which day it is there."),
            ["name", "mpn_id"],
            ["country", "currency", "time_zone"],
        )
        yield self.group(
            _("Tenants"),
            _("The first one is the primary tenant. Leave the others empty if there is only one."),
            *([f"tenant_name_{n}", f"tenant_domain_{n}"] for n in range(1, MAX_TENANTS + 1)),
        )
        yield self.group(
            _("First Global admin"),
            _("This person gives the other roles, and sets a password with the reset link."),
            ["admin_name", "admin_email"],
        )
        yield self.group(
            _("Offers"),
            _("Each starts a membership of a year, with its benefits and product keys."),
            ["offers"],
            ["starts_on"],
        )
        yield self.group("", "", ["reason"])

    def group(self, title: Text, description: Text, *rows: list[str]) -> Group:
        return Group(title, description, [[self[name] for name in row] for row in rows])

    def needs(self, field: str, message: Text) -> None:
        """Add an error for a missing value, unless the field has one already."""
        if field not in self.errors:
            self.add_error(field, message)

    def tenants(self) -> list[tuple[int, str, str]]:
        """The number, name and domain of each tenant that was filled in."""
        data = self.cleaned_data
        rows = [
            (n, data.get(f"tenant_name_{n}", ""), data.get(f"tenant_domain_{n}", ""))
            for n in range(1, MAX_TENANTS + 1)
        ]
        return [row for row in rows if any(row[1:])]

    def names_tenants_of(self, partner: Partner) -> bool:
        """Whether the domains are exactly those of the tenants of `partner`."""
        given = (self.data.get(f"tenant_domain_{n}", "") for n in range(1, MAX_TENANTS + 1))
        domains = {canonical_domain_or_text(domain) for domain in given} - {""}
        return domains == set(partner.tenants.values_list("domain", flat=True))

    def refuse(self, error: Exception) -> None:
        """Show a refusal at its field, if that is known."""
        faults = getattr(error, "error_dict", {})
        if faults and faults.keys() <= self.fields.keys():
            self.add_error(None, cast("ValidationError", error))
        else:
            self.add_error(None, error_text(error))
