"""The people in the tenants' directories."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, ExpressionWrapper, OuterRef, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.derived import DerivedQuerySet, SearchTextField, SortKeyField
from benefits_portal.emails import GUEST_MARK, MAX_EMAIL, canonical_email_or_text, guest_behind
from benefits_portal.fields import CanonicalEmailField, PersonNameField
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.search_text import finds_nothing, search_terms
from benefits_portal.tenants.audit.actor import Actor
from benefits_portal.tenants.audit.context import AuditContext
from benefits_portal.tenants.audit.record import Record, recorded_if_refused
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.exceptions import (
    AlreadyDisabled,
    AlreadyEnabled,
    AlreadyInDirectory,
    EmailOutsideTenant,
    GuestFromInside,
    NameOfGuest,
)
from benefits_portal.typed import tidy

from .actions import TenantsAction
from .directory_word import DirectoryUserWord
from .partner import Partner, Tenant

if TYPE_CHECKING:
    from .role_assignment import RoleAssignment
    from .user import User


def own_email(tenant: Tenant, email: str, kind: str) -> str:
    """The canonical address of somebody in `tenant` (W2, W3).

    A member's is one of the tenant's own, a guest's is not.

    Raises EmailOutsideTenant, GuestFromInside or NameOfGuest.
    """
    email, is_guest = canonical_email_or_text(email), kind == DirectoryUser.Kind.GUEST
    if GUEST_MARK in email:
        email, domain = guest_behind(email) or ("", "")
        if not is_guest or domain != tenant.domain:
            raise NameOfGuest
    if is_guest == email.endswith(f"@{tenant.domain}"):
        raise GuestFromInside if is_guest else EmailOutsideTenant(tenant.domain)
    return email


class DirectoryUserQuerySet(DerivedQuerySet["DirectoryUser"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner).select_related("tenant")

    def guests(self) -> Self:
        return self.filter(kind=DirectoryUser.Kind.GUEST)

    def disabled(self) -> Self:
        return self.filter(is_disabled=True)

    def same_people(self, people: Iterable["DirectoryUser"]) -> Self:
        """Every entry with the address of one of `people` at their partner.

        In two tenants, it is still one person.
        """
        people = list(people)
        names, partners = (
            {person.user_principal_name for person in people},
            {person.partner_id for person in people},
        )
        return self.filter(user_principal_name__in=names, partner__in=partners)

    def entries_of(self, partner: Partner, users: Iterable["User"]) -> dict[int, "DirectoryUser"]:
        """The entry of each of `users` in the directory of `partner`, by the user's primary key.

        The one they sign in as, else the oldest one with their address. Whoever has none is left
        out (P1).
        """
        by_pk = {user.pk: user for user in users}
        if not by_pk:
            return {}
        emails = {user.email for user in by_pk.values()}
        own = {user.directory_user_id for user in by_pk.values()} - {None}
        found = (
            self.filter(partner=partner)
            .filter(Q(pk__in=own) | Q(user_principal_name__in=emails))
            .order_by("-pk")
        )
        entries = list(found.select_related("tenant"))
        by_entry = {entry.pk: entry for entry in entries}
        by_email = {entry.user_principal_name: entry for entry in entries}
        known = {
            pk: by_entry.get(user.directory_user_id or 0) or by_email.get(user.email)
            for pk, user in by_pk.items()
        }
        return {pk: entry for pk, entry in known.items() if entry}

    def email_of(self, typed: str) -> str:
        """What somebody signs in with who typed this (W3).

        Of a guest in a directory, the address behind its name there.
        """
        email = canonical_email_or_text(typed)
        if guest := guest_behind(email):
            guest_email, domain = guest
            there = self.guests().filter(tenant__domain=domain, user_principal_name=guest_email)
            return guest_email if there.exists() else email
        return email

    def enabled(self) -> Self:
        return self.filter(disabled_at=None)

    def matching(self, search_query: str) -> Self:
        """People of whose name and address some word begins with each of `words` (W7).

        Everybody without words.
        """
        found = self.none() if finds_nothing(search_query) else self
        for term in search_terms(search_query):
            known_by = DirectoryUserWord.objects.filter(
                partner=OuterRef("partner"), person=OuterRef("pk")
            )
            found = found.filter(Exists(known_by.beginning_with(term)))
        return found

    def by_name(self) -> Self:
        return self.order_by("sort_name", "pk")

    def first_matching(
        self, partner: Partner, search_query: str, most: int
    ) -> Excerpt["DirectoryUser"]:
        """The first people of `partner` by name of all who match, and how many these are."""
        return Excerpt.of(self.for_partner(partner).matching(search_query).by_name(), most)

    def add_to(
        self, tenant: Tenant, name: str, email: str, *, by: Actor, kind: str = "member"
    ) -> "DirectoryUser":
        """Add a member to the directory of `tenant`, or invite a guest to it.

        Raises EmailOutsideTenant for a member from elsewhere, GuestFromInside, NameOfGuest, or
        AlreadyInDirectory.
        """
        name, email = tidy(name), canonical_email_or_text(email)
        action = (
            TenantsAction.GUEST_INVITED
            if kind == DirectoryUser.Kind.GUEST
            else TenantsAction.PERSON_ADDED
        )
        values = {"display_name": name, "user_principal_name": email, "kind": kind}
        about: AuditContext = {
            "by": by,
            "partner": tenant.partner,
            "tenant": tenant,
            "after": values,
        }
        with recorded_if_refused(action, **about):
            values["user_principal_name"] = email = own_email(tenant, email, kind)
            person, is_new = self.get_or_create(
                tenant=tenant, user_principal_name=email, defaults=values
            )
            if not is_new:
                raise AlreadyInDirectory(person)
            about["subject"] = person
            Record.objects.log(action, **about)
            return person


class PartnerOfTenant(models.ForeignKey[Partner, Partner]):
    """Carries the partner of the row's tenant, which never changes, whatever writes the row."""

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.ForeignKey", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        setattr(model_instance, self.attname, model_instance.tenant.partner_id)  # type: ignore[attr-defined]
        return super().pre_save(model_instance, add)


