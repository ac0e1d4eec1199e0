"""Every page of the portal: who opens it, its address, and what is opened on it first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from playwright.sync_api import Page, expect

from benefits_portal import clock
from benefits_portal.benefits.models import (
    Assignment,
    Benefit,
    Membership,
    Product,
    ProductKey,
)
from benefits_portal.licensing.models import LicenseAssignment, Order, Redemption, Subscription
from benefits_portal.practice import codes
from benefits_portal.practice.models import Class
from benefits_portal.reminders.unsubscribing import unsubscribe_path
from benefits_portal.tenants.models import DirectoryUser, RoleAssignment, Tenant, User
from benefits_portal.urls import urlpatterns as portal_patterns
from tests import factories

type Step = Callable[[Page], None]


@login_not_required
def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("as a fault of ours would")


urlpatterns = [*portal_patterns, path("broken/", broken)]  # the portal, and one page that fails


def subscription_of(product: str, licenses: int) -> Subscription:
    """Contoso's active subscription in its primary tenant."""
    active = Subscription.objects.filter(
        tenant__domain="contoso.onmicrosoft.com", product__name=product, licenses=licenses
    )
    return active.order_by("-ends_on")[0]


def key_of(product: str, licenses: int) -> ProductKey:
    """A key that Contoso has not redeemed yet."""
    return ProductKey.objects.filter(
        partner__name="Contoso",
        product__name=product,
        licenses=licenses,
        redeemed_at=None,
        revoked_at=None,
    ).latest("benefit__expires_on")


def stay(page: Page) -> None:
    """Look at the page as it is."""


def panel(page: Page) -> None:
    """Open the first side panel of the page."""
    page.locator("a[data-panel-link]").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()


def flyout(page: Page) -> None:
    """Open the account flyout."""
    page.locator("summary.bar-button").last.click()


def open_day_menu(page: Page) -> None:
    """What leads to the page of another day."""
    page.locator(".day-menu summary").click()


def send(page: Page) -> None:
    """Send the page's last form as it is, so that it says what is missing."""
    page.locator("main form button:not([type=button])").last.click()


def choose_tenant(page: Page) -> None:
    """Of a first activation's steps the first one."""
    page.get_by_role("radio").first.check()
    send(page)


def take_first_key(page: Page) -> None:
    """One of one's own keys, whether or not it fits."""
    page.locator(".key-choice input").first.check()
    send(page)


def enter_nothing(page: Page) -> None:
    """Another key than one's own, and then none."""
    page.locator("[data-another] input").check()
    send(page)


def opened(*benefits: Benefit) -> Step:
    """Open the rows of `benefits` in the list."""

    def step(page: Page) -> None:
        for benefit in benefits:
            page.locator(f"#benefit-{benefit.pk} a.opener").click()
            expect(page.locator(f"#details-{benefit.pk} h2").first).to_be_visible()

    return step


@dataclass(frozen=True)
class Sight:
    """One page as `persona` sees it; without one, as anybody does."""

    persona: str
    name: str
    url: str
    step: Step = stay

    def __str__(self) -> str:
        return f"{self.persona or 'anybody'}-{self.name}"

    def open(self, page: Page) -> None:
        """Go there and take the step; what the step sent may be answered by a page to be read."""
        page.goto(self.url)
        self.step(page)
        page.wait_for_load_state()


def every_page() -> Iterator[Sight]:
    """All of them, by person; a form also as it is refused."""
    for persona, pages in (
        ("", open_pages()),
        ("partner-admin", admin_pages()),
        ("global-admin", account_pages()),
        ("member", member_pages()),
        ("programme", office_pages()),
        ("trainer", trainer_pages()),
    ):
        for name, there in pages.items():
            url, step = there if isinstance(there, tuple) else (there, stay)
            yield Sight(persona, name, url, step)
    for persona in ("no-role", "fabrikam-admin", "adventure-admin"):
        yield Sight(persona, "home", "/")
    yield Sight("fabrikam-admin", "list", reverse("benefits:azure-cloud"))
    yield Sight("adventure-admin", "products", reverse("licensing:products") + "?show=all")


def at(name: str, *rows: Model, query: str = "") -> str:
    return reverse(name, args=[row.pk for row in rows]) + query


