"""Reminders: what is told to whom, and when; and the proof of it (R1 to R10).

- `topics.py`: what is reminded of, and which day and threshold is told (R1 to R3).
- `models/`: what people chose, the digests, what was told in them, and the runs.
"""
