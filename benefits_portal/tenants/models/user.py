"""Accounts of people who sign in."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.derived_fields import SearchTextField, SortKeyField
from benefits_portal.emails import GUEST_MARK, canonical_email
from benefits_portal.fields import CanonicalEmailField, PersonNameField
from benefits_portal.personal import Personal
from benefits_portal.tenants.audit.actor import Actor, How
from benefits_portal.tenants.audit.record import Record
from benefits_portal.tenants.exceptions import NameOfGuest, RoleOfOneself, RolesOfStaff

from .actions import TenantsAction
from .directory_user import DirectoryUser
from .directory_user_queryset import DirectoryUserQuerySet
from .former_name import Renamed, RenamedQuerySet
from .partner import Partner, Tenant


class UserManager(BaseUserManager["User"]):
    """Django's interface to create users, by email address."""

    def get_queryset(self) -> RenamedQuerySet["User"]:
        return RenamedQuerySet(self.model, using=self._db)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Raises ValidationError if `email` is not an address."""
        user = self.model(email=canonical_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(
            email, password, **{"is_staff": True, "is_superuser": True, **fields}
        )

    def get_by_natural_key(self, username: str | None) -> "User":
        """Also finds guests by a directory's own name for them (W3)."""
        return self.get(email=DirectoryUser.objects.email_of(username or ""))

    def known_as(self, people: DirectoryUserQuerySet, partner: Partner) -> RenamedQuerySet["User"]:
        """The accounts that `partner` knows by one of its entries `people` (P1).

        They sign in as the entry, or elsewhere with its address.
        """
        from_elsewhere = Q(email__in=people.order_by().values("user_principal_name")) & ~Q(
            directory_user__partner=partner
        )
        return self.get_queryset().filter(
            Q(directory_user__in=people.order_by().values("pk")) | from_elsewhere
        )

    def account_of(self, person: DirectoryUser, *, by: Actor) -> "User":
        """The account of `person`: their own, or one with their address, or a new one.

        One with their address may have its home anywhere; a new one has no password. Which of these
        it was is not recorded at any partner (P1).
        """
        if own := self.filter(directory_user=person).first():
            return own
        email = person.user_principal_name
        new = {
            "name": person.display_name,
            "directory_user": person,
            "password": make_password(None),
        }
        account, is_new = self.get_or_create(email=email, defaults=new)
        if is_new:
            Record.objects.log(
                TenantsAction.ACCOUNT_OPENED, by=by, subject=account, after={"email": email}
            )
        elif person.kind == DirectoryUser.Kind.MEMBER:
            self._come_home(account, person, by=by)
        return account

    def _come_home(self, account: "User", person: DirectoryUser, *, by: Actor) -> None:
        """Make `person` the home of a guest account whose address is that of a member here.

        A partner that only invited a guest is not their home.
        """
        was = account.directory_user
        if (
            was is None
            or was.kind == DirectoryUser.Kind.MEMBER
            or was.partner_id == person.partner_id
        ):
            return
        if was.user_principal_name != account.email:  # the program team linked them by hand
            return
        account.directory_user, account.name = person, person.display_name
        account.save(update_fields=["directory_user", "name", "sort_name", "search_text"])
        before, after = {"directory_user": was.pk}, {"directory_user": person.pk}
        Record.objects.log(
            TenantsAction.ACCOUNT_MOVED, by=by, subject=account, before=before, after=after
        )


