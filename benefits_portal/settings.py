"""All settings, in one file so that each can be found by scrolling.

Values that differ between machines come from the environment, or from `.env` beside manage.py.

There are four ways to run: the demo (DEMO=on, set by `manage.py demo`) needs no configuration;
development (DEBUG=on), classes (DEMO=classes) and production need what `.env.example` lists. The
error for a missing value says how to set it.
"""

from pathlib import Path
from typing import Any

from django.urls import reverse
from django.utils.csp import CSP

from benefits_portal import deploy_warnings, retention, startup_checks
from benefits_portal.environment import Env, comma_separated, zone_of_machine
from benefits_portal.languages import languages
from benefits_portal.logs import logging_config

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
env.read_env(BASE_DIR / ".env")

# Core

# Practice portal: one-click sign-in, movable calendar. With `classes` there is no shared practice
# world: a class's code or a trainer's password is the only way in
DEMO, CLASSES_ONLY = env.switch_or("DEMO", default=False, word="classes")
DEBUG = env.switch("DEBUG", default=False)
# Runs without a proxy, TLS or configuration
IS_LOCAL = (DEMO and not CLASSES_ONLY) or DEBUG
# Classes in a local network without TLS: from a laptop to the people in the room
PLAIN_HTTP = env.switch("CLASSES_PLAIN_HTTP", default=False)
IS_PLAIN = IS_LOCAL or PLAIN_HTTP

# Public on purpose: a demo has no secret to keep, and its fixtures must stay readable from one
# start to the next
PRACTICE_SECRET = "practice only: protects nothing and is known to everybody"  # noqa: S105

default_secret = PRACTICE_SECRET if IS_LOCAL else ""
SECRET_KEY = env.secret("SECRET_KEY", default_secret)
SECRET_KEY_FALLBACKS = comma_separated(env.str("SECRET_KEY_FALLBACKS", default=""))
# The first one encrypts; the others only decrypt
PRODUCT_KEY_SECRETS = comma_separated(env.secret("PRODUCT_KEY_SECRETS", default_secret))
# Shared with the portals that partners move to or come from; empty: partners cannot move
TRANSFER_SECRET = env.str("TRANSFER_SECRET", default="").strip()
# The number of this portal among several: each assigns ids from its own range (cells/)
CELL = env.number("CELL", default=0, least=0, most=999)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[*startup_checks.LOCAL_HOSTS])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# The number of proxies in front of the portal; headers forwarded by others are ignored
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", default=0, least=0, most=10)
INSTALLED_APPS = [
    "benefits_portal",
    "benefits_portal.backoffice",
    "benefits_portal.tenants",
    "benefits_portal.benefits",
    "benefits_portal.licensing",
    "benefits_portal.reminders",
    "benefits_portal.cells",
    "benefits_portal.practice",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",  # before staticfiles: runserver serves what production serves
    "django.contrib.staticfiles",
    "django_htmx",
    "lucide",
]
MIDDLEWARE = [
    "benefits_portal.logs.log_requests",  # outermost: logs the outcome of every request
    "django.middleware.security.SecurityMiddleware",
    # Before WhiteNoise, so that static files cannot be framed either
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "benefits_portal.middleware.security_headers",
    "benefits_portal.charsets.utf8_only",
    "benefits_portal.health.ask_no_session",
    "benefits_portal.middleware.Sessions",
    "django.middleware.locale.LocaleMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "benefits_portal.middleware.whole_pages",  # before all middleware that may answer with a page
    # Before anything looks at a path or redirects
    "benefits_portal.benefits.middleware.no_key_in_urls",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    # Before authentication: somebody whose account was deleted with their room is told why
    *(["benefits_portal.practice.middleware.in_room"] if DEMO else []),
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "benefits_portal.middleware.SignInRequired",
    "benefits_portal.tenants.search_limits.LimitSearches",
    "benefits_portal.tenants.middleware.ActingMiddleware",
]
ROOT_URLCONF = "benefits_portal.urls"
ABSOLUTE_URL_OVERRIDES = {
    "benefits.benefit": lambda benefit: reverse("licensing:benefit-detail", args=[benefit.pk]),
    # The page of its licenses: a partner's record mentions a product only for those
    "benefits.product": lambda product: reverse("licensing:license-holders", args=[product.pk]),
}
WSGI_APPLICATION = "benefits_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "benefits_portal.views.frame",
            ],
            "builtins": [
                "benefits_portal.templatetags.kept",
                "benefits_portal.templatetags.portal",
                "benefits_portal.templatetags.rows",
            ],
        },
    }
]
FORM_RENDERER = "benefits_portal.form_rendering.Renderer"
APPEND_SLASH = True
# Receives technical support tickets
SUPPORT_EMAIL = env.str("SUPPORT_ADDRESS", default="support@benefits-portal.example")

