from django.urls import path

from benefits_portal.licensing.views import (
    benefits,
    calculator,
    redeeming,
    replacing,
    subscriptions,
)

app_name = "licensing"
urlpatterns = [
    path("mpn/benefits/azure-cloud/<int:pk>/", benefits.benefit_detail, name="benefit-detail"),
    path(
        "mpn/benefits/azure-cloud/<int:pk>/history/",
        benefits.benefit_history,
        name="benefit-history",
    ),
    path("mpn/benefits/azure-cloud/<int:pk>/key/", benefits.key, name="key"),
    path(
        "mpn/benefits/azure-cloud/<int:pk>/walkthrough/", benefits.walkthrough, name="walkthrough"
    ),
    path("calculator/", calculator.calculator, name="calculator"),
    path("product-key/start/", redeeming.product_key_start, name="product-key-start"),
    path("admin-center/products/", subscriptions.product_list, name="products"),
    path("admin-center/products/csv/", subscriptions.product_csv, name="products-csv"),
    path("admin-center/products/<int:pk>/", subscriptions.subscription_detail, name="subscription"),
    path("admin-center/products/<int:pk>/extend/", redeeming.extend, name="extend"),
    path(
        "admin-center/products/<int:pk>/add-licenses/", redeeming.add_licenses, name="add-licenses"
    ),
    path("admin-center/receipts/<int:pk>/", subscriptions.receipt, name="receipt"),
    path("admin-center/receipts/<int:pk>/replacement/", replacing.ask, name="replacement"),
]
