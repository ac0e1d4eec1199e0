"""Ten thousand partners, of whose twenty thousand admins one in twenty is told something."""

import time
import tracemalloc
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benefits_portal.licensing.models import Subscription
from benefits_portal.reminders.running import run
from benefits_portal.tenants.models import Partner, Role, RoleAssignment, Tenant, User
from tests import factories
from tests.properties import BEFORE_A_RELEASE

from .world import DAY, moment

pytestmark = [pytest.mark.django_db, pytest.mark.rule("R5"), *BEFORE_A_RELEASE]
ADMINS, ONE_IN = 2, 20


def partners_with_admins(count: int) -> None:
    """Each with two admins and a subscription; of one in twenty it ends in a month."""
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
    product = factories.ProductFactory.create()
    Subscription.objects.bulk_create(
        factories.SubscriptionFactory.build(
            tenant=tenant,
            partner=tenant.partner,
            product=product,
            ends_on=DAY + timedelta(days=300 if number % ONE_IN else 30),
        )
        for number, tenant in enumerate(tenants)
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
    assert report.sent == len(mail.outbox) == ADMINS * count // ONE_IN
    assert len(queries) <= 30 * ADMINS * count / 1_000 + 20
    assert cpu <= 60
