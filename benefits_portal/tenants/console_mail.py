"""Print emails on the console in readable form.

Django prints them as sent, with links broken by quoted-printable `=`.
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
