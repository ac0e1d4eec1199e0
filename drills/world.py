"""Who takes part in a drill, made by the tests' factories.

Partners with people, subscriptions, keys and credit.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta

from benefits_portal import clock
from benefits_portal.benefits.models import Benefit, BenefitType, Membership, PackageLine, Product
from benefits_portal.licensing.models import Subscription
from benefits_portal.tenants.models import Actor, Role, Tenant, User
from tests import factories

PASSWORD = factories.PASSWORD


@dataclass
class Member:
    """A person with a subscription, keys that fit it, credit to give, and people to give it to."""

    user: User
    tenant: Tenant
    subscription: Subscription
    credit: Benefit
    colleagues: list[int]
    keys: list[int] = field(default_factory=list)

    @property
    def acting_in(self) -> str:
        return f"{self.tenant.partner_id}-{self.tenant.pk}"


def members(partners: int, people: int, keys: int) -> list[Member]:
    """`people` at each of `partners`, with `keys` each, any of which extends the subscription."""
    today, made = clock.today(), []
    competency = factories.OfferFactory.create()
    monthly = factories.ProductFactory.create(monthly=True)
    password = factories.UserFactory.build(directory_user=None).password
    for _ in range(partners):
        tenant = factories.TenantFactory.create(is_primary=True)
        membership = factories.MembershipFactory.create(
            partner=tenant.partner, offer=competency, starts_on=today - timedelta(days=100)
        )
        colleagues = [
            person.pk
            for person in factories.DirectoryUserFactory.create_batch(people * 2, tenant=tenant)
        ]
        for number in range(people):
            user = factories.UserFactory.create(directory_user__tenant=tenant, password=None)
            User.objects.filter(pk=user.pk).update(password=password)
            factories.RoleAssignmentFactory.create(
                user=user, partner=tenant.partner, role=Role.PARTNER_ADMIN
            )
            subscription = factories.SubscriptionFactory.create(
                tenant=tenant, licenses=500, ends_on=date(2090, 1, 31)
            )
            credit = factories.BenefitFactory.create(
                partner=tenant.partner,
                membership=membership,
                monthly=True,
                product=monthly,
                package_line=line(membership, monthly, number, None),
            )
            member = Member(
                user, tenant, subscription, credit, colleagues[number * 2 : number * 2 + 2]
            )
            member.keys = [key_for(member, membership, number) for number in range(keys)]
            made.append(member)
    return made


def key_for(member: Member, membership: Membership, number: int, licenses: int = 2) -> int:
    """A live key of a benefit of its own."""
    product = member.subscription.product
    benefit = factories.BenefitFactory.create(
        partner=member.tenant.partner,
        membership=membership,
        product=product,
        package_line=line(membership, product, number, licenses),
        quantity=licenses,
    )
    key: int = benefit.issue_key(by=Actor()).pk
    return key


def line(
    membership: Membership, product: Product, number: int, quantity: int | None
) -> PackageLine:
    """The `number`th line of that product in the offer's package."""
    queries = {
        "offer": membership.offer,
        "product": product,
        "benefit_type": BenefitType.INCREMENTAL,
        "competency": f"Area {number}",
    }
    return PackageLine.objects.get_or_create(**queries, defaults={"quantity": quantity})[0]
