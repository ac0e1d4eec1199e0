"""Django's sessions in the database, read by a query that is put together once per process."""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet

from benefits_portal import clock
from benefits_portal.prepared import PlannedQuery


@PlannedQuery
def stored(key: str) -> QuerySet[Session, tuple[str, datetime]]:
    return Session.objects.filter(pk=key).values_list("session_data", "expire_date")


class SessionStore(db.SessionStore):
    """What nearly every request begins with, so each page gains by it."""

    def load(self) -> dict[str, Any]:
        found = stored.tuples(self.session_key or "")
        if found and found[0][1] > clock.now():
            data: dict[str, Any] = self.decode(found[0][0])
            return data
        self._session_key = None  # one that has ended is never used again
        return {}
