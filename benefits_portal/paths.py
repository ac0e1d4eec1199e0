"""URLs of rows' pages without a `reverse` for each: they differ only in the primary key."""

from functools import lru_cache

from django.urls import get_script_prefix, reverse


def path_of(page: str, pk: int) -> str:
    """The same as `reverse(page, args=[pk])`, which takes as long as rendering a row."""
    return _of_pk_0(page, get_script_prefix()).replace("/0/", f"/{pk}/")


@lru_cache
def _of_pk_0(page: str, _script_prefix: str) -> str:
    return reverse(page, args=[0])
