"""The audit trail: what was done and refused, and by whom (rules A1 to A3).

- `record.py`: the record, to which rows are only added.
- `record_queryset.py`: how it is written and queried.
- `context.py`: the keyword arguments of a record.
- `actor.py`: who acts, through which entry point, and why.
- `refusal.py`: refusals, with their sentences and codes.
- `append_only.py`, `written_once.py`: rows that never change, or change once.
- `labels.py`, `references.py`, `display.py`, `history.py`: records in words, and pages of them.
"""
