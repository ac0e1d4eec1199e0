"""The people in the tenants' directories."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import ExpressionWrapper, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.derived_fields import SearchTextField, SortKeyField
from benefits_portal.emails import MAX_EMAIL
from benefits_portal.fields import CanonicalEmailField, PersonNameField
from benefits_portal.tenants.audit.actor import Actor
from benefits_portal.tenants.audit.record import Record, recorded_if_refused
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.exceptions import AlreadyDisabled, AlreadyEnabled
from benefits_portal.tenants.partner_rows import PartnerRow

from .actions import TenantsAction
from .directory_user_kind import DirectoryUserKind, own_email
from .directory_user_queryset import DirectoryUserQuerySet
from .former_name import Renamed
from .partner import Partner, Tenant

if TYPE_CHECKING:
    from .role_assignment import RoleAssignment
    from .user import User


class PartnerOfTenant(models.ForeignKey[Partner, Partner]):
    """The partner of the row's tenant, which never changes; set whatever writes the row."""

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.ForeignKey", args, kwargs

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        setattr(model_instance, self.attname, model_instance.tenant.partner_id)
        return super().pre_save(model_instance, add)


class DirectoryUser(PartnerRow, Renamed):
    """A user entry in a tenant: a member or a guest.

    Most of them cannot sign in to the portal. The columns that lists sort and filter by are
    denormalized onto the row, so that an index serves every order (docs/adr/0005).
    """

    Kind = DirectoryUserKind

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
            models.Index(
                # The last one to find those of one tenant of several
                fields=["partner", "sort_name", "id", "tenant"],
                name="directory_user_by_name",
            ),
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
        """Check the address of a new entry only.

        Existing addresses stay valid when the tenant's domain changes.
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
        """Disable the entry, and remove its role.

        Credit stays with the person until it is removed or transferred. Raises AlreadyDisabled,
        LastGlobalAdmin or RolesOfStaff.
        """
        with recorded_if_refused(TenantsAction.PERSON_DISABLED, **self._about(by)):
            self._check_account(by)
            Partner.objects.select_for_update(no_key=True).get(pk=self.partner_id)
            now = clock.now()
            own = DirectoryUser.objects.filter(pk=self.pk, partner=self.partner_id)
            if not own.enabled().update(disabled_at=now):
                raise AlreadyDisabled
            if role := self.role_that_goes():
                role.take(by=by)
            self.disabled_at = now
            Record.objects.log(TenantsAction.PERSON_DISABLED, **self._about(by))

    def enable(self, *, by: Actor) -> None:
        """Enable the entry again, and give it the role that it had.

        Raises AlreadyEnabled or RolesOfStaff.
        """
        with recorded_if_refused(TenantsAction.PERSON_ENABLED, **self._about(by)):
            self._check_account(by)
            own = DirectoryUser.objects.filter(pk=self.pk, partner=self.partner_id)
            if not own.disabled().update(disabled_at=None):
                raise AlreadyEnabled
            self.disabled_at = None
            Record.objects.log(TenantsAction.PERSON_ENABLED, **self._about(by))

    def role_that_goes(self) -> "RoleAssignment | None":
        """The role that no enabled entry holds once this one is disabled."""
        role = self.role()
        return role if role and not role.people().enabled().exclude(pk=self.pk).exists() else None

    def check_can_disable(self, by: Actor) -> None:
        """Raise what `disable` raises."""
        self._check_account(by)
        if not self.is_enabled:
            raise AlreadyDisabled
        if role := self.role_that_goes():
            role.check_not_last()

    def check_can_enable(self, by: Actor) -> None:
        """Raise what `enable` raises."""
        self._check_account(by)
        if self.is_enabled:
            raise AlreadyEnabled

    def _check_account(self, by: Actor) -> None:
        """Raise RolesOfStaff if staff would lock out or let in the account of this entry."""
        account: User | None = getattr(self, "user", None)
        if account:
            account.check_roles(by)

    def role(self) -> "RoleAssignment | None":
        """The role that the person has at the partner of this directory."""
        partner = self.tenant.partner
        held = partner.role_assignments.of_people(
            partner, [self], "user__directory_user__tenant", "partner"
        )
        return held.get(self.pk)

    def _about(self, by: Actor) -> dict[str, Any]:
        return {"by": by, "partner": self.tenant.partner, "tenant": self.tenant, "subject": self}
