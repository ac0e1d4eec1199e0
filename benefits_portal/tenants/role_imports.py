"""Imports of accounts with roles: what a line of the CSV file means (P1, P3, W2, W3).

Each line gives a role to a person in the partner's directory, by the same method as by hand.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.backoffice.csv_reading import Cells
from benefits_portal.backoffice.importing import Import, ImportRow, OnProgress, Outcome, refuse_all
from benefits_portal.emails import canonical_email_or_text, guest_behind
from benefits_portal.typed_text import tidy, tidy_digits

from .audit.refusal import Refusal
from .exceptions import AccountClosed, PersonDisabled, RoleAlreadyHeld
from .models import Actor, DirectoryUser, Partner, Role, RoleAssignment, User

GUEST_OF = "guest of"  # a column of our own: the tenant's domain in a guest's name, or nothing


def role_written(text: str) -> str:
    """The role's stored value for its name in any of the portal's languages."""
    written = tidy(text).lower()
    labels = {str(role.label).lower(): role.value for role in Role}
    return labels.get(written, written)


class RoleImport(Import):
    """Leaves roles as they are that are held already; makes accounts for people without one."""

    columns = ("mpn_id", "user_principal_name", "name", "role")
    example = ("1234567", "kim@wingtiptoys.onmicrosoft.com", "Kim Vos", "partner-admin")
    help_texts: ClassVar = {
        "mpn_id": gettext_lazy("MPN ID of the partner"),
        "user_principal_name": gettext_lazy("Email address of the user"),
        "name": gettext_lazy("Name of the user, or empty"),
        "role": gettext_lazy("global-admin, partner-admin or member"),
    }
    spellings: ClassVar = {
        "mpn_id": tidy_digits,
        "user_principal_name": canonical_email_or_text,
        "name": tidy,
        "role": role_written,
    }

    def __init__(self, cells: Iterable[tuple[int, Cells]] = (), by: Actor | None = None) -> None:
        self.given: dict[tuple[int, int], str] = {}  # by partner and account, by the lines so far
        super().__init__(cells, by)

    def canonical(self, cells: Cells) -> Cells:
        """Replace the directory's own name for a guest by the guest's address (W3)."""
        cells = super().canonical(cells)
        email, domain = guest_behind(cells["user_principal_name"]) or ("", "")
        meant = {"user_principal_name": email} if email else {}
        return cells | meant | {GUEST_OF: domain}

    def look_up(self, cells: list[Cells]) -> None:
        """Fetch people and accounts with the file's addresses, and their roles."""
        self.partners = Partner.objects.in_bulk(
            {line["mpn_id"] for line in cells}, field_name="mpn_id"
        )
        partners, emails = self.partners.values(), {line["user_principal_name"] for line in cells}
        # Of several entries with one address, prefer enabled ones, and members
        people = DirectoryUser.objects.select_related("tenant__partner").filter(
            partner__in=partners, user_principal_name__in=emails
        )
        self.people: dict[tuple[int, str, str], DirectoryUser] = {}
        for person in people.order_by("is_disabled", "-kind", "pk"):
            whose = (person.partner_id, person.user_principal_name)
            self.people.setdefault((*whose, ""), person)
            if person.kind == DirectoryUser.Kind.GUEST:
                self.people.setdefault((*whose, person.tenant.domain), person)
        accounts = User.objects.filter(
            Q(email__in=emails) | Q(directory_user__in=[each.pk for each in self.people.values()])
        )
        self.by_email = {account.email: account for account in accounts}
        self.by_entry = {account.directory_user_id: account for account in accounts}
        held = RoleAssignment.objects.filter(partner__in=partners, user__in=self.by_email.values())
        self.held = {(role.partner_id, role.user_id): role.role for role in held} | self.given

    def key(self, cells: Cells) -> tuple[str, ...]:
        return (cells["mpn_id"], cells["user_principal_name"])

    def judge(self, line: ImportRow, cells: Cells) -> None:
        partner = self.partners.get(cells["mpn_id"])
        email, role = cells["user_principal_name"], cells["role"]
        guest_of = cells[GUEST_OF]  # such a name is that tenant's guest, and no one else (W3)
        person = self.people.get((partner.pk, email, guest_of)) if partner else None
        account = self.by_entry.get(person.pk) if person else None
        if account is None and not (guest_of and person is None):
            account = self.by_email.get(email)
        held = self.held.get((partner.pk, account.pk)) if partner and account else None
        if held and held == role:
            return
        faults: dict[str, Any] = {}
        if partner is None:
            faults["mpn_id"] = _("There is no partner with this MPN ID.")
        elif not (person or held):
            faults["user_principal_name"] = _(
                "This partner's directory has no one with this address. Import directory users "
                "first."
            )
        if role not in Role.values:
            faults["role"] = _("Write one of %(roles)s.") % {"roles": ", ".join(Role.values)}
        elif held:
            faults["role"] = str(RoleAlreadyHeld(Role(held)))
        refuse_all(
            faults,
            [lambda: self.check_name(person, cells["name"]), lambda: self.check(person, account)],
            self.columns,
        )
        if person:
            self.plan(line, person, account, Role(role))

    def check_name(self, person: DirectoryUser | None, name: str) -> None:
        """Raise ValidationError if the line's name is not that of the person with this address."""
        if person and name and name.casefold() != person.display_name.casefold():
            message = _("In the directory this person is called %(name)s. Check the address.")
            raise ValidationError({"name": message % {"name": person.display_name}})

    def check(self, person: DirectoryUser | None, account: User | None) -> None:
        """Raise ValidationError for what `RoleAssignmentQuerySet.give` refuses."""
        try:
            if person and not person.is_enabled:
                raise PersonDisabled
            if account and self.by:
                account.check_roles(self.by, gives=True)
            is_own = person and account and account.directory_user_id == person.pk
            if account and is_own and not account.is_active:
                raise AccountClosed
        except Refusal as refusal:
            raise ValidationError({"user_principal_name": str(refusal)}) from refusal

    def plan(
        self, line: ImportRow, person: DirectoryUser, account: User | None, role: Role
    ) -> None:
        if account:
            self.given[person.partner_id, account.pk] = role
            self.held |= self.given
        line.row, line.outcome, line.after = person, Outcome.NEW, {"role": role}
        line.written = lambda value: Role(value).label
        line.text = f"{line.text} · {person.display_name}"
        if account is None:
            line.text = _("%(person)s, with a new account") % {"person": line.text}

    def carry_out(self, by: Actor, on_progress: OnProgress) -> None:
        """Give the role. Raises the method's refusals, if things changed in the meantime."""
        new = [line for line in self.lines if line.outcome is Outcome.NEW]
        for done, line in enumerate(new, start=1):
            RoleAssignment.objects.give(line.row, line.after["role"], by=by)
            on_progress(done)
