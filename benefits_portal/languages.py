"""The languages of the portal."""

from pathlib import Path

from django.conf.locale import LANG_INFO
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, to_language


def languages(folder: Path) -> list[tuple[str, Promise]]:
    """Codes and names of English, the language of the sources, and of all catalogs in `folder`."""
    codes = sorted(
        to_language(catalog.parents[1].name) for catalog in folder.glob("*/LC_MESSAGES/django.mo")
    )
    return [(code, gettext_lazy(str(LANG_INFO[code]["name"]))) for code in ["en", *codes]]
