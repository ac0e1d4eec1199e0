"""Several keys on the pages: chosen row by row, reviewed and redeemed as one (O9 to O13)."""

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.key_encryption import decrypted, draw, grouped
from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing.models import Order, Redemption, Subscription
from benefits_portal.licensing.order_quotes import MAX_KEYS, OrderQuote
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.tenants.models import KeyAttempt, Record, Tenant, User
from tests import factories
from tests.clients import ClientResponse, SignIn, request_of
from tests.factories import key_for
from tests.simultaneous import at_once

pytestmark = pytest.mark.usefixtures("today")
rule = pytest.mark.rule


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


@pytest.fixture
def subscription(tenant: Tenant) -> Subscription:
    return factories.SubscriptionFactory.create(
        tenant=tenant, licenses=100, ends_on=date(2021, 6, 30)
    )


@pytest.fixture
def extend(subscription: Subscription) -> str:
    return reverse("licensing:extend", args=[subscription.pk])


@pytest.fixture
def keys(subscription: Subscription) -> list[ProductKey]:
    """Of 25, 50 and 100 licenses."""
    return [key_for(subscription, licenses) for licenses in (25, 50, 100)]


def review_of(subscription: Subscription, *steps: str) -> str:
    """The address of the review, as others link to it."""
    query = "&".join(f"step={step}" for step in steps)
    return reverse("licensing:order", args=[subscription.pk]) + (f"?{query}" if query else "")


def extending(keys: list[ProductKey]) -> list[str]:
    return [f"extend:{key.pk}" for key in keys]


def rows(*filled: ProductKey | str) -> dict[str, Any]:
    """The fields of a panel with a row for each: a key of one's own, or a typed text."""
    fields: dict[str, Any] = {}
    for number, value in enumerate(filled, start=1):
        prefix = "" if number == 1 else f"{number}-"
        is_own = isinstance(value, ProductKey)
        fields[f"{prefix}chosen"] = value.pk if isinstance(value, ProductKey) else "another"
        fields[f"{prefix}key"] = "" if is_own else value
    return fields


def text_of(key: ProductKey) -> str:
    return grouped(decrypted(key.ciphertext))


def messages_of(page: ClientResponse) -> dict[int, str]:
    """What is wrong with which row."""
    wrong = {
        row.number: " ".join(error for field in row.wrong_fields for error in field.errors)
        for row in page.context["rows"].rows
    }
    return {number: message for number, message in wrong.items() if message}


# The rows of the panels


@rule("O9")
@pytest.mark.parametrize("panel", ["licensing:extend", "licensing:add-licenses"])
def test_another_row_keeps_what_was_chosen_and_typed(
    client: Client,
    acting_in: dict[str, str],
    subscription: Subscription,
    keys: list[ProductKey],
    panel: str,
) -> None:
    url = reverse(panel, args=[subscription.pk])
    assert "Add another product key" in client.get(url).text
    first = client.post(url, acting_in | {"chosen": keys[0].pk, "key": "", "add_row": "1"})
    assert [row.values["chosen"] for row in first.context["rows"].rows] == [str(keys[0].pk), ""]
    sent = rows(keys[0], "PCBEN-half of a k") | {"add_row": "1"}
    second = client.post(url, acting_in | sent)
    assert [(row.values["chosen"], row.values["key"]) for row in second.context["rows"].rows] == [
        (str(keys[0].pk), ""),
        ("another", "PCBEN-half of a k"),
        ("", ""),
    ]
    assert not second.context["rows"].has_errors, "nothing is checked yet"


@rule("O9")
def test_a_row_is_removed_and_the_others_stay(
    client: Client, acting_in: dict[str, str], extend: str, keys: list[ProductKey]
) -> None:
    sent = rows(keys[0], "typed", keys[2]) | {"remove_row": "2"}
    page = client.post(extend, acting_in | sent)
    assert [row.values["chosen"] for row in page.context["rows"].rows] == [
        str(keys[0].pk),
        str(keys[2].pk),
    ]


@rule("O9")
def test_the_rows_lead_to_the_review_of_their_chain(
    client: Client, acting_in: dict[str, str], subscription: Subscription, keys: list[ProductKey]
) -> None:
    add = reverse("licensing:add-licenses", args=[subscription.pk])
    sent = rows(keys[2], text_of(keys[0]), keys[1]) | {"2-way_chosen": "extend"}
    answer = client.post(add, acting_in | sent)
    assert answer.headers["Location"] == review_of(
        subscription, f"add:{keys[2].pk}", f"extend:{keys[0].pk}", f"add:{keys[1].pk}"
    )


