"""Home: the workspaces, what needs attention, and the dates of each membership."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Max, OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from benefits_portal.benefits.models import Assignment, Benefit, Membership
from benefits_portal.formats import as_day
from benefits_portal.licensing.date_axis import Bar, DateAxis, Mark
from benefits_portal.licensing.display import ProductRow
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.listing.excerpt import NOT_ASKED, Asked, Excerpt
from benefits_portal.tenants.access import no_role
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import Partner

SOON_DAYS, URGENT_DAYS, MAX_LINES = 91, 30, 12


@require_safe
def home(request: PartnerRequest) -> HttpResponse:
    """Where all land who sign in; without a role, the page that says who can give one (P2)."""
    if request.partner is None:
        return no_role(request, status=200)
    partner, on, asked = request.partner, request.today, Asked(request.path, request.GET)
    sections = [
        ("expiring", _("Lost if nobody acts"), unused_benefits(partner, on)),
        (
            "ending",
            _("Subscriptions that end, or can still be brought back"),
            ending_subscriptions(partner, on, asked),
        ),
        (
            "disabled",
            _("Disabled in the directory, and still holding credit"),
            held_by_disabled(partner, on, asked),
        ),
    ]
    context = {
        "attention": [
            (name, title, lines.showing([line.cells() for line in lines]))
            for name, title, lines in sections
            if lines
        ],
        "memberships": memberships(partner, on, asked),
    }
    return render(request, "home.html", context)


@dataclass(frozen=True)
class AttentionItem:
    """Something that needs attention until `last_on`, the last day included."""

    last_on: date
    text: str
    subtitle: str
    status: str
    status_text: str
    href: str
    on: date

    @property
    def is_urgent(self) -> bool:
        return self.last_on <= self.on + timedelta(days=URGENT_DAYS)

    def cells(self) -> dict[str, str]:
        """What the page shows."""
        urgency = mark_safe(' data-urgency="soon"') if self.is_urgent else ""
        return {"day": as_day(self.last_on), "urgency": urgency} | {
            name: getattr(self, name)
            for name in ("text", "subtitle", "status", "status_text", "href")
        }


def unused_benefits(partner: Partner, on: date) -> Excerpt[AttentionItem]:
    """Keys not redeemed and credit not assigned, by the last day to use them (B5)."""
    unused = (
        Benefit.objects.for_partner(partner)
        .select_related("product")
        .expiring_within(SOON_DAYS, on)
        .unused()
    )
    excerpt: Excerpt[Benefit] = Excerpt.of(unused.order_by("expires_on", "pk"), MAX_LINES)
    lines = [
        AttentionItem(
            benefit.expires_on,
            benefit.title
            if benefit.is_usage_based
            else f"{benefit.title}, {benefit.quantity_text}",
            benefit.offer_name,
            benefit.status(on).value,
            str(benefit.status(on).label),
            benefit.get_absolute_url(),
            on,
        )
        for benefit in excerpt
    ]
    return excerpt.showing(lines, f"{reverse('benefits:azure-cloud')}?show=expiring&sort=expires")


def ending_subscriptions(
    partner: Partner, on: date, asked: Asked = NOT_ASKED
) -> Excerpt[AttentionItem]:
    """Those that end soon, and those in their 30 or 90 days, in all tenants (S2).

    By the last day of what they are now.
    """
    not_deleted = Subscription.objects.for_partner(partner).for_display().not_deleted(on)
    soon = not_deleted.filter(ends_on__lte=on + timedelta(days=SOON_DAYS)).order_by("ends_on", "pk")
    excerpt: Excerpt[Subscription] = asked.excerpt("ending", soon, MAX_LINES)
    lines = []
    for row in (ProductRow(subscription, on) for subscription in excerpt):
        subscription, changes_on = row.subscription, row.subscription.next_change_on(on)
        lines.append(
            AttentionItem(
                (changes_on or on) - timedelta(days=1),
                f"{subscription.product}, {subscription.licenses_text}",
                str(subscription.tenant),
                row.status.value,
                row.status_text,
                subscription.get_absolute_url(),
                on,
            )
        )
    return excerpt.showing(sorted(lines, key=lambda line: line.last_on))


def held_by_disabled(
    partner: Partner, on: date, asked: Asked = NOT_ASKED
) -> Excerpt[AttentionItem]:
    """Credit that somebody holds who is disabled in the directory, by the day it ends."""
    held = (
        Assignment.objects.for_partner(partner)
        .select_related("directory_user", "benefit__product")
        .running(on)
        .of_disabled()
    )
    excerpt: Excerpt[Assignment] = asked.excerpt(
        "disabled", held.order_by("benefit__expires_on", "pk"), MAX_LINES
    )
    lines = [
        AttentionItem(
            assignment.benefit.expires_on,
            f"{assignment.directory_user.display_name}: {assignment.benefit.title}",
            assignment.benefit.offer_name,
            "disabled",
            _("Disabled"),
            reverse("licensing:benefit-detail", args=[assignment.benefit_id]),
            on,
        )
        for assignment in excerpt
    ]
    return excerpt.showing(lines)


def memberships(
    partner: Partner, on: date, asked: Asked = NOT_ASKED
) -> Excerpt[tuple[Membership, DateAxis]]:
    """Each membership whose benefits can still be used, with its days on one axis.

    Its end, its benefits' and its last subscription's.
    """
    redeemed = Redemption.objects.standing().filter(key__benefit__membership=OuterRef("pk"))
    latest = (
        redeemed.order_by()
        .values("key__benefit__membership")
        .annotate(latest=Max("subscription__ends_on"))
        .values("latest")
    )
    usable = (
        Membership.objects.for_partner(partner)
        .usable(on)
        .annotate(subscriptions_end_on=Subquery(latest))
    )
    excerpt: Excerpt[Membership] = asked.excerpt(
        "memberships", usable.order_by("ends_on", "pk"), MAX_LINES
    )
    return excerpt.showing([(membership, axis_of(membership, on)) for membership in excerpt])


def axis_of(membership: Membership, on: date) -> DateAxis:
    """Its year, the days its benefits can be used, and the end of its last subscription (B1)."""
    start = membership.starts_on
    bars = [
        Bar(_("Membership ends"), start, membership.ends_on, "now"),
        Bar(_("Benefits expire"), start, membership.benefits_expire_on),
    ]
    # Annotated
    ends_on: date | None = membership.subscriptions_end_on  # type: ignore[attr-defined]
    marks = [Mark(_("Last subscription ends"), ends_on, "new")] if ends_on else []
    return DateAxis(on, bars, marks)
