"""Numbers as people read them. Only here are digits grouped: what a template writes as it is, an id say, stays as it is."""

from django.utils.formats import number_format


def number(value: int) -> str:
    """12,345 or 12.345, as the current language groups digits."""
    return number_format(value, use_l10n=True, force_grouping=True)
