"""Partners and their tenants."""

import uuid
from datetime import date, datetime
from typing import TYPE_CHECKING, ClassVar, Self

from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.derived_fields import DerivedQuerySet, SearchTextField, SortKeyField
from benefits_portal.fields import CanonicalDomainField, DigitsField, LineField, NameField
from benefits_portal.regions import validate_country, validate_currency, validate_time_zone
from benefits_portal.tenants.audit.actor import Actor
from benefits_portal.tenants.audit.context import AuditContext
from benefits_portal.tenants.audit.record import Record, recorded_if_refused
from benefits_portal.tenants.exceptions import AlreadyPrimary, PartnerMoved, PartnerNotClosed
from benefits_portal.tenants.partner_rows import PartnerRow

from .actions import TenantsAction

if TYPE_CHECKING:
    from .user import User


MPN_ID, MPN_ID_MESSAGE = (
    r"\A[1-9][0-9]{3,9}\Z",
    _("An MPN ID has 4 to 10 digits. Leading zeros don't count."),
)


class PartnerQuerySet(DerivedQuerySet["Partner"]):
    def with_role_for(self, user: "User") -> Self:
        """The partners at which `user` has a role."""
        return self.filter(role_assignments__user=user)

    def here(self) -> Self:
        """Partners that are neither being moved to another portal nor have moved."""
        return self.filter(moving_until=None)


