"""The files of exercises: one for each, named after its slug."""

from functools import cache
from pathlib import Path

from django.conf import settings

FOLDER: Path = settings.BASE_DIR / "fixtures" / "exercises"


@cache
def slugs() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def every_slug() -> list[str]:
    """All slugs: the default exercises of a class."""
    return list(slugs())
