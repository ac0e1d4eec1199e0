"""Which role somebody holds at which partner (rule P1)."""

from collections.abc import Iterable, Sequence
from typing import Any, Self

from django.db import models
from django.db.models import Case, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from benefits_portal.derived import found_by
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.tenants.audit.actor import Actor
from benefits_portal.tenants.audit.record import Record, recorded_if_refused
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.exceptions import (
    AccountClosed,
    LastGlobalAdmin,
    PersonDisabled,
    RoleAlreadyHeld,
    RoleGone,
)

from .actions import TenantsAction
from .directory_user import DirectoryUser, DirectoryUserQuerySet
from .partner import Partner
from .user import User


class Role(models.TextChoices):
    GLOBAL_ADMIN = "global-admin", _("Global admin")
    PARTNER_ADMIN = "partner-admin", _("MPN partner admin")
    MEMBER = "member", _("Account member")

    @property
    def may_act(self) -> bool:
        """Reveal and redeem keys; assign, remove and transfer credit."""
        return self is not Role.MEMBER

    @property
    def description(self) -> str:
        """What it is for, in a few words."""
        return {
            Role.GLOBAL_ADMIN: _now("Everything: people, roles and tenants too."),
            Role.PARTNER_ADMIN: _now("Get and redeem keys, extend, add licenses, assign credit."),
            Role.MEMBER: _now("Look at everything, change nothing."),
        }[self]

    @property
    def may_manage_people(self) -> bool:
        """Change who is in the directory, who holds which role, and the tenants."""
        return self is Role.GLOBAL_ADMIN


def _of_entry(field: str) -> Coalesce:
    """What a role's partner has in `field` of the holder's own entry.

    Else of one with the holder's address.
    """
    at_partner = (
        DirectoryUser.objects.filter(partner=OuterRef("partner")).order_by("pk").values(field)
    )
    own = at_partner.filter(pk=OuterRef("user__directory_user"))
    same_email = at_partner.filter(user_principal_name=OuterRef("user__email"))
    return Coalesce(Subquery(own[:1]), Subquery(same_email[:1]))


