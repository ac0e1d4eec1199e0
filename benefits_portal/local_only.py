"""Make a demo answer only its own machine, whichever address it listens at.

In a demo anyone can sign in as anyone, and any machine can send `Host: localhost`.
"""

from collections.abc import Callable, Iterable
from typing import Any

from benefits_portal.startup_checks import is_this_machine

type Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_REAL_IP")
REFUSED = (
    b"This portal runs as a demo or for development, in which everybody can be anybody, so it "
    b"answers only browsers on the machine that it runs on. "
    b"Open it there, or set DEMO and DEBUG off.\n"
)


def local_only(application: Application) -> Application:
    """Wrap a WSGI application: 403 for requests from other machines or through a proxy."""

    def respond(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        is_forwarded = any(name in environ for name in FORWARDED)
        if not is_forwarded and is_this_machine(environ.get("REMOTE_ADDR", "")):
            return application(environ, start_response)
        length = str(len(REFUSED))
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", length)]
        start_response("403 Forbidden", headers)
        return [REFUSED]

    return respond
