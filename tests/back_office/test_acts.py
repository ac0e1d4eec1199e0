"""What staff do to one thing, or to several of a list, is shown before it is done (K8, B1)."""

from datetime import date

import pytest
from django.test import Client

from benefits_portal.benefits.models import Benefit, Membership, ProductKey
from benefits_portal.formats import as_day
from benefits_portal.licensing.models import Redemption, Replacement, Reversal
from benefits_portal.tenants.models import Actor, DirectoryUser, Record, TenantRequest, User
from tests import factories
from tests.clients import ClientResponse, SignIn

from .conftest import BECAUSE, page

pytestmark = pytest.mark.usefixtures("today")
TODAY = factories.TODAY


def extension() -> Redemption:
    """100 licenses until 2022-05-01, extended by a key of 25: three months later."""
    subscription = factories.redeem(factories.issue_key(quantity=100)).subscription
    return subscription.extend(factories.key_for(subscription, 25), by=Actor(), on=TODAY)


def asked_about(redemption: Redemption) -> Replacement:
    return Replacement.objects.ask(redemption, "Wrong tenant", by=Actor(), on=TODAY)


def effects(answer: ClientResponse) -> list[tuple[str, ...]]:
    return [preview.effects for preview in answer.context["previews"]]


def buttons(answer: ClientResponse) -> list[tuple[str, str]]:
    """Each button of a page, and why it cannot be used."""
    return [(str(each.label), each.refusal) for each in answer.context["buttons"]]


def sent_again(shown: ClientResponse) -> dict[str, list[str]]:
    """What the form of a preview sends, with a reason."""
    names = [name for name, _value in shown.context["chosen"]]
    hidden = {name: [v for n, v in shown.context["chosen"] if n == name] for name in names}
    return hidden | {name: [value] for name, value in BECAUSE.items()}


@pytest.mark.rule("K8")
def test_granting_shows_what_the_subscription_goes_back_to(office: Client) -> None:
    redemption = extension()
    its_page = page(Replacement, "grant", asked_about(redemption).pk)
    shown = office.get(its_page)
    product, key = redemption.subscription.product, redemption.key
    until = [as_day(date(2022, 8, 1)), as_day(date(2022, 5, 1))]
    assert effects(shown) == [
        (
            f"{product} goes back from 100 licenses until {until[0]} to 100 licenses until "
            f"{until[1]}.",
            f"{key} is revoked.",
            f"{redemption.partner.known_as} gets a new key: {product}, 25 licenses, to redeem by "
            f"{as_day(key.benefit.expires_on)}.",
        )
    ]
    assert Reversal.objects.count() == 0, "looking changes nothing"
    office.post(its_page, sent_again(shown))
    redemption.subscription.refresh_from_db()
    assert redemption.subscription.ends_on == date(2022, 5, 1)


@pytest.mark.rule("K8")
def test_granting_shows_that_what_the_key_started_is_withdrawn(office: Client) -> None:
    redemption = factories.redeem()
    shown = office.get(page(Replacement, "grant", asked_about(redemption).pk))
    assert effects(shown)[0][0] == (
        f"{redemption.subscription.product} (25 licenses until {as_day(date(2022, 5, 1))}) is "
        "withdrawn: this key started it."
    )


@pytest.mark.rule("K8")
def test_a_decided_request_shows_both_buttons_disabled_with_why(office: Client) -> None:
    asked = asked_about(factories.redeem())
    its_page = page(Replacement, "change", asked.pk)
    assert buttons(office.get(its_page)) == [("Grant", ""), ("Decline", "")]
    asked.decline("It ran for a month.", by=Actor())
    decided = "This request was decided already. Nothing was changed."
    answer = office.get(its_page)
    assert buttons(answer) == [("Grant", decided), ("Decline", decided)]
    assert answer.text.count("disabled aria-describedby") == 2


@pytest.mark.rule("B1")
def test_renewing_several_shows_each_year_and_keeps_what_was_chosen(office: Client) -> None:
    memberships = factories.MembershipFactory.create_batch(2)
    for membership in memberships:
        factories.PackageLineFactory.create(offer=membership.offer)
    chosen = {"action": "renew", "_selected_action": [each.pk for each in memberships]}
    listed = page(Membership, "changelist")
    shown = office.post(listed, chosen)
    assert [len(each) for each in effects(shown)] == [3, 3]
    assert effects(shown)[0][1] == "Makes 1 benefit and 1 product key:"
    assert (Membership.objects.count(), Benefit.objects.count()) == (2, 0)
    missing = office.post(listed, sent_again(shown) | {"reason": [""]})
    assert missing.context["chosen"] == shown.context["chosen"]
    office.post(listed, sent_again(shown))
    assert (Membership.objects.count(), Benefit.objects.count()) == (4, 2)


@pytest.mark.rule("S8")
def test_what_changed_since_the_preview_is_shown_again(office: Client) -> None:
    membership = factories.MembershipFactory.create()
    factories.PackageLineFactory.create(offer=membership.offer)
    listed = page(Membership, "changelist")
    shown = office.post(listed, {"action": "renew", "_selected_action": membership.pk})
    factories.PackageLineFactory.create(offer=membership.offer)
    again = office.post(listed, sent_again(shown))
    assert [str(message) for message in again.context["messages"]] == [
        "Something changed since you looked, so nothing was done. This is how it is now."
    ]
    assert (effects(again)[0][1], Membership.objects.count()) == (
        "Makes 2 benefits and 2 product keys:",
        1,
    )


