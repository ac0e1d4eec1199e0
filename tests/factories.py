"""Valid objects of every model; a test names only what it is about.

The world's day is 2021-05-01. A membership of the factories started on 2021-01-01, so its
enrollment year ends on 2022-01-01 and its benefits expire on 2022-01-31.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import factory
from factory.django import DjangoModelFactory

from benefits_portal import clock
from benefits_portal.benefits.models import (
    Assignment,
    Benefit,
    BenefitType,
    CreditAmount,
    ExternalOffer,
    HeldOffer,
    Membership,
    Offer,
    PackageLine,
    Product,
    ProductKey,
)
from benefits_portal.dates import add_months
from benefits_portal.licensing.models import (
    LicenseAssignment,
    LicensePool,
    Order,
    Redemption,
    Replacement,
    Subscription,
)
from benefits_portal.licensing.order_quotes import STEP_KINDS, OrderStep
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.practice.models import (
    Class,
    ExerciseAttempt,
    Persona,
    Room,
    RoomPartner,
)
from benefits_portal.reminders.models import Digest, Feed, Preference, Run, Silence, Told
from benefits_portal.reminders.topics import Occasion
from benefits_portal.tenants.limits import SIGN_IN, digest
from benefits_portal.tenants.models import (
    Actor,
    Attempt,
    DirectoryUser,
    KeyAttempt,
    Mail,
    Partner,
    PracticeWorld,
    Record,
    Role,
    RoleAssignment,
    Tenant,
    TenantRequest,
    User,
)
from benefits_portal.tenants.signing_in_forms import PASSWORD_LINK

TODAY = date(2021, 5, 1)
NOW = datetime.combine(TODAY, time(12), UTC)
PASSWORD = "correct horse battery staple"


class PartnerFactory(DjangoModelFactory[Partner]):
    class Meta:
        model = Partner

    name = factory.Sequence("Partner {}".format)
    mpn_id = factory.Sequence(lambda n: f"{1_000_000 + n}")
    country = "US"
    currency = "USD"


def used_colors(tenant: Any) -> set[str]:
    partner = tenant.partner
    return set(partner.tenants.values_list("color", flat=True)) if partner.pk else set()


class TenantFactory(DjangoModelFactory[Tenant]):
    """A tenant of a partner, the first one primary; each gets the first color that is free."""

    class Meta:
        model = Tenant

    partner = factory.SubFactory(PartnerFactory)
    name = factory.Sequence("Tenant {}".format)
    domain = factory.Sequence("tenant{}.onmicrosoft.com".format)

    class Params:
        used = factory.LazyAttribute(used_colors)

    is_primary = factory.LazyAttribute(lambda tenant: not tenant.used)
    color = factory.LazyAttribute(
        lambda tenant: next(color for color in Tenant.Color.values if color not in tenant.used)
    )


class TenantRequestFactory(DjangoModelFactory[TenantRequest]):
    """Not decided yet. `TenantRequest.objects.ask` also checks, and puts it on record."""

    class Meta:
        model = TenantRequest

    partner = factory.SubFactory(PartnerFactory)
    name = factory.Sequence("Asked for {}".format)
    domain = factory.Sequence("asked-for{}.example".format)


class DirectoryUserFactory(DjangoModelFactory[DirectoryUser]):
    class Meta:
        model = DirectoryUser

    tenant = factory.SubFactory(TenantFactory)
    display_name = factory.Sequence("Person {}".format)
    user_principal_name = factory.LazyAttributeSequence(
        lambda person, n: f"person{n}@{person.tenant.domain}"
    )

    class Params:
        disabled = factory.Trait(disabled_at=NOW)
        guest = factory.Trait(kind=DirectoryUser.Kind.GUEST)


class UserFactory(DjangoModelFactory[User]):
    """Somebody who can sign in with PASSWORD and holds no role.

    `directory_user=None` for somebody from nowhere.
    """

    class Meta:
        model = User
        skip_postgeneration_save = True

    directory_user = factory.SubFactory(DirectoryUserFactory)
    name = factory.Sequence("User {}".format)
    email = factory.Sequence("user{}@example.com".format)
    password = factory.django.Password(PASSWORD)

    class Params:
        staff = factory.Trait(is_staff=True, directory_user=None)


class RoleAssignmentFactory(DjangoModelFactory[RoleAssignment]):
    class Meta:
        model = RoleAssignment

    user = factory.SubFactory(UserFactory)
    partner = factory.SelfAttribute("user.home_partner")
    role = Role.PARTNER_ADMIN
    acts_since = datetime(2020, 1, 1, tzinfo=UTC)  # long before the world's day


class RecordFactory(DjangoModelFactory[Record]):
    class Meta:
        model = Record

    action = "tests.noted"
    how = "command"
    partner = factory.SubFactory(PartnerFactory)


class KeyAttemptFactory(DjangoModelFactory[KeyAttempt]):
    class Meta:
        model = KeyAttempt

    user = factory.SubFactory(UserFactory)
    partner = factory.SelfAttribute("user.home_partner")
    digest = factory.Sequence("{:064x}".format)


class AttemptFactory(DjangoModelFactory[Attempt]):
    """A wrong password of an account from one address.

    `refused=True` for the one that locked it out.
    """

    class Meta:
        model = Attempt

    class Params:
        email = "anna@example.com"
        network = "192.0.2.1"
        refused = factory.Trait(
            refused_until=factory.LazyFunction(lambda: clock.now() + timedelta(minutes=15))
        )

    limit = SIGN_IN.name
    subject = factory.LazyAttribute(lambda tried: SIGN_IN.of((tried.email, tried.network)).subject)
    account = factory.LazyAttribute(lambda tried: digest("account", tried.email))


class MailFactory(DjangoModelFactory[Mail]):
    """A link to set a password, which waits to be sent."""

    class Meta:
        model = Mail

    kind = PASSWORD_LINK
    message_id = factory.Sequence("<{}@portal.example>".format)
    next_try_at = factory.LazyFunction(clock.now)


class PracticeWorldFactory(DjangoModelFactory[PracticeWorld]):
    class Meta:
        model = PracticeWorld

    as_of = TODAY


class ClassFactory(DjangoModelFactory[Class]):
    """Open for a day, with a code."""

    class Meta:
        model = Class
        skip_postgeneration_save = True

    title = factory.Sequence("Class {}".format)
    situation = "contoso"
    language = "en"
    made_by = factory.SubFactory(UserFactory, directory_user=None)
    closes_at = factory.LazyFunction(lambda: clock.now() + timedelta(days=1))
    code = factory.PostGeneration(lambda made, create, _value, **_more: create and made.draw_code())


class RoomFactory(DjangoModelFactory[Room]):
    """Nothing is in it; `furnish` makes a whole one."""

    class Meta:
        model = Room

    of_class = factory.SubFactory(ClassFactory)
    name = factory.Sequence("Trainee {}".format)
    suffix = factory.Sequence("r{}".format)
    entry = factory.Sequence("{:036}".format)


class ExerciseAttemptFactory(DjangoModelFactory[ExerciseAttempt]):
    """Begun."""

    class Meta:
        model = ExerciseAttempt

    room = factory.SubFactory(RoomFactory)
    generation = factory.SelfAttribute("room.generation")
    exercise = "give-monthly-credit"
    what = ExerciseAttempt.What.BEGUN
    on = TODAY


class RoomPartnerFactory(DjangoModelFactory[RoomPartner]):
    class Meta:
        model = RoomPartner

    room = factory.SubFactory(RoomFactory)
    partner = factory.SubFactory(PartnerFactory, is_practice=True)


class PersonaFactory(DjangoModelFactory[Persona]):
    class Meta:
        model = Persona

    room = factory.SubFactory(RoomFactory)
    slug = "partner-admin"
    user = factory.SubFactory(UserFactory)


class OfferFactory(DjangoModelFactory[Offer]):
    """A competency; `is_competency=False` for an Action Pack."""

    class Meta:
        model = Offer

    name = factory.Sequence("Competency {}".format)


class ProductFactory(DjangoModelFactory[Product]):
    """Licenses, unless `monthly` or `bulk`."""

    class Meta:
        model = Product

    name = factory.Sequence("Product {}".format)

    class Params:
        monthly = factory.Trait(kind=Product.Kind.MONTHLY_CREDIT)
        bulk = factory.Trait(kind=Product.Kind.BULK_CREDIT)


def set_amount(line: PackageLine, create: bool, amount: Any, **_options: Any) -> None:
    if create and line.product.is_usage_based and amount is not False:
        CreditAmountFactory.create(line=line, amount=amount or 100)


class PackageLineFactory(DjangoModelFactory[PackageLine]):
    """25 licenses, or 100 USD of credit where its product is credit."""

    class Meta:
        model = PackageLine
        skip_postgeneration_save = True

    offer = factory.SubFactory(OfferFactory)
    product = factory.SubFactory(ProductFactory)
    quantity = factory.LazyAttribute(lambda line: None if line.product.is_usage_based else 25)

    class Params:
        incremental = factory.Trait(
            benefit_type=BenefitType.INCREMENTAL, competency="Cloud Platform"
        )

    amount = factory.PostGeneration(set_amount)


class CreditAmountFactory(DjangoModelFactory[CreditAmount]):
    class Meta:
        model = CreditAmount

    line = factory.SubFactory(PackageLineFactory, product__monthly=True, amount=False)
    currency = "USD"
    amount = 100


class MembershipFactory(DjangoModelFactory[Membership]):
    """An enrollment as of 2021-01-01, not provisioned; `Membership.enroll` does both."""

    class Meta:
        model = Membership

    partner = factory.SubFactory(PartnerFactory)
    offer = factory.SubFactory(OfferFactory)
    starts_on = date(2021, 1, 1)

    @classmethod
    def _build(cls, model_class: type[Membership], *args: Any, **kwargs: Any) -> Membership:
        membership: Membership = super()._build(model_class, *args, **kwargs)
        membership.set_days()
        return membership

    @classmethod
    def _create(cls, model_class: type[Membership], *args: Any, **kwargs: Any) -> Membership:
        membership = cls._build(model_class, *args, **kwargs)
        membership.save()
        return membership


def issue_first_key(
    benefit: Benefit, create: bool, key: str | bool | None, **_options: Any
) -> None:
    if create and key:
        benefit.issue_key(by=Actor(), text=key if isinstance(key, str) else "")


class BenefitFactory(DjangoModelFactory[Benefit]):
    """25 licenses of a product without a key; credit with `monthly` or `bulk`.

    `key=True` issues the key too.
    """

    class Meta:
        model = Benefit
        skip_postgeneration_save = True

    partner = factory.SubFactory(PartnerFactory)
    membership = factory.SubFactory(MembershipFactory, partner=factory.SelfAttribute("..partner"))
    product = factory.SubFactory(ProductFactory)
    package_line = factory.SubFactory(
        PackageLineFactory,
        offer=factory.SelfAttribute("..membership.offer"),
        product=factory.SelfAttribute("..product"),
    )
    product_name = factory.SelfAttribute("product.name")
    offer_name = factory.SelfAttribute("membership.offer.name")
    benefit_type = factory.SelfAttribute("package_line.benefit_type")
    competency = factory.SelfAttribute("package_line.competency")
    quantity = 25
    starts_on = factory.SelfAttribute("membership.starts_on")
    expires_on = factory.SelfAttribute("membership.benefits_expire_on")

    class Params:
        credit = factory.Trait(
            quantity=None, credit_amount=100, currency=factory.SelfAttribute("partner.currency")
        )
        monthly = factory.Trait(credit=True, product__monthly=True)
        bulk = factory.Trait(credit=True, product__bulk=True, credit_amount=6000)

    key = factory.PostGeneration(issue_first_key)


def person_of(user: User) -> DirectoryUser:
    """Who `user` is in the directory where they are at home."""
    assert user.directory_user
    return user.directory_user


def home_of(by: Actor) -> Partner:
    """The partner in whose directory `by` is."""
    assert by.user
    return person_of(by.user).tenant.partner


def live_key_of(benefit: Benefit) -> ProductKey:
    key = benefit.live_key()
    assert key
    return key


def issue_key(**facts: Any) -> ProductKey:
    """A live key; `partner`, `product`, `quantity`, `expires_on` … are its benefit's."""
    return BenefitFactory.create(**facts).issue_key(by=Actor())


