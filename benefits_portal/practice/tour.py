"""The guided tour: the main tasks in ten steps, with the progress of this session.

What the steps are stands in `tour_steps.py`; here they are found in the practice world, and marked
by what this session did, never by what others do at the same partner.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise

from benefits_portal.benefits.models import Benefit, Product
from benefits_portal.licensing.models import Subscription
from benefits_portal.tenants.models import Record, Tenant

from .models import Persona, Room
from .rooms import room_of
from .tour_steps import ADMIN, DATE_CHANGED, LOOKED, MEMBER, STEPS, Found

SESSION_KEY = "tour"
FINISHED = len(STEPS) + 1  # the number after the last step


@dataclass(frozen=True)
class TourStep:
    """A step as pages show it; `name` is whose work it is."""

    number: int
    persona: str
    name: str
    title: str | Promise
    text: str | Promise
    url: str
    done: bool = False


@dataclass(frozen=True)
class TourBar:
    """The step that this session is at, as the bar on every page shows it."""

    step: TourStep
    is_here: bool  # the page is the step's own, and the reader its persona
    persona: str

    @property
    def total(self) -> int:
        return len(STEPS)

    @property
    def is_last(self) -> bool:
        return self.step.number == len(STEPS)


def progress(request: HttpRequest) -> dict[str, Any] | None:
    """What the session holds of the tour: step, done, is_open, urls, names. None before it."""
    found: dict[str, Any] | None = request.session.get(SESSION_KEY)
    return found


def begin(request: HttpRequest) -> bool:
    """Start the tour in this session; False where its people and things are gone."""
    found = find_steps(room_of(request))
    if found:
        request.session[SESSION_KEY] = {
            "step": 1,
            "done": [],
            "is_open": True,
            "urls": [step.url for step in found],
            "names": {step.persona: step.name for step in found},
        }
    return bool(found)


def go_to(request: HttpRequest, number: int) -> TourStep | None:
    """Make `number` the session's step; None, and the bar is closed, after the last one."""
    tour = request.session[SESSION_KEY]
    tour |= {"step": max(1, min(number, FINISHED)), "is_open": number < FINISHED}
    request.session.modified = True
    return steps_of(tour)[tour["step"] - 1] if tour["is_open"] else None


def close(request: HttpRequest) -> None:
    """Take the bar off the pages; progress stays."""
    if tour := progress(request):
        tour["is_open"] = False
        request.session.modified = True


def steps_of(tour: dict[str, Any]) -> list[TourStep]:
    """The steps as the session has them, without a query."""
    return [
        TourStep(
            number=number,
            persona=step.persona,
            name=tour["names"][step.persona],
            title=step.title,
            text=step.text,
            url=url,
            done=number in tour["done"],
        )
        for number, (step, url) in enumerate(zip(STEPS, tour["urls"], strict=True), start=1)
    ]


def bar(request: HttpRequest) -> TourBar | None:
    """What the bar shows; None where the tour was not begun, or was closed."""
    tour = progress(request)
    if not tour or not tour["is_open"]:
        return None
    step, persona = steps_of(tour)[tour["step"] - 1], persona_of(request)
    return TourBar(step, (request.path, persona) == (step.url, step.persona), persona)


def persona_of(request: HttpRequest) -> str:
    """The slug of whom the session is signed in as; empty for anybody else."""
    persona = Persona.objects.filter(user=request.user.pk).first() if request.user.pk else None
    return persona.slug if persona else ""


# What marks a step


def mark_request(request: HttpRequest, response: HttpResponse, records: Iterable[Record]) -> None:
    """Mark what this request did: a page opened, or what it put on record."""
    traces = {record.refused or record.action for record in records}
    looked = request.method == "GET" and response.status_code == 200
    here = (request.path, persona_of(request)) if looked else None
    mark(request, traces, here)


def mark_date_changed(request: HttpRequest) -> None:
    mark(request, {DATE_CHANGED})


def mark(request: HttpRequest, traces: set[str], here: tuple[str, str] | None = None) -> None:
    """Mark the steps that leave one of `traces`, or whose page and persona is `here`."""
    if not (tour := progress(request)):
        return
    done = {
        number
        for number, (step, url) in enumerate(zip(STEPS, tour["urls"], strict=True), start=1)
        if step.trace in traces or (step.trace == LOOKED and (url, step.persona) == here)
    }
    if done - set(tour["done"]):
        tour["done"] = sorted(done | set(tour["done"]))
        request.session.modified = True


# Where the steps are


def find_steps(room: Room | None) -> list[TourStep]:
    """The steps in `room`, unless the people they are about are gone."""
    people = {
        persona.slug: persona.user
        for persona in Persona.objects.filter(room=room, slug__in=(ADMIN, MEMBER)).select_related(
            "user__directory_user__tenant__partner"
        )
    }
    if len(people) < 2 or (home := people[ADMIN].directory_user) is None:
        return []
    found = find(home.tenant)
    return [
        TourStep(
            number=number,
            persona=step.persona,
            name=people[step.persona].name,
            title=step.title,
            text=step.text,
            url=step.page.url(found),
        )
        for number, step in enumerate(STEPS, start=1)
    ]


def find(tenant: Tenant) -> Found:
    """What the steps refer to by name."""
    named_once = Benefit.objects.for_partner(tenant.partner).exclude(
        product__kind=Product.Kind.BULK_CREDIT
    )
    return Found(
        benefits=pks_by_name(
            named_once.order_by("expires_on"), "product__name", "membership__offer__name"
        ),
        subscriptions=pks_by_name(
            Subscription.objects.in_tenant(tenant).order_by("ends_on"), "product__name", "licenses"
        ),
    )


def pks_by_name(rows: QuerySet[Any], *names: str) -> dict[tuple[Any, ...], int]:
    """The primary key of the last row of each name."""
    return {tuple(name): pk for *name, pk in rows.values_list(*names, "pk")}
