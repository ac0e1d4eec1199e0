"""Who acts, through which entry point, and why (rules A1, K3)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from benefits_portal.key_format import without_keys
from benefits_portal.typed_text import tidy

if TYPE_CHECKING:
    from benefits_portal.tenants.models.user import User

MAX_REASON = 200  # characters


class How(models.TextChoices):
    """The entry point of an action."""

    PORTAL = "portal", _("portal")
    BACK_OFFICE = "back-office", _("back office")
    COMMAND = "command", _("command")
    TRAINER = "trainer", _("trainer")  # in a room of a class


@dataclass(frozen=True)
class Actor:
    """Who acts, through which entry point, and the reason if one was asked for.

    Without a user: a command.
    """

    user: "User | None" = None
    how: How = How.COMMAND
    reason: str = ""

    def __post_init__(self) -> None:
        """Mask product keys in the reason, which is recorded (K3)."""
        object.__setattr__(self, "reason", without_keys(tidy(self.reason))[:MAX_REASON])

    def fields(self) -> dict[str, Any]:
        """The values that a record stores."""
        return {"actor": self.user, "how": self.how, "reason": self.reason}
