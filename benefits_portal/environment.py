"""Reads settings from the environment, or from files.

The file that `<NAME>_FILE` names has one, as containers get their secrets.
"""

from environ import FileAwareEnv, ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping


class EnvironmentOrFile(FileAwareMapping):  # type: ignore[misc]
    """Without the line break that an editor or `echo` leaves at the end of a file."""

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
        """The secret `name`, without blanks around it. Raises ImproperlyConfigured without one."""
        value: str = self.str(name, default=default).strip()
        if not value:
            raise ImproperlyConfigured(
                f"{name} is not set. For a demo run `manage.py demo`; for anything else put what "
                f"`openssl rand -hex 32` prints into the environment or into .env, as {name}=… "
                "(see .env.example)."
            )
        return value


def comma_separated(value: str) -> list[str]:
    """The parts of `value` without blanks around them, empty ones too; none if all is blank."""
    return [part.strip() for part in value.split(",")] if value.strip() else []
