"""The practice world: made in an empty database only, and reset as a whole.

It never touches anything else.
"""

from datetime import date, timedelta

from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.color import no_style
from django.core.management.commands import loaddata
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, connections, transaction
from django.db.models import QuerySet

from benefits_portal import clock
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import PracticeWorld, User
from benefits_portal.tenants.staff_permissions import PROGRAM, SUPPORT, make_groups

from .handmade import CATALOG_FIXTURE, FIXTURES, ROOMS, empty_practice_tables
from .models import Room
from .story import play_shared
from .story_event import StoryError
from .trainers import TRAINERS, make_group

PASSWORD = "practice makes perfect"  # noqa: S105 - every persona's, and public on purpose
BEFORE_THE_STORY = timedelta(days=730)  # when the partners and their people joined
# What migrations put there; sessions say why they ended
KEPT = {"django_content_type", "auth_permission", "django_session"}
IN_ROOM = "room"  # in a session that entered one: which
RESET_NOTICE = "practice_reset"  # in a session that a reset ended: who reset, and when


class NotAPracticeDatabase(Exception):
    """The database holds other things than a practice world; nothing is made or changed there."""

    def __str__(self) -> str:
        return (
            "This database holds other things than a practice world, so nothing was changed in it. "
            "Point DATABASE_URL at an empty database, or leave it out: the demo then keeps one "
            "of its own."
        )


def is_practice_database() -> bool:
    """Whether the database holds a practice world, whichever migrations it has."""
    return (
        PracticeWorld._meta.db_table in connection.introspection.table_names()
        and PracticeWorld.objects.exists()
    )


def check_database() -> None:
    """Raise NotAPracticeDatabase unless the database is empty or holds a practice world.

    Whichever migrations it has.
    """
    if holds_rows() and not is_practice_database():
        raise NotAPracticeDatabase


def holds_rows(alias: str = DEFAULT_DB_ALIAS) -> bool:
    """Whether the database holds anything of the portal's own, whichever migrations it has."""
    tables = set(connections[alias].introspection.table_names())
    ours = [
        model
        for room in ROOMS
        for model in apps.get_app_config(room).get_models()
        if model._meta.db_table in tables
    ]
    return any(model._base_manager.using(alias).exists() for model in ours)


def make_world(on: date) -> bool:
    """Make the practice world as of `on` in an empty database.

    False, and nothing changed, if it is there already. Raises NotAPracticeDatabase.
    """
    with transaction.atomic():
        check_database()
        if is_practice_database():
            return False
        PracticeWorld.objects.create(as_of=on)  # of two at the same time one fails here, whole
        _fill(on)
        return True


def make_for_classes(on: date) -> bool:
    """Make what classes need in an empty database: the catalog and the groups, and no world.

    False, and nothing changed, if it is there already. Raises NotAPracticeDatabase.
    """
    with transaction.atomic():
        check_database()
        if is_practice_database():
            return False
        PracticeWorld.objects.create(as_of=on)
        call_command(loaddata.Command(), CATALOG_FIXTURE, verbosity=0)
        make_groups()
        make_group()
        return True


class HandmadeInTheWay(Exception):
    """The practice world does not fit beside what staff made by hand; nothing was changed."""

    def __str__(self) -> str:
        return (
            "Something that was made or changed by hand in the back office is in the way, so "
            "nothing was reset. Add --everything to delete that too."
        )


def reset_world(on: date, *, keep_handmade: bool = False, by: str = "") -> None:
    """Replace the practice world by a new one as of `on`; others see the old one until then.

    `keep_handmade` keeps what staff made in the back office: partners with all that is theirs,
    offers, products, accounts. Sessions end, and say that `by` did it (a name; empty: the command).
    Raises NotAPracticeDatabase for any other database, HandmadeInTheWay.
    """
    try:
        with transaction.atomic():
            if not PracticeWorld.objects.select_for_update().first():
                raise NotAPracticeDatabase
            if settings.CLASSES_ONLY or not Room.objects.shared():
                raise NotAPracticeDatabase
            if keep_handmade:
                empty_practice_tables()
                PracticeWorld.objects.update(as_of=on, made_at=clock.now())
            else:
                _empty_tables()
                PracticeWorld.objects.create(as_of=on)
            _fill(on)
            connection.check_constraints()
            end_sessions(by)
    except (IntegrityError, StoryError, Refusal) as error:
        raise HandmadeInTheWay from error
    cache.clear()  # the filters of a list are kept for a minute


def end_sessions(by: str) -> None:
    """Sign everybody out, leaving in their sessions who reset the practice data, and when.

    But for those in a room of a class.
    """
    notice = {RESET_NOTICE: {"by": by, "at": clock.now().isoformat()}}
    ended = Session.objects.filter(pk__in=sessions_outside_rooms(Session.objects.all()))
    ended.update(session_data=SessionStore().encode(notice))


def sessions_outside_rooms(sessions: QuerySet[Session]) -> set[str]:
    """The keys of those of `sessions` that are not in a room of a class."""
    return {session.pk for session in sessions if IN_ROOM not in session.get_decoded()}


def give_passwords() -> None:
    """Let the shared personas sign in with e-mail and password too.

    A fixture brings them without one.
    """
    without = User.objects.filter(
        persona__room=Room.objects.shared(), password__startswith=UNUSABLE_PASSWORD_PREFIX
    )
    if without.exists():  # hashing takes its time: once for all of them
        without.update(password=make_password(PASSWORD))


# By the slug of a persona, which addresses rely on
GROUPS = {"support": SUPPORT, "programme": PROGRAM, "trainer": TRAINERS}


def _fill(on: date) -> None:
    with clock.frozen_at(on - BEFORE_THE_STORY, "UTC"):
        # Django's own: the world has begun already
        call_command(loaddata.Command(), *FIXTURES, verbosity=0)
    make_groups()
    make_group()
    shared = Room.objects.get(suffix="")
    for slug, name in GROUPS.items():
        User.objects.get(persona__room=shared, persona__slug=slug).groups.add(
            Group.objects.get(name=name)
        )
    give_passwords()
    play_shared(shared, on)


def _empty_tables() -> None:
    """Empty them by Django's own flush.

    Querysets refuse to delete what is kept (A1), and nothing is edited here but replaced.
    """
    # PostgreSQL truncates no table whose deferred foreign keys still wait for their check
    connection.check_constraints()
    tables = (
        set(connection.introspection.django_table_names(only_existing=True, include_views=False))
        - KEPT
    )
    connection.ops.execute_sql_flush(
        connection.ops.sql_flush(no_style(), sorted(tables), reset_sequences=True)
    )
