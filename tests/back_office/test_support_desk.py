"""The support desk: one box, results by kind, and what to answer (K3, W7)."""

import re
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils.formats import date_format

from benefits_portal.formats import as_day
from benefits_portal.licensing.admin.support_desk import MAX_FOUND
from benefits_portal.licensing.support_answers import (
    about_key,
    answers_about_key,
    language_of,
    state_of_subscription,
)
from benefits_portal.tenants.limits import digest
from benefits_portal.tenants.models import Actor, Attempt, Partner, Record, User
from tests import factories
from tests.clients import ClientResponse, SignIn
from tests.partner_fixture import PartnerFixture

pytestmark = pytest.mark.usefixtures("today")
TODAY = factories.TODAY


def ask(office: Client, text: str) -> ClientResponse:
    return office.post(reverse("support-desk"), {"q": text})


def looked_up() -> int:
    return Record.objects.filter(action="benefits.key-looked-up").count()


@pytest.mark.rule("K3")
def test_five_characters_tell_the_whole_story_of_a_key(office: Client) -> None:
    redemption = factories.redeem(by=Actor(factories.UserFactory.create(name="Irvin Sayers")))
    key = redemption.key
    answer = ask(office, key.last_five)
    [story] = answer.context["keys"]
    assert (story.key, story.redemption, looked_up()) == (key, redemption, 1)
    for part in ("Irvin Sayers", str(redemption.tenant), str(redemption.subscription)):
        assert part.replace("&", "&amp;") in answer.text
    assert PartnerFixture.text_of(key) not in answer.text.replace("-", "")


@pytest.mark.rule("K3")
def test_a_whole_key_is_found_and_does_not_come_back(office: Client) -> None:
    key = factories.issue_key()
    answer = ask(office, f"Key: {PartnerFixture.text_of(key)}.")
    assert [story.key for story in answer.context["keys"]] == [key]
    assert PartnerFixture.text_of(key) not in answer.text
    assert answer.context["form"]["q"].value() is None


@pytest.mark.rule("K3")
@pytest.mark.parametrize(
    "typed",
    ["{0} {1}", "{0}\n{1}", "{0} and x", "Key: {0:.24}", "{0:.8}A{0:.16}", "Diego {0}"],
    ids=["two", "two lines", "with a word", "mistyped", "foreign character", "with a name"],
)
def test_no_key_comes_back_in_the_field(office: Client, typed: str) -> None:
    keys = [PartnerFixture.text_of(factories.issue_key()) for _ in range(2)]
    text = typed.format(*keys)
    answer = ask(office, text)
    assert "PCBEN" in text
    assert answer.context["form"]["q"].value() is None
    assert [key for key in (text, *keys, keys[0][:20]) if key in answer.text] == []


@pytest.mark.rule("K1")
def test_a_mistyped_key_is_explained_and_not_looked_up(office: Client) -> None:
    text = PartnerFixture.text_of(factories.issue_key())
    answer = ask(office, text[:-1])
    assert len(answer.context["form"].errors["q"]) == 1
    assert "keys" not in answer.context
    assert looked_up() == 0


def test_a_domain_leads_to_its_partner_with_keys_and_subscriptions(office: Client) -> None:
    redemption = factories.redeem()
    factories.redeem()  # another partner's
    desk = ask(office, redemption.tenant.domain).context["desk"]
    assert desk.partner == redemption.partner
    assert [story.key for story in desk.keys] == [redemption.key]
    [story] = desk.subscriptions
    assert story.subscription == redemption.subscription
    assert story.calculator == (
        f"/calculator/?licenses=25&ends_on=2022-05-01&keys=25&on={TODAY}&carried=0"
    )


def test_the_calculator_of_a_subscription_answers_at_once(office: Client) -> None:
    redemption = factories.redeem()
    desk = ask(office, redemption.tenant.domain).context["desk"]
    calculated = office.get(desk.subscriptions[0].calculator)
    assert calculated.context["calculation"] is not None


