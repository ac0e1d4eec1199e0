"""What is told to whom, and the proof of it.

- `preference.py`: what people chose; `silence.py`: the things that they silenced.
- `digest.py`: the mails, and what each of them told.
- `feed.py`: the secret addresses of calendars.
- `run.py`: when the portal looked for what is due.
"""

from .actions import RemindersAction
from .digest import Digest, Told
from .feed import Feed
from .preference import Preference, Rhythm
from .run import Run
from .silence import Silence

__all__ = ["Digest", "Feed", "Preference", "RemindersAction", "Rhythm", "Run", "Silence", "Told"]
