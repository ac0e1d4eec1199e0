"""Django's database sessions, read by a query that is compiled once per process."""

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
    """Loads a session by a prepared query, since nearly every request begins with it."""

    def load(self) -> dict[str, Any]:
        found = stored.tuples(self.session_key or "")
        if found and found[0][1] > clock.now():
            data: dict[str, Any] = self.decode(found[0][0])
            return data
        self._session_key = None  # never reuse the key of a session that has ended
        return {}
