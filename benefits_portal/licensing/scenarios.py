"""The source document's four licensing scenarios, calculated by the rules themselves."""

from dataclasses import dataclass
from datetime import date

from benefits_portal.licensing.models import ExtensionLimitExceeded, Subscription, Term

ENDS_ON = date(2021, 6, 30)


@dataclass(frozen=True)
class Scenario:
    """A subscription of `licenses` that ends on ENDS_ON, extended with a key of `key_licenses`."""

    number: int
    licenses: int
    key_licenses: int

    @property
    def subscription(self) -> Subscription:
        return Subscription(licenses=self.licenses, starts_on=date(2020, 7, 1), ends_on=ENDS_ON)

    @property
    def term(self) -> Term | None:
        """The term after the extension; None if it is refused."""
        return None if self.refusal else self.subscription.extended(self.key_licenses)

    @property
    def refusal(self) -> ExtensionLimitExceeded | None:
        try:
            self.subscription.extended(self.key_licenses)
        except ExtensionLimitExceeded as refusal:
            return refusal
        return None


SCENARIOS = (Scenario(1, 100, 25), Scenario(2, 100, 100), Scenario(3, 5, 10), Scenario(4, 5, 16))
