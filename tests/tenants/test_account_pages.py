"""The pages under /account/: who gets in, what they say, what a form refuses.

And that nothing of another partner's shows.
"""

import csv
import re
from collections.abc import Iterator
from copy import deepcopy
from io import StringIO
from typing import Any

import html5lib
import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from benefits_portal.tenants.models import (
    Actor,
    DirectoryUser,
    Record,
    Role,
    RoleAssignment,
    Tenant,
    TenantRequest,
    User,
)
from tests import factories
from tests.clients import ClientResponse, SignIn
from tests.partner_fixture import PartnerFixture
from tests.world import rolled_back

pytestmark = pytest.mark.usefixtures("today")
rule = pytest.mark.rule


def stored() -> list[list[Any]]:
    return [
        list(model.objects.order_by("pk").values())
        for model in (DirectoryUser, RoleAssignment, Tenant, TenantRequest)
    ]


LOOKING = ["tenants:users", "tenants:user", "tenants:roles", "tenants:tenants"]
READING = ["tenants:activity", "tenants:activity-csv"]
ACTING = [
    "tenants:add-user",
    "tenants:add-user?guest",
    "tenants:disable-user",
    "tenants:enable-user",
    "tenants:give-role",
    "tenants:change-role",
    "tenants:take-role",
    "tenants:make-primary",
    "tenants:ask-for-tenant",
]
ONES_OWN = [
    "tenants:user",
    "tenants:disable-user",
    "tenants:enable-user",
    "tenants:change-role",
    "tenants:take-role",
    "tenants:make-primary",
]


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[PartnerFixture]:
    """Made once: each test has a copy, and what it changes is rolled back."""
    with django_db_blocker.unblock(), rolled_back(), time_machine.travel(factories.NOW, tick=False):
        made = PartnerFixture(tenant=factories.TenantFactory.create(is_primary=True))
        assert all([made.boss, made.admin, made.member, made.person, made.disabled])
        yield made


@pytest.fixture
def account(db: None, made: PartnerFixture) -> PartnerFixture:
    """A partner with somebody of each role, a person without an account, and one disabled."""
    return deepcopy(made)


@pytest.fixture
def tenant(account: PartnerFixture) -> Tenant:
    return account.tenant


@pytest.fixture
def elsewhere(db: None) -> PartnerFixture:
    """Another partner with the same things."""
    return PartnerFixture("Elsewhere")


@pytest.fixture
def boss(account: PartnerFixture, sign_in: SignIn) -> Client:
    return sign_in(account.boss)


def role_of(user: User) -> RoleAssignment:
    return user.role_assignments.get()


# Who gets in


@rule("P3")
@pytest.mark.parametrize(
    ("name", "who"),
    [("tenants:activity", "boss"), ("tenants:activity", "admin"), ("tenants:add-user", "boss")],
)
def test_each_role_gets_what_it_may(
    account: PartnerFixture, sign_in: SignIn, name: str, who: str
) -> None:
    assert sign_in(getattr(account, who)).get(account.url(name)).status_code == 200


@rule("P3")
@pytest.mark.parametrize(
    ("name", "who", "who_may"),
    [
        ("tenants:activity", "member", ["boss", "admin"]),
        ("tenants:add-user", "admin", ["boss"]),
        ("tenants:add-user", "member", ["boss"]),
    ],
)
def test_a_role_that_may_not_is_told_who_may(
    account: PartnerFixture, sign_in: SignIn, name: str, who: str, who_may: list[str]
) -> None:
    response = sign_in(getattr(account, who)).get(account.url(name))
    assert response.status_code == 403
    assert response.templates[0].name == "tenants/not_permitted.html"
    assert account.boss.email in response.text
    assert response.context["admins"] == [role_of(getattr(account, one)) for one in who_may]


@rule("P2", "P3")
@pytest.mark.parametrize("role", [Role.MEMBER, None], ids=["read-only", "none"])
def test_whose_role_was_changed_meanwhile_reads_that_nothing_was_changed(
    account: PartnerFixture, sign_in: SignIn, role: Role | None
) -> None:
    client, url = sign_in(account.boss), account.url("tenants:give-role")
    held = RoleAssignment.objects.filter(user=account.boss)
    held.update(role=role) if role else held.delete()
    sent = account.acting_in | {"person": account.person.pk, "role": Role.MEMBER}
    answers = {"looking": client.get(url), "sending": client.post(url, sent)}
    assert {
        how: (answer.status_code, "Nothing was changed." in answer.text)
        for how, answer in answers.items()
    } == {"looking": (403, False), "sending": (403, True)}


