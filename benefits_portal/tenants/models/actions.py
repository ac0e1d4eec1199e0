"""The actions of this app that are recorded (rule A1)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from benefits_portal.tenants.audit.record import Record, recordable


@recordable
class TenantsAction(models.TextChoices):
    """Actions on people, roles and tenants."""

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
    ROLE_TAKEN = "tenants.role-taken", _("Removed a role")
    PAGE_REFUSED = "tenants.page-refused", _("Attempted a restricted action")
    FORM_REFUSED = "tenants.form-refused", _("Submitted a form for another tenant")
    VIEW_STARTED = "tenants.view-started", _("Started viewing as partner")
    VIEW_ENDED = "tenants.view-ended", _("Stopped viewing as partner")
    PRIMARY_CHOSEN = "tenants.primary-chosen", _("Chose the primary tenant")
    LIST_DOWNLOADED = "tenants.list-downloaded", _("Downloaded a list")
    TENANT_ASKED_FOR = "tenants.tenant-asked-for", _("Requested another tenant")
    TENANT_ACCEPTED = "tenants.tenant-accepted", _("Accepted another tenant")
    TENANT_DECLINED = "tenants.tenant-declined", _("Declined another tenant")
    MOVE_BEGUN = "tenants.move-begun", _("Closed for moving to another portal")
    MOVE_GIVEN_UP = "tenants.move-given-up", _("Opened again without moving")
    MOVED_AWAY = "tenants.moved-away", _("Moved to another portal")
    MOVED_HERE = "tenants.moved-here", _("Moved here from another portal")


Record.attempts.update(
    {
        TenantsAction.SIGNED_IN: _("Sign in"),
        TenantsAction.PASSWORD_SET: _("Choose a password"),
        TenantsAction.PERSON_ADDED: _("Add a directory user"),
        TenantsAction.GUEST_INVITED: _("Invite a guest"),
        TenantsAction.PERSON_DISABLED: _("Disable a directory user"),
        TenantsAction.PERSON_ENABLED: _("Enable a directory user again"),
        TenantsAction.ACCOUNT_OPENED: _("Open an account"),
        TenantsAction.ACCOUNT_MOVED: _("Move an account to its home directory"),
        TenantsAction.ROLE_GIVEN: _("Give a role"),
        TenantsAction.ROLE_CHANGED: _("Change a role"),
        TenantsAction.ROLE_TAKEN: _("Remove a role"),
        TenantsAction.PAGE_REFUSED: _("Attempt a restricted action"),
        TenantsAction.FORM_REFUSED: _("Submit a form for another tenant"),
        TenantsAction.VIEW_STARTED: _("View as partner"),
        TenantsAction.VIEW_ENDED: _("Stop viewing as partner"),
        TenantsAction.PRIMARY_CHOSEN: _("Choose the primary tenant"),
        TenantsAction.LIST_DOWNLOADED: _("Download a list"),
        TenantsAction.TENANT_ASKED_FOR: _("Request another tenant"),
        TenantsAction.TENANT_ACCEPTED: _("Accept another tenant"),
        TenantsAction.TENANT_DECLINED: _("Decline another tenant"),
        TenantsAction.MOVE_BEGUN: _("Close for moving to another portal"),
        TenantsAction.MOVE_GIVEN_UP: _("Open again without moving"),
        TenantsAction.MOVED_AWAY: _("Move to another portal"),
        TenantsAction.MOVED_HERE: _("Move here from another portal"),
    }
)


@recordable
class EditAction(models.TextChoices):
    """Edits by the back office and by imports; methods of models record their own actions."""

    CREATED = "tenants.created", _("Created")
    EDITED = "tenants.edited", _("Edited")
    DELETED = "tenants.deleted", _("Deleted")


Record.attempts.update(
    {
        EditAction.CREATED: _("Create"),
        EditAction.EDITED: _("Edit"),
        EditAction.DELETED: _("Delete"),
    }
)
