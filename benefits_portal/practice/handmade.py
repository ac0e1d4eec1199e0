"""Empty the tables of the shared practice world, and keep what staff made by hand.

Practice rows are those of the fixtures, and rows of the partners of the shared room. Rows of other
rooms are left alone. Everything else was made by hand in the back office.
"""

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model, Q, QuerySet

from benefits_portal.benefits.models import ExternalOffer, Offer, PackageLine, Product
from benefits_portal.licensing.models import LicenseTally
from benefits_portal.reminders.models import Digest, Preference, Run, Told
from benefits_portal.tenants.models import (
    Attempt,
    DirectoryUser,
    FormerName,
    Mail,
    Partner,
    Record,
    RoleAssignment,
    Tenant,
    User,
)

from .models import ExerciseAttempt, Room, RoomPartner

CATALOG_FIXTURE = "catalog"
FIXTURES = (CATALOG_FIXTURE, "partners")
CATALOG = (Offer, Product, PackageLine, ExternalOffer)
ROOMS = ("tenants", "benefits", "licensing", "reminders")


@cache
def fixture_pks() -> dict[str, frozenset[int]]:
    """The primary keys of the fixtures' rows, by model label."""
    rows = [
        row
        for name in FIXTURES
        for row in json.loads((settings.BASE_DIR / "fixtures" / f"{name}.json").read_text("utf-8"))
    ]
    return {
        label: frozenset(row["pk"] for row in rows if row["model"] == label)
        for label in {row["model"] for row in rows}
    }


def all_rows(model: type[Model]) -> QuerySet[Any]:
    """All rows, by a queryset that does not refuse deletions, for replacing a practice world."""
    return model._base_manager.all()


def added(model: type[Model]) -> QuerySet[Any]:
    """The rows that are in no fixture."""
    return all_rows(model).exclude(pk__in=fixture_pks()[model._meta.label_lower])


def partners_of_room(room: Room | None) -> list[int]:
    """The primary keys of the partners of `room`."""
    return list(RoomPartner.objects.filter(room=room).values_list("partner", flat=True))


def accounts_at(partners: list[int]) -> QuerySet[Any]:
    """Accounts that trainees made at `partners`: at home there, or with a role there.

    Excludes personas, staff, and accounts that rows of other partners refer to.
    """
    there = Q(directory_user__partner__in=partners) | Q(role_assignments__partner__in=partners)
    accounts = added(User).filter(there, persona=None, is_staff=False, is_superuser=False)
    for relation in User._meta.related_objects:
        model = relation.related_model
        if isinstance(model, type) and any(f.name == "partner" for f in model._meta.fields):
            name = relation.field.name
            kept = all_rows(model).exclude(**{name: None}).exclude(partner=None)
            kept = kept.exclude(partner__in=partners)
            accounts = accounts.exclude(pk__in=kept.values(f"{name}_id"))
    return all_rows(User).filter(pk__in=set(accounts.values_list("pk", flat=True)))


def handmade() -> dict[type[Model], QuerySet[Any]]:
    """The rows that staff made in the back office, by model."""
    in_rooms = list(RoomPartner.objects.values_list("partner", flat=True))
    accounts = added(User).filter(persona=None).exclude(pk__in=accounts_at(in_rooms).values("pk"))
    return {
        Partner: all_rows(Partner).filter(is_practice=False),
        **{model: added(model) for model in CATALOG},
        User: accounts,
    }


def empty_practice_tables() -> None:
    """Delete practice rows that are in no fixture; the fixtures are loaded again afterwards."""
    shared = Room.objects.shared()
    partners = partners_of_room(shared)
    accounts = list(accounts_at(partners).values_list("pk", flat=True))
    kept_records = list(handmade_records().values_list("pk", flat=True))
    kept_actors = all_rows(Record).filter(pk__in=kept_records).values_list("actor_id", flat=True)
    accounts = sorted(set(accounts) - set(kept_actors))
    people = added(DirectoryUser).filter(partner__in=partners)
    all_rows(User).filter(directory_user__in=people).update(directory_user=None)
    delete(all_rows(Record).filter(partner=None).exclude(pk__in=kept_records))
    delete(practice_former_names(partners, accounts))
    forget_reminders(partners)
    for model in models_of_partners():
        delete(added_or_all(model).filter(partner__in=partners))
    delete(all_rows(Mail).filter(Q(recipient=None) | Q(recipient__in=accounts)))
    delete(all_rows(Attempt))
    delete(all_rows(ExerciseAttempt).filter(room=shared))
    forget_accounts(accounts, all_rows(User).filter(persona__room=shared))


def forget_reminders(partners: list[int]) -> None:
    """Delete reminders of `partners` and of the program team, and all runs."""
    of_practice = Q(partner=None) | Q(partner__in=partners)
    digests = all_rows(Digest).filter(of_practice)
    delete(all_rows(Told).filter(digest__in=digests.values("pk")))
    delete(digests)
    delete(all_rows(Preference).filter(partner=None))
    all_rows(Digest).update(run=None)
    delete(all_rows(Run))


def handmade_records() -> QuerySet[Any]:
    """Records without a partner: about rows or by accounts made by hand, or by people in rooms."""
    ours = Q(actor__in=handmade()[User]) | Q(actor__persona__room__suffix__gt="")
    for model, rows in handmade().items():
        subject_type = ContentType.objects.get_for_model(model)
        ours |= Q(subject_type=subject_type, subject_id__in=rows.values("pk"))
    return all_rows(Record).filter(ours, partner=None)


def practice_former_names(partners: list[int], accounts: list[int]) -> QuerySet[Any]:
    """Former names of practice people, of `accounts`, and of fixtures' accounts."""
    return all_rows(FormerName).filter(
        Q(person__partner__in=partners)
        | Q(user__in=accounts)
        | Q(user__in=fixture_pks()[User._meta.label_lower])
    )


def models_of_partners() -> Iterable[type[Model]]:
    """Every model with a partner, in an order to delete from: people and tenants last.

    Without LicenseTally, which triggers delete with the assignments.
    """
    last = (DirectoryUser, Tenant)
    found = [
        model
        for room in ROOMS
        for model in apps.get_app_config(room).get_models()
        if any(field.name == "partner" for field in model._meta.fields)
        and model not in (*last, LicenseTally)
    ]
    return [*found, *last]


def added_or_all(model: type[Model]) -> QuerySet[Any]:
    """The rows to delete: those of fixtures stay, since rows made by hand may refer to them."""
    is_loaded = model._meta.label_lower in fixture_pks() and model is not RoleAssignment
    return added(model) if is_loaded else all_rows(model)


def forget_accounts(pks: list[int], personas: QuerySet[Any]) -> None:
    """Delete the accounts `pks`, and the rights that `personas` were given by hand."""
    for through in (User.groups.through, User.user_permissions.through):
        rows = through._base_manager.filter(
            Q(user__in=pks) | Q(user__in=personas),
        )
        delete(rows)
    delete(all_rows(RoleAssignment).filter(user__in=pks))
    delete(all_rows(User).filter(pk__in=pks))


def delete(rows: QuerySet[Any]) -> None:
    """Delete `rows` in one statement; foreign keys are checked when the transaction ends."""
    rows.order_by()._raw_delete(DEFAULT_DB_ALIAS)