@rule("P3")
def test_staff_whose_role_was_taken_meanwhile_read_that_nothing_was_changed(
    account: PartnerFixture, sign_in: SignIn
) -> None:
    staff = factories.UserFactory.create(is_staff=True, directory_user=None)
    held = factories.RoleAssignmentFactory.create(
        user=staff, partner=account.partner, role=Role.GLOBAL_ADMIN
    )
    client = sign_in(staff)
    held.delete()
    answer = client.post(account.url("tenants:give-role"), account.acting_in)
    assert (answer.status_code, "Nothing was changed." in answer.text) == (403, True)


@rule("P3")
@pytest.mark.parametrize("name", LOOKING)
def test_what_only_a_global_admin_does_is_shown_disabled_with_the_reason(
    account: PartnerFixture, sign_in: SignIn, boss: Client, name: str
) -> None:
    address = account.url(name)
    # Another Global admin: the last one could not go.
    factories.RoleAssignmentFactory.create(partner=account.partner, role=Role.GLOBAL_ADMIN)
    assert 'aria-disabled="true"' not in boss.get(address).text
    for user in (account.admin, account.member):
        text = sign_in(user).get(address).text
        assert 'aria-disabled="true"' in text
        assert "Only a Global admin" in text


@rule("P1")
@pytest.mark.parametrize("name", ONES_OWN)
def test_what_is_another_partner_s_does_not_exist(
    account: PartnerFixture, elsewhere: PartnerFixture, boss: Client, sign_in: SignIn, name: str
) -> None:
    address = elsewhere.url(name)
    assert sign_in(elsewhere.boss).get(address).status_code == 200
    before = stored()
    answers = [boss.get(address), boss.post(address, account.acting_in)]
    assert [answer.status_code for answer in answers] == [
        404,
        405 if name == "tenants:user" else 404,
    ]
    assert not any(
        "Elsewhere" in answer.text or elsewhere.partner.name in answer.text for answer in answers
    )
    assert stored() == before


@rule("P1")
@pytest.mark.parametrize("name", [*LOOKING, *READING, "tenants:give-role"])
def test_no_list_names_anybody_of_another_partner(
    account: PartnerFixture, elsewhere: PartnerFixture, boss: Client, sign_in: SignIn, name: str
) -> None:
    RoleAssignment.objects.give(elsewhere.person, Role.MEMBER, by=Actor(elsewhere.boss))
    words = {"q": "Kim", "person": "Kim"}
    assert read(boss.get(account.url(name), words)).count("Elsewhere") == 0
    if name in ("tenants:users", "tenants:give-role", "tenants:activity"):
        assert "Elsewhere" in read(sign_in(elsewhere.boss).get(elsewhere.url(name), words))


@rule("P1", "P4")
def test_somebody_at_another_partner_of_one_s_own_offers_to_switch(
    account: PartnerFixture, elsewhere: PartnerFixture, boss: Client
) -> None:
    factories.RoleAssignmentFactory.create(
        user=account.boss, partner=elsewhere.partner, role=Role.GLOBAL_ADMIN
    )
    for name in ONES_OWN:
        answer = boss.get(elsewhere.url(name))
        assert (answer.status_code, answer.templates[0].name) == (200, "tenants/elsewhere.html")
        assert boss.post(elsewhere.url(name), account.acting_in).status_code == (
            405 if name == "tenants:user" else 409
        )


def test_the_directory_is_the_same_from_each_of_the_partner_s_tenants(
    account: PartnerFixture, boss: Client
) -> None:
    boss.post(reverse("tenants:switch"), {"place": account.second.pk})
    assert boss.get(account.url("tenants:user")).status_code == 200


@rule("P4")
@pytest.mark.parametrize("name", ACTING)
def test_a_form_that_does_not_say_where_it_was_rendered_is_refused(
    account: PartnerFixture, boss: Client, name: str
) -> None:
    url, before = account.url(name), stored()
    assert boss.post(url).status_code == 409
    assert stored() == before


