from django.urls import path, re_path
from django.utils.translation import gettext_lazy as _

from benefits_portal.licensing.search import FOR_ADMINS, PAGES
from benefits_portal.reminders.views import (
    calendar,
    feed,
    health,
    preferences,
    silencing,
    unsubscribing,
)
from benefits_portal.tenants.audit.labels import name_pages

app_name = "reminders"
PAGES["reminders:calendar"] = _("Calendar")
PAGES["reminders:reminders"] = _("Reminders")
FOR_ADMINS.add("reminders:reminders")
name_pages(
    reminders__calendar=_("Calendar"),
    reminders__reminders=_("Reminders"),
    reminders__send_today=_("Send today's reminders"),
    reminders__switch_benefit=_("Reminders of a benefit"),
    reminders__switch_subscription=_("Reminders of a subscription"),
)
urlpatterns = [
    path("account/calendar/", calendar.calendar, name="calendar"),
    re_path(r"^calendar/(?P<secret>[0-9a-f]{32})\.ics$", feed.feed, name="feed"),
    path("account/reminders/", preferences.reminders, name="reminders"),
    path("account/reminders/send/", preferences.send_today, name="send-today"),
    path("account/reminders/program/", preferences.program_reminders, name="program"),
    path(
        "account/reminders/program/send/", preferences.send_program_today, name="send-program-today"
    ),
    path(
        "mpn/benefits/azure-cloud/<int:pk>/reminders/",
        silencing.switch_benefit,
        name="switch-benefit",
    ),
    path(
        "admin-center/products/<int:pk>/reminders/",
        silencing.switch_subscription,
        name="switch-subscription",
    ),
    path("unsubscribe/<str:token>/", unsubscribing.unsubscribe, name="unsubscribe"),
    path("healthz/reminders", health.reminders_health, name="reminders-health"),
]
