"""Who is in the directory, who holds which role, and the partner's tenants.

The verbs, what they refuse, what they record.
"""

from functools import partial
from typing import Any

import pytest
from django.db.models import QuerySet
from django.utils import translation

from benefits_portal.tenants import exceptions
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import (
    Actor,
    DirectoryUser,
    How,
    Record,
    Role,
    RoleAssignment,
    Tenant,
    TenantRequest,
    TenantsAction,
    User,
)
from benefits_portal.tenants.signed_in import user_with_tenants
from tests.factories import (
    DirectoryUserFactory,
    PartnerFactory,
    RoleAssignmentFactory,
    TenantFactory,
    UserFactory,
    person_of,
)
from tests.simultaneous import IS_POSTGRES, Rendezvous, at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
rule = pytest.mark.rule


@pytest.fixture
def boss(tenant: Tenant) -> RoleAssignment:
    """The Global admin of `partner`."""
    return RoleAssignmentFactory.create(user__directory_user__tenant=tenant, role=Role.GLOBAL_ADMIN)


@pytest.fixture
def by(boss: RoleAssignment) -> Actor:
    return Actor(boss.user, How.PORTAL)


@pytest.fixture
def person(tenant: Tenant) -> DirectoryUser:
    return DirectoryUserFactory.create(tenant=tenant)


def recorded() -> list[tuple[Any, ...]]:
    return [
        (record.action, record.subject, record.before, record.after, record.refused)
        for record in Record.objects.order_by("pk")
    ]


# The directory


@rule("U1", "A1")
def test_a_member_and_a_guest_are_added_and_that_is_on_record(tenant: Tenant, by: Actor) -> None:
    kim = DirectoryUser.objects.add_to(tenant, "Kim", f"KIM@{tenant.domain}", by=by)
    lou = DirectoryUser.objects.add_to(tenant, "Lou", "lou@elsewhere.example", kind="guest", by=by)
    assert [
        (person.user_principal_name, person.kind, person.is_enabled) for person in (kim, lou)
    ] == [
        (f"kim@{tenant.domain}", "member", True),
        ("lou@elsewhere.example", "guest", True),
    ]
    assert [(action, subject) for action, subject, *_ in recorded()] == [
        (TenantsAction.PERSON_ADDED, kim),
        (TenantsAction.GUEST_INVITED, lou),
    ]
    assert (
        Record.objects.for_partner(tenant.partner).filter(tenant=tenant, actor=by.user).count() == 2
    )


@rule("U1", "A1")
@pytest.mark.parametrize(
    ("address", "kind", "refusal"),
    [
        ("kim@elsewhere.example", "member", exceptions.EmailOutsideTenant),
        ("kim@sub.{domain}", "member", exceptions.EmailOutsideTenant),
        ("kim@{domain}", "guest", exceptions.GuestFromInside),
        ("TAKEN@{domain}", "member", exceptions.AlreadyInDirectory),
    ],
)
def test_who_cannot_be_added_is_refused_on_record_and_nobody_is_added(
    tenant: Tenant, by: Actor, address: str, kind: str, refusal: type[Refusal]
) -> None:
    DirectoryUserFactory.create(tenant=tenant, user_principal_name=f"taken@{tenant.domain}")
    before = DirectoryUser.objects.count()
    with pytest.raises(refusal):
        DirectoryUser.objects.add_to(
            tenant, "Kim", address.format(domain=tenant.domain), kind=kind, by=by
        )
    assert (DirectoryUser.objects.count(), Record.objects.get().refused) == (before, refusal.code)


@rule("P1", "U1")
def test_an_address_that_another_partner_has_is_free(tenant: Tenant, by: Actor) -> None:
    elsewhere = DirectoryUserFactory.create(user_principal_name="lou@elsewhere.example", guest=True)
    assert (
        DirectoryUser.objects.add_to(
            tenant, "Lou", elsewhere.user_principal_name, kind="guest", by=by
        ).tenant
        == tenant
    )


