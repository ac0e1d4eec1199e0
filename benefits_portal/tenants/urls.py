from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import path

from benefits_portal.tenants import views
from benefits_portal.tenants.access import tenant_context_exempt
from benefits_portal.tenants.views import (
    activity,
    directory,
    impersonation,
    mail,
    roles,
    session,
    tenants,
)

app_name = "tenants"
urlpatterns = [
    path("sign-in/", tenant_context_exempt(views.SignInView.as_view()), name="sign-in"),
    path(
        "sign-in/reset/", tenant_context_exempt(views.ForgottenView.as_view()), name="password-ask"
    ),
    path("sign-in/reset/sent/", views.PasswordSentView.as_view(), name="password-sent"),
    path("sign-in/reset/done/", views.PasswordDoneView.as_view(), name="password-done"),
    path(
        "sign-in/reset/<uidb64>/<token>/",
        tenant_context_exempt(views.NewPasswordView.as_view()),
        name="password-set",
    ),
    path(
        "sign-out/",
        login_not_required(tenant_context_exempt(LogoutView.as_view())),  # once more does no harm
        name="sign-out",
    ),
    path("healthz/mail", mail.mail_health, name="mail-health"),
    path("session/", session.session, name="session"),
    path("switch/", views.switch, name="switch"),
    path("viewing/end/", impersonation.end_impersonation, name="end-viewing"),
    path(
        "account/password/",
        tenant_context_exempt(views.OwnPasswordView.as_view()),
        name="password-change",
    ),
    path("account/users/", directory.users, name="users"),
    path("account/users/csv/", directory.users_csv, name="users-csv"),
    path("account/users/add/", directory.add_user, name="add-user"),
    path("account/users/<int:pk>/", directory.user, name="user"),
    path("account/users/<int:pk>/disable/", directory.disable_user, name="disable-user"),
    path("account/users/<int:pk>/enable/", directory.enable_user, name="enable-user"),
    path("account/roles/", roles.roles, name="roles"),
    path("account/roles/csv/", roles.roles_csv, name="roles-csv"),
    path("account/roles/give/", roles.give_role, name="give-role"),
    path("account/roles/<int:pk>/", roles.change_role, name="change-role"),
    path("account/roles/<int:pk>/take/", roles.take_role, name="take-role"),
    path("account/tenants/", tenants.tenants, name="tenants"),
    path("account/tenants/ask/", tenants.ask_for_tenant, name="ask-for-tenant"),
    path("account/tenants/<int:pk>/primary/", tenants.make_primary, name="make-primary"),
    path("account/activity/", activity.activity, name="activity"),
    path("account/activity/csv/", activity.activity_csv, name="activity-csv"),
]
