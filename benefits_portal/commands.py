"""What management commands share: their errors show no product keys (K3)."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any, override

from django.core.management import ManagementUtility
from django.core.management.base import BaseCommand, CommandError, CommandParser

from benefits_portal.key_format import without_keys


class PortalCommand(BaseCommand):
    """A command that masks product keys in its errors."""

    @override
    def create_parser(self, *args: Any, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(*args, **kwargs)
        refuse = parser.error

        def refuse_masked(message: str) -> Any:
            return refuse(without_keys(message))

        parser.error = refuse_masked  # type: ignore[method-assign]
        return parser

    @override
    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except CommandError as error:
            error.args = (without_keys(str(error)),)
            raise


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """An argparse type: a whole number from `least` to `most`."""

    def number(text: str) -> int:
        try:
            found = int(text)
        except ValueError:
            found = least - 1
        if not least <= found <= most:
            raise ArgumentTypeError(f"write a whole number from {least} to {most}")
        return found

    return number


class PortalManagement(ManagementUtility):
    """Django's command line; its errors do not repeat a product key typed as the command."""

    @override
    def fetch_command(self, subcommand: str) -> BaseCommand:
        return super().fetch_command(without_keys(subcommand))
