"""Sends the mails that wait (`Mail`): never in a request.

Each as often as needed and no longer than DEADLINE at a time.

A mail is claimed, by one process, before it is sent, and marked as sent afterwards. Killed between
the two, it is sent again a minute later: rather twice than never, and with the same Message-ID, by
which mailboxes drop the double.
"""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from django.core.mail import EmailMessage

from benefits_portal import clock
from benefits_portal.tenants.models import Mail, User

DEADLINE = 30.0  # seconds for the whole conversation with a mail server, however slowly it answers

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Letter:
    """What a mail says to whom, made at the moment at which it is sent."""

    recipient: User
    subject: str
    body: str
    html: str = ""  # what says the same, where there is such a part


type Writer = Callable[[dict[str, str]], Letter | None]

writers: dict[str, Writer] = {}
kind_names: dict[str, Any] = {}  # of the kinds, for the back office
# What else leaves with the mails, of apps above; each says how many left
senders: list[Callable[[], int]] = []


def writes(kind: str, name: Any) -> Callable[[Writer], Writer]:
    """Register who writes the mails of `kind`, called `name`, from their params.

    None where there is nobody to write to.
    """

    def register(writer: Writer) -> Writer:
        writers[kind], kind_names[kind] = writer, name
        return writer

    return register


def letter_of(mail: Mail) -> Letter | None:
    return writers[mail.kind](mail.params)


def send_due() -> int:
    """Send what is due now, one after the other; how many mails the server took."""
    sent = 0
    while mail := Mail.objects.claim(clock.now()):
        sent += send(mail)
    return sent + sum(send_others() for send_others in senders)


def send(mail: Mail) -> bool:
    """Try to send a claimed mail; False if it was not sent.

    One for nobody is deleted: nobody has an account there.
    """
    try:
        letter = letter_of(mail)
        if letter is None:
            mail.delete()
            return False
        message = EmailMessage(
            letter.subject,
            letter.body,
            to=[letter.recipient.email],
            headers={"Message-ID": mail.message_id},
        )
        with deadline(DEADLINE):
            message.send()
    except Exception as problem:  # whatever a mail server, or the network before it, can do
        mail.failed(type(problem).__name__)
        _log.warning("A mail of kind %s was not sent, try %d", mail.kind, mail.tries, exc_info=True)
        return False
    mail.done(letter.recipient)
    return True


class TooSlow(Exception):
    """A mail server took longer than DEADLINE."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raises TooSlow within the block once `seconds` are over.

    Also where a server keeps each time-out of a socket waiting.

    By a timer of the process, which only its main thread can have: elsewhere the time-outs of
    sockets are left.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    timer = Timer()
    before = signal.signal(signal.SIGALRM, timer.stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except Exception:
        if timer.is_over:
            raise TooSlow from None
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Timer:
    """Interrupts whatever waits, and remembers that it did."""

    is_over = False

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.is_over = True
        # smtplib takes it for a time-out of its own, and closes the connection
        raise TimeoutError