def read(response: ClientResponse) -> str:
    return response.getvalue().decode() if response.streaming else response.text


# What a page is made of


@pytest.mark.parametrize("name", [*LOOKING, "tenants:activity", *ACTING])
def test_every_page_parses(account: PartnerFixture, boss: Client, name: str) -> None:
    html5lib.HTMLParser(strict=True).parse(boss.get(account.url(name)).text)


def test_more_people_than_a_page_holds_are_on_the_next(
    account: PartnerFixture, boss: Client
) -> None:
    factories.DirectoryUserFactory.create_batch(60, tenant=account.tenant)
    first = boss.get(reverse("tenants:users"))
    second = boss.get(reverse("tenants:users") + first.context["page"].next_href)
    shown = [person["pk"] for page in (first, second) for person in page.context["rows"]]
    assert sorted(shown) == sorted(
        DirectoryUser.objects.for_partner(account.partner).values_list("pk", flat=True)
    )
    assert second.context["page"].next_href == ""


FOUND = {
    "q=lee": "person",
    "q=northwind+lee": "person",
    "show=disabled": "disabled",
    "show=guests": "guest",
    "tenant={labs}": "guest",
}


@pytest.mark.parametrize(("query", "found"), FOUND.items(), ids=FOUND)
def test_people_found_by_words_and_filters_are_the_rows_of_the_download(
    account: PartnerFixture, boss: Client, query: str, found: str
) -> None:
    guest = factories.DirectoryUserFactory.create(
        tenant=account.second, guest=True, display_name="Ann"
    )
    address = query.format(labs=account.second.pk)
    page = boss.get(f"{reverse('tenants:users')}?{address}").context["page"]
    person = guest if found == "guest" else getattr(account, found)
    assert page.rows == [person]
    _heads, *written = csv.reader(
        StringIO(read(boss.get(f"{reverse('tenants:users-csv')}?{address}")))
    )
    status = "Enabled" if person.is_enabled else "Disabled"
    assert written == [
        [
            person.display_name,
            person.user_principal_name,
            person.get_kind_display(),
            person.tenant.name,
            "",
            status,
        ]
    ]


@pytest.mark.parametrize("sort", ["name", "address", "kind", "status"])
def test_the_directory_is_sorted_by_each_of_its_columns_and_turned_round(
    account: PartnerFixture, boss: Client, sort: str
) -> None:
    factories.DirectoryUserFactory.create(tenant=account.second, guest=True, display_name="Ann")
    fact = {
        "name": "display_name",
        "address": "user_principal_name",
        "kind": "kind",
        "status": "is_disabled",
    }[sort]
    up, down = (
        boss.get(f"{reverse('tenants:users')}?sort={s}").context["page"].rows
        for s in (sort, f"-{sort}")
    )
    assert (
        up
        == sorted(up, key=lambda person: (getattr(person, fact), person.display_name, person.pk))
        == down[::-1]
    )
    assert len(up) == 6


ROLES = {
    "": "boss admin member",
    "sort=-role": "member admin boss",
    "sort=name": "admin boss member",
    "sort=-address": "boss admin member",
}
ROLES |= {"q=kim": "admin", "q=zoe+corp": "boss", "role=member": "member", "role=member&q=kim": ""}


@pytest.mark.parametrize(("query", "found"), ROLES.items(), ids=ROLES)
def test_who_holds_a_role_is_sorted_searched_and_filtered(
    account: PartnerFixture, boss: Client, query: str, found: str
) -> None:
    for name, (called, address) in {
        "boss": ("Lee", "zoe@corp.example"),
        "admin": ("Kim", "m@x.example"),
        "member": ("Pat", "a@x.example"),
    }.items():
        user = getattr(account, name)
        User.objects.filter(pk=user.pk).update(name="Zoe Kim, elsewhere", email=address)
        DirectoryUser.objects.filter(pk=user.directory_user_id).update(display_name=called)
    shown = [
        held for held, _person in boss.get(f"{reverse('tenants:roles')}?{query}").context["holders"]
    ]
    assert shown == [role_of(getattr(account, name)) for name in found.split()]
    _heads, *written = csv.reader(
        StringIO(read(boss.get(f"{reverse('tenants:roles-csv')}?{query}")))
    )
    assert [address for _name, _role, address in written] == [held.user.email for held in shown]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Order: Most rights first, then by name."),
        ("sort=-role", "Order, reversed: Most rights first, then by name."),
        ("sort=name", "Sorted by Name, ascending."),
    ],
)
def test_the_order_of_roles_is_said_as_it_is(boss: Client, query: str, said: str) -> None:
    assert said in boss.get(f"{reverse('tenants:roles')}?{query}").text


