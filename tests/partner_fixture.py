"""A partner with one of everything that the pages show.

And every address and form by its URL's name.

What is visible of it carries one word of its own, so that a leak is a word in the wrong place.
"""

from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from benefits_portal.benefits.models import Benefit, Product
from benefits_portal.benefits.productkeys import decrypted
from benefits_portal.licensing.models import Subscription
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.tenants.models import Actor, Role, User
from tests import factories

COMMON = "Kim"  # in every name: a search for it finds all that one may see


class PartnerFixture:
    """What its people can be sent to (`url`) and send (`form`)."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.partner = factories.PartnerFactory.create(name=self._named("Ltd"))
        self.tenant = factories.TenantFactory.create(
            partner=self.partner,
            name=self._named("HQ"),
            domain=f"{word.lower()}.example",
            is_primary=True,
        )
        self.second = factories.TenantFactory.create(
            partner=self.partner, name=self._named("Labs"), domain=f"{word.lower()}-labs.example"
        )
        self._make_people()
        self._make_benefits()
        self._make_what_staff_see()
        self.arguments, self.queries, self.forms = self._arguments(), self._queries(), self._forms()

    def _named(self, what: str) -> str:
        return f"{COMMON} {self.word} {what}"

    def _make_what_staff_see(self) -> None:
        factories.HeldOfferFactory.create(
            directory_user=self.person, external_offer__name=self._named("agreement")
        )
        factories.KeyAttemptFactory.create(user=self.admin)
        factories.TenantRequestFactory.create(
            partner=self.partner,
            name=self._named("Further"),
            domain=f"{self.word.lower()}-further.example",
        )

    def _make_people(self) -> None:
        self.boss, self.admin, self.member = (self._user(str(role.label), role) for role in Role)
        self.nobody, self.forgetful = self._user("Nobody", None), self._user("Forgetful", None)
        self.person = factories.DirectoryUserFactory.create(
            tenant=self.tenant, display_name=self._named("Lee")
        )
        self.disabled = factories.DirectoryUserFactory.create(
            tenant=self.tenant, display_name=self._named("Off"), disabled=True
        )

    def _user(self, name: str, role: Role | None) -> User:
        user = factories.UserFactory.create(
            directory_user__tenant=self.tenant,
            directory_user__display_name=self._named(name),
            name=self._named(name),
        )
        if role:
            factories.RoleAssignmentFactory.create(user=user, role=role)
        return user

    def _make_benefits(self) -> None:
        self.by = Actor(self.boss)
        self.credit, self.bulk = (
            self._benefit("Credit", monthly=True),
            self._benefit("Bulk", bulk=True),
        )
        self.assignment = self.credit.assign(
            factories.person_of(self.boss), by=self.by, on=factories.TODAY
        )
        self.transferable = self.bulk.assign(
            factories.person_of(self.admin), by=self.by, on=factories.TODAY
        )
        self.licenses = self._benefit("Suite", key=True)
        self.key = self.licenses.keys.get()
        spent = self._benefit("Running", key=True)
        self.redemption = Subscription.activate(
            spent.keys.get(), self.tenant, by=self.by, on=factories.TODAY
        )
        self.subscription: Subscription = self.redemption.subscription
        self.fitting = self._benefit("More", key=True, product=spent.product).keys.get()

    def _benefit(self, name: str, product: Product | None = None, **facts: Any) -> Benefit:
        about = {"product": product} if product else {"product__name": self._named(name)}
        benefit: Benefit = factories.BenefitFactory.create(
            partner=self.partner,
            membership__offer__name=self._named(f"{name} offer"),
            **about,
            **facts,
        )
        return benefit

    @property
    def words(self) -> set[str]:
        """What nobody at another partner may ever be shown, in small letters."""
        keys = {key.last_five for key in (self.key, self.fitting, self.redemption.key)}
        return {text.lower() for text in (self.word, str(self.tenant.guid), *keys)}

    @property
    def tenant_token(self) -> str:
        return f"{self.partner.pk}-{self.tenant.pk}"

    def url(self, page: str) -> str:
        """Of a page: a URL's name, and with `?` behind it with its query string too."""
        name, with_query, _rest = page.partition("?")
        return reverse(name, args=self.arguments.get(name, [])) + (
            f"?{self.queries[page]}" if with_query else ""
        )

    def form(self, page: str) -> dict[str, Any]:
        """What somebody who may would send there."""
        return self.forms.get(page, {})

    def _arguments(self) -> dict[str, list[Any]]:
        held = self.member.role_assignments.get().pk
        reset = [
            urlsafe_base64_encode(force_bytes(self.forgetful.pk)),
            default_token_generator.make_token(self.forgetful),
        ]
        return {
            "tenants:password-set": reset,
            "tenants:user": [self.person.pk],
            "tenants:disable-user": [self.person.pk],
            "tenants:enable-user": [self.disabled.pk],
            "tenants:change-role": [held],
            "tenants:take-role": [held],
            "tenants:make-primary": [self.second.pk],
            "benefits:holders": [self.credit.pk],
            "benefits:holders-csv": [self.credit.pk],
            "benefits:assign": [self.credit.pk],
            "benefits:assign-list": [self.credit.pk],
            "benefits:remove": [self.credit.pk, self.assignment.pk],
            "benefits:transfer": [self.bulk.pk, self.transferable.pk],
            "licensing:benefit-detail": [self.licenses.pk],
            "licensing:benefit-history": [self.licenses.pk],
            "licensing:key": [self.licenses.pk],
            "licensing:walkthrough": [self.licenses.pk],
            "licensing:subscription": [self.subscription.pk],
            "licensing:extend": [self.subscription.pk],
            "licensing:add-licenses": [self.subscription.pk],
            "licensing:receipt": [self.redemption.pk],
            "licensing:replacement": [self.redemption.pk],
        }

    def _queries(self) -> dict[str, str]:
        return {
            "tenants:add-user?guest": "kind=guest",
            "licensing:extend?key": f"key={self.fitting.pk}",
            "licensing:add-licenses?key": f"key={self.fitting.pk}",
            "licensing:product-key-start?key": f"key={self.key.pk}",
        }

    def _forms(self) -> dict[str, dict[str, Any]]:
        somebody = {"directory_user": self.person.pk}
        user = {
            "kind": "member",
            "tenant": self.tenant.pk,
            "name": "Lou",
            "address": f"lou@{self.tenant.domain}",
        }
        strong = "a staple that no horse ever saw"
        confirmed = {"tenant": self.tenant.pk, "domain": self.tenant.domain}

        def quote(way: RedemptionKind) -> dict[str, str]:
            return {
                "quote": Subscription.quote(
                    way, self.fitting, self.tenant, self.subscription, factories.TODAY
                ).signed()
            }

        return {
            # Its benefits were made one by one: what was shown is shown again
            "office: enrollments/1/provision-what-is-missing/": {"shown": "something else"},
            "tenants:sign-in": {"username": self.admin.email, "password": factories.PASSWORD},
            "tenants:password-ask": {"email": self.admin.email},
            "tenants:password-change": {
                "old_password": factories.PASSWORD,
                "new_password1": strong,
                "new_password2": strong,
            },
            "tenants:switch": {"place": self.second.pk},
            "tenants:add-user": user,
            "tenants:add-user?guest": user | {"kind": "guest", "address": "lou@outside.example"},
            "tenants:give-role": {"person": self.person.pk, "role": Role.MEMBER.value},
            "tenants:change-role": {"role": Role.GLOBAL_ADMIN.value},
            "tenants:ask-for-tenant": {"name": "Lou's", "domain": "lou.example"},
            "benefits:assign": somebody,
            "benefits:assign-list": {"people": self.person.user_principal_name},
            "benefits:transfer": somebody,
            "licensing:key": {"verified": "on"},
            "licensing:product-key-start": confirmed,
            "licensing:product-key-start?key": confirmed,
            "licensing:replacement": {"why": "Wrong tenant"},
            "licensing:extend": {"key": self.text_of(self.fitting)},
            "licensing:add-licenses": {"key": self.text_of(self.fitting)},
            "licensing:extend?key": quote(RedemptionKind.EXTEND),
            "licensing:add-licenses?key": quote(RedemptionKind.ADD),
            "set_language": {"language": "nl"},
            "theme": {"theme": "dark"},
        }

    @staticmethod
    def text_of(key: Any) -> str:
        """The key in full, without putting on record that somebody saw it."""
        return decrypted(key.ciphertext)
