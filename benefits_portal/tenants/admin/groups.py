"""Groups of staff, and their rights in the back office."""

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

admin.site.unregister(Group)  # Django's own admin does not record changes


class GroupForm(BackOfficeForm):
    class Meta:
        model = Group
        fields = ("name", "permissions")
        field_classes: ClassVar[dict[str, type[forms.Field]]] = {"name": NameFormField}


@admin.register(Group)
class GroupAdmin(AuditedAdmin, auth_admin.GroupAdmin):
    """Groups of staff with their rights.

    Only superusers may change them, since staff would change their own rights.
    """

    form = GroupForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser and super().has_delete_permission(request, obj)
