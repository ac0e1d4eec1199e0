"""The portal's addresses, and what their pages are compared with.

The least that a page can be; *hello* through every middleware; and what Django gives by itself: the
change list of the same benefits with its own counts and pages.
"""

from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path

from benefits_portal.benefits.models import Benefit
from benefits_portal.urls import urlpatterns as portal

stock = AdminSite("stock")


class StockAdmin(ModelAdmin):  # type: ignore[type-arg]
    """The portal's columns, fifty to a page, sorted and counted as Django does unless told."""

    list_display = ("product", "quantity", "membership", "benefit_type", "expires_on", "is_used")
    list_filter = ("benefit_type", "is_used")
    list_select_related = ("product", "partner", "membership__partner", "membership__offer")
    list_per_page = 50

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse):
            response.using = "stock"  # Django's templates, not the back office's
        return response


stock.register(Benefit, StockAdmin)


@login_not_required
def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


urlpatterns = [path("hello/", hello), path("stock/", stock.urls), *portal]
