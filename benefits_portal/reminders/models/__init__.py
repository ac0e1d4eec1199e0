"""People's choices, the digests and what they told, calendar feeds, and runs.

- `preference.py`: rhythm, thresholds and topics; `silence.py`: things that are turned off.
- `digest.py`: reminder emails, and what each of them told.
- `feed.py`: calendar feeds at secret URLs.
- `run.py`: runs of the command.
"""

from .actions import RemindersAction
from .digest import Digest, Told
from .feed import Feed
from .preference import Preference, Rhythm
from .run import Run
from .silence import Silence

__all__ = ["Digest", "Feed", "Preference", "RemindersAction", "Rhythm", "Run", "Silence", "Told"]