def test_somebody_is_disabled_and_enabled_again_once_each(person: DirectoryUser, by: Actor) -> None:
    person.disable(by=by)
    with pytest.raises(exceptions.AlreadyDisabled):
        person.disable(by=by)
    assert not DirectoryUser.objects.get(pk=person.pk).is_enabled
    person.enable(by=by)
    with pytest.raises(exceptions.AlreadyEnabled):
        person.enable(by=by)
    assert DirectoryUser.objects.get(pk=person.pk).is_enabled
    assert [(action, refused) for action, *_, refused in recorded()] == [
        (TenantsAction.PERSON_DISABLED, ""),
        (TenantsAction.PERSON_DISABLED, "already-disabled"),
        (TenantsAction.PERSON_ENABLED, ""),
        (TenantsAction.PERSON_ENABLED, "already-enabled"),
    ]


@rule("P1")
def test_the_disabled_lose_their_role_and_enabling_does_not_restore_it(
    person: DirectoryUser, by: Actor
) -> None:
    RoleAssignment.objects.give(person, Role.MEMBER, by=by)
    person.disable(by=by)
    person.enable(by=by)
    assert person.role() is None
    assert [action for action, *_ in recorded()][-3:] == [
        TenantsAction.ROLE_TAKEN,
        TenantsAction.PERSON_DISABLED,
        TenantsAction.PERSON_ENABLED,
    ]


def test_a_guest_with_two_entries_has_the_role_until_both_are_disabled(
    tenant: Tenant, by: Actor
) -> None:
    address = "lou@elsewhere.example"
    UserFactory.create(email=address)
    here, there = (
        DirectoryUserFactory.create(tenant=home, guest=True, user_principal_name=address)
        for home in (tenant, TenantFactory.create(partner=tenant.partner))
    )
    RoleAssignment.objects.give(here, Role.MEMBER, by=by)
    here.disable(by=by)
    assert there.role()
    there.disable(by=by)
    assert there.role() is None


def test_the_last_global_admin_is_not_disabled_and_the_refusal_on_record(
    boss: RoleAssignment, by: Actor
) -> None:
    with pytest.raises(exceptions.LastGlobalAdmin):
        boss.user.directory_user.disable(by=by)
    assert DirectoryUser.objects.get(pk=person_of(boss.user).pk).is_enabled
    assert [(action, refused) for action, *_, refused in recorded()] == [
        (TenantsAction.PERSON_DISABLED, "last-global-admin")
    ]


# Roles


@rule("P1", "A1")
def test_a_role_for_one_without_an_account_opens_one_without_a_password(
    person: DirectoryUser, by: Actor
) -> None:
    held = RoleAssignment.objects.give(person, Role.PARTNER_ADMIN, by=by)
    user = held.user
    assert (user.email, user.name, user.directory_user) == (
        person.user_principal_name,
        person.display_name,
        person,
    )
    assert not user.has_usable_password()
    assert recorded() == [
        (TenantsAction.ACCOUNT_OPENED, user, {}, {"email": None}, ""),
        (TenantsAction.ROLE_GIVEN, person, {}, {"role": "partner-admin"}, ""),
    ]


@rule("P1")
def test_a_role_for_somebody_who_signs_in_already_goes_to_their_account(
    person: DirectoryUser, by: Actor
) -> None:
    user = UserFactory.create(directory_user=person, email="another@example.com")
    assert RoleAssignment.objects.give(person, Role.MEMBER, by=by).user == user
    assert [there.role for there in user_with_tenants(user.pk).open_tenants] == [Role.MEMBER]


