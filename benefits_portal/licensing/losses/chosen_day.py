"""The day of *Lost by a day*: `?by=2027-04-30`, by default three months from today."""

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from benefits_portal.dates import add_months
from benefits_portal.licensing.home.unused_queries import QUARTER
from benefits_portal.tenants.any_day import read_parameter

PARAMETER = "by"


@dataclass(frozen=True)
class ChosenDay:
    """The day `day`, chosen on day `on`; `error` says what is wrong with the URL, if anything."""

    on: date
    day: date
    error: str = ""

    @classmethod
    def of(cls, query: QueryDict, on: date) -> "ChosenDay":
        usual = on + QUARTER
        try:
            day = read_parameter(query.getlist(PARAMETER)) or usual
        except ValidationError as error:
            return cls(on, usual, " ".join(error.messages))
        return cls(on, usual, _("Choose today or a later day.")) if day < on else cls(on, day)

    @property
    def others(self) -> list[tuple[str, date]]:
        """Other days to choose, each with a label."""
        days = (
            (_("In 3 months"), self.on + QUARTER),
            (_("In 6 months"), add_months(self.on, 6)),
            (_("In a year"), add_months(self.on, 12)),
        )
        return [(label, day) for label, day in days if day != self.day]

    @property
    def query(self) -> str:
        return f"?{PARAMETER}={self.day.isoformat()}"
