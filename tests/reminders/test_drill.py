"""The drill of reminders, small: real processes, a real database, a real mail server (R5, R6)."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.properties import BEFORE_A_RELEASE

PROJECT = Path(__file__).parents[2]
pytestmark = [pytest.mark.rule("R5", "R6"), *BEFORE_A_RELEASE]


def test_runs_missed_doubled_together_and_killed_tell_each_thing_once() -> None:
    command = [sys.executable, "-m", "drills", "reminders", "partners=4", "kills=6"]
    drill = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert drill.returncode == 0, drill.stdout + drill.stderr
    assert "faults: none" in drill.stdout
