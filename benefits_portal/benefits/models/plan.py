"""What provisioning a membership would create, shown before it is done (B2, B4)."""

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benefits_portal.benefits.exceptions import NoCreditInCurrency

from .benefit import Benefit
from .catalog import PackageLine

if TYPE_CHECKING:
    from .membership import Membership


@dataclass(frozen=True)
class Plan:
    """What provisioning a membership creates, and what it leaves out (B2, B4).

    It is shown first and then carried out exactly.
    """

    membership: "Membership"
    benefits: tuple[Benefit, ...]  # not saved yet
    left_out: tuple[PackageLine, ...]

    @classmethod
    def of(cls, membership: "Membership") -> "Plan":
        """The body of `Membership.plan`; leaves out what the membership already has."""
        package = (membership.offer, membership.starts_on)
        lines = PackageLine.objects.of_package(*package)
        if membership.pk:
            lines = lines.exclude(pk__in=membership.benefits.values("package_line"))
        left_out = PackageLine.objects.left_out_of_package(*package)
        benefits = tuple(provisioned(line, membership) for line in lines)
        return cls(membership, benefits, tuple(left_out))

    @property
    def key_count(self) -> int:
        return sum(not benefit.is_usage_based for benefit in self.benefits)

    @property
    def fingerprint(self) -> str:
        """A digest that differs between plans that create different things."""
        membership = self.membership
        values = (
            [
                membership.partner_id,
                membership.offer_id,
                membership.starts_on,
                membership.ends_on,
                membership.benefits_expire_on,
            ],
            [
                [
                    b.package_line_id,
                    b.benefit_type,
                    b.competency,
                    b.quantity,
                    b.credit_amount,
                    b.currency,
                ]
                for b in self.benefits
            ],
            [line.pk for line in self.left_out],
        )
        return hashlib.sha256(json.dumps(values, default=str).encode()).hexdigest()


def provisioned(line: PackageLine, membership: "Membership") -> Benefit:
    """The benefit that `line` of the package becomes, not saved. Raises NoCreditInCurrency."""
    currency = membership.partner.currency if line.product.is_usage_based else ""
    amount = line.amount_in(currency) if currency else None
    if currency and amount is None:
        raise NoCreditInCurrency(line, currency)
    return Benefit(
        partner=membership.partner,
        membership=membership,
        package_line=line,
        product=line.product,
        product_name=line.product.name,
        offer_name=membership.offer.name,
        benefit_type=line.benefit_type,
        competency=line.competency,
        quantity=line.quantity,
        credit_amount=amount,
        currency=currency,
        starts_on=membership.starts_on,
        expires_on=membership.benefits_expire_on,
    )