class Partner(models.Model):
    """An organization in the partner network."""

    personal: ClassVar = {
        "country": None,
        "currency": None,
        "time_zone": None,
        "moved_to": None,
    }

    name = NameField(_("name"), max_length=120)
    mpn_id = DigitsField(
        _("MPN ID"), max_length=10, unique=True, validators=[RegexValidator(MPN_ID, MPN_ID_MESSAGE)]
    )
    country = LineField(_("country"), max_length=2, validators=[validate_country])
    currency = LineField(_("currency"), max_length=3, validators=[validate_currency])
    time_zone = LineField(
        _("time zone"), max_length=40, default="UTC", validators=[validate_time_zone]
    )
    is_practice = models.BooleanField(_("practice partner"), default=False, editable=False)
    days_ahead = models.PositiveIntegerField(_("days ahead"), default=0, editable=False)
    # Nothing is written here during a move to another portal, nor afterwards
    moving_until = models.DateTimeField(_("is being moved until"), null=True, editable=False)
    moved_to = models.CharField(
        _("moved to"), max_length=200, blank=True, default="", db_default="", editable=False
    )
    sort_name = SortKeyField("name")
    search_text = SearchTextField("name", "mpn_id")

    objects = PartnerQuerySet.as_manager()

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        ordering = ["sort_name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(days_ahead=0) | Q(is_practice=True),
                name="partner_only_practice_moves_its_calendar",
                violation_error_message=_("The date can be changed at practice partners only."),
            ),
            models.CheckConstraint(
                condition=Q(mpn_id__regex=r"^[1-9][0-9]{3,9}$"),
                name="partner_mpn_id_of_digits",
                violation_error_message=MPN_ID_MESSAGE,
            ),
            models.CheckConstraint(
                condition=Q(moved_to="") | Q(moving_until__isnull=False),
                name="partner_closed_before_it_moves",
                violation_error_message=_("A partner must be closed before it moves."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def known_as(self) -> str:
        """The name in lists and choices, where two partners may share one."""
        return f"{self.name} ({self.mpn_id})"

    def today(self) -> date:
        """The partner's own calendar day; the portal's pages pass it to every rule as `on`."""
        return clock.today(self.time_zone, self.days_ahead)

    @property
    def is_closed(self) -> bool:
        """Whether nothing may be written: the partner is being moved, or has moved."""
        return self.moving_until is not None

    @property
    def is_late(self) -> bool:
        """Whether the move takes longer than announced."""
        return self.moving_until is not None and self.moving_until < clock.now()

    def close(self, until: datetime, *, by: Actor) -> None:
        """Close the partner for its move, until about `until`.

        When this returns, all writes that had begun are committed. Raises PartnerMoved.
        """
        about: AuditContext = {"by": by, "partner": self, "subject": self}
        with transaction.atomic():
            open_ones = Partner.objects.filter(pk=self.pk)
            if open_ones.here().exists():
                Record.objects.log(TenantsAction.MOVE_BEGUN, **about)
            if not open_ones.filter(moved_to="").update(moving_until=until):
                raise PartnerMoved
        self.moving_until = until
        with transaction.atomic():  # waits for transactions that have locked the row for a record
            Partner.objects.select_for_update().get(pk=self.pk)

    def stay(self, *, by: Actor) -> None:
        """Open the partner again without having moved. Raises PartnerMoved."""
        with transaction.atomic():
            if not Partner.objects.filter(pk=self.pk, moved_to="").update(moving_until=None):
                raise PartnerMoved
            self.moving_until = None
            Record.objects.log(TenantsAction.MOVE_GIVEN_UP, by=by, partner=self, subject=self)

    def settle(self, url: str, *, by: Actor) -> None:
        """Mark the partner as moved to the portal at `url`, for good. Raises PartnerNotClosed."""
        closed = Partner.objects.filter(pk=self.pk, moving_until__isnull=False)
        with transaction.atomic():
            if not closed.update(moved_to=url):
                raise PartnerNotClosed
            self.moved_to = url
            Record.objects.log(TenantsAction.MOVED_AWAY, by=by, subject=self)  # it takes no more

    def move_calendar_to(self, day: date) -> bool:
        """Move a practice partner's today forward to `day`.

        Returns False if the day is not later, or if the partner is a real one.
        """
        days_ahead = (day - clock.today(self.time_zone)).days
        moved = Partner.objects.filter(pk=self.pk, is_practice=True, days_ahead__lt=days_ahead)
        return bool(moved.update(days_ahead=days_ahead))


class TenantQuerySet(DerivedQuerySet["Tenant"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)


class Tenant(PartnerRow):
    """An Azure Active Directory tenant of a partner."""

    class Color(models.TextChoices):
        BLUE = "blue", _("blue")
        GREEN = "green", _("green")
        PURPLE = "purple", _("purple")
        ORANGE = "orange", _("orange")
        TEAL = "teal", _("teal")
        MAGENTA = "magenta", _("magenta")
        RED = "red", _("red")
        GRAY = "gray", _("gray")

    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="tenants", verbose_name=_("partner")
    )
    name = NameField(_("name"), max_length=120)
    domain = CanonicalDomainField(_("domain"), max_length=120)
    guid = models.UUIDField(_("tenant ID"), default=uuid.uuid4, unique=True)
    is_primary = models.BooleanField(_("primary"), default=False)
    color = models.CharField(
        _("color"),
        max_length=8,
        choices=Color,
        default=Color.BLUE,
        help_text=_(
            "Shown wherever someone acts in this tenant, so that it is not mistaken for another."
        ),
    )
    sort_name = SortKeyField("name")
    search_text = SearchTextField("name", "domain", "guid")

    objects = TenantQuerySet.as_manager()

    role: str  # of the signed-in person: set by `user_with_tenants`
    known_as: str | None  # the same person's name there: set by the same

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")
        ordering = ["partner__sort_name", "-is_primary", "sort_name"]
        constraints = [
            models.UniqueConstraint(
                fields=["domain"],
                name="tenant_domain_unique",
                violation_error_message=_("This domain can't be used. Ask the program team."),
            ),
            models.CheckConstraint(
                condition=Q(domain=Lower("domain")),
                name="tenant_domain_in_lowercase",
                violation_error_message=_("Enter the domain in lowercase, like contoso.com."),
            ),
            models.UniqueConstraint(
                fields=["partner"],
                condition=Q(is_primary=True),
                name="tenant_one_primary_per_partner",
                violation_error_message=_("The partner already has a primary tenant."),
            ),
            models.UniqueConstraint(
                fields=["partner", "color"],
                name="tenant_color_unique_per_partner",
                violation_error_message=_(
                    "Another tenant of this partner has this color. Choose a different one."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.domain})"

    def make_primary(self, *, by: Actor) -> None:
        """Make this the partner's primary tenant instead of another. Raises AlreadyPrimary."""
        about: AuditContext = {"by": by, "partner": self.partner, "tenant": self, "subject": self}
        with recorded_if_refused(TenantsAction.PRIMARY_CHOSEN, **about):
            Partner.objects.select_for_update(no_key=True).get(pk=self.partner_id)
            tenants = Tenant.objects.for_partner(self.partner)
            before = tenants.filter(is_primary=True).first()
            if before == self:
                raise AlreadyPrimary
            # First: there is never a second one
            tenants.filter(is_primary=True).update(is_primary=False)
            tenants.filter(pk=self.pk).update(is_primary=True)
            self.is_primary = True
            about["before"] = {"primary": before.pk} if before else {}
            about["after"] = {"primary": self.pk}
            Record.objects.log(TenantsAction.PRIMARY_CHOSEN, **about)
