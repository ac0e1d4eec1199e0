"""Read settings from environment variables, or from files.

`<NAME>_FILE` names a file with the value, as containers get their secrets. Methods raise
ImproperlyConfigured for invalid values, with how to repair them.
"""

import re
import warnings
from collections.abc import Collection
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from environ import FileAwareEnv, ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping

ON, OFF = ("on", "true", "yes", "y", "ok", "1"), ("off", "false", "no", "n", "0")


class EnvironmentOrFile(FileAwareMapping):  # type: ignore[misc]
    """Variables or files; removes the line break at the end of a file."""

    def __getitem__(self, key: str) -> str:
        try:
            value: str = super().__getitem__(key)
        except (OSError, UnicodeDecodeError) as problem:
            name = self.env[f"{key}_FILE"]
            raise ImproperlyConfigured(
                f"{key}_FILE is {name}, which cannot be read as text. Create that file for the "
                f"user who runs the portal, or leave {key}_FILE out."
            ) from problem
        return value.rstrip("\r\n") if f"{key}_FILE" in self.env else value


class Env(FileAwareEnv):  # type: ignore[misc]
    ENVIRON = EnvironmentOrFile()

    def secret(self, name: str, default: str = "") -> str:
        """A secret, without surrounding spaces; required."""
        value: str = self.str(name, default=default).strip()
        if not value:
            raise ImproperlyConfigured(
                f"{name} is not set. For a demo run `manage.py demo`; for anything else put what "
                f"`openssl rand -hex 32` prints into the environment or into .env, as {name}=… "
                "(see .env.example)."
            )
        return value

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        """A whole number from `least` to `most`, both included, in the digits 0 to 9."""
        value = self.str(name, default="").strip() or str(default)
        if not re.fullmatch(r"-?[0-9]{1,18}", value) or not least <= int(value) <= most:
            raise ImproperlyConfigured(
                f"{name} is {value}. Write a whole number from {least} to {most}, "
                f"as in {name}={default}."
            )
        return int(value)

    def switch(self, name: str, default: bool) -> bool:
        """A boolean, by one of the words in ON and OFF."""
        value = self.str(name, default="").strip().lower() or ("on" if default else "off")
        if value not in ON + OFF:
            raise ImproperlyConfigured(f"{name} is {value}. Write {name}=on or {name}=off.")
        return value in ON

    def switch_or(self, name: str, default: bool, *, word: str) -> tuple[bool, bool]:
        """A switch that may also be `word`: whether it is on, and whether it is `word`, also on."""
        if self.str(name, default="").strip().lower() == word:
            return True, True
        try:
            return self.switch(name, default), False
        except ImproperlyConfigured as problem:
            raise ImproperlyConfigured(f"{problem} Or {name}={word}.") from problem

    def database(self, name: str, default: str = "") -> dict[str, Any]:
        """Django's options for a database URL. Errors do not show it, since it has a password."""
        url = self.str(name, default="") or default
        if not url:
            raise ImproperlyConfigured(
                f"{name} is not set. Production runs on PostgreSQL: "
                f"{name}=postgres://user:password@host/name. "
                "For a demo on SQLite run `manage.py demo`."
            )
        try:
            with warnings.catch_warnings(action="error"):  # it only warns of an unknown scheme
                found: dict[str, Any] = self.db_url_config(url)
        except (ValueError, UserWarning) as problem:
            raise ImproperlyConfigured(
                f"{name} is no URL of a database, as in {name}=postgres://user:password@host/name. "
                "Other characters than letters and digits in a password are written as in %2F."
            ) from problem
        return found

    def time_zone(self, name: str, default: str) -> str:
        """The name of a time zone that this machine knows."""
        value: str = self.str(name, default="").strip() or default
        try:
            ZoneInfo(value)
        except (ValueError, OSError, KeyError) as problem:
            raise ImproperlyConfigured(
                f"{name} is {value}, which is no time zone. Write one by its region and city, "
                f"as in {name}=Europe/Amsterdam."
            ) from problem
        return value

    def networks(self, name: str) -> list[IPv4Network | IPv6Network]:
        """IP addresses, or networks as in 10.0.0.0/24, separated by commas."""
        try:
            return [ip_network(part) for part in comma_separated(self.str(name, default=""))]
        except ValueError as problem:
            raise ImproperlyConfigured(
                f"{name} holds what is no IP address and no network. Separate them by commas, "
                f"as in {name}=10.0.0.5,fd00::/64."
            ) from problem

    def one_of(self, name: str, default: str, *, choices: Collection[str]) -> str:
        """One of `choices`, which are uppercase."""
        value: str = self.str(name, default="").strip().upper() or default
        if value not in choices:
            raise ImproperlyConfigured(f"{name} is {value}. Write one of: {', '.join(choices)}.")
        return value


def zone_of_machine(clock: Path = Path("/etc/localtime")) -> str:
    """The time zone of this machine if it is a region's, such as Europe/Amsterdam; else UTC."""
    _folder, _separator, name = str(clock.resolve()).partition("zoneinfo/")
    is_of_region = "/" in name and not name.startswith("Etc/") and name in available_timezones()
    return name if is_of_region else "UTC"


def comma_separated(value: str) -> list[str]:
    """The parts of `value` without surrounding spaces, also empty ones; none if it is blank."""
    return [part.strip() for part in value.split(",")] if value.strip() else []
