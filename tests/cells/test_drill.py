"""The drill `cells` in small: a partner is moved between two portals while somebody redeems."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.simultaneous import IS_POSTGRES

PROJECT = Path(__file__).parents[2]


@pytest.mark.release
@pytest.mark.rule("C1", "C2", "C3")
@pytest.mark.skipif(not IS_POSTGRES, reason="partners are moved between PostgreSQLs")
def test_a_partner_is_moved_while_its_people_redeem() -> None:
    command = [sys.executable, "-m", "drills", "cells", "people=1", "keys=90", "rows=200"]
    drill = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert drill.returncode == 0, drill.stdout + drill.stderr
