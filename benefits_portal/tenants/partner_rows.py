"""Rows of a partner's: what changes or locks one names the partner, beside the primary key (P1).

So a database knows at once whose rows are meant, also one that keeps partners on several servers,
and what was read as one partner's is never written as another's. QuerySets say it themselves
(`filter(pk=…, partner=…)`); `tests/partner_named.py` watches every query of the tests.
"""

from typing import Any, override

from django.db import models


def row_of(row: models.Model) -> dict[str, Any]:
    """What finds this very row; one that does not know a partner has its primary key alone."""
    partner = getattr(row, "partner_id", None)
    return {"pk": row.pk} | ({"partner": partner} if partner else {})


class PartnerRow(models.Model):
    """A model with a `partner` whose rows are saved again: saving names it too."""

    class Meta:
        abstract = True

    @override
    def _do_update(self, base_qs: models.QuerySet[Any], *args: Any) -> Any:
        """Django's own UPDATE of this row: none where the row is another partner's."""
        partner: int | None = self.partner_id  # type: ignore[attr-defined]
        return super()._do_update(base_qs.filter(partner=partner), *args)
