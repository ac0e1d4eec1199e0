"""`force_login` in tests: the session that Django's makes, by one statement.

Django's asks whether the session's key is taken, saves the session twice between savepoints, and
keeps when the person was last here. Thousands of tests sign somebody in.
"""

from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils.crypto import get_random_string

from benefits_portal.tenants.models import User

BACKEND = settings.AUTHENTICATION_BACKENDS[0]


def install() -> None:
    """Let every test client sign people in quickly."""
    Client.force_login = force_login  # type: ignore[method-assign,assignment]  # no session of before is kept


def force_login(client: Client, user: User, backend: str = BACKEND) -> None:
    """Sign `user` in, as somebody who was not signed in before."""
    said = {
        auth.SESSION_KEY: str(user.pk),
        auth.BACKEND_SESSION_KEY: backend,
        auth.HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    store = SessionStore()
    session = Session(
        session_key=get_random_string(32, "0123456789abcdefghijklmnopqrstuvwxyz"),
        session_data=store.encode(said),
        expire_date=store.get_expiry_date(),
    )
    session.save(force_insert=True)
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
