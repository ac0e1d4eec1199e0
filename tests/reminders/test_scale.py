"""Ten thousand partners, of whose twenty thousand admins one in twenty is told something."""

import time
import tracemalloc
from collections.abc import Iterable
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benefits_portal.benefits.models import Product
from benefits_portal.licensing.models import LicenseAssignment, Subscription
from benefits_portal.reminders.models import Told
from benefits_portal.reminders.running import run
from benefits_portal.tenants.models import (
    DirectoryUser,
    Partner,
    Role,
    RoleAssignment,
    Tenant,
    User,
)
from tests import factories
from tests.properties import BEFORE_A_RELEASE

from .world import DAY, moment

pytestmark = [pytest.mark.django_db, pytest.mark.rule("R5"), *BEFORE_A_RELEASE]
ADMINS, ONE_IN = 2, 20


def partners_with_admins(count: int) -> None:
    """Each with two admins and a subscription; of one in twenty it ends in a month.

    Of these one person has a license of it, and one of what was disabled yesterday.
    """
    build = factories.PartnerFactory.build_batch
    partners = Partner.objects.bulk_create(build(count))
    tenants = Tenant.objects.bulk_create(
        factories.TenantFactory.build(partner=each, is_primary=True, color="blue")
        for each in partners
    )
    users = User.objects.bulk_create(
        factories.UserFactory.build(directory_user=None, password="!")
        for _each in range(ADMINS * count)
    )
    RoleAssignment.objects.bulk_create(
        RoleAssignment(user=user, partner=partners[number // ADMINS], role=Role.PARTNER_ADMIN)
        for number, user in enumerate(users)
    )
    product, gone = factories.ProductFactory.create_batch(2)
    due = tenants[::ONE_IN]
    add_subscriptions(tenants, product, 300)
    add_subscriptions(due, product, 30)
    add_subscriptions(due, gone, -31)
    people = DirectoryUser.objects.bulk_create(
        factories.DirectoryUserFactory.build(tenant=tenant, partner=tenant.partner)
        for tenant in due
    )
    LicenseAssignment.objects.bulk_create(
        factories.LicenseAssignmentFactory.build(
            directory_user=person, tenant=person.tenant, partner=person.partner, product=each
        )
        for person in people
        for each in (product, gone)
    )


def add_subscriptions(tenants: Iterable[Tenant], product: Product, days: int) -> None:
    Subscription.objects.bulk_create(
        factories.SubscriptionFactory.build(
            tenant=tenant,
            partner=tenant.partner,
            product=product,
            ends_on=DAY + timedelta(days=days),
        )
        for tenant in tenants
    )


@pytest.mark.parametrize("count", [1_000, 10_000])
def test_a_run_over_many_partners_is_cheap(count: int) -> None:
    partners_with_admins(count)
    with (
        time_machine.travel(moment(DAY, 8), tick=False),
        CaptureQueriesContext(connection) as queries,
    ):
        tracemalloc.start()
        began = time.process_time()
        report = run()
        cpu, peak = time.process_time() - began, tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    print(count, len(queries), round(cpu, 1), peak // 2**20, "MiB")  # noqa: T201 - the figures
    assert Told.objects.filter(occasion="licenses-over").count() == report.sent
    assert report.sent == len(mail.outbox) == ADMINS * count // ONE_IN
    assert len(queries) <= 30 * ADMINS * count / 1_000 + 20
    assert cpu <= 60
