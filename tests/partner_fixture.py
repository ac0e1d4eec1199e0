"""A partner with one of everything that the pages show, and each page's URL and form by its name.

What is visible of it carries one word of its own, so that a leak is a word in the wrong place.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from benefits_portal.benefits.key_encryption import decrypted
from benefits_portal.benefits.models import Assignment, Benefit, HeldOffer, Product, ProductKey
from benefits_portal.licensing.models import (
    LicenseAssignment,
    LicensePool,
    Order,
    Redemption,
    Subscription,
    quote_redemption,
)
from benefits_portal.licensing.order_quotes import STEP_KINDS, OrderStep
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.reminders.link_submission import LinkSubmission
from benefits_portal.reminders.models import Feed, Preference, Silence, Told
from benefits_portal.reminders.unsubscribing import token_of
from benefits_portal.tenants.models import (
    Actor,
    DirectoryUser,
    KeyAttempt,
    Role,
    RoleAssignment,
    Tenant,
    TenantRequest,
    User,
)
from tests import factories

COMMON = "Kim"  # in every name: a search for it finds all that one may see


class PartnerFixture:
    """What its people can be sent to (`url`) and send (`form`).

    Each thing is made when it is first named, so a test pays for what it is about; where leaks are
    looked for or requests are rolled back, take one `with_everything()`.
    """

    def __init__(self, word: str = "Northwind", tenant: Tenant | None = None) -> None:
        self.word = word
        self.tenant = tenant or factories.TenantFactory.create(
            partner__name=self._named("Ltd"),
            name=self._named("HQ"),
            domain=f"{word.lower()}.example",
            is_primary=True,
        )
        self.partner = self.tenant.partner

    def _named(self, what: str) -> str:
        return f"{COMMON} {self.word} {what}"

    @classmethod
    def with_everything(cls, word: str) -> "PartnerFixture":
        made = cls(word)
        for name, value in vars(cls).items():
            if isinstance(value, cached_property):
                getattr(made, name)
        return made

    # People

    @cached_property
    def second(self) -> Tenant:
        return factories.TenantFactory.create(
            partner=self.partner,
            name=self._named("Labs"),
            domain=f"{self.word.lower()}-labs.example",
        )

    @cached_property
    def boss(self) -> User:
        return self._user(Role.GLOBAL_ADMIN)

    @cached_property
    def admin(self) -> User:
        return self._user(Role.PARTNER_ADMIN)

    @cached_property
    def member(self) -> User:
        return self._user(Role.MEMBER)

    @cached_property
    def member_role(self) -> RoleAssignment:
        return self.member.role_assignments.get()

    @cached_property
    def nobody(self) -> User:
        return self._user(None, "Nobody")

    @cached_property
    def forgetful(self) -> User:
        return self._user(None, "Forgetful")

    def _user(self, role: Role | None, name: str = "") -> User:
        named = self._named(name or str(role and role.label))
        user = factories.UserFactory.create(
            directory_user__tenant=self.tenant, directory_user__display_name=named, name=named
        )
        if role:
            factories.RoleAssignmentFactory.create(user=user, role=role)
        return user

    @cached_property
    def person(self) -> DirectoryUser:
        return factories.DirectoryUserFactory.create(
            tenant=self.tenant, display_name=self._named("Lee")
        )

    @cached_property
    def disabled(self) -> DirectoryUser:
        return factories.DirectoryUserFactory.create(
            tenant=self.tenant, display_name=self._named("Off"), disabled=True
        )

    @cached_property
    def feed_secret(self) -> str:
        """Of the calendar feed of somebody else: making another one leaves it as it is."""
        role = self._user(Role.MEMBER, "Reader").role_assignments.get()
        return Feed.objects.make(role, by=Actor(role.user))

    @property
    def by(self) -> Actor:
        return Actor(self.boss)

    # Credit

    @cached_property
    def credit(self) -> Benefit:
        return self._benefit("Credit", monthly=True)

    @cached_property
    def bulk(self) -> Benefit:
        return self._benefit("Bulk", bulk=True)

    @cached_property
    def assignment(self) -> Assignment:
        return self.credit.assign(factories.person_of(self.boss), by=self.by, on=factories.TODAY)

    @cached_property
    def transferable(self) -> Assignment:
        return self.bulk.assign(factories.person_of(self.admin), by=self.by, on=factories.TODAY)

    # Licenses

    @cached_property
    def licenses(self) -> Benefit:
        return self._benefit("Suite", key=True)

    @cached_property
    def key(self) -> ProductKey:
        return self.licenses.keys.get()

    @cached_property
    def redemption(self) -> Redemption:
        key = self._benefit("Running", key=True).keys.get()
        return Subscription.activate(key, self.tenant, by=self.by, on=factories.TODAY)

    @property
    def subscription(self) -> Subscription:
        return self.redemption.subscription

    @cached_property
    def fitting(self) -> ProductKey:
        """A key that extends the subscription or adds to it."""
        product = self.redemption.subscription.product
        return self._benefit("More", key=True, product=product).keys.get()

    @cached_property
    def second_fitting(self) -> ProductKey:
        """Another one, to redeem both in one order."""
        product = self.redemption.subscription.product
        return self._benefit("Yet more", key=True, product=product).keys.get()

    @property
    def license_pool(self) -> LicensePool:
        """The licenses of what the subscription is of."""
        return LicensePool(self.tenant, self.subscription.product)

    @cached_property
    def license_assignment(self) -> LicenseAssignment:
        """The boss has a license of the subscription's product."""
        boss = factories.person_of(self.boss)
        return self.license_pool.give(boss, by=self.by, on=factories.TODAY)

    @cached_property
    def order(self) -> Order:
        """Two keys, redeemed in one order for a subscription of its own."""
        product = self._benefit("Ordered", key=True).product
        keys = [
            self._benefit(f"Ordered {name}", key=True, product=product).keys.get()
            for name in ("first", "second", "third")
        ]
        subscription = factories.redeem(keys[0], tenant=self.tenant, by=self.by).subscription
        steps = [OrderStep(way, key) for way, key in zip(STEP_KINDS, keys[1:], strict=True)]
        return Order.redeem(subscription, steps, tenant=self.tenant, by=self.by, on=factories.TODAY)

    @property
    def steps(self) -> list[OrderStep]:
        """Those of an order that can be redeemed."""
        keys = (self.fitting, self.second_fitting)
        return [OrderStep(way, key) for way, key in zip(STEP_KINDS, keys, strict=True)]

    def _benefit(self, name: str, product: Product | None = None, **fields: Any) -> Benefit:
        about = {"product": product} if product else {"product__name": self._named(name)}
        return factories.BenefitFactory.create(
            partner=self.partner,
            membership__offer__name=self._named(f"{name} offer"),
            **about,
            **fields,
        )

    # What staff see

    @cached_property
    def held_offer(self) -> HeldOffer:
        return factories.HeldOfferFactory.create(
            directory_user=self.person, external_offer__name=self._named("agreement")
        )

    @cached_property
    def key_attempt(self) -> KeyAttempt:
        return factories.KeyAttemptFactory.create(user=self.admin)

    @cached_property
    def tenant_request(self) -> TenantRequest:
        return factories.TenantRequestFactory.create(
            partner=self.partner,
            name=self._named("Further"),
            domain=f"{self.word.lower()}-further.example",
        )

    # Reminders

    @cached_property
    def silence(self) -> Silence:
        """Of a benefit that no page of the table switches."""
        return Silence.objects.create(user=self.admin, partner=self.partner, benefit=self.credit)

    @cached_property
    def preference(self) -> Preference:
        return factories.PreferenceFactory.create(user=self.admin, partner=self.partner)

    @cached_property
    def told(self) -> Told:
        """That the subscription ends, in an email that was sent."""
        digest = factories.DigestFactory.create(
            user=self.admin,
            partner=self.partner,
            next_try_at=None,
            sent_at=factories.NOW,
            for_day=factories.TODAY - timedelta(days=1),
        )
        return factories.ToldFactory.create(digest=digest, subject_id=self.subscription.pk)

    @property
    def words(self) -> set[str]:
        """What nobody at another partner may ever be shown, in small letters."""
        ours = (self.key, self.fitting, self.second_fitting, self.redemption.key)
        keys = {key.last_five for key in ours}
        return {text.lower() for text in (self.word, str(self.tenant.guid), *keys)}

    @property
    def tenant_token(self) -> str:
        return f"{self.partner.pk}-{self.tenant.pk}"

    @property
    def acting_in(self) -> dict[str, str]:
        """The field of every form that says where it was rendered (P4)."""
        return {"acting_in": self.tenant_token}

    def url(self, page: str) -> str:
        """Of a page: a URL's name, and behind a `?` which of several, or its query string."""
        name, _which, _rest = page.partition("?")
        arguments = ARGUMENTS.get(page) or ARGUMENTS.get(name)
        query = QUERIES.get(page)
        return reverse(name, args=arguments(self) if arguments else []) + (
            f"?{query(self)}" if query else ""
        )

    def form(self, page: str) -> dict[str, Any]:
        """What somebody who may would send there."""
        return FORMS[page](self) if page in FORMS else {}

    def user_fields(self) -> dict[str, Any]:
        """Of a new member of the directory."""
        return {
            "kind": "member",
            "tenant": self.tenant.pk,
            "name": "Lou",
            "address": f"lou@{self.tenant.domain}",
        }

    def quote(self, kind: RedemptionKind) -> dict[str, str]:
        """The review's form for the fitting key."""
        quote = quote_redemption(
            kind, self.fitting, self.tenant, self.subscription, factories.TODAY
        )
        return {"quote": quote.signed()}

    @staticmethod
    def text_of(key: ProductKey) -> str:
        """The key in full, without putting on record that somebody saw it."""
        return decrypted(key.ciphertext)


