"""A session is what was stored, until it ends."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from benefits_portal import clock
from benefits_portal.sessions import SessionStore

pytestmark = pytest.mark.django_db


def stored() -> str:
    session = SessionStore()
    session["tenant"] = 7
    session.create()
    return str(session.session_key)


def test_each_session_holds_what_was_stored_in_it() -> None:
    empty = SessionStore()
    empty.create()
    keys = [stored(), empty.session_key]
    assert [SessionStore(key).load() for key in keys] == [{"tenant": 7}, {}]


@pytest.mark.parametrize("key", ["ended", "unknown-to-the-database"])
def test_a_session_that_is_over_is_empty_and_gets_a_new_key(key: str) -> None:
    Session.objects.filter(pk=stored()).update(session_key="ended")
    Session.objects.update(expire_date=clock.now() - timedelta(seconds=1))
    session = SessionStore(key)
    assert [session.get("tenant"), session.session_key] == [None, None]
