"""Silence warnings of `check --deploy` about what a documented setting turns off on purpose.

`deploy/install-version` refuses to install if any other warning is left.
"""

from collections.abc import Iterable

from django.core.checks.security.base import SECRET_KEY_INSECURE_PREFIX


def silenced(
    *, subdomains: bool, redirect: bool, preload: bool, secrets: Iterable[str]
) -> list[str]:
    """The IDs of the warnings to silence.

    Django wants secrets of 50 characters; ours are random, so 32 are enough (startup_checks.py).
    """
    is_made_up = any(secret.startswith(SECRET_KEY_INSECURE_PREFIX) for secret in secrets)
    is_asked = {
        "security.W005": subdomains,
        "security.W008": redirect,
        "security.W009": is_made_up,
        "security.W021": preload,
        "security.W025": is_made_up,
    }
    return [warning for warning, is_wanted in is_asked.items() if not is_wanted]
