"""A mail server on loopback that takes every mail, and takes its time for it (aiosmtpd)."""

import asyncio
from dataclasses import dataclass
from email import message_from_bytes, policy
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller

from drills.servers import HOST, free_port


@dataclass(frozen=True)
class Received:
    """A mail as it came."""

    recipient: str
    message_id: str
    text: str


class Mailbox:
    """The server, running within the block; `mails` in the order in which they came."""

    def __init__(self, pause: float) -> None:
        self.pause, self.mails = pause, list[Received]()
        self.port = free_port()
        self.controller = Controller(self, hostname=HOST, port=self.port)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        await asyncio.sleep(self.pause)
        message = message_from_bytes(envelope.content, policy=policy.default)
        body = message.get_body(["plain"])
        text = body.get_content() if body else ""
        self.mails += [
            Received(recipient, message["Message-ID"], text) for recipient in envelope.rcpt_tos
        ]
        return "250 taken"

    @property
    def env(self) -> dict[str, str]:
        """Settings of a portal that sends its mail here."""
        return {"EMAIL_HOST": HOST, "EMAIL_PORT": str(self.port)}

    def __enter__(self) -> Self:
        self.controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.controller.stop()
