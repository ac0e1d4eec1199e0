"""Find the tenant that is meant by its name or ID instead of its domain (W8)."""

from collections.abc import Mapping
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from benefits_portal.tenants.models import Tenant


def tenants_meant(written: set[str]) -> dict[str, list[str]]:
    """The domains of tenants whose name or ID was written instead, by what was written."""
    guids = {text: guid for text in written if (guid := guid_in(text))}
    by_name = (
        Tenant.objects.filter(name__in=written - guids.keys()) if written else Tenant.objects.none()
    )
    by_guid = Tenant.objects.filter(guid__in=guids.values()) if guids else Tenant.objects.none()
    meant: dict[str, list[str]] = {}
    for name, domain in by_name.order_by("domain").values_list("name", "domain"):
        meant.setdefault(name, []).append(domain)
    domains = dict(by_guid.values_list("guid", "domain"))
    return meant | {text: [domains[guid]] for text, guid in guids.items() if guid in domains}


def no_tenant(written: str, meant: Mapping[str, list[str]]) -> str:
    """The error for a tenant that was not given by its domain; `meant` is from `tenants_meant`."""
    if domains := meant.get(written):
        return _("Write the tenant's domain: %(domains)s.") % {"domains": ", ".join(domains[:3])}
    return _("There is no tenant with this domain.")


def guid_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def check_domain_is_free(domain: str, tenant: Tenant | None = None) -> None:
    """Raise ValidationError if a tenant other than `tenant` has `domain`; it names that tenant.

    For the back office only: partners must not learn it (P1).
    """
    others = Tenant.objects.filter(domain=domain)
    if tenant and tenant.pk:
        others = others.exclude(pk=tenant.pk)
    if there := others.select_related("partner").first():
        text = _("This domain belongs to a tenant of %(partner)s.") % {"partner": there.partner}
        raise ValidationError(text, code="unique")
