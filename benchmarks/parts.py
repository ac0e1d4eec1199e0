"""What a request spends its CPU on: its queries, its templates, and the rest.

A middleware tells whoever sends the header; `Parts` is what the answer says, in CPU seconds of the
process that answers. What PostgreSQL spends is none of it.
"""

import json
import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Self
from unittest.mock import patch

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template.backends.django import Template

HEADER = "X-Parts"
TABLE = re.compile(r'(?:FROM|INTO|UPDATE) "?(\w+)')


@dataclass
class Parts:
    asking: float = 0  # sending queries and reading their first rows
    rendering: float = 0  # templates, without the queries in them
    # Of each query, the first table that it names and the seconds until its answer
    answers: list[tuple[str, float]] = field(default_factory=list)

    @classmethod
    def read(cls, header: str) -> Self:
        return cls(**json.loads(header))

    def ask(self, execute: Callable[..., object], sql: str, *rest: object) -> object:
        begun, cpu = time.perf_counter(), time.thread_time()
        try:
            return execute(sql, *rest)
        finally:
            self.asking += time.thread_time() - cpu
            if "SAVEPOINT" not in sql:
                table = TABLE.search(sql)
                name = table.group(1) if table else sql.split(maxsplit=1)[0]
                self.answers.append((name, time.perf_counter() - begun))

    def render(self, render: Callable[..., str], *arguments: Any, **named: Any) -> str:
        asking, rendering, cpu = self.asking, self.rendering, time.thread_time()
        text = render(*arguments, **named)
        # One template may render another by itself
        self.rendering = rendering + time.thread_time() - cpu - (self.asking - asking)
        return text


def told_parts(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: others than who sends the header notice nothing."""

    def respond(request: HttpRequest) -> HttpResponse:
        if HEADER not in request.headers:
            return get_response(request)
        parts, render = Parts(), Template.render

        def rendered(*arguments: Any, **named: Any) -> str:
            return parts.render(render, *arguments, **named)

        with connection.execute_wrapper(parts.ask), patch.object(Template, "render", rendered):
            response = get_response(request)
        response.headers[HEADER] = json.dumps(asdict(parts))
        return response

    return respond
