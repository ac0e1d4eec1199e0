"""The tabs and filters of the list of benefits."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from django.db.models import QuerySet, TextChoices
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from benefits_portal.benefits.models import Membership, PackageLine
from benefits_portal.benefits.models.catalog import BenefitType, product_text
from benefits_portal.benefits.status import Status
from benefits_portal.listing import Filter
from benefits_portal.prepared import PreparedQuery
from benefits_portal.search_text import sort_key
from benefits_portal.tenants.audit.labels import offer_filter_values
from benefits_portal.tenants.models import Partner


class Tab(TextChoices):
    """Where a benefit stands in time; on any day, each benefit is in one tab."""

    CURRENT = "current", pgettext_lazy("benefits", "Current")
    NOT_STARTED = "not-started", pgettext_lazy("benefits", "Not started")
    ENDED = "ended", pgettext_lazy("benefits", "Ended")


SHOW = {
    "unused": gettext_lazy("Unused"),
    "expiring": gettext_lazy("Unused, expires in 3 months"),
}
KINDS = {"usage": gettext_lazy("Usage-based"), "licenses": gettext_lazy("License-based")}
EXPIRES = {
    "30": gettext_lazy("Within 30 days"),
    "91": gettext_lazy("Within 3 months"),
    "182": gettext_lazy("Within 6 months"),
    "past": gettext_lazy("Expired already"),
}
STATUSES = {status.value: status.label for status in Status} | {
    Status.ENDED.value: gettext_lazy("Expired (credit)"),
    Status.EXPIRED.value: gettext_lazy("Expired (product key)"),
}
TYPES = {choice.value: choice.label for choice in BenefitType}
offer_filter_values(
    show=SHOW,
    kind=KINDS,
    expires=EXPIRES,
    status=STATUSES,
    type=TYPES,
    tab=dict(Tab.choices),
)
# The statuses and the like that are possible in each tab; the filters offer only these
IN_TAB: dict[Tab, dict[str, set[str]]] = {
    Tab.CURRENT: {
        "show": {"unused", "expiring"},
        "expires": {"30", "91", "182"},
        "status": {
            Status.NOT_ASSIGNED,
            Status.ASSIGNED,
            Status.NOT_REDEEMED,
            Status.REDEEMED,
        },
    },
    Tab.NOT_STARTED: {"show": set(), "expires": set(), "status": {Status.NOT_BEGUN}},
    Tab.ENDED: {
        "show": {"unused"},
        "expires": {"past"},
        "status": {Status.ENDED, Status.EXPIRED, Status.REDEEMED},
    },
}
HELD = (
    "pk",
    "offer_id",
    "offer__name",
    "product_id",
    "product__name",
    "product__kind",
    "competency",
)


class HeldLine(NamedTuple):
    """A package line of an offer that a partner is or was enrolled in: the values of HELD."""

    pk: int
    offer_id: int
    offer: str
    product_id: int
    product: str
    kind: str
    competency: str


def tab_of(query: Mapping[str, str]) -> Tab:
    """The tab that a URL names; else the first one that can have rows for the URL's filters.

    So bookmarks with a status but without a tab still work.
    """
    if query.get("tab") in Tab.values:
        return Tab(query["tab"])
    return next((tab for tab in Tab if not unfitting(tab, query)), Tab.CURRENT)


def unfitting(tab: Tab, chosen: Mapping[str, str]) -> list[str]:
    """The `chosen` filters that no benefit in `tab` can match."""
    known = {"show": SHOW, "expires": EXPIRES, "status": STATUSES}
    return [
        name
        for name, possible in IN_TAB[tab].items()
        if (value := chosen.get(name)) in known[name] and value not in possible
    ]


def filters_of(tab: Tab, lines: Callable[[], Sequence[HeldLine]]) -> dict[str, Filter]:
    """The filters, with the options that are possible in `tab`."""
    offered = IN_TAB[tab]
    return {
        "tab": Filter(_("Period"), dict(Tab.choices), tabs=True),
        "show": Filter(_("Quick filters"), SHOW, quick=True, offered=offered["show"]),
        "kind": Filter(_("Kind"), KINDS),
        "status": Filter(_("Status"), STATUSES, offered=offered["status"]),
        "product": Filter(_("Product"), lazily(lambda: products(lines()))),
        "offer": Filter(_("Offer"), lazily(lambda: offers(lines()))),
        "type": Filter(_("Benefit type"), TYPES),
        "expires": Filter(_("Expires"), EXPIRES, offered=offered["expires"]),
    }


def held_lines(partner: Partner) -> list[HeldLine]:
    """The package lines of all offers that `partner` is or was enrolled in. One query."""
    return [*map(HeldLine._make, lines_held.tuples(partner.pk))]


@PreparedQuery
def lines_held(partner: int) -> QuerySet[PackageLine, tuple[Any, ...]]:
    memberships = Membership.objects.filter(partner=partner)
    return memberships.package_lines().order_by().values_list(*HELD)


def products(lines: Iterable[HeldLine]) -> dict[str, str]:
    """The products of `lines`, as filter options."""
    kinds = {line.product_id: (line.product, line.kind) for line in lines}
    return in_order({pk: product_text(*product) for pk, product in kinds.items()})


def offers(lines: Iterable[HeldLine]) -> dict[str, str]:
    """The offers of `lines`, as filter options."""
    return in_order({line.offer_id: line.offer for line in lines})


def lazily(options: Callable[[], dict[str, str]]) -> Mapping[str, str]:
    """Filter options that are loaded on first use."""
    return cast("Mapping[str, str]", SimpleLazyObject(options))


def in_order(names: dict[int, str]) -> dict[str, str]:
    """Filter options sorted by label."""
    return {
        str(pk): name for pk, name in sorted(names.items(), key=lambda option: sort_key(option[1]))
    }
