"""What this app's verbs put on record (rule A1)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .record import recordable


@recordable
class TenantsAction(models.TextChoices):
    """What happens to people, roles and tenants."""

    SIGNED_IN = "tenants.signed-in", _("Signed in")
    PASSWORD_SET = "tenants.password-set", _("Set a password")
    PERSON_ADDED = "tenants.person-added", _("Added a directory user")
    GUEST_INVITED = "tenants.guest-invited", _("Invited a guest")
    PERSON_DISABLED = "tenants.person-disabled", _("Disabled a directory user")
    PERSON_ENABLED = "tenants.person-enabled", _("Enabled a directory user again")
    ACCOUNT_OPENED = "tenants.account-opened", _("Opened an account")
    ACCOUNT_MOVED = "tenants.account-moved", _("Moved an account to its home directory")
    ROLE_GIVEN = "tenants.role-given", _("Gave a role")
    ROLE_CHANGED = "tenants.role-changed", _("Changed a role")
    ROLE_TAKEN = "tenants.role-taken", _("Took a role away")
    PAGE_REFUSED = "tenants.page-refused", _("Tried what the role does not include")
    FORM_REFUSED = "tenants.form-refused", _("Sent a form for another place")
    VIEW_STARTED = "tenants.view-started", _("Began to view as the partner")
    VIEW_ENDED = "tenants.view-ended", _("Stopped viewing as the partner")
    PRIMARY_CHOSEN = "tenants.primary-chosen", _("Chose the primary tenant")
    LIST_DOWNLOADED = "tenants.list-downloaded", _("Downloaded a list")
    TENANT_ASKED_FOR = "tenants.tenant-asked-for", _("Asked for a further tenant")
    TENANT_ACCEPTED = "tenants.tenant-accepted", _("Accepted a further tenant")
    TENANT_DECLINED = "tenants.tenant-declined", _("Declined a further tenant")
