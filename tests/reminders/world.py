"""A partner with an admin, and something due; and the mails that reminders became."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import time_machine

from benefits_portal.licensing.models import LicensePool, Subscription
from benefits_portal.reminders.models import Told
from benefits_portal.reminders.running import Report, run
from benefits_portal.tenants.models import Partner, Role, User
from tests import factories

DAY = date(2021, 5, 1)


def admin_of(partner: Partner, **values: str) -> User:
    """Somebody who may act at `partner`."""
    user = factories.UserFactory.create(directory_user=None, **values)
    factories.RoleAssignmentFactory.create(user=user, partner=partner, role=Role.GLOBAL_ADMIN)
    return user


def ending(partner: Partner, ends_on: date) -> Subscription:
    """A subscription that ends on that day."""
    tenant = partner.tenants.first() or factories.TenantFactory.create(partner=partner)
    return factories.SubscriptionFactory.create(tenant=tenant, ends_on=ends_on)


def short_pool(ends_on: date, licenses: int = 4, given: int = 3) -> LicensePool:
    """Bought and given so that as many lack a license once it is disabled."""
    subscription = factories.bought(licenses, ends_on)
    made = LicensePool(subscription.tenant, subscription.product)
    factories.LicenseAssignmentFactory.create_batch(
        given, tenant=made.tenant, product=made.product, given_on=subscription.starts_on
    )
    return made


def moment(day: date, hour: float, zone: str = "UTC") -> datetime:
    hours, minutes = divmod(round(hour * 60), 60)
    return datetime.combine(day, time(hours, minutes), ZoneInfo(zone)).astimezone(UTC)


@contextmanager
def at(day: date, hour: float = 7.17, zone: str = "UTC") -> Iterator[None]:
    with time_machine.travel(moment(day, hour, zone), tick=False):
        yield


def run_at(day: date, hour: float = 7.17, zone: str = "UTC") -> Report:
    """What came of a run at that hour."""
    with at(day, hour, zone):
        return run()


def told() -> list[tuple[str, date, int]]:
    """What was told, of which day and at which threshold."""
    rows = Told.objects.order_by("pk")
    return list(rows.values_list("occasion", "due_on", "threshold"))
