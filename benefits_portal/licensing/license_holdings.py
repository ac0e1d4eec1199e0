"""The licenses that people have, for the pages about people (L9)."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from benefits_portal.formats import as_day
from benefits_portal.licensing.license_display import href_of
from benefits_portal.licensing.models import LicenseAssignment
from benefits_portal.prepared import PreparedQuery, padded
from benefits_portal.tenants.holdings import Holding, register_holding_provider
from benefits_portal.tenants.models import DirectoryUser


@register_holding_provider
def licenses_of(
    people: Sequence[DirectoryUser], on: date, *, then: bool
) -> Iterator[tuple[int, Holding]]:
    """The licenses of each of `people`, `then` at the end of day `on`, by the person's primary key.

    People who are disabled keep theirs until they are taken (L9).
    """
    keys = padded((person.pk for person in people), nobody=0)
    for assignment in held_then.rows(on, *keys) if then else held_now.rows(*keys):
        since = _("License, since %(day)s") % {"day": as_day(assignment.given_on)}
        href = href_of(assignment.product_id)
        yield assignment.directory_user_id, Holding(assignment.product.name, since, href)


@PreparedQuery
def held_now(*people: int) -> QuerySet[LicenseAssignment]:
    return with_product(LicenseAssignment.objects.running(), people)


@PreparedQuery
def held_then(on: date, *people: int) -> QuerySet[LicenseAssignment]:
    return with_product(LicenseAssignment.objects.on(on), people)


def with_product(
    held: QuerySet[LicenseAssignment], people: Collection[int]
) -> QuerySet[LicenseAssignment]:
    theirs = held.filter(directory_user__in=people).select_related("product")
    return theirs.order_by("given_at", "pk")
