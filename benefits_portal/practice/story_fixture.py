"""The practice world as a fixture, for `loaddata demo`."""

import json
from datetime import date
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from benefits_portal import clock
from benefits_portal.benefits.key_encryption import decrypted
from benefits_portal.tenants.models import PracticeWorld, User

from .models import Room
from .world import check_database, reset_world

REFERENCE_DAY = date(2026, 11, 1)
FIXTURE = settings.BASE_DIR / "fixtures" / "demo.json"


def outcome() -> str:
    """The practice world as of REFERENCE_DAY as JSON, without passwords; the database stays as is.

    Raises NotAPracticeDatabase if the database contains anything else.
    """
    text = StringIO()
    with clock.frozen_at(REFERENCE_DAY, "UTC"), transaction.atomic():
        check_database()
        PracticeWorld.objects.get_or_create(defaults={"as_of": REFERENCE_DAY})
        Room.objects.get_or_create(suffix="")
        # A reset numbers rows from 1, whatever the database contained before
        reset_world(REFERENCE_DAY)
        for user in User.objects.all():
            user.set_password(None)
            user.save(update_fields=["password"])
        # Triggers and saving write them when people and assignments are loaded
        derived = ["tenants.directoryuserword", "licensing.licensetally"]
        call_command(
            "dumpdata",
            *("tenants", "benefits", "licensing", "practice"),
            exclude=derived,
            natural_foreign=True,
            indent=1,
            stdout=text,
        )
        transaction.set_rollback(True)
    return text.getvalue()


def steady(text: str) -> list[dict[str, Any]]:
    """The rows of a fixture without what differs each time: random values, the order of sets."""
    rows: list[dict[str, Any]] = json.loads(text)
    for row in rows:
        fields = row["fields"]
        if "ciphertext" in fields:
            fields["ciphertext"] = decrypted(fields["ciphertext"])
        for random in ("password", "submission"):
            fields.pop(random, None)
        fields.update(
            {name: sorted(value) for name, value in fields.items() if isinstance(value, list)}
        )
    return rows