@pytest.mark.rule("W7")
def test_more_than_a_few_partners_are_cut_and_counted(office: Client) -> None:
    for number in range(MAX_FOUND + 1):
        factories.PartnerFactory.create(name=f"Trey {number}")
    found = ask(office, "trey").context["partners"]
    assert (len(found), found.total) == (MAX_FOUND, MAX_FOUND + 1)


def test_a_person_is_shown_with_roles_and_refusals_in_full(office: Client, tenant: object) -> None:
    held = factories.RoleAssignmentFactory.create(user__name="Johanna Lorenz")
    subscription = factories.redeem().subscription
    factories.RecordFactory.create(
        actor=held.user, subject=subscription, refused="key-still-live", partner=held.partner
    )
    answer = ask(office, "johanna")
    [story] = answer.context["people"]
    assert (story.account, list(story.roles)) == (held.user, [held])
    assert (
        "<strong>This benefit has a live key already.</strong> Revoke it first; a redeemed one is "
        "replaced when the partner asks for it."
    ) in answer.text


@pytest.mark.rule("W7")
def test_everybody_who_matches_is_shown_once_with_and_without_account(office: Client) -> None:
    tenant = factories.TenantFactory.create(partner__name="Trey")
    account = factories.UserFactory.create(name="Johanna Lorenz", email="johanna@trey.example")
    add = factories.DirectoryUserFactory.create
    add(tenant=tenant, display_name="Johanna Lorenz", user_principal_name="johanna@trey.example")
    other = add(tenant=tenant, display_name="Johanna Ek")
    guest = factories.UserFactory.create(name="J. Berg", email="berg@elsewhere.example")
    add(tenant=tenant, display_name="Johanna Berg", user_principal_name=guest.email)
    people = ask(office, "johanna").context["people"]
    assert [(story.account, story.has_account) for story in people] == [
        (account, True),
        (guest, True),
        (None, False),
    ]
    assert (people[2].entry, people.total) == (other, 3)


@pytest.mark.rule("W7")
def test_more_people_than_the_desk_shows_are_counted_together(office: Client) -> None:
    factories.UserFactory.create_batch(4, name="Johanna")
    factories.DirectoryUserFactory.create_batch(4, display_name="Johanna")
    people = ask(office, "johanna").context["people"]
    assert (len(people), people.total) == (MAX_FOUND, 8)


@pytest.mark.rule("P1")
def test_who_sees_no_accounts_is_not_told_that_there_is_none(sign_in: SignIn) -> None:
    staff = factories.UserFactory.create(staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename="view_directoryuser"))
    factories.UserFactory.create(directory_user__display_name="Johanna Lorenz")
    factories.DirectoryUserFactory.create(display_name="Johanna Ek")
    answer = ask(sign_in(staff), "johanna")
    assert [story.account for story in answer.context["people"]] == [None, None]
    assert answer.text.count("None: this person can") == 1


@pytest.mark.rule("W13")
def test_a_lock_out_is_told_by_a_minute_not_before_its_end(office: Client) -> None:
    user = factories.UserFactory.create(name="Johanna Lorenz")
    until = factories.NOW + timedelta(minutes=3, seconds=26)
    attempt = Attempt.objects.create(
        limit="sign-in", account=digest("account", user.email), refused_until=until
    )
    [story] = ask(office, "johanna").context["people"]
    shown = date_format(factories.NOW + timedelta(minutes=4), "DATETIME_FORMAT")
    assert story.locked_until == factories.NOW + timedelta(minutes=4)
    for url in (
        reverse("refusals"),
        reverse("admin:tenants_attempt_changelist"),
        reverse("admin:tenants_attempt_change", args=[attempt.pk]),
    ):
        assert shown in office.get(url).text


