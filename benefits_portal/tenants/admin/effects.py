"""What deciding on a tenant and disabling a user entry would do, in sentences.

Each function raises what the action itself would.
"""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from benefits_portal.tenants.models import Actor, DirectoryUser, Tenant, TenantRequest


def effects_of_accepting(asked: TenantRequest, by: Actor) -> Iterator[str]:
    asked.check_acceptable()
    tenant = Tenant(**asked.tenant_values())
    yield _("%(partner)s gets the tenant %(name)s (%(domain)s), in %(color)s.") % {
        "partner": asked.partner.known_as,
        "name": tenant.name,
        "domain": tenant.domain,
        "color": tenant.get_color_display(),
    }
    if tenant.is_primary:
        yield _("It is the partner's primary tenant.")


def effects_of_declining(asked: TenantRequest, by: Actor) -> Iterator[str]:
    asked.check_undecided()
    yield _("No tenant is made. %(partner)s sees that the request was declined.") % {
        "partner": asked.partner.known_as
    }


def effects_of_disabling(person: DirectoryUser, by: Actor) -> Iterator[str]:
    person.check_can_disable(by)
    yield _("They can no longer get credit. Credit that they have stays.")
    if role := person.role_that_goes():
        yield _("Their role at %(partner)s is removed: %(role)s.") % {
            "partner": role.partner.known_as,
            "role": role.get_role_display(),
        }


def effects_of_enabling(person: DirectoryUser, by: Actor) -> Iterator[str]:
    person.check_can_enable(by)
    yield _("They can get credit again. Their role doesn't come back by itself.")
