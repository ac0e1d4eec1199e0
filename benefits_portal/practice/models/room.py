"""Rooms: worlds to practice in, each with partners and people of its own."""

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from benefits_portal.tenants.models import Partner, User


class RoomQuerySet(models.QuerySet["Room"]):
    def shared(self) -> "Room | None":
        """The demo's own world, which everybody shares; None where there is none."""
        return self.filter(suffix="").first()


class Room(models.Model):
    """A world to practice in.

    What distinguishes its MPN IDs, domains and addresses is its suffix; the shared one has none.
    """

    personal: ClassVar = {"suffix": None}

    suffix = models.SlugField(_("suffix"), max_length=8, blank=True, unique=True, editable=False)

    objects = RoomQuerySet.as_manager()

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.suffix or str(_("shared world"))

    def partners(self) -> models.QuerySet[Partner]:
        return Partner.objects.filter(room__room=self)

    def users(self) -> dict[str, User]:
        """Who is each persona, by its slug."""
        return {persona.slug: persona.user for persona in self.personas.select_related("user")}

    def user_as(self, slug: str) -> User | None:
        """Whom one signs in as by the card `slug`."""
        return User.objects.filter(persona__room=self, persona__slug=slug, is_active=True).first()


class RoomPartnerQuerySet(models.QuerySet["RoomPartner"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)


class RoomPartner(models.Model):
    """A partner that is a room's: the only bridge from rooms to what partners own."""

    room = models.ForeignKey(
        Room, models.CASCADE, related_name="room_partners", verbose_name=_("room")
    )
    partner = models.OneToOneField(
        Partner, models.CASCADE, related_name="room", verbose_name=_("partner")
    )

    objects = RoomPartnerQuerySet.as_manager()

    class Meta:
        verbose_name = _("partner of a room")
        verbose_name_plural = _("partners of rooms")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.room}: {self.partner}"


class Persona(models.Model):
    """An account that anybody in the room can sign in to by one click."""

    personal: ClassVar = {"slug": None}

    room = models.ForeignKey(Room, models.CASCADE, related_name="personas", verbose_name=_("room"))
    slug = models.SlugField(_("persona"), max_length=30)
    user = models.OneToOneField(
        User, models.CASCADE, related_name="persona", verbose_name=_("user")
    )

    class Meta:
        verbose_name = _("persona")
        verbose_name_plural = _("personas")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["room", "slug"], name="persona_once_in_a_room"),
        ]

    def __str__(self) -> str:
        return f"{self.room}: {self.slug}"