# Database

# DATABASE_URL is that of a pgbouncer in transaction mode
PGBOUNCER = env.switch("PGBOUNCER", default=False)
# Milliseconds that a request waits for a locked row before the page asks to try again
LOCK_TIMEOUT = env.number("LOCK_TIMEOUT", default=2_000, least=1, most=600_000)
# Milliseconds; 0 for no limit, as during `migrate`
STATEMENT_TIMEOUT = env.number("STATEMENT_TIMEOUT", default=10_000, least=0, most=3_600_000)
# Number of tables whose join order PostgreSQL optimizes: with its default of 8, planning a page's
# query took ten times as long as running it
JOIN_COLLAPSE_LIMIT = 4
POSTGRES_OPTIONS = {
    "lock_timeout": LOCK_TIMEOUT,
    "statement_timeout": STATEMENT_TIMEOUT,
    "join_collapse_limit": JOIN_COLLAPSE_LIMIT,
    "from_collapse_limit": JOIN_COLLAPSE_LIMIT,
    "jit": "off",  # compiling home's queries took longer than running them
    "max_parallel_workers_per_gather": 0,  # starting workers took longer than most queries
}
# A streaming replica of the same database; lists are read from it
REPLICA_URL = env.str("REPLICA_URL", default="")
# Off if, say, DATABASE_URL is that of another container on this machine
DATABASE_TLS = env.switch("DATABASE_TLS", default=True)


def with_timeouts(database: dict[str, Any]) -> dict[str, Any]:
    """`database` with options for simultaneous use, and limits on waiting for an answer."""
    given = database.get("OPTIONS", {})
    if "sqlite" in database["ENGINE"]:  # with SQLite's defaults, simultaneous writers lose updates
        waiting = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        }
        return database | {"OPTIONS": waiting | given}
    if "postgresql" not in database["ENGINE"]:  # refused below
        return database
    limits: dict[str, Any] = {"connect_timeout": 2, "tcp_user_timeout": 3_000}  # seconds, ms
    # pgbouncer accepts no options at connection start: there they are set on the role
    # (docs/operations.md)
    if not PGBOUNCER:
        limits["options"] = " ".join(
            f"-c {name}={value}" for name, value in POSTGRES_OPTIONS.items()
        )
    if STATEMENT_TIMEOUT:
        limits["patience"] = STATEMENT_TIMEOUT / 1000 + 1  # seconds until it counts as frozen
    return database | {
        "ENGINE": "benefits_portal.postgresql",
        "PASSWORD": database.get("PASSWORD") or env.str("DATABASE_PASSWORD", default=""),
        "CONN_MAX_AGE": env.number("CONN_MAX_AGE", default=60, least=0, most=86_400),  # seconds
        "CONN_HEALTH_CHECKS": True,  # reconnect after an outage without a restart
        "DISABLE_SERVER_SIDE_CURSORS": PGBOUNCER,  # the next query may run on another connection
        "OPTIONS": limits | given,
    }


local_database = "classes.sqlite3" if CLASSES_ONLY else "demo.sqlite3"
demo_database = f"sqlite:///{BASE_DIR / local_database}" if IS_PLAIN else ""
DATABASES = {"default": with_timeouts(env.database("DATABASE_URL", demo_database))}
if REPLICA_URL:
    replica = with_timeouts(env.database("REPLICA_URL"))
    DATABASES["replica"] = replica | {"TEST": {"MIRROR": "default"}}
    DATABASE_ROUTERS = ["benefits_portal.replica.Router"]
    # Innermost, so that authentication reads the primary
    MIDDLEWARE.append("benefits_portal.replica.ListsFromReplica")
# Per account; pickers search while somebody types
SEARCHES_A_MINUTE = env.number("SEARCHES_A_MINUTE", default=120, least=1, most=10_000)
DAYS_KEPT = retention.days_kept(env)  # by table; `manage.py prune` deletes older rows
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FIXTURE_DIRS = [BASE_DIR / "fixtures"]

