"""Addresses of the demo: a portal without DEMO has none of them."""

from django.conf import settings
from django.urls import path

from benefits_portal.practice import reset_views, tour_views, views

urlpatterns = (
    [
        path("sign-in/demo/", views.sign_in, name="demo-sign-in"),
        path("demo/clock/", views.move_clock, name="demo-clock"),
        path("demo/reset/", reset_views.reset, name="demo-reset"),
        path("demo/tour/", tour_views.guided_tour, name="demo-tour"),
        path("demo/mailbox/", views.mailbox, name="demo-mailbox"),
        path("demo/mailbox/<int:pk>/", views.mail_html, name="demo-mail"),
        path("gallery/", views.gallery, name="gallery"),
    ]
    if settings.DEMO
    else []
)
