"""How many licenses of a product the people of a tenant can have on a day (L6, L7)."""

from datetime import date

from benefits_portal.benefits.models import Product
from benefits_portal.tenants.models import Tenant

from .subscription import Subscription


def entitled(tenant: Tenant, product: Product, on: date) -> int:
    """The licenses of all subscriptions of `product` in `tenant` together.

    Of those that are Active or Expired on that day, by what each ran for at its end. One query.
    """
    theirs = Subscription.objects.of_product_in(tenant, product)
    return theirs.entitled_by_product(on).get(product.pk, 0)
