"""The holders of credit on pages: chains of transfers, and letters to holders."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import get_language, get_language_info, ngettext, override
from django.utils.translation import gettext as _

from benefits_portal.formats import as_day, format_number
from benefits_portal.prepared import PreparedQuery, padded
from benefits_portal.tenants.holdings import Holding, register_holding_provider
from benefits_portal.tenants.models import DirectoryUser, Partner
from benefits_portal.tenants.naming import Names
from benefits_portal.typed_text import isolated

from .models import Assignment, Benefit

AZURE_PORTAL = "https://portal.azure.com"


def people_text(count: int) -> str:
    """The number of people, as text."""
    return ngettext("%(count)s person", "%(count)s people", count) % {"count": format_number(count)}


def chain(assignments: Iterable[Assignment], partner: Partner) -> list[dict[str, Any]]:
    """The holders of bulk credit, the earliest first, each with who transferred it (U3)."""
    assignments = sorted(
        assignments, key=lambda assignment: (assignment.assigned_at, assignment.pk)
    )
    people = Names(partner, (assignment.assigned_by for assignment in assignments))
    return [
        {
            "when": as_day(assignment.assigned_on),
            "title": assignment.directory_user.display_name,
            "detail": _("Transferred from %(name)s")
            % {"name": isolated(assignment.transferred_from.directory_user.display_name)}
            if assignment.transferred_from
            else _("Assigned"),
            "who": _("By %(name)s") % {"name": isolated(people.of(assignment.assigned_by))},
            "kind": "past" if assignment.ended_at else "now",
        }
        for assignment in assignments
    ]


@PreparedQuery
def held_by(on: date, *people: int, then: bool) -> QuerySet[Assignment]:
    """The credit of people that runs on a day; `then` is for another day than today."""
    running = Assignment.objects.running_then(on) if then else Assignment.objects.running(on)
    theirs = running.filter(directory_user__in=people).order_by("assigned_at", "pk")
    return theirs.select_related("benefit__product", "benefit__membership__offer")


@register_holding_provider
def credit_of(
    people: Sequence[DirectoryUser], on: date, *, then: bool
) -> Iterator[tuple[int, Holding]]:
    """The running credit of each of `people`, by the person's primary key.

    People who are disabled keep it until it is removed or transferred.
    """
    keys = padded((person.pk for person in people), nobody=0)
    for assignment in held_by.rows(on, *keys, then=then):
        benefit = assignment.benefit
        holding = Holding(benefit.title, str(benefit.membership.offer), benefit.get_absolute_url())
        yield assignment.directory_user_id, holding


def letters(benefit: Benefit, holders: Sequence[Assignment], count: int) -> list[dict[str, str]]:
    """A letter to one of the `count` holders of the credit, in every language.

    First in the language of a single holder, else in the reader's. `holders` come from
    `with_language`; there are as many as an email program accepts.
    """
    own = {assignment.language for assignment in holders}  # type: ignore[attr-defined]  # annotated
    first = own.pop() if len(own) == 1 else ""
    codes = [code for code, _name in settings.LANGUAGES]
    codes.sort(key=lambda code: (code != first, code != get_language()))
    return [
        {
            "code": code,
            "language": capfirst(get_language_info(code)["name_local"]),
            "text": (text := letter(benefit, count, code)),
            "mailto": mailto(benefit, holders, text),
        }
        for code in codes
    ]


def mailto(benefit: Benefit, holders: Sequence[Assignment], text: str) -> str:
    """A link that opens an email program with the letter; several holders are in Bcc."""
    addresses = ",".join(
        quote(assignment.directory_user.user_principal_name, safe="@") for assignment in holders
    )
    subject = quote(benefit.title, safe="")
    to, others = (addresses, "") if len(holders) == 1 else ("", f"&bcc={addresses}")
    return f"mailto:{to}?subject={subject}&body={quote(text, safe='')}{others}"


def letter(benefit: Benefit, holders: int, code: str) -> str:
    """The letter in one language.

    Monthly credit is one amount that its `holders` share (U2); bulk credit belongs to one (U3).
    """
    with override(code):
        params = {
            "partner": benefit.partner.name,
            "benefit": benefit.title,
            "day": as_day(benefit.expires_on),
            "shared": shared(holders),
            "portal": AZURE_PORTAL,
        }
        if benefit.product.is_bulk_credit:
            text = _(
                "%(partner)s has assigned you %(benefit)s. Sign in to the Azure portal "
                "(%(portal)s) with your work account to activate it. "
                "You can use it through %(day)s."
            )
        else:
            text = _(
                "%(partner)s has given you access to %(benefit)s, %(shared)s. Sign in to the "
                "Azure portal (%(portal)s) with your work account "
                "to activate it. You can use it through %(day)s."
            )
        return text % params


def shared(holders: int) -> str:
    others = holders - 1
    if others < 1:
        return _("shared with everyone it is assigned to")
    return ngettext(
        "shared with %(count)s other person", "shared with %(count)s other people", others
    ) % {"count": format_number(others)}
