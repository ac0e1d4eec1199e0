"""Addresses of the pages of rows: a list has hundreds, which differ in a number."""

from functools import lru_cache

from django.urls import get_script_prefix, reverse


def path_of(page: str, pk: int) -> str:
    """As `reverse` finds it, which takes as long as writing the row."""
    return _of_number_0(page, get_script_prefix()).replace("/0/", f"/{pk}/")


@lru_cache
def _of_number_0(page: str, _script_prefix: str) -> str:
    return reverse(page, args=[0])
