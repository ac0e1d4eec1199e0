from django.urls import path, re_path

from benefits_portal.reminders.views import calendar, feed

app_name = "reminders"
urlpatterns = [
    path("account/calendar/", calendar.calendar, name="calendar"),
    re_path(r"^calendar/(?P<secret>[0-9a-f]{32})\.ics$", feed.feed, name="feed"),
]
