"""Importing memberships from CSV: each line enrolls a partner (B1, B2)."""

from collections.abc import Iterable
from datetime import date
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.backoffice.csv_reading import Cells
from benefits_portal.backoffice.importing import Import, ImportRow, OnProgress, Outcome, refuse_all
from benefits_portal.benefits.exceptions import NoCreditInCurrency
from benefits_portal.benefits.models import Membership, Offer
from benefits_portal.fields import validate_day
from benefits_portal.tenants.models import Actor, Partner
from benefits_portal.typed_text import read_day, tidy, tidy_digits


class MembershipImport(Import):
    """Enrolls partners, except in offers in which they are enrolled from that day already."""

    columns = ("mpn_id", "offer", "starts_on")
    example = ("1234567", "Silver competency", "2027-01-31")
    help_texts: ClassVar = {
        "mpn_id": gettext_lazy("MPN ID of the partner"),
        "offer": gettext_lazy("Name of the offer"),
        "starts_on": gettext_lazy("First day, written as here"),
    }
    spellings: ClassVar = {"mpn_id": tidy_digits, "offer": tidy}

    def __init__(self, cells: Iterable[tuple[int, Cells]] = (), by: Actor | None = None) -> None:
        self.new: dict[tuple[int, int], list[Membership]] = {}  # that the lines so far would create
        self.without_credit: dict[tuple[int, str, date], str] = {}
        super().__init__(cells, by)

    def look_up(self, cells: list[Cells]) -> None:
        self.partners = Partner.objects.in_bulk(
            {line["mpn_id"] for line in cells}, field_name="mpn_id"
        )
        self.offers = {
            offer.name: offer
            for offer in Offer.objects.filter(name__in={line["offer"] for line in cells})
        }
        self.enrolled = {pair: list(days) for pair, days in self.new.items()}
        enrolled = Membership.objects.filter(
            partner__in=self.partners.values(), offer__in=self.offers.values()
        ).order_by()
        for values in enrolled.values(
            "partner_id", "offer_id", "starts_on", "ends_on", "is_renewal"
        ):
            self.enrolled.setdefault((values["partner_id"], values["offer_id"]), []).append(
                Membership(**values)
            )

    def key(self, cells: Cells) -> tuple[str, ...]:
        return (cells["mpn_id"], cells["offer"], cells["starts_on"])

    def judge(self, line: ImportRow, cells: Cells) -> None:
        partner, offer = self.partners.get(cells["mpn_id"]), self.offers.get(cells["offer"])
        faults = {} if partner else {"mpn_id": _("There is no partner with this MPN ID.")}
        if not offer:
            faults["offer"] = _("There is no offer of this name.")
        refuse_all(faults, [lambda: day_read(cells["starts_on"])], self.columns)
        if partner and offer:
            self.enroll(line, partner, offer, day_read(cells["starts_on"]))

    def enroll(self, line: ImportRow, partner: Partner, offer: Offer, starts_on: date) -> None:
        """Plan the enrollment of `line`. Raises ValidationError."""
        membership = Membership(partner=partner, offer=offer, starts_on=starts_on)
        others = self.enrolled.get((partner.pk, offer.pk), [])
        membership.is_renewal = membership.renews_one_of(others)
        membership.set_days()
        if any(other.starts_on == membership.starts_on for other in others):
            return
        membership.check_apart(others)
        if fault := self.lacking(membership):
            raise ValidationError(fault)
        for enrolled in (self.enrolled, self.new):
            enrolled.setdefault((partner.pk, offer.pk), []).append(membership)
        line.row, line.outcome = membership, Outcome.NEW
        line.text = f"{line.text} · {partner}"

    def lacking(self, membership: Membership) -> str:
        """Why the package cannot be provisioned; asked once per offer, currency and day."""
        kind = (membership.offer_id, membership.partner.currency, membership.starts_on)
        if kind not in self.without_credit:
            try:
                membership.plan()
                self.without_credit[kind] = ""
            except NoCreditInCurrency as refusal:
                self.without_credit[kind] = str(refusal)
        return self.without_credit[kind]

    def carry_out(self, by: Actor, on_progress: OnProgress) -> None:
        new = [line.row for line in self.lines if line.outcome is Outcome.NEW]
        for done, membership in enumerate(new, start=1):
            Membership.enroll(membership.partner, membership.offer, membership.starts_on, by=by)
            on_progress(done)


def day_read(text: str) -> date:
    """The typed day. Raises ValidationError for what is no day, or is out of range."""
    try:
        day = read_day(text)
        validate_day(day)
    except ValidationError as error:
        raise ValidationError({"starts_on": error}) from error
    return day
