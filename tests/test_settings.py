"""Settings that cannot serve are refused at the start, with the way to repair them.

Production's pass Django's own checks.
"""

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from ipaddress import ip_network
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.checks import ERROR, WARNING, CheckMessage, run_checks
from django.core.exceptions import ImproperlyConfigured
from gunicorn.config import Config
from pytest_django import Settings

from benefits_portal import message_storage, replica, views
from benefits_portal.environment import Env, EnvironmentOrFile, zone_of_machine
from benefits_portal.health import HEALTH
from benefits_portal.settings import PRACTICE_SECRET
from benefits_portal.startup_checks import CHECKS
from tests.covering import covering
from tests.simultaneous import IS_POSTGRES

ROOT = Path(__file__).parent.parent
PRODUCTION = {
    "SECRET_KEY": "0123456789abcdef" * 4,
    "PRODUCT_KEY_SECRETS": "fedcba9876543210" * 4,
    # The tests' own, where it is one: Django asks it what a generated column may be.
    "DATABASE_URL": os.environ["DATABASE_URL"]
    if IS_POSTGRES
    else "postgres://portal@/portal?host=/var/run/postgresql",
    "ALLOWED_HOSTS": "benefits.example.org",
    "DEMO": "off",
    "DEBUG": "off",
}


on_postgres = pytest.mark.skipif(not IS_POSTGRES, reason="production runs on PostgreSQL")


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("link", "zone"),
    [
        ("usr/share/zoneinfo/Europe/Amsterdam", "Europe/Amsterdam"),
        ("var/db/timezone/zoneinfo/America/Argentina/Ushuaia", "America/Argentina/Ushuaia"),
        ("usr/share/zoneinfo/Etc/GMT+5", "UTC"),
        ("usr/share/zoneinfo/UTC", "UTC"),
        ("usr/share/zoneinfo/Middle/Earth", "UTC"),
        ("etc/localtime.copy", "UTC"),
    ],
)
def test_the_zone_of_a_machine_is_that_of_its_region(tmp_path: Path, link: str, zone: str) -> None:
    localtime = tmp_path / "localtime"
    localtime.symlink_to(tmp_path / link)

    assert zone_of_machine(localtime) == zone


@on_postgres
@pytest.mark.slow
def test_production_passes_every_deployment_check() -> None:
    checked = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert (checked.returncode, checked.stderr) == (0, "")


