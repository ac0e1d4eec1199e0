"""The same act twice, a double click or two tabs, is one act and one message (W11).

Somebody else's earlier act is told honestly. CI tries each act in one of these ways, a release in
all.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.contrib.messages import ERROR, SUCCESS
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.bulk_assignment import preview, sealed
from benefits_portal.tenants.models import Record, Role, User
from tests import factories
from tests.acts import ACTS, Act, assign, disable, give_license, give_role, make_primary, switch
from tests.covering import covering
from tests.partner_fixture import PartnerFixture
from tests.simultaneous import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.rule("W11"),
    pytest.mark.usefixtures("consistent"),
]

ISOLATES = dict.fromkeys(map(ord, "\u2068\u2069"))  # round a name in a message


OF_THE_PARTNER = {
    *("assign", "remove", "add_user", "give_role", "disable", "enable"),
    *("ask_for_tenant", "ask_for_replacement", "ask_for_replacement_of_order"),
    *("give_license", "take_license", "move_license"),
}
BY_THE_PARTNER = [
    make for make in ACTS if make not in (switch, make_primary) and make.__name__ in OF_THE_PARTNER
]
WAYS = {"one after the other": ACTS, "at one instant": ACTS, "by somebody else": BY_THE_PARTNER}
# The scarcest way first: whoever comes later takes what was taken least
TAKEN = covering(
    sorted(
        ((make.__name__, way) for way, makes in WAYS.items() for make in makes),
        key=lambda cell: cell[0] not in OF_THE_PARTNER,
    )
)


def acts(way: str) -> list[Any]:
    """The acts that are tried in this way; with every change those that are in no other."""
    return [
        make if (make.__name__, way) in TAKEN else pytest.param(make, marks=pytest.mark.release)
        for make in WAYS[way]
    ]


@pytest.fixture
def sample() -> Iterator[PartnerFixture]:
    with time_machine.travel(factories.NOW, tick=False):
        yield PartnerFixture("One")


@pytest.fixture
def staff(sample: PartnerFixture) -> User:
    return factories.UserFactory.create(staff=True, is_superuser=True)


def clients(user: User, sample: PartnerFixture, count: int) -> list[Client]:
    """Browsers with one session, as tabs have."""
    first = Client()
    first.force_login(user)
    first.get(reverse("home"))
    more = [Client() for _ in range(count - 1)]
    for client in more:
        client.cookies["sessionid"] = first.cookies["sessionid"].value
    return [first, *more]


def messages_of(client: Client) -> list[tuple[int, str]]:
    """What the next page shows."""
    page = client.get(reverse("help"))
    return [(message.level, str(message)) for message in page.context["messages"]]


def on_record(action: str) -> list[str]:
    """The refusals of that action, empty for what was done."""
    return list(Record.objects.filter(action=action).values_list("refused", flat=True))


def told_as_by_one_click(client: Client, act: Act) -> bool:
    """One success, as `act` says it.

    Django itself says a second one where the back office adds a row.
    """
    messages = messages_of(client)
    levels = [level for level, _text in messages]
    texts = [text.translate(ISOLATES) for _level, text in messages]
    adds = act.url.endswith("/add/") and act.by_staff
    return (
        levels == [SUCCESS] * (1 + adds)
        and sum(text.endswith(act.message) for text in texts) == 1
        and len(set(texts)) == len(texts)
    )


def act_of(
    make: Callable[[PartnerFixture], Act], sample: PartnerFixture
) -> tuple[Act, dict[str, Any], list[str]]:
    act = make(sample)
    return act, act.form | {"acting_in": sample.tenant_token}, on_record(act.action)


@pytest.mark.parametrize("make", acts("one after the other"))
def test_the_same_form_sent_twice_is_one_act_and_one_message(
    sample: PartnerFixture, staff: User, make: Callable[[PartnerFixture], Act]
) -> None:
    act, form, before = act_of(make, sample)
    [client] = clients(staff if act.by_staff else sample.boss, sample, 1)
    answers = [client.post(act.url, form) for _ in range(2 if make is not switch else 1)]
    assert [answer.status_code for answer in answers] == [302] * len(answers)
    assert {answer.headers["Location"] for answer in answers} == {answers[0].headers["Location"]}
    assert told_as_by_one_click(client, act)
    assert len(on_record(act.action)) == len(before) + bool(act.action)


@pytest.mark.parametrize("make", acts("at one instant"))
def test_the_same_form_sent_at_one_instant_is_one_act_and_one_message(
    sample: PartnerFixture, staff: User, make: Callable[[PartnerFixture], Act]
) -> None:
    act, form, before = act_of(make, sample)
    both = clients(staff if act.by_staff else sample.boss, sample, 2)
    answers = at_once([partial(client.post, act.url, form) for client in both])
    assert [answer.status_code for answer in answers] == [302, 302]
    assert [told_as_by_one_click(client, act) for client in both] == [True, True]
    assert len(on_record(act.action)) == len(before) + bool(act.action)


@pytest.mark.parametrize("make", acts("by somebody else"))
def test_what_somebody_else_did_a_moment_ago_is_told(
    sample: PartnerFixture, make: Callable[[PartnerFixture], Act]
) -> None:
    act, form, before = act_of(make, sample)
    other = factories.UserFactory.create(directory_user__tenant=sample.tenant)
    factories.RoleAssignmentFactory.create(
        user=other, partner=sample.partner, role=Role.GLOBAL_ADMIN
    )
    [theirs], [mine] = clients(other, sample, 1), clients(sample.boss, sample, 1)
    theirs.post(act.url, form)
    answer = mine.post(act.url, form)
    messages = messages_of(mine)
    assert SUCCESS not in [level for level, _text in messages]
    assert ERROR in [level for level, _text in messages] or answer.context["form"].errors
    assert len(on_record(act.action)) == len(before) + 2, "the attempt is on record"


@pytest.mark.parametrize("make", [assign, disable, give_license, give_role])
def test_what_one_did_oneself_long_ago_is_told_too(
    sample: PartnerFixture, make: Callable[[PartnerFixture], Act]
) -> None:
    act, form, _before = act_of(make, sample)
    [client] = clients(sample.boss, sample, 1)
    client.post(act.url, form)
    assert [level for level, _text in messages_of(client)] == [SUCCESS]
    with time_machine.travel(factories.NOW + timedelta(minutes=2), tick=False):
        answer = client.post(act.url, form)
        assert SUCCESS not in [level for level, _text in messages_of(client)]
    assert answer.status_code == 200 or make is disable


def test_another_role_than_the_one_just_given_is_no_repeat(sample: PartnerFixture) -> None:
    act, form, _before = act_of(give_role, sample)
    [client] = clients(sample.boss, sample, 1)
    client.post(act.url, form)
    answer = client.post(act.url, form | {"role": Role.GLOBAL_ADMIN.value})
    assert "Holds the role Account member already." in str(answer.context["form"].errors)


def revealed(answer: Any) -> bool:
    return "PCBEN-" in answer.text


@pytest.mark.parametrize("together", [False, True])
def test_a_key_revealed_twice_is_one_line_on_record(sample: PartnerFixture, together: bool) -> None:
    both = clients(sample.admin, sample, 2)
    form = {"verified": "on", "acting_in": sample.tenant_token}
    tasks = [partial(client.post, sample.url("licensing:key"), form) for client in both]
    answers = at_once(tasks) if together else [task() for task in tasks]
    assert [revealed(answer) for answer in answers] == [True, True]
    assert on_record("benefits.key-revealed") == [""]


def test_a_key_revealed_by_somebody_else_or_later_is_a_line_of_its_own(
    sample: PartnerFixture,
) -> None:
    form = {"verified": "on", "acting_in": sample.tenant_token}
    [mine], [theirs] = clients(sample.admin, sample, 1), clients(sample.boss, sample, 1)
    mine.post(sample.url("licensing:key"), form)
    theirs.post(sample.url("licensing:key"), form)
    with time_machine.travel(factories.NOW + timedelta(minutes=2), tick=False):
        mine.post(sample.url("licensing:key"), form)
    assert on_record("benefits.key-revealed") == [""] * 3


@pytest.mark.parametrize("together", [False, True])
def test_a_list_assigned_twice_shows_the_same_both_times(
    sample: PartnerFixture, together: bool
) -> None:
    crowd = factories.DirectoryUserFactory.create_batch(3, tenant=sample.tenant)
    found = enumerate([person.user_principal_name for person in [*crowd, sample.disabled]], 1)
    lines = preview(sample.credit, found, factories.TODAY)
    form = {"shown": sealed(lines, sample.credit, sample.admin), "acting_in": sample.tenant_token}
    before = len(on_record("benefits.assigned"))
    tasks = [
        partial(client.post, sample.url("benefits:assign-list"), form)
        for client in clients(sample.admin, sample, 2)
    ]
    answers = at_once(tasks) if together else [task() for task in tasks]
    assert [[line.refused for line in answer.context["became"]] for answer in answers] == [
        ["", "", "", "entry-disabled"]
    ] * 2
    assert on_record("benefits.assigned") == [""] * (before + 3)
