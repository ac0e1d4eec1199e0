"""Who: partners, their tenants and people, and the record of what happened."""

from .directory import DirectoryUser, Partner, Tenant
from .keyattempts import KeyAttempt
from .people import Actor, How, Role, RoleAssignment, User
from .record import Record, recordable
from .world import PracticeWorld

__all__ = [
    "Actor",
    "DirectoryUser",
    "How",
    "KeyAttempt",
    "Partner",
    "PracticeWorld",
    "Record",
    "Role",
    "RoleAssignment",
    "Tenant",
    "User",
    "recordable",
]
