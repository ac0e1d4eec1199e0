"""Accounts, their roles, and the rights of staff."""

# mypy: disable-error-code="type-arg"

from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth import admin as auth_admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from benefits_portal.backoffice.changelist import SearchThroughMixin
from benefits_portal.backoffice.columns import known_as, link, linked
from benefits_portal.backoffice.filters import FewChoicesFilter
from benefits_portal.tenants.models import Record, Role, RoleAssignment, TenantsAction, User
from benefits_portal.tenants.role_imports import RoleImport

from .account_forms import UserAddForm, UserForm, UserPasswordForm
from .base import AuditedAdmin, BackOfficeInline, NoDeleteAdmin
from .edits_on_record import actor
from .exports import columns_of
from .forms import ActionFormSet, BackOfficeForm
from .imports import ImportMixin
from .reasons import MISSING, reason_in


class RoleForm(BackOfficeForm):
    fixed = ("user", "partner")


class RoleOnItsPageForm(RoleForm):
    def validate_constraints(self) -> None:
        """Left to the verb, which says which role the person has, and where to change it."""


def stored(held: RoleAssignment) -> RoleAssignment:
    """The role before the form's values were set, for the model's methods."""
    return RoleAssignment.objects.select_related("user__directory_user__tenant", "partner").get(
        pk=held.pk
    )


class RoleRows(ActionFormSet):
    """Rows of roles, changed by the same methods as on the portal's pages, with their rules."""

    def save_new(self, form: Any, commit: bool = True) -> RoleAssignment:
        new = super().save_new(form, commit=False)
        return RoleAssignment.objects.give_account(
            new.user, new.partner, Role(new.role), by=self.by
        )

    def save_existing(self, form: Any, obj: Any, commit: bool = True) -> RoleAssignment:
        stored(obj).change_to(Role(obj.role), by=self.by)
        return obj  # type: ignore[no-any-return]

    def delete_existing(self, obj: Any, commit: bool = True) -> None:
        stored(obj).take(by=self.by)


