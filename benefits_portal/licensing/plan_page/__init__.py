"""The page that plans with one's own keys: from subscriptions and keys to steps (O1 to O7).

- `supply.py`: what there is to plan with, and which keys are no use.
- `forms.py`: what is asked.
- `answers.py`: the choices; for one subscription, or for several that shall end on one day.
- `steps.py`: the steps of a chosen plan, each with its last day, and where they are carried out.
"""
