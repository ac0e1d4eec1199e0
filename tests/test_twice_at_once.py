"""The same act twice, a double click or two tabs, is one act and one message; somebody else's earlier act is told honestly (W11)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.contrib.messages import ERROR, SUCCESS
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.bulk_assignment import preview, sealed
from benefits_portal.benefits.models import Membership
from benefits_portal.licensing.models import Replacement
from benefits_portal.tenants.models import Record, Role, TenantRequest, User
from tests import factories
from tests.place import Place
from tests.simultaneous import at_once

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.rule("W11"), pytest.mark.usefixtures("consistent")]

ISOLATES = dict.fromkeys(map(ord, "\u2068\u2069"))  # round a name in a message


@dataclass
class Act:
    """Where it is sent to, what, what puts it on record, and what one click tells."""

    url: str
    form: dict[str, Any]
    action: str
    told: str
    by_staff: bool = False


def office(model: str, action: str, pk: int) -> tuple[str, dict[str, Any]]:
    return reverse(f"admin:{model}_changelist"), {"action": action, "_selected_action": pk, "reason": "Asked for"}


def assign(place: Place) -> Act:
    url = reverse("benefits:assign", args=[place.credit.pk])
    return Act(url, {"directory_user": place.person.pk}, "benefits.assigned", "Kim One Lee now holds this credit.")


def assign_bulk(place: Place) -> Act:
    benefit = factories.BenefitFactory.create(partner=place.partner, bulk=True)
    url = reverse("benefits:assign", args=[benefit.pk])
    return Act(url, {"directory_user": place.person.pk}, "benefits.assigned", "Kim One Lee now holds this credit.")


def remove(place: Place) -> Act:
    return Act(place.address("benefits:remove"), {}, "benefits.removed", "Kim One Global admin no longer holds this credit.")


def transfer(place: Place) -> Act:
    form = {"directory_user": place.person.pk}
    return Act(place.address("benefits:transfer"), form, "benefits.transferred", "Kim One Lee now holds this credit.")


def add_user(place: Place) -> Act:
    told = f"Lou is now in the directory of {place.tenant}."
    return Act(place.address("tenants:add-user"), place.form("tenants:add-user"), "tenants.person-added", told)


def invite_guest(place: Place) -> Act:
    told = f"Lou is now in the directory of {place.tenant}."
    return Act(place.address("tenants:add-user?guest"), place.form("tenants:add-user?guest"), "tenants.guest-invited", told)


def give_role(place: Place) -> Act:
    told = "Kim One Lee now holds the role Account member."
    return Act(place.address("tenants:give-role"), place.form("tenants:give-role"), "tenants.role-given", told)


def change_role(place: Place) -> Act:
    told = "Kim One Account member now holds the role Global admin."
    return Act(place.address("tenants:change-role"), place.form("tenants:change-role"), "tenants.role-changed", told)


def take_role(place: Place) -> Act:
    told = "Kim One Account member no longer holds the role Account member."
    return Act(place.address("tenants:take-role"), {}, "tenants.role-taken", told)


def disable(place: Place) -> Act:
    told = "Kim One Lee is disabled. Credit that they hold stays until you remove or transfer it."
    return Act(place.address("tenants:disable-user"), {}, "tenants.person-disabled", told)


def enable(place: Place) -> Act:
    return Act(place.address("tenants:enable-user"), {}, "tenants.person-enabled", "Kim One Off is enabled again.")


def make_primary(place: Place) -> Act:
    return Act(place.address("tenants:make-primary"), {}, "tenants.primary-chosen", f"{place.second} is now the primary tenant.")


def ask_for_tenant(place: Place) -> Act:
    told = "We have passed it on: the program's staff look at lou.example and decide."
    return Act(place.address("tenants:ask-for-tenant"), place.form("tenants:ask-for-tenant"), "tenants.tenant-asked-for", told)


def ask_for_replacement(place: Place) -> Act:
    told = "The program's staff have your request. Their answer will be on this receipt."
    return Act(place.address("licensing:replacement"), place.form("licensing:replacement"), "licensing.replacement-asked", told)


def switch(place: Place) -> Act:
    told = f"You now act for {place.partner} in {place.second}."
    return Act(reverse("tenants:switch"), {"place": place.second.pk}, "", told)


def accept_tenant(place: Place) -> Act:
    asked = TenantRequest.objects.get(partner=place.partner)
    url, form = office("tenants_tenantrequest", "accept", asked.pk)
    return Act(url, form, "tenants.tenant-accepted", f"{asked}: accepted.", by_staff=True)


def decline_tenant(place: Place) -> Act:
    asked = TenantRequest.objects.get(partner=place.partner)
    url, form = office("tenants_tenantrequest", "decline", asked.pk)
    return Act(url, form, "tenants.tenant-declined", f"{asked}: declined.", by_staff=True)


def revoke_key(place: Place) -> Act:
    url, form = office("benefits_productkey", "revoke", place.key.pk)
    return Act(url, form, "benefits.key-revoked", f"{place.key}: revoked.", by_staff=True)


def issue_another_key(place: Place) -> Act:
    place.key.revoke("Lost", by=place.by)
    url, form = office("benefits_benefit", "issue_another_key", place.licenses.pk)
    return Act(url, form, "benefits.key-issued", f"{place.licenses}: issued.", by_staff=True)


def grant_replacement(place: Place) -> Act:
    url, form = office("licensing_replacement", "grant", asked_replacement(place).pk)
    return Act(url, form, "licensing.replacement-granted", ": replaced.", by_staff=True)


def decline_replacement(place: Place) -> Act:
    url, form = office("licensing_replacement", "decline", asked_replacement(place).pk)
    return Act(url, form, "licensing.replacement-declined", ": declined.", by_staff=True)


def asked_replacement(place: Place) -> Replacement:
    return Replacement.objects.ask(place.redemption, "Wrong tenant", by=place.by, on=factories.TODAY)


def end_membership(place: Place) -> Act:
    url = reverse("admin:benefits_membership_end", args=[place.credit.membership_id])
    form = {"last_day": (factories.TODAY + timedelta(days=9)).isoformat(), "reason": "Asked for"}
    return Act(url, form, "benefits.membership-ended", "The membership now ends on the day given.", by_staff=True)


def renew_membership(place: Place) -> Act:
    membership = place.credit.membership
    url = reverse("admin:benefits_membership_renew", args=[membership.pk])
    form = {"plan": membership.renewal().plan().fingerprint}
    return Act(url, form, "benefits.provisioned", ": made 1 benefit and 0 product keys.", by_staff=True)


def enroll(place: Place) -> Act:
    line = factories.PackageLineFactory.create()
    planned = Membership(partner=place.partner, offer=line.offer, starts_on=factories.TODAY)
    planned.set_days()
    form = {"partner": place.partner.pk, "offer": line.offer.pk, "starts_on": factories.TODAY.isoformat()}
    form["plan"] = planned.plan().fingerprint
    told = ": made 1 benefit and 1 product key."
    return Act(reverse("admin:benefits_membership_add"), form, "benefits.provisioned", told, by_staff=True)


ACTS = [
    assign, assign_bulk, remove, transfer, add_user, invite_guest, give_role, change_role, take_role, disable, enable, make_primary,
    ask_for_tenant, ask_for_replacement, switch, accept_tenant, decline_tenant, revoke_key, issue_another_key, grant_replacement,
    decline_replacement, end_membership, renew_membership, enroll,
]  # fmt: skip


@pytest.fixture
def place() -> Iterator[Place]:
    with time_machine.travel(factories.NOW, tick=False):
        yield Place("One")


@pytest.fixture
def staff(place: Place) -> User:
    return factories.UserFactory.create(staff=True, is_superuser=True)


def clients(user: User, place: Place, count: int) -> list[Client]:
    """Browsers with one session, as tabs have."""
    first = Client()
    first.force_login(user)
    first.get(reverse("home"))
    more = [Client() for _ in range(count - 1)]
    for client in more:
        client.cookies["sessionid"] = first.cookies["sessionid"].value
    return [first, *more]


def told(client: Client) -> list[tuple[int, str]]:
    """What the next page shows."""
    page = client.get(reverse("help"))
    return [(message.level, str(message)) for message in page.context["messages"]]


def on_record(action: str) -> list[str]:
    """The refusals of that action, empty for what was done."""
    return list(Record.objects.filter(action=action).values_list("refused", flat=True))


def told_as_by_one_click(client: Client, act: Act) -> bool:
    """One success, as `act` says it; Django itself says a second one where the back office adds a row."""
    messages = told(client)
    levels = [level for level, _text in messages]
    texts = [text.translate(ISOLATES) for _level, text in messages]
    adds = act.url.endswith("/add/") and act.by_staff
    return levels == [SUCCESS] * (1 + adds) and sum(text.endswith(act.told) for text in texts) == 1 and len(set(texts)) == len(texts)


def act_of(make: Callable[[Place], Act], place: Place) -> tuple[Act, dict[str, Any], list[str]]:
    act = make(place)
    return act, act.form | {"acting_in": place.acting_in}, on_record(act.action)


@pytest.mark.parametrize("make", ACTS)
def test_the_same_form_sent_twice_is_one_act_and_one_message(place: Place, staff: User, make) -> None:
    act, form, before = act_of(make, place)
    [client] = clients(staff if act.by_staff else place.boss, place, 1)
    answers = [client.post(act.url, form) for _ in range(2 if make is not switch else 1)]
    assert [answer.status_code for answer in answers] == [302] * len(answers)
    assert {answer.headers["Location"] for answer in answers} == {answers[0].headers["Location"]}
    assert told_as_by_one_click(client, act)
    assert len(on_record(act.action)) == len(before) + bool(act.action)


@pytest.mark.slow
@pytest.mark.parametrize("make", ACTS)
def test_the_same_form_sent_at_one_instant_is_one_act_and_one_message(place: Place, staff: User, make) -> None:
    act, form, before = act_of(make, place)
    both = clients(staff if act.by_staff else place.boss, place, 2)
    answers = at_once([partial(client.post, act.url, form) for client in both])
    assert [answer.status_code for answer in answers] == [302, 302]
    assert [told_as_by_one_click(client, act) for client in both] == [True, True]
    assert len(on_record(act.action)) == len(before) + bool(act.action)


BY_THE_PARTNER = [make for make in ACTS if make not in (switch, make_primary) and make.__name__ in {
    "assign", "remove", "add_user", "give_role", "disable", "enable", "ask_for_tenant", "ask_for_replacement"
}]  # fmt: skip


@pytest.mark.parametrize("make", BY_THE_PARTNER)
def test_what_somebody_else_did_a_moment_ago_is_told(place: Place, make) -> None:
    act, form, before = act_of(make, place)
    other = factories.UserFactory.create(directory_user__tenant=place.tenant)
    factories.RoleAssignmentFactory.create(user=other, partner=place.partner, role=Role.GLOBAL_ADMIN)
    [theirs], [mine] = clients(other, place, 1), clients(place.boss, place, 1)
    theirs.post(act.url, form)
    answer = mine.post(act.url, form)
    messages = told(mine)
    assert SUCCESS not in [level for level, _text in messages]
    assert ERROR in [level for level, _text in messages] or answer.context["form"].errors
    assert len(on_record(act.action)) == len(before) + 2, "the attempt is on record"


@pytest.mark.parametrize("make", [assign, disable, give_role])
def test_what_one_did_oneself_long_ago_is_told_too(place: Place, make) -> None:
    act, form, _before = act_of(make, place)
    [client] = clients(place.boss, place, 1)
    client.post(act.url, form)
    assert [level for level, _text in told(client)] == [SUCCESS]
    with time_machine.travel(factories.NOW + timedelta(minutes=2), tick=False):
        answer = client.post(act.url, form)
        assert SUCCESS not in [level for level, _text in told(client)]
    assert answer.status_code == 200 or make is disable


def test_another_role_than_the_one_just_given_is_no_repeat(place: Place) -> None:
    act, form, _before = act_of(give_role, place)
    [client] = clients(place.boss, place, 1)
    client.post(act.url, form)
    answer = client.post(act.url, form | {"role": Role.GLOBAL_ADMIN.value})
    assert "Holds the role Account member already." in str(answer.context["form"].errors)


def revealed(answer: Any) -> bool:
    return "PCBEN-" in answer.text


@pytest.mark.parametrize("together", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_key_revealed_twice_is_one_line_on_record(place: Place, together: bool) -> None:
    both = clients(place.admin, place, 2)
    form = {"verified": "on", "acting_in": place.acting_in}
    tasks = [partial(client.post, place.address("licensing:key"), form) for client in both]
    answers = at_once(tasks) if together else [task() for task in tasks]
    assert [revealed(answer) for answer in answers] == [True, True]
    assert on_record("benefits.key-revealed") == [""]


def test_a_key_revealed_by_somebody_else_or_later_is_a_line_of_its_own(place: Place) -> None:
    form = {"verified": "on", "acting_in": place.acting_in}
    [mine], [theirs] = clients(place.admin, place, 1), clients(place.boss, place, 1)
    mine.post(place.address("licensing:key"), form)
    theirs.post(place.address("licensing:key"), form)
    with time_machine.travel(factories.NOW + timedelta(minutes=2), tick=False):
        mine.post(place.address("licensing:key"), form)
    assert on_record("benefits.key-revealed") == [""] * 3


@pytest.mark.parametrize("together", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_list_assigned_twice_shows_the_same_both_times(place: Place, together: bool) -> None:
    crowd = factories.DirectoryUserFactory.create_batch(3, tenant=place.tenant)
    found = enumerate([person.user_principal_name for person in [*crowd, place.disabled]], 1)
    lines = preview(place.credit, found, factories.TODAY)
    form = {"shown": sealed(lines, place.credit, place.admin), "acting_in": place.acting_in}
    before = len(on_record("benefits.assigned"))
    tasks = [partial(client.post, place.address("benefits:assign-list"), form) for client in clients(place.admin, place, 2)]
    answers = at_once(tasks) if together else [task() for task in tasks]
    assert [[line.refused for line in answer.context["became"]] for answer in answers] == [["", "", "", "entry-disabled"]] * 2
    assert on_record("benefits.assigned") == [""] * (before + 3)