STRONG = "a staple that no horse ever saw"


def reset_link(user: User) -> list[str]:
    """What is in the link that sets a new password."""
    return [
        urlsafe_base64_encode(force_bytes(user.pk)),
        default_token_generator.make_token(user),
    ]


def confirmed_tenant(it: PartnerFixture) -> dict[str, Any]:
    return {"tenant": it.tenant.pk, "domain": it.tenant.domain}


ARGUMENTS: dict[str, Callable[[PartnerFixture], list[Any]]] = {
    "licensing:benefit-detail?credit": lambda it: [it.credit.pk],
    "licensing:benefit-detail?redeemed": lambda it: [it.redemption.key.benefit_id],
    "licensing:benefit-history?credit": lambda it: [it.credit.pk],
    "licensing:benefit-history?redeemed": lambda it: [it.redemption.key.benefit_id],
    "tenants:password-set": lambda it: reset_link(it.forgetful),
    "tenants:user": lambda it: [it.person.pk],
    "tenants:disable-user": lambda it: [it.person.pk],
    "tenants:enable-user": lambda it: [it.disabled.pk],
    "tenants:change-role": lambda it: [it.member_role.pk],
    "tenants:take-role": lambda it: [it.member_role.pk],
    "tenants:make-primary": lambda it: [it.second.pk],
    "preview-reminders": lambda it: [it.admin.pk],
    "demo-mail": lambda _it: [1],
    "practice-join": lambda _it: ["BCDF-GHJK"],
    "practice-class": lambda _it: [1],
    "practice-class-code": lambda _it: [1],
    "practice-class-results": lambda _it: [1],
    "practice-class-room": lambda _it: [1, 1],
    "reminders:feed": lambda it: [it.feed_secret],
    "benefits:holders": lambda it: [it.credit.pk],
    "benefits:holders-csv": lambda it: [it.credit.pk],
    "benefits:assign": lambda it: [it.credit.pk],
    "benefits:assign-list": lambda it: [it.credit.pk],
    "benefits:remove": lambda it: [it.credit.pk, it.assignment.pk],
    "benefits:transfer": lambda it: [it.bulk.pk, it.transferable.pk],
    "licensing:benefit-detail": lambda it: [it.licenses.pk],
    "licensing:benefit-history": lambda it: [it.licenses.pk],
    "licensing:key": lambda it: [it.licenses.pk],
    "licensing:walkthrough": lambda it: [it.licenses.pk],
    "licensing:subscription": lambda it: [it.subscription.pk],
    "licensing:extend": lambda it: [it.subscription.pk],
    "licensing:add-licenses": lambda it: [it.subscription.pk],
    "licensing:order": lambda it: [it.subscription.pk],
    "licensing:order-receipt": lambda it: [it.order.pk],
    "licensing:order-replacement": lambda it: [it.order.pk],
    "licensing:receipt": lambda it: [it.redemption.pk],
    "licensing:replacement": lambda it: [it.redemption.pk],
    "licensing:license-holders": lambda it: [it.license_pool.product.pk],
    "licensing:license-holders-csv": lambda it: [it.license_pool.product.pk],
    "licensing:license-history": lambda it: [it.license_pool.product.pk],
    "licensing:give-license": lambda it: [it.license_pool.product.pk],
    "licensing:give-license-list": lambda it: [it.license_pool.product.pk],
    "licensing:take-license": lambda it: [it.license_pool.product.pk, it.license_assignment.pk],
    "licensing:move-license": lambda it: [it.license_pool.product.pk, it.license_assignment.pk],
    "reminders:switch-benefit": lambda it: [it.licenses.pk],
    "reminders:switch-subscription": lambda it: [it.subscription.pk],
    "reminders:unsubscribe": lambda it: [token_of(it.admin.pk, it.partner.pk)],
}

