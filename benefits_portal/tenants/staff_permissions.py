"""The back office's two groups, which come with the project.

*Support* may look at everything; *Program* may also change what each app allows, by `by_program` of
its AppConfig. Facts that rules protect (benefits, assignments, redemptions, subscriptions, the
record) only change by methods of models, so no group may edit them.
"""

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

SUPPORT, PROGRAM = "Support", "Program"


def by_program(app: AppConfig) -> dict[str, str] | None:
    """What the program team may do by hand to each model of `app`.

    None for an app that the back office does not show.
    """
    return getattr(app, "by_program", None)


def keep_groups(sender: AppConfig, **kwargs: Any) -> None:
    """After each `migrate`, set the permissions of both groups for the models of `sender`."""
    if by_program(sender) is not None:
        create_permissions(
            sender,
            verbosity=0,
            **{name: kwargs[name] for name in ("using", "apps") if name in kwargs},
        )
        make_groups([sender])


def make_groups(configs: Iterable[AppConfig] = ()) -> None:
    """Make *Support* and *Program* if they are missing, and set their permissions.

    For the models of `configs`, or of all apps.
    """
    for app in configs or apps.get_app_configs():
        by_hand = by_program(app)
        if by_hand is None:
            continue
        ours = Permission.objects.filter(content_type__app_label=app.label)
        looking = Q(codename__startswith="view_")
        changing = Q(
            codename__in=[
                f"{verb}_{model}" for model, verbs in by_hand.items() for verb in verbs.split()
            ]
        )
        for name, may in ((SUPPORT, looking), (PROGRAM, looking | changing)):
            group, _new = Group.objects.get_or_create(name=name)
            group.permissions.remove(*ours.exclude(may))
            group.permissions.add(*ours.filter(may))
