"""What people do in the portal and the back office, each as the form that does it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import reverse

from benefits_portal.benefits.models import Membership
from benefits_portal.licensing.models import Replacement
from benefits_portal.reminders.models import Silence
from tests import factories
from tests.partner_fixture import PartnerFixture


@dataclass
class Act:
    """Where it is sent to, what, what puts it on record, and what one click tells."""

    url: str
    form: dict[str, Any]
    action: str
    message: str
    by_staff: bool = False


def by_form(sample: PartnerFixture, page: str, action: str, message: str) -> Act:
    """The form of one of the partner's pages, filled in as it fits."""
    return Act(sample.url(page), sample.form(page), action, message)


def office(model: str, action: str, pk: int) -> tuple[str, dict[str, Any]]:
    return reverse(f"admin:{model}_changelist"), {
        "action": action,
        "_selected_action": pk,
        "reason": "Asked for",
    }


def assign(sample: PartnerFixture) -> Act:
    url = reverse("benefits:assign", args=[sample.credit.pk])
    return Act(
        url,
        {"directory_user": sample.person.pk},
        "benefits.assigned",
        "Done. The portal doesn't notify Kim One Lee: send the message on this page.",
    )


def assign_bulk(sample: PartnerFixture) -> Act:
    benefit = factories.BenefitFactory.create(partner=sample.partner, bulk=True)
    url = reverse("benefits:assign", args=[benefit.pk])
    return Act(
        url,
        {"directory_user": sample.person.pk, "confirmed": "on"},
        "benefits.assigned",
        "Done. The portal doesn't notify Kim One Lee: send the message on this page.",
    )


def remove(sample: PartnerFixture) -> Act:
    return Act(
        sample.url("benefits:remove"),
        {},
        "benefits.removed",
        "Kim One Global admin no longer holds this credit.",
    )


def transfer(sample: PartnerFixture) -> Act:
    form = {"directory_user": sample.person.pk, "confirmed": "on"}
    return Act(
        sample.url("benefits:transfer"),
        form,
        "benefits.transferred",
        "Done. The portal doesn't notify Kim One Lee: send the message on this page.",
    )


def add_user(sample: PartnerFixture) -> Act:
    message = f"Lou is now in the directory of {sample.tenant}."
    return by_form(sample, "tenants:add-user", "tenants.person-added", message)


def invite_guest(sample: PartnerFixture) -> Act:
    message = f"Lou is now in the directory of {sample.tenant}."
    return by_form(sample, "tenants:add-user?guest", "tenants.guest-invited", message)


def give_role(sample: PartnerFixture) -> Act:
    message = "Kim One Lee now holds the role Account member."
    return by_form(sample, "tenants:give-role", "tenants.role-given", message)


def change_role(sample: PartnerFixture) -> Act:
    message = "Kim One Account member now holds the role Global admin."
    return by_form(sample, "tenants:change-role", "tenants.role-changed", message)


def take_role(sample: PartnerFixture) -> Act:
    message = "Kim One Account member no longer holds the role Account member."
    return Act(sample.url("tenants:take-role"), {}, "tenants.role-taken", message)


def disable(sample: PartnerFixture) -> Act:
    message = (
        "Kim One Lee is disabled. Credit that they hold stays until you remove or transfer it."
    )
    return Act(sample.url("tenants:disable-user"), {}, "tenants.person-disabled", message)


def enable(sample: PartnerFixture) -> Act:
    return Act(
        sample.url("tenants:enable-user"),
        {},
        "tenants.person-enabled",
        "Kim One Off is enabled again.",
    )


def make_primary(sample: PartnerFixture) -> Act:
    return Act(
        sample.url("tenants:make-primary"),
        {},
        "tenants.primary-chosen",
        f"{sample.second} is now the primary tenant.",
    )


def ask_for_tenant(sample: PartnerFixture) -> Act:
    message = "Request sent. The program team will review lou.example."
    return by_form(sample, "tenants:ask-for-tenant", "tenants.tenant-asked-for", message)


def ask_for_replacement(sample: PartnerFixture) -> Act:
    message = "The program team has your request. You'll find the answer on this receipt."
    return by_form(sample, "licensing:replacement", "licensing.replacement-asked", message)


def ask_for_replacement_of_order(sample: PartnerFixture) -> Act:
    message = "The program team has your request. You'll find the answer here, with the order."
    return by_form(sample, "licensing:order-replacement", "licensing.replacement-asked", message)


def switch(sample: PartnerFixture) -> Act:
    message = f"You're now working in {sample.partner}, tenant {sample.second}."
    return Act(reverse("tenants:switch"), {"place": sample.second.pk}, "", message)


def give_license(sample: PartnerFixture) -> Act:
    message = f"Kim One Lee now has a license of {sample.license_pool.product}."
    return by_form(sample, "licensing:give-license", "licensing.license-given", message)


def take_license(sample: PartnerFixture) -> Act:
    product = sample.license_assignment.product
    message = f"Kim One Global admin no longer has a license of {product}."
    return Act(sample.url("licensing:take-license"), {}, "licensing.license-taken", message)