def exclude_products(
    offer: ExternalOffer, create: bool, products: Iterable[Product] | None, **_options: Any
) -> None:
    if create and products:
        offer.excludes.add(*products)


class ExternalOfferFactory(DjangoModelFactory[ExternalOffer]):
    class Meta:
        model = ExternalOffer
        skip_postgeneration_save = True

    name = factory.Sequence("External offer {}".format)

    excludes = factory.PostGeneration(exclude_products)


class HeldOfferFactory(DjangoModelFactory[HeldOffer]):
    """Held by a person; `directory_user=None` with a `partner` for a whole partner."""

    class Meta:
        model = HeldOffer

    external_offer = factory.SubFactory(ExternalOfferFactory)
    directory_user = factory.SubFactory(DirectoryUserFactory)
    partner = factory.SelfAttribute("directory_user.tenant.partner")
    since = date(2020, 1, 1)


class AssignmentFactory(DjangoModelFactory[Assignment]):
    """Monthly credit given to somebody, unless its benefit is bulk credit."""

    class Meta:
        model = Assignment

    benefit = factory.SubFactory(BenefitFactory, monthly=True)
    partner = factory.SelfAttribute("benefit.partner")
    directory_user = factory.SubFactory(
        DirectoryUserFactory, tenant__partner=factory.SelfAttribute("...partner")
    )
    is_exclusive = factory.SelfAttribute("benefit.product.is_bulk_credit")
    assigned_on = TODAY

    @classmethod
    def _create(cls, model_class: type[Assignment], *args: Any, **kwargs: Any) -> Assignment:
        assignment: Assignment = super()._create(model_class, *args, **kwargs)
        assignment.benefit.review_use()
        return assignment


