"""What people of a partner read while it is moved, and when it is in another portal (C1, C2)."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client, override_settings
from django.urls import reverse

from benefits_portal.benefits.models import ProductKey
from benefits_portal.cells.exporting import export
from benefits_portal.licensing.models import Order
from benefits_portal.reminders.models import Feed
from benefits_portal.reminders.recipients import recipients_at
from benefits_portal.tenants.exceptions import PartnerMoved, PartnerMoving, PartnerNotClosed
from benefits_portal.tenants.models import Actor, Partner, Record, Role, TenantsAction
from tests import factories
from tests.acts import office
from tests.cells.another_portal import SECRET, THERE
from tests.entry_points.operations import text_of
from tests.partner_fixture import STRONG, PartnerFixture, reset_link
from tests.simultaneous import IS_POSTGRES

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
on_postgres = pytest.mark.skipif(not IS_POSTGRES, reason="exported from PostgreSQL alone")
UNTIL = factories.NOW + timedelta(minutes=15)
URL = "https://two.example.org/"
LIST = reverse("benefits:azure-cloud")


@pytest.fixture
def sample() -> PartnerFixture:
    return PartnerFixture("Northwind")


@pytest.fixture
def closed(sample: PartnerFixture) -> PartnerFixture:
    assert sample.boss, sample.credit
    sample.partner.close(UNTIL, by=Actor())
    return sample


@pytest.fixture
def moved(closed: PartnerFixture) -> PartnerFixture:
    closed.partner.settle(URL, by=Actor())
    return closed


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    return client


# While it is moved


@pytest.mark.rule("C1")
def test_each_page_says_why_nothing_can_be_changed_and_until_when(closed: PartnerFixture) -> None:
    client = signed_in(closed.boss)
    assert "until about 12:15 PM" in text_of(client.get(LIST))
    url = reverse("benefits:assign", args=[closed.credit.pk])
    answer = client.post(url, closed.acting_in | {"directory_user": 1})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "until about 12:15 PM" in text_of(answer)


@pytest.mark.rule("C1")
def test_a_move_that_takes_longer_names_no_time_that_has_passed(closed: PartnerFixture) -> None:
    soon = factories.NOW - timedelta(minutes=1)
    Partner.objects.filter(pk=closed.partner.pk).update(moving_until=soon)
    client = signed_in(closed.boss)
    url = reverse("benefits:assign", args=[closed.credit.pk])
    for answer in (client.get(LIST), client.post(url, closed.acting_in)):
        assert "takes longer than planned" in text_of(answer)
        assert "until about" not in text_of(answer)


@pytest.mark.rule("C1")
def test_staff_read_on_the_partner_s_page_where_it_is(moved: PartnerFixture) -> None:
    client = signed_in(factories.UserFactory.create(staff=True, is_superuser=True))
    page = reverse("admin:tenants_partner_change", args=[moved.partner.pk])
    assert URL in text_of(client.get(page))


@pytest.mark.rule("C1")
def test_what_only_looks_or_leaves_goes_on(closed: PartnerFixture) -> None:
    elsewhere = factories.TenantFactory.create(is_primary=True)
    factories.RoleAssignmentFactory.create(
        user=closed.boss, partner=elsewhere.partner, role=Role.MEMBER
    )
    client = signed_in(closed.boss)
    client.get(LIST)
    place = {"place": elsewhere.pk}
    assert client.post(reverse("tenants:switch"), place | closed.acting_in).status_code == 302
    assert "being moved" not in text_of(client.get(LIST))
    assert client.post(reverse("tenants:sign-out")).status_code == 302


@pytest.mark.rule("C1")
def test_a_refused_page_is_not_put_on_record(closed: PartnerFixture) -> None:
    before = Record.objects.count()
    assert signed_in(closed.member).get(reverse("tenants:add-user")).status_code == 403
    assert Record.objects.count() == before


@pytest.mark.rule("C1")
def test_signing_in_goes_on_and_is_on_record_at_no_partner(closed: PartnerFixture) -> None:
    sent = {"username": closed.boss.email, "password": factories.PASSWORD}
    assert Client().post(reverse("tenants:sign-in"), sent).status_code == 302
    record = Record.objects.filter(action=TenantsAction.SIGNED_IN).get()
    assert (record.actor, record.partner) == (closed.boss, None)


@pytest.mark.rule("C1")
def test_a_password_that_is_on_its_way_is_not_changed(closed: PartnerFixture) -> None:
    client = Client()
    user = closed.forgetful
    first = client.get(reverse("tenants:password-set", args=reset_link(user)), follow=True)
    there = first.redirect_chain[-1][0]
    answer = client.post(there, {"new_password1": STRONG, "new_password2": STRONG})
    user.refresh_from_db()
    assert answer.status_code == 503
    assert user.check_password(factories.PASSWORD)


@pytest.mark.rule("C1")
def test_nobody_is_reminded_of_it_here(closed: PartnerFixture) -> None:
    assert recipients_at([closed.partner.pk]) == []
    assert mail.outbox == []


@pytest.mark.rule("C1")
@pytest.mark.parametrize("name", ["users-csv", "roles-csv", "activity-csv"])
def test_a_list_is_downloaded_and_on_record_at_no_partner(
    closed: PartnerFixture, name: str
) -> None:
    client, url = signed_in(closed.boss), reverse(f"tenants:{name}")
    assert [client.get(url).status_code for _time in range(2)] == [200, 200]
    record = Record.objects.get(action=TenantsAction.LIST_DOWNLOADED)
    assert (record.partner, record.tenant, record.times) == (None, None, 2)
    assert record.subject_id == closed.partner.pk


@pytest.mark.rule("C1")
def test_a_download_before_the_move_is_not_counted_on_afterwards(sample: PartnerFixture) -> None:
    client, url = signed_in(sample.boss), reverse("tenants:users-csv")
    assert client.get(url).status_code == 200
    sample.partner.close(UNTIL, by=Actor())
    assert client.get(url).status_code == 200
    there = Record.objects.for_partner(sample.partner)
    assert there.get(action=TenantsAction.LIST_DOWNLOADED).times == 1


@pytest.mark.rule("C1")
@pytest.mark.parametrize("name", ["end-viewing", "sign-out"])
def test_support_begins_to_look_and_stops(closed: PartnerFixture, name: str) -> None:
    staff = factories.UserFactory.create(staff=True, is_superuser=True)
    client, partner = signed_in(staff), closed.partner
    view_as = reverse("admin:tenants_partner_view_as", args=[partner.pk])
    form = {"tenant": closed.tenant.pk, "reason": "They called"}
    assert client.post(view_as, form).status_code == 302
    assert client.post(reverse(f"tenants:{name}")).status_code == 302
    looked = [TenantsAction.VIEW_STARTED, TenantsAction.VIEW_ENDED]
    records = Record.objects.filter(action__in=looked, partner=None).about(partner)
    assert records.count() == 2


@pytest.mark.rule("C1")
def test_staff_read_why_a_key_is_not_revoked(sample: PartnerFixture) -> None:
    staff = factories.UserFactory.create(staff=True, is_superuser=True)
    key = sample.fitting
    sample.partner.close(UNTIL, by=Actor())
    url, form = office("benefits_productkey", "revoke", key.pk)
    answer = signed_in(staff).post(url, form, follow=True)
    key.refresh_from_db()
    assert key.revoked_at is None
    assert "being moved to another portal" in text_of(answer)


@pytest.mark.rule("C1")
def test_a_language_is_the_browsers_while_the_account_moves(closed: PartnerFixture) -> None:
    client = signed_in(closed.boss)
    answer = client.post(reverse("set_language"), {"language": "nl"})
    closed.boss.refresh_from_db()
    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME].value == "nl"
    assert closed.boss.language != "nl"


@pytest.mark.rule("C1")
def test_an_unchanged_save_leaves_the_words_of_a_name(closed: PartnerFixture) -> None:
    words = closed.person.words.order_by("pk")
    before = [*words.values_list("pk", flat=True)]
    closed.person.save()
    assert before
    assert [*words.values_list("pk", flat=True)] == before


@on_postgres
@pytest.mark.rule("C1")
def test_what_was_read_before_it_was_closed_writes_nothing(sample: PartnerFixture) -> None:
    credit, person = sample.credit, sample.person
    Partner.objects.filter(pk=sample.partner.pk).update(moving_until=UNTIL)
    with pytest.raises(PartnerMoving):
        credit.assign(person, by=Actor(), on=factories.TODAY)
    assert credit.assignments.count() == 0


@on_postgres
@pytest.mark.rule("C1")
def test_keys_that_were_shown_before_it_was_closed_are_not_redeemed(sample: PartnerFixture) -> None:
    subscription, tenant, steps = sample.subscription, sample.tenant, sample.steps
    by, on = sample.by, factories.TODAY
    Partner.objects.filter(pk=sample.partner.pk).update(moving_until=UNTIL)
    with pytest.raises(PartnerMoving):
        subscription.extend(sample.fitting, by=by, on=on)
    with pytest.raises(PartnerMoving):
        Order.redeem(subscription, steps, tenant=tenant, by=by, on=on)
    assert not ProductKey.objects.redeemed().filter(pk__in=[step.key.pk for step in steps]).exists()


@on_postgres
def test_the_record_of_others_goes_on(closed: PartnerFixture) -> None:
    elsewhere = PartnerFixture("Elsewhere")
    assert elsewhere.assignment.pk


def test_it_is_opened_again_where_it_stays(closed: PartnerFixture) -> None:
    closed.partner.stay(by=Actor())
    assert closed.assignment.pk
    assert Record.objects.filter(action=TenantsAction.MOVE_GIVEN_UP).count() == 1


# In another portal


@pytest.mark.rule("C2")
def test_who_signs_in_is_told_where_it_is(moved: PartnerFixture) -> None:
    sent = {"username": moved.boss.email, "password": factories.PASSWORD}
    answer = Client().post(reverse("tenants:sign-in"), sent, follow=True)
    assert "Your organization has moved" in text_of(answer)
    assert f'href="{URL}"' in answer.content.decode()


@pytest.mark.rule("C2")
def test_nothing_of_it_is_shown_here(moved: PartnerFixture) -> None:
    assert signed_in(moved.boss).get(LIST).status_code == 403
    assert "Kim Northwind Ltd" in text_of(signed_in(moved.nobody).get(LIST))


@pytest.mark.rule("C2")
def test_who_also_works_for_another_goes_on_there(moved: PartnerFixture) -> None:
    elsewhere = factories.TenantFactory.create(is_primary=True)
    factories.RoleAssignmentFactory.create(
        user=moved.boss, partner=elsewhere.partner, role=Role.MEMBER
    )
    client = signed_in(moved.boss)
    assert client.get(LIST).status_code == 200
    assert URL in text_of(client.get(reverse("tenants:switch")))


@pytest.mark.rule("C2")
def test_its_calendar_links_end(sample: PartnerFixture) -> None:
    secret = sample.feed_secret
    assert Client().get(reverse("reminders:feed", args=[secret])).status_code == 200
    sample.partner.close(UNTIL, by=Actor())
    sample.partner.settle(URL, by=Actor())
    assert Client().get(reverse("reminders:feed", args=[secret])).status_code == 404
    assert Feed.objects.for_partner(sample.partner).count() == 1


def test_it_is_neither_opened_nor_closed_again(moved: PartnerFixture) -> None:
    with pytest.raises(PartnerMoved):
        moved.partner.stay(by=Actor())
    with pytest.raises(PartnerMoved):
        moved.partner.close(UNTIL, by=Actor())


def test_a_partner_that_is_open_is_nowhere_else(sample: PartnerFixture) -> None:
    with pytest.raises(PartnerNotClosed):
        sample.partner.settle(URL, by=Actor())
    is_there = Partner.objects.filter(pk=sample.partner.pk)
    with pytest.raises(IntegrityError, match="closed_before"), transaction.atomic():
        is_there.update(moved_to=URL)


# The commands


@on_postgres
@override_settings(TRANSFER_SECRET=SECRET)
def test_an_export_closes_and_its_end_tells_where_it_went(
    sample: PartnerFixture, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mpn_id, partner = sample.partner.mpn_id, sample.partner
    call_command("export_partner", mpn_id, tmp_path / "first", cell=THERE, minutes=5)
    partner.refresh_from_db()
    assert partner.moving_until == factories.NOW + timedelta(minutes=5)
    assert f"end_move {mpn_id} --moved-to" in capsys.readouterr().out
    call_command("export_partner", mpn_id, tmp_path / "again", cell=THERE)
    assert Record.objects.filter(action=TenantsAction.MOVE_BEGUN).count() == 1
    call_command("end_move", mpn_id, moved_to=URL)
    partner.refresh_from_db()
    assert (partner.moved_to, partner.is_closed) == (URL, True)
    with pytest.raises(CommandError, match="in another portal now"):
        call_command("export_partner", mpn_id, tmp_path / "third", cell=THERE)


@on_postgres
@override_settings(TRANSFER_SECRET=SECRET)
@pytest.mark.parametrize("name", ["no folder/file", "dangling"])
def test_a_partner_whose_file_cannot_be_made_stays_open(
    sample: PartnerFixture, tmp_path: Path, name: str
) -> None:
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(CommandError, match=r"was not written|is there already"):
        call_command("export_partner", sample.partner.mpn_id, tmp_path / name, cell=THERE)
    sample.partner.refresh_from_db()
    assert not sample.partner.is_closed


@on_postgres
@override_settings(TRANSFER_SECRET=SECRET)
def test_what_fails_once_it_is_closed_says_how_to_open_it(
    sample: PartnerFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("benefits_portal.cells.exporting.write_rows", full)
    mpn_id, file = sample.partner.mpn_id, tmp_path / "file"
    why = rf"No space left on device. .* is closed here.* end_move {mpn_id} --stays"
    with pytest.raises(CommandError, match=why):
        call_command("export_partner", mpn_id, file, cell=THERE)
    assert not file.exists()


@pytest.mark.parametrize(
    ("option", "written", "why"),
    [
        ("--cell", "1000", "from 0 to 999"),
        ("--cell", "-1", "from 0 to 999"),
        ("--cell", "two", "from 0 to 999"),
        ("--minutes", "0", "from 1 to 1440"),
        ("--minutes", "1441", "from 1 to 1440"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused(option: str, written: str, why: str) -> None:
    sent = {"--cell": "1"} | {option: written}
    with pytest.raises(CommandError, match=why):
        call_command("export_partner", "1000000", "file", *(f"{k}={v}" for k, v in sent.items()))


def test_that_it_stays_says_what_becomes_of_its_files(
    closed: PartnerFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("end_move", closed.partner.mpn_id, stays=True)
    assert "Delete each file of it that was exported before" in capsys.readouterr().out


@pytest.mark.parametrize(
    "url",
    [
        "http://two.example.org",
        "two.example.org",
        "javascript:a()",
        "",
        f"https://two.example.org/{'a' * 200}",
    ],
)
def test_the_other_portal_has_a_whole_url_over_tls(closed: PartnerFixture, url: str) -> None:
    with pytest.raises(CommandError, match="Write the whole URL"):
        call_command("end_move", closed.partner.mpn_id, moved_to=url)


@on_postgres
def test_a_copy_closes_nothing(sample: PartnerFixture, tmp_path: Path) -> None:
    call_command("export_partner", sample.partner.mpn_id, tmp_path / "copy", copy=True)
    sample.partner.refresh_from_db()
    assert not sample.partner.is_closed


@on_postgres
def test_that_it_is_closed_stays_behind(closed: PartnerFixture, tmp_path: Path) -> None:
    export(closed.partner, tmp_path / "copy", None)
    assert '"moving_until": null' in (tmp_path / "copy").read_text()


@on_postgres
def test_the_record_alone_is_watched_by_the_database() -> None:
    """What happens is on record in its own transaction (tests/test_whole_acts.py)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgenabled FROM pg_trigger "
            "WHERE tgname = 'refuse_while_moved'"
        )
        assert cursor.fetchall() == [("tenants_record", "O")]
