"""The audit trail: what was done and refused, by whom (rules A1 to A3).

How it is kept, shown and paged:

- `record.py`: the record, which is only ever added to.
- `record_queryset.py`: how it is written, and asked.
- `context.py`: what a line is about, by name.
- `actor.py`: who acts, through which entry point, and why.
- `refusal.py`: what a rule refuses, in words for people, and its code on record.
- `append_only.py`, `written_once.py`: rows that are never changed, or change once.
- `labels.py`, `display.py`, `history.py`: how a record is written out, and a history is paged.
"""
