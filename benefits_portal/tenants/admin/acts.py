"""Actions of staff, on rows of a list or on one row's page, each previewed first.

The preview says what would happen to each row, or why it cannot, and asks for the reason (A1).
"""

# mypy: disable-error-code="type-arg"

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from benefits_portal.backoffice.columns import Text, admin_url
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor

from .edits_on_record import actor
from .forms import error_text
from .reasons import MISSING, ONLY_STAFF, is_missing, reason_in, reason_input

MAX_SHOWN = 20  # previews of the chosen rows
CHANGED = _("Something changed since you looked, so nothing was done. This is how it is now.")

type Effects = Callable[[Any, Actor], Iterable[Text]]


@dataclass(frozen=True)
class Preview:
    """What an action would do to `row`, in sentences; or why it cannot be done.

    With neither, there is nothing to do.
    """

    row: Any
    effects: tuple[str, ...] = ()
    error: Refusal | ValidationError | None = None

    @classmethod
    def of(cls, row: Any, effects: Effects, by: Actor) -> "Preview":
        try:
            return cls(row, tuple(str(effect) for effect in effects(row, by)))
        except (Refusal, ValidationError) as error:
            return cls(row, error=error)

    @property
    def refusal(self) -> str:
        return error_text(self.error) if self.error else ""

    @property
    def fingerprint(self) -> str:
        """A text that differs for any two different previews."""
        shown = "\n".join([str(self.row.pk), *self.effects])
        return hashlib.sha256(shown.encode()).hexdigest()


def previewed(
    effects: Effects,
    *,
    label: Text = "",
    reason_help: Text = ONLY_STAFF,
    hides: tuple[type[Refusal], ...] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: preview an action first, and ask for the reason. Goes below `admin.action`.

    `effects` returns the sentences for one row, without changing anything, and raises what the
    action would. `label` is the text of the button on the row's page, which is not shown if there
    are no effects, or if the action is refused for a reason in `hides`.
    """

    parts = {"effects": effects, "label": label, "reason_help": reason_help, "hides": hides}

    def decorate(action: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(action)
        def asking(model_admin: Any, request: HttpRequest, rows: Any) -> Any:
            preview = preview_first(model_admin, request, rows, asking)
            return preview or action(model_admin, request, rows)

        vars(asking).update(parts)
        return asking

    return decorate


def preview_first(
    model_admin: Any, request: HttpRequest, rows: Any, action: Any
) -> TemplateResponse | None:
    """The preview, unless a reason was given for exactly what it shows."""
    if not reason_in(request):
        if is_missing(request):
            messages.error(request, MISSING)
        return ask(model_admin, request, rows, action)
    if has_changed(request, rows, action.effects):
        messages.warning(request, CHANGED)
        return ask(model_admin, request, rows, action)
    return None


def has_changed(request: HttpRequest, rows: Any, effects: Effects) -> bool:
    """Whether the action would now do something other than was shown.

    Not if it would be refused: the action itself reports that, and knows a double click (W11).
    """
    shown = set(request.POST.getlist("shown"))
    if not shown:
        return False
    now = [Preview.of(row, effects, actor(request)) for row in rows[:MAX_SHOWN]]
    return any(each.effects and each.fingerprint not in shown for each in now)


def ask(model_admin: Any, request: HttpRequest, rows: Any, action: Any) -> TemplateResponse:
    """The page with the preview of `action`, and a form for the reason.

    The form contains the chosen rows.
    """
    some: Excerpt[Any] = Excerpt.of(rows, MAX_SHOWN)
    previews = [Preview.of(row, action.effects, actor(request)) for row in some]
    chosen = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name in (ACTION_CHECKBOX_NAME, "action", "select_across")
    ]
    chosen += [("shown", each.fingerprint) for each in previews if each.effects]
    one = previews[0].row if request.resolver_match and request.resolver_match.kwargs else None
    context = {
        **model_admin.admin_site.each_context(request),
        "title": action.short_description,
        "opts": model_admin.opts,
        "previews": some.showing(previews),
        "can_act": any(not each.refusal for each in previews),
        "one": one,
        "chosen": chosen,
        "back": admin_url(one, "change", one.pk) if one else request.get_full_path(),
        "field": reason_input(action.reason_help, is_missing=is_missing(request)),
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "admin/act.html", context)


@dataclass(frozen=True)
class Button:
    """A button for an action on a row's page, or why it is not possible today."""

    label: Text
    href: str
    refusal: str = ""


class ActsMixin:
    """A model admin with `buttons`: actions on a row's page, each with a preview."""

    opts: Any
    admin_site: Any
    buttons: ClassVar[tuple[str, ...]] = ()

    def get_urls(self) -> list[Any]:
        return [
            *(
                path(f"<int:pk>/{slug(name)}/", self.act_view(name), name=self.url_name(name))
                for name in self.buttons
            ),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def url_name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def act_view(self, name: str) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, pk: int) -> HttpResponse:
            return self.act_on(request, pk, name)

        return self.admin_site.admin_view(  # type: ignore[no-any-return]
            require_http_methods(["GET", "HEAD", "POST"])(view)
        )

    def act_on(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Preview the action `name` on one row; carry it out once a reason is given."""
        own: Any = self
        if name not in self.acts_allowed(request):
            raise PermissionDenied
        rows = own.get_queryset(request).filter(pk=pk)
        if not rows.exists():
            raise Http404
        answer = getattr(self, name)(request, rows)
        return answer or redirect(admin_url(own.model, "change", pk))

    def acts_allowed(self, request: HttpRequest) -> list[str]:
        """The `buttons` that this person may use."""
        return [
            name
            for name in self.buttons
            if any(
                getattr(self, f"has_{permission}_permission")(request)
                for permission in getattr(self, name).allowed_permissions
            )
        ]

    def buttons_of(self, request: HttpRequest, row: Any) -> list[Button]:
        buttons = []
        for name in self.acts_allowed(request):
            action = getattr(self, name)
            preview = Preview.of(row, action.effects, actor(request))
            if preview.effects or (preview.error and not isinstance(preview.error, action.hides)):
                href = admin_url(row, name, row.pk)
                buttons.append(
                    Button(action.label or action.short_description, href, preview.refusal)
                )
        return buttons

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = context.get("original")
        context["buttons"] = self.buttons_of(request, row) if row and self.buttons else []
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore


def slug(name: str) -> str:
    return name.replace("_", "-")