class RoleAssignmentQuerySet(models.QuerySet["RoleAssignment"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def for_display(self) -> Self:
        return self.select_related("partner", "user__directory_user__tenant")

    def admins_of(self, partner: Partner) -> Self:
        """Whoever may act for `partner`, Global admins first."""
        roles = [role for role in Role if role.may_act]
        held = self.filter(partner=partner, role__in=roles, user__is_active=True)
        return held.as_known().select_related("user").order_by("role", "known_sort", "pk")

    def as_known(self) -> Self:
        """Each with what its partner's own directory calls the holder, `known_as` (P1).

        None without an entry; `known_sort` and `known_text` are to sort and to search by.
        """
        return self.annotate(
            known_as=_of_entry("display_name"),
            known_sort=Coalesce(_of_entry("sort_name"), Value(""), output_field=models.TextField()),
            known_text=Coalesce(
                _of_entry("search_text"), Value(""), output_field=models.TextField()
            ),
        )

    def last_global_admin(self, partner: Partner) -> int | None:
        """The primary key of the only role that can change the partner's people and roles.

        None where there are several.
        """
        found = list(
            self.admins_of(partner)
            .filter(role=Role.GLOBAL_ADMIN)
            .order_by("pk")
            .values_list("pk", flat=True)[:2]
        )
        return found[0] if len(found) == 1 else None

    def of_people(self, people: Iterable[DirectoryUser]) -> dict[int, "RoleAssignment"]:
        """Which of these roles `people` hold, by the number of their entry.

        See `RoleAssignment.people`.
        """
        people = list(people)
        emails = {person.user_principal_name for person in people}
        held = list(
            self.filter(
                Q(user__directory_user__in=people) | Q(user__email__in=emails)
            ).for_display()
        )
        at_home = {role.user.directory_user_id: role for role in held if role.is_of_home}
        guests = {role.user.email: role for role in held if not role.is_of_home}
        found = {
            person.pk: at_home.get(person.pk) or guests.get(person.user_principal_name)
            for person in people
        }
        return {pk: role for pk, role in found.items() if role}

    def ranked(self) -> Self:
        """Each with its `rank`: the most powerful role comes first."""
        ranks = [When(role=role, then=Value(rank)) for rank, role in enumerate(Role)]
        return self.annotate(rank=Case(*ranks, output_field=models.IntegerField()))

    def matching(self, search_query: str) -> Self:
        """Those of whom the name at the partner or the address has each of `words` in it.

        The address is the one that they sign in with. They are few, and `as_known`.
        """
        return self.filter(found_by(search_query, "known_text", "user__email"))

    def holders(
        self, partner: Partner, held: Sequence["RoleAssignment"]
    ) -> list[tuple["RoleAssignment", DirectoryUser | None]]:
        """Each of `held`, roles at `partner`, with the holder's entry in its directory, if any."""
        guests = DirectoryUser.objects.entries_of(
            partner, (role.user for role in held if not role.is_of_home)
        )
        return [
            (role, role.user.directory_user if role.is_of_home else guests.get(role.user_id))
            for role in held
        ]

    def candidates(
        self, partner: Partner, search_query: str, limit: int = 20
    ) -> Excerpt[tuple[DirectoryUser, Refusal | None]]:
        """The first people of the partner's directory by name or address.

        Each with the reason why no role can be given, if so.
        """
        people = DirectoryUser.objects.first_matching(partner, search_query, limit)
        held = self.for_partner(partner).of_people(people)

        def refusal(person: DirectoryUser) -> Refusal | None:
            if not person.is_enabled:
                return PersonDisabled()
            return RoleAlreadyHeld(Role(held[person.pk].role)) if person.pk in held else None

        return people.showing([(person, refusal(person)) for person in people])

    def give(self, person: DirectoryUser, role: Role, *, by: Actor) -> "RoleAssignment":
        """Give `person` a role at the partner of their directory.

        With an account to sign in with if they have none.

        Raises PersonDisabled, AccountClosed or RoleAlreadyHeld.
        """
        about: dict[str, Any] = {
            "by": by,
            "partner": person.tenant.partner,
            "tenant": person.tenant,
            "subject": person,
            "after": {"role": role},
        }
        with recorded_if_refused(TenantsAction.ROLE_GIVEN, **about):
            Partner.objects.select_for_update(no_key=True).get(pk=person.partner_id)
            if not DirectoryUser.objects.enabled().filter(pk=person.pk).exists():
                raise PersonDisabled
            account = User.objects.account_of(person, by=by)
            if account.directory_user_id == person.pk and not account.is_active:
                raise AccountClosed
            held = self._hold(account, person.tenant.partner, role)
            Record.objects.log(TenantsAction.ROLE_GIVEN, **about)
            return held

    def give_account(
        self, account: User, partner: Partner, role: Role, *, by: Actor
    ) -> "RoleAssignment":
        """Give a role to somebody who signs in already: the program's own way.

        In the directory of `partner` or not.

        Raises PersonDisabled for somebody disabled there or in the directory that they sign in
        from, AccountClosed or RoleAlreadyHeld. What is wrong at a home elsewhere is on record at no
        partner.
        """
        wanted = RoleAssignment(user=account, partner=partner)
        person = wanted.people().first()
        about: dict[str, Any] = {
            "by": by,
            "partner": partner,
            "tenant": person.tenant if person else None,
            "after": {"role": role},
        }
        with recorded_if_refused(TenantsAction.ROLE_GIVEN, subject=person or account, **about):
            Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
            if person and not wanted.people().enabled().exists():
                raise PersonDisabled
            wanted.check_can_sign_in()
            held = self._hold(account, partner, role)
            Record.objects.log(TenantsAction.ROLE_GIVEN, subject=person or account, **about)
            return held

    def _hold(self, account: User, partner: Partner, role: Role) -> "RoleAssignment":
        held, is_new = self.get_or_create(user=account, partner=partner, defaults={"role": role})
        if not is_new:
            raise RoleAlreadyHeld(Role(held.role))
        return held


class RoleAssignment(models.Model):
    """A role that somebody holds at one partner (rule P1)."""

    user = models.ForeignKey(
        User, models.CASCADE, related_name="role_assignments", verbose_name=_("user")
    )
    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="role_assignments", verbose_name=_("partner")
    )
    role = models.CharField(_("role"), max_length=13, choices=Role)

    known_as: str | None  # of `as_known`

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["partner__sort_name", "user__sort_name"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "partner"],
                name="role_one_per_user_and_partner",
                violation_error_message=_("This person already holds a role at this partner."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user.name}: {self.get_role_display()} ({self.partner})"

    @property
    def holder_name(self) -> str:
        """What the partner calls the holder; of a role that is `as_known`."""
        return self.known_as or self.user.name_elsewhere

    @property
    def is_of_home(self) -> bool:
        """Whether it is held at the partner from whose directory the person signs in."""
        home = self.user.directory_user
        return home is not None and home.tenant.partner_id == self.partner_id

    def people(self) -> DirectoryUserQuerySet:
        """Who holds it, in the partner's own directory.

        The entry they sign in as; of a guest, those with their address.
        """
        entries = DirectoryUser.objects.for_partner(self.partner)
        if self.is_of_home and self.user.directory_user:
            return entries.filter(pk=self.user.directory_user.pk)
        return entries.filter(user_principal_name=self.user.email)

    def check_can_sign_in(self) -> None:
        """Raise PersonDisabled or AccountClosed, which only the person's home may know of (P1)."""
        refusal: Refusal | None = None
        if DirectoryUser.objects.disabled().filter(user=self.user).exists():
            refusal = PersonDisabled()
        elif not self.user.is_active:
            refusal = AccountClosed()
        if refusal:
            refusal.is_of_no_partner = not self.is_of_home
            raise refusal

    def change_to(self, role: Role, *, by: Actor) -> None:
        """Raises RoleAlreadyHeld, RoleGone, or LastGlobalAdmin."""
        about = self._about(by)
        with recorded_if_refused(TenantsAction.ROLE_CHANGED, **about, after={"role": role}):
            unchanged = self._unchanged_under_lock()
            if role == self.role:
                raise RoleAlreadyHeld(role)
            unchanged.update(role=role)
            self.role = role
            Record.objects.log(TenantsAction.ROLE_CHANGED, **about, after={"role": role})

    def take(self, *, by: Actor) -> None:
        """Take the role away, from the next request on.

        With the last one sessions end.

        Raises RoleGone, or LastGlobalAdmin.
        """
        about = self._about(by)
        with recorded_if_refused(TenantsAction.ROLE_TAKEN, **about):
            self._unchanged_under_lock().delete()
            self.user.sign_out_without_role(self.partner)
            Record.objects.log(TenantsAction.ROLE_TAKEN, params={"held": self.pk}, **about)

    def _unchanged_under_lock(self) -> RoleAssignmentQuerySet:
        """This row, if it is still as it was read.

        One partner's roles change one after the other, so that of two Global admins who take each
        other's role one stays.
        """
        Partner.objects.select_for_update(no_key=True).get(pk=self.partner_id)
        unchanged = RoleAssignment.objects.filter(pk=self.pk, role=self.role)
        if not unchanged.exists():
            raise RoleGone
        self.check_not_last()
        return unchanged

    def check_not_last(self) -> None:
        """Raise LastGlobalAdmin if nobody else could change the partner's people and roles."""
        others = (
            RoleAssignment.objects.admins_of(self.partner)
            .filter(role=Role.GLOBAL_ADMIN)
            .exclude(pk=self.pk)
        )
        if self.role == Role.GLOBAL_ADMIN and not others.exists():
            raise LastGlobalAdmin

    def _about(self, by: Actor) -> dict[str, Any]:
        person = self.people().first()
        tenant = person.tenant if person else None
        return {
            "by": by,
            "partner": self.partner,
            "tenant": tenant,
            "subject": person or self.user,
            "before": {"role": self.role},
        }
