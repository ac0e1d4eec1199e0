"""Every rule at every door: which doors there are comes from the code, what each could break and which test tries it stands below.

A door is a page that takes a POST, a form, a row or an action of the back office, a page of its own there, or a command. A new
one fails here until it is told. Who gets through to a page at all (P1 to P3) is told and tried in `test_matrix.py`.
"""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.core.management import get_commands
from django.urls import URLPattern, get_resolver

from benefits_portal.tenants.admin.base import LedgerInline, RecordedAdmin
from benefits_portal.tenants.exceptions import Refusal
from tests.test_architecture import ROWS, marks_of

ASSIGNING, LIFE, PAGES = "benefits/test_assignments.py", "licensing/test_redeeming.py", "licensing/test_redeeming_pages.py"
REASONS, ENROLLING, EDITS = "back_office/test_reasons.py", "back_office/test_memberships.py", "back_office/test_edits.py"
KEYS, REPLACING, ASKING = "back_office/test_keys.py", "back_office/test_replacements.py", "licensing/test_replacements.py"
NOT_BEGUN = "benefits/test_benefits.py::test_before_its_first_day_nothing_can_be_done_with_a_benefit_and_the_day_is_named"
LAST_ADMIN = f"{REASONS}::test_the_last_global_admin_stays_and_the_attempt_is_on_record"
WHY = f"{REASONS}::test_a_change_without_a_reason_is_refused_beside_the_field_and_keeps_what_was_typed"
WHY_DELETED = f"{REASONS}::test_deleting_asks_why_one_by_one_and_all_at_once"
WHY_DONE = f"{REASONS}::test_an_action_without_a_reason_does_nothing_from_the_list_and_from_its_own_page"
FLAWS = f"{LIFE}::test_of_two_flaws_the_earlier_one_is_told"
PEOPLE, ACCOUNT, CSV = "tenants/test_people_and_roles.py", "tenants/test_account_pages.py", "back_office/test_csv.py"
ONE_STAYS = f"{PEOPLE}::test_of_two_global_admins_who_act_on_each_other_at_once_one_stays"
NOT_FOR_ALL = "test_matrix.py::test_everybody_gets_what_the_table_says"

REDEEMING = {
    "B1": NOT_BEGUN,
    "B5": f"{LIFE}::test_a_key_redeemed_on_its_benefit_s_last_day_runs_its_twelve_months",
    "K4": "benefits/test_product_keys.py::test_another_partner_s_key_and_a_key_never_issued_are_told_apart_by_nothing",
    "K7": FLAWS,
    "S8": f"{PAGES}::test_when_the_subscription_changed_meanwhile_nothing_is_redeemed_and_a_fresh_review_is_shown",
}
ENDED = f"{PAGES}::test_an_ended_subscription_is_refused_before_a_key_is_asked_for"

