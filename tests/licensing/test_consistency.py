"""`manage.py check_consistency` finds each copied fact that differs (rules A1, P1).

Where none does it finds nothing.
"""

from collections.abc import Iterator
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Model
from pytest_django import DjangoDbBlocker, Settings

from benefits_portal import consistency
from benefits_portal.benefits.models import (
    Assignment,
    Benefit,
    ExternalOffer,
    HeldOffer,
    Offer,
    ProductKey,
)
from benefits_portal.licensing.consistency import CHECKS
from benefits_portal.licensing.models import (
    LicenseTally,
    Redemption,
    Replacement,
    Reversal,
    Subscription,
)
from benefits_portal.tenants.models import (
    DirectoryUser,
    DirectoryUserWord,
    Partner,
    Record,
    Tenant,
    TenantRequest,
    User,
)
from tests import factories
from tests.agreement import findings, rows_of_a_partner
from tests.simultaneous import IS_POSTGRES
from tests.world import rolled_back

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]

OTHER = "SELECT MAX(id) FROM tenants_partner"  # who has nothing but a tenant
OTHER_TENANT = "SELECT MAX(id) FROM tenants_tenant"


def run() -> str:
    output = StringIO()
    call_command("check_consistency", stdout=output)
    return output.getvalue()


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Partner]:
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        time_machine.travel(factories.NOW, tick=False),
    ):
        tenant = factories.TenantFactory.create(is_primary=True)
        rows_of_a_partner(tenant)
        factories.TenantFactory.create(is_primary=True)
        assert findings() == {}
        yield tenant.partner
        transaction.set_rollback(True)


@pytest.fixture
def world(made: Partner) -> Iterator[Partner]:
    """What a partner has; and another partner, whose tenant is the latest."""
    with rolled_back():
        yield made


