"""Checks of memberships, benefits, credit and product keys."""

from collections.abc import Iterator

from cryptography.fernet import InvalidToken
from django.db.models import Count, Exists, OuterRef, Q

from benefits_portal.benefits import key_encryption
from benefits_portal.consistency import LEDGER, Check, at_fault, differing, in_batches, rows
from benefits_portal.tenants.consistency import FOLD_AGAIN, not_canonical, not_folded
from benefits_portal.typed_text import tidy

from .models import (
    Assignment,
    Benefit,
    ExternalOffer,
    HeldOffer,
    Offer,
    PackageLine,
    Product,
    ProductKey,
)

NAMES = "Run manage.py carry_names --all."
USE = (
    "Reveal nothing and redeem nothing by hand: write is_used as its keys and assignments "
    "have it, in SQL."
)


def keys_that_do_not_decrypt() -> Iterator[int]:
    """Keys whose ciphertext, digest and last five characters differ under today's secrets."""
    for batch in in_batches(rows(ProductKey), "ciphertext", "digest", "last_five"):
        yield from (pk for pk, *kept in batch if not is_one_key(*kept))


def is_one_key(ciphertext: str, digest: str, last_five: str) -> bool:
    try:
        text = key_encryption.decrypted(ciphertext)
    except InvalidToken:
        return False
    return (
        key_encryption.is_shaped(text)
        and digest in key_encryption.digests(text)
        and text.endswith(last_five)
    )


redeemed = Exists(
    ProductKey.objects.filter(benefit=OuterRef("pk"), revoked_at=None, redeemed_at__isnull=False)
)
assigned = Exists(Assignment.objects.filter(benefit=OuterRef("pk"), ended_at=None))
live_twice = (
    ProductKey.objects.filter(benefit=OuterRef("pk"), revoked_at=None)
    .order_by()
    .values("benefit")
    .annotate(live=Count("pk"))
    .filter(live__gt=1)
)
is_bulk = Q(benefit__product__kind=Product.Kind.BULK_CREDIT)

CHECKS = [
    *differing(Benefit, "partner_id", "membership__partner_id"),
    *differing(Benefit, "product_id", "package_line__product_id", remedy=LEDGER),
    *differing(Benefit, "starts_on", "membership__starts_on", remedy=LEDGER),
    *differing(Benefit, "expires_on", "membership__benefits_expire_on", remedy=LEDGER),
    *map(not_folded, (ExternalOffer, Offer, PackageLine, Product)),
    *differing(Benefit, "product_name", "product__name", remedy=NAMES),
    *differing(Benefit, "offer_name", "membership__offer__name", remedy=NAMES),
    *differing(Benefit, "product_sort_name", "product__sort_name", remedy=NAMES),
    *differing(Benefit, "offer_sort_name", "membership__offer__sort_name", remedy=NAMES),
    *differing(Benefit, "sort_competency", "package_line__sort_competency", remedy=FOLD_AGAIN),
    at_fault(
        Benefit,
        "called used or unused against their keys and assignments",
        USE,
        (Q(is_used=True) & ~(Q(redeemed) | Q(assigned)))
        | (Q(is_used=False) & (Q(redeemed) | Q(assigned))),
    ),
    at_fault(
        Benefit,
        "with more than one live key",
        "Revoke all but one in the back office.",
        Q(Exists(live_twice)),
    ),
    *differing(ProductKey, "partner_id", "benefit__partner_id", "redeemed_in__partner_id"),
    *differing(ProductKey, "product_id", "benefit__product_id", remedy=LEDGER),
    *differing(ProductKey, "licenses", "benefit__quantity", remedy=LEDGER),
    Check(
        ProductKey,
        "whose ciphertext, digest and last five characters are not of one key",
        "If there are many, a part of PRODUCT_KEY_SECRETS is missing: put it back. Else "
        "revoke the key and issue another.",
        keys_that_do_not_decrypt,
    ),
    *differing(Assignment, "partner_id", "benefit__partner_id", "directory_user__partner_id"),
    *differing(Assignment, "benefit_id", "transferred_from__benefit_id", remedy=LEDGER),
    at_fault(
        Assignment,
        "exclusive of monthly credit, or not of bulk credit",
        LEDGER,
        (Q(is_exclusive=True) & ~is_bulk) | (Q(is_exclusive=False) & is_bulk),
    ),
    at_fault(
        Assignment,
        "passed on and not ended",
        LEDGER,
        Q(transferred_to__isnull=False, ended_at=None),
    ),
    *differing(HeldOffer, "partner_id", "directory_user__partner_id"),
    *(not_canonical(model, "name", tidy) for model in (Product, Offer, ExternalOffer)),
    not_canonical(PackageLine, "competency", tidy),
]
