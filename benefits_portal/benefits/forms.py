"""Forms for choosing a person or a list of people."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from benefits_portal.backoffice.csv_reading import as_unicode
from benefits_portal.benefits.credit_exceptions import NO_SUCH_PERSON
from benefits_portal.benefits.email_lists import EmailList
from benefits_portal.benefits.models import Benefit
from benefits_portal.formats import format_number
from benefits_portal.tenants.models import DirectoryUser


class PersonForm(forms.Form):
    """A person from the partner's own directory (U1)."""

    directory_user = forms.ModelChoiceField(
        DirectoryUser.objects.none(),
        label=_("Person"),
        error_messages={
            "required": _("Choose a person."),
            "invalid_choice": NO_SUCH_PERSON,
        },
    )

    def __init__(self, benefit: Benefit, data: Any = None) -> None:
        # Several rows of the list can be open at once, so IDs must differ
        super().__init__(data, auto_id=f"id_%s_{benefit.pk}")
        people = DirectoryUser.objects.for_partner(benefit.partner)
        self.fields["directory_user"].queryset = people  # type: ignore[attr-defined]


class PeopleForm(forms.Form):
    """A list of email addresses, pasted or from a file.

    The text of a file is put into the field, so that it can be corrected.
    """

    MAX_LINES, MAX_LETTERS = 500, 50_000
    one_of = ("people", "file")  # one is needed, so neither is called optional

    people = forms.CharField(
        label=_("Addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_(
            "Paste them here, or choose a file below: one of the two is needed. One or more on "
            "each line, such as kim@contoso.com. Names, bullets and other cells of a table are "
            "ignored."
        ),
    )
    file = forms.FileField(
        label=_("Or choose a file"),
        required=False,
        allow_empty_file=True,
        help_text=_(
            "A text or CSV file, as a spreadsheet program saves it. At most 500 addresses at a "
            "time."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
    )

    def clean(self) -> dict[str, Any]:
        super().clean()
        file = self.cleaned_data.get("file")
        text = decoded(file.read(4 * self.MAX_LETTERS)) if file else self.data.get("people", "")
        kept = text.replace("\0", "")[: self.MAX_LETTERS]
        self.data = {"people": kept}
        self.list = EmailList.of(kept)
        if message := self._why_not(len(text)):
            self.add_error("people", message)
        return self.cleaned_data

    def _why_not(self, letter_count: int) -> str:
        """What is wrong with the list, whose text had `letter_count` letters; empty if nothing."""
        if letter_count > self.MAX_LETTERS:
            return gettext(
                "This is too long for a list of addresses. Nothing was assigned; its "
                "beginning is kept below."
            )
        if len(self.list.found) > self.MAX_LINES:
            return gettext(
                "The list has %(count)s addresses, and at most %(most)s can be assigned at a "
                "time. Split it, and assign the rest afterward."
            ) % {
                "count": format_number(len(self.list.found)),
                "most": format_number(self.MAX_LINES),
            }
        if not self.list.found:
            return gettext("Paste at least one address, or choose a file.")
        return ""


def decoded(content: bytes) -> str:
    """The text of a spreadsheet: UTF-8, UTF-16 with a byte order mark, or Windows-1252."""
    try:
        return as_unicode(content)
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
