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
def licenses_of(
    people: Sequence[DirectoryUser], on: date, *, then: bool
) -> Iterator[tuple[int, Holding]]:
    """Those that run, or ran on that day; somebody disabled keeps theirs until they are taken."""
    theirs = LicenseAssignment.objects.of_people(people)
    held = theirs.on(on) if then else theirs.running()
    for assignment in held.select_related("product").order_by("given_at", "pk"):
        since = _("License, since %(day)s") % {"day": as_day(assignment.given_on)}
        href = href_of(assignment.product_id)
        yield assignment.directory_user_id, Holding(assignment.product.name, since, href)
