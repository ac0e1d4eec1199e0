"""Every UPDATE, DELETE and lock of a partner's row names the partner beside its key (P1).

So the database knows at once whose row it is, even if partners are spread over several servers, and
a row of one partner is never written as another's. QuerySets filter explicitly (`filter(pk=…,
partner=…)`); `tests/partner_named.py` watches every query of the tests.
"""

from typing import Any, override

from django.db import models


def row_of(row: models.Model) -> dict[str, Any]:
    """The filter that finds this row: by primary key, and by partner if the model has one."""
    partner = getattr(row, "partner_id", None)
    return {"pk": row.pk} | ({"partner": partner} if partner else {})


class PartnerRow(models.Model):
    """A model with a `partner`; `save()` names it in its UPDATE."""

    class Meta:
        abstract = True

    @override
    def _do_update(self, base_qs: models.QuerySet[Any], *args: Any) -> Any:
        """Django's UPDATE of this row; it matches no row if the partner is another one."""
        partner: int | None = self.partner_id  # type: ignore[attr-defined]
        return super()._do_update(base_qs.filter(partner=partner), *args)