@pytest.mark.rule("W7")
def test_the_last_refusals_say_how_many_there_are(office: Client) -> None:
    partner = factories.PartnerFactory.create(name="Trey")
    factories.RecordFactory.create_batch(7, partner=partner, refused="key-still-live")
    answer = ask(office, "trey")
    assert answer.context["desk"].refusals.total == 7
    assert "The latest 5 of 7 are shown." in answer.text
    [href] = re.findall(r'href="([^"]*outcome=refused[^"]*)"', answer.text)
    assert office.get(href.replace("&amp;", "&")).context["cl"].result_count == 7


@pytest.mark.rule("W7")
@pytest.mark.parametrize("typed", ["", "  ", "\u200b", "\u3164"])
def test_what_nobody_sees_finds_nobody(office: Client, typed: str) -> None:
    factories.UserFactory.create()
    context = ask(office, typed).context
    assert [context.get(kind) for kind in ("people", "partners", "keys")] == [None] * 3


@pytest.mark.rule("W2")
@pytest.mark.parametrize("typed", ["https://trey.example/", "TREY.example.", "ｔｒｅｙ.example"])
def test_a_domain_is_found_as_it_is_pasted(office: Client, typed: str) -> None:
    tenant = factories.TenantFactory.create(domain="trey.example", partner__name="Research")
    assert ask(office, typed).context["desk"].partner == tenant.partner


def test_nothing_found_says_what_to_try(office: Client) -> None:
    factories.PartnerFactory.create(name="Contoso")
    answer = ask(office, "zzyzx")
    assert "No matching key, person or partner." in answer.text


@pytest.mark.rule("P1")
@pytest.mark.parametrize(
    ("permission", "kinds"),
    [
        (None, set()),
        ("view_productkey", {"keys"}),
        ("view_partner", {"partners"}),
        ("view_user", {"people"}),
    ],
)
def test_staff_find_only_what_their_group_may_see(
    sign_in: SignIn, permission: str | None, kinds: set[str]
) -> None:
    user = factories.UserFactory.create(staff=True)
    user.user_permissions.set(Permission.objects.filter(codename=permission))
    key = factories.issue_key(partner__name="Wingtip")
    factories.UserFactory.create(name="Wingtip Toys")
    browser = sign_in(user)
    found = {"keys": ask(browser, key.last_five), "partners": ask(browser, "wingtip")}
    found["people"] = found["partners"]
    assert {kind for kind, answer in found.items() if answer.context.get(kind)} == kinds
    other = browser.get(f"{reverse('support-desk')}?partner={key.partner_id}")
    assert bool(other.context.get("desk")) is (permission == "view_partner")


@pytest.mark.parametrize("number", ["", "0", "x", "9" * 30])
def test_a_partner_that_is_not_there_is_no_error(office: Client, number: str) -> None:
    answer = office.get(f"{reverse('support-desk')}?partner={number}")
    assert (answer.status_code, answer.context.get("desk")) == (200, None)


@pytest.mark.parametrize(
    ("country", "language"), [("NL", "nl"), ("BE", "nl"), ("US", "en"), ("JP", "en"), ("FR", "en")]
)
def test_answers_are_in_the_language_of_the_country(country: str, language: str) -> None:
    assert language_of(Partner(country=country)) == language


def test_each_answer_is_there_in_each_language_the_partner_s_first(db: None) -> None:
    ours = factories.issue_key(partner__country="US")
    theirs = factories.issue_key(partner__country="NL")
    first, second = answers_about_key(ours), answers_about_key(theirs)
    assert [answer.language for answer in first] == ["en", "nl"]
    assert [answer.language for answer in second] == ["nl", "en"]
    assert second[0].text.startswith(f"De productcode die eindigt op {theirs.last_five}")
    assert second[1].text.startswith(f"The product key that ends in {theirs.last_five}")


def test_an_unused_key_is_answered_with_its_last_day(db: None) -> None:
    key = factories.issue_key()
    assert about_key(key, TODAY) == (
        f"The product key that ends in {key.last_five} is for {key.product}, 25 licenses. It has "
        f"not been redeemed. You can redeem it through {as_day(key.benefit.expires_on)}."
    )
    assert about_key(key, key.benefit.expires_on + timedelta(days=1)).endswith(
        f"It was not redeemed. The last day to redeem it was {as_day(key.benefit.expires_on)}."
    )
    assert about_key(key, key.benefit.starts_on - timedelta(days=1)).endswith(
        f"You can redeem it from {as_day(key.benefit.starts_on)} on."
    )


