"""Whatever is typed into any field of text, in any form or import: a clear answer.

And nothing invisible is in the database.

The forms are those that the pages show, the imports all that there are: a new one is tried without
anybody thinking of it.
"""

import csv
import re
from collections.abc import Callable, Iterator
from io import StringIO
from itertools import cycle, product
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models, transaction
from django.test import Client
from django.urls import reverse

from benefits_portal.backoffice.csv_reading import Unreadable, decoded, read
from benefits_portal.backoffice.importing import Import, Refused
from benefits_portal.benefits.amount_imports import AmountImport
from benefits_portal.benefits.models import CreditAmount
from benefits_portal.emails import canonical_domain_or_text, canonical_email_or_text
from benefits_portal.licensing.license_imports import LicenseImport
from benefits_portal.licensing.models import LicenseAssignment
from benefits_portal.tenants.importing import carry_out
from benefits_portal.tenants.models import Actor, DirectoryUser, Partner, Tenant, User
from benefits_portal.typed_text import tidy, tidy_digits
from tests.key_examples import KEY, SHOWN
from tests.page_forms import PageForm, forms_of
from tests.test_bad_posts import encoded
from tests.world import NOT_OF_THE_PORTAL, RequestAs, World, rolled_back

pytestmark = [pytest.mark.django_db, pytest.mark.rule("W1", "W2")]

INVISIBLE = ["\u200b", "\u202e\u2066\u2069\u202c", "\ufeff\u00ad\u2060\U000e0041\ufe0f"]
ODD = [
    *INVISIBLE,
    "\u3164\u2800\u115f",
    "\U00013441",
    "ＡＢＣ＠ｘ．ｙ",
    "Jose\u0301",
    "e" + "\u0301\u0323" * 50_000,
    "👩\u200d💻",
    "A" * 100_000,
    "é" * 300,
    "\ud800",
    "\0",
    "a\nb",
    "\r\nBcc: x@y.example",
    "\u2028",
    "\x1b[31m",
    "\uffff",
    "=1+1",
    "٣٣",
    "\u200d",
    "<b>&\"'",
    "%s%n",
]
IDENTITIES = {
    (DirectoryUser, "user_principal_name"): canonical_email_or_text,
    (User, "email"): canonical_email_or_text,
    (Tenant, "domain"): canonical_domain_or_text,
    (Partner, "mpn_id"): tidy_digits,
}


@pytest.fixture(scope="module", autouse=True)
def _superuser(world: World) -> None:
    """Whoever may open every page of the back office."""
    world.programme.is_superuser = True
    world.programme.save()


type Where = tuple[str, str, PageForm]


@pytest.fixture(scope="module")
def page_forms(_superuser: None, request_as: RequestAs, rows: dict[str, list[str]]) -> list[Where]:
    return list(forms_of(request_as, rows))


# What is in the database afterwards


def spelling_of(model: type[models.Model], field: str) -> Callable[[str], str]:
    """How a text in `field` is written; a search text begins with a space, as each word in it."""
    if field == "search_text":
        return lambda text: f" {tidy(text)}" if text else ""
    return IDENTITIES.get((model, field), tidy)


def faults(tables: set[str]) -> list[tuple[str, str, str]]:
    """Every text in `tables` that hides what is there, or by which somebody is twice."""
    found = []
    for model in [model for model in apps.get_models() if model._meta.db_table in tables]:
        for field in model._meta.fields:
            if isinstance(field, models.CharField | models.TextField | models.JSONField):
                one_spelling = spelling_of(model, field.name)
                for value in model._default_manager.order_by().values_list(field.name, flat=True):
                    found += [
                        (model.__name__, field.name, text)
                        for text in texts_in(value)
                        if text != one_spelling(text)
                    ]
    return found


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts_in(item)


def send(
    request_as: RequestAs, person: str, address: str, fields: dict[str, list[str]]
) -> set[str]:
    """What was written to; all of it is undone."""
    with rolled_back() as written:
        answer = request_as(person, "post", address, encoded(fields))
        assert (address, answer.status_code) == (address, min(answer.status_code, 499))
        assert faults(written) == []
    return written - NOT_OF_THE_PORTAL


def typed_into(
    request_as: RequestAs,
    page_forms: list[Where],
    text: str,
    *,
    one_by_one: bool,
    changes: list[str],
) -> set[str]:
    """Type `text` into every form, behind or instead of what fits.

    Returns the pages that took it.
    """
    took = set()
    for row, person, form in page_forms:
        groups = [[name] for name in form.texts] if one_by_one else [form.texts]
        for group, change in product(filter(None, groups), changes):
            odd = {
                name: [change.replace("{old}", form.sent[name][0]).replace("{odd}", text)]
                for name in group
            }
            if send(request_as, person, form.address, form.sent | odd):
                took.add(row)
    return took


TOOK = {
    "tenants:add-user?guest",
    "tenants:ask-for-tenant",
    "licensing:replacement",
    "office: edited/add/",
    "office: groups/add/",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "one_by_one", [False, pytest.param(True, marks=pytest.mark.release)], ids=["together", "each"]
)
def test_nothing_invisible_comes_through_a_form(
    request_as: RequestAs, page_forms: list[Where], one_by_one: bool
) -> None:
    """It is taken out of what was typed, so that in all fields at once it is taken, too."""
    took = typed_into(
        request_as, page_forms, INVISIBLE[0], one_by_one=one_by_one, changes=["{old}{odd}"]
    )
    assert TOOK - took == set()


