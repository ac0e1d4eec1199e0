"""The option of commands that asks why, as the back office does."""

from argparse import ArgumentTypeError

from django.core.management.base import CommandParser

from benefits_portal.tenants.audit.record import Record
from benefits_portal.typed_text import tidy


def reason(text: str) -> str:
    """Raises ArgumentTypeError for more than the record holds: what was given is kept whole."""
    written = tidy(text)
    if len(written) > Record.REASON_LENGTH:
        raise ArgumentTypeError(
            f"write at most {Record.REASON_LENGTH} characters; these are {len(written)}"
        )
    return written


def add_reason(parser: CommandParser) -> None:
    """Add `--reason`; empty unless given."""
    parser.add_argument("--reason", type=reason, default="", help="goes on record")
