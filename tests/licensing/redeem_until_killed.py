"""Extends one subscription with one key after the other, until there is none left or the process is killed.

Run by the kill drill as a process of its own: `python -m tests.licensing.redeem_until_killed <subscription>`, with the
test database in DATABASE_URL. Each line that it prints is a redemption that was confirmed.
"""

import sys

import django


def main(pk: int) -> None:
    from benefits_portal.benefits.models import ProductKey
    from benefits_portal.licensing.models import Subscription
    from benefits_portal.tenants.models import Actor
    from tests.factories import TODAY

    subscription = Subscription.objects.get(pk=pk)
    print("ready", flush=True)  # noqa: T201
    while key := ProductKey.objects.for_display().redeemable(TODAY).filter(product=subscription.product).first():
        redemption = subscription.extend(key, by=Actor(), on=TODAY)
        print(redemption.pk, flush=True)  # noqa: T201


if __name__ == "__main__":
    django.setup()
    main(int(sys.argv[1]))
