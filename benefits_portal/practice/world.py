"""Make the practice world in an empty database, and reset it as a whole."""

from datetime import date

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
from .story import BEFORE_THE_STORY, play_shared
from .story_event import StoryError
from .trainers import TRAINERS, make_group

PASSWORD = "practice makes perfect"  # noqa: S105 - every persona's, and public on purpose

# Tables that a reset keeps: what migrations filled, and sessions, which get RESET_NOTICE
KEPT = {"django_content_type", "auth_permission", "django_session"}
IN_ROOM = "room"  # key of the session: the room that it is in
RESET_NOTICE = "practice_reset"  # key of a session that a reset ended: by whom, and when


class NotAPracticeDatabase(Exception):
    """The database contains something other than a practice world; nothing was changed."""

    def __str__(self) -> str:
        return (
            "This database holds other things than a practice world, so nothing was changed in it. "
            "Point DATABASE_URL at an empty database, or leave it out: the demo then keeps one "
            "of its own."
        )


def is_practice_database() -> bool:
    """Whether the database contains a practice world; works before any migration."""
    return (
        PracticeWorld._meta.db_table in connection.introspection.table_names()
        and PracticeWorld.objects.exists()
    )


def check_database() -> None:
    """Raise NotAPracticeDatabase unless the database is empty or contains a practice world.

    Works before any migration.
    """
    if holds_rows() and not is_practice_database():
        raise NotAPracticeDatabase


def holds_rows(alias: str = DEFAULT_DB_ALIAS) -> bool:
    """Whether any table of the portal has rows; works before any migration."""
    tables = set(connections[alias].introspection.table_names())
    ours = [
        model
        for room in ROOMS
        for model in apps.get_app_config(room).get_models()
        if model._meta.db_table in tables
    ]
    return any(model._base_manager.using(alias).exists() for model in ours)


def make_world(on: date) -> bool:
    """Make the practice world as of `on` in an empty database; False if it exists already.

    Raises NotAPracticeDatabase.
    """
    with transaction.atomic():
        check_database()
        if is_practice_database():
            return False
        PracticeWorld.objects.create(as_of=on)  # of two processes, one fails here
        _fill(on)
        return True


def make_for_classes(on: date) -> bool:
    """Make the catalog and the groups that classes need, without a shared world.

    In an empty database; False if they exist already. Raises NotAPracticeDatabase.
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
    """Rows that staff made by hand conflict with the practice world; nothing was changed."""

    def __str__(self) -> str:
        return (
            "Something that was made or changed by hand in the back office is in the way, so "
            "nothing was reset. Add --everything to delete that too."
        )


def reset_world(on: date, *, keep_handmade: bool = False, by: str = "") -> None:
    """Replace the practice world with a new one as of `on`, in one transaction.

    `keep_handmade` keeps what staff made in the back office: partners with their rows, offers,
    products and accounts. Sessions end, and show who reset: the name `by`, or the command if it is
    empty. Raises NotAPracticeDatabase or HandmadeInTheWay.
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
    """Sign out everyone outside of classes; their sessions keep who reset the data, and when."""
    notice = {RESET_NOTICE: {"by": by, "at": clock.now().isoformat()}}
    ended = Session.objects.filter(pk__in=sessions_outside_rooms(Session.objects.all()))
    ended.update(session_data=SessionStore().encode(notice))


def sessions_outside_rooms(sessions: QuerySet[Session]) -> set[str]:
    """The keys of the `sessions` that are not in a room of a class."""
    return {session.pk for session in sessions if IN_ROOM not in session.get_decoded()}


def give_passwords() -> None:
    """Give the shared personas, which fixtures load without one, the public password."""
    without = User.objects.filter(
        persona__room=Room.objects.shared(), password__startswith=UNUSABLE_PASSWORD_PREFIX
    )
    if without.exists():  # hashing is slow, so it is done once for all of them
        without.update(password=make_password(PASSWORD))


# By the persona's slug, which is stored and keeps its spelling
GROUPS = {"support": SUPPORT, "programme": PROGRAM, "trainer": TRAINERS}


def _fill(on: date) -> None:
    with clock.frozen_at(on - BEFORE_THE_STORY, "UTC"):
        # Django's own command, since ours refuses a database with rows
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
    """Empty all tables but KEPT, as Django's `flush` does.

    Querysets would refuse to delete records (A1).
    """
    # PostgreSQL refuses to truncate a table with pending deferred foreign keys
    connection.check_constraints()
    tables = (
        set(connection.introspection.django_table_names(only_existing=True, include_views=False))
        - KEPT
    )
    connection.ops.execute_sql_flush(
        connection.ops.sql_flush(no_style(), sorted(tables), reset_sequences=True)
    )
