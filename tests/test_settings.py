"""Settings that cannot serve are refused at the start, with the way to repair them; production's pass Django's own checks."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from gunicorn.config import Config

from benefits_portal.settings import PRACTICE_SECRET

ROOT = Path(__file__).parent.parent
PRODUCTION = {
    "SECRET_KEY": "0123456789abcdef" * 4,
    "PRODUCT_KEY_SECRETS": "another secret of some length",
    "DATABASE_URL": os.environ["DATABASE_URL"],  # the tests' own: Django asks it what a generated column may be
    "ALLOWED_HOSTS": "benefits.example.org",
    "DEMO": "off",
    "DEBUG": "off",
}


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False)


def test_production_passes_every_deployment_check() -> None:
    checked = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("missing", ["SECRET_KEY", "PRODUCT_KEY_SECRETS", "DATABASE_URL"])
def test_what_is_missing_is_named_with_the_way_to_repair_it(missing: str) -> None:
    refused = manage("check", **{name: value for name, value in PRODUCTION.items() if name != missing})
    assert refused.returncode != 0
    assert f"{missing} is not set." in refused.stderr
    assert "manage.py demo" in refused.stderr


def test_a_product_key_secret_is_never_empty() -> None:
    refused = manage("check", **PRODUCTION | {"PRODUCT_KEY_SECRETS": "the current one,,a retired one"})
    assert "PRODUCT_KEY_SECRETS has an empty part." in refused.stderr


@pytest.mark.parametrize(
    ("environment", "repair"),
    [
        ({"DEMO": "on"}, "DEMO or DEBUG is on, and ALLOWED_HOSTS or TRUSTED_PROXIES lets others in"),
        ({"DEBUG": "on"}, "DEMO or DEBUG is on, and ALLOWED_HOSTS or TRUSTED_PROXIES lets others in"),
        ({"DEMO": "on", "ALLOWED_HOSTS": "localhost", "TRUSTED_PROXIES": "1"}, "leave ALLOWED_HOSTS and TRUSTED_PROXIES out for a demo"),
        ({"SECRET_KEY": PRACTICE_SECRET}, "Put 50 random characters of your own there."),
        ({"PRODUCT_KEY_SECRETS": f"a good one,{PRACTICE_SECRET}"}, "Put 50 random characters of your own there."),
        ({"ALLOWED_HOSTS": "benefits.example.org,*"}, "as in ALLOWED_HOSTS=benefits.example.org."),
    ],
)
def test_what_would_leave_the_doors_open_does_not_start(environment: dict[str, str], repair: str) -> None:
    refused = subprocess.run(
        [sys.executable, "-c", "import benefits_portal.settings"],
        cwd=ROOT,
        env=PRODUCTION | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode != 0
    assert repair in refused.stderr


SAID = "; ".join(
    f"print(settings.{name})"
    for name in ("SECURE_PROXY_SSL_HEADER", "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD")
)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, ["None", "31536000", "True", "True"]),
        ({"TRUSTED_PROXIES": "1"}, ["('HTTP_X_FORWARDED_PROTO', 'https')", "31536000", "True", "True"]),
        ({"HSTS_INCLUDE_SUBDOMAINS": "off", "HSTS_PRELOAD": "off"}, ["None", "31536000", "False", "False"]),
    ],
    ids=["by default", "behind a proxy", "subdomains and preload off"],
)
def test_a_proxy_is_believed_and_hsts_goes_only_as_far_as_the_environment_says(environment: dict[str, str], said: list[str]) -> None:
    shell = manage("shell", "--no-imports", "-c", f"from django.conf import settings; {SAID}", **PRODUCTION | environment)
    assert shell.stdout.split("\n")[:-1] == said, shell.stderr


@pytest.mark.parametrize(("environment", "prefix"), [({}, "__Host-"), ({"DEMO": "on", "ALLOWED_HOSTS": "localhost"}, "")])
def test_outside_of_a_demo_every_cookie_is_of_this_host_alone(environment: dict[str, str], prefix: str) -> None:
    names = (
        "from django.conf import settings as s; from benefits_portal import message_storage, replica, views; print(s.SESSION_COOKIE_NAME, "
        "s.CSRF_COOKIE_NAME, s.LANGUAGE_COOKIE_NAME, views.THEME_COOKIE, replica.COOKIE, message_storage.HostCookieStorage.cookie_name)"
    )
    shell = manage("shell", "--no-imports", "-c", names, **PRODUCTION | environment)
    plain = ["sessionid", "csrftoken", "django_language", "theme", "written", "messages"]
    assert shell.stdout.split() == [prefix + name for name in plain], shell.stderr


def test_a_secret_is_read_from_a_file_without_the_line_break_at_its_end(tmp_path: Path) -> None:
    said = "from django.conf import settings as s; print([s.SECRET_KEY, s.PRODUCT_KEY_SECRETS, s.DATABASES['default']['PASSWORD']])"
    secrets = {"SECRET_KEY": "0123456789abcdef" * 4, "PRODUCT_KEY_SECRETS": "one,two", "DATABASE_PASSWORD": "p@ss/w:rd#"}
    for name, value in secrets.items():
        (tmp_path / name).write_text(value + "\n")
    files = {f"{name}_FILE": str(tmp_path / name) for name in secrets}
    told = manage("shell", "--no-imports", "-c", said, **PRODUCTION | {"SECRET_KEY": "the file counts"} | files)
    assert told.stdout == f"{[secrets['SECRET_KEY'], ['one', 'two'], 'p@ss/w:rd#']}\n", told.stderr


def test_a_file_of_a_secret_that_is_not_there_is_named_with_the_way_to_repair_it(tmp_path: Path) -> None:
    refused = manage("check", **PRODUCTION | {"SECRET_KEY_FILE": str(tmp_path / "none")})
    assert refused.returncode != 0
    assert f"SECRET_KEY_FILE is {tmp_path}/none, which cannot be read as text. Create that file" in refused.stderr


def test_the_example_of_settings_has_only_settings_and_no_secret() -> None:
    pairs = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
    assert set(pairs) - documented == {"WEB_CONCURRENCY"}
    assert (pairs["SECRET_KEY"], pairs["PRODUCT_KEY_SECRETS"], pairs["EMAIL_PASSWORD"]) == ("", "", "")
    assert int(pairs["WEB_CONCURRENCY"]) > 1


def test_mail_is_sent_as_the_environment_says() -> None:
    said = "from django.conf import settings; print(settings.MAILERS['default'], settings.DEFAULT_FROM_EMAIL)"
    mail = {"EMAIL_HOST": "smtp.example.org", "EMAIL_PORT": "587", "EMAIL_TLS": "on", "EMAIL_FROM": "benefits@example.org"}
    told = manage("shell", "--no-imports", "-c", said, **PRODUCTION | mail).stdout
    assert all(part in told for part in ("'host': 'smtp.example.org'", "'port': 587", "'use_tls': True", " benefits@example.org"))


def test_the_page_of_settings_has_every_one_with_the_default_that_the_code_has() -> None:
    settings = "".join((ROOT / "benefits_portal" / name).read_text() for name in ("settings.py", "retention.py"))
    read = dict(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"(?:, default=(\d[\d_]*|True|False)?)?', settings))
    read |= dict.fromkeys(re.findall(r'secret\("([A-Z_]+)"\)', settings), "")
    told = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]*) \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
    assert set(told) == set(read)
    said = {"True": "on", "False": "off"}
    assert {name: told[name].partition("`")[2].partition("`")[0] for name in read if read[name]} == {
        name: said.get(default, default.replace("_", "")) for name, default in read.items() if default
    }


def test_gunicorn_knows_every_setting_of_its_configuration_and_each_stands_there_once() -> None:
    names = re.findall(r"^(\w+) = ", (ROOT / "gunicorn.conf.py").read_text(), re.MULTILINE)
    assert [name for name in names if name not in Config().settings or names.count(name) > 1] == []
