"""Sentences about credit and discontinued products (B4, B5, U2 to U5).

They follow from dates, holders and the catalog.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.dates import month_end
from benefits_portal.formats import as_day, format_number
from benefits_portal.search_text import sort_key
from benefits_portal.typed_text import isolated

from .models import Benefit, Product
from .money import money


def combination(kind: str, excluding_offers: Iterable[str]) -> str:
    """What credit of this kind cannot be combined with (U4).

    `excluding_offers` has names of offers, one per line, for each product.
    """
    offers = {name for names in excluding_offers for name in names.splitlines()}
    names = get_text_list(sorted(offers, key=sort_key), _("or"))
    if kind == Product.Kind.BULK_CREDIT:
        text = _("It can't be combined with other credit.")
        with_offers = _(
            "It can't be combined with other credit, nor with one of these offers: %(offers)s."
        )
    else:
        text = _("It can't be combined with bulk (yearly) credit.")
        with_offers = _(
            "It can't be combined with bulk (yearly) credit, nor with one of these offers: "
            "%(offers)s."
        )
    return with_offers % {"offers": names} if names else text


def discontinued(products: Iterable[Product]) -> list[tuple[list[str], str]]:
    """The names of products with the same replacements, and these replacements (B4)."""
    groups: dict[str, list[str]] = {}
    for product in products:
        groups.setdefault(replacements(product), []).append(product.name)
    return [(names, replaced_by) for replaced_by, names in groups.items()]


def replacements(product: Product) -> str:
    """The replacements of a discontinued product, as text; empty without any."""
    return get_text_list([other.name for other in product.replaced_by.all()], _("or"))


@dataclass(frozen=True)
class CreditNotes:
    """The sentences on the page of a credit benefit."""

    benefit: Benefit
    on: date
    is_held: bool

    @property
    def has_ended(self) -> bool:
        return self.on > self.benefit.expires_on

    @property
    def year_ends_on(self) -> date:
        return self.benefit.membership.ends_on

    @property
    def year_is_over(self) -> bool:
        """Bulk credit can then be assigned for the first time, and never be transferred (U3)."""
        return self.benefit.product.is_bulk_credit and not self.benefit.can_transfer(self.on)

    @property
    def level(self) -> str:
        """The level of the message bar with the state."""
        if self.is_held and not self.has_ended:
            return "success"
        return "info" if self.benefit.is_usable(self.on) else "gray"

    def state(self, holders: Sequence[str], count: int) -> str:
        """The state in one sentence; `holders` are the names of some of the `count`."""
        day = as_day(self.benefit.expires_on)
        if self.has_ended:
            return _("Expired on %(day)s.") % {"day": day}
        if not self.benefit.has_begun(self.on):
            return _("Starts on %(day)s.") % {"day": as_day(self.benefit.starts_on)}
        if not count and self.loses_each_month:
            return self._lost_each_month()
        if not count:
            return _("Not assigned to anyone yet. Assign it by %(day)s.") % {"day": day}
        if count == 1:
            name = isolated(holders[0])
            return _("Assigned to %(name)s until %(day)s.") % {"name": name, "day": day}
        return ngettext(
            "Assigned to %(count)s person until %(day)s.",
            "Assigned to %(count)s people until %(day)s.",
            count,
        ) % {"count": format_number(count), "day": day}

    @property
    def loses_each_month(self) -> bool:
        """Whether waiting costs an amount: monthly credit, before its last month (B3)."""
        return not self.benefit.product.is_bulk_credit and month_end(self.on) < (
            self.benefit.expires_on
        )

    def _lost_each_month(self) -> str:
        amount = self.benefit.credit_amount
        return _(
            "Not assigned to anyone yet. Each month that you wait, %(amount)s is lost (this "
            "month's after %(lost)s). You can assign it until %(day)s."
        ) % {
            "amount": money(amount, self.benefit.currency) if amount is not None else "",
            "lost": as_day(month_end(self.on)),
            "day": as_day(self.benefit.expires_on),
        }

    def what_it_is(self) -> str:
        """The text of the bar above the holders."""
        if self.has_ended:
            return _("This credit ended on %(day)s. Whoever held it then is listed below.") % {
                "day": as_day(self.benefit.expires_on)
            }
        product = self.benefit.product
        offers: str = self.benefit.excluding_offers  # type: ignore[attr-defined]  # annotated
        return f"{self._how_it_is_given()} {combination(product.kind, [offers])}"

    def _how_it_is_given(self) -> str:
        if not self.benefit.has_begun(self.on):
            return self._when_it_is_given()
        if not self.benefit.product.is_bulk_credit:
            return _(
                "However many people you assign it to, they share one credit: %(amount)s. You can "
                "add or remove people at any time."
            ) % {"amount": self.benefit.quantity_text}
        if self.year_is_over:
            return _(
                "Bulk (yearly) credit is assigned to one person and can't be removed. Transfers "
                "ended on %(day)s, with the enrollment year."
            ) % {"day": as_day(self.year_ends_on)}
        return _(
            "Bulk (yearly) credit is assigned to one person and can't be removed, only "
            "transferred during the enrollment year."
        )

    def _when_it_is_given(self) -> str:
        """The same for credit that has not begun (B1)."""
        begins = {"day": as_day(self.benefit.starts_on)}
        if self.benefit.product.is_bulk_credit:
            return (
                _(
                    "Bulk (yearly) credit is assigned to one person and can't be removed. It "
                    "starts on %(day)s: assign it from that day."
                )
                % begins
            )
        return _(
            "However many people you assign it to, they share one credit: %(amount)s. It "
            "starts on %(day)s: add or remove people from that day."
        ) % {**begins, "amount": self.benefit.quantity_text}

    def last_day(self) -> str:
        """What happens on the expiration date."""
        if self.has_ended:
            return _("This was the credit's last day.")
        if not self.benefit.product.is_bulk_credit:
            return _("Last day to assign. Assigned credit also ends on this day.")
        return self._last_day_of_bulk_credit()

    def _last_day_of_bulk_credit(self) -> str:
        """How long its holder keeps it, and until when it can be transferred (U3)."""
        if self.is_held and self.year_is_over:
            text = _(
                "Its holder keeps it until then. Transfers ended on %(day)s, with the "
                "enrollment year."
            )
        elif self.is_held:
            text = _(
                "Its holder keeps it until then, or until it is transferred: possible "
                "until %(day)s, the end of the enrollment year."
            )
        elif self.year_is_over:
            text = _("Last day to assign. Transfers ended on %(day)s, with the enrollment year.")
        else:
            text = _(
                "Last day to assign. You can transfer it until %(day)s, the end of the enrollment "
                "year."
            )
        return text % {"day": as_day(self.year_ends_on)}

    def nobody(self) -> str:
        return (
            _("No one had this credit when it ended.")
            if self.has_ended
            else _("Not assigned to anyone yet.")
        )

    def holders(self) -> str:
        return _("Assigned users when it ended") if self.has_ended else _("Assigned users")


def stays_assigned(benefit: Benefit, on: date) -> str:
    """A warning that bulk credit stays assigned, and until when it can be transferred (U3)."""
    if warning := cannot_be_corrected(benefit, on):
        return warning
    text = _("You can't remove it afterwards. It can only be transferred, until %(day)s.")
    return text % {"day": as_day(benefit.membership.ends_on)}


def cannot_be_corrected(benefit: Benefit, on: date) -> str:
    """A warning if bulk credit is assigned after its enrollment year; else empty (U3)."""
    if not benefit.product.is_bulk_credit or benefit.can_transfer(on):
        return ""
    days = {"year": as_day(benefit.membership.ends_on), "day": as_day(benefit.expires_on)}
    text = _(
        "The enrollment year ended on %(year)s. Whoever you choose now keeps this credit "
        "until %(day)s: it can be neither removed nor transferred."
    )
    return text % days
