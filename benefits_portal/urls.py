"""Addresses. They are stable: bookmarks and other people's instructions rely on them."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from benefits_portal import views
from benefits_portal.licensing.home import home
from benefits_portal.tenants.access import acts_nowhere

handler500 = "benefits_portal.views.server_error"
urlpatterns = [
    path("", home, name="home"),
    path("", include("benefits_portal.tenants.urls")),
    path("", include("benefits_portal.benefits.urls")),
    path("", include("benefits_portal.licensing.urls")),
    path("", include("benefits_portal.demo.urls")),
    path("help/", views.help_page, name="help"),
    path("language/", acts_nowhere(login_not_required(set_language)), name="set_language"),
    path("theme/", views.theme, name="theme"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("back-office/", admin.site.urls),
]
