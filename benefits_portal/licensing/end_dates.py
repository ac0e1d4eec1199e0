"""THE END-DATE RULES: what a subscription runs for once a key is redeemed (S1, S4 to S7).

Pure arithmetic over terms: it reads no database and no clock. `Subscription` applies these rules to
its own term; the calculator, planning and the consistency checks apply them to any term.
"""

from datetime import date, timedelta

from benefits_portal.dates import add_months, days_in_months

from .exceptions import CalendarEnds, ExtensionLimitExceeded, SubscriptionFull, TooManyLicenses
from .quotes import RedemptionKind
from .terms import (
    KEY_MONTHS,
    LAST_DAY,
    MAX_EXTENSION_YEARS,
    MAX_SUBSCRIPTION_LICENSES,
    Activation,
    Addition,
    Extension,
    Term,
)


def redeemed(way: RedemptionKind, before: Term | None, key_licenses: int, on: date) -> Term:
    """The term after a key of `key_licenses` is redeemed on day `on`.

    Only a new subscription has no term `before`. Raises what the rule for `way` raises.
    """
    if before is None or way in (RedemptionKind.NEW, RedemptionKind.REACTIVATE):
        return activated(key_licenses, on)
    if way is RedemptionKind.EXTEND:
        return extended(before, key_licenses)
    return with_added_licenses(before, key_licenses, on)


def activated(key_licenses: int, on: date) -> Term:
    """The term of a first activation: the key's licenses, 12 months from `on` (S1).

    Reactivating gives the same term (S3). Nothing is carried over from an earlier one.
    """
    ends_on = add_months(on, KEY_MONTHS)
    return Term(key_licenses, ends_on, 0, Activation(key_licenses, on, ends_on))


def extended(before: Term, key_licenses: int) -> Term:
    """The term after *Extend end date*: the same licenses for longer (S4, S7).

    Raises ExtensionLimitExceeded (S5), or CalendarEnds after the year 2999.
    """
    if key_licenses > MAX_EXTENSION_YEARS * before.licenses:
        raise ExtensionLimitExceeded(key_licenses, before.licenses)
    if latest_extension_on(before.ends_on) > LAST_DAY:
        raise CalendarEnds
    months, rest = divmod(KEY_MONTHS * key_licenses, before.licenses)
    moved_to = add_months(before.ends_on, months)
    following_month_days = (add_months(before.ends_on, months + 1) - moved_to).days
    days, carried = divmod(
        rest * following_month_days + before.carried_license_days, before.licenses
    )
    calculation = Extension(
        before=before,
        key_licenses=key_licenses,
        months=months,
        rest=rest,
        moved_to=moved_to,
        following_month_days=following_month_days,
        days=days,
        carried=carried,
    )
    return Term(before.licenses, moved_to + timedelta(days=days), carried, calculation)


def latest_extension_on(ends_on: date) -> date:
    """The latest day to which one key can move an end date (S5)."""
    return add_months(ends_on, KEY_MONTHS * MAX_EXTENSION_YEARS)


def with_added_licenses(before: Term, key_licenses: int, on: date) -> Term:
    """The term after *Add licenses* on day `on`: more licenses, end dates averaged (S6, S7).

    Raises TooManyLicenses with the largest key that fits, or SubscriptionFull if none does.
    """
    licenses = before.licenses + key_licenses
    fitting = MAX_SUBSCRIPTION_LICENSES - before.licenses
    if fitting <= 0:
        raise SubscriptionFull
    if key_licenses > fitting:
        raise TooManyLicenses(licenses, fitting)
    days_left = (before.ends_on - on).days
    year_days = days_in_months(on, KEY_MONTHS)
    days, carried = divmod(
        before.licenses * days_left + key_licenses * year_days + before.carried_license_days,
        licenses,
    )
    calculation = Addition(
        before=before,
        key_licenses=key_licenses,
        on=on,
        days_left=days_left,
        year_days=year_days,
        days=days,
        carried=carried,
    )
    return Term(licenses, on + timedelta(days=days), carried, calculation)
