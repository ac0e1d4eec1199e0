"""Robots in a class: each joins, and does exercises as somebody without JavaScript would."""

import re
import time
from collections.abc import Callable
from html import unescape
from http import HTTPStatus
from random import Random

from benefits_portal.practice.exercises import Exercise
from benefits_portal.practice.story_event import Event
from drills.pages import Lost, Reader
from drills.people import Browser

DOMAIN = re.compile(r"contoso(?:-labs)?-([a-z2-9]{4})\b")
KEY = re.compile(r"\b[A-Z0-9]{5}(-[A-Z0-9]{5}){4}\b")
STARTED_OVER = "Your trainer started your room over"


PATIENCE = 20  # times


class StartedOver(Exception):
    """The trainer has started the robot's room over."""


def can_do(exercise: Exercise) -> bool:
    """Whether acts alone solve it: a robot looks for no figure, and leaves the date as it is."""
    return not exercise.asked and all(each.what in ACTS for each in exercise.solutions[0])


class Robot(Reader):
    """One trainee: reads each page for `think` seconds or so, and notes whatever is wrong."""

    def __init__(self, browser: Browser, name: str, todo: list[Exercise], think: float) -> None:
        super().__init__(browser)
        self.name, self.todo, self.think = name, todo, think
        self.chance = Random(name)
        self.suffix = ""
        self.wrong: list[str] = []
        self.passed: list[str] = []
        self.started_over = self.asked_to_wait = 0

    def ask(self, path: str, fields: dict[str, str] | None, what: str) -> None:
        """Asked to try again in a moment, it does."""
        super().ask(path, fields, what)
        while (
            self.answer.status == HTTPStatus.SERVICE_UNAVAILABLE and self.asked_to_wait < PATIENCE
        ):
            self.asked_to_wait += 1
            time.sleep(int(self.answer.retry_after or 1))
            super().ask(path, fields, what)

    def look(self, text: str) -> None:
        """At the page that came: it says `text`, and nothing of another room."""
        page, url = unescape(self.answer.page), self.answer.url
        if STARTED_OVER in page:
            raise StartedOver
        if self.answer.status != HTTPStatus.OK or text not in page:
            self.wrong.append(f"{self.name}: {self.answer.status} at {url}, without {text!r}")
        foreign = set(DOMAIN.findall(page)) - {self.suffix}
        if self.suffix and foreign:
            self.wrong.append(f"{self.name}: {foreign} at {url}")
        time.sleep(self.chance.uniform(self.think / 2, self.think * 1.5))

    # What it does

    def run(self, code: str) -> None:
        """Join, and do every exercise; from the beginning if the room is started over."""
        try:
            self.enter_code(code)
            self.enter_name()
            self.enter_portal()
            while not self.is_done():
                self.begin_again()
        except Lost as lost:
            self.wrong.append(f"{self.name}: at {self.answer.url} {lost}")

    def enter_code(self, code: str) -> None:
        self.open("/practice/", "enter a code")
        self.look("Join a class")
        self.press("Continue", what="enter a code", code=code)
        self.look("What should we call you?")

    def enter_name(self) -> None:
        self.press("Enter my room", what="join", name=self.name)
        self.look("Your return code")

    def enter_portal(self) -> None:
        self.follow("Go to the portal", what="page")
        self.suffix = next(iter(DOMAIN.findall(self.answer.page)), "")
        self.look("Needs your attention")

    def is_done(self) -> bool:
        """Do all of them; False if the room was started over meanwhile."""
        try:
            for exercise in self.todo:
                self.do(exercise)
            self.open("/practice/exercises/", "exercises")
            self.look(f"{len(self.passed)} of ")
        except StartedOver:
            return False
        return True

    def begin_again(self) -> None:
        self.started_over += 1
        self.passed.clear()
        self.press("Continue as Diego Siciliani", what="become")
        self.look("Contoso")

    def do(self, exercise: Exercise) -> None:
        self.open("/practice/exercises/", "exercises")
        self.look(str(exercise.title))
        self.press("Begin", what="begin", exercise=exercise.slug)
        self.look("Check exercise")
        for event in exercise.solutions[0]:
            ACTS[event.what](self, event)
        self.press("Check exercise", what="check")
        self.look(f"Passed: {exercise.title}.")
        self.passed.append(exercise.slug)

    # Where things are

    def to_benefit(self, event: Event) -> None:
        self.open("/mpn/benefits/azure-cloud/", "page")
        self.look(event.offer)
        kind = event.competency or ("per month" if event.product == "Microsoft Azure" else "")
        self.follow(event.product, event.offer, kind, what="page")
        self.look(event.product)

    def to_subscription(self, event: Event, *near: str) -> None:
        self.open("/admin-center/products/?show=all", "page")
        self.look(event.product)
        licenses = f"{event.product} {event.licenses} " if event.licenses else ""
        self.follow(event.product, licenses, *near, what="page")
        self.look(event.product)

    def confirm(self) -> None:
        """What the page says a key will do."""
        self.look("You can't undo this yourself")
        self.press("", what="act", holding="quote")
        self.look("Receipt")

    def confirm_for_good(self, person: str) -> None:
        """That it is this person, where the page asks: of bulk credit."""
        if self.page.has("confirmed"):
            self.press("", what="act", holding="confirmed")
            self.look(person)