QUERIES: dict[str, Callable[[PartnerFixture], str]] = {
    "search?q": lambda it: f"q={COMMON}",
    "tenants:add-user?guest": lambda it: "kind=guest",
    "licensing:extend?key": lambda it: f"key={it.fitting.pk}",
    "licensing:plan?subscription": lambda it: f"subscription={it.subscription.pk}",
    "licensing:add-licenses?key": lambda it: f"key={it.fitting.pk}",
    "licensing:order?steps": lambda it: "&".join(f"step={step.reference}" for step in it.steps),
    "licensing:product-key-start?key": lambda it: f"key={it.key.pk}",
}

FORMS: dict[str, Callable[[PartnerFixture], dict[str, Any]]] = {
    # Its benefits were made one by one: what was shown is shown again
    "office: enrollments/1/provision-what-is-missing/": lambda it: {"shown": "something else"},
    "tenants:sign-in": lambda it: {"username": it.admin.email, "password": factories.PASSWORD},
    "tenants:password-ask": lambda it: {"email": it.admin.email},
    "tenants:password-change": lambda it: {
        "old_password": factories.PASSWORD,
        "new_password1": STRONG,
        "new_password2": STRONG,
    },
    "tenants:switch": lambda it: {"place": it.second.pk},
    "tenants:add-user": lambda it: it.user_fields(),
    "tenants:add-user?guest": lambda it: (
        it.user_fields() | {"kind": "guest", "address": "lou@outside.example"}
    ),
    "tenants:give-role": lambda it: {"person": it.person.pk, "role": Role.MEMBER.value},
    "tenants:change-role": lambda it: {"role": Role.GLOBAL_ADMIN.value},
    "tenants:ask-for-tenant": lambda it: {"name": "Lou's", "domain": "lou.example"},
    "benefits:assign": lambda it: {"directory_user": it.person.pk},
    "benefits:assign-list": lambda it: {"people": it.person.user_principal_name},
    "benefits:transfer": lambda it: {"directory_user": it.person.pk, "confirmed": "on"},
    "licensing:key": lambda it: {"verified": "on"},
    "licensing:give-license": lambda it: {"directory_user": it.person.pk},
    "licensing:give-license-list": lambda it: {"people": it.person.user_principal_name},
    "licensing:move-license": lambda it: {"product": it.order.product_id},
    "licensing:product-key-start": lambda it: confirmed_tenant(it),
    "licensing:product-key-start?key": lambda it: confirmed_tenant(it),
    "licensing:replacement": lambda it: {"why": "Wrong tenant"},
    "licensing:order-replacement": lambda it: {"why": "Wrong tenant"},
    "licensing:extend": lambda it: {"key": it.text_of(it.fitting)},
    "licensing:add-licenses": lambda it: {"key": it.text_of(it.fitting)},
    "licensing:extend?key": lambda it: it.quote(RedemptionKind.EXTEND),
    "licensing:add-licenses?key": lambda it: it.quote(RedemptionKind.ADD),
    "licensing:order?steps": lambda it: {
        "quote": Order.quote(it.subscription, it.steps, factories.TODAY).signed()
    },
    "reminders:calendar": lambda it: {"submission": LinkSubmission.on_page(None).signed},
    "reminders:reminders": lambda it: {"rhythm": "weekly", "thresholds": "14; 2"},
    "reminders:program": lambda it: {"rhythm": "weekly", "thresholds": "14; 2"},
    "reminders:switch-benefit": lambda it: {"remind": "off"},
    "reminders:switch-subscription": lambda it: {"remind": "off"},
    "set_language": lambda it: {"language": "nl"},
    "theme": lambda it: {"theme": "dark"},
}
