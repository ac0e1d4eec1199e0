"""A partner exported from one portal and imported into another: all of it, the same."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from benefits_portal.benefits.key_encryption import digests
from benefits_portal.benefits.models import ProductKey
from benefits_portal.cells.belongings import belongings, carried
from benefits_portal.cells.exporting import export
from benefits_portal.cells.ids import counters, first_id
from benefits_portal.cells.importing import import_file
from benefits_portal.cells.transfer_file import Unfit, as_line
from benefits_portal.licensing.models import (
    LicenseAssignment,
    LicenseTally,
    Redemption,
    Subscription,
)
from benefits_portal.licensing.models.license_action import LicenseAction
from benefits_portal.tenants.models import Actor, FormerName, Partner, Record, TenantsAction, User
from tests import factories
from tests.agreement import findings
from tests.cells.another_portal import HERE, MOVED, SECRET, THERE, another_portal
from tests.entry_points.operations import everything
from tests.partner_fixture import PartnerFixture
from tests.simultaneous import IS_POSTGRES
from tests.world import rolled_back

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("today"),
    pytest.mark.skipif(not IS_POSTGRES, reason="partners are moved between PostgreSQLs"),
]


@pytest.mark.rule("C3")
def test_every_row_arrives_the_same(moving: PartnerFixture, path: Path) -> None:
    pk = moving.partner.pk
    before = {model: belongings(model, pk).count() for model in carried()}
    assert all(before.values())
    with rolled_back(), another_portal():
        arrival = import_file(path)
        before[Record] += 1  # that it came
        assert {model: belongings(model, pk).count() for model in carried()} == before
        assert {label: total.digest for label, total in arrival.sent.items()} == {
            label: total.digest for label, total in arrival.arrived.items()
        }
        assert findings() == {}
        last = Record.objects.for_partner(arrival.partner).latest("pk")
        assert last.action == TenantsAction.MOVED_HERE


def test_its_people_sign_in_there_and_redeem(moving: PartnerFixture, path: Path) -> None:
    text, subscription = moving.text_of(moving.fitting), moving.subscription
    with rolled_back(), another_portal(), override_settings(PRODUCT_KEY_SECRETS=["another's"]):
        import_file(path)
        user = authenticate(username=moving.boss.email, password=factories.PASSWORD)
        assert user == moving.boss
        key = ProductKey.objects.get(digest=digests(text)[0])
        arrived = Subscription.objects.get(pk=subscription.pk)
        redemption = arrived.extend(key, by=Actor(user), on=factories.TODAY)
        assert key.pk == moving.fitting.pk
        assert redemption.pk == first_id(THERE)


def test_what_leads_to_the_catalog_leads_to_that_of_the_other_portal(
    moving: PartnerFixture, path: Path
) -> None:
    given, benefit = moving.license_assignment, moving.licenses
    people = given.pool.count(factories.TODAY).given
    with rolled_back(), another_portal():
        import_file(path)
        there = LicenseAssignment.objects.get(pk=given.pk)
        assert there.product_id == given.product_id + MOVED
        assert there.product.name == given.product.name
        # The database counted what arrived
        assert there.pool.count(factories.TODAY).given == people
        assert LicenseTally.objects.miscounted() == []
        line = benefit.package_line_id
        assert type(benefit).objects.get(pk=benefit.pk).package_line_id == line + MOVED
        record = Record.objects.get(action=LicenseAction.MOVED)
        assert record.before == {"product": there.product_id}
        assert record.actor_id == record.subject_id == moving.boss.pk


def test_no_key_and_no_password_is_in_the_file(moving: PartnerFixture, path: Path) -> None:
    text = path.read_text()
    keys = ProductKey.objects.filter(partner=moving.partner)
    assert not [key for key in keys if moving.text_of(key) in text or key.ciphertext in text]
    assert not [user for user in User.objects.all() if user.password in text]
    assert path.stat().st_mode & 0o077 == 0


def test_a_copy_to_read_holds_no_secret_and_is_not_imported(
    moving: PartnerFixture, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.jsonl"
    export(moving.partner, copy, None)
    assert "sealed" not in copy.read_text()
    assert "mark" not in copy.read_text().replace("market", "")
    with rolled_back(), another_portal(), pytest.raises(Unfit, match="a copy to read"):
        import_file(copy)


# Who signs in


def test_somebody_of_two_partners_has_an_account_in_both_portals(
    moving: PartnerFixture, path: Path
) -> None:
    guest = User.objects.get(role_assignments__partner=moving.partner, name__contains="Elsewhere")
    with rolled_back(), another_portal():
        import_file(path)
        there = User.objects.get(email=guest.email)
        assert authenticate(username=guest.email, password=factories.PASSWORD) == there
        assert there.directory_user is None
        assert there.role_assignments.get().partner == moving.partner


def test_who_has_an_account_there_keeps_it_and_its_password(
    moving: PartnerFixture, path: Path
) -> None:
    with rolled_back(), another_portal():
        own = factories.UserFactory.create(email=moving.boss.email, directory_user=None)
        own.set_password("another one of their own")
        own.save()
        arrival = import_file(path)
        own.refresh_from_db()
        assert arrival.known == 1
        assert own.check_password("another one of their own")
        assert own.directory_user_id == moving.boss.directory_user_id
        assert own.role_assignments.get().partner_id == moving.partner.pk
        redemption = Redemption.objects.get(pk=moving.redemption.pk)
        assert redemption.redeemed_by == own


def test_who_is_only_named_comes_without_a_password_and_staff_without_rights(
    moving: PartnerFixture, tmp_path: Path
) -> None:
    with rolled_back():
        staff = factories.UserFactory.create(staff=True, is_superuser=True)
        left = factories.UserFactory.create(directory_user=None)
        for user in (staff, left):
            Record.objects.log(
                TenantsAction.VIEW_STARTED, by=Actor(user), partner=moving.partner, subject=user
            )
        with override_settings(TRANSFER_SECRET=SECRET):
            export(moving.partner, file := tmp_path / "file", THERE)
        with another_portal():
            import_file(file)
            named, office = User.objects.get(pk=left.pk), User.objects.get(pk=staff.pk)
            assert (named.is_active, named.has_usable_password()) == (True, False)
            assert (office.is_active, office.is_staff, office.is_superuser) == (False, True, False)


def test_a_name_that_came_alone_gets_its_password_when_its_home_arrives(
    moving: PartnerFixture, path: Path
) -> None:
    with rolled_back(), another_portal():
        boss = moving.boss
        User.objects.bulk_create(
            [User(pk=boss.pk, email=boss.email, name="Somebody", password="!")]
        )
        import_file(path)
        assert authenticate(username=boss.email, password=factories.PASSWORD) == boss
        assert not FormerName.objects.filter(user=boss).exists()


# What is refused, and changes nothing


def cut(lines: list[bytes]) -> list[bytes]:
    return lines[:-1]


def cut_within_a_line(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-2], lines[-2][:-9]]


def altered(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'"licenses": 25', b'"licenses": 99') for line in lines]


def with_a_row_less(lines: list[bytes]) -> list[bytes]:
    return lines[:5] + lines[6:]


def with_a_row_more(lines: list[bytes]) -> list[bytes]:
    return [*lines[:5], *lines[4:]]


def of_another_format(lines: list[bytes]) -> list[bytes]:
    head = json.loads(lines[0]) | {"format": "benefits-portal partner 2"}
    return [as_line(head), *lines[1:]]


def for_another_portal(lines: list[bytes]) -> list[bytes]:
    head = json.loads(lines[0]) | {"to_cell": 7}
    return [as_line(head), *lines[1:]]


def no_file_of_ours(_lines: list[bytes]) -> list[bytes]:
    return [b"MPN ID;Name\n", b"1000000;Northwind\n"]


def signed_by_a_half_letter(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-1], b'{"signature": "\\ud800"}\n']


def signed_by_a_deep_list(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-1], b"[" * 100_000]


def begun_by_a_deep_list(_lines: list[bytes]) -> list[bytes]:
    return [b"[" * 100_000]


DAMAGES: list[tuple[Callable[[list[bytes]], list[bytes]], str]] = [
    (cut, "was cut or altered"),
    (cut_within_a_line, "was cut or altered"),
    (altered, "was cut or altered"),
    (with_a_row_less, "was cut or altered"),
    (with_a_row_more, "was cut or altered"),
    (signed_by_a_half_letter, "was cut or altered"),
    (signed_by_a_deep_list, "was cut or altered"),
    (begun_by_a_deep_list, "is no file of export_partner"),
    (of_another_format, "another version of the portal"),
    (for_another_portal, "is for the portal CELL=7; this is CELL=1"),
    (no_file_of_ours, "is no file of export_partner"),
]
ALIKE = DAMAGES[1:2] + DAMAGES[3:5]  # found by the signature, as another one is


def refuses(path: Path, why: str) -> None:
    before = everything()
    with pytest.raises(Unfit, match=why):
        import_file(path)
    assert before == everything()


@contextmanager
def another_session() -> Iterator[psycopg.Connection]:
    named = connection.get_connection_params()
    place = {name: named[name] for name in ("host", "user", "dbname") if name in named}
    with psycopg.connect(**place, autocommit=True) as other:
        yield other


def exported_for(cell: int, partner: Partner, folder: Path) -> Path:
    with override_settings(TRANSFER_SECRET=SECRET):
        export(partner, file := folder / f"for-{cell}.jsonl", cell)
    return file


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        pytest.param(*each, id=each[0].__name__, marks=pytest.mark.release if each in ALIKE else ())
        for each in DAMAGES
    ],
)
def test_a_file_that_is_not_as_it_was_sent_is_refused(
    path: Path, tmp_path: Path, damage: Callable[[list[bytes]], list[bytes]], why: str
) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(b"".join(damage(path.read_bytes().splitlines(keepends=True))))
    with rolled_back(), another_portal():
        refuses(bad, why)


def test_a_file_of_another_secret_is_refused(path: Path) -> None:
    with rolled_back(), another_portal(), override_settings(TRANSFER_SECRET="of nobody here"):
        refuses(path, "TRANSFER_SECRET differs")


def test_a_file_of_other_tables_is_refused(
    path: Path, moving: PartnerFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rolled_back(), another_portal():
        monkeypatch.setattr("benefits_portal.cells.transfer_file.tables", lambda: "others")
        refuses(path, "Install the same version in both portals")


def test_a_second_time_is_refused(path: Path) -> None:
    with rolled_back(), another_portal():
        import_file(path)
        refuses(path, "Kim Northwind Ltd .* is in this portal already")


def test_another_partner_with_its_mpn_id_is_refused(path: Path, moving: PartnerFixture) -> None:
    with rolled_back(), another_portal():
        factories.PartnerFactory.create(mpn_id=moving.partner.mpn_id)
        refuses(path, "another partner with the MPN ID")


def test_what_is_in_use_there_is_refused_by_name(path: Path, moving: PartnerFixture) -> None:
    with rolled_back(), another_portal():
        factories.TenantFactory.create(domain=moving.tenant.domain)
        refuses(path, r"tenants_tenant .tenant_domain_unique.\. Nothing was changed\.$")


@pytest.mark.parametrize("rights", ["is_staff", "is_superuser"])
def test_staff_there_do_not_become_somebody_of_the_partner(
    path: Path, moving: PartnerFixture, rights: str
) -> None:
    email = moving.boss.email
    with rolled_back(), another_portal():
        own = factories.UserFactory.create(email=email, directory_user=None, **{rights: True})
        refuses(path, f"{email} is staff of this portal")
        assert own.role_assignments.count() == 0


def test_staff_there_who_are_only_named_are_no_obstacle(
    moving: PartnerFixture, tmp_path: Path
) -> None:
    with rolled_back():
        staff = factories.UserFactory.create(staff=True)
        Record.objects.log(
            TenantsAction.VIEW_STARTED, by=Actor(staff), partner=moving.partner, subject=staff
        )
        file = exported_for(THERE, moving.partner, tmp_path)
        with another_portal():
            there = factories.UserFactory.create(email=staff.email, staff=True)
            import_file(file)
            assert Record.objects.filter(actor=there).exists()


def test_a_number_with_another_address_there_is_refused_by_both(
    path: Path, moving: PartnerFixture
) -> None:
    boss = moving.boss
    with rolled_back(), another_portal():
        User.objects.bulk_create([User(pk=boss.pk, email="new@example.org", name="Somebody")])
        refuses(path, f"new@example.org of this portal has the number of {boss.email}")


def test_two_imports_at_once_are_one(path: Path, moving: PartnerFixture) -> None:
    key = f"import_partner {moving.partner.pk}"
    with rolled_back(), another_portal(), another_session() as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [key])
        refuses(path, "is being imported by another command")


def test_all_that_the_catalog_lacks_is_named(path: Path, moving: PartnerFixture) -> None:
    product, offer = moving.licenses.product, moving.credit.membership.offer
    with rolled_back(), another_portal():
        type(product).objects.filter(name=product.name).update(name="Renamed")
        type(offer).objects.filter(name=offer.name).update(name="Renamed too")
        why = f"lacks what the partner has: offer “{offer.name}”; .*product “{product.name} · lic"
        refuses(path, why)


def test_a_portal_that_numbers_rows_in_the_range_of_another_is_refused(
    moving: PartnerFixture, tmp_path: Path
) -> None:
    file = exported_for(2, moving.partner, tmp_path)
    with rolled_back(), another_portal(), override_settings(CELL=2):
        refuses(file, "This portal is CELL=2, and its tables number rows of another range: .*migr")


def test_a_row_with_a_number_that_is_yet_to_be_given_is_refused(
    moving: PartnerFixture, tmp_path: Path
) -> None:
    file = exported_for(HERE, moving.partner, tmp_path)
    with rolled_back(), another_portal(), override_settings(CELL=HERE):
        with connection.cursor() as cursor:
            cursor.execute(
                "".join(f"ALTER SEQUENCE {name} RESTART WITH 1;" for _model, name in counters())
            )
        refuses(file, "Two portals have the same CELL")


@pytest.mark.rule("C3")
def test_a_difference_on_the_way_in_changes_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rolled_back(), another_portal():
        with_fault = "benefits_portal.cells.importing.totals_of"
        monkeypatch.setattr(with_fault, lambda *_args: {})
        refuses(path, "What arrived is not what was sent")


# The commands


def test_the_commands_tell_what_was_sent_and_what_arrived(
    moving: PartnerFixture, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "northwind.jsonl"
    with override_settings(TRANSFER_SECRET=SECRET):
        call_command("export_partner", moving.partner.mpn_id, file, cell=THERE)
    printed = capsys.readouterr().out
    assert "benefits.ProductKey" in printed
    with rolled_back(), another_portal():
        call_command("import_partner", file)
        assert f"(MPN ID {moving.partner.mpn_id}) is here now." in capsys.readouterr().out
        with pytest.raises(CommandError, match="already"):
            call_command("import_partner", file)


@pytest.mark.parametrize(
    ("options", "secret", "why"),
    [
        ({"cell": HERE}, SECRET, "This portal is CELL=0 itself"),
        ({"cell": THERE}, "", "TRANSFER_SECRET is not set"),
    ],
)
def test_a_partner_is_not_exported_to_nowhere(
    moving: PartnerFixture, tmp_path: Path, options: dict[str, Any], secret: str, why: str
) -> None:
    file = tmp_path / "file"
    with override_settings(TRANSFER_SECRET=secret), pytest.raises(CommandError, match=why):
        call_command("export_partner", moving.partner.mpn_id, file, **options)
    assert not file.exists()


def test_a_file_that_is_there_stays(moving: PartnerFixture, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("of somebody's")
    with pytest.raises(CommandError, match="is there already"):
        call_command("export_partner", moving.partner.mpn_id, file, copy=True)
    assert file.read_text() == "of somebody's"


def test_a_practice_partner_is_not_exported(tmp_path: Path) -> None:
    partner = factories.PartnerFactory.create(is_practice=True)
    with pytest.raises(CommandError, match="practice partner"):
        call_command("export_partner", partner.mpn_id, tmp_path / "file", copy=True)
    assert Partner.objects.filter(pk=partner.pk).exists()