@pytest.mark.rule("K8")
def test_a_revoked_key_is_answered_with_the_one_that_took_its_place(db: None) -> None:
    key = factories.issue_key()
    key.revoke("Lost", by=Actor())
    another = key.benefit.issue_another_key(by=Actor(), on=TODAY)
    key.refresh_from_db()
    assert about_key(key, TODAY).endswith(
        f"It was revoked and can't be redeemed. The key that ends in {another.last_five} takes "
        "its place: choose Get key on the benefit."
    )


@pytest.mark.rule("S2")
@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2022, 5, 1), "active through {0}."),
        (
            date(2022, 5, 2),
            "ended on {0}. You can reactivate it with a product key through {1}.",
        ),
        (date(2022, 8, 29), "ended on {0}. You can reactivate it with a product key through {1}."),
        (
            date(2022, 8, 30),
            "ended on {0} and can't be reactivated. A product key starts a new subscription.",
        ),
    ],
)
def test_a_subscription_is_answered_by_its_status(db: None, day: date, end: str) -> None:
    subscription = factories.redeem().subscription
    days = (as_day(date(2022, 5, 1)), as_day(date(2022, 8, 29)))
    assert state_of_subscription(subscription, day).endswith(end.format(*days))


def test_the_desk_asks_the_database_a_bounded_number_of_times(
    office: Client, django_assert_max_num_queries: object
) -> None:
    partner = factories.PartnerFactory.create(name="Trey")
    tenant = factories.TenantFactory.create(partner=partner, is_primary=True)
    for _ in range(3):
        factories.redeem(tenant=tenant)
    with django_assert_max_num_queries(60):  # type: ignore[operator]
        ask(office, "trey")


def test_support_reaches_the_desk_from_the_first_page(support: User, sign_in: SignIn) -> None:
    assert reverse("support-desk") in sign_in(support).get("/back-office/").text


def test_an_answer_names_who_redeemed_the_key_without_their_address(db: None) -> None:
    by = factories.UserFactory.create(name="Irvin Sayers", email="irvin@northwind.example")
    redemption = factories.redeem(by=Actor(by))
    redemption.key.refresh_from_db()
    text = about_key(redemption.key, TODAY)
    day = as_day(redemption.redeemed_on)
    assert f"Irvin Sayers redeemed it on {day} in {redemption.tenant}." in text
    assert "irvin@northwind.example" not in text


@pytest.mark.rule("W7")
def test_a_partner_s_name_finds_whoever_has_a_role_there(office: Client) -> None:
    partner = factories.PartnerFactory.create(name="Fabrikam")
    role = factories.RoleAssignmentFactory.create(partner=partner, user__name="Haruka Sato")
    named = factories.UserFactory.create(name="Friend of Fabrikam")
    found = ask(office, "Fabrikam").context["people"]
    assert {story.account for story in found} == {role.user, named}


def test_the_desk_names_the_mpn_id_with_each_partner(office: Client) -> None:
    partner = factories.PartnerFactory.create(name="Contoso")
    person = factories.UserFactory.create(directory_user__tenant__partner=partner)
    factories.RoleAssignmentFactory.create(user=person, partner=partner)
    key = factories.issue_key(partner=partner)
    assert told(ask(office, "Contoso"), partner) == 1
    assert told(ask(office, person.email), partner) == 2  # where the entry is, and its role
    assert told(ask(office, key.last_five), partner) == 1
    assert told(office.get(reverse("support-desk"), {"partner": partner.pk}), partner) > 0


def told(answer: ClientResponse, partner: Partner) -> int:
    return answer.text.count(f"<bdi>{partner.known_as}</bdi>")
