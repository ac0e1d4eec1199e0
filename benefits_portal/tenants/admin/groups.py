"""Groups of staff: what each may do in the back office."""

# mypy: disable-error-code="type-arg"

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from benefits_portal.fields import NameFormField

from .base import AuditedAdmin
from .forms import BackOfficeForm

admin.site.unregister(Group)  # Django's own page does not put changes on record


class GroupForm(BackOfficeForm):
    class Meta:
        model = Group
        fields = ("name", "permissions")
        field_classes: ClassVar[dict[str, type[forms.Field]]] = {"name": NameFormField}


@admin.register(Group)
class GroupAdmin(AuditedAdmin, auth_admin.GroupAdmin):
    """What staff may do, by group.

    Whoever changes one changes rights, their own too: only a superuser does.
    """

    form = GroupForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser and super().has_delete_permission(request, obj)