FAULTS = [
    (
        DirectoryUser,
        "partner_id = {other}",
        DirectoryUser,
        "3 with another partner than tenant.partner_id",
    ),
    (
        DirectoryUserWord,
        "partner_id = {other}",
        DirectoryUserWord,
        "15 with another partner than person.partner_id",
    ),
    (
        Record,
        "partner_id = {other} WHERE action = 'licensing.add'",
        Record,
        "1 with another partner than tenant.partner_id",
    ),
    (
        TenantRequest,
        "partner_id = {other}",
        TenantRequest,
        "1 with another partner than tenant.partner_id",
    ),
    (
        DirectoryUser,
        "display_name = 'Mia '",
        DirectoryUser,
        "3 with a display_name that is not in its canonical form",
    ),
    (
        User,
        "name = 'Mia\u200bJ'",
        User,
        "1 with a name that is not in its canonical form",
    ),
    (
        User,
        "email = '\uff4dia@contoso.example'",
        User,
        "1 with a email that is not in its canonical form",
    ),
    (
        Partner,
        "name = 'A  B' || id",
        Partner,
        "3 with a name that is not in its canonical form",
    ),
    (
        Tenant,
        "domain = id || '.bücher.example'",
        Tenant,
        "3 with a domain that is not in its canonical form",
    ),
    (
        Partner,
        "is_practice = true",
        Partner,
        "3 that practice in a database of real ones, or are real in one that is for practice",
    ),
    (
        Benefit,
        "partner_id = {other} WHERE quantity IS NULL",
        Benefit,
        "1 with another partner than membership.partner_id",
    ),
    (
        Benefit,
        "starts_on = '2021-01-02' WHERE quantity IS NULL",
        Benefit,
        "1 with another starts_on than membership.starts_on",
    ),
    (
        Benefit,
        "expires_on = '2022-02-01' WHERE quantity IS NULL",
        Benefit,
        "1 with another expires_on than membership.benefits_expire_on",
    ),
    (
        Benefit,
        "product_name = 'x' WHERE quantity IS NULL",
        Benefit,
        "1 with another product_name than product.name",
    ),
    (
        Benefit,
        "offer_name = 'x' WHERE quantity IS NULL",
        Benefit,
        "1 with another offer_name than membership.offer.name",
    ),
    (
        Benefit,
        "is_used = NOT is_used",
        Benefit,
        "6 called used or unused against their keys and assignments",
    ),
    (
        ProductKey,
        "licenses = 26 WHERE redeemed_at IS NULL",
        ProductKey,
        "2 with another licenses than benefit.quantity",
    ),
    (
        ProductKey,
        "last_five = 'AAAAA'",
        ProductKey,
        "6 whose ciphertext, digest and last five characters are not of one key",
    ),
    (
        ProductKey,
        "digest = 'x' || id",
        ProductKey,
        "6 whose ciphertext, digest and last five characters are not of one key",
    ),
    (
        ProductKey,
        "ciphertext = 'x'",
        ProductKey,
        "6 whose ciphertext, digest and last five characters are not of one key",
    ),
    (
        ProductKey,
        "redeemed_in_id = {other_tenant} WHERE redeemed_at IS NOT NULL",
        ProductKey,
        "4 with another partner than redeemed_in.partner_id",
    ),
    (
        ProductKey,
        "redeemed_at = '2021-05-01 12:00:00+00', redeemed_on = '2021-05-01', "
        "redeemed_in_id = (SELECT MIN(id) FROM tenants_tenant) WHERE redeemed_at IS NULL",
        ProductKey,
        "2 redeemed without a redemption",
    ),
    (
        Assignment,
        "partner_id = {other}",
        Assignment,
        "2 with another partner than benefit.partner_id",
    ),
    (
        Assignment,
        "is_exclusive = false",
        Assignment,
        "2 exclusive of monthly credit, or not of bulk credit",
    ),
    (
        Assignment,
        "ended_at = NULL, ended_on = NULL, is_exclusive = false WHERE ended_at IS NOT NULL",
        Assignment,
        "1 passed on and not ended",
    ),
    (
        HeldOffer,
        "partner_id = {other}",
        HeldOffer,
        "1 with another partner than directory_user.partner_id",
    ),
    (
        Offer,
        "name = name || ' '",
        Offer,
        "6 with a name that is not in its canonical form",
    ),
    (
        ExternalOffer,
        "name = ' A'",
        ExternalOffer,
        "1 with a name that is not in its canonical form",
    ),
    (
        Subscription,
        "partner_id = {other}",
        Subscription,
        "2 with another partner than tenant.partner_id",
    ),
    (
        Subscription,
        "product_name = 'x'",
        Subscription,
        "2 with another product_name than product.name",
    ),
    (
        Subscription,
        "source_name = 'x'",
        Subscription,
        "2 named after another offer than their last key's",
    ),
    (
        Subscription,
        "licenses = licenses + 1",
        Subscription,
        "1 that do not follow from their redemptions",
    ),
    (
        Subscription,
        "withdrawn_on = NULL",
        Subscription,
        "1 that do not follow from their redemptions",
    ),
    (
        Redemption,
        "before_licenses = 26 WHERE way = 'add'",
        Subscription,
        "1 that do not follow from their redemptions",
    ),
    (
        Redemption,
        "after_ends_on = '2029-01-01' WHERE way = 'extend'",
        Subscription,
        "1 that do not follow from their redemptions",
    ),
    (
        Redemption,
        "partner_id = {other}",
        Redemption,
        "4 with another partner than key.partner_id",
    ),
    (
        Redemption,
        "tenant_id = {other_tenant}",
        Redemption,
        "4 with another tenant than key.redeemed_in_id",
    ),
    (
        Redemption,
        "key_licenses = 11 WHERE way = 'add'",
        Redemption,
        "1 with another key_licenses than key.licenses",
    ),
    (
        Redemption,
        "redeemed_on = '2021-04-30' WHERE way = 'extend'",
        Redemption,
        "1 with another redeemed_on than key.redeemed_on",
    ),
    (
        ProductKey,
        "redeemed_at = NULL, redeemed_on = NULL, redeemed_in_id = NULL",
        Redemption,
        "4 of keys that are not redeemed",
    ),
    (
        Reversal,
        "redemption_id = (SELECT MAX(r.id) FROM licensing_redemption r"
        " JOIN benefits_productkey k ON k.id = r.key_id WHERE k.revoked_at IS NULL)",
        Reversal,
        "1 of keys that are not revoked",
    ),
    (
        LicenseTally,
        "given = given + 1",
        Partner,
        "1 whose tallies of licenses are not what the assignments make",
    ),
    (
        Reversal,
        "partner_id = {other}",
        Reversal,
        "1 with another partner than redemption.partner_id",
    ),
    (
        Replacement,
        "tenant_id = {other_tenant}",
        Replacement,
        "1 with another tenant than redemption.tenant_id",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("changed", "change", "found", "fault"), FAULTS)
def test_what_differs_is_found_with_how_many_and_where(
    world: Partner, changed: type[Model], change: str, found: type[Model], fault: str
) -> None:
    values = {"other": f"({OTHER})", "other_tenant": f"({OTHER_TENANT})"}
    with connection.cursor() as cursor:
        if IS_POSTGRES:  # as a server holds it that was restored without its foreign keys
            # Checks what waits for the commit, while the rows are still consistent.
            connection.check_constraints()
            cursor.execute("SET LOCAL session_replication_role = replica")
        # The SQL is our own.
        cursor.execute(f"UPDATE {changed._meta.db_table} SET {change.format(**values)}")  # noqa: S608
    assert fault in findings()[found]


def test_people_who_lost_a_word_are_found(world: Partner) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM tenants_directoryuserword")
    assert findings() == {DirectoryUser: ["3 who are not found by their name and address"]}


def test_a_finding_tells_its_first_rows_and_what_to_do_and_is_an_error(
    world: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consistency, "SHOWN", 2)
    named = sorted(Benefit.objects.filter(product_name="").values_list("pk", flat=True))
    assert named == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE benefits_benefit SET product_name = 'x'")
    first, second = sorted(Benefit.objects.values_list("pk", flat=True))[:2]
    output = StringIO()
    with pytest.raises(CommandError, match=f"1 of {len(CHECKS)} checks found something."):
        call_command("check_consistency", stdout=output)
    assert output.getvalue() == (
        "benefits.benefit: 6 with another product_name than product.name "
        f"(primary keys {first}, {second}, …). "
        "Run manage.py carry_names --all.\n"
    )


def test_what_python_checks_is_read_some_rows_at_a_time(
    world: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consistency, "BATCH", 2)
    assert findings() == {}
    with connection.cursor() as cursor:
        cursor.execute("UPDATE benefits_productkey SET last_five = 'AAAAA'")
    assert findings() == {
        ProductKey: ["6 whose ciphertext, digest and last five characters are not of one key"]
    }


def test_it_writes_nothing_and_agrees_after_a_rotation_of_secrets(
    world: Partner, settings: Settings
) -> None:
    settings.PRODUCT_KEY_SECRETS = [
        "a new secret of more than 32 characters",
        *settings.PRODUCT_KEY_SECRETS,
    ]
    factories.redeem()
    records = Record.objects.count()
    assert run().startswith("Nothing found: ")
    assert Record.objects.count() == records
    settings.PRODUCT_KEY_SECRETS = settings.PRODUCT_KEY_SECRETS[:1]
    assert findings() == {
        ProductKey: ["6 whose ciphertext, digest and last five characters are not of one key"]
    }
