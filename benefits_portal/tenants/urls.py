from django.contrib.auth.views import LogoutView
from django.urls import path

from benefits_portal.tenants import views
from benefits_portal.tenants.access import acts_nowhere

app_name = "tenants"
urlpatterns = [
    path("sign-in/", acts_nowhere(views.SignInView.as_view()), name="sign-in"),
    path("sign-out/", acts_nowhere(LogoutView.as_view()), name="sign-out"),
    path("switch/", views.switch, name="switch"),
]
