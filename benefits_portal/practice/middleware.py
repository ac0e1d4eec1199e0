"""Marks the steps of the guided tour, in a demo only."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from benefits_portal.tenants.audit.captured_records import captured_records
from benefits_portal.tenants.models import Record

from .tour import mark_request, progress


def mark_tour(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: what a request of a session on tour did marks that session's steps."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not settings.DEMO or not progress(request):
            return get_response(request)
        with captured_records() as records:
            response = get_response(request)
        # What was rolled back did not happen
        kept = {record.pk for record in records if record.pk}
        there = set(Record.objects.filter(pk__in=kept).values_list("pk", flat=True)) if kept else ()
        mark_request(request, response, [record for record in records if record.pk in there])
        return response

    return middleware