# Doing it


def added(account: PartnerFixture, **fields: Any) -> dict[str, Any]:
    return (
        account.acting_in
        | {
            "kind": "member",
            "tenant": account.tenant.pk,
            "name": "Lou",
            "address": f"lou@{account.tenant.domain}",
        }
        | fields
    )


@rule("U1")
def test_a_member_is_added_and_can_be_chosen(account: PartnerFixture, boss: Client) -> None:
    assert boss.post(account.url("tenants:add-user"), added(account))["Location"] == reverse(
        "tenants:users"
    )
    assert "Lou" in boss.get(reverse("tenants:give-role")).text


@pytest.mark.parametrize(
    ("wrong", "field", "message"),
    [
        ({"name": ""}, "name", "Enter the person's name."),
        ({"address": "lou"}, "address", "This is not an email address."),
        ({"address": "lou@elsewhere.example"}, "address", "or invite the person as a guest."),
        ({"kind": "guest"}, "address", "Add the person as a member"),
        ({"kind": "robot"}, "kind", "Choose member or guest."),
        ({"tenant": "999999"}, "tenant", "Choose one of your own tenants."),
    ],
)
def test_what_is_wrong_with_a_new_user_is_said_and_what_was_typed_stays(
    account: PartnerFixture, boss: Client, wrong: dict[str, str], field: str, message: str
) -> None:
    before = stored()
    typed = added(account, **wrong)
    form = boss.post(account.url("tenants:add-user"), typed).context["form"]
    assert message in " ".join(form.errors[field])
    assert {name: form[name].value() for name in form.fields} == {
        name: str(typed[name]) for name in form.fields
    }
    assert stored() == before


@rule("P1")
def test_the_tenant_of_another_partner_cannot_be_chosen(
    account: PartnerFixture, elsewhere: PartnerFixture, boss: Client
) -> None:
    form = boss.post(
        account.url("tenants:add-user"), added(account, tenant=elsewhere.tenant.pk)
    ).context["form"]
    assert list(form.errors) == ["tenant"]


@rule("P1", "P3")
def test_a_role_lets_one_in_and_its_loss_counts_at_the_next_request(
    account: PartnerFixture, boss: Client, sign_in: SignIn
) -> None:
    user = factories.UserFactory.create(directory_user=account.person)
    theirs, seen = sign_in(user), account.url("tenants:users")
    assert theirs.get(seen).status_code == 403
    boss.post(
        account.url("tenants:give-role"),
        account.acting_in | {"person": account.person.pk, "role": "member"},
    )
    assert theirs.get(seen).status_code == 200
    held = RoleAssignment.objects.get(user=user)
    boss.post(
        reverse("tenants:change-role", args=[held.pk]),
        account.acting_in | {"role": "global-admin"},
    )
    assert theirs.get(account.url("tenants:add-user")).status_code == 200
    boss.post(reverse("tenants:take-role", args=[held.pk]), account.acting_in)
    assert [theirs.get(address)["Location"] for address in (seen, "/")] == [
        f"/sign-in/?next={seen}&ended=shown",
        "/sign-in/?next=/",
    ]


@pytest.mark.parametrize(
    "wrong", [{"role": "owner"}, {"person": ""}, {"person": "999999"}, {"role": ""}]
)
def test_a_role_that_cannot_be_given_says_so_and_gives_nothing(
    account: PartnerFixture, boss: Client, wrong: dict[str, str]
) -> None:
    before = stored()
    typed = account.acting_in | {"person": account.person.pk, "role": "member", "q": "Kim"} | wrong
    response = boss.post(account.url("tenants:give-role"), typed)
    assert (list(response.context["form"].errors), response.context["search_query"]) == (
        list(wrong),
        "Kim",
    )
    assert stored() == before


