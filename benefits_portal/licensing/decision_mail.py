"""The mail about the decision on a replacement request (K8); it never contains the key (K3)."""

from django.utils.translation import gettext_lazy as _

from benefits_portal.licensing.models import Replacement
from benefits_portal.licensing.models.replacement import REPLACEMENT_DECIDED
from benefits_portal.tenants.decision_mail import decision_letter
from benefits_portal.tenants.outbox import Letter, writes


@writes(REPLACEMENT_DECIDED, _("Decision on a replacement key"))
def replacement_decided(params: dict[str, str]) -> Letter | None:
    found = Replacement.objects.select_related("asked_by", "partner", "redemption__subscription")
    asked = found.filter(pk=params["pk"]).first()
    if asked is None:
        return None
    product = asked.redemption.subscription.product_name
    about = {"is_tenant": False, "what": product, "is_granted": asked.key_id is not None}
    return decision_letter(asked.asked_by, asked.partner, about)
