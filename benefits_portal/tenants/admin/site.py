"""The back office as a whole: its name, and signing in."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.cache import never_cache

from benefits_portal.backoffice.autocomplete import autocomplete
from benefits_portal.backoffice.columns import NOTHING
from benefits_portal.tenants.models import How
from benefits_portal.tenants.views import OwnPasswordView


@never_cache
@login_not_required
def sign_in(request: HttpRequest) -> HttpResponse:
    """Redirect to the portal's sign-in page, the only one.

    People who are signed in and not staff are told so.
    """
    # Only ever an address of this site
    url = LoginView().get_redirect_url(request) or reverse("admin:index")
    if admin.site.has_permission(request):
        return HttpResponseRedirect(url)
    if request.user.is_authenticated:
        raise PermissionDenied(
            _("The back office is for the program team. Sign in with a staff account to use it.")
        )
    return redirect_to_login(url, resolve_url(settings.LOGIN_URL))


def change_own_password(
    request: HttpRequest, extra_context: dict[str, Any] | None = None
) -> HttpResponseBase:
    """The portal's view, which limits and records attempts, in the back office's frame."""
    view = OwnPasswordView.as_view(
        template_name="registration/password_change_form.html",
        success_url=reverse("admin:password_change_done"),
        extra_context=admin.site.each_context(request) | (extra_context or {}),
        how=How.BACK_OFFICE,
    )
    return view(request)


# Django's texts that lack a translation in some languages: our catalogs translate them
LOGGED_ELSEWHERE = (
    gettext_noop("- Select an option -"),
    gettext_noop("Add another %(verbose_name)s"),
)

admin.site.site_header = gettext_lazy("Benefits Portal: back office")
admin.site.site_title = gettext_lazy("Benefits Portal: back office")
admin.site.index_title = gettext_lazy("Back office")
admin.site.empty_value_display = NOTHING
admin.site.autocomplete_view = autocomplete  # type: ignore[method-assign,assignment]
admin.site.password_change = change_own_password  # type: ignore[method-assign,assignment]
admin.site.login = sign_in  # type: ignore[method-assign,assignment]
