"""How much is lost in all: a line for each kind (W7)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.benefits.money import money
from benefits_portal.formats import format_number
from benefits_portal.licensing.home.unused_amounts import Amounts, added, plus

from .loss import Kind, Loss, Losses


class Total(NamedTuple):
    label: str
    text: str


def totals(parts: Iterable[Losses]) -> list[Total]:
    """A line for each kind that there is; with a + if there are more than were read."""
    found: dict[Kind, list[Loss]] = {}
    more: set[Kind] = set()
    for part in parts:
        for loss in part.found:
            found.setdefault(loss.kind, []).append(loss)
        more |= {loss.kind for loss in part.found} if part.has_more else set()
    lines = {
        kind: Total(TITLES[kind](), TEXTS[kind](found[kind], kind in more))
        for kind in TITLES
        if kind in found
    }
    return list(with_affected(lines, found, has_more=bool(more & STAGES.keys())))


def with_affected(
    lines: Mapping[Kind, Total], found: Mapping[Kind, Sequence[Loss]], *, has_more: bool
) -> Iterator[Total]:
    """The lines, with the number of subscriptions before the stages that they reach.

    One subscription may reach several stages.
    """
    reached = [loss for kind in STAGES for loss in found.get(kind, ())]
    affected = {loss.pk: loss for loss in reached}
    label = (
        _("Subscriptions affected, some more than once")
        if len(reached) > len(affected)
        else _("Subscriptions affected")
    )
    for kind, line in lines.items():
        if affected and kind in STAGES:
            yield Total(label, subscriptions([*affected.values()], has_more))
            affected = {}
        yield line


# Several stages may concern the same subscription
STAGES: Mapping[Kind, Callable[[], str]] = {
    Kind.EXPIRED: lambda: _("Of these, expiring"),
    Kind.DISABLED: lambda: _("Of these, being disabled"),
    Kind.DELETED: lambda: _("Of these, being deleted"),
}
TITLES: Mapping[Kind, Callable[[], str]] = {
    Kind.KEY: lambda: _("Keys that expire unused"),
    Kind.CREDIT: lambda: _("Unassigned credit lost"),
    Kind.ASSIGNED: lambda: _("Assigned credit that ends"),
    **STAGES,
    Kind.MEMBERSHIP: lambda: _("Memberships that end"),
    Kind.PEOPLE: lambda: _("People left without a license"),
}


def keys(losses: Sequence[Loss], has_more: bool) -> str:
    return str(
        Amounts(
            keys=len(losses),
            licenses=sum(loss.licenses for loss in losses),
            has_more_keys=has_more,
        )
    )


def by_currency(losses: Iterable[Loss]) -> dict[str, Decimal]:
    amounts: dict[str, Decimal] = {}
    for loss in losses:
        amounts = added(amounts, {loss.currency: loss.amount})
    return amounts


def credit(losses: Sequence[Loss], has_more: bool) -> str:
    shown = [money(amount, code) for code, amount in sorted(by_currency(losses).items())]
    return " · ".join(plus(text) if has_more else text for text in shown)


def assigned(losses: Sequence[Loss], has_more: bool) -> str:
    return str(
        Amounts(
            yearly=by_currency(loss for loss in losses if not loss.is_monthly),
            monthly=by_currency(loss for loss in losses if loss.is_monthly),
            has_more_credit=has_more,
        )
    )


def subscriptions(losses: Sequence[Loss], has_more: bool) -> str:
    licenses = sum(loss.licenses for loss in losses)
    return _("%(count)s (%(licenses)s)") % {
        "count": at_least(len(losses), has_more),
        "licenses": ngettext("%(count)s license", "%(count)s licenses", licenses + has_more)
        % {"count": at_least(licenses, has_more)},
    }


def memberships(losses: Sequence[Loss], has_more: bool) -> str:
    return at_least(len(losses), has_more)


def people(losses: Sequence[Loss], has_more: bool) -> str:
    return at_least(sum(loss.people for loss in losses), has_more)


def at_least(number: int, has_more: bool) -> str:
    return plus(format_number(number)) if has_more else format_number(number)


TEXTS: Mapping[Kind, Callable[[Sequence[Loss], bool], str]] = {
    Kind.KEY: keys,
    Kind.CREDIT: credit,
    Kind.ASSIGNED: assigned,
    Kind.EXPIRED: subscriptions,
    Kind.DISABLED: subscriptions,
    Kind.DELETED: subscriptions,
    Kind.MEMBERSHIP: memberships,
    Kind.PEOPLE: people,
}
