"""The search box in the bar, which never looks for a whole key (K3, P1).

It finds benefits, subscriptions, people and pages of the tenant context, and what became of a key
by its last five characters.

Words are sent by POST, so that a key that somebody types there is in no URL; it is not looked up.
For other words, the answer is a redirect to a URL that can be linked. However much a partner has, a
few rows of each kind are read: products are found in the catalog, which is small, and the rows of a
product by an index.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from benefits_portal.benefits.benefit_list.listing import BenefitListing
from benefits_portal.benefits.benefit_list.rows import BenefitRow
from benefits_portal.benefits.key_encryption import resembles_key
from benefits_portal.benefits.middleware import explain_where_keys_go
from benefits_portal.benefits.models import Benefit, Product
from benefits_portal.benefits.notes import replacements
from benefits_portal.licensing.key_search import ending_in, keys_ending_in, state_of, title_of
from benefits_portal.licensing.models import Subscription
from benefits_portal.licensing.subscription_display import ProductRow
from benefits_portal.listing.columns import Text
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.listing.page import CappedCount
from benefits_portal.search_text import MAX_TYPED, clean_query, matches
from benefits_portal.tenants.access import form_methods, role_required, tenant_context_exempt
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import DirectoryUser, Role

# The pages of the menus, by URL name; higher apps add theirs
PAGES: dict[str, Text] = {
    "home": gettext_lazy("Home"),
    "benefits:azure-cloud": gettext_lazy("Azure & cloud products"),
    "licensing:products": gettext_lazy("Your products"),
    "licensing:licenses": gettext_lazy("Licenses"),
    "licensing:product-key-start": gettext_lazy("Redeem a product key"),
    "licensing:plan": gettext_lazy("Plan with your keys"),
    "licensing:losses": gettext_lazy("Lost by a day"),
    "licensing:requests": gettext_lazy("Requests"),
    "licensing:calculator": gettext_lazy("End-date calculator"),
    "tenants:users": gettext_lazy("Users"),
    "tenants:roles": gettext_lazy("Roles"),
    "tenants:tenants": gettext_lazy("Tenants"),
    "tenants:activity": gettext_lazy("Activity"),
    "help": gettext_lazy("Help"),
}
FOR_ADMINS = {"licensing:product-key-start", "tenants:activity"}
READ, SHOWN = 20, 6  # rows of a kind; more benefits are read, because usable ones come first


@dataclass(frozen=True)
class Found:
    """One result: what it is, what tells it apart, and where it is."""

    title: str
    subtitle: str
    href: str


@tenant_context_exempt
@role_required
@sensitive_post_parameters("q")
@form_methods
def search(request: PartnerRequest) -> HttpResponse:
    typed = (request.POST if request.method == "POST" else request.GET).get("q", "")[:MAX_TYPED]
    search_query = clean_query(typed)
    if resembles_key(typed):
        explain_where_keys_go(request)
        search_query = ""
        if not request.htmx:
            return redirect("search")
    if request.method == "POST" and not request.htmx:
        return redirect(f"{reverse('search')}?{urlencode({'q': search_query})}")
    context = {
        "search_query": search_query,
        "groups": groups(request, search_query) if search_query else [],
    }
    return render(request, f"search.html{'#results' if request.htmx else ''}", context)


def groups(request: PartnerRequest, search_query: str) -> list[dict[str, Any]]:
    """The results by kind, with their number and a link to all of them (W7)."""
    found = [
        (_("Product keys"), keys(request, search_query)),
        (_("Pages"), pages(search_query, request.role)),
        (_("Benefits"), benefits(request, search_query)),
        (_("Subscriptions"), subscriptions(request, search_query)),
        (_("Discontinued products"), discontinued(request, search_query)),
        (_("People"), people(request, search_query)),
    ]
    return [{"title": title, "rows": excerpt} for title, excerpt in found if excerpt]


def keys(request: PartnerRequest, search_query: str) -> Excerpt[Found]:
    """The keys that end in the five typed characters, each with what became of it."""
    ending = ending_in(search_query)
    if not ending:
        return Excerpt([], 0)
    excerpt, redemptions, people = keys_ending_in(request, ending, SHOWN)
    rows = []
    for key in excerpt:
        redemption = redemptions.get(key.pk)
        href = redemption.get_absolute_url() if redemption else key.benefit.get_absolute_url()
        rows.append(Found(title_of(key), state_of(key, redemption, people, request.today), href))
    return excerpt.showing(rows)


def pages(search_query: str, role: Role) -> Excerpt[Found]:
    """Pages with a matching title; those that `role` cannot open have a reason, no link (P3)."""
    named = [(name, title) for name, title in PAGES.items() if matches(search_query, str(title))]
    why_not = _("for Global admins and MPN partner admins of your organization")
    found = [
        Found(str(title), why_not, "")
        if name in FOR_ADMINS and not role.may_act
        else Found(str(title), "", reverse(name))
        for name, title in named
    ]
    return Excerpt(found, len(found))


def benefits(request: PartnerRequest, search_query: str) -> Excerpt[Found]:
    """Benefits that can be used today, then others; in each group, those that expire last first."""
    query = QueryDict(urlencode({"q": search_query}))
    listing = BenefitListing.of(request.partner, query, request.today)
    matching = listing.filter_queryset(Benefit.objects.for_partner(request.partner))
    found = (
        listing.annotate_for_list(matching)
        .annotate(total_in_list=CappedCount(matching))
        .order_by("-expires_on", "-pk")
    )
    read: list[Any] = sorted(
        found[:READ], key=lambda fact: not fact["starts_on"] <= request.today <= fact["expires_on"]
    )
    found = [
        Found(
            row["title"],
            f"{row['offer']} · {row['status_text']} · {until(row)}",
            reverse("licensing:benefit-detail", args=[row["pk"]]),
        )
        for row in listing.rows(read[:SHOWN])
    ]
    return Excerpt(
        found,
        read[0]["total_in_list"] if read else 0,
        f"{reverse('benefits:azure-cloud')}?{query.urlencode()}",
    )


def until(row: BenefitRow) -> str:
    """The number of licenses and the last day, which tell benefits of one product apart."""
    day = _("until %(day)s") % {"day": row["expires"]}
    return day if row["quantity"] in row["title"] else f"{row['quantity']}, {day}"


def discontinued(request: PartnerRequest, search_query: str) -> Excerpt[Found]:
    """Discontinued products and their replacements, whether or not a benefit still has one (B4)."""
    href = f"{reverse('help')}#discontinued"
    excerpt: Excerpt[Product] = Excerpt.of(
        Product.objects.discontinued(request.today).named(search_query), SHOWN, href
    )
    return excerpt.showing([Found(one.name, replacement_hint(one), href) for one in excerpt])


def replacement_hint(product: Product) -> str:
    replaced_by = replacements(product)
    if not replaced_by:
        return _("No longer part of competency packages.")
    return _("No longer part of competency packages. Replaced by %(products)s.") % {
        "products": replaced_by
    }


def subscriptions(request: PartnerRequest, search_query: str) -> Excerpt[Found]:
    """Subscriptions of the current tenant; those that end last come first."""
    ours = (
        Subscription.objects.for_partner(request.partner)
        .in_tenant(request.tenant)
        .of_products_named(search_query)
    )
    href = f"{reverse('licensing:products')}?{urlencode({'q': search_query, 'show': 'all'})}"
    excerpt: Excerpt[Subscription] = Excerpt.of(
        ours.order_by("-ends_on", "-product_sort_name", "-pk"), SHOWN, href
    )
    rows = [ProductRow(one, request.today) for one in excerpt]
    found = [
        Found(
            row.subscription.product_name,
            f"{row.subscription.licenses_text} · {row.status_text}",
            row.subscription.get_absolute_url(),
        )
        for row in rows
    ]
    return excerpt.showing(found)


def people(request: PartnerRequest, search_query: str) -> Excerpt[Found]:
    excerpt = DirectoryUser.objects.first_matching(request.partner, search_query, SHOWN)
    found = [
        Found(one.display_name, one.user_principal_name, one.get_absolute_url()) for one in excerpt
    ]
    return excerpt.showing(found, f"{reverse('tenants:users')}?{urlencode({'q': search_query})}")
