"""Giving licenses to a list of people: a preview of each line, then exactly that (L12)."""

from collections.abc import Iterable
from datetime import date

from benefits_portal.benefits.bulk_assignment import BulkAssignmentRow, one_person, seal, unseal
from benefits_portal.benefits.credit_exceptions import NobodyWithEmail, NotAnEmail, TwiceInList
from benefits_portal.emails import canonical_email_or_text, is_email
from benefits_portal.key_format import without_keys
from benefits_portal.licensing.license_exceptions import HoldsLicense
from benefits_portal.licensing.models import LicenseAction, LicenseAssignment, LicensePool
from benefits_portal.tenants.audit.record import recorded_if_refused
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor, DirectoryUser, Record, User

SALT = "benefits_portal.licensing.license_lists"

type Outcomes = dict[int, LicenseAssignment | Refusal]


def preview(
    pool: LicensePool, found: Iterable[tuple[int, str]], on: date
) -> list[BulkAssignmentRow]:
    """What would happen to each line, in their order, while there are licenses left (L3).

    `found` has the number and the text of each line.
    """
    spelled = [(number, text, canonical_email_or_text(text)) for number, text in found]
    meant = one_person(pool.tenant.partner, spelled)
    by_email = entries_meant(pool, {email for _number, _written, email in meant})
    refusals, count = pool.refusals(by_email.values()), pool.count(on)
    lines: list[BulkAssignmentRow] = []
    seen: dict[str, int] = {}
    chosen = 0
    for number, written, email in meant:
        person = by_email.get(email)
        refusal = _refusal(email, person, seen, refusals)
        refusal = refusal or count.plus(chosen).refusal(pool.product)
        chosen += refusal is None
        lines.append(_line(number, written, person).with_refusal(refusal))
        seen.setdefault(email, number)
    return lines


def _line(number: int, written: str, person: DirectoryUser | None) -> BulkAssignmentRow:
    pk, name = (person.pk, person.display_name) if person else (0, "")
    return BulkAssignmentRow(number, without_keys(written), pk, name)


def _refusal(
    email: str,
    person: DirectoryUser | None,
    seen: dict[str, int],
    refusals: dict[int, Refusal | None],
) -> Refusal | None:
    if not is_email(email):
        return NotAnEmail()
    if email in seen:
        return TwiceInList(line=seen[email])
    return refusals[person.pk] if person else NobodyWithEmail()


def entries_meant(pool: LicensePool, emails: set[str]) -> dict[str, DirectoryUser]:
    """The directory entry for each of `emails`, preferably of the pool's own tenant.

    An entry of another tenant explains why the person cannot be chosen (L1).
    """
    people = DirectoryUser.objects.for_partner(pool.tenant.partner)
    found = people.filter(user_principal_name__in=emails).order_by("pk")
    own_last = sorted(found, key=lambda person: person.tenant_id == pool.tenant.pk)
    return {person.user_principal_name: person for person in own_last}


def sealed(lines: list[BulkAssignmentRow], pool: LicensePool, user: User) -> str:
    """The preview, signed for a form of this pool and user."""
    return seal(lines, about(pool, user), SALT)


def unsealed(text: str, pool: LicensePool, user: User) -> list[BulkAssignmentRow] | None:
    """The lines that `sealed` wrote; None if invalid, expired, or for another pool or user."""
    return unseal(text, about(pool, user), SALT)


def about(pool: LicensePool, user: User) -> list[int]:
    return [pool.tenant.pk, pool.product.pk, user.pk]


def give_many(
    pool: LicensePool, lines: list[BulkAssignmentRow], *, by: Actor, on: date
) -> list[BulkAssignmentRow]:
    """Give a license to each person whose line has no refusal; return what became of each line.

    Whoever cannot get one any more is refused, on record. If the same list was sent twice, the
    people who got one a moment ago count as given (W11).
    """
    chosen = [line.person for line in lines if not line.refused]
    with recorded_if_refused(LicenseAction.GIVEN, **pool.about(by)):
        people = DirectoryUser.objects.for_partner(pool.tenant.partner).in_bulk(chosen)
        in_order = [people[pk] for pk in chosen if pk in people]
        outcomes = done_already(pool, pool.give_each(in_order, by=by, on=on), by=by)
        log_each(pool, outcomes, by=by)
    return [line if line.refused else became(line, outcomes) for line in lines]


def became(line: BulkAssignmentRow, outcomes: Outcomes) -> BulkAssignmentRow:
    outcome = outcomes.get(line.person)
    return line.with_refusal(outcome if isinstance(outcome, Refusal) else None)


def done_already(pool: LicensePool, outcomes: Outcomes, *, by: Actor) -> Outcomes:
    """`outcomes` without people to whom `by` gave a license of the pool a moment ago (W11)."""
    if not any(isinstance(outcome, HoldsLicense) for outcome in outcomes.values()):
        return outcomes
    done = Record.objects.just_done(
        LicenseAction.GIVEN, by=by, partner=pool.tenant.partner, subject=pool.product
    )
    given = {record.after["person"] for record in done}
    return {
        pk: outcome
        for pk, outcome in outcomes.items()
        if not (isinstance(outcome, HoldsLicense) and pk in given)
    }


def log_each(pool: LicensePool, outcomes: Outcomes, *, by: Actor) -> None:
    """Add a record for each person."""
    Record.objects.bulk_create(
        Record.objects.line(
            LicenseAction.GIVEN,
            **pool.about(by) | {"after": names_of(pk, outcome)},
            refusal=outcome if isinstance(outcome, Refusal) else None,
        )
        for pk, outcome in outcomes.items()
    )


def names_of(pk: int, outcome: LicenseAssignment | Refusal) -> dict[str, int]:
    """The primary keys that the record has of the person `pk`."""
    return {"person": pk} if isinstance(outcome, Refusal) else outcome.names