def assign(robot: Robot, event: Event) -> None:
    robot.to_benefit(event)
    robot.press("Assign user", what="act", choose=event.person)
    robot.look(event.person)
    robot.confirm_for_good(event.person)


def transfer(robot: Robot, event: Event) -> None:
    robot.to_benefit(event)
    robot.follow("Transfer", event.person, what="page")
    robot.look(event.to)
    robot.press("Transfer", what="act", choose=event.to)
    robot.look(event.to)
    robot.confirm_for_good(event.to)


def reveal(robot: Robot, event: Event) -> None:
    robot.to_benefit(event)
    robot.press("Get key", what="act", choose="I have verified the tenant")
    robot.look(event.product)


def activate(robot: Robot, event: Event) -> None:
    """From Your products, step by step; a key that is not among the ten offered is typed."""
    to_key_step(robot, event)
    offered, key = f"{event.product} {event.offer}", ""
    if not robot.page.offers(offered):
        offered, key = "Another key", copied_key(robot, event)
        to_key_step(robot, event)
    robot.press("Next", what="page", choose=offered, key=key)
    if not robot.page.has("quote"):
        robot.look("What is the key for?")
        robot.follow("Start new subscription", what="page")
    robot.confirm()


def to_key_step(robot: Robot, event: Event) -> None:
    robot.open("/admin-center/products/", "page")
    robot.look("Redeem a product key")
    robot.follow("Redeem a product key", what="page")
    robot.look("In which tenant?")
    domain = event.tenant.partition(".")[0]
    robot.press("Next", what="page", choose=f"{domain}-{robot.suffix}.")
    robot.look("Which key?")


def copied_key(robot: Robot, event: Event) -> str:
    reveal(robot, event)
    found = KEY.search(robot.answer.page)
    if found is None:
        raise Lost("no key to copy")
    return found.group()


def redeem(robot: Robot, event: Event) -> None:
    """Extend, add or reactivate, from the subscription's page."""
    robot.to_subscription(event)
    if event.what == "reactivate":
        robot.press("Reactivate", what="page")
    else:
        robot.follow(WAYS[event.what], what="page")
        robot.look(event.product)
        robot.press("Next", what="page", choose=event.offer)
    if event.refused:
        robot.look("There's a problem")
    else:
        robot.confirm()


def replace(robot: Robot, event: Event) -> None:
    robot.to_subscription(event, event.offer)
    robot.follow("Receipt", event.offer, what="page")
    robot.look("Receipt")
    robot.follow("Request a replacement key", what="page")
    robot.look(event.product)
    robot.press("Send request", what="act", why=event.why)
    robot.look(event.product)


WAYS = {"extend": "Extend end date", "add": "Add licenses"}
ACTS: dict[str, Callable[[Robot, Event], None]] = {
    "assign": assign,
    "transfer": transfer,
    "reveal": reveal,
    "activate": activate,
    **dict.fromkeys(("extend", "add", "reactivate"), redeem),
    "replace": replace,
}
