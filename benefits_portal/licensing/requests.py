"""The requests of a partner to the program team, for keys and tenants, and the answers (K8, P1)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from benefits_portal import clock
from benefits_portal.formats import as_day
from benefits_portal.licensing.home.rows import act, link_to
from benefits_portal.licensing.models import Redemption, Replacement
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.listing.page import MAX_COUNT
from benefits_portal.prepared import planned, prepared
from benefits_portal.tenants.models import Partner, TenantRequest

MAX_ON_HOME = 6
RECENT = timedelta(days=30)  # how long home, the benefit and the subscription show an answer
COLUMNS = (
    *("kind", "number", "about", "asked_at", "decided_at", "is_granted"),
    *("benefit", "because", "asked_by", "is_key_unused"),
)


class ProgramRequest(NamedTuple):
    """One request: the values of COLUMNS.

    `number` is a primary key: of the redemption, the order or the tenant request.
    """

    kind: str
    number: int
    about: str  # the product, or the domain
    asked_at: datetime
    decided_at: datetime | None
    is_granted: bool
    benefit: int | None
    because: str
    asked_by: int | None
    is_key_unused: bool  # whether the new key is neither redeemed nor revoked

    @property
    def is_replacement(self) -> bool:
        return self.kind == "replacement"

    @property
    def is_order(self) -> bool:
        """Whether it is for the keys of a whole order (O14)."""
        return self.kind == "order"

    @property
    def title(self) -> str:
        text = _("Replacement key: %(what)s") if self.is_replacement else _("Tenant: %(what)s")
        if self.is_order:
            text = _("Replacement of an order: %(what)s")
        return text % {"what": self.about}

    @property
    def status(self) -> str:
        """For the color and shape of its badge."""
        if self.decided_at is None:
            return "expiring"
        return "assigned" if self.is_granted else "neutral"

    @property
    def status_text(self) -> str:
        if self.decided_at is None:
            return _("Pending review")
        return _("Approved") if self.is_granted else _("Declined")

    @property
    def asked_on(self) -> str:
        return as_day(timezone.localtime(self.asked_at).date())

    @property
    def decided_on(self) -> str:
        return as_day(timezone.localtime(self.decided_at).date()) if self.decided_at else ""

    @property
    def answer(self) -> str:
        """The new key or tenant, or why the request was declined; empty while it is undecided."""
        if self.decided_at is None:
            return ""
        if self.is_granted and self.is_order:
            return _("A new key was issued for each step")
        if self.is_granted and self.is_replacement:
            return new_key_issued(self.decided_at)
        return self.because

    @property
    def href(self) -> str:
        """The page that shows more about it."""
        if self.is_order:
            return reverse("licensing:order-receipt", args=[self.number])
        if not self.is_replacement:
            return reverse("tenants:tenants")
        if self.is_granted:
            return reverse("licensing:benefit-detail", args=[self.benefit])
        return reverse("licensing:receipt", args=[self.number])

    def link(self, *, may_act: bool) -> str:
        """The label of the link to that page; `may_act` is whether the reader may get a key."""
        if self.is_order:
            return _("View order")
        if not self.is_replacement:
            return _("View tenants")
        if self.is_key_unused and may_act:
            return _("Get new key")
        return _("View benefit") if self.is_granted else _("View receipt")


def new_key_issued(at: datetime) -> str:
    if timezone.localtime(at).date() == timezone.localtime(clock.now()).date():
        return _("New key issued today")
    return _("New key issued on %(day)s") % {"day": as_day(timezone.localtime(at).date())}


def requests_of(partner: Partner, *, recent: bool = False) -> list[ProgramRequest]:
    """The requests of `partner`, the latest first, at most MAX_COUNT + 1. One query.

    With `recent`, only undecided ones and those that were decided within 30 days.
    """
    if not recent:
        return [ProgramRequest(*row) for row in of_all_days(partner.pk)]
    since = clock.now() - RECENT
    found = (ProgramRequest(*row) for row in unanswered_since(partner.pk, since.date()))
    return [one for one in found if one.decided_at is None or one.decided_at >= since]


@prepared
def of_all_days(partner: int) -> QuerySet[Any, Any]:
    return latest_first(Q(partner=partner))


@planned
def unanswered_since(partner: int, day: date) -> QuerySet[Any, Any]:
    """The requests that were undecided when `day` began, in UTC."""
    began = datetime.combine(day, time.min, UTC)
    return latest_first(Q(partner=partner) & (Q(decided_at=None) | Q(decided_at__gte=began)))


def latest_first(asked: Q) -> QuerySet[Any, Any]:
    both = replacements().filter(asked).union(tenants().filter(asked), all=True)
    return both.order_by("-asked_at")[: MAX_COUNT + 1]


def replacements() -> QuerySet[Any, Any]:
    """One row for each request: a whole order is one (O14)."""
    found: QuerySet[Any, Any] = Replacement.objects.as_requests().annotate(
        kind=Case(
            When(order=None, then=Value("replacement")),
            default=Value("order"),
            output_field=CharField(),
        ),
        number=Coalesce("order", "redemption"),
        about=F("redemption__subscription__product_name"),
        is_granted=ExpressionWrapper(Q(key__isnull=False), BooleanField()),
        benefit=F("redemption__key__benefit"),
        because=F("declined_because"),
        is_key_unused=ExpressionWrapper(
            Q(key__isnull=False, key__redeemed_at=None, key__revoked_at=None), BooleanField()
        ),
    )
    return found.order_by().values_list(*COLUMNS)


def tenants() -> QuerySet[Any, Any]:
    found = TenantRequest.objects.annotate(
        kind=Value("tenant", CharField()),
        number=F("pk"),
        about=F("domain"),
        is_granted=ExpressionWrapper(Q(tenant__isnull=False), BooleanField()),
        benefit=F("tenant"),
        because=Value("", CharField()),
        is_key_unused=Value(False, BooleanField()),
    )
    return found.order_by().values_list(*COLUMNS)


def recent_requests(partner: Partner, *, may_act: bool) -> Excerpt[dict[str, Any]]:
    """The recent requests, as rows of home."""
    found = requests_of(partner, recent=True)
    rows = [request_row(asked, may_act=may_act) for asked in found[:MAX_ON_HOME]]
    return Excerpt(rows, len(found), reverse("licensing:requests"))


def request_row(asked: ProgramRequest, *, may_act: bool) -> dict[str, Any]:
    link = asked.link(may_act=True)  # `act` locks the button for those who may not
    return {
        "title": asked.title,
        "subtitle": asked.answer,
        "hint": "",
        "href": asked.href,
        "left": _("Requested %(day)s") % {"day": asked.asked_on},
        "day": _("Answered %(day)s") % {"day": asked.decided_on} if asked.decided_on else "",
        "urgency": "",
        "status": asked.status,
        "status_text": asked.status_text,
        "action": act(link, asked.href, asked.title, may_act=may_act)
        if asked.is_key_unused
        else link_to(asked.href, link, asked.title),
    }


def request_badge(replacement: Replacement | None) -> dict[str, str]:
    """The badge about a replacement on a benefit or subscription; empty 30 days after an answer."""
    if replacement is None:
        return {}
    if replacement.decided_at is None:
        return {"status": "expiring", "text": _("Replacement requested")}
    if replacement.decided_at < clock.now() - RECENT:
        return {}
    if replacement.key_id:
        return {"status": "assigned", "text": new_key_issued(replacement.decided_at)}
    return {"status": "neutral", "text": _("Replacement declined")}


def latest_replacement(redemptions: Sequence[Redemption]) -> Replacement | None:
    """The last requested replacement of `redemptions`, which were read with theirs."""
    asked = [one.replacement for one in redemptions if hasattr(one, "replacement")]
    return max(asked, key=lambda one: one.asked_at, default=None)
