"""Refusals about several keys in one order (O9, O11, O14)."""

from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext_lazy

from benefits_portal.licensing.order_quotes import MAX_KEYS, MIN_KEYS
from benefits_portal.tenants.audit.refusal import Refusal

if TYPE_CHECKING:
    from benefits_portal.benefits.models import ProductKey


class TooFewKeys(Refusal):
    code = "too-few-keys"
    rule = "O9"
    message = gettext_lazy("An order has at least %(fewest)s keys.")
    advice = gettext_lazy("Redeem a single key with Extend end date or Add licenses.")

    def __init__(self) -> None:
        super().__init__(fewest=MIN_KEYS)


class TooManyKeys(Refusal):
    code = "too-many-keys"
    rule = "O9"
    message = gettext_lazy("An order has at most %(most)s keys.")
    advice = gettext_lazy("Remove some, and redeem them in a second order.")

    def __init__(self) -> None:
        super().__init__(most=MAX_KEYS)


class SameKeyTwice(Refusal):
    """`position` is that of the first occurrence, from 0."""

    code = "same-key-twice"
    rule = "O11"
    message = gettext_lazy("This is the same key as key %(first)s.")
    advice = gettext_lazy("A key can be redeemed only once: remove one of the two.")

    def __init__(self, position: int) -> None:
        super().__init__(first=position + 1)


class RefusedInOrder(Refusal):
    """The refusal of one key of an order, which it names (O11).

    `position` counts from 0. The record has the wrapped refusal.
    """

    code = "refused-in-order"
    rule = "O11"
    message: str | Promise = gettext_lazy("Key %(number)s (%(key)s):")

    def __init__(self, position: int, key: "ProductKey", refusal: Refusal) -> None:
        super().__init__(number=position + 1, key=str(key))
        self.position, self.refusal = position, refusal
        self.message, self.advice = f"{self.message} {refusal.message}", refusal.advice

    @property
    def on_record(self) -> tuple[str, dict[str, Any]]:
        return self.refusal.on_record


class BuiltOnInOrder(Refusal):
    """An order is reversed from its last step, or whole; `numbers` are those of the later steps."""

    code = "built-on-in-order"
    rule = "O14"
    fact = gettext_lazy("Later steps of the same order were built on it.")

    message = ngettext_lazy(
        "Step %(steps)s of the same order was built on this one, so it can't be undone by itself.",
        "Steps %(steps)s of the same order were built on this one, so it can't be undone by "
        "itself.",
        "count",
    )
    advice = gettext_lazy(
        "Request a replacement for the order's last step, or for the whole order on its page."
    )

    def __init__(self, numbers: list[int]) -> None:
        super().__init__(steps=", ".join(map(str, numbers)), count=len(numbers))
