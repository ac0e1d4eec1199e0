"""Model and form fields that store what people type in its canonical form (rules W1, W2, W4)."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, override

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import (
    MaxLengthValidator,
    MaxValueValidator,
    MinValueValidator,
    ProhibitNullCharactersValidator,
)
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from benefits_portal.emails import (
    canonical_domain,
    canonical_domain_or_text,
    canonical_email,
    canonical_email_or_text,
)
from benefits_portal.key_format import without_keys
from benefits_portal.personal import Personal
from benefits_portal.typed_text import (
    NOT_SHOWN,
    ascii_digits,
    clean_line,
    read_day,
    tidy,
    tidy_digits,
    tidy_values,
    validate_name,
    validate_no_key,
)

if TYPE_CHECKING:
    CharField = models.CharField[str, str]
else:
    CharField = models.CharField  # cannot be subscripted

MAX_READ = 10_000  # characters; more than any line has

type Text = str

# On every text field of Django's: one sentence for one fault
ProhibitNullCharactersValidator.message = NOT_SHOWN
# And what to do, in place of "Ensure this value has at most 120 characters (it has 400)."
MaxLengthValidator.message = ngettext_lazy(
    "Use at most %(limit_value)d character. This has %(show_value)d.",
    "Use at most %(limit_value)d characters. This has %(show_value)d.",
    "limit_value",
)
MinValueValidator.message = _("Enter at least %(limit_value)s.")
MaxValueValidator.message = _("Enter at most %(limit_value)s.")

# Nor does a choice that is not offered repeat what was sent: that may be a product key (K3)
NOT_OFFERED = _("Choose one of the options that are offered.")
for chooses in (
    forms.ChoiceField,
    forms.MultipleChoiceField,
    forms.ModelChoiceField,
    forms.ModelMultipleChoiceField,
):
    chooses.default_error_messages["invalid_choice"] = NOT_OFFERED
forms.ModelMultipleChoiceField.default_error_messages["invalid_pk_value"] = NOT_OFFERED

day_range = [
    MinValueValidator(date(2000, 1, 1), _("Choose a day in 2000 or later.")),
    MaxValueValidator(date(2999, 12, 31), _("Choose a day up to the year 2999.")),
]


def validate_day(day: date) -> None:
    """Raise ValidationError for days far in the past or future, with which rules would overflow."""
    for validate in day_range:
        validate(day)


# On forms


class LineFormField(forms.CharField):
    """One line of text (W1)."""

    cleaned: Callable[[Text], Text] = staticmethod(clean_line)  # raises ValidationError

    @override
    def to_python(self, value: Any) -> Any:
        """Check the length first. Raises ValidationError."""
        if isinstance(value, str) and len(value) > MAX_READ:
            MaxLengthValidator(self.max_length or MAX_READ)(value)
        text = super().to_python(value)
        return self.cleaned(text) if text else text


class NameFormField(LineFormField):
    """A name with at least one visible letter (W1)."""

    default_validators = [validate_name, validate_no_key]


class PersonNameFormField(NameFormField):
    default_error_messages = {
        "required": _("Enter the person's name."),
        "no_letter": _("Enter the person's name."),
    }


class EmailFormField(LineFormField):
    """An email address or user principal name, in its one spelling (W2).

    As programs copy it, `Kim de Vries <kim@contoso.com>`, it is that address too.
    """

    widget = forms.EmailInput
    cleaned = staticmethod(canonical_email)


class DomainFormField(LineFormField):
    """A domain, in its one spelling (W2)."""

    cleaned = staticmethod(canonical_domain)


class DigitsFormField(LineFormField):
    """An identifier of digits of any script; ignores leading zeros (W4)."""

    cleaned = staticmethod(ascii_digits)


class DayInput(forms.DateInput):
    """The browser's date control; in browsers without one, a text input for YYYY-MM-DD."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"format": "%Y-%m-%d", **kwargs})


class DayFormField(forms.DateField):
    """A day as YYYY-MM-DD in every language (W4)."""

    widget = DayInput

    @override
    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values:
            return None
        if isinstance(value, datetime):
            return value.date()
        return value if isinstance(value, date) else read_day(str(value))


# On models


class LineField(CharField):
    """One line of text: tidied (W1) and with keys masked (K3) when saved and in lookups.

    Forms refuse more than one line.
    """

    form_field: type[LineFormField] = LineFormField
    tidied: Callable[[Text], Text] = staticmethod(tidy)

    @override
    def deconstruct(self) -> Any:
        """In migrations, a plain CharField: cleaning does not change the column."""
        name, _path, args, kwargs = super().deconstruct()
        kwargs.pop("validators", None)
        return name, "django.db.models.CharField", args, kwargs

    @override
    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return self.form_field.cleaned(text) if text else text

    @override
    def get_prep_value(self, value: Any) -> Any:
        value = models.Field.get_prep_value(self, value)
        return self._kept(str(value)) if value is not None else value

    @override
    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        if isinstance(value, str):
            value = self._kept(value)
            setattr(model_instance, self.attname, value)
        return value

    @override
    def run_validators(self, value: Any) -> None:
        """Drop the error about the length if another validator says what to write."""
        try:
            super().run_validators(value)
        except ValidationError as error:
            own = [fault for fault in error.error_list if fault.code != "max_length"]
            raise ValidationError(own or error.error_list) from error

    def _kept(self, text: str) -> str:
        tidied = self.tidied(text[:MAX_READ])
        kept = without_keys(tidied)
        # A mask may be longer than a key typed without hyphens
        return tidied if kept == tidied else kept[: self.max_length]

    @override
    def formfield(self, **kwargs: Any) -> Any:
        # A validator of its own says what to write, so the length need not be checked first
        has_its_own = bool(self._validators)  # type: ignore[attr-defined]
        unless_given = {"max_length": None} if has_its_own else {}
        return super().formfield(**{"form_class": self.form_field, **unless_given, **kwargs})


class NameField(LineField):
    """The name of something (W1)."""

    personal: Personal | None = None
    form_field = NameFormField
    default_validators = [validate_name, validate_no_key]


class PersonNameField(NameField):
    personal = Personal.NAME
    form_field = PersonNameFormField
    default_error_messages = {
        "blank": _("Enter the person's name."),
        "no_letter": _("Enter the person's name."),
    }


class CanonicalEmailField(LineField):
    """An email address or user principal name, stored and looked up in its one spelling (W2)."""

    personal = Personal.EMAIL
    form_field = EmailFormField
    tidied = staticmethod(canonical_email_or_text)


class CanonicalDomainField(LineField):
    """A domain, stored and looked up in its one spelling (W2)."""

    personal = None
    form_field = DomainFormField
    tidied = staticmethod(canonical_domain_or_text)


class DigitsField(LineField):
    """An identifier of digits, stored in ASCII without leading zeros, so that it is unique (W4)."""

    personal = None
    form_field = DigitsFormField
    tidied = staticmethod(tidy_digits)


class TidyJSONField(models.JSONField):
    """JSON whose texts contain no invisible characters (W1)."""

    @override
    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    @override
    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return super().get_db_prep_save(tidy_values(value), connection)
