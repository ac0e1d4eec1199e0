from django.urls import path
from django.utils.translation import gettext_lazy as _

from benefits_portal.benefits.views import assigning, benefit_list, holders
from benefits_portal.tenants.audit.labels import name_pages

app_name = "benefits"
name_pages(
    benefits__assign=_("Assign user"),
    benefits__assign_list=_("Assign a list of people"),
    benefits__remove=_("Remove credit"),
    benefits__transfer=_("Transfer"),
)
urlpatterns = [
    path("mpn/benefits/azure-cloud/", benefit_list.benefit_list, name="azure-cloud"),
    path("mpn/benefits/azure-cloud/csv/", benefit_list.benefit_csv, name="azure-cloud-csv"),
    path("mpn/benefits/azure-cloud/<int:pk>/holders/", holders.holders, name="holders"),
    path("mpn/benefits/azure-cloud/<int:pk>/holders/csv/", holders.holders_csv, name="holders-csv"),
    path("mpn/benefits/azure-cloud/<int:pk>/assign/", assigning.assign, name="assign"),
    path(
        "mpn/benefits/azure-cloud/<int:pk>/assign/list/", assigning.assign_list, name="assign-list"
    ),
    path(
        "mpn/benefits/azure-cloud/<int:pk>/assignments/<int:assignment_pk>/remove/",
        assigning.remove,
        name="remove",
    ),
    path(
        "mpn/benefits/azure-cloud/<int:pk>/assignments/<int:assignment_pk>/transfer/",
        assigning.transfer,
        name="transfer",
    ),
]
