"""An exercise: its texts, its first page, its setup and solutions, and its questions."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise

from benefits_portal.benefits.models import Benefit
from benefits_portal.licensing.models import Subscription
from benefits_portal.practice.models import ExerciseAttempt, Room
from benefits_portal.practice.room_world import own_mpn_id
from benefits_portal.practice.situations import SITUATIONS, own_domain
from benefits_portal.practice.story_event import Event
from benefits_portal.tenants.models import Partner

from .answer import AnswerQuestion, Figures
from .attempts import AttemptRow
from .scope import Question, Scope


@dataclass(frozen=True, kw_only=True)
class Page:
    """The first page: of a benefit or a subscription, or else the URL name `at`."""

    at: str
    product: str = ""
    offer: str = ""
    competency: str = ""
    tenant: str = ""
    licenses: int = 0

    def url(self, partner: Partner, suffix: str) -> str:
        """The URL at `partner`; of the list if the thing is gone. At most one query."""
        if self.at == "benefit":
            own: QuerySet[Any] = Benefit.objects.for_partner(partner).filter(
                product_name=self.product, offer_name=self.offer, competency=self.competency
            )
            names, latest = ("licensing:benefit-detail", "benefits:azure-cloud"), "starts_on"
        elif self.at == "subscription":
            domain = own_domain(self.tenant, suffix)
            own = Subscription.objects.for_partner(partner).filter(
                product_name=self.product, tenant__domain=domain, licenses=self.licenses
            )
            names, latest = ("licensing:subscription", "licensing:products"), "ends_on"
        else:
            return reverse(self.at)
        pk = own.order_by(f"-{latest}", "pk").values_list("pk", flat=True).first()
        return reverse(names[0], args=[pk]) if pk else reverse(names[1])


@dataclass(frozen=True)
class Wrong:
    """A wrong way to solve an exercise, and what the check then finds; for tests."""

    events: tuple[Event, ...]
    finding: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Exercise:
    """One exercise, as in its file.

    Each of `solutions` solves it; the first is demonstrated. Exercises are sorted by `position`.
    Days of events in `past` count back from the day of the room's story, those in `setup` from the
    day on which the exercise is begun.
    """

    slug: str
    position: int
    situation: str
    title: Promise
    goal: Promise
    why: Promise
    hints: tuple[Promise, ...]
    persona: str
    page: Page
    past: tuple[Event, ...]
    setup: tuple[Event, ...]
    solutions: tuple[tuple[Event, ...], ...]
    wrong: tuple[Wrong, ...]
    questions: tuple[Question, ...]

    def partners_in(self, room: Room) -> QuerySet[Partner]:
        """The partner that it is about, as a queryset of one or none: its situation's first."""
        mpn_id = SITUATIONS[self.situation].partners[0]
        own = own_mpn_id(mpn_id, room.suffix) if room.suffix else mpn_id
        return room.partners().filter(mpn_id=own)

    def url(self, room: Room) -> str:
        """The URL of its first page in `room`; two queries."""
        partner = self.partners_in(room).first()
        return self.page.url(partner, room.suffix) if partner else reverse("home")

    @property
    def asked(self) -> AnswerQuestion | None:
        """The question to answer by typing a figure, if there is one."""
        return next((each for each in self.questions if isinstance(each, AnswerQuestion)), None)

    def figures(self, scope: Scope) -> Figures | None:
        """The right figure to type, and mistakes; None if nothing is to be typed."""
        return self.asked.figures(scope) if self.asked else None

    def sentence_of(self, attempt: ExerciseAttempt | AttemptRow) -> str:
        """The finding, or the answer that was shown, in the reader's language; else empty."""
        if attempt.what == ExerciseAttempt.What.SHOWN and self.asked and attempt.params:
            return self.asked.sentence("the-figure", attempt.params)
        if not attempt.finding:
            return ""
        asked = self.questions[min(attempt.question, len(self.questions)) - 1]
        return asked.sentence(attempt.finding, attempt.params)
