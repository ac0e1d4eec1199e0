"""Every rule at every entry point, each refused case tried.

Which entry points and which refusals there are comes from the code.

Who gets through to a page at all (P1 to P3) is tried page by page in `test_matrix.py` too.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import get_commands
from django.urls import URLPattern, get_resolver

from benefits_portal.benefits.credit_exceptions import NotAssignable, NotTransferable
from benefits_portal.benefits.exceptions import NotRenewable
from benefits_portal.benefits.models import Benefit, Membership
from benefits_portal.tenants.admin.base import AuditedAdmin, ReadOnlyInline
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.exceptions import PartnerMoved, PartnerMoving, PartnerNotClosed
from tests import factories
from tests.covering import covering
from tests.entry_points.operations import EntryPoint, RefusedCase
from tests.test_architecture import ROWS
from tests.world import World, rolled_back

# Each of these modules registers its operations.
from . import (  # noqa: F401
    catalog,
    credit,
    enrolling,
    keys,
    licenses,
    ordering,
    other_days,
    people,
    redeeming,
    reminding,
    replacing,
    tenants,
)
from .enrolling import ENROLL
from .operations import TABLES, Driver, Operation, everything

# What shows, signs in or out, or chooses how pages look, and the practice world's own: nothing of a
# partner's changes there.
HARMLESS = {
    *(
        "page " + name
        for name in (
            "gallery",
            "healthz",
            "help",
            "home",
            "metrics",
            "readyz",
            "search",
            "set_language",
            "then-and-now",
            "theme",
        )
    ),
    "page practice",
    *(
        "page practice-" + name
        for name in (
            *("class", "class-code", "class-results", "class-room", "classes", "exercises", "join"),
            "start-over",
        )
    ),
    *("page demo-" + name for name in ("clock", "mail", "mailbox", "reset", "sign-in")),
    *(
        "page benefits:" + name
        for name in ("azure-cloud", "azure-cloud-csv", "holders", "holders-csv")
    ),
    *(
        "page licensing:" + name
        for name in (
            "benefit-detail",
            "benefit-history",
            "calculator",
            "license-history",
            "losses",
            "losses-csv",
            "license-holders",
            "license-holders-csv",
            "licenses",
            "order-receipt",
            "plan",
            "products",
            "receipt",
            "requests",
            "subscription",
        )
    ),
    "page licensing:products-csv",
    "page licensing:walkthrough",
    *(
        "page tenants:" + name
        for name in (
            "end-viewing",
            "roles",
            "session",
            "tenants",
            "user",
        )
    ),
    *("page tenants:" + name for name in ("roles-csv", "users", "users-csv")),
    *(
        "page tenants:" + name
        for name in (
            "password-ask",
            "password-done",
            "password-sent",
            "password-set",
            "mail-health",
        )
    ),
    *("page tenants:" + name for name in ("password-change", "sign-in", "sign-out", "switch")),
    "page reminders:calendar",  # a link of one's own, to what one sees anyway
    "page reminders:feed",  # it only reads
    # Reminders, which say what is due and change nothing of it: tests/reminders/
    *("page reminders:" + name for name in ("send-today", "send-program-today", "unsubscribe")),
    "page reminders:reminders-health",
    "command send_reminders",
    "command demo",
    "command demo_fixture",
    "command loaddata",  # refused wherever anything is: tests/practice/test_loaddata.py
    "command carry_names",  # writes what the catalog says: tests/licensing/test_carrying_names.py
    "command fold_names",  # writes what names are searched by: tests/tenants/test_finding_people.py
    "command recount_licenses",  # writes what is assigned: tests/licensing/test_license_tally.py
    "command send_mail",  # says what was queued: tests/tenants/test_outbox.py
    "command prune",  # what is on record stays: tests/tenants/test_prune.py
    "command check_consistency",  # it only reads: tests/licensing/test_consistency.py
    "command migrate",  # Django's own, without a limit of time
    # They write nothing but that the partner is closed, and where it is: tests/cells/
    *("command export_partner", "command end_move"),
    "command import_partner",  # into a portal without the partner: tests/cells/test_moving.py
    "command reencrypt_keys",  # keys stay what they are: tests/benefits/test_rotation.py
    "page new-partner",  # by the verbs, all new: tests/back_office/test_new_partner.py
    "page preview-reminders",  # it only reads
    "page refusals",  # it only reads
    "page support-desk",  # shows keys masked: tests/back_office/test_support_desk.py
}
pytestmark = pytest.mark.django_db

KINDS = {NotAssignable, NotRenewable, NotTransferable}  # of refusals: what is raised says more
# Whatever is tried while a partner is moved: tests/cells/
MOVES = {PartnerMoved, PartnerMoving, PartnerNotClosed}
SHOWN_ALONE = {  # say how something is shown or worked out, and refuse nothing
    *("S1", "S2", "S7", "U6", "K3", "A3", "P2"),
    # A key leaves the URL, a list says that it is cut, a browser keeps nothing.
    *("W6", "W7", "W9"),
    # What keys can do, and why a date is what it is: tests/licensing/test_planning.py.
    *("O2", "O3", "O5", "O6", "O7", "O8"),
    # Who may (test_matrix.py), that licenses are pooled, that who is disabled keeps one, and what
    # is said beforehand: licensing/test_licenses.py, test_license_effects.py.
    *("L4", "L6", "L9", "L11"),
    # What is told when, to whom and how often: tests/reminders/.
    *("R2", "R3", "R4", "R5", "R6", "R7", "R8", "R10"),
    # What was true on another day, and who may look at it: tests/licensing/test_other_days.py.
    *("H1", "H2", "H3", "H5", "H6"),
    # A calendar's link, what it shows and how often it is asked: tests/reminders/test_feed.py.
    *("R11", "R12", "R13", "R14"),
    # In which order rows are locked, and that a repeat leads to the receipt: test_orders.py.
    *("O12", "O13"),
    # Whatever is tried while a partner is moved, and where it is then: tests/cells/.
    *("C1", "C2", "C3"),
    # What would be refused for its days ends on the day it began: test_days_that_go_back.py.
    "W10",
}
LEFT_OUT = {"B4"}  # instead of refused

# Of an operation CI tries each case and each entry point, as each case is refused by the one method
# that all entry points call, and each entry point shows any refusal; a release tries all of them.
CELLS = [
    pytest.param(
        refused_case,
        name,
        entry_point,
        id=f"{operation.name}: {refused_case.scenario.__name__} @ {name}",
        marks=() if (refused_case.scenario, name) in taken else pytest.mark.release,
    )
    for operation in Operation.all
    for taken in [
        covering([(refused_case.scenario, name) for refused_case, name, _ in operation.cells()])
    ]
    for refused_case, name, entry_point in operation.cells()
]


@pytest.fixture(scope="module")
def driver(world: World) -> Driver:
    return Driver(world)


@pytest.mark.slow
@pytest.mark.parametrize(("refused_case", "name", "entry_point"), CELLS)
def test_what_a_rule_forbids_is_refused_at_every_entry_point(
    driver: Driver, refused_case: RefusedCase, name: str, entry_point: EntryPoint
) -> None:
    with rolled_back():
        arguments = refused_case.scenario(driver.world.sample)
        with rolled_back() as written:
            message = entry_point(driver, **arguments)
            after = everything() if written & TABLES else None
        if after is not None:  # written, and perhaps taken back
            assert after == everything()
    assert refused_case.message_at(name).search(message), message[-2000:]


@pytest.mark.slow
@pytest.mark.rule("B4")
@pytest.mark.parametrize("entry_point", ENROLL.entry_points)
def test_what_was_discontinued_is_left_out_wherever_one_enrolls(
    driver: Driver, entry_point: str
) -> None:
    with rolled_back():
        line = factories.PackageLineFactory.create()
        factories.PackageLineFactory.create(
            offer=line.offer, product__discontinued_on=date(2020, 1, 1)
        )
        partner = driver.world.sample.partner
        plan = Membership(partner=partner, offer=line.offer, starts_on=factories.TODAY)
        plan.set_days()
        ENROLL.entry_points[entry_point](
            driver, partner=partner, offer=line.offer, plan=plan.plan().fingerprint
        )
        assert [
            benefit.product for benefit in Benefit.objects.filter(membership__offer=line.offer)
        ] == [line.product]


# The table is whole


def test_every_entry_point_leads_to_an_operation_or_is_harmless() -> None:
    led_to = {
        entry_point.partition(",")[0]
        for operation in Operation.all
        for entry_point in operation.entry_points
        if not entry_point.startswith("verb ")
    }
    assert entry_points() - HARMLESS == led_to
    assert not led_to & HARMLESS


def test_every_refused_case_is_tried_somewhere() -> None:
    for operation in Operation.all:
        for refused_case in operation.refused_cases:
            assert refused_case.not_at.keys() < operation.entry_points.keys(), (
                f"{operation.name}: {refused_case.scenario.__name__}"
            )
            assert (
                refused_case.other_messages.keys()
                <= operation.entry_points.keys() - refused_case.not_at.keys()
            )


def test_every_refusal_and_every_rule_is_tried() -> None:
    tried = [
        message
        for operation in Operation.all
        for refused_case in operation.refused_cases
        for message in (refused_case.message, *refused_case.other_messages.values())
    ]
    assert set(Refusal.by_code.values()) - KINDS - MOVES == {
        message for message in tried if isinstance(message, type)
    }
    assert {row["rule"] for row in ROWS} - SHOWN_ALONE - LEFT_OUT == {
        refused_case.rule for operation in Operation.all for refused_case in operation.refused_cases
    }


def pages(patterns: list[Any], namespace: str = "") -> Iterator[str]:
    """The names of the portal's own URLs."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield f"page {namespace}{pattern.name}"
        elif pattern.namespace != "admin":
            yield from pages(
                pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else namespace
            )


def office() -> Iterator[str]:
    """Forms, rows and actions of the back office, and pages of its own."""
    # An export is a usual page too: it changes nothing but the record.
    usual = {"changelist", "add", "change", "delete", "history", "export"}
    for model, page in admin.site._registry.items():
        label = model._meta.label_lower
        if isinstance(page, AuditedAdmin):
            yield f"form {label}"
        yield from (
            f"row {label} {row.model.__name__}"
            for row in page.inlines
            if not issubclass(row, ReadOnlyInline)
        )
        yield from (f"action {label} {action}" for action in page.actions or ())
        names = {url.name for url in page.get_urls() if url.name}
        yield from (
            f"office {name}"
            for name in names
            if name.rpartition("_")[2] not in usual and not name.startswith("auth_")
        )


def entry_points() -> set[str]:
    commands = {
        f"command {name}"
        for name, app in get_commands().items()
        if str(app).startswith("benefits_portal")
    }
    return {*pages(get_resolver().url_patterns), *office(), *commands}
