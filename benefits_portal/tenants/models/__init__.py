"""Who: partners, their tenants and people, and the record of what happened."""

from .actions import TenantsAction
from .attempts import Attempt
from .directory import Partner, Tenant
from .directoryusers import DirectoryUser
from .directorywords import DirectoryUserWord
from .keyattempts import KeyAttempt
from .mail import Mail
from .people import User
from .record import Actor, How, Record, recordable
from .roles import Role, RoleAssignment
from .tenantrequests import TenantRequest
from .world import PracticeWorld

__all__ = [
    "Actor",
    "Attempt",
    "DirectoryUser",
    "DirectoryUserWord",
    "How",
    "KeyAttempt",
    "Mail",
    "Partner",
    "PracticeWorld",
    "Record",
    "Role",
    "RoleAssignment",
    "Tenant",
    "TenantRequest",
    "TenantsAction",
    "User",
    "recordable",
]