@rule("P1")
def test_a_role_for_another_partner_s_person_is_refused_as_for_nobody(
    account: PartnerFixture, elsewhere: PartnerFixture, boss: Client
) -> None:
    answers = [
        boss.post(
            account.url("tenants:give-role"),
            account.acting_in | {"person": pk, "role": "member"},
        )
        .context["form"]
        .errors
        for pk in (elsewhere.person.pk, 999999)
    ]
    assert answers[0] == answers[1]


def test_the_last_global_admin_is_told_why_they_stay(account: PartnerFixture, boss: Client) -> None:
    for address in (
        reverse("tenants:take-role", args=[role_of(account.boss).pk]),
        reverse("tenants:disable-user", args=[account.boss.directory_user_id]),
    ):
        messages = [
            str(message)
            for message in boss.post(address, account.acting_in, follow=True).context["messages"]
        ]
        assert messages == [
            (
                "This is the organization's last Global admin, and someone has to be one. Give "
                "the role to someone else first."
            )
        ]


def test_somebody_is_disabled_and_enabled_by_a_post_and_not_by_looking(
    account: PartnerFixture, boss: Client
) -> None:
    address = account.url("tenants:disable-user")
    boss.get(address)
    assert DirectoryUser.objects.get(pk=account.person.pk).is_enabled
    boss.post(address, account.acting_in)
    assert not DirectoryUser.objects.get(pk=account.person.pk).is_enabled
    boss.post(address.replace("disable", "enable"), account.acting_in)
    assert DirectoryUser.objects.get(pk=account.person.pk).is_enabled


def test_the_primary_tenant_is_chosen(account: PartnerFixture, boss: Client) -> None:
    boss.post(account.url("tenants:make-primary"), account.acting_in)
    assert Tenant.objects.for_partner(account.partner).get(is_primary=True) == account.second


@rule("P1")
def test_asking_for_a_taken_and_for_a_free_domain_is_answered_alike(
    account: PartnerFixture, elsewhere: PartnerFixture, boss: Client
) -> None:
    answers = []
    for domain in ("free.example", elsewhere.tenant.domain):
        page = boss.post(
            account.url("tenants:ask-for-tenant"),
            account.acting_in | {"name": "Labs", "domain": domain},
            follow=True,
        )
        answers.append([str(message).replace(domain, "") for message in page.context["messages"]])
    assert answers[0] == answers[1] == ["Request sent. The program team will review ."]
    assert TenantRequest.objects.undecided().count() == 2


@pytest.mark.parametrize("domain", ["", "Not A Domain", "x" * 200 + ".example", "\x00.example"])
def test_a_domain_that_is_none_is_refused_and_stays_in_its_field(
    account: PartnerFixture, boss: Client, domain: str
) -> None:
    form = boss.post(
        account.url("tenants:ask-for-tenant"),
        account.acting_in | {"name": "Labs", "domain": domain},
    ).context["form"]
    assert list(form.errors) == ["domain"]
    assert (form["domain"].value(), TenantRequest.objects.count()) == (domain, 0)


def test_who_cannot_find_a_user_is_led_to_adding_one_if_they_may(
    account: PartnerFixture, boss: Client, sign_in: SignIn
) -> None:
    credit = factories.BenefitFactory.create(partner=account.partner, monthly=True)
    address = reverse("benefits:assign", args=[credit.pk])
    texts = [client.get(address).text for client in (boss, sign_in(account.admin))]
    assert [f'href="{reverse("tenants:add-user")}"' in text for text in texts] == [True, False]


# The record


@rule("A2")
def test_a_person_s_page_shows_what_happened_to_them_latest_first(
    account: PartnerFixture, boss: Client
) -> None:
    by = Actor(account.boss)
    credit = factories.BenefitFactory.create(partner=account.partner, monthly=True)
    credit.assign(account.person, by=by, on=factories.TODAY)
    RoleAssignment.objects.give(account.person, Role.MEMBER, by=by)
    account.person.disable(by=by)
    factories.DirectoryUserFactory.create(tenant=account.tenant).disable(by=by)
    lines = boss.get(account.url("tenants:user")).context["history"].lines
    assert [line.what for line in lines] == [
        "Disabled a directory user",
        "Removed a role",
        "Gave a role",
        "Assigned credit",
    ]
    assert [[str(change) for change in line.changes] for line in lines] == [
        [],
        ["Role: Account member"],
        ["Role: Account member"],
        [f"Person: {account.person.display_name}"],
    ]


