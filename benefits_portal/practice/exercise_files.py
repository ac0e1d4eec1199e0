"""Where exercises are: a file for each, named for its slug."""

from functools import cache
from pathlib import Path

from django.conf import settings

FOLDER: Path = settings.BASE_DIR / "fixtures" / "exercises"


@cache
def slugs() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def every_slug() -> list[str]:
    """What a class has unless its trainer chooses."""
    return list(slugs())
