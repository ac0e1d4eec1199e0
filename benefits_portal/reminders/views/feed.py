"""The calendar feed, at a secret URL because calendar programs do not sign in (R11, R13)."""

from hashlib import sha256

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import get_language, override
from django.views.decorators.http import require_safe

from benefits_portal import clock
from benefits_portal.prepared import PlannedQuery
from benefits_portal.reminders.feed.events import events
from benefits_portal.reminders.feed.ical import Source, as_icalendar
from benefits_portal.reminders.models import Feed
from benefits_portal.reminders.models.feed import digest_of
from benefits_portal.tenants.access import tenant_context_exempt

# No shared cache, revalidation at each fetch, and the URL is not passed on
HEADERS = {
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


@login_not_required
@tenant_context_exempt
@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The dates of a partner; 304 while nothing has changed, 404 once the role is gone."""
    found = of_digest.first(digest_of(secret))
    if found is None:
        raise Http404
    found.mark_fetched(clock.now())
    origin = f"{request.scheme}://{request.get_host()}"
    etag = etag_of(found, origin)
    response = get_conditional_response(request, etag=etag) or answer(found, origin)
    for name, value in (HEADERS | {"ETag": etag}).items():
        response.headers[name] = value
    return response


@PlannedQuery
def of_digest(digest: str) -> QuerySet[Feed]:
    return Feed.objects.alive().filter(digest=digest).with_version()


def etag_of(found: Feed, origin: str) -> str:
    """The ETag: differs after a change at the partner or in the catalog, and by day and reader."""
    made = (found.pk, found.made_at)
    partner = (found.partner_version, found.partner_records)
    catalog = (found.catalog_version, found.catalog_records)
    reader = (found.partner.today(), found.user.language, origin)
    return quote_etag(sha256(repr((made, partner, catalog, reader)).encode()).hexdigest())


def answer(found: Feed, origin: str) -> HttpResponse:
    with override(found.user.language or settings.LANGUAGE_CODE):
        every = events(found.partner, found.partner.today())
        text = as_icalendar(every, Source(found.partner, origin))
        headers = {
            "Content-Disposition": 'inline; filename="benefits-portal.ics"',
            "Content-Language": get_language() or "",
        }
    return HttpResponse(text, content_type="text/calendar; charset=utf-8", headers=headers)
