"""Reminders: who is reminded of what, and when; and the proof that it was sent (R1 to R10).

In the order of a run:

- `topics.py`: what people can be reminded of, and which threshold a day has reached (R1 to R3).
- `mornings.py`: for which partners a day has begun (R4).
- `due.py`: the dates that are due at many partners.
- `recipients.py`: who gets reminders, and what each was told before (R2, R3, R7).
- `digest_maker.py`: writes one digest per person, partner and day (R4, R5).
- `due_item_finders.py`, `due_item.py`: the current title and sentence of what is due (R8).
- `digest_messages.py`, `digest_mail.py`, `sending.py`: the email, and how it is sent (R6, R8).
- `models/`: people's choices, the digests, what each digest told, and the runs.
"""