@rule("O9")
def test_rows_left_blank_are_left_out_and_one_key_is_an_ordinary_redemption(
    client: Client, acting_in: dict[str, str], extend: str, keys: list[ProductKey]
) -> None:
    answer = client.post(extend, acting_in | rows("", keys[1], " "))
    assert answer.headers["Location"] == f"{extend}?key={keys[1].pk}&alone=1"
    review = client.get(answer.headers["Location"])
    chosen = client.get(f"{extend}?key={keys[1].pk}")
    says = ["The other rows were empty" in page.text for page in (review, chosen)]
    assert says == [True, False]


@rule("O9")
def test_rows_without_any_key_ask_for_one(
    client: Client, acting_in: dict[str, str], extend: str, keys: list[ProductKey]
) -> None:
    page = client.post(extend, acting_in | rows("", ""))
    assert messages_of(page) == {1: "Enter the product key."}


@rule("O9")
def test_twenty_rows_are_the_most(
    client: Client, acting_in: dict[str, str], extend: str, subscription: Subscription
) -> None:
    many = [key_for(subscription, 1) for _number in range(MAX_KEYS + 1)]
    page = client.post(extend, acting_in | rows(*many[:MAX_KEYS]) | {"add_row": "1"})
    assert len(page.context["rows"].rows) == MAX_KEYS
    assert "An order has at most 20 keys." in page.text
    page = client.post(extend, acting_in | rows(*many))
    assert "An order has at most 20 keys." in page.text
    assert len(page.context["rows"].rows) == MAX_KEYS + 1, "none of them is lost"


@rule("O11")
def test_a_mistyped_key_among_nine_good_ones_is_named_and_those_stay(
    client: Client, acting_in: dict[str, str], extend: str, subscription: Subscription
) -> None:
    good = [key_for(subscription, number + 1) for number in range(9)]
    typed = [text_of(key) for key in good]
    wrong = typed[0][:-1] + ("B" if typed[0][-1] != "B" else "C")
    page = client.post(extend, acting_in | rows(*typed[:4], wrong, *typed[4:]))
    assert messages_of(page) == {
        5: "That key has a typo: one of its characters is wrong. Check it or paste it again. "
        "(This doesn't count as a failed attempt.)"
    }
    assert [row.values["key"] for row in page.context["rows"].rows] == [
        *typed[:4],
        wrong,
        *typed[4:],
    ]
    assert not KeyAttempt.objects.exists()


@rule("O11")
def test_every_row_is_refused_in_its_own_words_in_the_order_typed(
    client: Client,
    acting_in: dict[str, str],
    extend: str,
    subscription: Subscription,
    keys: list[ProductKey],
) -> None:
    other, large = factories.issue_key(partner=subscription.partner), key_for(subscription, 301)
    spent = key_for(subscription, 1)
    spent_in = factories.redeem(spent).tenant
    page = client.post(
        extend, acting_in | rows(keys[0], text_of(keys[0]), spent, other, large, keys[1])
    )
    assert {number: message.split(".")[0] for number, message in messages_of(page).items()} == {
        2: "This is the same key as key 1",
        3: f"This key was redeemed on May 1, 2021 in {spent_in} by the program".split(".")[0],
        4: f"This key is for {other.product}; the subscription is {subscription.product}",
        5: "A key with 301 licenses would move the end date more than 3 years",
    }


@rule("O11")
def test_a_row_is_checked_from_where_those_above_it_lead(
    client: Client, acting_in: dict[str, str], tenant: Tenant
) -> None:
    """5 licenses: a key of 25 does not fit, but does after one of 5 was added."""
    small = factories.SubscriptionFactory.create(
        tenant=tenant, licenses=5, ends_on=date(2022, 1, 30)
    )
    five, large = key_for(small, 5), key_for(small, 25)
    panel = reverse("licensing:extend", args=[small.pk])
    added = {"way_chosen": "add"}
    answer = client.post(panel, acting_in | rows(five, large) | added)
    assert answer.headers["Location"] == review_of(small, f"add:{five.pk}", f"extend:{large.pk}")
    page = client.post(panel, acting_in | rows(large, five) | {"2-way_chosen": "add"})
    assert list(messages_of(page)) == [1]


