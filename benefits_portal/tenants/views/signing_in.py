"""Signing in and out, and switching tenants."""

from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.contrib.auth.views import (
    LoginView,
    PasswordChangeView,
    PasswordResetCompleteView,
    PasswordResetConfirmView,
    PasswordResetDoneView,
)
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.generic import FormView

from benefits_portal.formats import not_before
from benefits_portal.redirects import on_to
from benefits_portal.tenants.access import form_methods, role_required, tenant_context_exempt
from benefits_portal.tenants.forms import TenantForm
from benefits_portal.tenants.limits import TooManyAttempts
from benefits_portal.tenants.middleware import PartnerRequest, being_moved, switch_tenant
from benefits_portal.tenants.models import How, TenantsAction, User
from benefits_portal.tenants.signing_in_forms import (
    ForgottenForm,
    NewPasswordForm,
    OwnPasswordForm,
    SignInForm,
)
from benefits_portal.typed_text import isolated

from .session import begin_session


def welcome(request: HttpRequest, user: User, response: HttpResponse) -> HttpResponse:
    """Sign `user` in, record it (A1), and set the account's language on `response`."""
    login(request, user)
    begin_session(request)
    user.log_own(TenantsAction.SIGNED_IN)
    if user.language:
        secure = settings.LANGUAGE_COOKIE_SECURE
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            user.language,
            secure=secure,
            httponly=True,
            samesite="Lax",
        )
    return response


class SignInView(LoginView):
    template_name = "tenants/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **kwargs)
        except TooManyAttempts as refusal:
            return locked_out(request, refusal)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        until = cast("SignInForm", form).refused_until
        return (
            locked_out(self.request, TooManyAttempts(until))
            if until
            else super().form_invalid(form)
        )

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        assert isinstance(user, User)  # noqa: S101 - what AUTH_USER_MODEL says
        return welcome(self.request, user, HttpResponseRedirect(self.get_success_url()))


# A forgotten or first password: requested → sent → set → done


@method_decorator(login_not_required, name="dispatch")
class ForgottenView(FormView):  # type: ignore[type-arg]
    """Responds alike, after the same work, whether or not there is an account."""

    template_name = "tenants/password_ask.html"
    form_class = ForgottenForm
    success_url = reverse_lazy("tenants:password-sent")

    def form_valid(self, form: ForgottenForm) -> HttpResponse:
        try:
            form.ask(self.request)
        except TooManyAttempts as refusal:
            return too_many(self.request, refusal)
        return super().form_valid(form)


class PasswordSentView(PasswordResetDoneView):
    template_name = "tenants/password_sent.html"


class NewPasswordView(PasswordResetConfirmView):
    """Sets a password by a link that works once; ends all sessions of the account."""

    template_name = "tenants/password_set.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("tenants:password-done")

    def form_valid(self, form: SetPasswordForm[Any]) -> HttpResponse:
        if partner := cast("User", self.user).partner_being_moved():
            return being_moved(self.request, partner)  # the old password is on its way
        response = super().form_valid(form)
        user = self.user
        assert isinstance(user, User)  # noqa: S101 - what AUTH_USER_MODEL says
        user.log_own(TenantsAction.PASSWORD_SET)
        return response


class PasswordDoneView(PasswordResetCompleteView):
    template_name = "tenants/password_done.html"


class OwnPasswordView(PasswordChangeView):
    """A new password for the signed-in person.

    This session continues, all others end. The back office uses it with its own template
    (`admin/site.py`).
    """

    template_name = "tenants/password_change.html"
    form_class = OwnPasswordForm
    success_url = reverse_lazy("home")
    how = How.PORTAL

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **kwargs)
        except TooManyAttempts as refusal:
            return too_many(request, refusal)

    def form_invalid(self, form: Any) -> HttpResponse:
        until = cast("OwnPasswordForm", form).refused_until
        return (
            too_many(self.request, TooManyAttempts(until)) if until else super().form_invalid(form)
        )

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            response = super().form_valid(form)
            cast("User", self.request.user).log_own(TenantsAction.PASSWORD_SET, how=self.how)
        messages.success(
            self.request,
            _("Your password was changed. You've been signed out everywhere else."),
        )
        return response


def locked_out(request: HttpRequest, refusal: TooManyAttempts) -> HttpResponse:
    """The page after too many wrong passwords, of one account or from one address."""
    return too_many(request, refusal, "tenants/locked_out.html")


def too_many(
    request: HttpRequest, refusal: TooManyAttempts, template: str = "tenants/too_many.html"
) -> HttpResponse:
    """The page after too many requests, with the time to come back."""
    context = {"minutes": refusal.minutes, "until": not_before(refusal.until)}
    response = render(request, template, context, status=HTTPStatus.TOO_MANY_REQUESTS)
    response.headers["Retry-After"] = str(refusal.seconds)
    return response


@tenant_context_exempt
@role_required
@form_methods
def switch(request: PartnerRequest) -> HttpResponse:
    """Choose which of the person's partners and tenants to work in (P4)."""
    form = TenantForm(request, request.POST or None)
    then = request.POST.get("next") or request.GET.get("next", "")
    if request.method == "POST" and form.is_valid():
        tenant = form.tenants[form.cleaned_data["place"]]
        switch_tenant(request, tenant)
        names = {"partner": isolated(str(tenant.partner)), "tenant": isolated(str(tenant))}
        messages.success(
            request, _("You're now working in %(partner)s, tenant %(tenant)s.") % names
        )
        return on_to(then)
    context = {"form": form, "next": then, "cancel": on_to(then).url}
    return render(request, "tenants/switch.html", context)