class DirectoryUser(models.Model):
    """A user entry in a tenant, a member or a guest.

    Not every one of them can sign in to the portal.

    What the list sorts and filters by stands on the row, so that an index serves every order
    (docs/adr/0005).
    """

    class Kind(models.TextChoices):
        MEMBER = "member", _("Member")
        GUEST = "guest", _("Guest")

    partner = PartnerOfTenant(
        Partner, models.PROTECT, related_name="+", db_index=False, editable=False
    )
    tenant = models.ForeignKey(
        Tenant, models.PROTECT, related_name="directory_users", verbose_name=_("tenant")
    )
    display_name = PersonNameField(_("name"), max_length=120)
    user_principal_name = CanonicalEmailField(_("user principal name"), max_length=MAX_EMAIL)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind, default=Kind.MEMBER)
    disabled_at = models.DateTimeField(_("disabled at"), null=True, blank=True)
    is_disabled = models.GeneratedField(
        expression=ExpressionWrapper(Q(disabled_at__isnull=False), models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
        serialize=False,
    )
    sort_name = SortKeyField("display_name")
    search_text = SearchTextField("display_name", "user_principal_name")

    objects = DirectoryUserQuerySet.as_manager()

    class Meta:
        verbose_name = _("directory user")
        verbose_name_plural = _("directory users")
        ordering = ["sort_name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user_principal_name=Lower("user_principal_name")),
                name="directory_user_name_in_lowercase",
                violation_error_message=_("Write the address in lowercase."),
            ),
            models.UniqueConstraint(
                fields=["user_principal_name", "tenant"],
                name="directory_user_name_unique_in_tenant",
                violation_error_message=_("This tenant already has a user with this address."),
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "sort_name", "id"], name="directory_user_by_name"),
            models.Index(
                fields=["partner", "user_principal_name", "id"], name="directory_user_by_address"
            ),
            models.Index(
                fields=["partner", "kind", "sort_name", "id"], name="directory_user_by_kind"
            ),
            models.Index(
                fields=["partner", "is_disabled", "sort_name", "id"],
                name="directory_user_by_status",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.display_name} ({self.user_principal_name})"

    def get_absolute_url(self) -> str:
        return reverse("tenants:user", args=[self.pk])

    def clean(self) -> None:
        """Check the address of a new entry alone.

        A later change of the tenant's domain leaves the addresses that there are.
        """
        if self._state.adding and self.tenant_id and self.user_principal_name:
            try:
                self.user_principal_name = own_email(
                    self.tenant, self.user_principal_name, self.kind
                )
            except Refusal as refusal:
                raise ValidationError({"user_principal_name": str(refusal)}) from refusal

    @property
    def is_enabled(self) -> bool:
        return self.disabled_at is None

    def disable(self, *, by: Actor) -> None:
        """Disable the entry.

        Credit stays with the person until it is removed or transferred; a role is taken away with
        it.

        Raises AlreadyDisabled, LastGlobalAdmin or RolesOfStaff.
        """
        with recorded_if_refused(TenantsAction.PERSON_DISABLED, **self._about(by)):
            self._check_account(by)
            Partner.objects.select_for_update(no_key=True).get(pk=self.partner_id)
            now = clock.now()
            if not DirectoryUser.objects.enabled().filter(pk=self.pk).update(disabled_at=now):
                raise AlreadyDisabled
            if (role := self.role()) and not role.people().enabled().exists():
                role.take(by=by)
            self.disabled_at = now
            Record.objects.log(TenantsAction.PERSON_DISABLED, **self._about(by))

    def enable(self, *, by: Actor) -> None:
        """Enable the entry again; a role that it had is given again.

        Raises AlreadyEnabled or RolesOfStaff.
        """
        with recorded_if_refused(TenantsAction.PERSON_ENABLED, **self._about(by)):
            self._check_account(by)
            if not DirectoryUser.objects.disabled().filter(pk=self.pk).update(disabled_at=None):
                raise AlreadyEnabled
            self.disabled_at = None
            Record.objects.log(TenantsAction.PERSON_ENABLED, **self._about(by))

    def _check_account(self, by: Actor) -> None:
        """Raise RolesOfStaff if staff would shut out, or let in, who signs in as this entry."""
        account: User | None = getattr(self, "user", None)
        if account:
            account.check_roles(by)

    def role(self) -> "RoleAssignment | None":
        """The role that the person holds at the partner of this directory."""
        held = self.tenant.partner.role_assignments.select_related(
            "user__directory_user__tenant", "partner"
        )
        return next((role for role in held.of_people([self]).values()), None)

    def _about(self, by: Actor) -> dict[str, Any]:
        return {"by": by, "partner": self.tenant.partner, "tenant": self.tenant, "subject": self}
