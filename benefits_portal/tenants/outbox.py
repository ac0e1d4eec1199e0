"""Sends waiting emails (`Mail`) outside of requests, each within DEADLINE.

An email is claimed by one process before it is sent, and marked as sent afterwards. If the process
is killed in between, it is sent again a minute later, with the same Message-ID, so that mailboxes
drop the duplicate. Twice is better than never.
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
    """The content of an email, made when it is sent."""

    recipient: User
    subject: str
    body: str
    html: str = ""  # the same content as HTML, if there is one


type Writer = Callable[[dict[str, str]], Letter | None]

writers: dict[str, Writer] = {}
kind_names: dict[str, Any] = {}  # of the kinds, for the back office
# Registered by higher apps: functions that send more email, and return how many they sent
senders: list[Callable[[], int]] = []


def writes(kind: str, name: Any) -> Callable[[Writer], Writer]:
    """Decorator: register the function that writes emails of `kind` from their params.

    `name` is the kind in words. The function returns None if there is no recipient any more.
    """

    def register(writer: Writer) -> Writer:
        writers[kind], kind_names[kind] = writer, name
        return writer

    return register


def letter_of(mail: Mail) -> Letter | None:
    return writers[mail.kind](mail.params)


def send_due() -> int:
    """Send the emails that are due now; return how many the mail server accepted."""
    sent = 0
    while mail := Mail.objects.claim(clock.now()):
        sent += send(mail)
    return sent + sum(send_others() for send_others in senders)


def send(mail: Mail) -> bool:
    """Try to send a claimed email; False if it was not sent.

    An email without a recipient is deleted.
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
    except Exception as problem:  # a mail server or the network may raise anything
        mail.failed(type(problem).__name__)
        _log.warning("A mail of kind %s was not sent, try %d", mail.kind, mail.tries, exc_info=True)
        return False
    mail.done(letter.recipient)
    return True


class TooSlow(Exception):
    """A mail server took longer than DEADLINE."""


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise TooSlow in the block after `seconds`, even if each socket time-out is met.

    Uses a timer of the process, which only works in the main thread; elsewhere only the time-outs
    of sockets apply.
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
    """Interrupts the block, and remembers that it did."""

    is_over = False

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.is_over = True
        # A kind of OSError, so that smtplib closes the connection
        raise TimeoutError
