"""The question before an action that cannot be undone."""

from dataclasses import dataclass
from typing import Self

from django.urls import reverse
from django.utils.translation import gettext as _

from .models import Class, Room


@dataclass(frozen=True)
class Confirmation:
    """What will happen (`title`), and to what (`about`).

    `act` is posted to the URL `page`; `back` is the URL of *Cancel*.
    """

    title: str
    about: str
    act: str
    page: str
    back: str

    @classmethod
    def to_end(cls, of_class: Class) -> Self:
        page = reverse("practice-class", args=[of_class.pk])
        return cls(_("End the class"), of_class.title, "end", page, back=page)

    @classmethod
    def to_start_over(cls, room: Room) -> Self:
        """The trainer's question before starting a room over."""
        page = reverse("practice-class-room", args=[room.of_class_id, room.pk])
        return cls(_("Start over"), room.name, "start-over", page, back=page)

    @classmethod
    def to_start_own_over(cls, room: Room) -> Self:
        page, back = reverse("practice-start-over"), reverse("practice")
        return cls(_("Start over"), room.name, "start-over", page, back)
