"""Who: partners, their tenants and people, and the record of what happened."""

from .actions import TenantsAction
from .directory import Partner, Tenant
from .directoryusers import DirectoryUser
from .directorywords import DirectoryUserWord
from .keyattempts import KeyAttempt
from .people import User
from .record import Actor, How, Record, recordable
from .roles import Role, RoleAssignment
from .tenantrequests import TenantRequest
from .world import PracticeWorld

__all__ = [
    "Actor",
    "DirectoryUser",
    "DirectoryUserWord",
    "How",
    "KeyAttempt",
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
