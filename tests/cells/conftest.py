"""A partner with everything, and its file for the other portal, made once for a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from django.db import transaction
from pytest_django import DjangoDbBlocker

from benefits_portal.licensing.models.license_action import LicenseAction
from benefits_portal.tenants.models import Record, Role
from tests import factories
from tests.agreement import rows_of_a_partner
from tests.cells.another_portal import sent
from tests.partner_fixture import PartnerFixture


@pytest.fixture(scope="module")
def moving(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[PartnerFixture]:
    """Northwind, beside another partner whose admin is its guest with a role."""
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        time_machine.travel(factories.NOW, tick=False),
    ):
        made = PartnerFixture.with_everything("Northwind")
        rows_of_a_partner(made.tenant)
        made.person.display_name = "Kim Northwind Lee-Jones"
        made.person.save()
        made.boss.name = "Kim Northwind Chief"
        made.boss.save()
        elsewhere = PartnerFixture.with_everything("Elsewhere")
        factories.RoleAssignmentFactory.create(
            user=elsewhere.boss, partner=made.partner, role=Role.PARTNER_ADMIN
        )
        given = made.license_assignment
        Record.objects.log(
            LicenseAction.MOVED,
            by=made.by,
            partner=made.partner,
            subject=made.boss,
            before={"product": given.product_id},
        )
        yield made
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def path(moving: PartnerFixture, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sent(moving.partner, tmp_path_factory.mktemp("sent"))
