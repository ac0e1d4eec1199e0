"""Forms about tenants, people and roles."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from benefits_portal.emails import MAX_EMAIL
from benefits_portal.fields import EmailFormField, PersonNameFormField
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import (
    DirectoryUser,
    Partner,
    Role,
    Tenant,
    TenantRequest,
)


class TenantForm(forms.Form):
    """The tenant to work in, of those open to the person."""

    place = forms.TypedChoiceField(
        label=_("Tenant"),
        coerce=int,
        error_messages={
            "required": _("Choose a tenant."),
            "invalid_choice": _("You have no role there. Choose one of the tenants below."),
        },
    )

    def __init__(self, request: PartnerRequest, data: Any = None) -> None:
        super().__init__(data)
        self.tenants = {tenant.pk: tenant for tenant in request.tenants}
        choices = [(pk, str(tenant)) for pk, tenant in self.tenants.items()]
        self.fields["place"].choices = choices  # type: ignore[attr-defined]


# The directory


class AddUserForm(forms.Form):
    """A new member or guest of one of the partner's tenants."""

    kind = forms.TypedChoiceField(
        label=_("Kind"),
        choices=[
            (
                DirectoryUser.Kind.MEMBER,
                _("Member: someone in your organization, with an email in the tenant's domain"),
            ),
            (
                DirectoryUser.Kind.GUEST,
                _("Guest: someone from outside, invited with their own email"),
            ),
        ],
        coerce=DirectoryUser.Kind,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose member or guest."),
            "invalid_choice": _("Choose member or guest."),
        },
    )
    tenant = forms.ModelChoiceField(
        Tenant.objects.none(),
        label=_("Tenant"),
        empty_label=None,
        error_messages={
            "required": _("Choose a tenant."),
            "invalid_choice": _("Choose one of your own tenants."),
        },
    )
    name = PersonNameFormField(label=_("Name"), max_length=120)
    address = EmailFormField(
        label=_("Address"),
        max_length=MAX_EMAIL,
        help_text=_(
            "The user principal name. Of a member it ends in the tenant's domain; of a guest "
            "it is their own email address."
        ),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": _("Enter the person's address."),
        },
    )

    def __init__(
        self, partner: Partner, data: Any = None, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial)
        tenants = Tenant.objects.for_partner(partner)
        self.fields["tenant"].queryset = tenants  # type: ignore[attr-defined]


# Roles


class RoleForm(forms.Form):
    role = forms.TypedChoiceField(
        label=_("Role"),
        coerce=Role,
        choices=Role,
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose a role."),
            "invalid_choice": _("Choose one of the three roles."),
        },
    )

    def __init__(self, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        choices = [(role.value, f"{role.label}: {role.description}") for role in Role]
        self.fields["role"].choices = choices  # type: ignore[attr-defined]


class GiveRoleForm(RoleForm):
    """A role for a person in the partner's directory."""

    person = forms.ModelChoiceField(
        DirectoryUser.objects.none(),
        label=_("Person"),
        error_messages={
            "required": _("Choose a person."),
            "invalid_choice": _(
                "There is no such person in your organization's directory. Add a directory "
                "user first."
            ),
        },
    )
    field_order = ["person", "role"]

    def __init__(self, partner: Partner, data: Any = None) -> None:
        super().__init__(data)
        people = DirectoryUser.objects.for_partner(partner).select_related("tenant__partner")
        self.fields["person"].queryset = people  # type: ignore[attr-defined]


# Tenants


class TenantRequestForm(forms.ModelForm):  # type: ignore[type-arg]
    """A request for another tenant. It does not reveal who has the domain (P1)."""

    class Meta:
        model = TenantRequest
        fields = ["name", "domain"]
        help_texts = {"domain": _("For example, contoso-labs.onmicrosoft.com")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].error_messages["required"] = _("Enter the tenant's name.")
        self.fields["domain"].error_messages["required"] = _("Enter the tenant's domain.")
