"""The command line of the drills."""

import argparse
import importlib
import inspect
import os
import signal
import sys
import time

import drills
from drills.servers import Postgres, folder, use

DRILLS = (
    "race",
    "history",
    "killed",
    "away",
    "load",
    "slow",
    "strangers",
    "failover",
    "restarts",
    "cells",
    "backup",
    "replica",
    "scale",
    "reminders",
    "classroom",
    "rooms",
)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m drills",
        description=drills.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("drill", choices=DRILLS)
    parser.add_argument("settings", nargs="*", help="such as minutes=0.5 people=2")
    chosen = parser.parse_args()
    # What starts again is compiled, as install-version leaves it
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # Ended from outside, it ends with every server that was started
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    with folder() as place, Postgres(place) as postgres:
        postgres.make_database()
        use(postgres.url)
        drill = importlib.import_module(f"drills.{chosen.drill}")
        kinds = {
            name: type(parameter.default)
            for name, parameter in inspect.signature(drill.main).parameters.items()
        }
        settings = dict(pair.split("=", 1) for pair in chosen.settings)
        print(f"### {chosen.drill}: {drill.__doc__}", flush=True)
        began = time.monotonic()
        held = drill.main(
            place, postgres, **{name: kinds[name](value) for name, value in settings.items()}
        )
    print(f"\n{'Held' if held else '**Did not hold**'}, in {time.monotonic() - began:.0f} s.")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
