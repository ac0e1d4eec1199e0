"""The licenses that people have, for their pages (L9)."""

from collections.abc import Iterator, Sequence
from datetime import date

from django.utils.translation import gettext as _

from benefits_portal.formats import as_day
from benefits_portal.licensing.license_display import href_of
from benefits_portal.licensing.models import LicenseAssignment
from benefits_portal.tenants.holdings import Holding, register_holding_provider
from benefits_portal.tenants.models import DirectoryUser


@register_holding_provider
def licenses_of(people: Sequence[DirectoryUser], on: date) -> Iterator[tuple[int, Holding]]:
    """Those that run; somebody disabled keeps theirs until they are taken."""
    running = LicenseAssignment.objects.running().of_people(people)
    for held in running.select_related("product").order_by("given_at", "pk"):
        since = _("License, since %(day)s") % {"day": as_day(held.given_on)}
        yield held.directory_user_id, Holding(held.product.name, since, href_of(held.product_id))
