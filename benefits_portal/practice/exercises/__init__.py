"""Exercises: a goal in a room, and a check that looks at the room's data (rules X1 to X8).

Pages import only these names:

- `exercises_in(of_class)`: the exercises that the trainer chose.
- `exercises_of(room)`: the `Exercise`s of a room, in order.
- `begin(room, exercise, by)`: makes what the exercise needs. Raises `NotOffered`.
- `check(room, exercise, by)`: checks it; the attempt has `is_pass`, and
  `exercise.sentence_of(attempt)` says what is missing. Raises `NotBegun`.
- `show_me(room, exercise, by)`: carries the solution out; with `trainer=user`, as the trainer.
  Raises `NotBegun` or `NotShown`.
- `progress_of(rooms)`: a `Progress` for each exercise of each room, by two queries.
- `standing_of(rooms)`: a `RoomProgress` for each room, whose `each()` computes the same when
  needed; its `is_stuck` is cheaper.
- `steps_of(room)`: the same for one room by one query, without refusals.
- `OUTCOMES`: the state that is kept of each state once the room is deleted.
- `tally(steps)`: how many were passed and shown, in words.
- `present(steps)`: the current exercise of a room; None once all are done.

`by` is a persona's slug. All exceptions are `NotDone`, whose text is a sentence for the reader.
`docs/classroom.md` says how to write an exercise.
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
