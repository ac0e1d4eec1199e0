"""Consistency checks of partners, people and the record."""

from collections.abc import Callable, Iterator

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q

from benefits_portal.consistency import ISOLATION, Check, at_fault, differing, in_batches, rows
from benefits_portal.derived_fields import stale_rows
from benefits_portal.emails import canonical_domain, canonical_email_or_text
from benefits_portal.search_text import search_prefixes
from benefits_portal.typed_text import tidy

from .models import (
    DirectoryUser,
    DirectoryUserWord,
    Partner,
    PracticeWorld,
    Record,
    Tenant,
    TenantRequest,
    User,
)

NOT_CANONICAL = (
    "Write it as the portal does, by saving it once in the back office; of two "
    "that become one, keep the one in use."
)

FOLD_AGAIN = "Run manage.py fold_names, which writes what people are found and sorted by."


def not_folded(model: type[models.Model]) -> Check:
    """Rows whose search text or sort key is out of date (W7)."""
    return Check(
        model, "not found or sorted by its name as it is now", FOLD_AGAIN, lambda: stale_rows(model)
    )


def people_not_found() -> Iterator[int]:
    """People whose search words are missing or out of date."""
    for batch in in_batches(rows(DirectoryUser), "display_name", "user_principal_name"):
        kept: dict[int, set[bytes]] = {pk: set() for pk, *_texts in batch}
        for person, word in (
            rows(DirectoryUserWord).filter(person__in=kept).values_list("person", "word")
        ):
            kept[person].add(bytes(word))
        for pk, name, email in batch:
            if kept[pk] != {word.encode() for word in search_prefixes(name, email)}:
                yield pk


def domain_or_text(text: str) -> str:
    try:
        return canonical_domain(text)
    except ValidationError:
        return ""


def not_canonical(model: type[models.Model], column: str, canonical: Callable[[str], str]) -> Check:
    """Rows whose `column` is not in its canonical spelling (W1, W2)."""

    def find() -> Iterator[int]:
        for batch in in_batches(rows(model), column):
            yield from (pk for pk, text in batch if text and canonical(text) != text)

    return Check(model, f"with a {column} that is not in its canonical form", NOT_CANONICAL, find)


is_practice = Exists(PracticeWorld.objects.all())
their_tenants = Tenant.objects.filter(partner=OuterRef("pk"))

CHECKS = [
    *differing(DirectoryUser, "partner_id", "tenant__partner_id"),
    *differing(DirectoryUserWord, "partner_id", "person__partner_id"),
    *differing(Record, "partner_id", "tenant__partner_id"),
    *differing(TenantRequest, "partner_id", "tenant__partner_id"),
    Check(
        DirectoryUser,
        "who are not found by their name and address",
        FOLD_AGAIN,
        people_not_found,
    ),
    *map(not_folded, (DirectoryUser, Partner, Tenant, TenantRequest, User)),
    not_canonical(DirectoryUser, "user_principal_name", canonical_email_or_text),
    not_canonical(DirectoryUser, "display_name", tidy),
    not_canonical(User, "email", canonical_email_or_text),
    not_canonical(User, "name", tidy),
    not_canonical(Partner, "name", tidy),
    not_canonical(Tenant, "name", tidy),
    not_canonical(Tenant, "domain", domain_or_text),
    not_canonical(TenantRequest, "name", tidy),
    at_fault(
        Partner,
        "that have tenants, and none that is primary",
        "Choose one on the partner's page in the back office.",
        Exists(their_tenants) & ~Exists(their_tenants.filter(is_primary=True)),
    ),
    at_fault(
        Partner,
        "that practice in a database of real ones, or are real in one that is for practice",
        f"Keep the two apart. {ISOLATION}",
        (Q(is_practice=True) & ~Q(is_practice)) | (Q(is_practice=False) & Q(is_practice)),
    ),
]
