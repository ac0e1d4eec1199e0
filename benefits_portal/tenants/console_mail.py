"""Mails on the console, as people read them.

Django's own writes them as they travel, and breaks links by `=`.
"""

from django.core.mail import EmailMessage
from django.core.mail.backends import console


class EmailBackend(console.EmailBackend):
    def write_message(self, message: EmailMessage) -> None:
        lines = [
            f"To: {', '.join(message.to)}",
            f"Subject: {message.subject}",
            "",
            str(message.body),
            "-" * 79,
            "",
        ]
        self.stream.write("\n".join(lines))
