"""The page that plans with the partner's keys: from subscriptions and keys to steps (O1 to O7).

- `supply.py`: the subscriptions and keys to plan with, and keys that cannot be used.
- `forms.py`: the form.
- `answers.py`: the plans for one subscription, or for several that should end on one day.
- `steps.py`: the steps of the chosen plan, each with its last day, and a link to carry them out.
"""
