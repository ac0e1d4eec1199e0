"""What tests hold of a browser: how a person signs in, and what a page answers."""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from django.test import Client

from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import User

if TYPE_CHECKING:  # django-stubs' name for what the test client makes of a response
    from django.test.client import _MonkeyPatchedWSGIResponse

type ClientResponse = _MonkeyPatchedWSGIResponse
type SignIn = Callable[[User], Client]


def request_of(response: ClientResponse) -> PartnerRequest:
    """The request that `response` answers, with what the middleware found out."""
    return cast("PartnerRequest", response.wsgi_request)
