"""What `manage.py check_consistency` finds, for every test that lets many things happen."""

from django.db import models

from benefits_portal.licensing.consistency import CHECKS

UNGUARDED = {"no_row_locks", "unguarded_claim"}  # fixtures that switch a guard off: what it guards is at fault then


def findings() -> dict[type[models.Model], list[str]]:
    """What was found, by model: how many, and of what."""
    found: dict[type[models.Model], list[str]] = {}
    for check in CHECKS:
        if finding := check.run():
            found.setdefault(check.model, []).append(f"{finding.count} {check.fault}")
    return found