def noted(account: PartnerFixture, count: int, **facts: Any) -> list[Record]:
    return factories.RecordFactory.create_batch(
        count, partner=account.partner, actor=account.boss, how="portal", **facts
    )


@rule("A2")
def test_activity_shows_each_line_once_over_its_pages(
    account: PartnerFixture, boss: Client
) -> None:
    records = noted(account, 120, action="tenants.signed-in")
    seen, address, pages = [], reverse("tenants:activity") + "?sign_ins=on", 0
    while address:
        page = boss.get(address)
        html5lib.HTMLParser(strict=True).parse(page.text)
        seen += page.context["history"].lines
        address = page.context["history"].older_href
        pages += 1
    assert (len(seen), pages) == (Record.objects.for_partner(account.partner).count(), 3)
    assert len(seen) >= len(records)


@rule("P1")
def test_a_page_that_begins_after_another_partner_s_record_is_the_first(
    account: PartnerFixture, elsewhere: PartnerFixture, boss: Client
) -> None:
    noted(account, 3)
    [theirs] = noted(elsewhere, 1)
    assert (
        boss.get(reverse("tenants:activity"), {"before": theirs.pk}).context["history"].newest_href
        == ""
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"action": "tenants.role-given"}, ["given"]),
        ({"refused": "on"}, ["refused"]),
        ({"person": "lee"}, ["about", "given"]),
        ({"since": "2021-04-02"}, ["given", "refused"]),
        ({"until": "2021-04-01"}, ["about", "old"]),
        ({"since": "2021-04-01", "until": "2021-04-01"}, ["about"]),
        ({"since": "nonsense"}, ["about", "given", "old", "refused"]),
    ],
)
def test_activity_is_narrowed_by_action_person_outcome_and_day(
    account: PartnerFixture, boss: Client, query: dict[str, str], found: list[str]
) -> None:
    records: dict[str, dict[str, Any]] = {
        "old": {"at": "2020-01-01T00:00Z"},
        "about": {"at": "2021-04-01T23:59Z", "after": {"person": account.person.pk}},
        "given": {
            "at": "2021-04-02T00:00Z",
            "action": "tenants.role-given",
            "subject": account.person,
        },
        "refused": {"at": "2021-05-01T10:00Z", "refused": "not-permitted"},
    }
    numbers = {noted(account, 1, **facts)[0].pk: name for name, facts in records.items()}
    assert len(numbers) == len(records)
    page = boss.get(reverse("tenants:activity"), query)
    ours = Record.objects.for_partner(account.partner)
    names = [numbers[record.pk] for record in page.context["form"].of(ours) if record.pk in numbers]
    assert sorted(names) == found
    assert len(page.context["history"].lines) == len(found)


def test_a_day_that_is_before_the_first_is_said(account: PartnerFixture, boss: Client) -> None:
    form = boss.get(
        reverse("tenants:activity"), {"since": "2021-05-01", "until": "2021-04-01"}
    ).context["form"]
    assert form.errors == {"until": ["This is before the first day."]}


@rule("A2")
def test_a_refusal_and_a_change_are_said_in_words(account: PartnerFixture, boss: Client) -> None:
    subscription = factories.redeem(tenant=account.tenant).subscription
    noted(
        account,
        1,
        action="licensing.extend",
        subject=subscription,
        refused="key-already-redeemed",
        after={"key": 5},
    )
    noted(
        account,
        1,
        action="licensing.extend",
        subject=subscription,
        before={"licenses": 5, "ends_on": "2021-06-30"},
        after={"licenses": 5, "ends_on": "2021-09-30", "key": 5},
    )
    extended, refused, *_ = boss.get(reverse("tenants:activity")).context["history"].lines
    assert (extended.about, [str(change) for change in extended.changes]) == (
        str(subscription.product),
        ["Ends on: Jun 30, 2021 → Sep 30, 2021"],
    )
    assert (refused.refused, refused.changes) == ("The key was redeemed already.", [])