# Door → rule that it could break → the test in which that is refused.
TABLE: dict[str, dict[str, str]] = {
    "page benefits:assign": {
        "B1": NOT_BEGUN,
        "U1": f"{ASSIGNING}::test_a_disabled_person_cannot",
        "U3": f"{ASSIGNING}::test_bulk_credit_has_one_holder_at_a_time",
        "U4": f"{ASSIGNING}::test_bulk_credit_goes_with_no_other_credit",
        "U5": f"{ASSIGNING}::test_an_expired_benefit_takes_no_new_assignment_and_what_ran_has_ended",
    },
    "page benefits:assign-list": {"U4": "benefits/test_assigning_lists.py::test_each_line_says_what_would_happen_to_it"},
    "page benefits:remove": {"U3": "test_pages.py::test_bulk_credit_has_no_remove_and_monthly_credit_no_transfer"},
    "page benefits:transfer": {
        "U2": f"{ASSIGNING}::test_monthly_credit_is_not_transferred",
        "U3": f"{ASSIGNING}::test_bulk_credit_is_transferred_within_the_enrolment_year_only",
        "U4": f"{ASSIGNING}::test_a_transfer_asks_the_same_of_the_new_holder",
    },
    "page licensing:key": {
        "B1": NOT_BEGUN,
        "K3": "benefits/test_product_keys.py::test_a_key_that_is_used_up_is_not_revealed_and_the_attempt_is_on_record",
    },
    "page licensing:product-key-start": REDEEMING
    | {
        "K2": f"{PAGES}::test_sending_the_same_form_twice_leads_to_the_same_receipt",
        "K5": f"{PAGES}::test_a_partner_with_two_tenants_chooses_each_time",
        "K6": "benefits/test_guessing.py::test_the_eleventh_key_within_ten_minutes_is_refused_and_so_is_a_right_one",
        "S3": f"{PAGES}::test_bringing_back_what_cannot_come_back_is_refused_and_the_choice_shown",
    },
    "page licensing:extend": REDEEMING
    | {
        "S4": ENDED,
        "S5": f"{LIFE}::test_scenario_4_a_key_over_the_limit_changes_nothing_and_stays_usable",
        "S9": f"{PAGES}::test_a_form_that_adds_cannot_be_sent_to_the_page_that_extends",
    },
    "page licensing:add-licenses": REDEEMING | {"S6": ENDED},
    "page licensing:replacement": {"K8": f"{ASKING}::test_the_partner_s_admin_asks_on_the_receipt_and_reads_the_answer_there"},
    "page tenants:add-user": {"U1": f"{PEOPLE}::test_who_cannot_be_added_is_refused_on_record_and_nobody_is_added"},
    "page tenants:ask-for-tenant": {"P1": f"{PEOPLE}::test_asking_for_a_tenant_answers_the_same_whoever_has_the_domain"},
    "page tenants:change-role": {"P1": ONE_STAYS, "P3": NOT_FOR_ALL},
    "page tenants:disable-user": {"P1": ONE_STAYS, "P3": NOT_FOR_ALL},
    "page tenants:enable-user": {"P3": NOT_FOR_ALL},
    "page tenants:give-role": {"P1": f"{ACCOUNT}::test_a_role_for_another_partner_s_person_is_refused_like_one_for_nobody"},
    "page tenants:make-primary": {"P3": NOT_FOR_ALL},
    "page tenants:take-role": {"P1": ONE_STAYS, "P3": NOT_FOR_ALL},
    "form tenants.roleassignment": {"A1": LAST_ADMIN},
    "form tenants.user": {"A1": LAST_ADMIN},
    "form auth.group": {"A1": WHY},
    "form tenants.partner": {"A1": WHY},
    "form tenants.tenant": {"A1": WHY, "P4": f"{EDITS}::test_a_second_tenant_of_one_colour_is_refused_where_its_partner_is_fixed"},
    "form tenants.directoryuser": {"A1": WHY},
    "form benefits.offer": {"A1": WHY_DELETED},
    "form benefits.product": {"A1": WHY},
    "form benefits.packageline": {"A1": WHY, "B3": f"{EDITS}::test_a_line_has_one_amount_in_each_currency"},
    "form benefits.externaloffer": {"A1": WHY},
    "form benefits.heldoffer": {"A1": WHY, "U4": f"{EDITS}::test_who_holds_an_offer_for_a_partner_is_in_the_partners_directory"},
    "form benefits.membership": {
        "B2": f"{ENROLLING}::test_a_package_that_changed_after_the_preview_is_shown_anew_and_nothing_is_made",
        "B3": f"{ENROLLING}::test_a_package_without_the_partners_currency_is_refused_on_the_form_and_nothing_is_made",
        "B4": f"{ENROLLING}::test_discontinued_products_are_left_out_of_a_competency_and_said",
    },
    "row tenants.partner RoleAssignment": {"A1": LAST_ADMIN},
    "row tenants.user RoleAssignment": {"A1": LAST_ADMIN},
    "row tenants.partner Tenant": {"A1": f"{EDITS}::test_two_primary_tenants_on_one_page_are_refused_and_nothing_is_saved"},
    "row benefits.offer PackageLine": {"A1": f"{EDITS}::test_what_only_the_database_can_tell_is_said_on_the_form_and_nothing_is_saved"},
    "row benefits.packageline CreditAmount": {"B3": f"{EDITS}::test_a_line_has_one_amount_in_each_currency"},
    "action tenants.directoryuser disable": {"A1": LAST_ADMIN},
    "action tenants.directoryuser enable": {"A1": WHY_DONE},
    "action tenants.tenantrequest accept": {
        "P1": "back_office/test_tenant_requests.py::test_one_whose_domain_is_in_use_is_refused_and_the_others_are_made"
    },
    "action tenants.tenantrequest decline": {"P1": "back_office/test_tenant_requests.py::test_support_decides_nothing"},
    "action benefits.benefit issue_another_key": {"K8": f"{KEYS}::test_a_key_is_revoked_with_a_reason_and_then_another_issued"},
    "action benefits.productkey revoke": {"K8": f"{KEYS}::test_a_redeemed_key_is_not_revoked_but_replaced"},
    "action benefits.membership renew": {"B1": f"{ENROLLING}::test_a_renewal_is_shown_made_once_and_then_refused"},
    "action benefits.membership provision_what_is_missing": {
        "B3": f"{ENROLLING}::test_completing_a_membership_without_the_partners_currency_makes_nothing_and_says_why"
    },
    "action licensing.replacement grant": {"K8": f"{REPLACING}::test_a_request_is_granted_once_with_a_reason"},
    "action licensing.replacement decline": {"K8": f"{REPLACING}::test_support_decides_nothing"},
    "office benefits_productkey_look_up": {"K3": f"{KEYS}::test_an_address_looks_nothing_up"},
    "office benefits_membership_renew": {"B1": f"{ENROLLING}::test_a_renewal_is_shown_made_once_and_then_refused"},
    "office benefits_membership_end": {"A1": f"{ENROLLING}::test_ending_early_asks_for_the_day_and_the_reason_and_puts_both_on_record"},
    "office tenants_partner_view_as": {"K3": "back_office/test_viewing.py::test_whatever_is_sent_is_refused_and_no_key_is_revealed"},
    "office tenants_partner_import": {"A1": f"{CSV}::test_one_line_that_is_refused_keeps_the_whole_file_out"},
    "office tenants_directoryuser_import": {"U1": f"{CSV}::test_people_who_belong_elsewhere_are_refused"},
    "office benefits_membership_import": {"B1": f"{CSV}::test_memberships_that_overlap_or_name_what_is_not_there_are_refused"},
    "command enrol": {"B2": "benefits/test_commands.py::test_a_dry_run_says_what_enrolling_then_makes_once"},
    "command renew": {
        "B1": "benefits/test_commands.py::test_those_that_end_soon_are_renewed_once_each_for_itself",
        "B3": "benefits/test_commands.py::test_one_that_is_refused_is_told_with_the_reason_and_ends_in_an_error",
    },
    "command reencrypt_keys": {"K1": "benefits/test_rotation.py::test_after_a_rotation_the_old_secret_can_be_taken_away"},
    "command import_csv": {"A1": f"{CSV}::test_the_command_names_the_line_and_the_reason_and_changes_nothing"},
}

