"""What `manage.py check_consistency` finds, for every test that lets many things happen."""

from django.db import models

from benefits_portal.benefits.models import ExternalOffer, HeldOffer
from benefits_portal.licensing.consistency import CHECKS
from benefits_portal.reminders.models import Silence
from benefits_portal.tenants.models import Actor, Tenant, TenantRequest
from tests import factories
from tests.factories import NOW, TODAY

# Fixtures that switch a guard off: what it guards is at fault then.
UNGUARDED = {"no_row_locks", "unguarded_claim"}


def findings() -> dict[type[models.Model], list[str]]:
    """What was found, by model: how many, and of what."""
    found: dict[type[models.Model], list[str]] = {}
    for check in CHECKS:
        if finding := check.run():
            found.setdefault(check.model, []).append(f"{finding.count} {check.fault}")
    return found


def rows_of_a_partner(tenant: Tenant) -> None:
    """One partner's life so far: credit moved on, keys redeemed, built on and replaced.

    An offer from elsewhere and a tenant asked for are part of it.
    """
    partner = tenant.partner
    Tenant.objects.filter(pk=tenant.pk).update(is_primary=True)
    redemption = factories.redeem(tenant=tenant)
    subscription = redemption.subscription
    subscription.extend(factories.key_for(subscription, 10), by=Actor(), on=TODAY)
    subscription.add_licenses(factories.key_for(subscription, 10), by=Actor(), on=TODAY)
    factories.replace(factories.redeem(tenant=tenant))
    factories.issue_key(partner=partner)
    people = factories.DirectoryUserFactory.create_batch(2, tenant=tenant)
    credit = factories.BenefitFactory.create(partner=partner, bulk=True)
    credit.assign(people[0], by=Actor(), on=TODAY).transfer(people[1], by=Actor(), on=TODAY)
    factories.LicenseAssignmentFactory.create(tenant=tenant, directory_user=people[0])
    offer, _ = ExternalOffer.objects.get_or_create(name="Azure Pass")
    HeldOffer.objects.create(
        external_offer=offer, partner=partner, directory_user=people[0], since=TODAY
    )
    domain = f"further-{partner.pk}.example"
    TenantRequest.objects.create(
        partner=partner, name="Further", domain=domain, tenant=tenant, decided_at=NOW
    )
    user = factories.UserFactory.create()
    for silenced in ({"subscription": subscription}, {"benefit": credit}):
        Silence.objects.create(user=user, partner=partner, **silenced)
