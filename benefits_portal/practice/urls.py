"""URLs of the demo; a portal without DEMO has none of them."""

from django.conf import settings
from django.urls import path

from benefits_portal.practice import (
    class_room_views,
    class_views,
    exercise_views,
    reset_views,
    room_views,
    views,
)

urlpatterns = (
    [
        path("sign-in/demo/", views.sign_in, name="demo-sign-in"),
        path("demo/clock/", views.move_clock, name="demo-clock"),
        path("demo/reset/", reset_views.reset, name="demo-reset"),
        path("demo/mailbox/", views.mailbox, name="demo-mailbox"),
        path("demo/mailbox/<int:pk>/", views.mail_html, name="demo-mail"),
        path("practice/", room_views.practice, name="practice"),
        path("practice/join/<str:code>/", room_views.join, name="practice-join"),
        path("practice/start-over/", room_views.start_own_over, name="practice-start-over"),
        path("practice/exercises/", exercise_views.exercise_list, name="practice-exercises"),
        path("practice/classes/", class_views.classes, name="practice-classes"),
        path("practice/classes/<int:pk>/", class_views.one_class, name="practice-class"),
        path("practice/classes/<int:pk>/code/", class_views.class_code, name="practice-class-code"),
        path(
            "practice/classes/<int:pk>/results.csv",
            class_views.class_results,
            name="practice-class-results",
        ),
        path(
            "practice/classes/<int:pk>/rooms/<int:room_pk>/",
            class_room_views.class_room,
            name="practice-class-room",
        ),
        path("gallery/", views.gallery, name="gallery"),
    ]
    if settings.DEMO
    else []
)
