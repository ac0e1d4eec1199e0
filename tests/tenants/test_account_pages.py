"""The pages under /account/: who gets in, what they say, what a form refuses.

And that nothing of another partner's shows.
"""

import csv
import re
from io import StringIO
from typing import Any

import html5lib
import pytest
from django.test import Client
from django.urls import reverse

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

pytestmark = pytest.mark.usefixtures("today")
rule = pytest.mark.rule


class Account:
    """A partner with one of everything that these pages show."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant, self.partner = tenant, tenant.partner
        self.boss, self.admin, self.member = (
            factories.RoleAssignmentFactory.create(user__directory_user__tenant=tenant, role=role)
            for role in Role
        )
        self.person = factories.DirectoryUserFactory.create(
            tenant=tenant, display_name=f"Kim of {tenant.name}"
        )
        self.disabled = factories.DirectoryUserFactory.create(tenant=tenant, disabled=True)
        self.guest: DirectoryUser | None = None
        self.second = factories.TenantFactory.create(partner=tenant.partner)
        self.tenant_token = {"acting_in": f"{tenant.partner_id}-{tenant.pk}"}

    def to_look_at(self) -> dict[str, str]:
        return {
            "users": reverse("tenants:users"),
            "user": reverse("tenants:user", args=[self.person.pk]),
            "roles": reverse("tenants:roles"),
            "tenants": reverse("tenants:tenants"),
        }

    def to_read(self) -> dict[str, str]:
        return {
            "activity": reverse("tenants:activity"),
            "activity as CSV": reverse("tenants:activity-csv"),
        }

    def to_act_on(self) -> dict[str, str]:
        return {
            "add": reverse("tenants:add-user"),
            "invite": reverse("tenants:add-user") + "?kind=guest",
            "disable": reverse("tenants:disable-user", args=[self.person.pk]),
            "enable": reverse("tenants:enable-user", args=[self.disabled.pk]),
            "give role": reverse("tenants:give-role"),
            "change role": reverse("tenants:change-role", args=[self.member.pk]),
            "take role": reverse("tenants:take-role", args=[self.member.pk]),
            "make primary": reverse("tenants:make-primary", args=[self.second.pk]),
            "ask for a tenant": reverse("tenants:ask-for-tenant"),
        }

    def everything(self) -> dict[str, str]:
        return self.to_look_at() | self.to_read() | self.to_act_on()

    def stored(self) -> list[list[Any]]:
        return [
            list(model.objects.order_by("pk").values())
            for model in (DirectoryUser, RoleAssignment, Tenant, TenantRequest)
        ]


LOOKING = ["users", "user", "roles", "tenants"]
READING = ["activity", "activity as CSV"]
ACTING = [
    "add",
    "invite",
    "disable",
    "enable",
    "give role",
    "change role",
    "take role",
    "make primary",
    "ask for a tenant",
]
ONES_OWN = ["user", "disable", "enable", "change role", "take role", "make primary"]


@pytest.fixture
def account(tenant: Tenant) -> Account:
    return Account(tenant)


@pytest.fixture
def elsewhere(db: None) -> Account:
    """Another partner with the same things."""
    return Account(factories.TenantFactory.create(is_primary=True, name="Elsewhere"))


@pytest.fixture
def boss(account: Account, sign_in: SignIn) -> Client:
    return sign_in(account.boss.user)


# Who gets in


@rule("P3")
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", ["activity", "add"])
def test_each_role_gets_what_it_may_and_is_told_who_may_the_rest(
    account: Account, sign_in: SignIn, name: str, role: Role
) -> None:
    user = {
        Role.GLOBAL_ADMIN: account.boss,
        Role.PARTNER_ADMIN: account.admin,
        Role.MEMBER: account.member,
    }[role].user
    may = name in LOOKING or (name in READING and role.may_act) or role is Role.GLOBAL_ADMIN
    response = sign_in(user).get(account.everything()[name])
    assert response.status_code == (200 if may else 403)
    if not may:
        assert response.templates[0].name == "tenants/not_permitted.html"
        assert account.boss.user.email in response.text
        assert (
            response.context["admins"]
            == [account.boss, account.admin][: 2 if name in READING else 1]
        )


@rule("P3")
@pytest.mark.parametrize("name", LOOKING)
def test_what_only_a_global_admin_does_is_shown_disabled_with_the_reason(
    account: Account, sign_in: SignIn, boss: Client, name: str
) -> None:
    address = account.to_look_at()[name]
    # Another Global admin: the last one could not go.
    factories.RoleAssignmentFactory.create(partner=account.boss.partner, role=Role.GLOBAL_ADMIN)
    assert 'aria-disabled="true"' not in boss.get(address).text
    for held in (account.admin, account.member):
        text = sign_in(held.user).get(address).text
        assert 'aria-disabled="true"' in text
        assert "Only a Global admin" in text


@rule("P1")
@pytest.mark.parametrize("name", ONES_OWN)
def test_what_is_another_partner_s_does_not_exist(
    account: Account, elsewhere: Account, boss: Client, sign_in: SignIn, name: str
) -> None:
    address = elsewhere.everything()[name]
    assert sign_in(elsewhere.boss.user).get(address).status_code == 200
    before = elsewhere.stored()
    answers = [boss.get(address), boss.post(address, account.tenant_token)]
    assert [answer.status_code for answer in answers] == [404, 405 if name == "user" else 404]
    assert not any(
        "Elsewhere" in answer.text or elsewhere.partner.name in answer.text for answer in answers
    )
    assert elsewhere.stored() == before


@rule("P1")
@pytest.mark.parametrize("name", [*LOOKING, *READING, "give role"])
def test_no_list_names_anybody_of_another_partner(
    account: Account, elsewhere: Account, boss: Client, sign_in: SignIn, name: str
) -> None:
    RoleAssignment.objects.give(elsewhere.person, Role.MEMBER, by=Actor(elsewhere.boss.user))
    words = {"q": "Kim", "person": "Kim"}
    assert read(boss.get(account.everything()[name], words)).count("Elsewhere") == 0
    if name in ("users", "give role", "activity"):
        assert "Elsewhere" in read(
            sign_in(elsewhere.boss.user).get(elsewhere.everything()[name], words)
        )


@rule("P1", "P4")
def test_somebody_at_another_partner_of_one_s_own_offers_to_switch(
    account: Account, elsewhere: Account, boss: Client
) -> None:
    factories.RoleAssignmentFactory.create(
        user=account.boss.user, partner=elsewhere.partner, role=Role.GLOBAL_ADMIN
    )
    for name in ONES_OWN:
        answer = boss.get(elsewhere.everything()[name])
        assert (answer.status_code, answer.templates[0].name) == (200, "tenants/elsewhere.html")
        assert boss.post(elsewhere.everything()[name], account.tenant_token).status_code == (
            405 if name == "user" else 409
        )


def test_the_directory_is_the_same_from_each_of_the_partner_s_tenants(
    account: Account, boss: Client
) -> None:
    boss.post(reverse("tenants:switch"), {"place": account.second.pk})
    assert boss.get(account.to_look_at()["user"]).status_code == 200


@rule("P4")
@pytest.mark.parametrize("name", ACTING)
def test_a_form_that_does_not_say_where_it_was_rendered_is_refused(
    account: Account, boss: Client, name: str
) -> None:
    before = account.stored()
    assert boss.post(account.to_act_on()[name]).status_code == 409
    assert account.stored() == before


def read(response: ClientResponse) -> str:
    return response.getvalue().decode() if response.streaming else response.text


# What a page is made of


@pytest.mark.parametrize("name", [*LOOKING, "activity", *ACTING])
def test_every_page_parses(account: Account, boss: Client, name: str) -> None:
    html5lib.HTMLParser(strict=True).parse(boss.get(account.everything()[name]).text)


def test_more_people_than_a_page_holds_are_on_the_next(account: Account, boss: Client) -> None:
    factories.DirectoryUserFactory.create_batch(60, tenant=account.tenant)
    first = boss.get(reverse("tenants:users"))
    second = boss.get(reverse("tenants:users") + first.context["page"].next_href)
    shown = [person["pk"] for page in (first, second) for person in page.context["rows"]]
    assert sorted(shown) == sorted(
        DirectoryUser.objects.for_partner(account.partner).values_list("pk", flat=True)
    )
    assert second.context["page"].next_href == ""


FOUND = {
    "q=kim": "person",
    "q=kim+of": "person",
    "show=disabled": "disabled",
    "show=guests": "guest",
    "tenant={labs}": "guest",
}


@pytest.mark.parametrize(("query", "found"), FOUND.items(), ids=FOUND)
def test_people_found_by_words_and_filters_are_the_rows_of_the_download(
    account: Account, boss: Client, query: str, found: str
) -> None:
    account.guest = factories.DirectoryUserFactory.create(
        tenant=account.second, guest=True, display_name="Ann"
    )
    address = query.format(labs=account.second.pk)
    page = boss.get(f"{reverse('tenants:users')}?{address}").context["page"]
    person = getattr(account, found)
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
    account: Account, boss: Client, sort: str
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
    account: Account, boss: Client, query: str, found: str
) -> None:
    for name, (called, address) in {
        "boss": ("Lee", "zoe@corp.example"),
        "admin": ("Kim", "m@x.example"),
        "member": ("Pat", "a@x.example"),
    }.items():
        user = getattr(account, name).user
        User.objects.filter(pk=user.pk).update(name="Zoe Kim, elsewhere", email=address)
        DirectoryUser.objects.filter(pk=user.directory_user_id).update(display_name=called)
    shown = [
        held for held, _person in boss.get(f"{reverse('tenants:roles')}?{query}").context["holders"]
    ]
    assert shown == [getattr(account, name) for name in found.split()]
    _heads, *written = csv.reader(
        StringIO(read(boss.get(f"{reverse('tenants:roles-csv')}?{query}")))
    )
    assert [address for _name, _role, address in written] == [held.user.email for held in shown]


# Doing it


def added(account: Account, **fields: Any) -> dict[str, Any]:
    return (
        account.tenant_token
        | {
            "kind": "member",
            "tenant": account.tenant.pk,
            "name": "Lou",
            "address": f"lou@{account.tenant.domain}",
        }
        | fields
    )


@rule("U1")
def test_a_member_is_added_and_can_be_chosen(account: Account, boss: Client) -> None:
    assert boss.post(account.to_act_on()["add"], added(account))["Location"] == reverse(
        "tenants:users"
    )
    assert "Lou" in boss.get(reverse("tenants:give-role")).text


@pytest.mark.parametrize(
    ("wrong", "field", "message"),
    [
        ({"name": ""}, "name", "Enter the person's name."),
        ({"address": "lou"}, "address", "This is not an address."),
        ({"address": "lou@elsewhere.example"}, "address", "or invite the person as a guest."),
        ({"kind": "guest"}, "address", "Add the person as a member"),
        ({"kind": "robot"}, "kind", "Choose member or guest."),
        ({"tenant": "999999"}, "tenant", "Choose one of your own tenants."),
    ],
)
def test_what_is_wrong_with_a_new_user_is_said_and_what_was_typed_stays(
    account: Account, boss: Client, wrong: dict[str, str], field: str, message: str
) -> None:
    before = account.stored()
    typed = added(account, **wrong)
    form = boss.post(account.to_act_on()["add"], typed).context["form"]
    assert message in " ".join(form.errors[field])
    assert {name: form[name].value() for name in form.fields} == {
        name: str(typed[name]) for name in form.fields
    }
    assert account.stored() == before


@rule("P1")
def test_the_tenant_of_another_partner_cannot_be_chosen(
    account: Account, elsewhere: Account, boss: Client
) -> None:
    form = boss.post(
        account.to_act_on()["add"], added(account, tenant=elsewhere.tenant.pk)
    ).context["form"]
    assert list(form.errors) == ["tenant"]


@rule("P1", "P3")
def test_a_role_lets_one_in_and_its_loss_counts_at_the_next_request(
    account: Account, boss: Client, sign_in: SignIn
) -> None:
    user = factories.UserFactory.create(directory_user=account.person)
    theirs, seen = sign_in(user), account.to_look_at()["users"]
    assert theirs.get(seen).status_code == 403
    boss.post(
        account.to_act_on()["give role"],
        account.tenant_token | {"person": account.person.pk, "role": "member"},
    )
    assert theirs.get(seen).status_code == 200
    held = RoleAssignment.objects.get(user=user)
    boss.post(
        reverse("tenants:change-role", args=[held.pk]),
        account.tenant_token | {"role": "global-admin"},
    )
    assert theirs.get(account.to_act_on()["add"]).status_code == 200
    boss.post(reverse("tenants:take-role", args=[held.pk]), account.tenant_token)
    assert [theirs.get(address)["Location"] for address in (seen, "/")] == [
        f"/sign-in/?next={seen}",
        "/sign-in/?next=/",
    ]


@pytest.mark.parametrize(
    "wrong", [{"role": "owner"}, {"person": ""}, {"person": "999999"}, {"role": ""}]
)
def test_a_role_that_cannot_be_given_says_so_and_gives_nothing(
    account: Account, boss: Client, wrong: dict[str, str]
) -> None:
    before = account.stored()
    typed = (
        account.tenant_token | {"person": account.person.pk, "role": "member", "q": "Kim"} | wrong
    )
    response = boss.post(account.to_act_on()["give role"], typed)
    assert (list(response.context["form"].errors), response.context["search_query"]) == (
        list(wrong),
        "Kim",
    )
    assert account.stored() == before


@rule("P1")
def test_a_role_for_another_partner_s_person_is_refused_as_for_nobody(
    account: Account, elsewhere: Account, boss: Client
) -> None:
    answers = [
        boss.post(
            account.to_act_on()["give role"],
            account.tenant_token | {"person": pk, "role": "member"},
        )
        .context["form"]
        .errors
        for pk in (elsewhere.person.pk, 999999)
    ]
    assert answers[0] == answers[1]


def test_the_last_global_admin_is_told_why_they_stay(account: Account, boss: Client) -> None:
    for address in (
        reverse("tenants:take-role", args=[account.boss.pk]),
        reverse("tenants:disable-user", args=[account.boss.user.directory_user_id]),
    ):
        messages = [
            str(message)
            for message in boss.post(address, account.tenant_token, follow=True).context["messages"]
        ]
        assert messages == [
            (
                "This is the organization's last Global admin, and somebody has to be one. Give "
                "the role to somebody else first."
            )
        ]


def test_somebody_is_disabled_and_enabled_by_a_post_and_not_by_looking(
    account: Account, boss: Client
) -> None:
    address = account.to_act_on()["disable"]
    boss.get(address)
    assert DirectoryUser.objects.get(pk=account.person.pk).is_enabled
    boss.post(address, account.tenant_token)
    assert not DirectoryUser.objects.get(pk=account.person.pk).is_enabled
    boss.post(address.replace("disable", "enable"), account.tenant_token)
    assert DirectoryUser.objects.get(pk=account.person.pk).is_enabled


def test_the_primary_tenant_is_chosen(account: Account, boss: Client) -> None:
    boss.post(account.to_act_on()["make primary"], account.tenant_token)
    assert Tenant.objects.for_partner(account.partner).get(is_primary=True) == account.second


@rule("P1")
def test_asking_for_a_taken_and_for_a_free_domain_is_answered_alike(
    account: Account, elsewhere: Account, boss: Client
) -> None:
    answers = []
    for domain in ("free.example", elsewhere.tenant.domain):
        page = boss.post(
            account.to_act_on()["ask for a tenant"],
            account.tenant_token | {"name": "Labs", "domain": domain},
            follow=True,
        )
        answers.append([str(message).replace(domain, "") for message in page.context["messages"]])
    assert (
        answers[0]
        == answers[1]
        == ["We have passed it on: the program team will look at  and decide."]
    )
    assert TenantRequest.objects.undecided().count() == 2


@pytest.mark.parametrize("domain", ["", "Not A Domain", "x" * 200 + ".example", "\x00.example"])
def test_a_domain_that_is_none_is_refused_and_stays_in_its_field(
    account: Account, boss: Client, domain: str
) -> None:
    form = boss.post(
        account.to_act_on()["ask for a tenant"],
        account.tenant_token | {"name": "Labs", "domain": domain},
    ).context["form"]
    assert list(form.errors) == ["domain"]
    assert (form["domain"].value(), TenantRequest.objects.count()) == (domain, 0)


def test_who_cannot_find_a_user_is_led_to_adding_one_if_they_may(
    account: Account, boss: Client, sign_in: SignIn
) -> None:
    credit = factories.BenefitFactory.create(partner=account.partner, monthly=True)
    address = reverse("benefits:assign", args=[credit.pk])
    texts = [client.get(address).text for client in (boss, sign_in(account.admin.user))]
    assert [f'href="{reverse("tenants:add-user")}"' in text for text in texts] == [True, False]


# The record


@rule("A2")
def test_a_person_s_page_shows_what_happened_to_them_latest_first(
    account: Account, boss: Client
) -> None:
    by = Actor(account.boss.user)
    credit = factories.BenefitFactory.create(partner=account.partner, monthly=True)
    credit.assign(account.person, by=by, on=factories.TODAY)
    RoleAssignment.objects.give(account.person, Role.MEMBER, by=by)
    account.person.disable(by=by)
    factories.DirectoryUserFactory.create(tenant=account.tenant).disable(by=by)
    lines = boss.get(account.to_look_at()["user"]).context["history"].lines
    assert [line.what for line in lines] == [
        "Disabled a directory user",
        "Took a role away",
        "Gave a role",
        "Assigned credit",
    ]
    assert [[str(change) for change in line.changes] for line in lines] == [
        [],
        ["Role: Account member"],
        ["Role: Account member"],
        [f"Person: {account.person.display_name}"],
    ]


def noted(account: Account, count: int, **facts: Any) -> list[Record]:
    return factories.RecordFactory.create_batch(
        count, partner=account.partner, actor=account.boss.user, how="portal", **facts
    )


@rule("A2")
def test_activity_shows_each_line_once_over_its_pages(account: Account, boss: Client) -> None:
    records = noted(account, 120, action="tenants.signed-in")
    seen, address, pages = [], reverse("tenants:activity"), 0
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
    account: Account, elsewhere: Account, boss: Client
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
        ({"person": "kim"}, ["about", "given"]),
        ({"since": "2021-04-02"}, ["given", "refused"]),
        ({"until": "2021-04-01"}, ["about", "old"]),
        ({"since": "2021-04-01", "until": "2021-04-01"}, ["about"]),
        ({"since": "nonsense"}, ["about", "given", "old", "refused"]),
    ],
)
def test_activity_is_narrowed_by_action_person_outcome_and_day(
    account: Account, boss: Client, query: dict[str, str], found: list[str]
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


def test_a_day_that_is_before_the_first_is_said(account: Account, boss: Client) -> None:
    form = boss.get(
        reverse("tenants:activity"), {"since": "2021-05-01", "until": "2021-04-01"}
    ).context["form"]
    assert form.errors == {"until": ["This is before the first day."]}


@rule("A2")
def test_a_refusal_and_a_change_are_said_in_words(account: Account, boss: Client) -> None:
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


def test_times_are_those_of_the_partner_s_own_clock(account: Account, boss: Client) -> None:
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
def test_the_download_has_every_line_that_the_filter_leaves(account: Account, boss: Client) -> None:
    noted(account, 1100)
    noted(account, 2, refused="not-permitted")
    response = boss.get(reverse("tenants:activity-csv"))
    assert (response.streaming, response.headers["Content-Disposition"]) == (
        True,
        'attachment; filename="activity.csv"',
    )
    assert len(table(response)) == 1 + Record.objects.for_partner(account.partner).count()
    assert len(table(boss.get(reverse("tenants:activity-csv"), {"refused": "on"}))) == 3


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_the_download_is_a_formula(account: Account, boss: Client, name: str) -> None:
    DirectoryUser.objects.filter(pk=factories.person_of(account.boss.user).pk).update(
        display_name=name
    )
    noted(account, 1)
    assert f"'{name.strip()}" in table(boss.get(reverse("tenants:activity-csv")))[1]


def test_the_download_is_in_the_reader_s_language(account: Account, boss: Client) -> None:
    noted(account, 1, action="tenants.signed-in")
    heads, *lines = table(
        boss.get(reverse("tenants:activity-csv"), headers={"accept-language": "nl"}), delimiter=";"
    )
    assert {len(line) for line in [heads, *lines]} == {8}
    assert "portaal" in lines[0] or "portal" in lines[0]


@rule("K3")
def test_no_key_stands_in_the_record_on_its_page_or_in_the_download(
    account: Account, boss: Client
) -> None:
    by = Actor(account.boss.user)
    key = factories.issue_key(partner=account.partner)
    shown = key.reveal(by=by, on=factories.TODAY)
    factories.redeem(key, tenant=account.tenant, by=by)
    for address in account.to_read().values():
        text = read(boss.get(address))
        assert "Revealed a product key" in text
        assert not re.search(shown.replace("-", "-?"), text)


# The last Global admin


@rule("P3")
@pytest.mark.parametrize("others", [0, 1])
def test_the_last_global_admin_s_role_is_shown_disabled_with_the_reason(
    account: Account, boss: Client, others: int
) -> None:
    factories.RoleAssignmentFactory.create_batch(
        others, partner=account.boss.partner, role=Role.GLOBAL_ADMIN
    )
    held, person = account.boss.pk, account.boss.user.directory_user_id
    reason = "This is the organization&#x27;s last Global admin"
    actions = {
        reverse("tenants:roles"): f'href="{reverse("tenants:take-role", args=[held])}"',
        reverse(
            "tenants:user", args=[person]
        ): f'href="{reverse("tenants:disable-user", args=[person])}"',
        reverse(
            "tenants:take-role", args=[held]
        ): '<button class="button" data-kind="danger">Take away',
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
    tenant = account.boss.user.directory_user.tenant
    boss.post(
        reverse("tenants:take-role", args=[held]), {"acting_in": f"{tenant.partner_id}-{tenant.pk}"}
    )
    assert RoleAssignment.objects.filter(pk=held).exists() is (others == 0)
