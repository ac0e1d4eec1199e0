"""How long is kept what grows with use and is no part of the record.

`manage.py prune` deletes what is older.
"""

import environ
from django.core.exceptions import ImproperlyConfigured

FOR_EVER = 0


def days_kept(env: environ.Env) -> dict[str, int]:
    """Days by table.

    Raises ImproperlyConfigured below a day, within which lock-outs still count; 0 keeps for ever.
    """
    days = {
        "django_session": env.int("KEEP_ENDED_SESSIONS_DAYS", default=1),
        "tenants_keyattempt": env.int("KEEP_KEY_ATTEMPTS_DAYS", default=90),
        "tenants_attempt": env.int("KEEP_ATTEMPTS_DAYS", default=7),
        "tenants_mail": env.int("KEEP_MAILS_DAYS", default=90),
        "django_admin_log": env.int("KEEP_ADMIN_LOG_DAYS", default=365),
    }
    if min(days.values()) < FOR_EVER:
        raise ImproperlyConfigured(
            "KEEP_…_DAYS is negative. Write a number of days, or 0 to keep for ever."
        )
    return days
