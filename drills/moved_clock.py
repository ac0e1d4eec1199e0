"""Runs a command of manage.py at another moment, from which its clock goes on."""

import sys
from datetime import datetime

import django
import time_machine
from django.core.management import call_command

if __name__ == "__main__":
    django.setup()
    with time_machine.travel(datetime.fromisoformat(sys.argv[1]), tick=True):
        print("works", flush=True)
        call_command(*sys.argv[2:])
