"""Trainers: the group of people who may open classes."""

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from django.utils.translation import gettext as _

from benefits_portal.tenants.models import Partner, Tenant, User

from .models import Class, Room

TRAINERS = "Trainers"


def keep_group(sender: AppConfig, **kwargs: Any) -> None:
    """Make the group after each `migrate`, as Django makes permissions."""
    given = {name: kwargs[name] for name in ("using", "apps") if name in kwargs}
    create_permissions(sender, verbosity=0, **given)
    make_group()


def make_group() -> Group:
    """The group *Trainers*, made if it is missing; its only right is to open classes."""
    group, _new = Group.objects.get_or_create(name=TRAINERS)
    group.permissions.set(
        Permission.objects.filter(content_type__app_label="practice", codename="teach")
    )
    return group


def own_page(user: User) -> str:
    """The first page of trainers without a role: their classes; empty for others and for staff."""
    teaches = settings.DEMO and not user.is_staff and user.has_perm("practice.teach")
    return reverse("practice-classes") if teaches else ""


def may_look(user: User, tenant: Tenant) -> bool:
    """Whether `user` is the trainer of a class with a room that has `tenant` (T8)."""
    theirs = Room.objects.filter(of_class__made_by=user, room_partners__partner=tenant.partner)
    return settings.DEMO and user.has_perm("practice.teach") and theirs.exists()


def names_of_trainer(partner: Partner, users: list[User]) -> dict[int, str]:
    """ "your trainer" for trainers among `users`, in rooms of their classes; at most one query."""
    if not (settings.DEMO and partner.is_practice):
        return {}
    taught = Class.objects.filter(rooms__room_partners__partner=partner, made_by__in=users)
    return dict.fromkeys(taught.values_list("made_by", flat=True), _("your trainer"))