@pytest.mark.rule("K8")
def test_revoking_says_whose_key_it_is(office: Client) -> None:
    key = factories.issue_key()
    assert effects(office.get(page(ProductKey, "revoke", key.pk))) == [
        (
            f"No one can redeem {key} anymore. This can't be undone.",
            f"{key.partner.known_as}: {key.product} will have no key until you issue another one.",
        )
    ]


@pytest.mark.rule("K8")
def test_a_revoked_key_leads_to_issuing_another(office: Client) -> None:
    key = factories.issue_key()
    its_page = page(ProductKey, "revoke", key.pk)
    answer = office.post(its_page, sent_again(office.get(its_page)), follow=True)
    another = page(Benefit, "issue_another_key", key.benefit_id)
    assert f'href="{another}"' in answer.text
    assert buttons(office.get(page(Benefit, "change", key.benefit_id))) == [
        ("Issue another key", "")
    ]


@pytest.mark.rule("K8", "B1")
def test_revoking_says_from_when_another_key_can_be_issued(office: Client) -> None:
    key = factories.issue_key(starts_on=date(2021, 9, 3))
    [said] = effects(office.get(page(ProductKey, "revoke", key.pk)))
    assert said[2:] == ("No other key can be issued until Sep 3, 2021.",)


@pytest.mark.rule("K8", "B1")
def test_a_revoked_key_says_why_no_other_can_be_issued_yet(office: Client) -> None:
    key = factories.issue_key(starts_on=date(2021, 9, 3))
    key.revoke("Sent to a wrong address.", by=Actor())
    [_revoke, issue] = buttons(office.get(page(ProductKey, "change", key.pk)))
    assert issue == (
        "Issue another key",
        "This benefit hasn't started: Sep 3, 2021 is the first day to use it. "
        "Come back on that day.",
    )
    assert buttons(office.get(page(Benefit, "change", key.benefit_id))) == [issue]


def test_the_page_of_a_key_writes_its_expiration_date_as_others(office: Client) -> None:
    key = factories.issue_key(expires_on=date(2022, 2, 3))
    answer = office.get(page(ProductKey, "change", key.pk)).text
    assert ("Feb 3, 2022" in answer, "2022-02-03" in answer) == (True, False)


@pytest.mark.parametrize("is_enabled", [True, False])
def test_a_user_entry_has_the_one_button_that_fits(office: Client, is_enabled: bool) -> None:
    person = factories.DirectoryUserFactory.create()
    if not is_enabled:
        person.disable(by=Actor())
    shown = office.get(page(DirectoryUser, "change", person.pk))
    assert buttons(shown) == [("Disable" if is_enabled else "Enable again", "")]


@pytest.mark.rule("P4")
def test_accepting_shows_the_tenant_that_it_makes(office: Client) -> None:
    asked = factories.TenantRequestFactory.create()
    its_page = page(TenantRequest, "accept", asked.pk)
    shown = office.get(its_page)
    office.post(its_page, sent_again(shown))
    asked.refresh_from_db()
    assert asked.tenant is not None
    assert effects(shown)[0][0] == (
        f"{asked.partner.known_as} gets the tenant {asked.tenant.name} ({asked.tenant.domain}), in "
        f"{asked.tenant.get_color_display()}."
    )


@pytest.mark.rule("P3")
def test_support_has_no_button_and_reaches_no_preview(support: User, sign_in: SignIn) -> None:
    asked, office = asked_about(factories.redeem()), sign_in(support)
    assert buttons(office.get(page(Replacement, "change", asked.pk))) == []
    for act in ("grant", "decline"):
        its_page = page(Replacement, act, asked.pk)
        answers = [office.get(its_page), office.post(its_page, BECAUSE)]
        assert [answer.status_code for answer in answers] == [403, 403]
    assert (Replacement.objects.undecided().count(), Record.objects.filter(refused="").count()) == (
        1,
        Record.objects.count(),
    )


def test_an_act_on_what_is_not_there_is_not_found(office: Client) -> None:
    assert office.get(page(ProductKey, "revoke", 99)).status_code == 404


@pytest.mark.rule("B1")
def test_renewing_several_without_a_reason_keeps_choice_and_preview(office: Client) -> None:
    chosen = [factories.MembershipFactory.create() for _ in range(2)]
    factories.PackageLineFactory.create(offer=chosen[0].offer)
    factories.MembershipFactory.create()  # another one, that is not chosen
    url = page(Membership, "changelist")
    asked = {"action": "renew", "_selected_action": [membership.pk for membership in chosen]}
    first, again = office.post(url, asked), office.post(url, asked | {"reason": " "})
    assert effects(first) == effects(again)
    assert [len(each) > 1 for each in effects(first)] == [True, True]
    assert first.context["chosen"] == again.context["chosen"]
    assert [answer.context["field"].errors for answer in (first, again)] == [
        [],
        ["Enter a reason."],
    ]
    assert Membership.objects.count() == 3
    office.post(url, sent_again(again))
    assert Membership.objects.filter(is_renewal=True).count() == 2
