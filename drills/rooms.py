"""What five hundred rooms cost whoever is in one of them, and their trainer (T1, P1).

The same pages of the same room are asked for in turn in two databases: one with that room alone,
one with copies of it beside. It fails if they cost more than `limit` times as much there, all
together; if *Start over* costs more than a second; or if the trainer's page of a class of so many,
more than any may have, costs more than four times what it does with thirty.
"""

import time
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.db import connections

from benchmarks.processes import cpu_seconds
from benefits_portal.practice import codes
from benefits_portal.practice.exercises import begin, check, exercises_in
from benefits_portal.practice.models import Class, Room
from benefits_portal.practice.room_world import start_over
from drills.classroom import EMAIL, open_class
from drills.copies import copy_room
from drills.pages import Reader
from drills.people import Browser, table
from drills.robots import Robot
from drills.servers import Portal, Postgres, manage
from drills.world import PASSWORD

PAGES = {
    "home": "/",
    "benefits": "/mpn/benefits/azure-cloud/",
    "benefits, unused, by date": "/mpn/benefits/azure-cloud/?show=unused&sort=expires",
    "benefits, searched": "/mpn/benefits/azure-cloud/?q=365",
    "your products": "/admin-center/products/?show=all",
    "licenses": "/admin-center/licenses/",
    "users": "/account/users/",
    "activity": "/account/activity/",
    "exercises": "/practice/exercises/",
    "my room": "/practice/",
}
SECOND = 1.0  # of a processor: the most that *Start over* may take
BEGUN = 6  # exercises in each room
MOST_FOR_TRAINER = 4.0  # times what the page of thirty rooms costs


def main(
    place: Path,
    postgres: Postgres,
    rooms: int = 500,
    rounds: int = 9,
    times: int = 4,
    limit: float = 1.05,
) -> bool:
    manage(postgres.url, "demo", DEMO="classes")
    of_class = open_class(seats=100)
    cookies, trainer_cookies = with_one_room(place, postgres, of_class)
    room = of_class.rooms.get()
    for exercise in exercises_in(of_class)[:BEGUN]:
        begin(room, exercise)
        check(room, exercise)
    connections.close_all()
    postgres.ask("CREATE DATABASE alone TEMPLATE portal", "postgres")
    alone = f"{postgres.url.rpartition('/')[0]}/alone"
    with (
        Portal(place, alone, workers=1, DEMO="classes") as few,
        Portal(place, postgres.url, workers=1, DEMO="classes") as many,
    ):
        trainer = Meter(many, postgres, trainer_cookies)
        of_trainer, page, there = {}, f"/practice/classes/{of_class.pk}/", 1
        for count in (30, 100, rooms):
            copy_room(room, range(there, count))
            of_trainer[count] = min(trainer.cost(page, times) for _ in range(3))
            there = count
        meters = Meter(few, postgres, cookies), Meter(many, postgres, cookies)
        costs: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in PAGES}
        for _ in range(rounds):
            for name, page in PAGES.items():
                for own, meter in zip(costs[name], meters, strict=True):
                    own.append(meter.cost(page, times))
    over = cost_of_starting_over(room, postgres)
    rows: list[list[Any]] = [
        [name, min(one) * 1000, min(more) * 1000, min(more) / min(one)]
        for name, (one, more) in costs.items()
    ]
    one, more = (sum(row[column] for row in rows) for column in (1, 2))
    rows.append(["**all**", one, more, more / one])
    print(table(["page", "one room, ms", f"{rooms} rooms, ms", "times"], rows))
    print(
        "\nThe trainer's page: "
        + ", ".join(f"{count} rooms {cost * 1000:.0f} ms" for count, cost in of_trainer.items())
        + f". *Start over*: {over:.2f} s (limit {SECOND:g} s). All of a processor, web and "
        f"database together, the cheapest of {rounds} rounds of {times}."
    )
    growth = of_trainer[rooms] / of_trainer[30]
    return over <= SECOND and more / one <= limit and growth <= MOST_FOR_TRAINER


def with_one_room(place: Path, postgres: Postgres, of_class: Class) -> tuple[Any, Any]:
    """The cookies of one trainee who has joined, and those of the trainer."""
    connections.close_all()
    with Portal(place, postgres.url, workers=1, DEMO="classes") as portal:
        robot = Robot(Browser(portal.port), "Robot", [], think=0)
        robot.enter_code(codes.spaced(of_class.code()))
        robot.enter_name()
        trainer = Reader(Browser(portal.port))
        trainer.open("/sign-in/", "sign-in page")
        trainer.press("Sign in", what="sign in", username=EMAIL, password=PASSWORD)
    return robot.browser.cookies, trainer.browser.cookies


class Meter:
    """One person's browser at one portal, and what their pages cost there."""

    def __init__(self, portal: Portal, postgres: Postgres, cookies: dict[str, str]) -> None:
        assert portal.process
        assert postgres.process
        self.browser = Browser(portal.port)
        self.browser.cookies = dict(cookies)
        self.roots = portal.process.pid, postgres.process.pid

    def cost(self, page: str, times: int) -> float:
        """Seconds of processor for one, the mean of `times`."""
        before = cpu_seconds(*self.roots)
        for _ in range(times):
            answer = self.browser.get(page)
            assert answer.status == HTTPStatus.OK, f"{answer.status} at {page}"
            assert answer.url == page, f"{page} led to {answer.url}"
        return (cpu_seconds(*self.roots) - before) / times


def cost_of_starting_over(room: Room, postgres: Postgres) -> float:
    """Seconds of processor, the cheapest of three."""
    assert postgres.process
    costs = []
    for _ in range(3):
        before = cpu_seconds(postgres.process.pid) + time.process_time()
        start_over(room)
        costs.append(cpu_seconds(postgres.process.pid) + time.process_time() - before)
    return min(costs)