GOOD = "0123456789abcdef" * 2  # 32 characters
TURNED = GOOD[::-1]
SHORT = "has 31 characters; fewer than 32 can be guessed. Make one with `openssl rand -hex 32`."
NO_SITE = "Name each site by itself, as in CSRF_TRUSTED_ORIGINS=https://benefits.example.org."
NAME_HOSTS = "as in ALLOWED_HOSTS=benefits.example.org."
OPEN_DEMO = "DEMO or DEBUG is on, and ALLOWED_HOSTS or TRUSTED_PROXIES lets others in"
REFUSED = [
    ("SECRET_KEY", GOOD[:-1], f"A secret of SECRET_KEY {SHORT}"),
    ("SECRET_KEY", f"   {GOOD[:-1]}   ", f"A secret of SECRET_KEY {SHORT}"),
    ("SECRET_KEY", " " * 40, "SECRET_KEY is not set."),
    ("SECRET_KEY", f"{GOOD},{GOOD}", "SECRET_KEY holds a comma. It is one secret"),
    ("SECRET_KEY", "ab" * 32, "A secret of SECRET_KEY repeats a few characters"),
    ("SECRET_KEY", PRACTICE_SECRET, "Put 50 random characters of your own there."),
    ("SECRET_KEY_FALLBACKS", f"{GOOD},old", "A secret of SECRET_KEY_FALLBACKS has 3 characters"),
    ("SECRET_KEY_FALLBACKS", PRACTICE_SECRET, "Put 50 random characters of your own there."),
    ("PRODUCT_KEY_SECRETS", GOOD[:-1], f"A secret of PRODUCT_KEY_SECRETS {SHORT}"),
    ("TRANSFER_SECRET", GOOD[:-1], f"A secret of TRANSFER_SECRET {SHORT}"),
    ("CELL", "1000", "CELL is 1000. Write a whole number from 0 to 999"),
    ("PRODUCT_KEY_SECRETS", f"{GOOD}, {GOOD[:-1]} ", f"A secret of PRODUCT_KEY_SECRETS {SHORT}"),
    ("PRODUCT_KEY_SECRETS", f"half of one,{GOOD}", "A comma ends a secret, so none can hold one."),
    ("PRODUCT_KEY_SECRETS", " \t ", "PRODUCT_KEY_SECRETS is not set."),
    ("PRODUCT_KEY_SECRETS", f"{GOOD},,{GOOD}", "PRODUCT_KEY_SECRETS has an empty part."),
    ("PRODUCT_KEY_SECRETS", f"{GOOD},{PRACTICE_SECRET}", "Put 50 random characters of your own"),
    ("DEMO", "on", OPEN_DEMO),
    ("DEBUG", "on", OPEN_DEMO),
    (
        "ALLOWED_HOSTS",
        "benefits.example.org,*",
        f"any host that fits *. Name the hosts that people use, {NAME_HOSTS}",
    ),
    (
        "ALLOWED_HOSTS",
        ".org",
        f"any host that fits .org. Name the hosts that people use, {NAME_HOSTS}",
    ),
    ("ALLOWED_HOSTS", "*.example.org", "any host that fits *.example.org."),
    ("ALLOWED_HOSTS", "https://benefits.example.org", "Leave out scheme, port and path"),
    ("ALLOWED_HOSTS", "benefits.example.org:8000", "Leave out scheme, port and path"),
    ("ALLOWED_HOSTS", "b\u00fcro.example", "write other letters as browsers do (xn--\u2026)"),
    ("ALLOWED_HOSTS", "", "ALLOWED_HOSTS is empty."),
    ("CSRF_TRUSTED_ORIGINS", "https://*", NO_SITE),
    ("CSRF_TRUSTED_ORIGINS", "https://benefits.example.org,https://*.example.org", NO_SITE),
    ("CSRF_TRUSTED_ORIGINS", "http://benefits.example.org", NO_SITE),
    ("CSRF_TRUSTED_ORIGINS", "https://benefits.example.org/", NO_SITE),
    ("CSRF_TRUSTED_ORIGINS", "https://", NO_SITE),
    ("CSRF_TRUSTED_ORIGINS", "null", NO_SITE),
    (
        "EMAIL_HOST",
        "smtp.example.org",
        "Set EMAIL_TLS=on, or send by a mail server on this machine",
    ),
    ("EMAIL_HOST", "10.0.0.5", "links to set a password would travel to 10.0.0.5"),
    *(
        (name, value, f"{name} is {value}. Write a whole number from {bounds}")
        for name, bounds, values in [
            ("SEARCHES_A_MINUTE", "1 to 10000, as in SEARCHES_A_MINUTE=120.", ["0", "-5", "10001"]),
            ("SESSION_MAX_AGE", "60 to 43200", ["0", "-1", "59", "43201", "9" * 18, "12h"]),
            ("TRUSTED_PROXIES", "0 to 10", ["-1", "one", "11", "1.0", "\u0661"]),
            ("LOCK_TIMEOUT", "1 to 600000", ["0", "-1", "2s"]),
            ("STATEMENT_TIMEOUT", "0 to 3600000", ["-1", "3600001"]),
            ("CONN_MAX_AGE", "0 to 86400", ["-1", "None"]),
            ("EMAIL_PORT", "1 to 65535", ["0", "65536", "smtp"]),
            ("KEEP_MAILS_DAYS", "0 to 36500", ["-1", "36501", "9" * 30]),
        ]
        for value in values
    ),
    *(
        (name, value, f"{name} is {value}. Write {name}=on or {name}=off.")
        for name, value in [
            ("HSTS_PRELOAD", "onn"),
            ("SECURE_SSL_REDIRECT", "ture"),
            ("EMAIL_TLS", "starttls"),
            ("DEBUG", "2"),
            ("PGBOUNCER", "maybe"),
        ]
    ),
    *(
        ("TIME_ZONE", zone, f"TIME_ZONE is {zone}, which is no time zone.")
        for zone in ["Europe/Amsterdm", "CEST+2", "Europe", "../etc/passwd", "/etc/passwd"]
    ),
    ("LOG_LEVEL", "LOUD", "LOG_LEVEL is LOUD. Write one of: DEBUG, INFO, WARNING, ERROR, CRIT"),
    ("LOG_LEVEL", "0", "LOG_LEVEL is 0. Write one of:"),
    *(
        ("DATABASE_URL", url, "DATABASE_URL leads to no PostgreSQL, which production runs on")
        for url in ["sqlite:///portal.sqlite3", "mysql://portal@localhost/portal"]
    ),
    ("DATABASE_URL", "portal", "DATABASE_URL is no URL of a database"),
    ("DATABASE_URL", "postgres://u:p@h:port/x", "DATABASE_URL is no URL of a database"),
    *(
        (name, url, f"{name} leads to {host} without TLS")
        for name, host, url in [
            ("DATABASE_URL", "10.0.0.11", "postgres://u:p@10.0.0.11/portal"),
            ("DATABASE_URL", "10.0.0.11", "postgres://u:p@10.0.0.11/portal?sslmode=disable"),
            ("DATABASE_URL", "10.0.0.11", "postgres://u:p@10.0.0.11/portal?sslmode=prefer"),
            ("DATABASE_URL", "10.0.0.11", "postgres://u:p@10.0.0.11/portal?sslmode=allow"),
            ("DATABASE_URL", "db.example", "postgres://u:p@/portal?host=db.example"),
            ("DATABASE_URL", "10.0.0.13", "postgres://u:p@localhost:5432,10.0.0.13:5432/portal"),
            ("DATABASE_URL", "2001:db8::5", "postgres://u:p@[2001:db8::5]/portal"),
            ("REPLICA_URL", "10.0.0.12", "postgres://u:p@10.0.0.12/portal"),
        ]
    ),
    ("REPLICA_URL", "sqlite:///portal.sqlite3", "REPLICA_URL leads to no PostgreSQL"),
    ("METRICS_FROM", "0.0.0.0/0", "METRICS_FROM lets everybody ask, as 0.0.0.0/0."),
    *(
        ("METRICS_FROM", networks, "METRICS_FROM holds what is no IP address and no network.")
        for networks in ["prometheus.example.org", "10.0.0.5,", "10.0.0.5/24", "on"]
    ),
]


