"""URLs. They must stay stable: bookmarks and other people's instructions rely on them."""

from django.contrib import admin
from django.urls import include, path

from benefits_portal import health, metrics_page, views
from benefits_portal.benefits.admin.new_partner import new_partner
from benefits_portal.licensing.admin.refusals import refusals
from benefits_portal.licensing.admin.support_desk import support_desk
from benefits_portal.licensing.home.page import home
from benefits_portal.licensing.search import search
from benefits_portal.reminders.admin.preview import preview

handler400 = "benefits_portal.views.bad_request"
handler500 = "benefits_portal.views.server_error"
urlpatterns = [
    path("", home, name="home"),
    path("", include("benefits_portal.tenants.urls")),
    path("", include("benefits_portal.benefits.urls")),
    path("", include("benefits_portal.licensing.urls")),
    path("", include("benefits_portal.reminders.urls")),
    path("", include("benefits_portal.practice.urls")),
    path("search/", search, name="search"),
    path("help/", views.help_page, name="help"),
    path("help/then-and-now/", views.then_and_now, name="then-and-now"),
    path("language/", views.language, name="set_language"),
    path("theme/", views.theme, name="theme"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics_page.metrics_page, name="metrics"),
    path("back-office/support/", admin.site.admin_view(support_desk), name="support-desk"),
    path(
        "back-office/reminders/preview/<int:pk>/",
        admin.site.admin_view(preview),
        name="preview-reminders",
    ),
    path("back-office/refusals/", admin.site.admin_view(refusals), name="refusals"),
    path("back-office/new-partner/", admin.site.admin_view(new_partner), name="new-partner"),
    path("back-office/", admin.site.urls),
]