# Internationalization
LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "benefits_portal.date_formats"
LANGUAGES = languages(LOCALE_PATHS[0])
LANGUAGE_COOKIE_SAMESITE = "Lax"
# For the calculator, the back office and classes. A demo uses the machine's: a trainer's laptop
# has the time zone of the people in the room
TIME_ZONE = env.time_zone("TIME_ZONE", default=zone_of_machine() if DEMO else "UTC")
USE_TZ = True

# Static files: hashed and compressed in production, straight from static/ otherwise

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if IS_PLAIN
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = IS_PLAIN
WHITENOISE_AUTOREFRESH = IS_PLAIN

# People

AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["benefits_portal.tenants.signed_in.PortalBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "benefits_portal.tenants.passwords.LongEnoughValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "benefits_portal.tenants.passwords.EasyPasswordValidator"},
]
LOGIN_URL = "tenants:sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "tenants:sign-in"
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60  # seconds that a link to set a password works

# Email: links to set a password, sent by `manage.py send_mail`

MAILERS: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "benefits_portal.practice.mailbox.EmailBackend"
        if DEMO
        else "benefits_portal.tenants.console_mail.EmailBackend"
    }
    if IS_LOCAL or DEMO
    else {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": env.str("EMAIL_HOST", default="localhost"),
            "port": env.number("EMAIL_PORT", default=25, least=1, most=65_535),
            "username": env.str("EMAIL_USER", default=""),
            "password": env.str("EMAIL_PASSWORD", default=""),
            "use_tls": env.switch("EMAIL_TLS", default=False),
            # Seconds between two answers; tenants/outbox.py limits the whole delivery
            "timeout": 10,
        },
    }
}
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default=SUPPORT_EMAIL)

# Security

# Bytes of a form without files, and of a form with files
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
DATA_UPLOAD_MAX_NUMBER_FILES = 1
FILE_UPLOAD_HANDLERS = ["benefits_portal.uploads.InMemory"]
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
    "base-uri": [CSP.NONE],
}
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# Except in a demo, cookies are bound to this host and only sent over TLS
COOKIE_PREFIX = "" if IS_PLAIN else "__Host-"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}django_language"
SESSION_ENGINE = "benefits_portal.sessions"
# Seconds from signing in or from choosing to stay signed in: a working day
SESSION_COOKIE_AGE = 8 * 60 * 60
# Seconds from signing in, however often somebody chooses to stay signed in
SESSION_MAX_AGE = env.number("SESSION_MAX_AGE", default=43_200, least=60, most=43_200)
MESSAGE_STORAGE = "benefits_portal.message_storage.MessageStorage"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not IS_PLAIN
CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "benefits_portal.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
if not IS_PLAIN:
    SECURE_SSL_REDIRECT = env.switch("SECURE_SSL_REDIRECT", default=True)
    # Monitors and load balancers use plain HTTP
    SECURE_REDIRECT_EXEMPT = [
        r"^healthz$",
        r"^readyz$",
        r"^healthz/mail$",
        r"^healthz/reminders$",
        r"^metrics$",
    ]
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES > 0 else None
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.switch("HSTS_INCLUDE_SUBDOMAINS", default=True)
    SECURE_HSTS_PRELOAD = env.switch("HSTS_PRELOAD", default=True)
    SILENCED_SYSTEM_CHECKS = deploy_warnings.silenced(
        subdomains=SECURE_HSTS_INCLUDE_SUBDOMAINS,
        redirect=SECURE_SSL_REDIRECT,
        preload=SECURE_HSTS_PRELOAD,
        secrets=[SECRET_KEY, *SECRET_KEY_FALLBACKS],
    )

# Networks that may read /metrics; empty: no one may, and nothing is counted
METRICS_FROM = env.networks("METRICS_FROM")

# Logging: one line per event, to standard error; JSON in production. Never the content of a form
# (benefits_portal/logs.py)

LOG_LEVEL = env.one_of("LOG_LEVEL", default="WARNING", choices=LOG_LEVELS)
LOGGING = logging_config(LOG_LEVEL, as_json=not IS_LOCAL)

# Last, because it checks all settings: an insecure portal does not start

startup_checks.stop_if_open(globals())
