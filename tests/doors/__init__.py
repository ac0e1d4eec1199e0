"""Every rule at every door.

A *deed* is something that people do: assign credit, redeem a key, enroll a partner. Each module
here tells of some deeds the
*doors* that lead to it (a page, a form, a row or an action of the back office, an import, a
command, the model's own verb)
and the *attempts* at it that a rule refuses. `test_doors.py` makes each attempt through each of its
deed's doors.
"""
