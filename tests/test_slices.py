"""No list of the product is cut without a word (rule W7)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FETCHES = {
    "benefits_portal/listing/excerpt.py:first_of": (
        "a part of a union, whose reader says that it is cut"
    ),
    "benefits_portal/listing/listing.py:_first_page": "a page of a list, with the way to the next",
    "benefits_portal/benefits/models/product_key.py:live_key_of": "the one key that there is",
    "benefits_portal/benefits/benefit_list/listing.py:bounded": "the one row of a subquery",
    "benefits_portal/licensing/key_ledger.py:counted_on": "whether there is one",
    "benefits_portal/licensing/home/offered_keys.py:could_use": "the one that ends first",
    "benefits_portal/licensing/home/unused_queries.py:add_other_currencies": (
        "a count, said as 1,000+"
    ),
    "benefits_portal/licensing/home/unused_queries.py:first_credit": (
        "the first of a group, whose heading has the count of all"
    ),
    "benefits_portal/licensing/home/unused_queries.py:first_keys": (
        "the first of a group, whose heading has the count of all"
    ),
    "benefits_portal/licensing/losses/endings.py:*": "one more than is shown, said as a +",
    "benefits_portal/licensing/losses/loss.py:in_order": "shown beside the count of all",
    "benefits_portal/licensing/losses/unused.py:*": "one more than is shown, said as a +",
    "benefits_portal/licensing/models/pool_today.py:with_licenses": "the next one",
    "benefits_portal/licensing/models/pool_outlooks.py:turning_point": "the one row of a subquery",
    "benefits_portal/licensing/models/reversal.py:latest_standing": "the latest one",
    "benefits_portal/licensing/models/subscription.py:latest_to_come_back": "the latest one",
    "benefits_portal/licensing/prepared_queries.py:compared": (
        "an excerpt of its own, with the count of all"
    ),
    "benefits_portal/licensing/prepared_queries.py:redeemed_for": "the latest one",
    "benefits_portal/licensing/prepared_queries.py:redeemed_in": "any one",
    "benefits_portal/listing/excerpt.py:with_total": "the one way to cut a list and to say so",
    "benefits_portal/listing/listing.py:first_page": "a page of a list, with the way to the next",
    "benefits_portal/listing/listing.py:asked": "a page of a list, with the way to the next",
    "benefits_portal/tenants/models/people_sought.py:found_by": (
        "as many as are looked up by their keys, with the count of all"
    ),
    "benefits_portal/reminders/due.py:*": "one more than is shown, which the page says",
    "benefits_portal/cells/transfer_file.py:*": "a part of a text",
    "benefits_portal/practice/class_rooms.py:*": (
        "the one row of a subquery; a page of rooms, with the way to the next"
    ),
    "benefits_portal/practice/exercises/actions.py:scope_of": "the one row of a subquery",
    "benefits_portal/practice/exercises/license_questions.py:find": "the one row of a subquery",
    "benefits_portal/reminders/digest_maker.py:*": "all of it in batches; the rest the next day",
    "benefits_portal/reminders/models/digest.py:claim": "all that waits, a batch at a time",
    "benefits_portal/reminders/recipients.py:seen_rows": "asked for one by one beyond that",
    "benefits_portal/reminders/upcoming.py:digests_between": "whether there is one",
    "benefits_portal/reminders/upcoming.py:upcoming": "an Excerpt, which says that it is cut",
    "benefits_portal/listing/listing.py:_page_after": "a page of a list, with the way to the next",
    "benefits_portal/listing/listing.py:_page_before": "a page of a list, with the way to the next",
    "benefits_portal/listing/keyset.py:behind": "a page of a list, or a batch of all of it",
    "benefits_portal/tenants/audit/history.py:fetch_page": (
        "a page of the record, with the way to older lines"
    ),
    "benefits_portal/tenants/views/activity.py:*": "all of it, a batch at a time",
    "benefits_portal/tenants/admin/exports.py:rows": "all of it, a batch at a time",
    "benefits_portal/benefits/management/commands/reencrypt_keys.py:*": (
        "all of it, a batch at a time"
    ),
    "benefits_portal/derived_fields.py:refresh": "all of it, a batch at a time",
    "benefits_portal/derived_fields.py:keys_or_subquery": (
        "beyond that the question itself, which leaves nothing out"
    ),
    "benefits_portal/listing/page.py:__init__": "a count, said as 1,000+",
    "benefits_portal/listing/page.py:capped_count": "a count, said as 1,000+",
    "benefits_portal/backoffice/filters.py:some_rows": (
        "beyond that there is no such filter, and search says what is looked for"
    ),
    "benefits_portal/tenants/tenant_lookup.py:no_tenant": "examples of what to write",
    "benefits_portal/licensing/search.py:search": "as much as a search field takes, and more",
    "benefits_portal/licensing/search.py:benefits": "an excerpt of its own, with the count of all",
    "benefits_portal/licensing/models/subscription_queryset.py:source": (
        "the latest one, in a subquery"
    ),
    "benefits_portal/batch_updates.py:*": "all of it, a batch at a time",
    "benefits_portal/consistency.py:*": (
        "all of it, a batch at a time; a finding says how many there are"
    ),
    "benefits_portal/tenants/management/commands/fold_names.py:handle": (
        "all of it, a batch at a time"
    ),
    "benefits_portal/tenants/management/commands/prune.py:delete": "all of it, a batch at a time",
    "benefits_portal/benefits/management/commands/renew.py:*": (
        "the one row of a subquery, and a part of a text"
    ),
    "benefits_portal/tenants/models/role_assignment_queryset.py:_of_entry": (
        "the one row of a subquery"
    ),
    "benefits_portal/tenants/signed_in.py:name_at_partner": "the one row of a subquery",
    "benefits_portal/tenants/signed_in.py:user_with_tenants": "columns of a row",
    "benefits_portal/licensing/plan_page/supply.py:with_people": "the one that is planned for",
    "benefits_portal/licensing/home/licenses.py:too_few_licenses": (
        "an excerpt, with the count and the way to all"
    ),
    "benefits_portal/licensing/home/attention.py:ending_subscriptions": (
        "an excerpt of its own, in two parts: what ends soon and what ends later"
    ),
    "benefits_portal/licensing/home/offered_keys.py:_another": (
        "keys to offer, more than a page shows rows"
    ),
    "benefits_portal/licensing/losses/loss.py:read": "one more than is shown, said as a +",
    "benefits_portal/licensing/views/choosing_tenant.py:where_it_runs": "digits of a number",
    "benefits_portal/tenants/models/attempt.py:take_at_once": (
        "the one attempt that has to leave the window"
    ),
    "benefits_portal/tenants/models/role_assignment_queryset.py:global_admins": (
        "whether there is more than one"
    ),
    "benefits_portal/practice/views.py:mailbox": "the latest mails of a practice mailbox",
    "benefits_portal/benefits/models/membership_queryset.py:*": "the one row of a subquery",
    "benefits_portal/benefits/admin/catalog.py:save_related": (
        "the first warnings after a save; the offer's page names each line without amounts"
    ),
    "benefits_portal/licensing/models/subscription_queryset.py:with_fitting_key": (
        "the one row of a subquery"
    ),
    "benefits_portal/benefits/models/assignment_queryset.py:with_language": (
        "the one row of a subquery"
    ),
    "benefits_portal/licensing/admin/support_stories.py:refused_among": (
        "the latest, as the page says, with the way to all"
    ),
    "benefits_portal/licensing/comparison.py:ways": "all ways but the one that has its own group",
    "benefits_portal/licensing/date_axis.py:first_days": "labels of an axis, not rows",
    "benefits_portal/licensing/subscription_display.py:feeding": (
        "an excerpt of its own, with the count of all"
    ),
    "benefits_portal/licensing/requests.py:latest_first": "a count, said as 1,000+",
    "benefits_portal/licensing/requests.py:recent_requests": (
        "the latest, with the way to all and their count"
    ),
    "benefits_portal/licensing/views/requests.py:request_list": (
        "an excerpt of its own, with the count of all"
    ),
    "benefits_portal/licensing/home/unused_amounts.py:*": "a count, said as 1,000+",
    "benefits_portal/licensing/admin/support_desk.py:results": "a part of a text",
    "benefits_portal/licensing/admin/support_desk.py:found_people": (
        "an excerpt, with the count of all people"
    ),
    "benefits_portal/templatetags/portal.py:initials": "a part of a text",
    "benefits_portal/tenants/models/directory_user_queryset.py:entries_by": "a part of a tuple",
    "benefits_portal/tenants/models/former_name.py:former_names": "a part of a tuple",
    "benefits_portal/tenants/admin/acts.py:has_changed": (
        "as many as were shown; the page says how many more there are"
    ),
    "benefits_portal/licensing/calculator_explained.py:no_way_text": "what follows is said as …",
    "benefits_portal/licensing/calculator_explained.py:groups": (
        "an excerpt of its own, with the count of all"
    ),
    "benefits_portal/licensing/calculator_plans.py:axis": (
        "the first ones drawn; the table beside it has all"
    ),
    "benefits_portal/licensing/calculator_plans.py:excerpt": (
        "an excerpt of its own, with the count of all"
    ),
    "benefits_portal/licensing/plan_rows.py:order_lines": "the last line says how many more",
    "benefits_portal/licensing/key_rows.py:steps": "the first row where none is filled",
    "benefits_portal/licensing/key_rows.py:choices": "the digits of a number",
    "benefits_portal/licensing/views/ordering.py:steps_of": "the digits of a number",
    "benefits_portal/licensing/views/planning.py:subscription_asked": "the digits of a number",
    "benefits_portal/reminders/management/commands/send_reminders.py:moment": (
        "the day, before the time"
    ),
    "benefits_portal/licensing/views/licenses.py:check_named_tenant": "the digits of a number",
    "benefits_portal/licensing/views/planning.py:product_asked": "the digits of a number",
    "benefits_portal/licensing/plan_page/supply.py:with_keys": "the digits of a number",
    "benefits_portal/licensing/views/ordering.py:enter_keys": (
        "no more rows than an order holds (O9)"
    ),
    "benefits_portal/licensing/views/ordering.py:too_many": "to go on with; the refusal says why",
    "benefits_portal/licensing/order_display.py:_swapped": "two that change places",
    "benefits_portal/licensing/planning/same_day.py:__init__": "a part of a tuple",
    "benefits_portal/licensing/planning/explaining.py:earlier_days": (
        "suggestions, from what ends nearest to the day on"
    ),
    "benefits_portal/licensing/plan_page/supply.py:with_asked": (
        "one more takes its place; the excerpt says how many there are"
    ),
    "benefits_portal/licensing/plan_page/forms.py:asked": (
        "the first keys are ticked at first, as many as are listed"
    ),
    "benefits_portal/licensing/planning/sampling.py:added_sets": "parts of a tuple",
    "benefits_portal/licensing/planning/sampling.py:one_less": "parts of a tuple",
    "benefits_portal/licensing/planning/search.py:used_of_each_size": "both parts of a tuple",
    "benefits_portal/licensing/planning/values.py:_used": "as many of a group as were used",
    "benefits_portal/licensing/planning/explaining.py:tried_nearby": (
        "how far it was tried is said by its coverage"
    ),
    "benefits_portal/reminders/feed/events.py:*": (
        "the first of each kind; what is cut is said by an event of its own"
    ),
    "benefits_portal/reminders/models/feed.py:latest": "the one row of a subquery",
    "benefits_portal/reminders/feed/ical.py:folded": "all of a line, in parts",
    "benefits_portal/reminders/feed/rows.py:last_act": "the one row of a subquery",
    "benefits_portal/reminders/feed/rows.py:keys": "one more than is shown, said by an event",
    "benefits_portal/reminders/link_submission.py:secret": "characters of a digest",
    "benefits_portal/licensing/home/unused_queries.py:with_live_key": "the one row of a subquery",
    "benefits_portal/practice/models/room.py:free_name": "room for the number behind a name",
    "benefits_portal/practice/room_views.py:join": "more than a code has, in the field again",
    "benefits_portal/practice/codes.py:spaced": "all of a code, in groups",
    "benefits_portal/reminders/digest_mail.py:topics": "the mail says how many more there are",
    "benefits_portal/templatetags/portal.py:beside_label": "a part of a text",
}
TEXTS = {  # a number of characters or of parts, not of rows
    "benefits/email_lists.py",
    "database_errors.py",
    "fields.py",
    "key_format.py",
    "logs.py",
    "regions.py",
    "tenants/downloads.py",
    "tenants/limits.py",
    "benefits/forms.py",
    "benefits/bulk_assignment.py",
    "licensing/forms.py",
    "licensing/admin/dashboard.py",
    "tenants/admin/reasons.py",
    "backoffice/csv_reading.py",
    "backoffice/importing.py",
    "tenants/importing.py",
    "tenants/audit/actor.py",
    "tenants/audit/record_queryset.py",
    "tenants/models/key_attempt.py",
    "tenants/passwords.py",
    "backoffice/templatetags/back_office.py",
    "emails.py",
    "search_text.py",
    "startup_checks.py",
    "licensing/views/redeeming.py",
    "tenants/audit/history.py",
}


def slices(path: Path) -> Iterator[str]:
    """Each `…[:n]` of a module, as path:function."""
    name = str(path.relative_to(ROOT))

    def walk(node: ast.AST, function: str) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            inner = child.name if isinstance(child, ast.FunctionDef) else function
            if (
                isinstance(child, ast.Subscript)
                and isinstance(child.slice, ast.Slice)
                and child.slice.upper is not None
            ):
                yield f"{name}:{inner}"
            yield from walk(child, inner)

    yield from walk(ast.parse(path.read_text()), "")


@pytest.mark.slow
@pytest.mark.rule("W7")
def test_every_slice_of_the_product_is_said_or_provably_leaves_nothing_out() -> None:
    found = {
        one
        for path in (ROOT / "benefits_portal").rglob("*.py")
        if "migrations" not in path.parts
        for one in slices(path)
    }
    unexplained = {
        one
        for one in found
        if not (
            {one, f"{one.split(':')[0]}:*"} & FETCHES.keys()
            or one.split(":")[0].removeprefix("benefits_portal/") in TEXTS
        )
    }
    assert unexplained == set()
    assert {
        key
        for key in FETCHES
        if not any(one == key or key == f"{one.split(':')[0]}:*" for one in found)
    } == set()


def test_no_template_cuts_a_list() -> None:
    templates = [
        path for path in (ROOT / "templates").rglob("*.html") if "|slice:" in path.read_text()
    ]
    assert templates == []


@pytest.mark.parametrize("text", ["rows[:3]", "rows[: MAX + 1]", "found[a:b]"])
def test_a_slice_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    module = tmp_path / "module.py"
    module.write_text(f"def cut(rows):\n    return {text}\n")
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    assert list(slices(module)) == ["module.py:cut"]