PAST = clock.today() - timedelta(days=60)
FOUR_KEYS = "?licenses=100&ends_on=2097-03-31&keys=25;25;50;100&on=2096-11-29"


def open_pages() -> dict[str, Any]:
    return {
        "sign-in": at("tenants:sign-in"),
        "sign-in-refused": (
            at("tenants:sign-in"),
            lambda page: page.locator(".sign-in-form button").click(),
        ),
        "password-ask": at("tenants:password-ask"),
        "password-sent": at("tenants:password-sent"),
        "password-done": at("tenants:password-done"),
        "password-used": reverse("tenants:password-set", args=["MQ", "used"]),
        "help": at("help"),
        "calculator": at(
            "licensing:calculator", query="?licenses=10&ends_on=2099-01-31&keys=10,3&on=2097-10-01"
        ),
        "calculator-empty": at("licensing:calculator"),
        "calculator-refused": at(
            "licensing:calculator", query="?licenses=many&ends_on=2099-01-31&keys=none"
        ),
        "possibilities": at("licensing:calculator", query=f"{FOUR_KEYS}&view=possibilities"),
        "possibilities-goal": at(
            "licensing:calculator",
            query=f"{FOUR_KEYS}&view=possibilities&wanted_licenses=140&wanted_on=2098-05-01",
        ),
        "explain": at(
            "licensing:calculator", query=f"{FOUR_KEYS}&view=explain&now_ends_on=2098-12-13"
        ),
        "explain-nearest": at(
            "licensing:calculator", query=f"{FOUR_KEYS}&view=explain&now_ends_on=2098-01-01"
        ),
        "gallery": at("gallery"),
        "mailbox": at("demo-mailbox"),
        "then-and-now": at("then-and-now"),
        "gallery-panel": at("gallery", query="?frame=panel"),
        "broken": "/broken/",
    }


