"""What a page says about the holders of credit: one after the other, and what to write to them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import get_language, get_language_info, ngettext, override
from django.utils.translation import gettext as _

from benefits_portal.formats import as_day, format_number
from benefits_portal.tenants.holdings import Holding, register_holding_provider
from benefits_portal.tenants.models import DirectoryUser, Partner
from benefits_portal.tenants.naming import Names
from benefits_portal.typed import isolated

from .models import Assignment, Benefit


def chain(assignments: Iterable[Assignment], partner: Partner) -> list[dict[str, Any]]:
    """Holders of bulk credit, the earliest first, each with who passed it on (U3)."""
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


@register_holding_provider
def credit_of(people: Sequence[DirectoryUser], on: date) -> Iterator[tuple[int, Holding]]:
    """The credit that runs; somebody disabled keeps it until it is removed or transferred."""
    running = Assignment.objects.running(on).filter(directory_user__in=people)
    for assignment in running.select_related(
        "benefit__product", "benefit__membership__offer"
    ).order_by("assigned_at", "pk"):
        benefit = assignment.benefit
        holding = Holding(benefit.title, str(benefit.membership.offer), benefit.get_absolute_url())
        yield assignment.directory_user_id, holding


def letters(benefit: Benefit, holders: int) -> list[dict[str, str]]:
    """What to send to one of the `holders` of the credit, in every language the portal knows.

    The reader's own comes first: the one it is sent to may read another one.
    """
    codes = sorted(
        (code for code, _name in settings.LANGUAGES), key=lambda code: code != get_language()
    )
    return [
        {
            "code": code,
            "language": capfirst(get_language_info(code)["name_local"]),
            "text": letter(benefit, holders, code),
        }
        for code in codes
    ]


def letter(benefit: Benefit, holders: int, code: str) -> str:
    """The letter in one language: of one amount that all share (U2), or of bulk credit (U3).

    Monthly credit is one amount, however many people share it; bulk credit is its holder's.
    """
    with override(code):
        params = {
            "partner": benefit.partner.name,
            "benefit": benefit.title,
            "day": as_day(benefit.expires_on),
            "shared": shared(holders),
        }
        if benefit.product.is_bulk_credit:
            text = _(
                "%(partner)s has assigned you %(benefit)s. Sign in to the Azure portal with "
                "your work account to activate it. "
                "It is yours to use until %(day)s."
            )
        else:
            text = _(
                "%(partner)s has given you access to %(benefit)s, %(shared)s. Sign in to the "
                "Azure portal with your work account "
                "to activate it. It can be used until %(day)s."
            )
        return text % params


def shared(holders: int) -> str:
    others = holders - 1
    if others < 1:
        return _("shared with everybody it will be assigned to")
    return ngettext(
        "shared with %(count)s other person", "shared with %(count)s other people", others
    ) % {"count": format_number(others)}
