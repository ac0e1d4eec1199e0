"""Who signs in, which role they hold where, and as whom something is done."""

from dataclasses import dataclass
from typing import Any, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock

from .directory import DirectoryUser, Partner


class UserManager(BaseUserManager["User"]):
    """Django's own interface for creating users, with the e-mail address as the name."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in to the portal. What they may do hangs on their roles (rules P1 to P3)."""

    email = models.EmailField(
        _("e-mail address"),
        max_length=150,
        unique=True,
        error_messages={"unique": _("Somebody already signs in with this address.")},
    )
    name = models.CharField(_("name"), max_length=120)
    directory_user = models.OneToOneField(
        DirectoryUser,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="user",
        verbose_name=_("directory user"),
        help_text=_("The directory entry this person signs in as; it gives somebody without a role a home partner."),
    )
    language = models.CharField(
        _("language"), max_length=8, blank=True, help_text=_("A language code, as in nl; empty for the browser's own.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("back-office staff"), default=False)
    joined_at = models.DateTimeField(_("joined at"), default=clock.now, editable=False)
    persona = models.SlugField(_("persona"), max_length=30, unique=True, null=True, blank=True, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["email"]
        constraints = [
            models.CheckConstraint(
                condition=Q(email=Lower("email")),
                name="user_email_in_small_letters",
                violation_error_message=_("Write the e-mail address in small letters."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    def clean(self) -> None:
        self.email = self.email.lower()

    def get_short_name(self) -> str:
        return self.name

    @property
    def home_partner(self) -> Partner | None:
        """The partner whose directory this person signs in from, role or no role."""
        return self.directory_user.tenant.partner if self.directory_user else None


class Role(models.TextChoices):
    GLOBAL_ADMIN = "global-admin", _("Global admin")
    PARTNER_ADMIN = "partner-admin", _("MPN partner admin")
    MEMBER = "member", _("Account member")

    @property
    def may_act(self) -> bool:
        """Reveal and redeem keys; assign, remove and transfer credit."""
        return self is not Role.MEMBER


class RoleAssignmentQuerySet(models.QuerySet["RoleAssignment"]):
    def admins_of(self, partner: Partner) -> Self:
        """Whoever may act for `partner`, Global admins first."""
        roles = [role for role in Role if role.may_act]
        return self.filter(partner=partner, role__in=roles, user__is_active=True).select_related("user").order_by("role", "user__name")


class RoleAssignment(models.Model):
    """A role that somebody holds at one partner (rule P1)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="role_assignments", verbose_name=_("user"))
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="role_assignments", verbose_name=_("partner"))
    role = models.CharField(_("role"), max_length=13, choices=Role)

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["partner__name", "user__name"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "partner"],
                name="role_one_per_user_and_partner",
                violation_error_message=_("This person already holds a role at this partner."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user.name}: {self.get_role_display()} ({self.partner})"


class How(models.TextChoices):
    """Through which door something was done."""

    PORTAL = "portal", _("portal")
    BACK_OFFICE = "back-office", _("back office")
    COMMAND = "command", _("command")


@dataclass(frozen=True)
class Actor:
    """Who does something, and acting how. Without a user: the project itself, by a command."""

    user: User | None = None
    how: How = How.COMMAND