def admin_pages() -> dict[str, Any]:
    """What an MPN partner admin works with."""
    benefits = Benefit.objects.filter(partner__name="Contoso").order_by("-expires_on", "pk")
    monthly = benefits.filter(product__kind="monthly-credit", assignments__ended_at=None)[0]
    bulk = benefits.filter(product__kind="bulk-credit", assignments__ended_at=None)[0]
    remove, transfer = (
        Assignment.objects.filter(benefit=benefit, ended_at=None).earliest("pk")
        for benefit in (monthly, bulk)
    )
    key, subscription = key_of("Microsoft 365 E3", 25), subscription_of("Microsoft 365 E3", 100)
    small, large = subscription_of("Azure AD Basic", 5), key_of("Azure AD Basic", 25)
    expired = key_of("Dynamics 365 Finance", 200)
    redeemed = Redemption.objects.filter(tenant=subscription.tenant).latest("pk")
    chosen = f"?key={key.pk}"
    basic, ordered = key_of("Azure AD Basic", 100), Order.objects.latest("pk")
    steps = f"step=extend:{key.pk}&another=1"
    steps_of_small = f"step=add:{large.pk}&step=extend:{basic.pk}"
    refused_steps = f"step=extend:{large.pk}&step=add:{key.pk}"
    return {
        "home": at("home"),
        "account-flyout": (at("home"), flyout),
        "session": at("tenants:session"),
        "losses": at("licensing:losses", query="?by=2027-04-30"),
        "losses-bad-day": at("licensing:losses", query="?by=nonsense"),
        "list": at("benefits:azure-cloud"),
        "list-opened": (
            at("benefits:azure-cloud", query="?q=Microsoft"),
            opened(monthly, bulk, key.benefit),
        ),
        "list-then": at("benefits:azure-cloud", query=f"?on={PAST}"),
        "list-to-come": at("benefits:azure-cloud", query="?on=2099-01-31"),
        "credit-then": at("licensing:benefit-detail", monthly, query=f"?on={PAST}"),
        "bulk-credit-then": at("licensing:benefit-detail", bulk, query=f"?on={PAST}"),
        "licenses-then": at("licensing:benefit-detail", redeemed.key.benefit, query=f"?on={PAST}"),
        "list-nothing": at("benefits:azure-cloud", query="?q=nothing"),
        "credit": at("licensing:benefit-detail", monthly),
        "bulk-credit": at("licensing:benefit-detail", bulk),
        "licenses": at("licensing:benefit-detail", key.benefit),
        "licenses-redeemed": at("licensing:benefit-detail", redeemed.key.benefit),
        "holders": at("benefits:holders", monthly),
        "assign": at("benefits:assign", monthly),
        "assign-refused": (at("benefits:assign", monthly), send),
        "assign-list": at("benefits:assign-list", monthly),
        "remove": at("benefits:remove", monthly, remove),
        "transfer": at("benefits:transfer", bulk, transfer),
        "walkthrough": at("licensing:walkthrough", key.benefit),
        "walkthrough-expired": at("licensing:walkthrough", expired.benefit),
        "start-tenant": at("licensing:product-key-start"),
        "start-refused": (at("licensing:product-key-start"), send),
        "start-key": (at("licensing:product-key-start"), choose_tenant),
        "limit-refused": (at("licensing:extend", small), take_first_key),
        **license_pages(),
        "products": at("licensing:products"),
        "products-all": at("licensing:products", query="?show=all"),
        "products-then": at("licensing:products", query=f"?show=all&on={PAST}"),
        "products-day-menu": (at("licensing:products"), open_day_menu),
        "products-bad-day": at("licensing:products", query="?on=nonsense"),
        "subscription-then": at("licensing:subscription", subscription, query=f"?on={PAST}"),
        "subscription-to-come": at("licensing:subscription", subscription, query="?on=2099-01-31"),
        "subscription-not-yet": at("licensing:subscription", subscription, query="?on=2000-01-31"),
        "plan": at("licensing:plan", query=f"?subscription={subscription.pk}"),
        "plan-steps": (
            at("licensing:plan", query=f"?subscription={subscription.pk}"),
            lambda page: page.locator(".plan-how a").first.click(),
        ),
        "plan-product": at("licensing:plan"),
        "plan-refused": at("licensing:plan", query=f"?subscription={subscription.pk}&sent=1"),
        "subscription": at("licensing:subscription", subscription),
        "panel": (at("licensing:subscription", subscription), panel),
        "extend": at("licensing:extend", subscription),
        "extend-refused": (at("licensing:extend", subscription), enter_nothing),
        "review": at("licensing:extend", subscription, query=chosen),
        "over-the-limit": at("licensing:extend", small, query=f"?key={large.pk}"),
        "add": at("licensing:add-licenses", subscription, query=chosen),
        "order-rows": at("licensing:extend", subscription, query="?" + steps),
        "order": at("licensing:order", small, query="?" + steps_of_small),
        "order-refused": at("licensing:order", small, query="?" + refused_steps),
        "order-receipt": at("licensing:order-receipt", ordered),
        "order-replacement": at("licensing:order-replacement", ordered),
        "receipt": at("licensing:receipt", redeemed),
        "replacement": at("licensing:replacement", redeemed),
        "history": at("licensing:benefit-history", key.benefit),
        "search": at("search", query="?q=Microsoft"),
        "help": at("help"),
        "exercises": at("practice-exercises"),
        "reset": at("demo-reset"),
        "missing": "/mpn/benefits/azure-cloud/999999/",
        "not-permitted": at("tenants:add-user"),
    }


def trainer_pages() -> dict[str, Any]:
    """A class with one room, in which nobody has been."""
    trainer = User.objects.get(persona__slug="trainer")
    opened = Class.objects.filter(made_by=trainer).first()
    opened = opened or factories.ClassFactory.create(made_by=trainer)
    room = opened.rooms.first() or factories.RoomFactory.create(of_class=opened)
    code = codes.spaced(opened.code())
    return {
        "classes": at("practice-classes"),
        "class": at("practice-class", opened),
        "class-code": at("practice-class-code", opened),
        "class-room": at("practice-class-room", opened, room),
        "enter": at("practice"),
        "enter-refused": (at("practice"), send),
        "join": reverse("practice-join", args=[code]),
    }