class SubscriptionFactory(DjangoModelFactory[Subscription]):
    """25 licenses that ran from 2021-01-01 and end on 2022-01-01.

    On the world's day they are in the middle of their life.
    """

    class Meta:
        model = Subscription

    tenant = factory.SubFactory(TenantFactory)
    partner = factory.SelfAttribute("tenant.partner")
    product = factory.SubFactory(ProductFactory)
    product_name = factory.SelfAttribute("product.name")
    licenses = 25
    starts_on = factory.LazyAttribute(
        lambda subscription: min(date(2021, 1, 1), subscription.ends_on)
    )
    ends_on = date(2022, 1, 1)
    since = factory.SelfAttribute("starts_on")


class PreferenceFactory(DjangoModelFactory[Preference]):
    """What holds for whoever has not chosen: each day, 90, 30, 7 and 1 days before."""

    class Meta:
        model = Preference

    user = factory.SubFactory(UserFactory)
    partner = factory.SubFactory(PartnerFactory)


class SilenceFactory(DjangoModelFactory[Silence]):
    class Meta:
        model = Silence

    user = factory.SubFactory(UserFactory)
    subscription = factory.SubFactory(SubscriptionFactory)
    partner = factory.SelfAttribute("subscription.partner")


class RunFactory(DjangoModelFactory[Run]):
    """One that has not ended."""

    class Meta:
        model = Run


