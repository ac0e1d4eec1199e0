"""The back office's two groups come with the project.

Support looks, Program also changes what is theirs to change.

Facts that the rules keep (benefits, assignments, redemptions, subscriptions, the record) change by
their verbs only, so nobody's group may change them. Each app says for itself what may be done by
hand: `by_program` of its AppConfig.
"""

from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

SUPPORT, PROGRAM = "Support", "Program"


def by_program(app: AppConfig) -> dict[str, str] | None:
    """What may be done by hand to which model of `app`.

    None for an app that the back office does not show.
    """
    return getattr(app, "by_program", None)


def keep_groups(sender: AppConfig, **kwargs: Any) -> None:
    """After each migration, as with permissions: both groups have exactly what `sender` says."""
    if by_program(sender) is not None:
        create_permissions(
            sender,
            verbosity=0,
            **{name: kwargs[name] for name in ("using", "apps") if name in kwargs},
        )
        make_groups([sender])


def make_groups(configs: Iterable[AppConfig] = ()) -> None:
    """Make *Support* and *Program* unless they are there, and set what they may do.

    With the models of `configs`, or of all.
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
