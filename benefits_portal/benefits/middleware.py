"""A product key that somebody types into a search box is not searched for, on no page (K3)."""

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.contrib.messages.storage.base import BaseStorage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import escape_leading_slashes
from django.utils.translation import gettext as _

from benefits_portal.benefits.productkeys import resembles_key
from benefits_portal.tenants.middleware import in_back_office


def no_key_is_searched_for(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """An address whose words look like a key leads to the same one without them, before anything is looked up."""

    def respond(request: HttpRequest) -> HttpResponse:
        if not any(map(resembles_key, request.GET.getlist("q"))):
            return get_response(request)
        tell_where_keys_go(request)
        address = request.GET.copy()
        del address["q"]
        return redirect(escape_leading_slashes(f"{request.path}?{address.urlencode()}".removesuffix("?")))

    return respond


def tell_where_keys_go(request: HttpRequest) -> None:
    """Once, however often a field that searches while somebody types has asked."""
    if in_back_office(request):
        told = _("This looks like a product key. Keys are not searched for, and it was not looked up. Type it at Look up a key.")
    else:
        told = _("This looks like a product key. Keys are not searched for, and it was not looked up. Type it at Redeem a product key.")
    said = cast("BaseStorage", messages.get_messages(request))
    if told not in [message.message for message in said]:
        messages.warning(request, told)
    said.used = False  # looking is not showing