class FeedFactory(DjangoModelFactory[Feed]):
    """A calendar feed whose secret nobody knows; `Feed.objects.make` gives one."""

    class Meta:
        model = Feed

    role = factory.SubFactory(RoleAssignmentFactory)
    user = factory.SelfAttribute("role.user")
    partner = factory.SelfAttribute("role.partner")
    digest = factory.Sequence("{:064x}".format)


class DigestFactory(DjangoModelFactory[Digest]):
    """One that waits to be sent."""

    class Meta:
        model = Digest

    user = factory.SubFactory(UserFactory)
    partner = factory.SubFactory(PartnerFactory)
    for_day = TODAY
    message_id = factory.Sequence("<reminder{}@portal.example>".format)
    next_try_at = factory.LazyFunction(clock.now)


class ToldFactory(DjangoModelFactory[Told]):
    """That a subscription ends in a month."""

    class Meta:
        model = Told

    digest = factory.SubFactory(DigestFactory)
    user = factory.SelfAttribute("digest.user")
    occasion = Occasion.SUBSCRIPTION_ENDS
    subject_id = 1
    due_on = TODAY + timedelta(days=30)
    threshold = 30


class LicenseAssignmentFactory(DjangoModelFactory[LicenseAssignment]):
    """A license that somebody in its tenant has; `pool` makes one with subscriptions."""

    class Meta:
        model = LicenseAssignment

    tenant = factory.SubFactory(TenantFactory)
    partner = factory.SelfAttribute("tenant.partner")
    product = factory.SubFactory(ProductFactory)
    directory_user = factory.SubFactory(
        DirectoryUserFactory, tenant=factory.SelfAttribute("..tenant")
    )
    given_on = TODAY