@rule("O11", "K6")
def test_the_lock_out_falls_in_the_middle_of_the_rows(
    client: Client, acting_in: dict[str, str], extend: str, keys: list[ProductKey]
) -> None:
    wrong = [draw() for _number in range(10)]
    page = client.post(
        extend, acting_in | rows(*wrong[:5], keys[0], *wrong[5:], text_of(keys[1]), keys[2])
    )
    found = messages_of(page)
    assert list(found) == [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12]
    assert {found[number].split(".")[0] for number in (1, 11)} == {
        messages_of(page)[1].split(".")[0]
    }
    assert found[12].startswith("You tried too many keys that don't exist.")
    assert KeyAttempt.objects.count() == 10
    assert page.context["rows"].rows[11].values["key"] == text_of(keys[1]), "the good ones stay"


@rule("K3", "O11")
def test_a_typed_key_comes_back_in_its_own_row_alone(
    client: Client, acting_in: dict[str, str], extend: str, keys: list[ProductKey]
) -> None:
    page = client.post(extend, acting_in | rows(text_of(keys[0]), draw()))
    assert page.text.count(text_of(keys[0])) == 1
    assert not Record.objects.filter(after__icontains=keys[0].last_five).exists()


# The review


@rule("O10", "S8")
def test_the_review_shows_each_step_and_the_total(
    client: Client, subscription: Subscription, keys: list[ProductKey]
) -> None:
    page = client.get(review_of(subscription, f"add:{keys[0].pk}", f"extend:{keys[1].pk}"))
    quote = page.context["quote"]
    assert [(row.change.before, row.change.after) for row in page.context["review"].rows] == [
        ("100 licenses until Jun 30, 2021", "125 licenses until Aug 30, 2021"),
        ("125 licenses until Aug 30, 2021", "125 licenses until Jan 23, 2022"),
    ]
    assert quote.total.before == subscription.term
    assert [(row["before"], row["after"]) for row in page.context["rows"]][:2] == [
        ("100", "125"),
        ("Jun 30, 2021", "Jan 23, 2022"),
    ]
    assert "Redeem 2 keys" in page.text
    assert text_of(keys[0]) not in page.text


@rule("O10", "S8")
def test_what_the_review_shows_redeem_does_and_the_receipt_tells(
    client: Client, acting_in: dict[str, str], subscription: Subscription, keys: list[ProductKey]
) -> None:
    url = review_of(subscription, f"add:{keys[0].pk}", f"extend:{keys[1].pk}")
    quote = client.get(url).context["quote"]
    receipt = client.post(url, acting_in | {"quote": quote.signed()}, follow=True)
    order = Order.objects.get()
    assert receipt.redirect_chain == [(reverse("licensing:order-receipt", args=[order.pk]), 302)]
    subscription.refresh_from_db()
    assert subscription.term == quote.total.after
    for redemption in order.in_order():
        assert reverse("licensing:receipt", args=[redemption.pk]) in receipt.text
    assert receipt.context["is_new"]
    assert not client.get(receipt.request["PATH_INFO"]).context["is_new"], "told once"


@rule("O9")
def test_each_step_can_be_switched_moved_and_removed(
    client: Client, subscription: Subscription, keys: list[ProductKey]
) -> None:
    first, second, third = extending(keys)
    page = client.get(review_of(subscription, first, second, third))
    top, middle, last = page.context["review"].rows
    at = partial(review_of, subscription)
    assert middle.switch_href == at(first, second.replace("extend", "add"), third)
    assert (top.up_href, middle.up_href, last.up_href) == (
        "",
        at(second, first, third),
        at(first, third, second),
    )
    assert (top.down_href, middle.down_href, last.down_href) == (
        at(second, first, third),
        at(first, third, second),
        "",
    )
    assert middle.remove_href == at(first, third)
    two = client.get(at(first, second)).context["review"].rows
    extend = reverse("licensing:extend", args=[subscription.pk])
    assert two[0].remove_href == f"{extend}?key={keys[1].pk}", "one key: an ordinary redemption"


@rule("O9")
def test_back_from_the_review_the_rows_are_filled_in(
    client: Client, subscription: Subscription, keys: list[ProductKey]
) -> None:
    review = client.get(review_of(subscription, f"add:{keys[2].pk}", f"extend:{keys[0].pk}"))
    page = client.get(review.context["review"].back)
    assert page.context["way"] == RedemptionKind.ADD
    assert [(row.values["chosen"], row.way) for row in page.context["rows"].rows] == [
        (str(keys[2].pk), "add"),
        (str(keys[0].pk), "extend"),
    ]
    another = client.get(review.context["review"].back + "&another=1")
    assert len(another.context["rows"].rows) == 3


