"""People at browsers, with cookies and forms, who note how long it took.

Each follows redirects, and sends the forms that pages hold.
"""

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode, urlsplit

from drills.servers import HOST
from drills.world import PASSWORD, Member

NO_ANSWER = (OSError, HTTPException)
FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


@dataclass
class Answer:
    what: str
    status: int  # 0: none came
    started: float
    seconds: float
    url: str = ""
    page: str = field(default="", repr=False)
    retry_after: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """The hidden fields of the page's forms."""
        return dict(FIELD.findall(self.page))


class Browser:
    def __init__(self, port: int, notes: list[Answer] | None = None, timeout: float = 60) -> None:
        self.port, self.timeout = port, timeout
        self.cookies: dict[str, str] = {}
        self.notes: list[Answer] = notes if notes is not None else []

    @property
    def token(self) -> str:
        """What forms carry; its cookie has a prefix outside of a demo."""
        return next(
            (value for name, value in self.cookies.items() if name.endswith("csrftoken")), ""
        )

    def get(self, path: str, what: str = "") -> Answer:
        return self.ask("GET", path, None, what)

    def post(self, path: str, fields: dict[str, str], what: str = "") -> Answer:
        return self.ask("POST", path, {"csrfmiddlewaretoken": self.token, **fields}, what)

    def ask(self, method: str, path: str, fields: dict[str, str] | None, what: str = "") -> Answer:
        """The last answer, redirects followed; noted without its page. Status 0 if none came."""
        started = time.time()
        clock = time.perf_counter()
        try:
            answer = self._follow(method, path, fields)
        except NO_ANSWER:
            answer = Answer("", 0, 0, 0)
        answer.what, answer.started, answer.seconds = (
            what or path,
            started,
            time.perf_counter() - clock,
        )
        self.notes.append(
            Answer(
                answer.what,
                answer.status,
                started,
                answer.seconds,
                answer.url,
                "",
                answer.retry_after,
            )
        )
        return answer

    def _follow(self, method: str, path: str, fields: dict[str, str] | None) -> Answer:
        for _ in range(5):
            connection = HTTPConnection(HOST, self.port, timeout=self.timeout)
            headers = {
                "Host": HOST,
                "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
                "X-Forwarded-Proto": "https",
            }
            headers["Referer"] = f"https://{HOST}/"
            body = urlencode(fields) if fields is not None else None
            if body is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            try:
                connection.request(method, path, body, headers)
                response = connection.getresponse()
                page = response.read().decode()
            finally:
                connection.close()
            for cookie in response.headers.get_all("Set-Cookie") or []:
                name, _, rest = cookie.partition("=")
                self.cookies[name] = rest.partition(";")[0]
            if response.status not in (301, 302, 303):
                return Answer(
                    "", response.status, 0, 0, path, page, response.headers.get("Retry-After") or ""
                )
            there = urlsplit(response.headers["Location"])
            method, path, fields = (
                "GET",
                there.path + (f"?{there.query}" if there.query else ""),
                None,
            )
        raise OSError("redirected in a circle")

    def sign_in(self, member: Member) -> Answer:
        self.get("/sign-in/", "sign-in page")
        return self.post(
            "/sign-in/", {"username": member.user.email, "password": PASSWORD}, "sign in"
        )


def percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def table(head: list[str], rows: Iterable[list[Any]]) -> str:
    """Markdown."""
    lines: list[list[Any]] = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| "
        + " | ".join(f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in line)
        + " |"
        for line in lines
    )
