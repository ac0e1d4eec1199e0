#!/usr/bin/env python
"""Django's command line. `manage.py demo` is the whole practice portal in one command."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benefits_portal.settings")
    if sys.argv[1:2] == ["demo"]:
        os.environ.setdefault("DEMO", "on")  # so that the demo needs no configuration at all
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
