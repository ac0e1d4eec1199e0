"""Partners, tenants, people and their roles; whose day it is (rules P1, P2, P4)."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models.functions import Upper

from benefits_portal import clock
from benefits_portal.tenants.models import (
    DirectoryUser,
    Partner,
    Role,
    RoleAssignment,
    Tenant,
    User,
)
from benefits_portal.tenants.signed_in import user_with_tenants
from tests.factories import (
    NOW,
    PASSWORD,
    TODAY,
    DirectoryUserFactory,
    PartnerFactory,
    RoleAssignmentFactory,
    TenantFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
rule = pytest.mark.rule


# Days


@pytest.mark.parametrize(
    ("time_zone", "on"),
    [
        ("UTC", date(2021, 4, 30)),
        ("Europe/Amsterdam", date(2021, 5, 1)),
        ("Asia/Tokyo", date(2021, 5, 1)),
        ("America/New_York", date(2021, 4, 30)),
    ],
)
def test_today_is_the_partner_s_own_calendar_day(time_zone: str, on: date) -> None:
    with time_machine.travel(datetime(2021, 4, 30, 23, 30, tzinfo=UTC), tick=False):
        assert PartnerFactory.build(time_zone=time_zone).today() == on


def test_a_practice_partner_s_calendar_moves_forward_only(today: date) -> None:
    partner = PartnerFactory.create(is_practice=True)
    assert partner.move_calendar_to(today + timedelta(days=40))
    partner.refresh_from_db()
    assert partner.today() == today + timedelta(days=40)
    for day in (today, today + timedelta(days=39), today + timedelta(days=40)):
        assert not partner.move_calendar_to(day)


def test_a_real_partner_s_calendar_does_not_move(today: date) -> None:
    partner = PartnerFactory.create()
    assert not partner.move_calendar_to(today + timedelta(days=1))
    with pytest.raises(IntegrityError):
        Partner.objects.filter(pk=partner.pk).update(days_ahead=1)


def test_now_is_always_real_although_a_calendar_moved(today: date) -> None:
    partner = PartnerFactory.create(is_practice=True)
    partner.move_calendar_to(today + timedelta(days=40))
    assert clock.now() == NOW


def test_a_story_is_told_at_noon_of_its_day_and_the_clock_is_put_back(today: date) -> None:
    with clock.frozen_at(date(2020, 2, 29), "Asia/Tokyo"):
        assert clock.now() == datetime(2020, 2, 29, 3, tzinfo=UTC)
        assert clock.today("Asia/Tokyo") == date(2020, 2, 29)
    assert clock.now() == NOW


# Places


@rule("P1", "P4")
def test_one_acts_in_tenants_of_partners_where_one_has_a_role_home_first() -> None:
    other = TenantFactory.create(partner__name="A partner", is_primary=True)
    home = TenantFactory.create(partner__name="Z partner", is_primary=True, name="Z")
    labs = TenantFactory.create(partner=home.partner, name="B")
    TenantFactory.create()  # no role there
    user = UserFactory.create(directory_user__tenant=labs)
    RoleAssignmentFactory.create(user=user, role=Role.MEMBER)
    RoleAssignmentFactory.create(user=user, partner=other.partner, role=Role.GLOBAL_ADMIN)
    tenants = user_with_tenants(user.pk).open_tenants
    assert tenants == [labs, other, home]
    assert [tenant.role for tenant in tenants] == [Role.MEMBER, Role.GLOBAL_ADMIN, Role.MEMBER]


@rule("P1")
def test_without_a_role_one_acts_in_no_tenant_though_in_its_directory() -> None:
    user = UserFactory.create()
    assert user.home_partner
    assert user_with_tenants(user.pk).open_tenants == []
    assert not Partner.objects.with_role_for(user).exists()


@rule("P4")
def test_no_two_tenants_of_a_partner_have_the_same_color(tenant: Tenant) -> None:
    with pytest.raises(IntegrityError):
        TenantFactory.create(partner=tenant.partner, color=tenant.color)


@rule("P1")
def test_a_domain_is_taken_whatever_its_case_and_the_answer_names_nobody(tenant: Tenant) -> None:
    double = TenantFactory.build(partner=PartnerFactory.create(), domain=tenant.domain)
    with pytest.raises(ValidationError) as refusal:
        double.full_clean()
    assert tenant.name not in str(refusal.value)
    with pytest.raises(IntegrityError):
        TenantFactory.create(domain=tenant.domain.upper())


def test_a_partner_has_one_primary_tenant(tenant: Tenant) -> None:
    with pytest.raises(IntegrityError):
        TenantFactory.create(partner=tenant.partner, is_primary=True)


# People


@rule("P2", "P3")
def test_the_admins_of_a_partner_are_those_who_may_act_global_admins_first(
    partner: Partner, tenant: Tenant
) -> None:
    for role, name in [(Role.MEMBER, "A"), (Role.PARTNER_ADMIN, "B"), (Role.GLOBAL_ADMIN, "C")]:
        RoleAssignmentFactory.create(
            user__directory_user__display_name=name, user__directory_user__tenant=tenant, role=role
        )
    RoleAssignmentFactory.create(
        user__is_active=False, user__directory_user__tenant=tenant, role=Role.GLOBAL_ADMIN
    )
    RoleAssignmentFactory.create()
    assert [held.holder_name for held in RoleAssignment.objects.admins_of(partner)] == ["C", "B"]
    assert [role for role in Role if role.may_act] == [Role.GLOBAL_ADMIN, Role.PARTNER_ADMIN]


@rule("P1")
def test_somebody_holds_one_role_at_a_partner(admin: User) -> None:
    with pytest.raises(IntegrityError):
        RoleAssignmentFactory.create(user=admin, role=Role.GLOBAL_ADMIN)


@rule("P1")
def test_a_partner_s_directory_is_that_of_all_its_tenants_and_no_others(tenant: Tenant) -> None:
    here = DirectoryUserFactory.create(tenant=tenant)
    there = DirectoryUserFactory.create(tenant=TenantFactory.create(partner=tenant.partner))
    DirectoryUserFactory.create()
    assert list(DirectoryUser.objects.for_partner(tenant.partner).order_by("pk")) == [here, there]


WORDS = {
    "a name": ("kelly", True),
    "the beginnings of two words": ("KEL wil", True),
    "in any order": ("wil kelly", True),
    "with the accent": ("wilsón", True),
    "after an apostrophe": ("brien", True),
    "of the address": ("contoso", True),
    "the address up to somewhere": ("k.wilson@con", True),
    "the middle of a word": ("elly", False),
    "one that does not match": ("kelly smith", False),
    "no letters": ("%_", False),
    "nothing": ("", True),
}


@pytest.mark.parametrize(("words", "found"), WORDS.values(), ids=WORDS)
def test_people_are_found_by_how_any_word_of_name_or_address_begins(
    words: str, found: bool
) -> None:
    person = DirectoryUserFactory.create(
        display_name="Kelly O'Brien-Wilsón", user_principal_name="K.Wilson@contoso.com"
    )
    assert DirectoryUser.objects.matching(words).exists() is found
    assert list(DirectoryUser.objects.first_matching(person.partner, words, 20)) == [person] * found


@rule("P1")
def test_the_first_people_are_the_partner_s_by_name_as_many_as_asked_for(tenant: Tenant) -> None:
    for name in ("Zoë", "anna", "Özgür", "Bob"):
        DirectoryUserFactory.create(
            tenant=tenant, display_name=name, user_principal_name=f"x{name[1:3]}@contoso.com"
        )
    DirectoryUserFactory.create(display_name="Aaron")
    first = partial(DirectoryUser.objects.first_matching, tenant.partner)
    assert [person.display_name for person in first("", 2)] == ["anna", "Bob"]
    assert ([person.display_name for person in first("contoso", 3)], first("contoso", 3).total) == (
        ["anna", "Bob", "Özgür"],
        4,
    )


def test_somebody_is_found_by_their_new_name_and_no_longer_by_the_old_one() -> None:
    person = DirectoryUserFactory.create(display_name="Kelly Wilson")
    person.display_name = "Kelly Smith"
    person.save()
    assert [
        DirectoryUser.objects.matching(words).exists() for words in ("kelly", "wilson", "smith")
    ] == [True, False, True]


def test_letters_that_fold_into_many_and_names_without_any_are_kept() -> None:
    for name in ("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 120, "!!!"):
        person = DirectoryUserFactory.create(display_name=name)
        assert list(DirectoryUser.objects.first_matching(person.partner, "", 20)) == [person]


def test_the_enabled_are_those_who_are_not_disabled() -> None:
    enabled, disabled = DirectoryUserFactory.create(), DirectoryUserFactory.create(disabled=True)
    assert enabled.is_enabled
    assert not disabled.is_enabled
    assert list(DirectoryUser.objects.enabled()) == [enabled]


def test_an_address_is_once_in_a_tenant_whatever_its_case() -> None:
    person = DirectoryUserFactory.create()
    with pytest.raises(IntegrityError):
        DirectoryUserFactory.create(
            tenant=person.tenant, user_principal_name=person.user_principal_name.upper()
        )


def test_one_signs_in_with_the_address_in_any_case() -> None:
    user = User.objects.create_user("Kelly@Example.com", PASSWORD, name="Kelly")
    assert user.email == "kelly@example.com"
    assert User.objects.get_by_natural_key("KELLY@example.com") == user
    assert user.check_password(PASSWORD)
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=user.pk).update(email=Upper("email"))


def test_the_test_world_stands_on_its_day(today: date) -> None:
    assert clock.today() == TODAY