class RoleInline(BackOfficeInline):
    """The roles at a partner, or those of a person."""

    model = RoleAssignment
    form, formset = RoleForm, RoleRows
    autocomplete_fields = ["user", "partner"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("user", "partner")


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(SearchThroughMixin, ImportMixin, AuditedAdmin):
    """Roles are given, changed and removed by methods, which record it."""

    export_columns: ClassVar = columns_of(
        mpn_id="partner__mpn_id", user_principal_name="user__email", name="user__name", role="role"
    )
    importing = RoleImport
    form = RoleOnItsPageForm
    adding_needs_reason = True
    actions = None
    list_display = ["person", "role", linked("partner", _("partner")), "is_active"]
    list_filter = ["role", "user__is_active", ("partner", FewChoicesFilter)]
    list_select_related = ["user", "partner"]
    search_through = ("user", "partner")
    search_help_text = _("Person or partner")
    ordering = ["-pk"]
    sortable_by: ClassVar[list[str]] = []
    autocomplete_fields = ["user", "partner"]
    fields = ["user", "partner", "role"]

    def save_model(
        self, request: HttpRequest, obj: RoleAssignment, form: Any, change: bool
    ) -> None:
        if not change:
            obj.pk = RoleAssignment.objects.give_account(
                obj.user, obj.partner, Role(obj.role), by=actor(request)
            ).pk
        elif "role" in form.changed_data:
            stored(obj).change_to(Role(obj.role), by=actor(request))

    def rows_just_added(self, request: HttpRequest) -> Any:
        """Roles at the partners where the same person has given one (W11)."""
        given = Record.objects.just_done(TenantsAction.ROLE_GIVEN, by=actor(request))
        return RoleAssignment.objects.filter(partner__in=given.order_by().values("partner"))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing: a role has no related rows, and the methods record it."""

    def delete_model(self, request: HttpRequest, obj: RoleAssignment) -> None:
        obj.take(by=actor(request))

    @admin.display(description=_("user"), ordering="user__sort_name")
    def person(self, held: RoleAssignment) -> str:
        return str(held.user)

    @admin.display(description=_("can sign in"), boolean=True, ordering="user__is_active")
    def is_active(self, held: RoleAssignment) -> bool:
        return held.user.is_active


@admin.register(User)
class UserAdmin(SearchThroughMixin, NoDeleteAdmin, auth_admin.UserAdmin):
    """Accounts are made inactive instead of deleted.

    Only a superuser gives rights in the back office, or changes accounts that have some.
    """

    form, add_form, change_password_form = UserForm, UserAddForm, UserPasswordForm
    list_display = ["name", "email", "roles", "home", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser", "role_assignments__role", "groups"]
    list_select_related = ["directory_user__tenant__partner"]
    search_through = (SearchThroughMixin.OWN, "directory_user", "role_assignments__partner")
    search_help_text = _("Name, address or partner")
    ordering = ["email"]
    sortable_by = ["email"]
    autocomplete_fields = ["directory_user"]
    readonly_fields = ["joined_at", "last_login"]
    inlines = [RoleInline]
    fieldsets = [
        (None, {"fields": ["email", "name", "password", "is_active"]}),
        (_("Home organization"), {"fields": ["directory_user", "language"]}),
        (
            _("Back office"),
            {
                "fields": ["is_staff", "is_superuser", "groups", "user_permissions"],
                "classes": ["collapse"],
            },
        ),
        (_("Dates"), {"fields": ["joined_at", "last_login"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "classes": ["wide"],
                "fields": [
                    "email",
                    "name",
                    "directory_user",
                    "language",
                    "usable_password",
                    "password1",
                    "password2",
                ],
            },
        )
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("role_assignments__partner")

    @admin.display(description=_("roles"))
    def roles(self, user: User) -> str:
        return ", ".join(
            f"{held.get_role_display()} ({held.partner})" for held in user.role_assignments.all()
        )

    @admin.display(description=_("home partner"), ordering="directory_user__tenant__partner")
    def home(self, user: User) -> Any:
        partner = user.home_partner
        return link(partner, known_as(partner)) if partner else None

    @admin.display(description=_("Password"))
    def password_state(self, user: User) -> str:
        return gettext("Set") if user.has_usable_password() else gettext("Not set yet")

    @admin.display(description=_("Language"))
    def language_name(self, user: User) -> str:
        languages = {code: str(name) for code, name in settings.LANGUAGES}
        return languages.get(user.language, gettext("The browser's own"))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """For staff who may only look: whether there is a password, and the language's name."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        shown = {"password": "password_state", "language": "language_name"}
        return [
            (title, {**options, "fields": [shown.get(name, name) for name in options["fields"]]})
            for title, options in fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        rights = (
            []
            if request.user.is_superuser
            else ["is_staff", "is_superuser", "groups", "user_permissions"]
        )
        return [*self.readonly_fields, *rights]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        # A role needs a reason, which the page for a new account does not ask for
        return self.inlines if obj else []

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if change and "is_active" in form.changed_data and not obj.is_active:
            obj.check_can_leave()
        super().save_model(request, obj, form, change)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a superuser may change an account with rights in the back office."""
        may = request.user.is_superuser or obj is None or not obj.has_office_rights
        return may and super().has_change_permission(request, obj)

    @method_decorator(sensitive_post_parameters())
    @transaction.atomic
    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002 - Django's name
        form_url: str = "",
    ) -> HttpResponse:
        before = self.get_object(request, unquote(id))
        if (
            request.method == "POST"
            and before
            and self.has_change_permission(request, before)
            and not reason_in(request)
        ):
            return self.not_done(request, str(MISSING))
        response = super().user_change_password(request, id, form_url)
        if before and not User.objects.filter(pk=before.pk, password=before.password).exists():
            Record.objects.log(TenantsAction.PASSWORD_SET, by=actor(request), subject=before)
        return response