@rule("P1")
def test_a_guest_with_an_account_elsewhere_gets_the_role_indistinguishably(
    tenant: Tenant, by: Actor
) -> None:
    at_home = UserFactory.create(email="lou@elsewhere.example", name="Secret name")
    guests = [
        DirectoryUser.objects.add_to(tenant, name, address, kind="guest", by=by)
        for name, address in [("Lou", at_home.email), ("Max", "max@elsewhere.example")]
    ]
    held = [RoleAssignment.objects.give(guest, Role.MEMBER, by=by) for guest in guests]
    assert held[0].user == at_home
    readings = [
        [
            (record.action, record.before, record.after)
            for record in Record.objects.for_partner(tenant.partner).about(guest)
        ]
        for guest in guests
    ]
    assert [len(lines) for lines in readings] == [2, 2]
    assert [line[0] for line in readings[0]] == [line[0] for line in readings[1]]
    assert (
        not Record.objects.for_partner(tenant.partner)
        .filter(action=TenantsAction.ACCOUNT_OPENED)
        .exists()
    )
    roles = RoleAssignment.objects.for_partner(tenant.partner)
    holders = roles.holders(tenant.partner, list(roles))
    people = [person.display_name for _held, person in holders if person]
    assert "Secret name" not in people
    assert {"Lou", "Max"} <= set(people)


def test_a_role_is_refused_to_the_disabled_the_closed_and_who_holds_one(
    tenant: Tenant, person: DirectoryUser, boss: RoleAssignment, by: Actor
) -> None:
    disabled = DirectoryUserFactory.create(tenant=tenant, disabled=True)
    UserFactory.create(directory_user=person, is_active=False)
    for somebody, refusal in [
        (disabled, exceptions.PersonDisabled),
        (person, exceptions.AccountClosed),
        (person_of(boss.user), exceptions.RoleAlreadyHeld),
    ]:
        with pytest.raises(refusal):
            RoleAssignment.objects.give(somebody, Role.MEMBER, by=by)
    assert list(RoleAssignment.objects.all()) == [boss]
    assert [refused for *_, refused in recorded()] == [
        "person-disabled",
        "account-closed",
        "role-already-held",
    ]


def test_the_reason_stands_beside_whoever_cannot_be_given_a_role(
    tenant: Tenant, person: DirectoryUser, boss: RoleAssignment
) -> None:
    DirectoryUserFactory.create(tenant=tenant, disabled=True)
    reasons = {
        candidate.pk: type(refusal).__name__
        for candidate, refusal in RoleAssignment.objects.candidates(tenant.partner, "")
        if refusal
    }
    assert reasons == {
        boss.user.directory_user_id: "RoleAlreadyHeld",
        DirectoryUser.objects.disabled().get().pk: "PersonDisabled",
    }
    assert person.pk not in reasons


@rule("A1")
def test_a_role_is_changed_and_taken_away_with_before_and_after_on_record(
    person: DirectoryUser, by: Actor
) -> None:
    held = RoleAssignment.objects.give(person, Role.MEMBER, by=by)
    held.change_to(Role.GLOBAL_ADMIN, by=by)
    held.take(by=by)
    assert recorded()[2:] == [
        (TenantsAction.ROLE_CHANGED, person, {"role": "member"}, {"role": "global-admin"}, ""),
        (TenantsAction.ROLE_TAKEN, person, {"role": "global-admin"}, {}, ""),
    ]
    with pytest.raises(exceptions.RoleGone):
        held.take(by=by)


@pytest.mark.parametrize("verb", ["take", "change"])
def test_the_last_global_admin_stays_one(
    tenant: Tenant, boss: RoleAssignment, by: Actor, verb: str
) -> None:
    RoleAssignmentFactory.create(
        user__is_active=False, user__directory_user__tenant=tenant, role=Role.GLOBAL_ADMIN
    )
    RoleAssignmentFactory.create(role=Role.GLOBAL_ADMIN)  # of another partner
    with pytest.raises(exceptions.LastGlobalAdmin):
        boss.take(by=by) if verb == "take" else boss.change_to(Role.MEMBER, by=by)
    assert RoleAssignment.objects.get(pk=boss.pk).role == Role.GLOBAL_ADMIN
    assert Record.objects.get().refused == "last-global-admin"


