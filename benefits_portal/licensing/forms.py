"""Forms for redeeming: the tenant, the key, and the check box before a key is shown."""

from typing import Any, ClassVar

from django import forms
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.benefits.key_encryption import without_keys
from benefits_portal.benefits.key_exceptions import (
    KeyHasForeignCharacter,
    KeyHasOtherAlphabet,
    KeyMistyped,
    KeyTooLong,
    KeyTooShort,
    NotAKey,
    SeveralKeys,
)
from benefits_portal.benefits.models import Benefit, BenefitAction, ProductKey
from benefits_portal.emails import canonical_domain_or_text
from benefits_portal.fields import LineFormField
from benefits_portal.licensing import prepared_queries
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.tenants.access import get_own_prepared
from benefits_portal.tenants.audit.record import recorded_if_refused
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import Record, Tenant


class VerifiedForm(forms.Form):
    """The check box before *Get key*."""

    verified = forms.BooleanField(
        label=gettext_lazy("I have verified the tenant"),
        error_messages={
            "required": gettext_lazy(
                "Check that this is the right tenant and tick the box; then get the key."
            )
        },
    )

    def __init__(self, benefit: Benefit, data: Any = None) -> None:
        # Several rows of the list can be open at once, so IDs must differ
        super().__init__(data, auto_id=f"id_%s_{benefit.pk}")

    def add_error(self, field: str | None, error: Any) -> None:
        """Focus the check box if it is not checked."""
        super().add_error(field, error)
        if field == "verified":
            self.fields["verified"].widget.attrs["autofocus"] = True


class TenantForm(forms.Form):
    """The tenant that a key is redeemed in, with its domain the first time (K5)."""

    tenant = forms.TypedChoiceField(
        label=gettext_lazy("Tenant"),
        coerce=int,
        error_messages={
            "required": gettext_lazy("Choose the tenant in which the product should run."),
            "invalid_choice": gettext_lazy(
                "This is not a tenant of your organization. Choose one of those below."
            ),
        },
    )
    domain = LineFormField(
        label=gettext_lazy("The tenant's domain"), required=False, max_length=120
    )

    def __init__(self, request: PartnerRequest, data: Any = None) -> None:
        super().__init__(data)
        self.tenants = {
            tenant.pk: tenant
            for tenant in request.tenants
            if tenant.partner_id == request.partner.pk
        }
        used = set(
            Redemption.objects.filter(tenant__in=self.tenants).values_list("tenant", flat=True)
        )
        self.unused = self.tenants.keys() - used
        choices = [(pk, str(tenant)) for pk, tenant in self.tenants.items()]
        self.fields["tenant"].choices = choices  # type: ignore[attr-defined]

    def cards(self) -> list[dict[str, Any]]:
        subtitle = _("No key was redeemed here yet: type its domain below.")
        chosen = str(self["tenant"].value() or "")
        return [
            {
                "tenant": tenant,
                "subtitle": subtitle if pk in self.unused else "",
                "checked": chosen == str(pk),
            }
            for pk, tenant in self.tenants.items()
        ]

    def clean(self) -> dict[str, Any]:
        tenant: Tenant | None = self.tenants.get(self.cleaned_data.get("tenant", 0))
        typed = canonical_domain_or_text(self.cleaned_data.get("domain", ""))
        if tenant and tenant.pk in self.unused and typed != tenant.domain:
            self.add_error(
                "domain",
                _("Type %(domain)s: it is the first key that goes into this tenant.")
                % {"domain": tenant.domain},
            )
        return self.cleaned_data


class KeyField(forms.CharField):
    """A field for a product key; the browser shows `hints`, the server's messages, while typing."""

    refusals: ClassVar[dict[str, type[Refusal]]] = {
        "none": NotAKey,
        "short": KeyTooShort,
        "long": KeyTooLong,
        "several": SeveralKeys,
        "foreign": KeyHasForeignCharacter,
        "alphabet": KeyHasOtherAlphabet,
        "mistyped": KeyMistyped,
    }

    @property
    def hints(self) -> dict[str, str]:
        return {
            name: f"{refusal.message} {refusal.advice}" for name, refusal in self.refusals.items()
        }


