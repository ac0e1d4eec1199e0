"""What happened to a partner's key, found by its last five characters (K3, P1).

Pages show these characters; longer parts of a key are never searched for.
"""

from datetime import date

from django.utils.translation import gettext as _

from benefits_portal.benefits.key_encryption import normalized
from benefits_portal.benefits.models import ProductKey
from benefits_portal.formats import as_day
from benefits_portal.key_format import ALPHABET
from benefits_portal.licensing.models import Redemption
from benefits_portal.licensing.terms import in_licenses
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.naming import Names

ENDING = 5  # characters


def ending_in(search_query: str) -> str:
    """`search_query` if it is the last five characters of a key, else empty."""
    letters = normalized(search_query)
    return letters if len(letters) == ENDING and set(letters) <= set(ALPHABET) else ""


def keys_ending_in(
    request: PartnerRequest, ending: str, most: int
) -> tuple[Excerpt[ProductKey], dict[int, Redemption], Names]:
    """The partner's keys, the latest first, with redemptions and the names of who redeemed.

    At most `most` keys. Three queries.
    """
    theirs = ProductKey.objects.for_partner(request.partner).filter(last_five=ending)
    keys: Excerpt[ProductKey] = Excerpt.of(theirs.for_use().order_by("-issued_at", "-pk"), most)
    redeemed = Redemption.objects.for_partner(request.partner).filter(key__in=keys.rows)
    redemptions = {each.key_id: each for each in redeemed.for_display()} if keys else {}
    people = Names(request.partner, (each.redeemed_by for each in redemptions.values()))
    return keys, redemptions, people


def title_of(key: ProductKey) -> str:
    return f"•••••-{key.last_five}: {key.product}, {in_licenses(key.licenses)}"


def state_of(key: ProductKey, redemption: Redemption | None, people: Names, on: date) -> str:
    """What happened to the key: by whom, when and for what."""
    if redemption:
        text = redemption_text(redemption, people)
        return _("%(state)s (revoked since)") % {"state": text} if key.revoked_at else text
    if key.revoked_at:
        return _("Revoked, never redeemed")
    benefit = key.benefit
    if benefit.has_expired(on):
        return _("Not redeemed: expired after %(day)s") % {"day": as_day(benefit.expires_on)}
    if not benefit.has_begun(on):
        return _("Not redeemed: can be used from %(day)s") % {"day": as_day(benefit.starts_on)}
    return _("Not redeemed: use by %(day)s") % {"day": as_day(benefit.expires_on)}


def redemption_text(redemption: Redemption, people: Names) -> str:
    return _("Redeemed on %(day)s by %(name)s in %(tenant)s: %(way)s") % {
        "day": as_day(redemption.redeemed_on),
        "name": people.of(redemption.redeemed_by),
        "tenant": redemption.tenant,
        "way": redemption.get_way_display(),
    }
