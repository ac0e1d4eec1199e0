"""How long rows are kept that grow with use and are not part of the record (`manage.py prune`)."""

from benefits_portal.environment import Env

FOR_EVER = 0
YEAR, THIRTEEN_MONTHS = 366, 396
MAX_DAYS = 36_500  # a hundred years; more could lead to a day before the year 1


def days_kept(env: Env) -> dict[str, int]:
    """The days to keep rows, by table; 0 is for ever. Raises ImproperlyConfigured."""
    return {
        "django_session": env.number(
            "KEEP_ENDED_SESSIONS_DAYS", default=1, least=FOR_EVER, most=MAX_DAYS
        ),
        "tenants_keyattempt": env.number(
            "KEEP_KEY_ATTEMPTS_DAYS", default=90, least=FOR_EVER, most=MAX_DAYS
        ),
        "tenants_attempt": env.number(
            "KEEP_ATTEMPTS_DAYS", default=7, least=FOR_EVER, most=MAX_DAYS
        ),
        "tenants_mail": env.number("KEEP_MAILS_DAYS", default=90, least=FOR_EVER, most=MAX_DAYS),
        # A reminder may come a year before its day, and is remembered by its digest
        "reminders_digest": env.number(
            "KEEP_REMINDERS_DAYS", default=THIRTEEN_MONTHS, least=YEAR, most=MAX_DAYS
        ),
        "reminders_run": env.number(
            "KEEP_REMINDER_RUNS_DAYS", default=THIRTEEN_MONTHS, least=FOR_EVER, most=MAX_DAYS
        ),
        "django_admin_log": env.number(
            "KEEP_ADMIN_LOG_DAYS", default=365, least=FOR_EVER, most=MAX_DAYS
        ),
    }