def test_times_are_those_of_the_partner_s_own_clock(account: PartnerFixture, boss: Client) -> None:
    type(account.partner).objects.filter(pk=account.partner.pk).update(time_zone="Asia/Tokyo")
    noted(account, 1, at="2021-04-01T23:30Z")
    line = (
        boss.get(reverse("tenants:activity"), {"until": "2021-04-02"}).context["history"].rows()[0]
    )
    assert (line["day"], line["time"]) == ("Apr 2, 2021", "8:30 AM")


def table(response: ClientResponse, delimiter: str = ",") -> list[list[str]]:
    text = response.getvalue().decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text[1:]), delimiter=delimiter))


@rule("A2")
def test_the_download_has_every_line_that_the_filter_leaves(
    account: PartnerFixture, boss: Client
) -> None:
    noted(account, 1100)
    noted(account, 2, refused="not-permitted")
    response = boss.get(reverse("tenants:activity-csv"))
    assert response.streaming
    assert len(table(response)) == 1 + Record.objects.for_partner(account.partner).count()
    assert len(table(boss.get(reverse("tenants:activity-csv"), {"refused": "on"}))) == 3


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_the_download_is_a_formula(
    account: PartnerFixture, boss: Client, name: str
) -> None:
    DirectoryUser.objects.filter(pk=factories.person_of(account.boss).pk).update(display_name=name)
    noted(account, 1)
    assert f"'{name.strip()}" in table(boss.get(reverse("tenants:activity-csv")))[1]


def test_the_download_is_in_the_reader_s_language(account: PartnerFixture, boss: Client) -> None:
    noted(account, 1, action="tenants.signed-in")
    heads, *lines = table(
        boss.get(
            reverse("tenants:activity-csv") + "?sign_ins=on", headers={"accept-language": "nl"}
        ),
        delimiter=";",
    )
    assert {len(line) for line in [heads, *lines]} == {8}
    assert "portaal" in lines[0] or "portal" in lines[0]


@rule("K3")
def test_no_key_stands_in_the_record_on_its_page_or_in_the_download(
    account: PartnerFixture, boss: Client
) -> None:
    by = Actor(account.boss)
    key = factories.issue_key(partner=account.partner)
    shown = key.reveal(by=by, on=factories.TODAY)
    factories.redeem(key, tenant=account.tenant, by=by)
    for name in READING:
        text = read(boss.get(account.url(name)))
        assert "Revealed a product key" in text
        assert not re.search(shown.replace("-", "-?"), text)


# The last Global admin


@rule("P3")
@pytest.mark.parametrize("others", [0, 1])
def test_the_last_global_admin_s_role_is_shown_disabled_with_the_reason(
    account: PartnerFixture, boss: Client, others: int
) -> None:
    factories.RoleAssignmentFactory.create_batch(
        others, partner=account.partner, role=Role.GLOBAL_ADMIN
    )
    held, person = role_of(account.boss).pk, account.boss.directory_user_id
    reason = "This is the organization&#x27;s last Global admin"
    actions = {
        reverse("tenants:roles"): f'href="{reverse("tenants:take-role", args=[held])}"',
        reverse(
            "tenants:user", args=[person]
        ): f'href="{reverse("tenants:disable-user", args=[person])}"',
        reverse(
            "tenants:take-role", args=[held]
        ): '<button class="button" data-kind="danger">Remove',
        reverse(
            "tenants:change-role", args=[held]
        ): '<button class="button" data-kind="primary">Change role',
        reverse(
            "tenants:disable-user", args=[person]
        ): '<button class="button" data-kind="danger">Disable',
    }
    texts = {address: boss.get(address).text for address in actions}
    seen = {
        address: (action in texts[address], reason in texts[address])
        for address, action in actions.items()
    }
    assert seen == dict.fromkeys(actions, (others > 0, others == 0))
    boss.post(reverse("tenants:take-role", args=[held]), account.acting_in)
    assert RoleAssignment.objects.filter(pk=held).exists() is (others == 0)
