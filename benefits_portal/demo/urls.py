"""Addresses of the demo; each answers 404 anywhere else."""

from django.urls import path

from benefits_portal.demo import views

urlpatterns = [
    path("sign-in/demo/", views.sign_in, name="demo-sign-in"),
    path("demo/clock/", views.move_clock, name="demo-clock"),
    path("demo/reset/", views.reset, name="demo-reset"),
]
