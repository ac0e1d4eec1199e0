"""Forms of this app: choosing a person, and the state of the list of benefits."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import F
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from benefits_portal.benefits.exceptions import NO_SUCH_PERSON
from benefits_portal.benefits.many import addresses
from benefits_portal.benefits.models import Benefit
from benefits_portal.benefits.models.benefit import BenefitQuerySet
from benefits_portal.figures import number
from benefits_portal.tenants.models import DirectoryUser
from benefits_portal.words import searched

SOON_DAYS = 91  # three months


class PersonForm(forms.Form):
    """Somebody from the partner's own directory (U1)."""

    directory_user = forms.ModelChoiceField(
        DirectoryUser.objects.none(),
        label=_("Person"),
        error_messages={"required": _("Choose somebody from the list."), "invalid_choice": NO_SUCH_PERSON},
    )

    def __init__(self, benefit: Benefit, data: Any = None) -> None:
        super().__init__(data, auto_id=f"id_%s_{benefit.pk}")  # several rows of the list can be open at once
        self.fields["directory_user"].queryset = DirectoryUser.objects.for_partner(benefit.partner)  # type: ignore[attr-defined]


class PeopleForm(forms.Form):
    """A list of addresses, pasted or from a file. What came in a file is in the field afterwards, so that it can be corrected."""

    MOST_LINES, MOST_LETTERS = 500, 50_000

    people = forms.CharField(
        label=_("Addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("One on each line, as in kim@contoso.com. Of a pasted table, the first cell with an address counts."),
    )
    file = forms.FileField(
        label=_("Or a file with them"),
        required=False,
        allow_empty_file=True,
        help_text=_("Text or CSV, as spreadsheets save it. At most 500 lines at a time."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
    )

    def clean(self) -> dict[str, Any]:
        super().clean()
        file = self.cleaned_data.get("file")
        text = decoded(file.read(4 * self.MOST_LETTERS)) if file else self.data.get("people", "")
        kept = text.replace("\0", "")[: self.MOST_LETTERS]
        self.data = {"people": kept}
        self.lines = list(addresses(kept))
        if len(text) > self.MOST_LETTERS:
            self.add_error("people", _("This is too long for a list of addresses. Nothing was assigned; its beginning is kept below."))
        elif len(self.lines) > self.MOST_LINES:
            told = _("The list has %(count)s lines; at most %(most)s go at a time. Split it, and assign the rest afterwards.")
            self.add_error("people", told % {"count": number(len(self.lines)), "most": number(self.MOST_LINES)})
        elif not self.lines:
            self.add_error("people", _("Paste at least one address, or choose a file."))
        return self.cleaned_data


def decoded(content: bytes) -> str:
    """Text as spreadsheets write it: UTF-8, with or without a mark that says so, or else Windows' own."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


class BenefitFilter:
    """The list's words, quick filter and order. All of it is in the address; what makes no sense is left out."""

    SHOW = {"unused": _("Not redeemed"), "expiring": _("Not redeemed, expires in 3 months")}
    SORTS = {
        "benefit": ["product__name", "credit_amount"],
        "quantity": ["quantity", "credit_amount", "product__name"],
        "offer": ["membership__offer__name", "product__name"],
        "type": ["benefit_type", "competency", "product__name"],
        "expires": ["expires_on", "product__name"],
    }

    def __init__(self, address: QueryDict) -> None:
        self.words = searched(address.get("q"))
        self.show = address.get("show", "") if address.get("show") in self.SHOW else ""
        sort = address.get("sort", "")
        self.sort = sort if sort.removeprefix("-") in self.SORTS else "benefit"

    def __bool__(self) -> bool:
        """Whether anything is left out of the list."""
        return bool(self.words or self.show)

    def of(self, benefits: BenefitQuerySet, on: date) -> BenefitQuerySet:
        """Those of `benefits` that were asked for, in the order asked for. `benefits` come from `for_display`."""
        for word in self.words.split():
            benefits = benefits.matching(word)
        if self.show:
            benefits = benefits.unused().usable(on)
        if self.show == "expiring":
            benefits = benefits.expiring_within(SOON_DAYS, on)
        columns = self.SORTS[self.sort.removeprefix("-")]
        if self.sort.startswith("-"):
            return benefits.order_by(*(F(column).desc(nulls_last=True) for column in columns), "-pk")
        return benefits.order_by(*(F(column).asc(nulls_first=True) for column in columns), "pk")

    def address(self, **changes: str) -> str:
        """The query string of this list with `changes`, without what is empty."""
        state = {"q": self.words, "show": self.show, "sort": self.sort} | changes
        query = QueryDict(mutable=True)
        query.update({name: value for name, value in state.items() if value and (name, value) != ("sort", "benefit")})
        return f"?{query.urlencode()}"

    def heads(self) -> list[dict[str, Any]]:
        """The columns that can be sorted by: label, the address that does, and the present order."""
        labels = {
            "benefit": _("Benefit"),
            "quantity": _("License quantity"),
            "offer": _("Offer"),
            "type": _("Benefit type"),
            "expires": _("Expiration date"),
        }
        order = "descending" if self.sort.startswith("-") else "ascending"
        return [
            {
                "label": label,
                "name": column,
                "href": self.address(sort=f"-{column}" if self.sort == column else column),
                "sort": order if column == self.sort.removeprefix("-") else "",
            }
            for column, label in labels.items()
        ]

    def quick(self) -> list[dict[str, Any]]:
        """The quick filters: label, the address that sets or clears each, and whether it is set."""
        return [
            {"label": label, "href": self.address(show="" if self.show == show else show), "is_set": self.show == show}
            for show, label in self.SHOW.items()
        ]


class BenefitRow:
    """One line of the list: what the template shows, worked out once."""

    def __init__(self, benefit: Benefit, on: date) -> None:
        self.benefit = benefit
        self.status = benefit.status(on)
