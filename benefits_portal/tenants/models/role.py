"""The roles at a partner, and what each may do (rule P1)."""

from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    GLOBAL_ADMIN = "global-admin", _("Global admin")
    PARTNER_ADMIN = "partner-admin", _("MPN partner admin")
    MEMBER = "member", _("Account member")

    @property
    def may_act(self) -> bool:
        """Whether it may reveal and redeem keys, and assign, remove and transfer credit."""
        return self is not Role.MEMBER

    @property
    def description(self) -> str:
        """Its purpose in a few words, after a colon."""
        return {
            Role.GLOBAL_ADMIN: _now("can do everything, including people, roles, and tenants."),
            Role.PARTNER_ADMIN: _now("can redeem keys, extend, add licenses, and assign credit."),
            Role.MEMBER: _now(
                "can look at everything except product keys and Activity, and change nothing."
            ),
        }[self]

    @property
    def may_manage_people(self) -> bool:
        """Whether it may change people, roles and tenants."""
        return self is Role.GLOBAL_ADMIN