@pytest.fixture
def read_settings(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Reads settings.py as at a start, with production's environment but for what is given.

    None is not set.
    """

    def read(**environment: str | None) -> dict[str, Any]:
        with monkeypatch.context() as patch:
            patch.setattr(Env, "ENVIRON", EnvironmentOrFile())  # no file was read yet
            for name in os.environ:
                patch.delenv(name)
            for name, value in (PRODUCTION | environment).items():
                if value is not None:
                    patch.setenv(name, value)
            return runpy.run_path(str(ROOT / "benefits_portal" / "settings.py"))

    return read


@pytest.mark.parametrize("missing", ["SECRET_KEY", "PRODUCT_KEY_SECRETS", "DATABASE_URL"])
def test_what_is_missing_is_named_with_the_way_to_repair_it(
    read_settings: Callable[..., dict[str, Any]], missing: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=rf"{missing} is not set\..*manage\.py demo"):
        read_settings(**{missing: None})


def warned_of(settings: Settings, read: dict[str, Any]) -> list[str | None]:
    """What `check --deploy --fail-level WARNING` would fail for with the settings `read`.

    Only checks that settings can change; a whole `check --deploy` is tried above.
    """
    for name, value in read.items():
        if name.isupper() and name not in ("INSTALLED_APPS", "DATABASES"):
            setattr(settings, name, value)
    found = run_checks(tags=["security", "startup"], include_deployment_checks=True)
    return [one.id for one in found if one.level >= WARNING and not one.is_silenced()]


@pytest.mark.parametrize(
    "chosen",
    [
        {"HSTS_PRELOAD": "off"},
        {"HSTS_PRELOAD": "off", "HSTS_INCLUDE_SUBDOMAINS": "off"},
        {"SECURE_SSL_REDIRECT": "off", "TRUSTED_PROXIES": "1"},
        {"SECRET_KEY": GOOD, "SECRET_KEY_FALLBACKS": TURNED},
    ],
    ids=["no preload", "no subdomains", "a proxy redirects", "secrets of 32 characters"],
)
def test_what_an_operator_chose_by_a_documented_setting_can_be_installed(
    settings: Settings, read_settings: Callable[..., dict[str, Any]], chosen: dict[str, str]
) -> None:
    assert warned_of(settings, read_settings(**chosen)) == []


def test_a_secret_key_that_came_with_a_new_project_cannot_be_installed(
    settings: Settings, read_settings: Callable[..., dict[str, Any]]
) -> None:
    made_up = {"SECRET_KEY": f"django-insecure-{'0123456789abcdef' * 4}"}
    assert warned_of(settings, read_settings(**made_up)) == ["security.W009"]


@pytest.mark.parametrize(("name", "value", "repair"), REFUSED)
def test_what_would_leave_the_doors_open_does_not_start(
    read_settings: Callable[..., dict[str, Any]], name: str, value: str, repair: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=re.escape(repair)):
        read_settings(**{name: value})


POSTGRESQL: dict[str, Any] = {"ENGINE": "benefits_portal.postgresql", "OPTIONS": {}}
# What `manage.py check` says: the id, and each setting that has it.
LISTED: dict[str, dict[str, Any]] = {
    "E001": {"SECRET_KEY": f"{GOOD},{TURNED}"},
    "E002": {"PRODUCT_KEY_SECRETS": [GOOD, "", TURNED]},
    "E003": {"SECRET_KEY_FALLBACKS": [GOOD[:-1]]},
    "E004": {"SECRET_KEY": "ab" * 32},
    "E005": {"PRODUCT_KEY_SECRETS": [PRACTICE_SECRET]},
    "E006": {"IS_LOCAL": True},
    "E007": {"ALLOWED_HOSTS": []},
    "E008": {"ALLOWED_HOSTS": [".example.org"]},
    "E009": {"ALLOWED_HOSTS": ["benefits.example.org:8000"]},
    "E010": {"CSRF_TRUSTED_ORIGINS": ["https://*"]},
    "E011": {"MAILERS": {"default": {"OPTIONS": {"host": "10.0.0.5", "use_tls": False}}}},
    "E012": {"DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3"}}},
    "E013": {"DATABASES": {"replica": POSTGRESQL | {"HOST": "10.0.0.12"}}},
    "E014": {"METRICS_FROM": [ip_network("::/0")]},
    "E015": {"PLAIN_HTTP": True},
}


def found_in(values: dict[str, Any]) -> list[CheckMessage]:
    settings = SimpleNamespace(**values)
    return [found for check in CHECKS for found in check(settings)]


def test_a_portal_for_classes_is_as_closed_as_production(
    read_settings: Callable[..., dict[str, Any]],
) -> None:
    read = read_settings(DEMO="classes")

    assert found_in(read) == []
    assert (read["DEMO"], read["IS_LOCAL"], read["SESSION_COOKIE_SECURE"]) == (True, False, True)
    assert read["MAILERS"]["default"]["BACKEND"].startswith("benefits_portal.practice")


@pytest.mark.parametrize(
    ("hosts", "is_fine"),
    [("192.168.1.20,trainer.local", True), ("192.168.1.20,benefits.example.org", False)],
)
def test_classes_without_tls_stay_in_a_network_of_ones_own(
    read_settings: Callable[..., dict[str, Any]], hosts: str, is_fine: bool
) -> None:
    read = read_settings(DEMO="classes") | {
        "PLAIN_HTTP": True,
        "ALLOWED_HOSTS": hosts.split(","),
    }

    assert [found.id for found in found_in(read)] == ([] if is_fine else ["benefits_portal.E015"])


@pytest.mark.parametrize("number", LISTED)
def test_each_fault_of_the_settings_has_an_id_and_a_hint(
    read_settings: Callable[..., dict[str, Any]], number: str
) -> None:
    read = read_settings()
    assert found_in(read) == []
    (found,) = found_in(read | LISTED[number])
    assert (found.id, found.level) == (f"benefits_portal.{number}", ERROR)
    assert found.hint


def test_the_checks_are_django_s_own_system_checks(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    assert run_checks(tags=["startup"]) == []
    settings.CSRF_TRUSTED_ORIGINS = ["https://*"]
    for tag in ("startup", "security"):
        found = [message.id for message in run_checks(tags=[tag])]
        assert found == ["benefits_portal.E010"]


def test_the_page_of_settings_has_every_id_that_a_check_can_give() -> None:
    code = (ROOT / "benefits_portal" / "startup_checks.py").read_text()
    page = (ROOT / "docs" / "settings.md").read_text()
    numbers = [f"E{int(number):03}" for number in re.findall(r"fault\(\s*(\d+),", code)]
    assert sorted(numbers) == sorted(LISTED)
    assert re.findall(r"^\| `benefits_portal\.(E\d+)` \|", page, re.MULTILINE) == sorted(LISTED)


ASK_SETTINGS = "from django.conf import settings; print(settings.SECRET_KEY)"
OPEN = {"ALLOWED_HOSTS": "*,a:1", "SECRET_KEY": "short"}


@pytest.mark.slow
def test_check_lists_every_fault_with_its_hint() -> None:
    checked = manage("check", "--deploy", **PRODUCTION | OPEN)
    ids = re.findall(r"\(benefits_portal\.(E\d+)\)", checked.stderr)
    assert (checked.returncode, sorted(ids)) == (1, ["E003", "E008", "E009"])
    assert "HINT: Name the hosts that people use" in checked.stderr
    assert "Traceback" not in checked.stderr


STARTS = {
    "shell": ["manage.py", "shell", "--no-imports", "-c", ASK_SETTINGS],
    "migrate": ["manage.py", "migrate", "--check"],
    "gunicorn": ["-m", "gunicorn", "benefits_portal.wsgi", "--bind", "127.0.0.1:0"],
    "any WSGI server": ["-c", "import benefits_portal.wsgi"],
}
STOPPED = {
    "open": (OPEN, "A secret of SECRET_KEY has 5 characters; fewer than 32 can be guessed."),
    "missing": ({"DATABASE_URL": ""}, "DATABASE_URL is not set."),
}
STOPS = [*product(STARTS, STOPPED)]
IN_CI = covering(STOPS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "reason"),
    [pytest.param(*stop, marks=[] if stop in IN_CI else pytest.mark.release) for stop in STOPS],
)
def test_every_start_stops_with_one_sentence(start: str, reason: str) -> None:
    environment, sentence = STOPPED[reason]
    stopped = subprocess.run(
        [sys.executable, *STARTS[start]],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | PRODUCTION | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert stopped.stderr.startswith(sentence), stopped.stderr
    assert (stopped.returncode, stopped.stdout, stopped.stderr.count("\n")) == (1, "", 1)


@pytest.mark.parametrize(
    ("environment", "repair"),
    [
        ({"ALLOWED_HOSTS": "*"}, OPEN_DEMO),
        ({"ALLOWED_HOSTS": ".localhost"}, OPEN_DEMO),
        ({"CSRF_TRUSTED_ORIGINS": "https://*"}, NO_SITE),
        ({"CSRF_TRUSTED_ORIGINS": "http://*.example"}, NO_SITE),
        ({"TRUSTED_PROXIES": "1"}, "leave ALLOWED_HOSTS and TRUSTED_PROXIES out for a demo"),
        ({"SECRET_KEY": "short"}, "A secret of SECRET_KEY has 5 characters"),
    ],
)
def test_a_demo_trusts_no_other_site_and_answers_no_other_host(
    read_settings: Callable[..., dict[str, Any]], environment: dict[str, str], repair: str
) -> None:
    local = {"DEMO": "on", "ALLOWED_HOSTS": "localhost"}
    assert read_settings(**local)["IS_LOCAL"]
    with pytest.raises(ImproperlyConfigured, match=re.escape(repair)):
        read_settings(**local | environment)


@pytest.mark.parametrize(
    ("environment", "name", "read"),
    [
        ({"SECRET_KEY": f" {GOOD} "}, "SECRET_KEY", GOOD),
        ({"SECRET_KEY_FALLBACKS": f"{TURNED}, {GOOD}"}, "SECRET_KEY_FALLBACKS", [TURNED, GOOD]),
        ({"PRODUCT_KEY_SECRETS": f"{GOOD} ,{TURNED}\t"}, "PRODUCT_KEY_SECRETS", [GOOD, TURNED]),
        (
            {"ALLOWED_HOSTS": "[::1],xn--bro-hoa.example"},
            "ALLOWED_HOSTS",
            ["[::1]", "xn--bro-hoa.example"],
        ),
        (
            {"CSRF_TRUSTED_ORIGINS": "https://a.example:8443"},
            "CSRF_TRUSTED_ORIGINS",
            ["https://a.example:8443"],
        ),
        ({"EMAIL_HOST": "smtp.example.org", "EMAIL_TLS": "on"}, "IS_LOCAL", False),
        ({"EMAIL_HOST": "127.0.0.1"}, "IS_LOCAL", False),
        ({"SESSION_MAX_AGE": " 60 "}, "SESSION_MAX_AGE", 60),
        ({"SESSION_MAX_AGE": "43200"}, "SESSION_MAX_AGE", 43_200),
        ({"SEARCHES_A_MINUTE": "1"}, "SEARCHES_A_MINUTE", 1),
        ({"TRUSTED_PROXIES": ""}, "TRUSTED_PROXIES", 0),
        ({"TIME_ZONE": ""}, "TIME_ZONE", "UTC"),
        ({"LOG_LEVEL": " "}, "LOG_LEVEL", "WARNING"),
        ({"STATEMENT_TIMEOUT": "0"}, "STATEMENT_TIMEOUT", 0),
        ({"TIME_ZONE": "America/Argentina/Ushuaia"}, "TIME_ZONE", "America/Argentina/Ushuaia"),
        ({"LOG_LEVEL": "info"}, "LOG_LEVEL", "INFO"),
        ({"HSTS_PRELOAD": "No"}, "SECURE_HSTS_PRELOAD", False),
        ({"HSTS_PRELOAD": ""}, "SECURE_HSTS_PRELOAD", True),
        *(
            ({"DATABASE_URL": f"postgres://u:p@{place}"} | more, "IS_LOCAL", False)
            for place, more in [
                ("10.0.0.11/portal?sslmode=require", {}),
                ("10.0.0.11:5432,10.0.0.13:5432/portal?sslmode=verify-full", {}),
                ("/portal?host=/var/run/postgresql", {}),
                ("127.0.0.1:6432/portal", {"PGBOUNCER": "on"}),
                ("[::1]/portal", {}),
                ("localhost/portal", {}),
                ("database/portal", {"DATABASE_TLS": "off"}),
            ]
        ),
    ],
)
def test_settings_that_name_what_they_let_in_are_read(
    read_settings: Callable[..., dict[str, Any]],
    environment: dict[str, str],
    name: str,
    read: object,
) -> None:
    assert read_settings(**environment)[name] == read


@pytest.mark.parametrize(
    ("environment", "silenced"),
    [
        ({}, set()),
        ({"HSTS_PRELOAD": "off"}, {"security.W021"}),
        ({"HSTS_INCLUDE_SUBDOMAINS": "off"}, {"security.W005"}),
        ({"SECURE_SSL_REDIRECT": "off"}, {"security.W008"}),
    ],
)
def test_only_warnings_about_what_is_off_on_purpose_are_silenced(
    read_settings: Callable[..., dict[str, Any]], environment: dict[str, str], silenced: set[str]
) -> None:
    lengths = {"security.W009", "security.W025"}  # of secrets, which the portal judges itself
    assert {*read_settings(**environment)["SILENCED_SYSTEM_CHECKS"]} == silenced | lengths


def test_every_page_of_health_is_told_over_plain_http(
    read_settings: Callable[..., dict[str, Any]],
) -> None:
    exempt = read_settings()["SECURE_REDIRECT_EXEMPT"]
    asked = {*HEALTH, "/", "/healthz/", "/healthz/mail/", "/sign-in/"}
    assert {url for url in asked if any(re.search(one, url[1:]) for one in exempt)} == HEALTH


YEAR = 31_536_000  # seconds


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, (None, YEAR, True, True)),
        ({"TRUSTED_PROXIES": "1"}, (("HTTP_X_FORWARDED_PROTO", "https"), YEAR, True, True)),
        (
            {"HSTS_INCLUDE_SUBDOMAINS": "off", "HSTS_PRELOAD": "off"},
            (None, YEAR, False, False),
        ),
    ],
    ids=["by default", "behind a proxy", "subdomains and preload off"],
)
def test_a_proxy_is_believed_and_hsts_goes_as_far_as_the_environment_says(
    read_settings: Callable[..., dict[str, Any]],
    environment: dict[str, str],
    said: tuple[Any, ...],
) -> None:
    read = read_settings(**environment)
    assert said == (
        read.get("SECURE_PROXY_SSL_HEADER"),
        read["SECURE_HSTS_SECONDS"],
        read["SECURE_HSTS_INCLUDE_SUBDOMAINS"],
        read["SECURE_HSTS_PRELOAD"],
    )


COOKIES = ["sessionid", "csrftoken", "django_language", "theme", "written", "messages"]


@pytest.mark.slow
def test_outside_of_a_demo_every_cookie_is_of_this_host_alone() -> None:
    names = (
        "from django.conf import settings as s; from benefits_portal import message_storage, "
        "replica, views; print(s.SESSION_COOKIE_NAME, "
        "s.CSRF_COOKIE_NAME, s.LANGUAGE_COOKIE_NAME, views.THEME_COOKIE, replica.COOKIE, "
        "message_storage.HostCookieStorage.cookie_name)"
    )
    shell = manage("shell", "--no-imports", "-c", names, **PRODUCTION)
    assert shell.stdout.split() == [f"__Host-{name}" for name in COOKIES], shell.stderr


def test_in_a_demo_cookies_have_their_plain_names(settings: Settings) -> None:
    assert settings.DEMO
    assert [
        settings.SESSION_COOKIE_NAME,
        settings.CSRF_COOKIE_NAME,
        settings.LANGUAGE_COOKIE_NAME,
        views.THEME_COOKIE,
        replica.COOKIE,
        message_storage.HostCookieStorage.cookie_name,
    ] == COOKIES


def test_a_secret_is_read_from_a_file_without_the_line_break_at_its_end(
    read_settings: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    secrets = {
        "SECRET_KEY": GOOD,
        "PRODUCT_KEY_SECRETS": f"{GOOD},{TURNED}",
        "DATABASE_PASSWORD": "p@ss/w:rd#",
    }
    for name, value in secrets.items():
        (tmp_path / name).write_text(value + "\n")
    files = {f"{name}_FILE": str(tmp_path / name) for name in secrets}
    read = read_settings(SECRET_KEY="the file counts", **files)
    assert (read["SECRET_KEY"], read["PRODUCT_KEY_SECRETS"]) == (GOOD, [GOOD, TURNED])
    assert read["DATABASES"]["default"]["PASSWORD"] == "p@ss/w:rd#"


def test_a_secret_s_missing_file_is_named_with_the_way_to_repair_it(
    read_settings: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    path = tmp_path / "none"
    repair = f"SECRET_KEY_FILE is {path}, which cannot be read as text. Create that file"
    with pytest.raises(ImproperlyConfigured, match=re.escape(repair)):
        read_settings(SECRET_KEY_FILE=str(path))


def test_the_example_of_settings_has_only_settings_and_no_secret() -> None:
    pairs = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    documented = set(
        re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE)
    )
    assert set(pairs) - documented == {"WEB_CONCURRENCY"}
    assert (pairs["SECRET_KEY"], pairs["PRODUCT_KEY_SECRETS"], pairs["EMAIL_PASSWORD"]) == (
        "",
        "",
        "",
    )
    assert int(pairs["WEB_CONCURRENCY"]) > 1


def test_mail_is_sent_as_the_environment_says(
    read_settings: Callable[..., dict[str, Any]],
) -> None:
    read = read_settings(
        EMAIL_HOST="smtp.example.org",
        EMAIL_PORT="587",
        EMAIL_TLS="on",
        EMAIL_FROM="benefits@example.org",
    )
    options = read["MAILERS"]["default"]["OPTIONS"]
    assert (options["host"], options["port"], options["use_tls"], read["DEFAULT_FROM_EMAIL"]) == (
        "smtp.example.org",
        587,
        True,
        "benefits@example.org",
    )


def test_the_page_of_settings_has_every_one_with_the_default_of_the_code() -> None:
    settings = "".join(
        (ROOT / "benefits_portal" / name).read_text() for name in ("settings.py", "retention.py")
    )
    read = dict(
        re.findall(r'env\.\w+\(\s*"([A-Z_]+)"(?:, default=(\d[\d_]*|True|False)?)?', settings)
    )
    read |= dict.fromkeys(re.findall(r'secret\("([A-Z_]+)"\)', settings), "")
    output = dict(
        re.findall(
            r"^\| `([A-Z_]+)` \| ([^|]*) \|",
            (ROOT / "docs" / "settings.md").read_text(),
            re.MULTILINE,
        )
    )
    assert set(output) == set(read)
    said = {"True": "on", "False": "off"}
    assert {
        name: output[name].partition("`")[2].partition("`")[0] for name in read if read[name]
    } == {
        name: said.get(default, default.replace("_", ""))
        for name, default in read.items()
        if default
    }


def test_gunicorn_knows_every_setting_of_its_configuration_each_once() -> None:
    names = re.findall(r"^(\w+) = ", (ROOT / "gunicorn.conf.py").read_text(), re.MULTILINE)
    assert [name for name in names if name not in Config().settings or names.count(name) > 1] == []
