"""Staff decide on the tenants that partners ask for (rule P1)."""

import pytest
from django.test import Client

from benefits_portal.tenants.models import How, Record, Tenant, TenantRequest, User
from tests import factories
from tests.clients import SignIn

from .conftest import BECAUSE, page

pytestmark = pytest.mark.rule("P1")


def decide(office: Client, action: str, *requests: TenantRequest) -> list[str]:
    sent = {"action": action, "_selected_action": [asked.pk for asked in requests]} | BECAUSE
    answer = office.post(page(TenantRequest, "changelist"), sent, follow=True)
    return [str(message) for message in answer.context["messages"]]


def test_an_accepted_tenant_is_made_and_a_declined_one_is_not(
    office: Client, programme: User
) -> None:
    wanted, unwanted = factories.TenantRequestFactory.create_batch(2)
    assert decide(office, "accept", wanted) == [f"{wanted}: accepted."]
    assert decide(office, "decline", unwanted) == [f"{unwanted}: declined."]
    assert [tenant.domain for tenant in Tenant.objects.all()] == [wanted.domain]
    assert [
        (record.action, record.actor, record.how) for record in Record.objects.order_by("pk")
    ] == [
        ("tenants.tenant-accepted", programme, How.BACK_OFFICE),
        ("tenants.tenant-declined", programme, How.BACK_OFFICE),
    ]


def test_one_whose_domain_is_in_use_is_refused_and_the_others_are_made(office: Client) -> None:
    taken = factories.TenantRequestFactory.create(domain=factories.TenantFactory.create().domain)
    free = factories.TenantRequestFactory.create()
    messages = decide(office, "accept", free, taken)
    assert f"{free}: accepted." in messages
    assert any("There is a tenant with this domain already." in text for text in messages)
    assert [asked.domain for asked in TenantRequest.objects.undecided()] == [taken.domain]


@pytest.mark.parametrize("action", ["accept", "decline"])
def test_support_decides_nothing(support: User, sign_in: SignIn, action: str) -> None:
    asked = factories.TenantRequestFactory.create()
    decide(sign_in(support), action, asked)
    assert (TenantRequest.objects.undecided().get(), Tenant.objects.count()) == (asked, 0)