class KeyForm(forms.Form):
    """One of the partner's keys, by its primary key, or a typed one; valid if it can be redeemed.

    If there is a `subscription`, the key must also fit it. Refuses in the order of K7, and records
    each refusal, however the key was chosen. `refusal` is the one that made the form invalid.
    """

    ANOTHER = "another"  # the value of `chosen` if the key is typed

    chosen = forms.CharField(label=gettext_lazy("Product key"), required=False, max_length=18)
    key = KeyField(
        label=gettext_lazy("Product key"),
        required=False,
        max_length=2_000,  # so that a whole email can be pasted
        help_text=gettext_lazy(
            "25 characters. Not case-sensitive; spaces and hyphens are optional."
        ),
        error_messages={"max_length": gettext_lazy("This is longer than a product key.")},
    )

    def __init__(
        self,
        request: PartnerRequest,
        data: Any = None,
        *,
        way: RedemptionKind | None = None,
        subscription: Subscription | None = None,
        **options: Any,
    ) -> None:
        super().__init__(data, **options)
        self.request, self.way, self.subscription = request, way, subscription
        self.refusal: Refusal | None = None
        self.product_key: ProductKey | None = None

    @property
    def is_typed(self) -> bool:
        """Whether the key is the one in the text field."""
        chosen = self["chosen"].value()
        return chosen == self.ANOTHER or (not chosen and bool(self["key"].value()))

    def clean(self) -> dict[str, Any]:
        if self.errors:
            return self.cleaned_data
        field = "key" if self.is_typed else "chosen"
        if not self.cleaned_data[field]:
            self.add_error(field, self.missing())
            return self.cleaned_data
        try:
            self.product_key = self.typed() if self.is_typed else self.own()
            self.check(self.product_key)
        except Refusal as refusal:
            self.refusal = refusal
            self.add_error(field, str(refusal))
        return self.cleaned_data

    def missing(self) -> str:
        if self.is_typed:
            return _("Enter the product key.")
        return _("Choose one of your keys, or enter another one.")

    def own(self) -> ProductKey:
        """The key that was chosen. Raises Http404 for what is not a key of the partner (K3, K4)."""
        return own_key(self.request, self.cleaned_data["chosen"])

    def typed(self) -> ProductKey:
        request = self.request
        return ProductKey.objects.typed(
            self.cleaned_data["key"],
            partner=request.partner,
            tenant=request.tenant,
            by=request.actor,
        )

    def check(self, key: ProductKey) -> None:
        """Raise and record the Refusal if `key` cannot be used (K7, A1)."""
        request = self.request
        with recorded_if_refused(
            BenefitAction.KEY_TRIED,
            by=request.actor,
            partner=request.partner,
            tenant=request.tenant,
            subject=key.benefit,
        ):
            self.check_usable(key)

    def check_usable(self, key: ProductKey) -> None:
        """Raise a Refusal if `key` cannot be used, in the order of K7."""
        key.check_redeemable(self.request.today)
        if self.way and self.subscription:
            self.subscription.term_after(self.way, key, self.request.today)


def own_key(request: PartnerRequest, reference: str) -> ProductKey:
    """The partner's key with this primary key. Raises Http404 for anything else (K3, K4)."""
    if not reference.isdecimal():
        raise Http404
    key = get_own_prepared(request, prepared_queries.key, int(reference[:18]))
    key.follows_another = key.is_second
    found: ProductKey = key
    return found


class ReplacementForm(forms.Form):
    """Why another key is needed (K8)."""

    why = LineFormField(
        label=gettext_lazy("What went wrong"),
        max_length=200,
        help_text=gettext_lazy(
            "Example: redeemed in the wrong tenant. The program team reads it. Don't include "
            "names or a key."
        ),
        error_messages={"required": gettext_lazy("Say what went wrong. The program team decides.")},
    )

    def clean_why(self) -> str:
        """Remove keys, because the reason is recorded, and Activity shows it (K3)."""
        return without_keys(self.cleaned_data["why"])[: Record.REASON_LENGTH]