class User(Renamed, AbstractBaseUser, PermissionsMixin):
    """A person who can sign in; their roles say what they may do (rules P1 to P3)."""

    personal: ClassVar = {
        "password": Personal.SECRET,
        "language": Personal.PREFERENCE,
    }

    email = CanonicalEmailField(
        _("email address"),
        max_length=150,
        unique=True,
        error_messages={"unique": _("Someone already signs in with this address.")},
    )
    name = PersonNameField(_("name"), max_length=120)
    directory_user = models.OneToOneField(
        DirectoryUser,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="user",
        verbose_name=_("directory user"),
        help_text=_(
            "The directory entry this person signs in as; it gives someone without a role a "
            "home partner."
        ),
    )
    language = models.CharField(
        _("language"),
        max_length=8,
        blank=True,
        help_text=_("A language code, such as nl. Empty for the browser's language."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("back-office staff"), default=False)
    joined_at = models.DateTimeField(_("joined at"), default=clock.now, editable=False)
    sessions_ended_at = models.DateTimeField(
        _("signed out everywhere at"), null=True, blank=True, editable=False
    )
    sort_name = SortKeyField("name")
    search_text = SearchTextField("name", "email")

    objects = UserManager()

    open_tenants: list[Tenant]  # that they can work in: set by `user_with_tenants`
    moved_partners: dict[int, Partner]  # in another portal now: set by the same

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["email"]
        constraints = [
            models.CheckConstraint(
                condition=Q(email=Lower("email")),
                name="user_email_in_lowercase",
                violation_error_message=_("Write the email address in lowercase."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    def clean(self) -> None:
        """Refuse a directory's own name for a guest, which is not a mailbox (W3)."""
        if GUEST_MARK in self.email:
            raise ValidationError({"email": NameOfGuest().message})

    def get_short_name(self) -> str:
        return self.name

    def check_can_leave(self) -> None:
        """Raise LastGlobalAdmin if a partner would be left without one.

        Call it in the transaction that closes the account.
        """
        for held in self.role_assignments.select_related("partner").order_by("partner"):
            Partner.objects.select_for_update(no_key=True).get(pk=held.partner_id)
            held.check_not_last()

    def get_session_auth_hash(self) -> str:
        """The hash that ends all sessions when it changes.

        That is by a new password, and by `sign_out_without_role`.
        """
        return self._since_the_end(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same hashes by the retired secret keys."""
        return map(self._since_the_end, super().get_session_auth_fallback_hash())

    def _since_the_end(self, known: str) -> str:
        return f"{known}-{self.sessions_ended_at.timestamp()}" if self.sessions_ended_at else known

    def partner_being_moved(self) -> Partner | None:
        """The home partner, if it is closed while it is moved with this account."""
        own = Q(role_assignments__user=self) | Q(tenants__directory_users__user=self)
        return Partner.objects.filter(own, moving_until__isnull=False, moved_to="").first()

    def sign_out_without_role(self, partner: Partner) -> None:
        """End the sessions of people at home at `partner` without a role; not of staff.

        They have no role at all. Sessions of other people are not that partner's to end; without a
        role they show nothing of it (P1).
        """
        ours = User.objects.filter(
            pk=self.pk, directory_user__partner=partner, is_staff=False, is_superuser=False
        )
        ours.filter(role_assignments=None).update(sessions_ended_at=clock.now())

    def log_own(self, action: TenantsAction, how: How = How.PORTAL) -> None:
        """Record what people did with their own account (P1).

        At each partner where they have a role, or else at none.
        """
        partners = Partner.objects.with_role_for(self).here()
        Record.objects.log_at_each(partners, action, by=Actor(self, how), subject=self)

    @property
    def name_elsewhere(self) -> str:
        """The name for a partner whose directory does not have the person (P1).

        Never the name that another partner wrote.
        """
        return (
            _now("the program team")
            if self.is_staff
            else _now("a person who is not in your directory")
        )

    @property
    def has_office_rights(self) -> bool:
        """Whether they have rights in the back office, or would have them as staff."""
        return (
            self.is_staff
            or self.is_superuser
            or self.groups.exists()
            or self.user_permissions.exists()
        )

    def check_roles(self, by: Actor, *, gives: bool = False) -> None:
        """Raise RolesOfStaff for what staff may not do to this account's roles and entry (P3).

        Also RoleOfOneself, if a role is given or changed.
        """
        if by.how != How.BACK_OFFICE or by.user is None:
            return
        if gives and by.user.pk == self.pk:
            raise RoleOfOneself
        if self.has_office_rights and not by.user.is_superuser:
            raise RolesOfStaff

    @property
    def home_partner(self) -> Partner | None:
        """The partner whose directory the person signs in from, with or without a role."""
        return self.directory_user.tenant.partner if self.directory_user else None
