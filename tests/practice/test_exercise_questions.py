"""The questions of exercises that no exercise asks yet, and how a finding is said."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import translation

from benefits_portal import clock
from benefits_portal.practice.exercises.answer import read_figure
from benefits_portal.practice.exercises.answer_questions import PeopleWhoAct
from benefits_portal.practice.exercises.credit_questions import RoleHeld
from benefits_portal.practice.exercises.key_questions import KeysLeft
from benefits_portal.practice.exercises.license_questions import OneDay
from benefits_portal.practice.exercises.questions import QUESTIONS
from benefits_portal.practice.exercises.scope import Finding, Scope
from benefits_portal.tenants.models import Partner, Role
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def scope(today: Any) -> Scope:
    return scope_at(factories.PartnerFactory.create())


def scope_at(partner: Partner) -> Scope:
    on = partner.today()
    at = clock.now() - timedelta(minutes=1)
    return Scope(partner, suffix="", generation=1, on=on, begun_on=on, begun_at=at)


def test_a_role_is_held_by_that_person_at_that_partner() -> None:
    holder = factories.RoleAssignmentFactory.create(role=Role.MEMBER)
    name = holder.user.directory_user.display_name
    question = RoleHeld(role=Role.MEMBER, person=name)

    assert question.find(scope_at(holder.partner)) is None
    assert question.find(scope_at(factories.PartnerFactory.create())) == Finding("role-not-held")
    other = RoleHeld(role=Role.GLOBAL_ADMIN, person=name)
    assert other.find(scope_at(holder.partner)) == Finding("other-role-held")


def test_keys_of_a_product_are_counted_until_they_are_redeemed(scope: Scope) -> None:
    key = factories.issue_key(partner=scope.partner)
    factories.issue_key()
    question = KeysLeft(product=key.product.name, at_most=0)

    assert question.find(scope) == Finding("keys-left", {"count": 1})
    assert KeysLeft(product=key.product.name, at_most=1).find(scope) is None
    factories.redeem(key, on=scope.on)
    assert question.find(scope) is None


def test_one_subscription_ends_on_one_day_with_as_many_licenses_only(scope: Scope) -> None:
    subscription = factories.redeem(
        factories.issue_key(partner=scope.partner), on=scope.on
    ).subscription
    asked = {"product": subscription.product_name, "tenant": subscription.tenant.domain}
    licenses = subscription.licenses

    assert OneDay(**asked, at_least=licenses).find(scope) is None
    assert OneDay(**asked, at_least=licenses + 1).find(scope) == Finding(
        "too-few-licenses", {"count": licenses}
    )


@pytest.mark.parametrize("ask", QUESTIONS)
def test_every_finding_has_a_sentence_in_each_language(ask: str) -> None:
    said = {}
    for language in ("en", "nl"):
        with translation.override(language):
            said[language] = {code: str(text) for code, text in texts_of(ask).items()}

    assert [code for code in said["en"] if said["en"][code] == said["nl"][code]] == []


def texts_of(ask: str) -> dict[str, Any]:
    """Its sentences, of one thing where they count."""
    return {code: text % Every() for code, text in QUESTIONS[ask].sentences.items()}


class Every(dict[str, Any]):
    """A value for each placeholder."""

    def __missing__(self, name: str) -> Any:
        return 1 if name == "count" else name


@pytest.mark.parametrize(
    ("typed", "figure"),
    [
        *(("981", 981), (" 981 ", 981), ("0", 0), ("１２", 12), ("٩٨١", 981), ("007", 7)),
        *(("1,200", 1200), ("1.200", 1200), ("1 200", 1200), ("1\u202f200", 1200)),
        *(("12,00", None), ("1,2", None), ("-3", None), ("981 licenses", None)),
        *(("", None), ("many", None), ("9" * 13, None), ("9" * 5000, None), ("2026-11-30", None)),
    ],
)
def test_a_number_is_read_as_people_write_it(typed: str, figure: int | None) -> None:
    assert read_figure(typed, is_day=False) == figure


@pytest.mark.parametrize(
    ("typed", "day"),
    [("2027-07-23", date(2027, 7, 23)), ("2027-02-30", None), ("981", None), ("", None)],
)
def test_a_day_is_read_as_browsers_send_it(typed: str, day: date | None) -> None:
    assert read_figure(typed, is_day=True) == day


def test_a_wrong_figure_is_named_unless_it_is_right(scope: Scope) -> None:
    held = factories.RoleAssignmentFactory.create(role=Role.GLOBAL_ADMIN)
    alone = scope_at(held.partner)
    question = PeopleWhoAct()

    assert question.find(scope) == Finding("nothing-to-find")
    assert question.find(alone) == Finding("no-answer")
    assert question.find(replace(alone, answer=1)) is None
    assert question.find(replace(alone, answer=2)) == Finding("another-figure", {"answer": 2})
    factories.RoleAssignmentFactory.create(partner=held.partner, role=Role.PARTNER_ADMIN)
    assert question.find(replace(alone, answer=1)) == Finding(
        "counted-global-admins", {"answer": 1}
    )


def test_a_finding_that_is_no_longer_known_is_said_all_the_same() -> None:
    question = KeysLeft(product="Power BI Pro", at_most=0)

    assert question.sentence("gone-long-ago", {"day": "2026-02-28"}) == "Not yet."
    assert question.sentence("keys-left", {"count": 1200}) == (
        "1,200 keys for Power BI Pro haven't been redeemed."
    )
