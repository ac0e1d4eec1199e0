from django.urls import path

from benefits_portal.benefits import views

app_name = "benefits"
urlpatterns = [
    path("mpn/benefits/azure-cloud/", views.benefit_list, name="azure-cloud"),
    path("mpn/benefits/azure-cloud/csv/", views.benefit_csv, name="azure-cloud-csv"),
    path("mpn/benefits/azure-cloud/<int:pk>/holders/", views.holders, name="holders"),
    path("mpn/benefits/azure-cloud/<int:pk>/holders/csv/", views.holders_csv, name="holders-csv"),
    path("mpn/benefits/azure-cloud/<int:pk>/assign/", views.assign, name="assign"),
    path("mpn/benefits/azure-cloud/<int:pk>/assign/list/", views.assign_list, name="assign-list"),
    path(
        "mpn/benefits/azure-cloud/<int:pk>/assignments/<int:assignment_pk>/remove/",
        views.remove,
        name="remove",
    ),
    path(
        "mpn/benefits/azure-cloud/<int:pk>/assignments/<int:assignment_pk>/transfer/",
        views.transfer,
        name="transfer",
    ),
]
