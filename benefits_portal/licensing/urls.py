from django.urls import path
from django.utils.translation import gettext_lazy as _

from benefits_portal.licensing.losses.page import losses, losses_csv
from benefits_portal.licensing.views import (
    benefit_detail,
    calculator,
    giving_licenses,
    licenses,
    ordering,
    planning,
    redeeming,
    replacing,
    requests,
    subscriptions,
)
from benefits_portal.tenants.audit.labels import name_pages

app_name = "licensing"
name_pages(
    licensing__key=_("Get key"),
    licensing__walkthrough=_("Activation walkthrough"),
    licensing__product_key_start=_("Redeem a product key"),
    licensing__extend=_("Extend end date"),
    licensing__add_licenses=_("Add licenses"),
    licensing__order=_("Redeem several keys"),
    licensing__order_replacement=_("Request replacements for an order"),
    licensing__give_license=_("Assign a license"),
    licensing__give_license_list=_("Assign licenses to a list of people"),
    licensing__take_license=_("Remove a license"),
    licensing__move_license=_("Move a license to another product"),
    licensing__replacement=_("Request a replacement key"),
)
urlpatterns = [
    path(
        "mpn/benefits/azure-cloud/<int:pk>/", benefit_detail.benefit_detail, name="benefit-detail"
    ),
    path(
        "mpn/benefits/azure-cloud/<int:pk>/history/",
        benefit_detail.benefit_history,
        name="benefit-history",
    ),
    path("mpn/benefits/azure-cloud/<int:pk>/key/", benefit_detail.key, name="key"),
    path(
        "mpn/benefits/azure-cloud/<int:pk>/walkthrough/",
        benefit_detail.walkthrough,
        name="walkthrough",
    ),
    path("losses/", losses, name="losses"),
    path("losses/csv/", losses_csv, name="losses-csv"),
    path("calculator/", calculator.calculator, name="calculator"),
    path("product-key/start/", redeeming.product_key_start, name="product-key-start"),
    path("admin-center/products/", subscriptions.product_list, name="products"),
    path("admin-center/products/csv/", subscriptions.product_csv, name="products-csv"),
    path("admin-center/plan/", planning.plan, name="plan"),
    path("admin-center/products/<int:pk>/", subscriptions.subscription_detail, name="subscription"),
    path("admin-center/products/<int:pk>/extend/", redeeming.extend, name="extend"),
    path(
        "admin-center/products/<int:pk>/add-licenses/", redeeming.add_licenses, name="add-licenses"
    ),
    path("admin-center/products/<int:pk>/order/", ordering.order, name="order"),
    path("admin-center/licenses/", licenses.licenses, name="licenses"),
    path("admin-center/licenses/<int:pk>/", licenses.license_holders, name="license-holders"),
    path(
        "admin-center/licenses/<int:pk>/csv/",
        licenses.license_holders_csv,
        name="license-holders-csv",
    ),
    path(
        "admin-center/licenses/<int:pk>/history/", licenses.license_history, name="license-history"
    ),
    path("admin-center/licenses/<int:pk>/give/", giving_licenses.give, name="give-license"),
    path(
        "admin-center/licenses/<int:pk>/give-list/",
        giving_licenses.give_list,
        name="give-license-list",
    ),
    path(
        "admin-center/licenses/<int:pk>/<int:assignment_pk>/take/",
        giving_licenses.take,
        name="take-license",
    ),
    path(
        "admin-center/licenses/<int:pk>/<int:assignment_pk>/move/",
        giving_licenses.move,
        name="move-license",
    ),
    path("admin-center/orders/<int:pk>/", ordering.order_receipt, name="order-receipt"),
    path(
        "admin-center/orders/<int:pk>/replacement/", replacing.ask_order, name="order-replacement"
    ),
    path("admin-center/receipts/<int:pk>/", subscriptions.receipt, name="receipt"),
    path("account/requests/", requests.request_list, name="requests"),
    path("admin-center/receipts/<int:pk>/replacement/", replacing.ask, name="replacement"),
]