def move_license(sample: PartnerFixture) -> Act:
    products = f"{sample.order.subscription.product} instead of {sample.license_pool.product}"
    message = f"Kim One Global admin now has a license of {products}."
    return by_form(sample, "licensing:move-license", "licensing.license-moved", message)


def silence(sample: PartnerFixture) -> Act:
    message = "You won't be reminded of this anymore. Your colleagues still are."
    return by_form(sample, "reminders:switch-benefit", "reminders.silenced", message)


def resume(sample: PartnerFixture) -> Act:
    thing = sample.subscription
    Silence.objects.create(user=sample.boss, partner=sample.partner, subscription=thing)
    return Act(
        sample.url("reminders:switch-subscription"),
        {"remind": "on"},
        "reminders.resumed",
        "You'll be reminded of this again.",
    )


def choose_reminders(sample: PartnerFixture) -> Act:
    message = "Your reminders are saved."
    return by_form(sample, "reminders:reminders", "reminders.changed", message)


def send_reminders(sample: PartnerFixture) -> Act:
    starts_on = factories.TODAY - timedelta(days=335)  # so that it ends in 30
    factories.MembershipFactory.create(partner=sample.partner, starts_on=starts_on)
    return Act(
        sample.url("reminders:send-today"),
        {},
        "reminders.asked-for",
        f"Today's reminders are on their way to {sample.boss.email}.",
    )


def accept_tenant(sample: PartnerFixture) -> Act:
    asked = sample.tenant_request
    url, form = office("tenants_tenantrequest", "accept", asked.pk)
    return Act(url, form, "tenants.tenant-accepted", f"{asked}: accepted.", by_staff=True)


def decline_tenant(sample: PartnerFixture) -> Act:
    asked = sample.tenant_request
    url, form = office("tenants_tenantrequest", "decline", asked.pk)
    return Act(url, form, "tenants.tenant-declined", f"{asked}: declined.", by_staff=True)


def revoke_key(sample: PartnerFixture) -> Act:
    url, form = office("benefits_productkey", "revoke", sample.key.pk)
    return Act(url, form, "benefits.key-revoked", f"{sample.key}: revoked.", by_staff=True)


def issue_another_key(sample: PartnerFixture) -> Act:
    sample.key.revoke("Lost", by=sample.by)
    url, form = office("benefits_benefit", "issue_another_key", sample.licenses.pk)
    return Act(url, form, "benefits.key-issued", f"{sample.licenses}: issued.", by_staff=True)


def grant_replacement(sample: PartnerFixture) -> Act:
    url, form = office("licensing_replacement", "grant", asked_replacement(sample).pk)
    return Act(url, form, "licensing.replacement-granted", ": replaced.", by_staff=True)


def decline_replacement(sample: PartnerFixture) -> Act:
    url, form = office("licensing_replacement", "decline", asked_replacement(sample).pk)
    return Act(url, form, "licensing.replacement-declined", ": declined.", by_staff=True)


def asked_replacement(sample: PartnerFixture) -> Replacement:
    return Replacement.objects.ask(
        sample.redemption, "Wrong tenant", by=sample.by, on=factories.TODAY
    )


def end_membership(sample: PartnerFixture) -> Act:
    url = reverse("admin:benefits_membership_end", args=[sample.credit.membership_id])
    form = {"last_day": (factories.TODAY + timedelta(days=9)).isoformat(), "reason": "Asked for"}
    return Act(
        url,
        form,
        "benefits.membership-ended",
        "The membership now ends on the day given.",
        by_staff=True,
    )


def renew_membership(sample: PartnerFixture) -> Act:
    membership = sample.credit.membership
    url = reverse("admin:benefits_membership_renew", args=[membership.pk])
    form = {"plan": membership.renewal().plan().fingerprint}
    return Act(
        url, form, "benefits.provisioned", ": made 1 benefit and 0 product keys.", by_staff=True
    )


def enroll(sample: PartnerFixture) -> Act:
    line = factories.PackageLineFactory.create()
    planned = Membership(partner=sample.partner, offer=line.offer, starts_on=factories.TODAY)
    planned.set_days()
    form = {
        "partner": sample.partner.pk,
        "offer": line.offer.pk,
        "starts_on": factories.TODAY.isoformat(),
    }
    form["plan"] = planned.plan().fingerprint
    message = ": made 1 benefit and 1 product key."
    return Act(
        reverse("admin:benefits_membership_add"),
        form,
        "benefits.provisioned",
        message,
        by_staff=True,
    )


ACTS = [
    assign,
    assign_bulk,
    remove,
    transfer,
    add_user,
    invite_guest,
    give_role,
    change_role,
    take_role,
    disable,
    enable,
    make_primary,
    ask_for_tenant,
    ask_for_replacement,
    ask_for_replacement_of_order,
    give_license,
    take_license,
    move_license,
    switch,
    silence,
    resume,
    choose_reminders,
    send_reminders,
    accept_tenant,
    decline_tenant,
    revoke_key,
    issue_another_key,
    grant_replacement,
    decline_replacement,
    end_membership,
    renew_membership,
    enroll,
]
