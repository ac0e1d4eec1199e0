"""deploy/portal: manage.py with /etc/benefits-portal.env, read as systemd reads it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
SETTINGS = """\
# SECRET_KEY=of a comment
SECRET_KEY=a$HOME`id`"b
PRODUCT_KEY_SECRETS="two words, and more"
TIME_ZONE='Europe/Amsterdam'
ALLOWED_HOSTS=
EMAIL_FROM=a=b#c
no setting at all
LOCK_TIMEOUT=2000"""


@pytest.fixture
def portal(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """A version whose manage.py tells what it was given.

    It is called through a link, as /usr/local/sbin has one.
    """
    version = tmp_path / "version"
    (version / ".venv" / "bin").mkdir(parents=True)
    (version / "deploy").mkdir()
    shutil.copy(DEPLOY / "portal", version / "deploy")
    (version / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (version / "manage.py").write_text(
        "import json, os, sys; print(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]))"
    )
    (tmp_path / "portal").symlink_to(version / "deploy" / "portal")
    (tmp_path / "settings").write_text(SETTINGS)

    def run(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
        known = {
            "PATH": os.environ["PATH"],
            "PORTAL_SETTINGS": str(tmp_path / "settings"),
            "PORTAL_USER": "root",
            **env,
        }
        return subprocess.run(
            [tmp_path / "portal", *words], env=known, capture_output=True, text=True, check=False
        )

    return run


def test_a_command_gets_the_settings_to_the_letter(
    portal: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    words, folder, known = json.loads(portal("migrate", "--plan", "an argument").stdout)
    assert (words, folder) == (["migrate", "--plan", "an argument"], str(tmp_path / "version"))
    names = (
        "SECRET_KEY",
        "PRODUCT_KEY_SECRETS",
        "TIME_ZONE",
        "ALLOWED_HOSTS",
        "EMAIL_FROM",
        "LOCK_TIMEOUT",
    )
    assert [known[name] for name in names] == [
        'a$HOME`id`"b',
        "two words, and more",
        "Europe/Amsterdam",
        "",
        "a=b#c",
        "2000",
    ]


def test_a_setting_before_the_command_counts_not_the_caller_s_environment(
    portal: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    words, _, known = json.loads(
        portal("LOCK_TIMEOUT=900", "migrate", "X=1", LOCK_TIMEOUT="7", TIME_ZONE="UTC").stdout
    )
    assert (words, known["LOCK_TIMEOUT"], known["TIME_ZONE"]) == (
        ["migrate", "X=1"],
        "900",
        "Europe/Amsterdam",
    )


def test_settings_that_cannot_be_read_are_told_with_the_way_to_them(
    portal: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    refused = portal("check", PORTAL_SETTINGS="/nowhere")
    assert (refused.returncode, refused.stderr) == (
        1,
        "/nowhere cannot be read: run this as root, or set PORTAL_SETTINGS.\n",
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_a_command_is_run_as_the_portal_s_user(
    portal: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "version" / "manage.py").write_text("import os; print(os.geteuid())")
    python = tmp_path / "version" / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/usr/bin/python3")  # which everybody may run
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.stat().st_uid == 0 and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    (tmp_path / "version").chmod(0o755)
    done = portal("x", PORTAL_USER="nobody")
    assert (done.stderr, done.stdout) == ("", "65534\n")