def account_pages() -> dict[str, Any]:
    """What a Global admin of a partner with two tenants works with."""
    people = DirectoryUser.objects.filter(tenant__partner__name="Contoso").order_by("pk")
    enabled, disabled = people.filter(disabled_at=None)[0], people.exclude(disabled_at=None)[0]
    roles = RoleAssignment.objects.filter(partner__name="Contoso")
    held, acting = (roles.get(user__persona__slug=name) for name in ("member", "partner-admin"))
    tenant = Tenant.objects.filter(partner__name="Contoso", is_primary=False)[0]
    return {
        "password-change": at("tenants:password-change"),
        "password-change-refused": (
            at("tenants:password-change"),
            lambda page: page.locator("main form button").first.click(),
        ),
        "switch": at("tenants:switch"),
        "users": at("tenants:users"),
        "user": at("tenants:user", enabled),
        "user-disabled": at("tenants:user", disabled),
        "user-then": at("tenants:user", enabled, query=f"?on={PAST}"),
        "add-user": at("tenants:add-user"),
        "add-user-refused": (at("tenants:add-user"), send),
        "disable-user": at("tenants:disable-user", enabled),
        "enable-user": at("tenants:enable-user", disabled),
        "roles": at("tenants:roles"),
        "give-role": at("tenants:give-role"),
        "change-role": at("tenants:change-role", held),
        "take-role": at("tenants:take-role", held),
        "tenants": at("tenants:tenants"),
        "ask-for-tenant": at("tenants:ask-for-tenant"),
        "make-primary": at("tenants:make-primary", tenant),
        "requests": at("licensing:requests"),
        "reminders": at("reminders:reminders"),
        "reminders-stopping": unsubscribe_path(acting.user_id, acting.partner_id),
        "activity": at("tenants:activity"),
        "calendar": at("reminders:calendar"),
        "calendar-made": (at("reminders:calendar"), send),
    }


def license_pages() -> dict[str, Any]:
    """Licenses of people: a product with some to give, and one with too few."""
    given = LicenseAssignment.objects.running().filter(product__name="Visio Plan 2").earliest("pk")
    visio, too_few = (
        Product.objects.get(name=name, kind=Product.Kind.LICENSES)
        for name in ("Visio Plan 2", "Dynamics 365 Customer Service Enterprise")
    )
    return {
        "license-pools": at("licensing:licenses"),
        "license-holders": at("licensing:license-holders", visio),
        "license-holders-over": at("licensing:license-holders", too_few),
        "license-pools-then": at("licensing:licenses", query=f"?on={PAST}"),
        "license-holders-then": at("licensing:license-holders", visio, query=f"?on={PAST}"),
        "license-holders-to-come": at("licensing:license-holders", visio, query="?on=2099-01-31"),
        "license-holders-most": at(
            "licensing:license-holders", visio, query=f"?first={PAST}&last=2099-01-31"
        ),
        "license-history": at("licensing:license-history", visio),
        "give-license": at("licensing:give-license", visio),
        "give-license-refused": (at("licensing:give-license", visio), send),
        "give-license-list": at("licensing:give-license-list", visio),
        "take-license": at("licensing:take-license", visio, given),
        "move-license": at("licensing:move-license", visio, given),
        "move-license-refused": (at("licensing:move-license", visio, given), send),
    }


def member_pages() -> dict[str, Any]:
    """What somebody sees who may look and not act (P3)."""
    benefits = Benefit.objects.filter(partner__name="Contoso").order_by("-expires_on", "pk")
    return {
        "home": at("home"),
        "credit": at(
            "licensing:benefit-detail", benefits.filter(product__kind="monthly-credit")[0]
        ),
        "licenses": at("licensing:benefit-detail", key_of("Microsoft 365 E3", 25).benefit),
        "subscription": at("licensing:subscription", subscription_of("Microsoft 365 E3", 100)),
        "license-holders": license_pages()["license-holders"],
        "users": at("tenants:users"),
        "roles": at("tenants:roles"),
        "tenants": at("tenants:tenants"),
    }


def office_pages() -> dict[str, Any]:
    """The back office: its first page, a list, a form, and a form that is refused."""
    return {
        "index": at("admin:index"),
        "memberships": at("admin:benefits_membership_changelist"),
        "membership": at("admin:benefits_membership_change", Membership.objects.earliest("pk")),
        "keys": at("admin:benefits_productkey_changelist"),
        "support-desk": at("support-desk"),
        "refusals": at("refusals"),
        "reminders": at("reminders:program"),
        "reminders-preview": at(
            "preview-reminders", User.objects.get(persona__slug="partner-admin")
        ),
        "new-partner": at("new-partner"),
        "add-partner": at("admin:tenants_partner_add"),
        "add-partner-refused": (
            at("admin:tenants_partner_add"),
            lambda page: page.locator("input[name=_save]").click(),
        ),
    }
