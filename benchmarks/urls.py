"""The portal's addresses, and the least that a page can be: *hello*, through every middleware."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from benefits_portal.urls import urlpatterns as portal

HEADER = "X-Queries"


@login_not_required
def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


def told_queries(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: whoever sends the header is told how many queries the answer took; others notice nothing."""

    def respond(request: HttpRequest) -> HttpResponse:
        if HEADER not in request.headers:
            return get_response(request)
        queries: list[str] = []

        def counted(execute: Callable[..., object], sql: str, *rest: object) -> object:
            queries.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(counted):
            response = get_response(request)
        response.headers[HEADER] = str(len([sql for sql in queries if "SAVEPOINT" not in sql]))
        return response

    return respond


urlpatterns = [path("hello/", hello), *portal]
