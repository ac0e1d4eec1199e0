"""The question before an action that cannot be undone."""

from dataclasses import dataclass
from typing import Self

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from .models import Class, Room

MAX_DIGITS = 10


@dataclass(frozen=True)
class Confirmation:
    """What will happen (`title`), and to what (`about`).

    `act` is posted to the URL `page`; `back` is the URL of *Cancel*. `generation` is the room's
    when this was asked: done twice, it would delete what came since (W11).
    """

    title: str
    about: str
    act: str
    page: str
    back: str
    generation: int | None = None

    @classmethod
    def to_end(cls, of_class: Class) -> Self:
        page = reverse("practice-class", args=[of_class.pk])
        return cls(_("End the class"), of_class.title, "end", page, back=page)

    @classmethod
    def to_start_over(cls, room: Room) -> Self:
        """The trainer's question before starting a room over."""
        page = reverse("practice-class-room", args=[room.of_class_id, room.pk])
        return cls(_("Start over"), room.name, "start-over", page, page, room.generation)

    @classmethod
    def to_start_own_over(cls, room: Room) -> Self:
        page, back = reverse("practice-start-over"), reverse("practice")
        return cls(_("Start over"), room.name, "start-over", page, back, room.generation)


def generation_in(request: HttpRequest) -> int:
    """The room's generation that a sent Confirmation names; one that no room has if it is none."""
    sent = request.POST.get("generation", "")
    return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < MAX_DIGITS else -1
