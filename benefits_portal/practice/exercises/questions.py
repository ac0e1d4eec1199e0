"""The kinds of questions, by their names in files of exercises (`ask`)."""

from .answer_questions import EndIfAdded, PeopleThen, PeopleWhoAct, UnusedLicenses
from .credit_questions import Holder, NobodyDisabled, RoleHeld
from .key_questions import (
    KeyRevealed,
    KeysLeft,
    MetRefusal,
    NothingLapses,
    Redeemed,
    ReplacementAsked,
)
from .license_questions import EndsLater, Given, HasEnded, LicensesAtLeast, OneDay
from .scope import Question

QUESTIONS: dict[str, type[Question]] = {
    "holder": Holder,
    "nobody-disabled": NobodyDisabled,
    "role-held": RoleHeld,
    "redeemed": Redeemed,
    "key-revealed": KeyRevealed,
    "keys-left": KeysLeft,
    "nothing-lapses": NothingLapses,
    "replacement-asked": ReplacementAsked,
    "met-refusal": MetRefusal,
    "ends-later": EndsLater,
    "licenses": LicensesAtLeast,
    "one-day": OneDay,
    "given": Given,
    "has-ended": HasEnded,
    "unused-licenses": UnusedLicenses,
    "people-who-act": PeopleWhoAct,
    "people-then": PeopleThen,
    "end-if-added": EndIfAdded,
}