@rule("O9")
def test_no_key_and_one_key_lead_to_the_panel_and_the_single_review(
    client: Client, subscription: Subscription, keys: list[ProductKey], extend: str
) -> None:
    none = client.get(review_of(subscription))
    one = client.get(review_of(subscription, f"add:{keys[0].pk}"))
    add = reverse("licensing:add-licenses", args=[subscription.pk])
    assert (none.headers["Location"], one.headers["Location"]) == (
        extend,
        f"{add}?key={keys[0].pk}",
    )


@rule("O9")
def test_twenty_one_keys_are_told_the_most_and_the_first_twenty_stay(
    client: Client, subscription: Subscription
) -> None:
    many = [key_for(subscription, 1) for _number in range(MAX_KEYS + 1)]
    page = client.get(review_of(subscription, *extending(many)))
    assert (page.status_code, page.context["refusal"].code) == (200, "too-many-keys")
    back = client.get(page.context["back"])
    assert [row.values["chosen"] for row in back.context["rows"].rows] == [
        str(key.pk) for key in many[:MAX_KEYS]
    ]


@rule("O11")
def test_the_review_says_which_step_cannot_be_done(
    client: Client, subscription: Subscription, keys: list[ProductKey]
) -> None:
    other = factories.issue_key(partner=subscription.partner)
    page = client.get(
        review_of(subscription, *extending(keys[:2]), f"extend:{other.pk}", f"add:{keys[0].pk}")
    )
    assert [row.refusal and row.refusal.code for row in page.context["review"].rows] == [
        None,
        None,
        "different-product",
        "same-key-twice",
    ]
    assert str(page.context["refusal"].message).startswith(f"Key 3 ({other}): This key is for")
    assert "quote" not in page.context


@rule("K7", "O11")
def test_a_spent_key_leads_to_the_receipt_that_spent_it(
    client: Client,
    acting_in: dict[str, str],
    extend: str,
    subscription: Subscription,
    keys: list[ProductKey],
) -> None:
    spent = key_for(subscription, 1)
    receipt = reverse("licensing:receipt", args=[factories.redeem(spent).pk])
    other = factories.issue_key(partner=subscription.partner)
    chosen = client.post(extend, acting_in | rows(keys[0], spent, other))
    typed = client.post(extend, acting_in | rows(keys[0], text_of(spent)))
    review = client.get(review_of(subscription, *extending([keys[0], spent])))
    assert [page.text.count(f'href="{receipt}"') for page in (chosen, typed, review)] == [1, 1, 1]


@rule("K4", "K3")
@pytest.mark.parametrize(
    "step", ["extend:999999", "new:1", "extend", "extend:", "add:-1", "add:x", f"add:{'9' * 40}"]
)
def test_a_step_that_names_no_key_does_not_exist(
    client: Client, subscription: Subscription, keys: list[ProductKey], step: str
) -> None:
    assert client.get(review_of(subscription, *extending(keys), step)).status_code == 404


@rule("K4")
def test_another_partner_s_key_in_a_chain_does_not_exist(
    client: Client, subscription: Subscription, keys: list[ProductKey]
) -> None:
    foreign = factories.issue_key(product=subscription.product)
    url = review_of(subscription, *extending(keys), f"extend:{foreign.pk}")
    assert client.get(url).status_code == 404


# The press


@pytest.fixture
def review(subscription: Subscription, keys: list[ProductKey]) -> str:
    return review_of(subscription, *extending(keys))


def shown(client: Client, url: str) -> str:
    quote: OrderQuote = client.get(url).context["quote"]
    return quote.signed()


def nothing_was_redeemed(keys: list[ProductKey]) -> bool:
    theirs = ProductKey.objects.filter(pk__in=[key.pk for key in keys], redeemed_at=None)
    return not Order.objects.exists() and theirs.count() == len(keys)


@rule("O13", "K2")
def test_a_repeat_leads_to_the_receipt_of_the_first_time(
    client: Client, acting_in: dict[str, str], review: str
) -> None:
    sent = acting_in | {"quote": shown(client, review)}
    first = client.post(review, sent)
    again = client.post(review, sent)
    assert again.headers["Location"] == first.headers["Location"]
    assert (Order.objects.count(), Redemption.objects.count()) == (1, 3)


