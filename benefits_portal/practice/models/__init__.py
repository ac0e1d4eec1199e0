"""Who practices where: rooms, the partners that are theirs, and the people one can be there."""

from .room import Persona, Room, RoomPartner

__all__ = ["Persona", "Room", "RoomPartner"]