@pytest.mark.slow
def test_nothing_odd_in_all_fields_at_once_breaks_any_form(
    request_as: RequestAs, page_forms: list[Where]
) -> None:
    """By turns what no database holds, and a second line: one form after the other.

    Before a release each text is tried in both ways, and in each field by itself.
    """
    turns = cycle([("\ud800", "{odd}"), ("a\nb", "{old}{odd}")])
    for where, (text, change) in zip(page_forms, turns, strict=False):
        typed_into(request_as, [where], text, one_by_one=False, changes=[change])


@pytest.mark.slow
@pytest.mark.release
@pytest.mark.parametrize("text", ODD, ids=lambda text: ascii(text)[:40])
def test_nothing_odd_comes_through_any_field_of_any_form(
    request_as: RequestAs, page_forms: list[Where], text: str
) -> None:
    typed_into(request_as, page_forms, text, one_by_one=True, changes=["{old}{odd}", "{odd}"])


# Keys (K3, W5)

TYPED = re.compile(r'value="[^"]*"|<textarea[^>]*>[^<]*</textarea>')


def together(form: PageForm) -> Iterator[list[str]]:
    """What people fill in at once: each field says by itself what is wrong; then what is hidden."""
    yield [name for name in form.sent if name not in form.hidden]
    yield [name for name in form.hidden if "-" in name]  # of tables
    yield from ([name] for name in form.hidden if "-" not in name)


def one_by_one(form: PageForm) -> Iterator[list[str]]:
    yield from ([name] for name in form.sent)


@pytest.mark.slow
@pytest.mark.parametrize("groups", [together, pytest.param(one_by_one, marks=pytest.mark.release)])
def test_no_answer_repeats_a_key_but_in_its_own_field(
    groups: Callable[[PageForm], Iterator[list[str]]],
    request_as: RequestAs,
    page_forms: list[Where],
) -> None:
    """A key in the fields of each form, as no browser would send it."""
    repeated, tried = [], 0
    for row, person, form in page_forms:
        for names in filter(None, groups(form)):
            fields: dict[str, Any] = form.sent | {name: [SHOWN] for name in names}
            with rolled_back():
                answer = request_as(person, "post", form.address, fields)
            if answer.streaming:
                continue
            tried += len(names)
            if KEY[5:15] in re.sub("[^A-Z0-9]", "", TYPED.sub("", answer.text).upper()):
                repeated.append((row, form.address, names))
    assert repeated == []
    assert tried > 100


# Imports


def imports(kind: type[Import] = Import) -> Iterator[type[Import]]:
    for one in kind.__subclasses__():
        if "columns" in vars(one):
            yield one
        yield from imports(one)


def exported(world: World, kind: type[Import]) -> list[dict[str, str]]:
    """The rows that the back office's own export has of what `kind` imports.

    Amounts have no list of their own, and that of licenses has columns of what ended, too.
    """
    if kind is LicenseImport:
        held = LicenseAssignment.objects.for_display()
        return [
            {
                "tenant": each.tenant.domain,
                "product": each.product.name,
                "user_principal_name": each.directory_user.user_principal_name,
            }
            for each in held
        ]
    if kind is AmountImport:
        return [
            {
                "offer": amount.line.offer.name,
                "product": str(amount.line.product),
                "currency": amount.currency,
                "amount": str(amount.amount + 1),
            }
            for amount in CreditAmount.objects.select_related("line__offer", "line__product")
        ]
    [model] = [
        model
        for model, page in admin.site._registry.items()
        if getattr(page, "importing", None) is kind
    ]
    client = Client()
    client.force_login(world.programme)
    answer = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_export"))
    return [cells for _number, cells in read(decoded(answer.getvalue()), kind.columns)]


def bring(kind: type[Import], row: dict[str, str]) -> set[str]:
    """What was written to; all of it is undone."""
    file = StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows([list(row), list(row.values())])
    with rolled_back() as written:
        try:
            with transaction.atomic():
                carry_out(
                    kind, decoded(file.getvalue().encode("utf-8", "surrogatepass")), by=Actor()
                )
        except (Refused, Unreadable):
            pass
        assert faults(written) == []
    return written


@pytest.mark.slow
@pytest.mark.parametrize(
    "texts",
    [INVISIBLE[:2], pytest.param(ODD, marks=pytest.mark.release)],
    ids=["few", "all"],
)
def test_nothing_odd_comes_through_an_import(world: World, texts: list[str]) -> None:
    kinds, took = list(imports()), set()
    for kind in kinds:
        for row in exported(world, kind)[:2]:
            for column in kind.columns:
                names = {
                    "mpn_id": row["mpn_id"] if "domain" in row else "7654321",
                    "user_principal_name": f"lou@{row.get('tenant')}",
                    "domain": "new.example",
                    "tenant_id": "",
                    "color": "",
                    "primary": "no",
                }
                new = (
                    row | {name: names[name] for name in names.keys() & row.keys()}
                    if "name" in row
                    else row
                )
                for text in texts:
                    for changed in ({column: row[column] + text}, {column: text}):
                        took |= bring(kind, row | changed) | bring(kind, new | changed)
    assert {"tenants_partner", "tenants_directoryuser", "tenants_tenant"} - took == set()
    assert {kind.__name__ for kind in kinds} == {
        "PartnerImport",
        "PersonImport",
        "TenantImport",
        "RoleImport",
        "AmountImport",
        "MembershipImport",
        "LicenseImport",
    }


def test_what_would_be_invisible_in_the_database_is_found(world: World) -> None:
    with rolled_back() as written:
        Partner.objects.filter(pk=world.sample.partner.pk).update(name=models.Value("Kim\u200b"))
        assert [(model, name) for model, name, _text in faults(written)] == [("Partner", "name")]