@rule("P1")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", ["take", "disable", "change"])
def test_of_two_global_admins_who_act_on_each_other_at_once_one_stays(
    tenant: Tenant, verb: str
) -> None:
    one, two = (
        RoleAssignmentFactory.create(user__directory_user__tenant=tenant, role=Role.GLOBAL_ADMIN)
        for _ in range(2)
    )

    def act(actor: RoleAssignment, other: RoleAssignment) -> None:
        by = Actor(actor.user, How.PORTAL)
        match verb:
            case "take":
                other.take(by=by)
            case "change":
                other.change_to(Role.MEMBER, by=by)
            case "disable":
                other.user.directory_user.disable(by=by)

    outcomes = at_once([partial(act, one, two), partial(act, two, one)])
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LastGlobalAdmin", "NoneType"]
    assert RoleAssignment.objects.filter(role=Role.GLOBAL_ADMIN).count() == 1


def both_taken_after_the_check(monkeypatch: pytest.MonkeyPatch, tenant: Tenant) -> list[str]:
    """Each of two Global admins takes the other's role.

    Both are checked before either is taken, if nothing keeps them apart.
    """
    held = [
        RoleAssignmentFactory.create(user__directory_user__tenant=tenant, role=Role.GLOBAL_ADMIN)
        for _ in range(2)
    ]
    meet, honest = Rendezvous(2), RoleAssignment._unchanged_under_lock

    def check_then_meet(self: RoleAssignment) -> Any:
        answer = honest(self)
        meet.wait()
        return answer

    monkeypatch.setattr(RoleAssignment, "_unchanged_under_lock", check_then_meet)
    outcomes = at_once(
        [partial(role.take, by=Actor(other.user, How.PORTAL)) for role, other in (held, held[::-1])]
    )
    return sorted(type(outcome).__name__ for outcome in outcomes)


@pytest.mark.django_db(transaction=True)
def test_with_the_partner_s_lock_two_that_meet_after_the_check_are_one(
    monkeypatch: pytest.MonkeyPatch, tenant: Tenant
) -> None:
    assert both_taken_after_the_check(monkeypatch, tenant) == ["LastGlobalAdmin", "NoneType"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    not IS_POSTGRES, reason="SQLite has one writer at a time: BEGIN IMMEDIATE is its guard"
)
def test_without_it_no_global_admin_is_left(
    monkeypatch: pytest.MonkeyPatch, tenant: Tenant
) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_options: self)
    assert both_taken_after_the_check(monkeypatch, tenant) == ["NoneType", "NoneType"]
    assert not RoleAssignment.objects.exists()


# Tenants


@rule("A1")
def test_another_tenant_becomes_the_primary_one(tenant: Tenant, by: Actor) -> None:
    labs = TenantFactory.create(partner=tenant.partner)
    labs.make_primary(by=by)
    assert Tenant.objects.get(is_primary=True) == labs
    with pytest.raises(exceptions.AlreadyPrimary):
        labs.make_primary(by=by)
    assert recorded() == [
        (TenantsAction.PRIMARY_CHOSEN, labs, {"primary": tenant.pk}, {"primary": labs.pk}, ""),
        (TenantsAction.PRIMARY_CHOSEN, labs, {}, {}, "already-primary"),
    ]


@pytest.fixture
def asked(tenant: Tenant, by: Actor) -> TenantRequest:
    return TenantRequest.objects.ask(tenant.partner, "Labs", "labs.example", by=by)


@rule("P1")
def test_asking_for_a_tenant_answers_the_same_whoever_has_the_domain(
    tenant: Tenant, by: Actor
) -> None:
    taken = TenantFactory.create(domain="taken.example")
    free, theirs = (
        TenantRequest.objects.ask(tenant.partner, "X", domain, by=by)
        for domain in ("free.example", taken.domain)
    )
    assert not free.is_decided
    assert not theirs.is_decided
    for own in (tenant.domain, "FREE.example"):
        with pytest.raises(exceptions.AlreadyAskedFor):
            TenantRequest.objects.ask(tenant.partner, "X", own, by=by)


