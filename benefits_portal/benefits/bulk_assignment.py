"""Assigning monthly credit to a list of people: a preview of each line, then exactly that (U2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core import signing
from django.utils.functional import Promise

from benefits_portal.benefits.credit_exceptions import (
    HoldsItAlready,
    NobodyWithEmail,
    NotAnEmail,
    NotAssignable,
    OneHolderOnly,
    TwiceInList,
)
from benefits_portal.emails import GUEST_MARK, canonical_email_or_text, guest_behind, is_email
from benefits_portal.key_format import without_keys
from benefits_portal.tenants.audit.context import AuditContext
from benefits_portal.tenants.audit.record import recorded_if_refused
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor, DirectoryUser, Partner, Record, Tenant, User

from .eligibility import Eligibility
from .models import Assignment, Benefit, BenefitAction
from .models.assignment_queryset import lock_for_assigning

SALT, MAX_AGE = "benefits_portal.benefits.bulk_assignment", 60 * 60  # seconds for a preview


@dataclass(frozen=True)
class BulkAssignmentRow:
    """One line of the list: its text, the person, and the code of a refusal, if any.

    `person` is the primary key of a directory entry, 0 if unknown.
    """

    line_number: int
    written: str
    person: int = 0
    name: str = ""
    refused: str = ""
    params: dict[str, Any] | None = None

    @property
    def why_not(self) -> str | Promise:
        return Refusal.message_of(self.refused, self.params) if self.refused else ""

    @property
    def is_unknown(self) -> bool:
        return self.refused == NobodyWithEmail.code

    def with_refusal(self, refusal: Refusal | None) -> "BulkAssignmentRow":
        name, params = refusal.on_record if refusal else ("", {})
        return BulkAssignmentRow(
            self.line_number, self.written, self.person, self.name, name, params
        )


def check_many(benefit: Benefit, on: date) -> None:
    """Raise a Refusal unless `benefit` can be assigned to any number of people."""
    benefit.check_assignable(on)
    if benefit.product.is_bulk_credit:
        raise OneHolderOnly


def preview(
    benefit: Benefit, found: Iterable[tuple[int, str]], on: date
) -> list[BulkAssignmentRow]:
    """What would happen to each line; `found` has their numbers and texts."""
    spelled = one_person(
        benefit.partner,
        [
            (line_number, written, canonical_email_or_text(written))
            for line_number, written in found
        ],
    )
    by_email = entries_meant(benefit.partner, {email for _number, _written, email in spelled})
    eligibility = Eligibility(benefit, by_email.values(), on)
    lines: list[BulkAssignmentRow] = []
    seen: dict[str, int] = {}
    for line_number, written, email in spelled:
        person = by_email.get(email)
        line = BulkAssignmentRow(
            line_number,
            without_keys(written),
            person.pk if person else 0,
            person.display_name if person else "",
        )
        lines.append(line.with_refusal(_refusal(email, person, seen, eligibility)))
        seen.setdefault(email, line_number)
    return lines


def entries_meant(partner: Partner, emails: set[str]) -> dict[str, DirectoryUser]:
    """The directory entry of `partner` for each of `emails`.

    If a person has several entries, an enabled one is preferred, then the primary tenant's.
    """
    people = DirectoryUser.objects.for_partner(partner).filter(user_principal_name__in=emails)
    best_last = sorted(
        people.order_by("tenant__is_primary", "-pk"), key=lambda person: person.is_enabled
    )
    return {person.user_principal_name: person for person in best_last}


def one_person(partner: Partner, found: list[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """`found`, with a guest's own email instead of a tenant's name for the guest (W3).

    Only for tenants of `partner`.
    """
    if not any(GUEST_MARK in email for _number, _written, email in found):
        return found
    domains = set(Tenant.objects.for_partner(partner).values_list("domain", flat=True))

    def own(email: str) -> str:
        guest, domain = guest_behind(email) or ("", "")
        return guest if domain in domains else email

    return [(line_number, written, own(email)) for line_number, written, email in found]


def _refusal(
    email: str, person: DirectoryUser | None, seen: dict[str, int], eligibility: Eligibility
) -> Refusal | None:
    if not is_email(email):
        return NotAnEmail()
    if email in seen:
        return TwiceInList(line=seen[email])
    return eligibility.refusal(person) if person else NobodyWithEmail()


def sealed(lines: list[BulkAssignmentRow], benefit: Benefit, user: User) -> str:
    """The preview, signed for a form of this user and benefit."""
    return seal(lines, [benefit.pk, user.pk], SALT)


def unsealed(text: str, benefit: Benefit, user: User) -> list[BulkAssignmentRow] | None:
    """The lines that `sealed` wrote; None if invalid, expired, or for another user or benefit."""
    return unseal(text, [benefit.pk, user.pk], SALT)


def seal(lines: Iterable[BulkAssignmentRow], about: list[int], salt: str) -> str:
    """`lines`, signed; `about` are primary keys that `unseal` must be given too."""
    rows = [
        [line.line_number, line.written, line.person, line.name, line.refused, line.params]
        for line in lines
    ]
    return signing.dumps([about, rows], salt=salt, compress=True)


def unseal(text: str, about: list[int], salt: str) -> list[BulkAssignmentRow] | None:
    """The lines that `seal` wrote for the same `about`, within MAX_AGE; else None."""
    try:
        for_whom, rows = signing.loads(text, salt=salt, max_age=MAX_AGE)
    except signing.BadSignature:
        return None
    return [BulkAssignmentRow(*row) for row in rows] if for_whom == about else None


def assign_many(
    benefit: Benefit, lines: list[BulkAssignmentRow], *, by: Actor, on: date
) -> list[BulkAssignmentRow]:
    """Assign the credit to each person whose line has no refusal; return all lines.

    Whoever cannot hold it any more is refused, on record. Raises a Refusal if nobody can be
    assigned it.
    """
    chosen = [line.person for line in lines if not line.refused]
    about: AuditContext = {"by": by, "partner": benefit.partner, "subject": benefit}
    with recorded_if_refused(BenefitAction.ASSIGNED, **about):
        meant = DirectoryUser.objects.for_partner(benefit.partner).filter(pk__in=chosen)
        people, benefit = lock_for_assigning(benefit, meant)
        check_many(benefit, on)
        eligibility = Eligibility(benefit, people.values(), on)
        refusals = {pk: eligibility.refusal(people[pk]) for pk in chosen}
        allowed = [people[pk] for pk, refusal in refusals.items() if refusal is None]
        given = _give(benefit, allowed, by=by, on=on)
        _log_each(benefit, people, refusals, given, **about)
    return [line if line.refused else line.with_refusal(refusals[line.person]) for line in lines]


def _give(
    benefit: Benefit, people: list[DirectoryUser], *, by: Actor, on: date
) -> list[Assignment]:
    """Write an assignment for each of `people`, who can hold the credit."""
    given = Assignment.objects.bulk_create(
        Assignment(
            partner=benefit.partner,
            benefit=benefit,
            directory_user=person,
            assigned_on=on,
            assigned_by=by.user,
        )
        for person in people
    )
    if given:
        benefit.begin_use()
    return given


def _log_each(
    benefit: Benefit,
    people: dict[int, DirectoryUser],
    refusals: dict[int, NotAssignable | None],
    given: list[Assignment],
    *,
    by: Actor,
    **about: Any,
) -> None:
    """Add a record for each person, except for those who got the credit a moment ago (W11)."""
    held = any(isinstance(refusal, HoldsItAlready) for refusal in refusals.values())
    repeated = just_given(benefit, by=by) if held else set()
    names = {assignment.directory_user_id: assignment.names for assignment in given}
    Record.objects.bulk_create(
        Record.objects.line(
            BenefitAction.ASSIGNED,
            by=by,
            tenant=people[pk].tenant,
            after=names.get(pk, {"person": pk}),
            refusal=refusal,
            **about,
        )
        for pk, refusal in refusals.items()
        if pk not in repeated or not isinstance(refusal, HoldsItAlready)
    )


def just_given(benefit: Benefit, *, by: Actor) -> set[int]:
    """The primary keys of people to whom `by` assigned `benefit` a moment ago."""
    done = Record.objects.just_done(
        BenefitAction.ASSIGNED, by=by, partner=benefit.partner, subject=benefit
    )
    return {record.after["person"] for record in done}


def repeated_are_done(
    benefit: Benefit, shown: list[BulkAssignmentRow], became: list[BulkAssignmentRow], *, by: Actor
) -> list[BulkAssignmentRow]:
    """The outcome of a list that was sent twice (W11).

    People who got the credit from the first request count as assigned. People whom the preview had
    refused stay refused.
    """
    promised = {line.person for line in shown if not line.refused}
    late = [
        line for line in became if line.refused == HoldsItAlready.code and line.person in promised
    ]
    repeated = just_given(benefit, by=by) & {line.person for line in late} if late else set()
    return [
        line.with_refusal(None) if line in late and line.person in repeated else line
        for line in became
    ]
