"""The drill `classroom` in small: robots join a class and do exercises over HTTP (T1, T7)."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.simultaneous import IS_POSTGRES

PROJECT = Path(__file__).parents[2]


@pytest.mark.release
@pytest.mark.skipif(not IS_POSTGRES, reason="robots join on a PostgreSQL")
def test_robots_do_exercises_while_one_room_is_started_over() -> None:
    few = ["robots=5", "within=5", "think=0.2", "limit=60"]
    command = [sys.executable, "-m", "drills", "classroom", *few]
    drill = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert drill.returncode == 0, drill.stdout + drill.stderr
