"""The back office's two groups: support may look, the programme's staff may also change what is theirs to change."""

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from benefits_portal.tenants.models import User

ROOMS = ("tenants", "benefits", "licensing")
# Facts that the rules keep (benefits, assignments, redemptions, subscriptions, records) are changed by their verbs only.
CHANGED_BY_PROGRAMME = (
    "partner",
    "tenant",
    "tenantrequest",  # accepted or declined (P1); its fields cannot be edited
    "directoryuser",
    "user",
    "roleassignment",
    "offer",
    "product",
    "packageline",
    "creditamount",
    "membership",
    "externaloffer",
    "heldoffer",
    "productkey",  # revoked and replaced (K8); its fields cannot be edited
)


def make_groups() -> None:
    """Make *Support* and *Programme* with their permissions, and put the back office's personas into them."""
    ours = Permission.objects.filter(content_type__app_label__in=ROOMS)
    view, change = Q(codename__startswith="view_"), Q(codename__startswith="change_")
    changed = Q(content_type__model__in=CHANGED_BY_PROGRAMME)
    # Keys come with benefits, requests from partners.
    added = changed & Q(codename__startswith="add_") & ~Q(content_type__model__in=["productkey", "tenantrequest"])
    for name, persona, may in (("Support", "support", view), ("Programme", "programme", view | (changed & change) | added)):
        group = Group.objects.create(name=name)
        group.permissions.set(ours.filter(may))
        User.objects.get(persona=persona).groups.add(group)
