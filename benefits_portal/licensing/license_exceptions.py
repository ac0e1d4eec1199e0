"""Refusals when licenses are given to people, taken or moved (L1 to L10)."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy, ngettext_lazy

from benefits_portal.tenants.audit.refusal import Refusal

if TYPE_CHECKING:
    from benefits_portal.benefits.models import Product


class NotInTenant(Refusal):
    code = "not-in-tenant"
    rule = "L1"
    message = gettext_lazy("Not in the directory of this tenant.")
    advice = gettext_lazy("Add a user entry in this tenant first.")


class HolderDisabled(Refusal):
    code = "license-holder-disabled"
    rule = "L1"
    message = gettext_lazy("Disabled in the directory.")
    advice = gettext_lazy("Enable the user entry first, or choose someone else.")


class HoldsLicense(Refusal):
    code = "holds-license"
    is_already_so = True
    rule = "L2"
    message = gettext_lazy("Has a license of this product already.")
    advice = gettext_lazy("Choose someone else.")


class NoLicenseLeft(Refusal):
    code = "no-license-left"
    rule = "L3"
    fact = gettext_lazy("All licenses are assigned.")

    message = ngettext_lazy(
        "The only license of %(product)s is assigned.",
        "All %(licenses)s licenses of %(product)s are assigned.",
        "licenses",
    )
    advice = gettext_lazy("Remove one from someone, or add licenses with a product key.")

    def __init__(self, product: "Product", licenses: int) -> None:
        super().__init__(product=str(product), licenses=licenses)


class NothingRuns(Refusal):
    """No subscription of the product is Active or Expired in the tenant (L7)."""

    code = "nothing-runs"
    rule = "L7"
    message = gettext_lazy(
        "No subscription to %(product)s is active or expired in this tenant, so there are no "
        "licenses to assign."
    )
    advice = gettext_lazy("Redeem a product key for it first.")

    def __init__(self, product: "Product") -> None:
        super().__init__(product=str(product))


class MorePeopleThanLicenses(Refusal):
    code = "more-people-than-licenses"
    rule = "L8"
    fact = gettext_lazy("More people have a license than there are licenses.")

    message = ngettext_lazy(
        "%(product)s has %(over)s license too few, so no more can be assigned.",
        "%(product)s has %(over)s licenses too few, so no more can be assigned.",
        "over",
    )
    advice = gettext_lazy("Redeem a product key, or remove licenses from people first.")

    def __init__(self, product: "Product", over: int) -> None:
        super().__init__(product=str(product), over=over)


class LicenseTaken(Refusal):
    code = "license-taken"
    is_already_so = True
    rule = "L5"
    message = gettext_lazy("This license was already removed.")
    advice = gettext_lazy("Nothing was changed; the list is up to date.")


class SameProduct(Refusal):
    code = "moved-to-same-product"
    rule = "L10"
    message = gettext_lazy("This license is already for that product.")
    advice = gettext_lazy("Choose another product.")
