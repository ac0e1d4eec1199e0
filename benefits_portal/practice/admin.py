"""Names of the limits on class codes, so that staff find them in the back office and lift them."""

from django.utils.translation import gettext_lazy as _

from benefits_portal.tenants.admin.mail_and_attempts import BY_NETWORK, LIMITS

from .code_entry import CODES, CODES_OF_NETWORK

LIMITS[CODES.name] = _("Wrong codes of classes, from one browser")
LIMITS[CODES_OF_NETWORK.name] = _("Wrong codes of classes, from one address")
BY_NETWORK.append(CODES_OF_NETWORK)
