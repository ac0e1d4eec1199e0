"""English dates and times as in the original: Sep 6, 2027, 2:30 PM.

Django's own are Sept. 6, 2027, 2:30 p.m.
"""

DATE_FORMAT = "M j, Y"
TIME_FORMAT = "g:i A"
DATETIME_FORMAT = "M j, Y, g:i A"
MONTH_DAY_FORMAT = "M j"