@rule("O13", "K2")
@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_lead_to_one_receipt(
    client: Client, admin: User, sign_in: SignIn, acting_in: dict[str, str], review: str
) -> None:
    sent = acting_in | {"quote": shown(client, review)}
    answers = at_once([partial(sign_in(admin).post, review, sent) for _press in range(4)])
    order = Order.objects.get()
    assert {answer.headers["Location"] for answer in answers} == {order.get_absolute_url()}
    assert Redemption.objects.count() == 3


@rule("O10", "O11")
def test_a_key_spent_by_somebody_else_meanwhile_is_named_and_nothing_redeemed(
    client: Client,
    acting_in: dict[str, str],
    tenant: Tenant,
    keys: list[ProductKey],
    review: str,
) -> None:
    sent = acting_in | {"quote": shown(client, review)}
    factories.redeem(keys[1], tenant=tenant)
    page = client.post(review, sent)
    assert page.status_code == 200
    assert f"Key 2 ({keys[1]}): " in page.text.replace("\u2068", "").replace("\u2069", "")
    assert nothing_was_redeemed([keys[0], keys[2]])
    assert [bool(row.refusal) for row in page.context["review"].rows] == [False, True, False]


@rule("O10", "S8")
def test_after_midnight_the_review_is_shown_again_and_nothing_redeemed(
    client: Client,
    admin: User,
    sign_in: SignIn,
    acting_in: dict[str, str],
    keys: list[ProductKey],
    review: str,
) -> None:
    sent = acting_in | {"quote": shown(client, review)}
    with time_machine.travel(factories.NOW + timedelta(days=1), tick=False):
        page = sign_in(admin).post(review, sent)
    assert (page.status_code, page.context["refusal"].code) == (409, "changed-meanwhile")
    assert nothing_was_redeemed(keys)
    assert page.context["quote"].quotes[0].on == factories.TODAY + timedelta(days=1)


@rule("O10")
@pytest.mark.parametrize("quote", ["", "forged", None], ids=str)
def test_a_press_without_what_was_shown_redeems_nothing(
    client: Client,
    acting_in: dict[str, str],
    keys: list[ProductKey],
    review: str,
    quote: str | None,
) -> None:
    page = client.post(review, acting_in | ({} if quote is None else {"quote": quote}))
    assert page.status_code == 409
    assert nothing_was_redeemed(keys)


@rule("O10")
def test_the_quote_of_another_chain_redeems_nothing(
    client: Client,
    acting_in: dict[str, str],
    subscription: Subscription,
    keys: list[ProductKey],
    review: str,
) -> None:
    sent = acting_in | {"quote": shown(client, review_of(subscription, *extending(keys[::-1])))}
    assert client.post(review, sent).status_code == 409
    assert nothing_was_redeemed(keys)


@rule("P3")
def test_a_member_may_not_redeem_several_keys_but_reads_the_receipt(
    client: Client,
    acting_in: dict[str, str],
    tenant: Tenant,
    sign_in: SignIn,
    keys: list[ProductKey],
    review: str,
) -> None:
    sent = acting_in | {"quote": shown(client, review)}
    member = factories.UserFactory.create(directory_user__tenant=tenant)
    factories.RoleAssignmentFactory.create(user=member, partner=tenant.partner, role="member")
    reader = sign_in(member)
    assert [reader.get(review).status_code, reader.post(review, sent).status_code] == [403, 403]
    assert nothing_was_redeemed(keys)
    receipt = client.post(review, sent).headers["Location"]
    assert reader.get(receipt).status_code == 200


@rule("P1")
def test_the_receipt_of_another_partner_s_order_does_not_exist(
    client: Client, acting_in: dict[str, str], sign_in: SignIn, review: str
) -> None:
    receipt = client.post(review, acting_in | {"quote": shown(client, review)}).headers["Location"]
    elsewhere = factories.RoleAssignmentFactory.create(
        partner=factories.TenantFactory.create().partner
    )
    assert sign_in(elsewhere.user).get(receipt).status_code == 404
    assert sign_in(elsewhere.user).get(review).status_code == 404


@rule("K3")
def test_a_key_typed_into_any_row_stays_out_of_error_reports(
    client: Client, acting_in: dict[str, str], extend: str, keys: list[ProductKey]
) -> None:
    answer = client.post(extend, acting_in | rows(keys[0], text_of(keys[1])))
    hidden = request_of(answer).sensitive_post_parameters  # type: ignore[attr-defined]
    assert {"key", "2-key", "20-key"} <= set(hidden)
