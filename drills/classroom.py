"""A class of thirty robots: all join within a minute, and each does three exercises (T1, T7).

They read pages and press buttons as people without JavaScript do. In the middle the trainer starts
one room over: its robot is told so and does its exercises again, and nobody else notices. It fails
if an answer is not what the page before promised, if anything of another room is in it, if a robot
does not get done or has to ask twice, if a room holds anything but what was done there, or if more
than one in twenty waits for longer than `limit` seconds to be let in. The robot whose room is being
started over may have to ask twice.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.db import connections

from benchmarks.processes import cpu_seconds
from benefits_portal import clock
from benefits_portal.practice import codes
from benefits_portal.practice.exercises import State, exercises_in, progress_of
from benefits_portal.practice.handmade import models_of_partners
from benefits_portal.practice.models import Class, Room
from benefits_portal.practice.trainers import TRAINERS
from drills.pages import Lost, Reader
from drills.people import Answer, Browser, percentile, table
from drills.robots import Robot, can_do
from drills.servers import Nginx, Portal, Postgres, manage
from drills.world import PASSWORD
from tests import factories

EACH = 3  # exercises
ALONE = 4  # rooms that are made before, to see what one costs; nobody does anything there
LOOKS = {"record", "digest", "mail"}  # models whose rows differ with what somebody looked at
EMAIL = "trainer@drill.example"


def main(
    place: Path,
    postgres: Postgres,
    robots: int = 30,
    within: float = 60.0,
    think: float = 4.0,
    workers: int = 2,
    limit: float = 5.0,
) -> bool:
    manage(postgres.url, "demo", DEMO="classes")
    of_class = open_class(robots + ALONE)
    code = codes.spaced(of_class.code())
    notes: list[Answer] = []
    with (
        Portal(place, postgres.url, workers=workers, DEMO="classes") as portal,
        Nginx(place, [portal]) as nginx,
    ):
        costs = [cpu_of_joining(number, nginx, portal, postgres, code) for number in range(ALONE)]
        untouched = {room.name: rows_in(room) for room in of_class.rooms.all()}
        connections.close_all()
        there = trainees(of_class, nginx.port, notes, robots, think)
        trainer = Trainer(Browser(nginx.port, notes), of_class)
        run_class(there, code, trainer, within)
    wrong = [*trainer.wrong, *(each for robot in there for each in robot.wrong)]
    wrong += strange(of_class, there, untouched)
    joins = [note.seconds for note in notes if note.what == "join"]
    noticed = [robot.name for robot in there if robot.started_over or robot.asked_to_wait]
    print(report(notes))
    print(
        f"\n{len(joins)} robots joined within {within:g} s, each in "
        f"{percentile(joins, 0.5):.2f} s (half), {percentile(joins, 0.95):.2f} s (95%, limit "
        f"{limit:g} s), {max(joins):.2f} s (all); a room costs {min(costs[1:]):.2f} s of a "
        f"processor, web and database together. {sum(len(robot.passed) for robot in there)} "
        f"exercises passed; started over, and noticed by: {', '.join(noticed)}; statuses "
        f"{dict(Counter(note.status for note in notes))}; {len(wrong)} faults {wrong[:5] or ''}."
    )
    return not wrong and noticed == [middle(there).name] and percentile(joins, 0.95) <= limit


def open_class(seats: int) -> Class:
    """With all exercises of Contoso, by a trainer who has a password."""
    trainer = factories.UserFactory.create(directory_user=None, email=EMAIL)
    trainer.groups.add(Group.objects.get(name=TRAINERS))
    made = Class(title="Robots", situation="contoso", language="en", max_rooms=seats)
    made.closes_at = clock.now() + timedelta(hours=2)
    return Class.objects.open_for(trainer, made)


def cpu_of_joining(
    number: int, nginx: Nginx, portal: Portal, postgres: Postgres, code: str
) -> float:
    """Seconds of processor, web and database together, while one joins and nobody else is there.

    The first in each process reads the situation's files, too.
    """
    assert portal.process
    assert postgres.process
    robot = Robot(Browser(nginx.port), f"Alone {number}", [], think=0)
    robot.enter_code(code)
    before = cpu_seconds(portal.process.pid, postgres.process.pid)
    robot.enter_name()
    return cpu_seconds(portal.process.pid, postgres.process.pid) - before


def trainees(
    of_class: Class, port: int, notes: list[Answer], robots: int, think: float
) -> list[Robot]:
    """The first does the first three exercises, the next the next three, and so around.

    Of those that consist of acts.
    """
    every = [exercise for exercise in exercises_in(of_class) if can_do(exercise)]
    return [
        Robot(
            Browser(port, notes),
            f"Robot {number}",
            [every[(EACH * number + step) % len(every)] for step in range(EACH)],
            think,
        )
        for number in range(robots)
    ]


def middle(there: list[Robot]) -> Robot:
    return there[len(there) // 2]


def run_class(there: list[Robot], code: str, trainer: "Trainer", within: float) -> None:
    """All of it, until the last robot is done."""

    def arrive(robot: Robot, wait: float) -> None:
        time.sleep(wait)
        robot.run(code)

    threads = [
        threading.Thread(target=arrive, args=[robot, within * number / len(there)])
        for number, robot in enumerate(there)
    ]
    threads.append(threading.Thread(target=trainer.run, args=[middle(there)]))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Trainer(Reader):
    """Looks at the class now and then; starts a room over once it has done two exercises."""

    def __init__(self, browser: Browser, of_class: Class) -> None:
        super().__init__(browser)
        self.of_class = of_class
        self.wrong: list[str] = []

    def run(self, robot: Robot) -> None:
        try:
            self.open("/sign-in/", "sign-in page")
            self.press("Sign in", what="sign in", username=EMAIL, password=PASSWORD)
            while len(robot.passed) < EACH - 1 and not robot.wrong:
                self.look_at_class()
            self.follow(robot.name, what="trainer's room")
            self.follow("Start over", what="trainer's room")
            self.press("Start over", what="start over")
            if f"The room of {robot.name} is as it was" not in self.answer.page:
                self.wrong.append(f"Trainer: {self.answer.status} at {self.answer.url}")
        except Lost as lost:
            self.wrong.append(f"Trainer: at {self.answer.url} {lost}")

    def look_at_class(self) -> None:
        self.open(f"/practice/classes/{self.of_class.pk}/", "trainer's page")
        time.sleep(2)


# What is there afterwards


def strange(of_class: Class, there: list[Robot], untouched: dict[str, Any]) -> Iterator[str]:
    """What is in rooms that nobody did there, or is not that should be."""
    rooms = {room.name: room for room in of_class.rooms.select_related("of_class")}
    steps = progress_of([*rooms.values()])
    alike: dict[tuple[str, ...], dict[str, int]] = {}
    for robot in there:
        room, did = rooms[robot.name], tuple(exercise.slug for exercise in robot.todo)
        passed = [step for step in steps[room.pk] if step.state is State.PASSED]
        begun = [step for step in steps[room.pk] if not step.can_begin]
        if {step.exercise.slug for step in passed} != set(did) or len(begun) != len(did):
            yield f"{robot.name}: {passed} and {begun} instead of {did}"
        rows = {name: len(found) for name, found in rows_in(room).items() if name not in LOOKS}
        if alike.setdefault(did, rows) != rows:
            yield f"{robot.name}: {rows}, and another that did the same has {alike[did]}"
    for name, rows in untouched.items():
        if rows_in(rooms[name]) != rows:
            yield f"{name}: rows have changed"


def rows_in(room: Room) -> dict[str, list[Any]]:
    """Every row of its partners, by model."""
    partners = list(room.partners().values_list("pk", flat=True))
    return {
        model._meta.model_name or "": list(
            model._base_manager.filter(partner__in=partners).order_by("pk").values_list()
        )
        for model in models_of_partners()
    }


def report(notes: list[Answer]) -> str:
    kinds: dict[str, list[float]] = {}
    for note in notes:
        kinds.setdefault(note.what, []).append(note.seconds * 1000)
    return table(
        ["page", "answers", "p50 ms", "p95 ms", "slowest ms"],
        [
            [
                what,
                len(took),
                *(round(percentile(took, share)) for share in (0.5, 0.95)),
                round(max(took)),
            ]
            for what, took in kinds.items()
        ],
    )
