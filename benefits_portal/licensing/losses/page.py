"""*Lost by a day*: the page, which prints as a letter, and the same as CSV."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from benefits_portal.backoffice.csv_writing import spreadsheet
from benefits_portal.benefits.money import spreadsheet_amount
from benefits_portal.listing.excerpt import Excerpt, PageQuery
from benefits_portal.tenants.access import role_required
from benefits_portal.tenants.any_day import instead_of_file
from benefits_portal.tenants.downloads import file_name, log_rows
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import Partner

from .chosen_day import ChosenDay
from .endings import memberships, subscriptions
from .loss import Loss, Losses, in_order
from .people import people_without
from .totals import totals
from .unused import assigned_credit, unused_credit, unused_keys

MAX_OF_A_KIND = 200  # losses that the page reads and adds up; the file has all
FIRST_ROWS = 25  # shown at first
MAX_ROWS = 200  # shown if all are asked for


def losses_by(
    partner: Partner, on: date, until: date, *, most: int | None, may_act: bool = True
) -> list[Losses]:
    """The losses of all kinds, at most `most` of each, all for None. Six to nine queries.

    The last three are for people left without a license, for subscriptions that are shown, and for
    keys that fit several of them.
    """
    return [
        unused_keys(partner, on, until, most=most, may_act=may_act),
        unused_credit(partner, on, until, most=most, may_act=may_act),
        assigned_credit(partner, on, until, most=most),
        subscriptions(partner, on, until, most=most, may_act=may_act),
        memberships(partner, on, until, most=most),
        people_without(partner, on, until),
    ]


@role_required
@require_safe
def losses(request: PartnerRequest) -> HttpResponse:
    on, chosen = request.today, ChosenDay.of(request.GET, request.today)
    may_act = request.role.may_act
    parts = losses_by(request.partner, on, chosen.day, most=MAX_OF_A_KIND, may_act=may_act)
    csv = reverse("licensing:losses-csv") + chosen.query
    all_rows = PageQuery(request.path, request.GET).all_of("losses")
    shown = in_order(parts, FIRST_ROWS if all_rows else MAX_ROWS)
    total, is_capped = sum(len(part.found) for part in parts), any(part.has_more for part in parts)
    rows = Excerpt([loss.row(on) for loss in shown], total, all_rows, is_total_capped=is_capped)
    context = {"chosen": chosen, "rows": rows, "totals": totals(parts), "csv": csv}
    return render(request, "licensing/losses.html", context)


@role_required
@require_safe
def losses_csv(request: PartnerRequest) -> HttpResponseBase:
    """The file, with all losses however many."""
    chosen = ChosenDay.of(request.GET, request.today)
    if chosen.error:
        return instead_of_file(request)
    found = in_order(losses_by(request.partner, request.today, chosen.day, most=None))
    if request.method == "GET":  # HEAD sends nothing
        filters = {"by": chosen.day.isoformat()}
        context: dict[str, Any] = {"by": request.actor, "partner": request.partner}
        log_rows("losses", len(found), filters, **context)
    name = file_name(request.partner.name, _("Lost by"), chosen.day)
    return spreadsheet(name, sheet(found, request.today))


def sheet(found: list[Loss], on: date) -> Iterator[list[object]]:
    yield [
        _("Last day"),
        _("What happens"),
        _("What"),
        _("Tenant"),
        _("Offer"),
        _("Licenses"),
        _("People"),
        _("Amount"),
        _("Currency"),
        _("Note"),
    ]
    for loss in found:
        about = loss.about
        yield [
            pgettext("last day", "Now") if loss.has_happened(on) else loss.day.isoformat(),
            loss.kind.label,
            about.title,
            about.tenant,
            about.offer,
            loss.licenses or "",
            loss.people or "",
            spreadsheet_amount(loss.amount, loss.currency) if loss.amount else "",
            loss.currency,
            about.explanation or about.hint,
        ]
