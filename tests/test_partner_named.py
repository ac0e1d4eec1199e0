"""That every test would notice a change, or a lock, of a partner's rows that does not say whose."""

import pytest
from django.db.models import F

from benefits_portal.benefits.models import Benefit
from benefits_portal.licensing.models import Subscription
from benefits_portal.tenants.models import RoleAssignment, Tenant
from benefits_portal.tenants.partner_rows import PartnerRow, row_of
from tests import factories
from tests.partner_named import OF_ALL_PARTNERS, ROOT, TABLES, table_without_partner, unnamed

pytestmark = [pytest.mark.django_db, pytest.mark.rule("P1")]

UNNAMED = [
    'UPDATE "benefits_benefit" SET "is_used" = %s WHERE "benefits_benefit"."id" = %s',
    'UPDATE "benefits_benefit" SET "partner_id" = %s WHERE "benefits_benefit"."id" = %s',
    'DELETE FROM "tenants_roleassignment" WHERE "tenants_roleassignment"."id" IN (%s)',
    'SELECT "benefits_benefit"."partner_id" FROM "benefits_benefit" WHERE "id" = %s FOR UPDATE',
    'SELECT * FROM "benefits_benefit" INNER JOIN "tenants_tenant" ON (TRUE) '
    'WHERE "tenants_tenant"."partner_id" = %s FOR NO KEY UPDATE OF "benefits_benefit"',
]
NAMED = [
    'UPDATE "benefits_benefit" SET "is_used" = %s WHERE ("benefits_benefit"."id" = %s AND '
    '"benefits_benefit"."partner_id" = %s)',
    'DELETE FROM "tenants_roleassignment" WHERE "tenants_roleassignment"."partner_id" IN (%s, %s)',
    'UPDATE "tenants_record" SET "times" = 2 WHERE "tenants_record"."partner_id" IS NULL',
    'SELECT "benefits_benefit"."id" FROM "benefits_benefit" WHERE "benefits_benefit"."id" = %s',
    'UPDATE "tenants_mail" SET "tries" = 1 WHERE "tenants_mail"."id" = %s',
]


@pytest.mark.parametrize("sql", UNNAMED)
def test_a_statement_that_does_not_say_whose_rows_it_means_is_noticed(sql: str) -> None:
    assert table_without_partner(sql) in TABLES


@pytest.mark.parametrize("sql", NAMED)
def test_a_statement_that_says_it_or_only_reads_is_not(sql: str) -> None:
    assert table_without_partner(sql) == ""


def test_what_the_portal_asks_is_noticed_and_what_a_test_asks_is_not() -> None:
    """By a verb of the portal that was made to forget the partner, in a copy of its file."""
    benefit = factories.BenefitFactory.create()
    Benefit.objects.filter(pk=benefit.pk).update(is_used=F("is_used"))
    assert unnamed == []
    path = ROOT / "benefits_portal" / "forgetful.py"
    code = compile("benefits.filter(pk=pk).update(is_used=True)", str(path), "exec")
    exec(code, {"benefits": Benefit.objects, "pk": benefit.pk})  # noqa: S102 - our own text
    [found] = unnamed
    assert found.startswith('benefits_portal/forgetful.py:<module>: UPDATE "benefits_benefit"')
    unnamed.clear()


def test_what_is_of_all_partners_is_still_there() -> None:
    files = {origin.partition(":")[0] for origin in OF_ALL_PARTNERS}
    assert [path for path in files if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("factory", [factories.TenantFactory, factories.SubscriptionFactory])
def test_a_row_is_never_saved_as_another_partners(factory: type[factories.TenantFactory]) -> None:
    row: Tenant | Subscription = factory.create()
    row.partner_id = factories.PartnerFactory.create().pk
    with pytest.raises(type(row).NotUpdated):
        row.save(update_fields=["partner"])


def test_models_that_are_saved_again_say_whose_they_are() -> None:
    assert {Tenant, Benefit, Subscription, RoleAssignment} <= {*PartnerRow.__subclasses__()}
    assert row_of(tenant := factories.TenantFactory.create()) == {
        "pk": tenant.pk,
        "partner": tenant.partner_id,
    }
