"""The forms of all pages, as a browser would send them: each once, to where it goes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import html5lib
from django.urls import resolve

from tests.world import RequestAs

TOKEN = "csrfmiddlewaretoken"
PLAIN = {"checkbox", "radio", "hidden", "submit", "file", "password", "button", "image", "reset"}
GUESSES = {
    "email": "lou@outside.example",
    "address": "lou@outside.example",
    "user_principal_name": "lou@outside.example",
    "username": "lou@outside.example",
    "domain": "lou.example",
    "mpn_id": "7654321",
    "country": "NL",
    "currency": "EUR",
    "time_zone": "UTC",
}


@dataclass
class PageForm:
    """What is sent of a form, field by field, and the names of those with text and the hidden."""

    address: str
    is_frame: bool
    sent: dict[str, list[str]] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, form: Any, page: str) -> "PageForm":
        made = cls(urljoin(page, form.get("action", "")), form.get("id") == "frame")
        for part in form.iter():
            name = part.get("name")
            if part.tag in ("input", "select", "textarea") and name not in (None, TOKEN):
                made._add(part, name)
        return made

    def _add(self, part: Any, name: str) -> None:
        kind = part.get("type", "text")
        if part.tag == "select":
            options = list(part.iter("option"))
            chosen = [option for option in options if option.get("selected") is not None]
            self.sent.setdefault(name, []).extend(
                option.get("value") for option in chosen or options[:1]
            )
        elif part.tag == "textarea" or kind not in PLAIN:
            self.texts.append(name)
            self.sent[name] = [
                (part.text if part.tag == "textarea" else part.get("value"))
                or GUESSES.get(name.split("-")[-1], "Lou")
            ]
        elif kind == "hidden":
            self.hidden.append(name)
            self.sent.setdefault(name, []).append(part.get("value") or "")
        elif kind == "password" or part.get("checked") is not None:
            self.sent.setdefault(name, []).append(
                part.get("value") or "correct horse battery staple"
            )

    def kind(self, page: str) -> tuple[str, ...]:
        """What pages share: the frame, and a form that goes to another page."""
        there = urlsplit(self.address).path
        view = "" if self.is_frame else there
        if there != urlsplit(page).path and not self.is_frame:
            view = resolve(there).view_name
        return (view, *self.sent)


def forms_on(html: str, page: str) -> Iterator[PageForm]:
    """Those that are sent by POST. The rest of the page is not parsed: that takes far longer."""
    for start in re.findall("<form[^>]*post.*?</form>", html, re.DOTALL):
        [form] = html5lib.parseFragment(start, namespaceHTMLElements=False).iter("form")
        if form.get("method", "get").lower() == "post":
            yield PageForm.of(form, page)


def forms_of(
    request_as: RequestAs, rows: dict[str, list[str]]
) -> Iterator[tuple[str, str, PageForm]]:
    """Row, person and form; the person is one who may open the row's pages."""
    tried: set[tuple[str, ...]] = set()
    for row, person, page in pages(rows):
        answer = request_as(person, "get", page, {})
        if (
            answer.status_code != 200
            or answer.streaming
            or "html" not in answer.headers["Content-Type"]
        ):
            continue
        for form in forms_on(answer.text, page):
            kind = person, *form.kind(page)
            if kind not in tried:
                tried.add(kind)
                yield row, person, form


def pages(rows: dict[str, list[str]]) -> Iterator[tuple[str, str, str]]:
    for row, addresses in rows.items():
        anonymous = row.startswith(("tenants:sign-in", "tenants:password"))
        for address in addresses:
            yield (
                row,
                "anonymous" if anonymous else "programme" if "back-office" in address else "global",
                address,
            )
