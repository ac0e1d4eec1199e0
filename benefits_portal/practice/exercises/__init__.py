"""Exercises: a goal in one's own room, and a check that asks for facts (rules X1 to X8).

Pages need these, and nothing else of the package:

- `exercises_in(of_class)`: those that its trainer chose.
- `exercises_of(room)`: the `Exercise`s that a room has, in their order. Each has the texts `title`,
  `goal`, `why` and `hints`, the `persona` and the page (`url(room)`) to begin at, and its `slug`.
- `begin(room, exercise, by)`: makes what the exercise needs. Raises `NotOffered`.
- `check(room, exercise, by)`: the attempt; `is_pass`, else `exercise.sentence_of(attempt)` says
  what is missing. Raises `NotBegun`.
- `show_me(room, exercise, by)`, and with `trainer=user` as the trainer: carries the solution out.
  Raises `NotBegun` or `NotShown`.
- `progress_of(rooms)`: of each room a `Progress` for each exercise, in two queries for however
  many rooms: `state` (a `State`), `since`, `tries`, `message` (the last finding or refusal),
  `misses` (a `Miss` for each that there was, with how often).
- `standing_of(rooms)`: the same, worked out by `each()` of each room; `is_stuck` is cheaper.
- `steps_of(room)`: the same of one room in one query, without what was refused there.
- `OUTCOMES`: by state, what is kept of it once the room is deleted.
- `tally(progress)`: how many were passed and shown, in words.
- `present(progress)`: the one that a room is at, for the panel; None once all are done.

`by` is the slug of the persona who did it. What is raised are all `NotDone`, whose text is a
sentence for the reader. `docs/classroom.md` says how to write an exercise.
"""

from .actions import NotBegun, NotDone, NotOffered, NotShown, begin, check, show_me
from .exercise import Exercise
from .progress import (
    OUTCOMES,
    Miss,
    Progress,
    RoomProgress,
    State,
    exercises_in,
    exercises_of,
    present,
    progress_of,
    standing_of,
    steps_of,
    tally,
)
from .reading import ExerciseError, exercises

__all__ = [
    "OUTCOMES",
    "Exercise",
    "ExerciseError",
    "Miss",
    "NotBegun",
    "NotDone",
    "NotOffered",
    "NotShown",
    "Progress",
    "RoomProgress",
    "State",
    "begin",
    "check",
    "exercises",
    "exercises_in",
    "exercises_of",
    "present",
    "progress_of",
    "show_me",
    "standing_of",
    "steps_of",
    "tally",
]