def pool(licenses: int = 25, given: int = 0, **facts: Any) -> LicensePool:
    """The licenses of one subscription, of which `given` people have one."""
    subscription = SubscriptionFactory.create(licenses=licenses, **facts)
    made = LicensePool(subscription.tenant, subscription.product)
    LicenseAssignmentFactory.create_batch(given, tenant=made.tenant, product=made.product)
    return made


def redeem(
    key: ProductKey | None = None,
    *,
    tenant: Tenant | None = None,
    on: date = TODAY,
    by: Actor | None = None,
) -> Redemption:
    """A first activation: `redemption.subscription` is what it brought."""
    key = key or issue_key(**({"partner": tenant.partner} if tenant else {}))
    tenant = (
        tenant
        or key.partner.tenants.first()
        or TenantFactory.create(partner=key.partner, is_primary=True)
    )
    return Subscription.activate(key, tenant, by=by or Actor(), on=on)


def bought(licenses: int = 25, ends_on: date = date(2022, 1, 1), **facts: Any) -> Subscription:
    """A subscription that a key brought a year before `ends_on`.

    So it follows from its redemptions.
    """
    on = add_months(ends_on, -12)
    key = issue_key(quantity=licenses, membership__starts_on=on, **facts)
    return redeem(key, on=on).subscription


def replace(redemption: Redemption, *, on: date = TODAY) -> Replacement:
    """A replacement that was asked for and granted, with the reversal that follows."""
    asked = Replacement.objects.ask(redemption, "Redeemed in the wrong tenant", by=Actor(), on=on)
    asked.grant(by=Actor(), on=on)
    return asked


def order(
    *kinds: RedemptionKind, subscription: Subscription | None = None, on: date = TODAY
) -> Order:
    """An order of a new key for each of `kinds`, which extends and adds unless told."""
    subscription = subscription or redeem().subscription
    steps = [OrderStep(way, key_for(subscription)) for way in kinds or STEP_KINDS]
    return Order.redeem(subscription, steps, tenant=subscription.tenant, by=Actor(), on=on)


def key_for(subscription: Subscription, licenses: int | None = None) -> ProductKey:
    """A live key that fits `subscription`, with as many licenses as it has unless told."""
    return issue_key(
        partner=subscription.partner,
        product=subscription.product,
        quantity=licenses or subscription.licenses,
    )
