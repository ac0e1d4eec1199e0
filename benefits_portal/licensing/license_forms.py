"""Forms for giving licenses to a person or a list of people, and for moving one."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from benefits_portal.benefits.forms import PeopleForm
from benefits_portal.benefits.models import Product
from benefits_portal.licensing.models import LicensePool
from benefits_portal.tenants.models import DirectoryUser

NO_SUCH_HOLDER = _(
    "There is no such person in the directory of this tenant. Choose a person from the list."
)


class HolderForm(forms.Form):
    """A person of the partner's directory; the model checks that the tenant is right (L1)."""

    directory_user = forms.ModelChoiceField(
        DirectoryUser.objects.none(),
        label=_("Person"),
        error_messages={"required": _("Choose a person."), "invalid_choice": NO_SUCH_HOLDER},
    )

    def __init__(self, pool: LicensePool, posted: Any = None) -> None:
        super().__init__(posted, auto_id=f"id_%s_{pool.product.pk}")
        people = DirectoryUser.objects.for_partner(pool.tenant.partner)
        self.fields["directory_user"].queryset = people  # type: ignore[attr-defined]


class HoldersForm(PeopleForm):
    """A list of email addresses, which may be longer than one for credit (L12)."""

    MAX_LINES, MAX_LETTERS = 2_000, 200_000

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _(
            "A text or CSV file, as a spreadsheet program saves it. At most 2,000 addresses at a "
            "time."
        )


class OtherProductForm(forms.Form):
    """The product to move a license to; the model checks that one is free (L10)."""

    product = forms.ModelChoiceField(
        Product.objects.none(),
        label=_("Product"),
        error_messages={
            "required": _("Choose a product."),
            "invalid_choice": _("There are no licenses of this product here. Choose another one."),
        },
    )

    def __init__(self, products: Any, posted: Any = None) -> None:
        super().__init__(posted)
        self.fields["product"].queryset = products  # type: ignore[attr-defined]
