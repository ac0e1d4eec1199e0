#!/usr/bin/env python
"""Django's command line. `manage.py demo` is the whole practice portal in one command."""

import os
import sys

ON = {"1", "on", "true", "yes", "y", "ok", "classes"}  # what settings take for on


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benefits_portal.settings")
    if sys.argv[1:2] == ["demo"]:
        demo = os.environ.setdefault("DEMO", "on")  # so that the demo needs no configuration at all
        if demo.lower() not in ON:
            sys.exit(
                "DEMO is off. The demo's open doors are for practice only: set DEMO=on, or "
                "leave it out."
            )
    from django.core.exceptions import ImproperlyConfigured

    from benefits_portal.commands import PortalManagement

    try:
        PortalManagement(sys.argv).execute()
    except ImproperlyConfigured as problem:  # it says what to set, and how
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
