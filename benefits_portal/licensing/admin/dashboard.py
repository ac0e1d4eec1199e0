"""The dashboard: what is open for the program team, and how much was redeemed lately."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import Count, Model
from django.db.models.functions import TruncMonth
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import ngettext_lazy

from benefits_portal.backoffice.changelist import CappedPaginator
from benefits_portal.backoffice.columns import Text, admin_url
from benefits_portal.backoffice.filters import CasesFilter
from benefits_portal.benefits.admin.memberships import MembershipStateFilter
from benefits_portal.benefits.admin.product_keys import KeyStateFilter
from benefits_portal.benefits.models import Membership, ProductKey
from benefits_portal.dates import add_months
from benefits_portal.formats import as_short_month, format_number
from benefits_portal.licensing.admin.replacements import AnswerFilter as ReplacementFilter
from benefits_portal.licensing.date_axis import WHOLE, in_per_cent
from benefits_portal.licensing.models import Redemption, Replacement
from benefits_portal.listing import capped_count
from benefits_portal.tenants.admin.ledgers import RecentFilter, RefusedFilter
from benefits_portal.tenants.admin.mail_and_attempts import LockedOutFilter
from benefits_portal.tenants.admin.requests import AnswerFilter
from benefits_portal.tenants.models import Attempt, Record, TenantRequest

MONTHS, LANE = 12, 22  # of the chart: bars, one below the other, and px for each

type Chosen = dict[type[CasesFilter], str]

NEEDS_SOMEBODY: tuple[tuple[Text, type[Model], Chosen], ...] = (
    (
        ngettext_lazy("tenant request to review", "tenant requests to review"),
        TenantRequest,
        {AnswerFilter: "none"},
    ),
    (
        ngettext_lazy("replacement request to review", "replacement requests to review"),
        Replacement,
        {ReplacementFilter: "none"},
    ),
    (
        ngettext_lazy(
            "membership to renew: it ends within 30 days",
            "memberships to renew: they end within 30 days",
        ),
        Membership,
        {MembershipStateFilter: "to-renew"},
    ),
    (
        ngettext_lazy(
            "unused product key that expires within 30 days",
            "unused product keys that expire within 30 days",
        ),
        ProductKey,
        {KeyStateFilter: "lapse-30"},
    ),
    (
        ngettext_lazy("product key that expired unused", "product keys that expired unused"),
        ProductKey,
        {KeyStateFilter: "lapsed"},
    ),
    (ngettext_lazy("lock-out in force", "lock-outs in force"), Attempt, {LockedOutFilter: "yes"}),
    (
        ngettext_lazy("refusal in the last 7 days", "refusals in the last 7 days"),
        Record,
        {RefusedFilter: "refused", RecentFilter: "week"},
    ),
)


@dataclass(frozen=True)
class DashboardItem:
    """A number of open things, with a link to their list."""

    text: Text
    counted: int
    href: str

    @property
    def count(self) -> str:
        """The number as lists show it: at most 1,000+."""
        most = CappedPaginator.MAX
        return f"{format_number(most)}+" if self.counted > most else format_number(self.counted)


def lines(request: HttpRequest, on: date) -> Iterator[DashboardItem]:
    """The items that `request.user` may see, each counted by the query of its list."""
    for text, model, chosen in NEEDS_SOMEBODY:
        listing = admin.site.get_model_admin(model)
        if not listing.has_view_permission(request):
            continue
        rows: Any = model._default_manager.all()
        for case_filter, value in chosen.items():
            rows = case_filter.of_case(value, rows, on)
        params = {str(case_filter.parameter_name): value for case_filter, value in chosen.items()}
        counted = capped_count(rows, CappedPaginator.MAX)
        yield DashboardItem(
            text % counted,
            counted,
            f"{admin_url(model, 'changelist')}?{urlencode(params)}",
        )


@dataclass(frozen=True)
class MonthBar:
    """One month of the chart; its length is in per mille of the longest month."""

    month: date
    count: int
    index: int
    length: int

    def cells(self) -> dict[str, Any]:
        """The values that the chart shows."""
        return {
            "y": self.index * LANE,
            "width": in_per_cent(self.length),
            "month": as_short_month(self.month),
            "name": date_format(self.month, "YEAR_MONTH_FORMAT"),
            "text": format_number(self.count),
        }


def redemptions_by_month(on: date) -> list[MonthBar]:
    """The last twelve months, with the present one. One query, of an index alone."""
    present = on.replace(day=1)
    months = [add_months(present, -back) for back in range(MONTHS - 1, -1, -1)]
    lately = Redemption.objects.filter(
        redeemed_on__gte=months[0], redeemed_on__lt=add_months(present, 1)
    ).order_by()
    by_month = lately.values(month=TruncMonth("redeemed_on")).annotate(count=Count("pk"))
    counts = {row["month"]: row["count"] for row in by_month}
    most = max(counts.values(), default=1)
    return [
        # Rounded up, so that 1 is visible beside 1,000
        MonthBar(month, count, index, -(-count * WHOLE // most))
        for index, month in enumerate(months)
        for count in [counts.get(month, 0)]
    ]
