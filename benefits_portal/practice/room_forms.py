"""Forms of trainees (code, name) and of trainers (class, name of a room, day)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple, Self

from django import forms
from django.conf import settings
from django.forms.boundfield import BoundWidget
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from benefits_portal import clock
from benefits_portal.fields import LineFormField, NameFormField

from . import codes
from .exercise_files import every_slug
from .exercises import exercises
from .models import MAX_ROOMS, Class
from .models.room import MAX_NAME
from .situations import SITUATIONS

HOURS = (2, 4, 8, 24, 3 * 24, 7 * 24)


class CodeForm(forms.Form):
    """The code of a class, or a return code; ignores case, spaces and hyphens."""

    code = LineFormField(
        label=_("Code"),
        max_length=200,  # a link with it
        help_text=_("The code of your class, or the return code of your room."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        error_messages={"required": _("Enter the code of your class.")},
    )

    def clean_code(self) -> str:
        code = codes.typed(self.cleaned_data["code"])
        if len(code) not in (codes.CLASS_CODE, codes.RETURN_CODE):
            raise forms.ValidationError(
                _("A class's code has 8 letters and digits, a return code 12.")
            )
        if not codes.is_possible(code):
            raise forms.ValidationError(
                _("A code has no vowels, no L, and no 0 or 1. Compare what you typed.")
            )
        return code

    def refused(self, why: str) -> Self:
        """A form that shows the initial code, and `why` it is refused."""
        form = type(self)(self.initial)
        form.full_clean()
        form.errors.pop("code", None)
        form.add_error("code", why)
        return form


class SentOnce(forms.Form):
    """A form with an ID for its submission: submitted twice, it makes one thing (W11)."""

    entry = forms.UUIDField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        super().clean()
        if "entry" in self.errors:
            raise forms.ValidationError(_("This form is too old. Open the page again."))
        return self.cleaned_data


class JoinForm(SentOnce):
    """The name under which a trainee joins a class."""

    name = NameFormField(
        label=_("Your name"),
        max_length=MAX_NAME,
        help_text=_("You and your trainer see it. A first name is enough."),
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
        error_messages={
            "required": _("Enter your name."),
            "no_letter": _("Enter a name with a letter in it."),
        },
    )


class RenameForm(forms.Form):
    """A room's new name."""

    name = NameFormField(
        label=_("Name"),
        max_length=MAX_NAME,
        error_messages={"required": _("Enter a name.")},
    )


class ExerciseGroup(NamedTuple):
    """The checkboxes for the exercises of one situation."""

    slug: str
    title: str | Promise
    boxes: list[BoundWidget]


class ClassForm(SentOnce, forms.ModelForm):  # type: ignore[type-arg]
    """A new class."""

    situation = forms.ChoiceField(
        label=_("What rooms begin with"),
        choices=lambda: [(slug, each.title) for slug, each in SITUATIONS.items()],
        initial=next(iter(SITUATIONS)),
        widget=forms.RadioSelect,  # a closed menu cuts sentences on a phone
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    hours = forms.TypedChoiceField(
        label=_("Class closes after"),
        coerce=int,
        choices=lambda: [(hours, span(hours)) for hours in HOURS],
    )

    which = forms.ChoiceField(
        label=_("Exercises"),
        choices=[
            ("all", _("All that belong to what rooms begin with")),
            ("some", _("Only those that you choose")),
            ("none", _("None: trainees try out whatever they like")),
        ],
        initial="all",
        widget=forms.RadioSelect,
    )
    exercises = forms.MultipleChoiceField(
        label=_("Exercises"),
        choices=lambda: [(slug, each.title) for slug, each in exercises().items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    field_order = ("title", "situation", "which", "exercises")

    class Meta:
        model = Class
        fields = ("title", "situation", "language", "max_rooms", "exercises")
        labels = {"max_rooms": _("Seats")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["exercises"] = []
        self.fields["max_rooms"].widget.attrs |= {"min": 1, "max": MAX_ROOMS}
        self.fields["title"].error_messages["required"] = _("Enter a title.")

    def clean_max_rooms(self) -> int:
        seats: int = self.cleaned_data["max_rooms"]
        if not 1 <= seats <= MAX_ROOMS:
            raise forms.ValidationError(
                _("Enter a number from 1 to %(most)s.") % {"most": MAX_ROOMS}
            )
        return seats

    def clean(self) -> dict[str, Any]:
        """Fill in the exercises; ignore those of other situations, whose checkboxes are hidden."""
        cleaned = super().clean()
        if cleaned.get("which") == "all":
            cleaned["exercises"] = every_slug()
        elif cleaned.get("which") == "none":
            cleaned["exercises"] = []
        elif "exercises" in cleaned:
            cleaned["exercises"] = self._belonging(cleaned["exercises"])
            if not cleaned["exercises"]:
                self.add_error("exercises", _("Choose at least one exercise."))
        return cleaned

    def _belonging(self, slugs: Iterable[str]) -> list[str]:
        """The exercises in `slugs` that belong to the chosen situation."""
        situation = self.cleaned_data.get("situation")
        return [slug for slug in slugs if exercises()[slug].situation == situation]

    @property
    def exercise_groups(self) -> list[ExerciseGroup]:
        boxes = self["exercises"].subwidgets
        return [
            ExerciseGroup(
                slug,
                situation.title,
                [box for box in boxes if exercises()[box.data["value"]].situation == slug],
            )
            for slug, situation in SITUATIONS.items()
        ]

    def open(self, by: Any) -> Class:
        """Open the class, with its first code. Raises TooManyClasses."""
        made: Class = self.save(commit=False)
        made.entry = str(self.cleaned_data["entry"])
        made.closes_at = clock.now() + timedelta(hours=self.cleaned_data["hours"])
        return Class.objects.open_for(by, made)


def span(hours: int) -> str:
    """A duration in days, or in hours if it is not whole days, in words."""
    days, rest = divmod(hours, 24)
    if rest:
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


class DayForAllForm(forms.Form):
    """By how many days to move; `ahead` is how far the class was when the page was rendered."""

    ahead = forms.IntegerField(min_value=0)
    days = forms.TypedChoiceField(
        coerce=int, choices=[(count, count) for count in (1, 30, 90, 365)]
    )

    @property
    def days_ahead(self) -> int:
        """The days that the class is to be ahead of the real day."""
        return int(self.cleaned_data["ahead"] + self.cleaned_data["days"])
