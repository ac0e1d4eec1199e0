"""Hundreds of copies of a room, made in the database at once.

A room takes a second to be told. A copy has the numbers of the rows that it is a copy of, a million
further on for each, so that what refers to one another there still does.
"""

from typing import Any

from django.db import connection, transaction
from django.db.models import Field, Model

from benefits_portal.practice.handmade import models_of_partners
from benefits_portal.practice.models import ExerciseAttempt, Persona, Room, RoomPartner
from benefits_portal.tenants.models import Partner, User

STEP = 1_000_000
# What no two rows have alike
UNIQUE = {
    "suffix": "'x' || copy",
    "entry": "'copy ' || copy",
    "return_digest": "NULL",
    "mpn_id": "'99' || lpad(copy::text, 8, '0')",
    "email": "'c' || copy || {column}",
    "domain": "'c' || copy || {column}",
    "guid": "gen_random_uuid()",
    "submission": "gen_random_uuid()",
    "message_id": "copy || {column}",
    "digest": "md5({column}::text || copy) || md5(copy || {column}::text)",
}


def copy_room(room: Room, numbers: range) -> None:
    """Make a room of the same class for each of `numbers`, which holds what `room` holds."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # order does not matter
        for model, which in rows_of(room).items():
            insert(cursor, model, which, {*rows_of(room)} - {User}, numbers)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def rows_of(room: Room) -> dict[type[Model], str]:
    """The tables of which a room has rows, and which rows those are."""
    # Numbers of our own
    mine = f"SELECT partner_id FROM practice_roompartner WHERE room_id = {room.pk}"  # noqa: S608
    people = f"SELECT user_id FROM practice_persona WHERE room_id = {room.pk}"  # noqa: S608
    own: dict[type[Model], str] = {
        Room: f"id = {room.pk}",
        Partner: f"id IN ({mine})",
        User: f"id IN ({people})",
    }
    own |= dict.fromkeys((RoomPartner, Persona, ExerciseAttempt), f"room_id = {room.pk}")
    return own | dict.fromkeys(models_of_partners(), f"partner_id IN ({mine})")


def insert(
    cursor: Any, model: type[Model], which: str, moved: set[type[Model]], numbers: range
) -> None:
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    names = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(value_of(field, moved) for field in fields)
    table = model._meta.db_table
    # Names of our own tables and columns, and numbers
    cursor.execute(
        f"INSERT INTO {table} ({names}) SELECT {values} "  # noqa: S608
        f"FROM {table}, generate_series({numbers[0]}, {numbers[-1]}) AS copy WHERE {which}"
    )


def value_of(field: "Field[Any, Any]", moved: set[type[Model]]) -> str:
    """In SQL, what the copy has there."""
    column = f'"{field.column}"'
    if field.name in UNIQUE or (field.model, field.name) == (Room, "name"):
        return UNIQUE.get(field.name, "{column} || copy").format(column=column)
    if field.related_model is User:  # staff and the storyteller are not copied
        of_room = "EXISTS (SELECT FROM practice_persona WHERE user_id = {column})"
        return f"{column} + CASE WHEN {of_room.format(column=column)} THEN copy * {STEP} ELSE 0 END"
    if field.primary_key or field.related_model in moved or field.name == "subject_id":
        return f"{column} + copy * {STEP}"
    return column
