"""The option `--reason` of commands, as in the back office."""

from argparse import ArgumentTypeError

from django.core.management.base import CommandParser

from benefits_portal.tenants.audit.record import Record
from benefits_portal.typed_text import tidy


def reason(text: str) -> str:
    """Raises ArgumentTypeError if it is longer than the record stores: reasons are not cut."""
    written = tidy(text)
    if len(written) > Record.REASON_LENGTH:
        raise ArgumentTypeError(
            f"write at most {Record.REASON_LENGTH} characters; these are {len(written)}"
        )
    return written


def add_reason(parser: CommandParser) -> None:
    """Add `--reason`; empty unless given."""
    parser.add_argument("--reason", type=reason, default="", help="goes on record")
