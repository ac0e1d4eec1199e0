"""Giving licenses from a CSV file: each line gives one, by the rules of the pool (L1 to L8)."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import batched
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.backoffice.csv_reading import Cells
from benefits_portal.backoffice.importing import Import, ImportRow, OnProgress, Outcome, refuse_all
from benefits_portal.benefits.credit_exceptions import NotAnEmail
from benefits_portal.benefits.models import Product
from benefits_portal.emails import (
    canonical_domain_or_text,
    canonical_email_or_text,
    guest_behind,
    is_email,
)
from benefits_portal.licensing.bulk_licenses import log_each
from benefits_portal.licensing.license_exceptions import NotInTenant
from benefits_portal.licensing.models import (
    LicenseAssignment,
    LicenseCount,
    LicensePool,
    Subscription,
)
from benefits_portal.licensing.models.license_pool import lock_people
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.importing import BATCH
from benefits_portal.tenants.models import Actor, DirectoryUser, Tenant
from benefits_portal.tenants.tenant_lookup import no_tenant, tenants_meant
from benefits_portal.typed_text import tidy

type PoolPks = tuple[int, int]  # the primary keys of a tenant and a product


class LicenseImport(Import):
    """Gives a license today to each person who has none yet, in the order of the lines."""

    columns = ("tenant", "product", "user_principal_name")
    example = ("wingtiptoys.onmicrosoft.com", "Visio Plan 2", "kim@wingtiptoys.onmicrosoft.com")
    help_texts: ClassVar = {
        "tenant": gettext_lazy("Domain of the tenant"),
        "product": gettext_lazy("Name of the product"),
        "user_principal_name": gettext_lazy("Email address of the user"),
    }
    spellings: ClassVar = {
        "tenant": canonical_domain_or_text,
        "product": tidy,
        "user_principal_name": canonical_email_or_text,
    }
    is_whole = True  # all people are locked first, because people are locked before subscriptions

    def canonical(self, cells: Cells) -> Cells:
        """Replace the directory's own name for a guest by the guest's email (W3)."""
        cells = super().canonical(cells)
        email, domain = guest_behind(cells["user_principal_name"]) or ("", "")
        return cells | {"user_principal_name": email} if domain == cells["tenant"] else cells

    def look_up(self, cells: list[Cells]) -> None:
        """A few queries, however many pools and people the file names."""
        domains = {line["tenant"] for line in cells}
        there = Tenant.objects.select_related("partner").filter(domain__in=domains)
        self.tenants = {tenant.domain: tenant for tenant in there}
        self.meant = tenants_meant(domains - self.tenants.keys())
        names = {line["product"] for line in cells}
        products = Product.objects.filter(kind=Product.Kind.LICENSES, name__in=names)
        self.products = {product.name: product for product in products}
        self.people = dict(self.people_of(cells))
        self.look_up_pools()
        self.planned: dict[LicensePool, list[DirectoryUser]] = defaultdict(list)

    def people_of(self, cells: list[Cells]) -> Iterator[tuple[tuple[int, str], DirectoryUser]]:
        """The people that the lines name, by their tenant's primary key and their email."""
        for lines in batched(cells, BATCH, strict=False):
            tenants = {self.tenants.get(line["tenant"]) for line in lines} - {None}
            emails = {line["user_principal_name"] for line in lines}
            people = DirectoryUser.objects.filter(
                tenant__in=tenants, user_principal_name__in=emails
            )
            for person in people.order_by():
                yield (person.tenant_id, person.user_principal_name), person

    def look_up_pools(self) -> None:
        """The licenses of each pool, how many are given, and to whom of the file (L2, L6, L7)."""
        tenants = {tenant.pk: tenant for tenant in self.tenants.values()}
        pools = {"tenant__in": tenants.values(), "product__in": self.products.values()}
        self.licenses = Counter[PoolPks]()
        for each in Subscription.objects.filter(**pools).kept().order_by():
            if each.entitles(tenants[each.tenant_id].partner.today()):
                self.licenses[each.tenant_id, each.product_id] += each.licenses
        running = LicenseAssignment.objects.filter(**pools).running().order_by()
        counts = running.values_list("tenant", "product").annotate(count=Count("pk"))
        self.given = Counter({(tenant, product): count for tenant, product, count in counts})
        self.holders: dict[PoolPks, set[int]] = defaultdict(set)
        theirs = running.of_people(self.people.values())
        for tenant, product, person in theirs.values_list("tenant", "product", "directory_user"):
            self.holders[tenant, product].add(person)

    def key(self, cells: Cells) -> tuple[str, ...]:
        return (cells["tenant"], cells["product"], cells["user_principal_name"])

    def judge(self, line: ImportRow, cells: Cells) -> None:
        tenant, product = self.tenants.get(cells["tenant"]), self.products.get(cells["product"])
        email = cells["user_principal_name"]
        person = self.people.get((tenant.pk, email)) if tenant else None
        faults = {} if tenant else {"tenant": no_tenant(cells["tenant"], self.meant)}
        if product is None:
            faults["product"] = _(
                "There are no licenses of a product with this name. Write it as in the list of "
                "products."
            )
        if not is_email(email):
            faults["user_principal_name"] = str(NotAnEmail())
        elif tenant and person is None:
            faults["user_principal_name"] = str(NotInTenant())
        refuse_all(faults, [], self.columns)
        if tenant and product and person:
            self.plan(line, LicensePool(tenant, product), person)

    def plan(self, line: ImportRow, pool: LicensePool, person: DirectoryUser) -> None:
        """Plan a license for `person`, unless they have one. Raises ValidationError."""
        line.text = f"{line.text} · {person.display_name}"
        pks = (pool.tenant.pk, pool.product.pk)
        if person.pk in self.holders[pks]:
            return
        if refusal := pool.refusal_of(person, self.holders[pks]):
            raise ValidationError({"user_principal_name": str(refusal)})
        if refusal := LicenseCount(self.licenses[pks], self.given[pks]).refusal(pool.product):
            raise ValidationError({"product": str(refusal)})
        self.given[pks] += 1
        self.holders[pks].add(person.pk)
        self.planned[pool].append(person)
        line.outcome = Outcome.NEW

    def carry_out(self, by: Actor, on_progress: OnProgress) -> None:
        """Give what was planned. Raises the first Refusal, if something has changed since."""
        self.lock_people()
        pools = sorted(self.planned, key=lambda each: (each.tenant.pk, each.product.pk))
        for pool in pools:  # before any tally is written, in the order in which moving locks
            pool.lock_subscriptions()
        done = 0
        for pool in pools:
            people = self.planned[pool]
            outcomes = pool.give_each(people, by=by, on=pool.tenant.partner.today())
            for outcome in outcomes.values():
                if isinstance(outcome, Refusal):
                    raise outcome
            log_each(pool, outcomes, by=by)
            on_progress(done := done + len(people))

    def lock_people(self) -> None:
        """Lock all people of the file, before any subscriptions, as `give_each` does."""
        people: dict[int, set[int]] = defaultdict(set)
        for pool, chosen in self.planned.items():
            people[pool.tenant.partner_id].update(person.pk for person in chosen)
        for partner, theirs in sorted(people.items()):
            lock_people(partner, theirs)
