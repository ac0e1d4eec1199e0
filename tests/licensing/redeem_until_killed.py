"""Extends one subscription with one key after the other, until there is none left or it is killed.

Run by the kill drill as a process of its own: `python -m tests.licensing.redeem_until_killed
<subscription>`, with the test database in DATABASE_URL. For each line that it reads it lets a child
begin, which writes its number and then each redemption that was confirmed; GONE follows once the
child is. A child costs nothing of what starting Django costs.

With a number of keys behind the subscription each is an order of that many instead.
"""

import os
import sys

import django

GONE = "gone"


def redeem(pk: int) -> None:
    from benefits_portal.benefits.models import ProductKey
    from benefits_portal.licensing.models import Subscription
    from benefits_portal.tenants.models import Actor
    from tests.factories import TODAY

    print(os.getpid(), flush=True)  # noqa: T201
    subscription = Subscription.objects.get(pk=pk)
    while (
        key := ProductKey.objects.for_display()
        .redeemable(TODAY)
        .filter(product=subscription.product)
        .first()
    ):
        redemption = subscription.extend(key, by=Actor(), on=TODAY)
        print(redemption.pk, flush=True)  # noqa: T201


def order(pk: int, count: int) -> None:
    from benefits_portal.benefits.models import ProductKey
    from benefits_portal.licensing.models import Order, Subscription
    from benefits_portal.licensing.order_quotes import OrderStep
    from benefits_portal.licensing.quotes import RedemptionKind
    from benefits_portal.tenants.models import Actor
    from tests.factories import TODAY

    print(os.getpid(), flush=True)  # noqa: T201
    subscription = Subscription.objects.get(pk=pk)
    waiting = ProductKey.objects.for_display().redeemable(TODAY)
    waiting = waiting.filter(product=subscription.product)
    while len(keys := list(waiting.order_by("pk")[:count])) == count:
        steps = [OrderStep(RedemptionKind.EXTEND, key) for key in keys]
        done = Order.redeem(subscription, steps, tenant=subscription.tenant, by=Actor(), on=TODAY)
        print(done.pk, flush=True)  # noqa: T201


def main(pk: int, count: int = 0) -> None:
    for _line in sys.stdin:
        child = os.fork()
        if not child:
            order(pk, count) if count else redeem(pk)
            os._exit(0)
        os.waitpid(child, 0)
        print(GONE, flush=True)  # noqa: T201


if __name__ == "__main__":
    django.setup()
    main(*map(int, sys.argv[1:]))
