"""A subscription over time: what happened to it, and what happens next (S2, K8)."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypedDict

from django.utils.translation import gettext as _

from benefits_portal.formats import as_day, format_number
from benefits_portal.licensing.date_shifts import shift
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.licensing.models.replacement import check_replaceable, replaceable_until
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.terms import in_licenses
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.naming import Names
from benefits_portal.typed_text import isolated

Status = Subscription.Status
DAY = timedelta(days=1)
MOVING = (RedemptionKind.EXTEND, RedemptionKind.ADD)  # the ways that move an end date


class Event(TypedDict, total=False):
    """An entry of components/timeline.html."""

    when: str
    title: str
    detail: str
    shift: str
    effect: str
    who: str
    href: str
    link: str
    kind: str


def timeline(
    subscription: Subscription,
    redemptions: Sequence[Redemption],
    people: Names,
    on: date,
    *,
    can_come_back: bool,
    may_undo: bool = False,
) -> list[Event]:
    """The redemptions, reversals and changes of status, by day.

    `redemptions` come latest first. With `may_undo`, the latest one links to asking for a
    replacement, if that is possible on day `on` (K8).
    """
    oldest_first = list(reversed(redemptions))
    events = [
        (redemption.redeemed_on, redeeming(redemption, people)) for redemption in oldest_first
    ]
    latest = redemptions[0] if may_undo and redemptions else None
    if latest and not latest.is_reversed and (link := replacement_link(latest, on)):
        events[-1][1]["link"] = link
    events += [reversing(redemption) for redemption in oldest_first if redemption.is_reversed]
    if subscription.withdrawn_on is None:
        events += status_changes(subscription, on, can_come_back=can_come_back)
    return [event for _day, event in sorted(events, key=lambda dated: dated[0])]


def redeeming(redemption: Redemption, people: Names) -> Event:
    """The event of a redemption, with a link to its receipt."""
    title, detail = what_it_did(redemption)
    before, after = redemption.before_ends_on, redemption.after_ends_on
    moved = shift(before, after) if redemption.way in MOVING else {}
    return Event(
        when=as_day(redemption.redeemed_on),
        title=title,
        detail=detail,
        shift=moved.get("shift", ""),
        effect=moved.get("effect", ""),
        who=who_redeemed(redemption, people),
        href=redemption.get_absolute_url(),
        link=_("Receipt"),
    )


def replacement_link(latest: Redemption, on: date) -> str:
    """The link text for asking for a replacement of `latest`, with its last day; else empty (K8).

    `latest` must be the last redemption that stands.
    """
    try:
        check_replaceable(latest, on, is_latest=True)
    except Refusal:
        return ""
    until = replaceable_until(latest.key, latest.redeemed_on)
    return _("Receipt, and request a replacement key (until %(day)s)") % {"day": as_day(until)}


def who_redeemed(redemption: Redemption, people: Names) -> str:
    """By whom, with whose key, and as which step of an order (O13)."""
    text = _("By %(name)s, with a key from %(offer)s")
    if redemption.order_id:
        text = _("By %(name)s, with a key from %(offer)s, step %(step)s of order %(order)s")
    return text % {
        "name": isolated(people.of(redemption.redeemed_by)),
        "offer": redemption.key.benefit.offer_name,
        "step": format_number(redemption.step_number),
        "order": redemption.order_id,
    }


def what_it_did(redemption: Redemption) -> tuple[str, str]:
    """What redeeming the key changed: a title and a sentence."""
    after, before = redemption.after, redemption.before
    params = {
        "key": in_licenses(redemption.key_licenses),
        "all": in_licenses(after.licenses),
        "day": as_day(after.ends_on),
        "before": as_day(before.ends_on) if before else "",
    }
    match redemption.way:
        case RedemptionKind.EXTEND:
            title, detail = _("End date extended"), _("From %(before)s to %(day)s, %(all)s.")
        case RedemptionKind.ADD:
            title = _("%(key)s added")
            detail = _("%(all)s in total. The end date moved from %(before)s to %(day)s.")
        case RedemptionKind.REACTIVATE:
            title, detail = _("Reactivated with %(key)s"), _("Until %(day)s.")
        case _new:
            title, detail = _("Activated with %(key)s"), _("Until %(day)s.")
    return title % params, detail % params


def reversing(redemption: Redemption) -> tuple[date, Event]:
    """The day and the event of a reversal, because the key was replaced (K8)."""
    day = redemption.reversal.reversed_on
    text = _("%(way)s of %(day)s was undone, because the key was replaced.")
    params = {"way": redemption.get_way_display(), "day": as_day(redemption.redeemed_on)}
    return day, Event(when=as_day(day), title=_("Reversed"), detail=text % params)


def status_changes(
    subscription: Subscription, on: date, *, can_come_back: bool
) -> list[tuple[date, Event]]:
    """The days on which the status changes, past and future, each with its event (S2).

    The present and the future ones explain what the status means.
    """
    now = subscription.status(on)
    begins = {
        Status.EXPIRED: subscription.ends_on + DAY,
        Status.DISABLED: subscription.expired_until + DAY,
        Status.DELETED: subscription.disabled_until + DAY,
    }
    return [
        (
            day,
            Event(
                when=as_day(day),
                title=str(status.label),
                detail=meaning(status, can_come_back=can_come_back)
                if day > on or status is now
                else "",
                kind="next" if day > on else "past",
            ),
        )
        for status, day in begins.items()
    ]


def meaning(status: Subscription.Status, *, can_come_back: bool) -> str:
    """What `status` means for users, and whether a key can reactivate the subscription (S3)."""
    match status, can_come_back:
        case Status.EXPIRED, True:
            return _("You can still reactivate it with a key. Users keep access.")
        case Status.EXPIRED, False:
            return _("Users keep access.")
        case Status.DISABLED, True:
            return _("Users have no access. You can still reactivate it.")
        case Status.DISABLED, False:
            return _("Users have no access.")
    return _("It can't be reactivated. A key creates a new subscription.")


def status_sentence(subscription: Subscription, on: date, *, can_come_back: bool) -> str:
    """What follows the present status, and when; empty if it was withdrawn."""
    later = _("It can't be reactivated, because another subscription to this product ended later.")
    match subscription.status(on):
        case Status.ACTIVE:
            text, day = _("Expires after %(day)s unless you extend it."), subscription.ends_on
        case Status.EXPIRED if can_come_back:
            text = _("Users keep access until %(day)s. Reactivate it before then.")
            day = subscription.expired_until
        case Status.EXPIRED:
            text, day = _("Users keep access until %(day)s."), subscription.expired_until
        case Status.DISABLED:
            text = _("Users have no access. It will be deleted after %(day)s.")
            day = subscription.disabled_until
        case _deleted:
            if subscription.withdrawn_on:
                return ""
            text, day = _("Deleted after %(day)s."), subscription.disabled_until
    sentence = text % {"day": as_day(day)}
    has_ended = on > subscription.ends_on and subscription.status(on) is not Status.DELETED
    return f"{sentence} {later}" if has_ended and not can_come_back else sentence
