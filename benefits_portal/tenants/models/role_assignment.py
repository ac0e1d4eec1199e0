"""Which role a person has at which partner (rule P1)."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
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
from benefits_portal.tenants.partner_rows import PartnerRow

from .actions import TenantsAction
from .directory_user import DirectoryUser
from .directory_user_queryset import DirectoryUserQuerySet
from .partner import Partner
from .role import Role
from .role_assignment_queryset import RoleAssignmentQuerySet
from .user import User


class RoleAssignment(PartnerRow):
    """A role that a person has at one partner (rule P1)."""

    user = models.ForeignKey(
        User, models.CASCADE, related_name="role_assignments", verbose_name=_("user")
    )
    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="role_assignments", verbose_name=_("partner")
    )
    role = models.CharField(_("role"), max_length=13, choices=Role)
    # Since when the role may act; kept when it changes to another role that may act
    acts_since = models.DateTimeField(_("may act since"), default=clock.now, editable=False)

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
        """The partner's own name for the holder; only after `as_known`."""
        return self.known_as or self.user.name_elsewhere

    @property
    def is_of_home(self) -> bool:
        """Whether it is a role at the partner from whose directory the person signs in."""
        home = self.user.directory_user
        return home is not None and home.partner_id == self.partner_id

    def people(self) -> DirectoryUserQuerySet:
        """The holder's entries in the partner's own directory.

        The entry they sign in as; for a guest, those with their address.
        """
        entries = DirectoryUser.objects.for_partner(self.partner)
        if self.is_of_home and self.user.directory_user:
            return entries.filter(pk=self.user.directory_user.pk)
        return entries.filter(user_principal_name=self.user.email)

    def check_can_sign_in(self) -> None:
        """Raise PersonDisabled or AccountClosed, which only the person's home may learn (P1)."""
        refusal: Refusal | None = None
        if DirectoryUser.objects.disabled().filter(user=self.user).exists():
            refusal = PersonDisabled()
        elif not self.user.is_active:
            refusal = AccountClosed()
        if refusal:
            refusal.is_of_no_partner = not self.is_of_home
            raise refusal

    def change_to(self, role: Role, *, by: Actor) -> None:
        """Change the role.

        Raises RoleAlreadyHeld, RoleGone, LastGlobalAdmin, RoleOfOneself or RolesOfStaff.
        """
        about = self._about(by)
        with recorded_if_refused(TenantsAction.ROLE_CHANGED, **about, after={"role": role}):
            self.user.check_roles(by, gives=True)
            unchanged = self._unchanged_under_lock()
            if role == self.role:
                raise RoleAlreadyHeld(role)
            if role.may_act and not Role(self.role).may_act:
                self.acts_since = clock.now()
            unchanged.update(role=role, acts_since=self.acts_since)
            self.role = role
            Record.objects.log(TenantsAction.ROLE_CHANGED, **about, after={"role": role})

    def take(self, *, by: Actor) -> None:
        """Remove the role, from the next request on.

        Without any role left, the person's sessions end. Raises RoleGone, LastGlobalAdmin or
        RolesOfStaff.
        """
        about = self._about(by)
        with recorded_if_refused(TenantsAction.ROLE_TAKEN, **about):
            self.user.check_roles(by)
            self._unchanged_under_lock().delete()
            self.user.sign_out_without_role(self.partner)
            Record.objects.log(TenantsAction.ROLE_TAKEN, params={"held": self.pk}, **about)

    def _unchanged_under_lock(self) -> RoleAssignmentQuerySet:
        """Lock the partner's roles, and return this one if it is unchanged.

        Serializes changes of a partner's roles, so that two Global admins cannot remove each other.
        """
        Partner.objects.select_for_update(no_key=True).get(pk=self.partner_id)
        unchanged = RoleAssignment.objects.filter(
            pk=self.pk, partner=self.partner_id, role=self.role
        )
        if not unchanged.exists():
            raise RoleGone
        self.check_not_last()
        return unchanged

    def check_not_last(self) -> None:
        """Raise LastGlobalAdmin if no other person could manage the partner's people and roles."""
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
