"""*Activity*: the partner's record, for its admins (A2)."""

from collections.abc import Iterator

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from benefits_portal.backoffice.csv_writing import spreadsheet
from benefits_portal.replica import list_from_replica
from benefits_portal.tenants.access import record_reader_required
from benefits_portal.tenants.activity_forms import ActivityFilter
from benefits_portal.tenants.audit.display import AuditRow, lines
from benefits_portal.tenants.audit.history import History, history, newest_history
from benefits_portal.tenants.audit.record_queryset import RecordQuerySet
from benefits_portal.tenants.downloads import file_name, log_download, masked
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import Partner, Record

BATCH = 500


@list_from_replica
@record_reader_required
@require_safe
def activity(request: PartnerRequest) -> HttpResponse:
    """The partner's record, filtered."""
    chosen, filtered = ActivityFilter(request.partner, request.GET), request.GET.copy()
    filtered.pop("before", None)
    context = {
        "form": chosen,
        "history": page_of(request, chosen),
        "filtered": filtered.urlencode(),
    }
    return render(request, "tenants/activity.html", context)


def page_of(request: PartnerRequest, chosen: ActivityFilter) -> History:
    """The page of records; counted only without a filter, by an index."""
    if not chosen.is_narrowed and "before" not in request.GET:
        return newest_history(request, hides_sign_ins=chosen.hides_sign_ins)
    is_counted = not (chosen.is_narrowed or chosen.hides_sign_ins)
    return history(request, chosen.of(Record.objects.all()), is_counted=is_counted)


@record_reader_required
@require_safe
def activity_csv(request: PartnerRequest) -> HttpResponseBase:
    """A streamed download of the filtered record.

    Redirects to the page if the filter is invalid, which shows the error.
    """
    chosen = ActivityFilter(request.partner, request.GET)
    if not chosen.is_valid():
        return redirect(f"{reverse('tenants:activity')}?{request.GET.urlencode()}")
    ours = chosen.of(Record.objects.for_partner(request.partner).for_display())
    filters = {name: str(value) for name, value in chosen.chosen.items() if value}
    filters["person"] = masked(filters.get("person", ""))
    log_download(request, "activity", ours, filters, by=request.actor, partner=request.partner)
    name = file_name(request.partner.name, _("Activity"), request.today)
    return spreadsheet(name, rows(ours, request.partner))


def rows(records: RecordQuerySet, partner: Partner) -> Iterator[list[str]]:
    """The header row, then a row for each record, fetched in batches."""
    yield [
        _("When"),
        _("What"),
        _("Refused because"),
        _("Who"),
        _("Via"),
        _("Tenant"),
        _("About"),
        _("Changes"),
    ]
    latest: Record | None = None
    while batch := list(records.before(latest)[:BATCH]):
        yield from (cells(line) for line in lines(batch, partner))
        latest = batch[-1]


def cells(line: AuditRow) -> list[str]:
    changes = "; ".join(map(str, line.changes))
    return [
        line.at.isoformat(sep=" ", timespec="seconds"),
        line.what,
        line.refused,
        line.who,
        line.how,
        line.where,
        line.about,
        changes,
    ]
