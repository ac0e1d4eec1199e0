"""Questions about figures on pages that newcomers look at first."""

from dataclasses import dataclass
from typing import ClassVar

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext_lazy as _

from benefits_portal.benefits.models import Benefit, ProductKey
from benefits_portal.dates import add_months
from benefits_portal.licensing.models import LicenseAssignment
from benefits_portal.licensing.models.license_assignment_queryset import held_on
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.tenants.models import Role, RoleAssignment

from .answer import NOTHING_LEFT, DayQuestion, Figures, NumberQuestion
from .license_questions import SubscriptionQuestion
from .scope import Scope


@dataclass(frozen=True, kw_only=True)
class UnusedLicenses(NumberQuestion):
    """How many licenses the unredeemed keys are worth."""

    sentences: ClassVar = NumberQuestion.sentences | {
        "counted-keys": _("%(answer)s is the number of keys, not of their licenses."),
        NOTHING_LEFT: _("There are no unused keys left."),
    }
    label: ClassVar = _("Licenses")

    def figures(self, scope: Scope) -> Figures | None:
        unused = Benefit.objects.for_partner(scope.partner).losable(scope.on).license_based()
        with_key = unused.filter(keys__revoked_at=None).order_by()
        counts = with_key.aggregate(licenses=Sum("quantity"), keys=Count("keys"))
        if not counts["keys"]:
            return None
        return Figures(counts["licenses"], {"counted-keys": counts["keys"]})


@dataclass(frozen=True, kw_only=True)
class PeopleWhoAct(NumberQuestion):
    """How many people may redeem keys and assign credit."""

    sentences: ClassVar = NumberQuestion.sentences | {
        "counted-all-roles": _("%(answer)s people have a role, but not every role is enough."),
        "counted-global-admins": _(
            "%(answer)s is the number of Global admins. Another role is enough too."
        ),
        NOTHING_LEFT: _("No one can do this anymore."),
    }
    label: ClassVar = _("People")

    def figures(self, scope: Scope) -> Figures | None:
        held = RoleAssignment.objects.for_partner(scope.partner)
        able = list(held.acting().values_list("role", flat=True))
        if not able:
            return None
        mistakes = {
            "counted-global-admins": able.count(Role.GLOBAL_ADMIN),
            "counted-all-roles": held.count(),
        }
        return Figures(len(able), mistakes)


@dataclass(frozen=True, kw_only=True)
class PeopleThen(NumberQuestion, SubscriptionQuestion):
    """How many people had a license `months` months ago."""

    sentences: ClassVar = NumberQuestion.sentences | {
        "counted-today": _("%(answer)s people have one today."),
        "counted-licenses": _("%(answer)s is how many licenses there are, assigned or not."),
        NOTHING_LEFT: _("No one had a license of %(product)s then."),
    }
    label: ClassVar = _("People")

    months: int

    def figures(self, scope: Scope) -> Figures | None:
        given = LicenseAssignment.objects.for_partner(scope.partner).filter(
            product__name=self.product, tenant__domain=scope.domain(self.tenant)
        )
        day = add_months(scope.on, -self.months)
        counts = given.aggregate(
            then=Count("pk", filter=held_on(day)), today=Count("pk", filter=Q(ended_at=None))
        )
        if not counts["then"]:
            return None
        entitling = self.subscriptions(scope).entitling(scope.on).order_by()
        licenses = entitling.aggregate(total=Sum("licenses"))["total"] or 0
        mistakes = {"counted-today": counts["today"], "counted-licenses": licenses}
        return Figures(counts["then"], mistakes)


@dataclass(frozen=True, kw_only=True)
class EndIfAdded(DayQuestion, SubscriptionQuestion):
    """On which day a subscription would end if a key's licenses were added to it."""

    sentences: ClassVar = DayQuestion.sentences | {
        "end-of-extending": _("On %(answer)s it would end if you extended its end date."),
        "end-of-today": _("On %(answer)s it ends as things stand."),
        NOTHING_LEFT: _(
            "There is nothing to compare anymore: the key has been redeemed, or the subscription "
            "has ended."
        ),
    }
    label: ClassVar = _("End date")

    offer: str

    def figures(self, scope: Scope) -> Figures | None:
        keys = ProductKey.objects.for_partner(scope.partner).redeemable(scope.on)
        key = keys.filter(
            benefit__product_name=self.product, benefit__offer_name=self.offer
        ).first()
        running = self.subscriptions(scope).active(scope.on).order_by("-ends_on").first()
        if key is None or running is None:
            return None
        mistakes = {
            "end-of-extending": running.term_after(RedemptionKind.EXTEND, key, scope.on).ends_on,
            "end-of-today": running.ends_on,
        }
        return Figures(running.term_after(RedemptionKind.ADD, key, scope.on).ends_on, mistakes)
