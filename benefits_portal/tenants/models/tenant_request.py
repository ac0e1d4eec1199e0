"""Partners' requests for another tenant, which the program team decides (rule P1)."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.derived_fields import DerivedQuerySet, SearchTextField, SortKeyField
from benefits_portal.emails import canonical_domain_or_text
from benefits_portal.fields import CanonicalDomainField, NameField
from benefits_portal.tenants.audit.actor import Actor
from benefits_portal.tenants.audit.context import AuditContext
from benefits_portal.tenants.audit.record import Record, recorded_if_refused
from benefits_portal.tenants.exceptions import (
    AlreadyAskedFor,
    AlreadyDecided,
    DomainInUse,
    NoColorLeft,
)
from benefits_portal.tenants.partner_rows import PartnerRow
from benefits_portal.typed_text import tidy

from .actions import TenantsAction
from .mail import Mail
from .partner import Partner, Tenant
from .user import User

TENANT_DECIDED = "tenants.request-decided"  # a kind of mail


class TenantRequestQuerySet(DerivedQuerySet["TenantRequest"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def undecided(self) -> Self:
        return self.filter(decided_at=None)

    def ask(self, partner: Partner, name: str, domain: str, *, by: Actor) -> "TenantRequest":
        """Request another tenant for `partner`.

        Does not reveal whether another partner has the domain. Raises AlreadyAskedFor if the
        partner itself has it, or has an open request for it.
        """
        name, domain = tidy(name), canonical_domain_or_text(domain)
        about: AuditContext = {
            "by": by,
            "partner": partner,
            "after": {"name": name, "domain": domain},
        }
        with recorded_if_refused(TenantsAction.TENANT_ASKED_FOR, **about):
            Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
            waiting = self.undecided().filter(partner=partner, domain=domain)
            if (
                waiting.exists()
                or Tenant.objects.for_partner(partner).filter(domain=domain).exists()
            ):
                raise AlreadyAskedFor
            request = self.create(partner=partner, name=name, domain=domain, asked_by=by.user)
            about["subject"] = request
            Record.objects.log(TenantsAction.TENANT_ASKED_FOR, **about)
            return request


class TenantRequest(PartnerRow):
    """A partner's request for another tenant; accepting it makes the tenant."""

    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="tenant_requests", verbose_name=_("partner")
    )
    name = NameField(_("name"), max_length=120)
    domain = CanonicalDomainField(_("domain"), max_length=120)
    asked_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("requested by")
    )
    asked_at = models.DateTimeField(_("requested at"), default=clock.now, editable=False)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    tenant = models.OneToOneField(
        Tenant,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="request",
        verbose_name=_("tenant"),
        help_text=_("What it led to; empty if it was declined."),
    )
    sort_name = SortKeyField("name")
    search_text = SearchTextField("name", "domain")

    objects = TenantRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for a tenant")
        verbose_name_plural = _("requests for tenants")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_at=None, decided_by=None, tenant=None)
                | Q(decided_at__isnull=False),
                name="tenant_request_decision_has_a_time",
                violation_error_message=_("A decision needs a time."),
            ),
            models.CheckConstraint(
                condition=Q(domain=Lower("domain")),
                name="tenant_request_domain_in_lowercase",
                violation_error_message=_("Enter the domain in lowercase, like contoso.com."),
            ),
            models.UniqueConstraint(
                fields=["domain", "partner"],
                condition=Q(decided_at=None),
                name="tenant_request_once_at_a_time",
                violation_error_message=_("The partner waits for this tenant already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.domain})"

    @property
    def is_decided(self) -> bool:
        return self.decided_at is not None

    @property
    def is_accepted(self) -> bool:
        return self.tenant_id is not None

    def accept(self, *, by: Actor) -> Tenant:
        """Make the tenant, with its own color; the partner's first tenant is its primary one (P4).

        Raises AlreadyDecided, DomainInUse or NoColorLeft, which are recorded for the back office
        only (P1).
        """
        with recorded_if_refused(TenantsAction.TENANT_ACCEPTED, by=by, subject=self):
            self._decide(by)
            values = self.tenant_values()
            tenant, is_new = Tenant.objects.get_or_create(domain=self.domain, defaults=values)
            if not is_new:
                raise DomainInUse
            TenantRequest.objects.filter(pk=self.pk, partner=self.partner_id).update(tenant=tenant)
            self.tenant = tenant
            Record.objects.log(TenantsAction.TENANT_ACCEPTED, **self._about(by), tenant=tenant)
            return tenant

    def tenant_values(self) -> dict[str, Any]:
        """The values of the new tenant by field. Raises NoColorLeft."""
        used = set(Tenant.objects.for_partner(self.partner).values_list("color", flat=True))
        free = [color for color in Tenant.Color if color not in used]
        if not free:
            raise NoColorLeft
        return {
            "partner": self.partner,
            "name": self.name,
            "domain": self.domain,
            "color": free[0],
            "is_primary": not used,
        }

    def check_acceptable(self) -> None:
        """Raise what `accept` would raise, as far as is known before."""
        self.check_undecided()
        self.tenant_values()
        if Tenant.objects.filter(domain=self.domain).exists():
            raise DomainInUse

    def check_undecided(self) -> None:
        """Raise AlreadyDecided."""
        if self.is_decided:
            raise AlreadyDecided

    def decline(self, *, by: Actor) -> None:
        """Decline the request. Raises AlreadyDecided."""
        with recorded_if_refused(TenantsAction.TENANT_DECLINED, **self._about(by)):
            self._decide(by)
            Record.objects.log(TenantsAction.TENANT_DECLINED, **self._about(by))

    def _decide(self, by: Actor) -> None:
        # Otherwise two new tenants could get the same color
        Partner.objects.select_for_update(no_key=True).get(pk=self.partner_id)
        decided_at = clock.now()
        if (
            not TenantRequest.objects.undecided()
            .filter(pk=self.pk, partner=self.partner_id)
            .update(decided_at=decided_at, decided_by=by.user)
        ):
            raise AlreadyDecided
        self.decided_at, self.decided_by = decided_at, by.user
        Mail.objects.queue_decision(TENANT_DECIDED, self.pk)

    def _about(self, by: Actor) -> dict[str, Any]:
        return {
            "by": by,
            "partner": self.partner,
            "subject": self,
            "after": {"name": self.name, "domain": self.domain},
        }
