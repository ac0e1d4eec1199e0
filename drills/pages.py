"""Pages as people without JavaScript use them: links and forms, found by what is written there."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

from drills.people import Answer, Browser

ROWS = ("tr", "li")
SENT = ("hidden", "text", "search", "email", "number", "date")  # as it stands there
VOID = ("input", "br", "wbr", "img", "meta", "link", "hr")


class Lost(Exception):
    """What somebody looks for is not on the page that they are on."""


@dataclass
class Text:
    parts: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return " ".join("".join(self.parts).split())


@dataclass
class Link:
    """`row` is what is written in the table row or list item that it stands in."""

    href: str
    text: Text = field(default_factory=Text)
    row: Text = field(default_factory=Text)


@dataclass
class Choice:
    """A radio button, a checkbox or an option of a list, by its label or its row."""

    name: str
    value: str
    id: str = ""
    is_chosen: bool = False
    row: Text = field(default_factory=Text)
    label: Text = field(default_factory=Text)

    @property
    def says(self) -> str:
        return f"{self.label} {self.row}"


@dataclass
class Button:
    text: Text
    attributes: dict[str, str]
    row: Text

    @property
    def says(self) -> str:
        return f"{self.text} {self.attributes.get('aria-label', '')}"


@dataclass
class Form:
    action: str
    method: str
    id: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)

    @property
    def sent(self) -> dict[str, str]:
        """What it sends if nobody changes anything."""
        return self.fields | {each.name: each.value for each in self.choices if each.is_chosen}

    def choice(self, text: str) -> Choice:
        """The first one that says `text`. Raises Lost."""
        for each in self.choices:
            if text in each.says:
                return each
        raise Lost(f"no choice {text!r}: {[str(each.label) for each in self.choices]}")


class Page(HTMLParser):
    """The links and forms of one answer."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[Link] = []
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select = ""
        self._texts: list[tuple[str, Text]] = []  # open elements whose text is wanted
        self._rows: list[Text] = [Text()]
        self._labels: dict[str, Text] = {}
        self._apart: list[tuple[str, Button]] = []  # that belong to a form elsewhere
        self.feed(html)
        self.close()
        for form in self.forms:
            form.buttons += [button for owner, button in self._apart if owner == form.id]
            for choice in form.choices:
                choice.label = self._labels.get(choice.id, choice.label)

    # What is on it

    def link(self, text: str, *near: str) -> str:
        """Where the first link goes that says `text`, in a row that says all of `near`."""
        for each in self.links:
            said = f"{each.text} {each.row}"
            if text in str(each.text) and all(word in said for word in near):
                return each.href
        raise Lost(f"no link {text!r} near {near}: {[str(each.text) for each in self.links]}")

    def form(self, button: str, holding: str = "") -> tuple[Form, Button]:
        """The first form with a button that says `button`, and with a field `holding`."""
        for form in self.forms:
            for each in form.buttons:
                if button in each.says and (not holding or holding in form.fields):
                    return form, each
        said = [each.says for form in self.forms for each in form.buttons]
        raise Lost(f"no button {button!r}: {said}")

    def has(self, field: str) -> bool:
        return any(field in form.fields for form in self.forms)

    def offers(self, text: str) -> bool:
        """Whether something that can be chosen says `text`."""
        return any(text in each.says for form in self.forms for each in form.choices)

    # Reading it

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag in ROWS:
            self._rows.append(Text())
        text = self._begun(tag, has)
        if text is not None and tag not in VOID:
            self._texts.append((tag, text))

    def _begun(self, tag: str, has: dict[str, str]) -> Text | None:
        """What is written in it, if that is wanted."""
        if tag == "a" and "href" in has:
            self.links.append(Link(has["href"], row=self._rows[-1]))
            return self.links[-1].text
        if tag == "label":
            return self._labels.setdefault(has["for"], Text()) if "for" in has else Text()
        if tag == "form":
            method = has.get("method", "get").lower()
            self._form = Form(has.get("action", ""), method, has.get("id", ""))
            self.forms.append(self._form)
        elif tag == "button":
            return self._button(has)
        elif self._form is not None and tag in ("input", "select", "option", "textarea"):
            return self._field(self._form, tag, has)
        return None

    def _button(self, has: dict[str, str]) -> Text:
        button = Button(Text(), has, self._rows[-1])
        if owner := has.get("form"):
            self._apart.append((owner, button))
        elif self._form is not None and has.get("type", "submit") == "submit":
            self._form.buttons.append(button)
        return button.text

    def _field(self, form: Form, tag: str, has: dict[str, str]) -> Text | None:
        name, kind = has.get("name", ""), has.get("type", "text")
        if tag == "select":
            self._select = name
        elif tag == "option":
            chosen = "selected" in has or self._select not in form.sent
            choice = Choice(self._select, has.get("value", ""), is_chosen=chosen)
            form.choices.append(choice)
            return choice.label
        elif kind in ("radio", "checkbox"):
            choice = Choice(name, has.get("value", "on"), has.get("id", ""), "checked" in has)
            choice.row = self._rows[-1]
            around = [text for opened, text in self._texts if opened == "label"]
            choice.label = around[-1] if around else choice.label
            form.choices.append(choice)
        elif name and (tag == "textarea" or kind in SENT):
            form.fields[name] = has.get("value", "")
        return None

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag in ROWS and len(self._rows) > 1:
            self._rows.pop()
        if self._texts and self._texts[-1][0] == tag:
            self._texts.pop()

    def handle_data(self, data: str) -> None:
        for text in [*self._rows[1:], *(text for _tag, text in self._texts)]:
            text.parts.append(data)


class Reader:
    """Somebody at a browser, who goes on from page to page by links and buttons."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.answer = Answer("", 0, 0, 0)

    @property
    def page(self) -> Page:
        return Page(self.answer.page)

    def open(self, path: str, what: str) -> None:
        self.ask(path, None, what)

    def ask(self, path: str, fields: dict[str, str] | None, what: str) -> None:
        """By GET; by POST if there are `fields`."""
        if fields is None:
            self.answer = self.browser.get(path, what)
        else:
            self.answer = self.browser.post(path, fields, what)

    def follow(self, text: str, *near: str, what: str) -> None:
        """The link that says so. Raises Lost."""
        href = urljoin(self.answer.url, self.page.link(text, *near))
        self.open(href.partition("#")[0], what)

    def press(
        self, button: str, *, what: str, choose: str = "", holding: str = "", **typed: str
    ) -> None:
        """The button that says so, with `typed` in its form's fields, and what says `choose`.

        Raises Lost.
        """
        form, pressed = self.page.form(button, holding)
        fields = form.sent | typed
        if choose:
            chosen = form.choice(choose)
            fields[chosen.name] = chosen.value
        has = pressed.attributes
        if name := has.get("name"):
            fields[name] = has.get("value", "")
        there = urljoin(self.answer.url, has.get("formaction") or form.action or self.answer.url)
        if form.method == "get":
            self.open(f"{there.partition('?')[0]}?{urlencode(fields)}", what)
        else:
            self.ask(there, fields, what)
