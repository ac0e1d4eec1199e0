"""Why a person cannot enter a room or open a class; each message says what to do next."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _


class NotLetIn(Exception):
    """A person cannot enter a class or a room."""

    message: str | Promise

    def __str__(self) -> str:
        return str(self.message)


class UnknownCode(NotLetIn):
    message = _("There is no class or room with this code. Check it, or ask your trainer.")


class ClassOver(NotLetIn):
    message = _("This class has ended, so its rooms are closed. Ask your trainer for a new one.")
    for_trainer = _("This class has ended, so nothing was changed. Open a new one.")


class StartedOverMeanwhile(Exception):
    """A room was started over since the page that asks for it was opened."""

    def __str__(self) -> str:
        return _now(
            "This room was started over after you opened that page, so nothing was changed."
        )


class TooManyClasses(Exception):
    """A trainer has as many open classes as there may be."""

    def __init__(self, most: int) -> None:
        super().__init__(_now("You have %(most)s open classes. End one first.") % {"most": most})


class ClassFull(NotLetIn):
    def __init__(self, rooms: int) -> None:
        super().__init__()
        self.message = _now(
            "All %(count)s seats of this class are taken. Ask your trainer for another class."
        ) % {"count": rooms}
