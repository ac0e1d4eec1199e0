"""Choosing a related row by typing: the list of what matches says where it ends before everything was shown (W7)."""

import json
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _

from benefits_portal.figures import number


def autocomplete(request: HttpRequest) -> HttpResponseBase:
    return CappedAutocompleteView.as_view(admin_site=admin.site)(request)


class CappedAutocompleteView(AutocompleteJsonView):
    """As Django's, with a last line that cannot be chosen where the paginator counted no further."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().get(request, *args, **kwargs)
        answer = json.loads(response.content)
        paginator: Any = self.get_paginator(self.object_list, self.paginate_by or 0)
        if answer["pagination"]["more"] or not getattr(paginator, "has_more", False):
            return response
        text = _("The first %(shown)s of more than %(shown)s are shown. Type more to find another one.")
        answer["results"].append({"id": "", "text": text % {"shown": number(paginator.count)}, "disabled": True})
        return JsonResponse(answer)
