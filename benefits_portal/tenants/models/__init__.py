"""Partners, their tenants and people, and the record of what happened."""

from benefits_portal.tenants.audit.actor import Actor, How
from benefits_portal.tenants.audit.record import Record, recordable

from .actions import EditAction, TenantsAction
from .attempt import Attempt
from .directory_user import DirectoryUser
from .directory_word import DirectoryUserWord
from .former_name import FormerName
from .key_attempt import KeyAttempt
from .mail import Mail
from .partner import Partner, Tenant
from .role import Role
from .role_assignment import RoleAssignment
from .tenant_request import TenantRequest
from .user import User
from .world import PracticeWorld

__all__ = [
    "Actor",
    "Attempt",
    "DirectoryUser",
    "DirectoryUserWord",
    "EditAction",
    "FormerName",
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