# What shows, signs in or out, or chooses how pages look, and the practice world's own: nothing of a partner's changes there.
HARMLESS = {
    *("page " + name for name in ("gallery", "healthz", "help", "home", "readyz", "search", "set_language", "theme")),
    *("page demo-" + name for name in ("clock", "reset", "sign-in")),
    *("page benefits:" + name for name in ("azure-cloud", "azure-cloud-csv", "holders")),
    *("page licensing:" + name for name in ("benefit-detail", "benefit-history", "calculator", "products", "receipt", "subscription")),
    "page licensing:walkthrough",
    *(
        "page tenants:" + name
        for name in ("activity", "activity-csv", "end-viewing", "roles", "session", "tenants", "user", "users", "users-csv")
    ),
    *("page tenants:" + name for name in ("password-ask", "password-done", "password-sent", "password-set")),
    *("page tenants:" + name for name in ("sign-in", "sign-out", "switch")),
    "command demo",
    "command demo_fixture",
}
SHOWN_ALONE = {"K1", "S1", "S2", "S7", "U6", "A2", "A3", "P2"}  # say how something is shown or worked out, and refuse nothing


def pages(patterns: list[Any], namespace: str = "") -> Iterator[str]:
    """The names of the portal's own URLs."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield f"page {namespace}{pattern.name}"
        elif pattern.namespace != "admin":
            yield from pages(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else namespace)


def office() -> Iterator[str]:
    """Forms, rows and actions of the back office, and pages of its own."""
    usual = {"changelist", "add", "change", "delete", "history", "export"}  # an export changes nothing
    for model, page in admin.site._registry.items():
        label = model._meta.label_lower
        if isinstance(page, RecordedAdmin):
            yield f"form {label}"
        yield from (f"row {label} {row.model.__name__}" for row in page.inlines if not issubclass(row, LedgerInline))
        yield from (f"action {label} {action}" for action in page.actions or ())
        names = {url.name for url in page.get_urls() if url.name}
        yield from (f"office {name}" for name in names if name.rpartition("_")[2] not in usual and not name.startswith("auth_"))


def doors() -> set[str]:
    commands = {f"command {name}" for name, app in get_commands().items() if str(app).startswith("benefits_portal")}
    return {*pages(get_resolver().url_patterns), *office(), *commands}


def test_every_door_is_told_and_every_door_told_is_there():
    assert doors() == TABLE.keys() | HARMLESS
    assert not TABLE.keys() & HARMLESS


def test_every_rule_that_refuses_something_is_tried_at_some_door():
    tried = {rule for tests in TABLE.values() for rule in tests}
    assert {row["rule"] for row in ROWS} - SHOWN_ALONE <= tried
    assert {refusal.rule for refusal in Refusal.by_name.values() if refusal.rule} - SHOWN_ALONE <= tried


@pytest.mark.parametrize("door", TABLE)
def test_every_test_told_is_there_and_is_about_that_rule(door):
    for rule, address in TABLE[door].items():
        path, name = address.split("::")
        module = importlib.import_module("tests." + path.removesuffix(".py").replace("/", "."))
        marks = [*marks_of(module), *marks_of(getattr(module, name))]
        assert rule in {about for mark in marks if mark.name == "rule" for about in mark.args}, f"{address} is not about {rule}"
