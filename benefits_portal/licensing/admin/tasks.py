"""The tasks of staff: links on the first page of the back office."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from benefits_portal.backoffice.columns import Text, admin_url
from benefits_portal.benefits.admin.new_partner import NEEDED

type Person = AbstractBaseUser | AnonymousUser


@dataclass(frozen=True)
class Task:
    """A link to an admin page of a model, for users with the permissions `verbs` on it."""

    label: Text
    model: str  # as in tenants.Partner
    page: str = "changelist"
    query: str = ""
    verbs: tuple[str, ...] = ("view",)

    @property
    def href(self) -> str:
        url = admin_url(apps.get_model(self.model), self.page)
        return f"{url}?{self.query}" if self.query else url

    def is_for(self, user: Person) -> bool:
        app, _dot, model = self.model.lower().partition(".")
        needed = [f"{app}.{verb}_{model}" for verb in self.verbs]
        return isinstance(user, PermissionsMixin) and user.has_perms(needed)


@dataclass(frozen=True)
class NewPartnerTask(Task):
    """For users who may create everything that the page creates."""

    @property
    def href(self) -> str:
        return reverse("new-partner")

    def is_for(self, user: Person) -> bool:
        return isinstance(user, PermissionsMixin) and user.has_perms(NEEDED)


@dataclass(frozen=True)
class PageForAllStaff(Task):
    """The page with the URL name `page`, for all staff."""

    @property
    def href(self) -> str:
        return reverse(self.page)

    def is_for(self, user: Person) -> bool:
        return True


TASKS: tuple[tuple[Text, tuple[Task, ...]], ...] = (
    (
        _("Help a partner"),
        (
            PageForAllStaff(_("Find a partner, person or key"), "", "support-desk"),
            Task(_("Choose a partner to view as"), "tenants.Partner"),
            PageForAllStaff(_("Refusals"), "", "refusals"),
            Task(_("Lift a lock-out"), "tenants.Attempt", query="locked=yes", verbs=("delete",)),
        ),
    ),
    (
        _("Decide on requests"),
        (
            Task(_("Replacement requests"), "licensing.Replacement", query="answer=none"),
            Task(_("Requests for tenants"), "tenants.TenantRequest", query="answer=none"),
        ),
    ),
    (
        _("Enroll and renew"),
        (
            NewPartnerTask(_("Add a partner"), ""),
            Task(_("Enroll a partner"), "benefits.Membership", "add", verbs=("add",)),
            Task(
                _("Renew memberships"),
                "benefits.Membership",
                query="state=to-renew",
                verbs=("view", "add"),
            ),
            Task(_("Import memberships"), "benefits.Membership", "import", verbs=("add", "change")),
        ),
    ),
    (
        _("People and roles"),
        (
            Task(_("Users"), "tenants.User"),
            Task(_("Roles"), "tenants.RoleAssignment"),
            Task(_("Directory users"), "tenants.DirectoryUser"),
        ),
    ),
    (
        _("Offers and packages"),
        (
            Task(_("Offers"), "benefits.Offer"),
            Task(_("Products"), "benefits.Product"),
            Task(_("Package lines"), "benefits.PackageLine"),
        ),
    ),
)


def tasks(user: Person) -> Iterator[tuple[Text, list[Task]]]:
    """The groups with those tasks that `user` may do, without empty groups."""
    for title, group in TASKS:
        if allowed := [task for task in group if task.is_for(user)]:
            yield title, allowed
