"""Monthly credit for many people at once: a list, what would happen to each line of it, and then exactly that (U2)."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core import signing
from django.db.models.functions import Lower
from django.utils.functional import Promise

from benefits_portal.tenants.exceptions import Refusal
from benefits_portal.tenants.models import Actor, DirectoryUser, Record, User
from benefits_portal.tenants.models.record import recorded_if_refused

from .eligibility import Eligibility
from .exceptions import NobodyWithAddress, NotAnAddress, OneHolderOnly, TwiceInList
from .models import Assignment, Benefit, BenefitAction

SALT, MAX_AGE = "benefits_portal.benefits.many", 60 * 60  # seconds that a preview holds


@dataclass(frozen=True)
class Line:
    """One line of the list: what stands on it, whom it means, and why they do not get the credit, if so."""

    number: int
    written: str
    person: int = 0
    name: str = ""
    refused: str = ""
    facts: dict[str, Any] | None = None

    @property
    def why_not(self) -> str | Promise:
        return Refusal.words(self.refused, self.facts) if self.refused else ""

    @property
    def is_unknown(self) -> bool:
        return self.refused == NobodyWithAddress.__name__

    def with_refusal(self, refusal: Refusal | None) -> "Line":
        name, facts = refusal.on_record if refusal else ("", {})
        return Line(self.number, self.written, self.person, self.name, name, facts)


def addresses(text: str) -> Iterator[tuple[int, str]]:
    """The number and the address of each line that is not empty: of a table, the first cell with an @. Its heads are left out."""
    rows = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip(" \t,;")]
    for position, (number, line) in enumerate(rows):
        cells = [cell.strip() for cell in next(csv.reader([line.replace(";", ",").replace("\t", ",")], skipinitialspace=True))]
        address = next((cell for cell in cells if "@" in cell), "")
        if address or position or len(rows) == 1:
            yield number, (address or line.strip())[:150]


def check_many(benefit: Benefit, on: date) -> None:
    """Raise a Refusal unless any number of people can be given `benefit`."""
    benefit.check_assignable(on)
    if benefit.product.is_bulk_credit:
        raise OneHolderOnly


def preview(benefit: Benefit, found: Iterable[tuple[int, str]], on: date) -> list[Line]:
    """What would happen to each line. Somebody with an entry in several tenants is meant by an enabled one, the primary first."""
    found = list(found)
    known = {address.lower() for _number, address in found}
    people = DirectoryUser.objects.for_partner(benefit.partner).alias(address=Lower("user_principal_name")).filter(address__in=known)
    best_last = sorted(people.order_by("tenant__is_primary", "-pk"), key=lambda person: person.is_enabled)
    by_address = {person.known_as: person for person in best_last}
    eligibility = Eligibility(benefit, by_address.values(), on)
    lines: list[Line] = []
    seen: dict[str, int] = {}
    for number, address in found:
        person = by_address.get(address.lower())
        line = Line(number, address, person.pk if person else 0, person.display_name if person else "")
        lines.append(line.with_refusal(_refusal(address, person, seen, eligibility)))
        seen.setdefault(address.lower(), number)
    return lines


def _refusal(address: str, person: DirectoryUser | None, seen: dict[str, int], eligibility: Eligibility) -> Refusal | None:
    if "@" not in address:
        return NotAnAddress()
    if address.lower() in seen:
        return TwiceInList(line=seen[address.lower()])
    return eligibility.refusal(person) if person else NobodyWithAddress()


def sealed(lines: list[Line], benefit: Benefit, user: User) -> str:
    """The preview as a form carries it: for this person and this benefit, and nobody can change it."""
    rows = [[line.number, line.written, line.person, line.name, line.refused, line.facts] for line in lines]
    return signing.dumps([benefit.pk, user.pk, rows], salt=SALT, compress=True)


def unsealed(text: str, benefit: Benefit, user: User) -> list[Line] | None:
    """The lines that were shown; None if they were shown too long ago, for something else, or never."""
    try:
        benefit_pk, user_pk, rows = signing.loads(text, salt=SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return None
    return [Line(*row) for row in rows] if (benefit_pk, user_pk) == (benefit.pk, user.pk) else None


def assign_many(benefit: Benefit, lines: list[Line], *, by: Actor, on: date) -> list[Line]:
    """Give the credit to whoever `lines` say gets it, and return what became of each line.

    Whoever can no longer hold it is left out with the reason, on record. Raises a Refusal if nobody can be given it.
    """
    about: dict[str, Any] = {"by": by, "partner": benefit.partner, "subject": benefit}
    with recorded_if_refused(BenefitAction.ASSIGNED, **about):
        people, benefit = _locked(benefit, [line.person for line in lines if not line.refused])
        check_many(benefit, on)
        eligibility = Eligibility(benefit, people.values(), on)
        refusals = {line.person: eligibility.refusal(people[line.person]) for line in lines if not line.refused}
        given = Assignment.objects.bulk_create(
            Assignment(partner=benefit.partner, benefit=benefit, directory_user=people[pk], assigned_on=on, assigned_by=by.user)
            for pk, refusal in refusals.items()
            if refusal is None
        )
        if given:
            benefit.begin_use()
        names = {assignment.directory_user_id: assignment.names for assignment in given}
        Record.objects.bulk_create(
            Record.objects.line(
                BenefitAction.ASSIGNED,
                **about,
                tenant=people[pk].tenant,
                after=names.get(pk, {"person": pk}),
                refusal=refusal,
            )
            for pk, refusal in refusals.items()
        )
    return [line if line.refused else line.with_refusal(refusals[line.person]) for line in lines]


def _locked(benefit: Benefit, chosen: list[int]) -> tuple[dict[int, DirectoryUser], Benefit]:
    """The people and the benefit under locks, in the order that every assignment takes them."""
    meant = DirectoryUser.objects.for_partner(benefit.partner).filter(pk__in=chosen)
    entries = DirectoryUser.objects.same_people(meant).order_by("pk").select_for_update(of=("self",)).select_related("tenant")
    benefits = Benefit.objects.select_for_update(of=("self",)).select_related("product", "membership", "partner")
    return {person.pk: person for person in entries}, benefits.get(pk=benefit.pk)