@rule("P4")
def test_an_accepted_request_makes_a_tenant_in_a_color_of_its_own(
    tenant: Tenant, asked: TenantRequest, by: Actor
) -> None:
    made = asked.accept(by=by)
    assert made.name == "Labs"
    assert made.domain == "labs.example"
    assert made.partner == tenant.partner
    assert not made.is_primary
    assert made.color != tenant.color
    assert TenantRequest.objects.get().tenant == made
    for verb in (asked.accept, asked.decline):
        with pytest.raises(exceptions.AlreadyDecided):
            verb(by=by)


@rule("P1")
def test_a_domain_that_somebody_has_is_refused_to_the_staff_alone(
    tenant: Tenant, asked: TenantRequest, by: Actor
) -> None:
    TenantFactory.create(domain="labs.example")
    with pytest.raises(exceptions.DomainInUse):
        asked.accept(by=by)
    assert not TenantRequest.objects.get().is_decided
    assert Record.objects.get(refused="domain-in-use").partner is None


def test_a_ninth_tenant_has_no_color_left(tenant: Tenant, asked: TenantRequest, by: Actor) -> None:
    for _ in range(len(Tenant.Color) - 1):
        TenantFactory.create(partner=tenant.partner)
    with pytest.raises(exceptions.NoColorLeft):
        asked.accept(by=by)


def test_the_first_tenant_of_a_partner_is_its_primary_one(by: Actor) -> None:
    partner = PartnerFactory.create()
    assert (
        TenantRequest.objects.ask(partner, "First", "first.example", by=by).accept(by=by).is_primary
    )


def test_a_declined_request_makes_nothing_and_may_be_asked_again(
    tenant: Tenant, asked: TenantRequest, by: Actor
) -> None:
    asked.decline(by=by)
    assert asked.is_decided
    assert not asked.is_accepted
    assert Tenant.objects.count() == 1
    assert TenantRequest.objects.ask(tenant.partner, "Labs", "labs.example", by=by)


# Refusals in words


@rule("A1")
def test_every_refusal_can_be_said_in_words_from_its_name_alone() -> None:
    words = {
        code: Refusal.message_of(code)
        for code, refusal in Refusal.by_code.items()
        if not refusal.__subclasses__()
    }
    assert [
        name for name, said in words.items() if isinstance(said, property) or not str(said)
    ] == []
    assert len(words) > 30
    assert Refusal.message_of("long-forgotten") == "long-forgotten"


def test_a_message_that_changed_since_leaves_open_what_is_not_on_record(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        exceptions.LastGlobalAdmin, "message", "Only %(name)s is left since %(day)s."
    )
    assert Refusal.message_of(exceptions.LastGlobalAdmin.code, {"name": "Kim"}).endswith(
        " is left since …."
    )


@pytest.mark.parametrize("code", ["", "last-global-admin"], ids=["none", "another's"])
def test_a_refusal_needs_a_code_of_its_own(code: str) -> None:
    with pytest.raises(TypeError, match="needs a code"):
        type("Copied", (Refusal,), {"code": code})


def test_who_may_change_people_are_the_global_admins() -> None:
    assert [role for role in Role if role.may_manage_people] == [Role.GLOBAL_ADMIN]


@pytest.mark.parametrize(("language", "verb"), [("en", "can"), ("nl", "kan")])
def test_every_role_s_description_begins_with_what_one_can_do(language: str, verb: str) -> None:
    with translation.override(language):
        assert {role.description.split()[0] for role in Role} == {verb}


def test_nobody_is_made_staff_by_a_role(person: DirectoryUser, by: Actor) -> None:
    RoleAssignment.objects.give(person, Role.GLOBAL_ADMIN, by=by)
    assert not User.objects.get(directory_user=person).is_staff
