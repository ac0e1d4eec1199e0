"""Template filters for moments: a time says whose clock it is (W13)."""

from django import template

from benefits_portal.formats import as_moment

register = template.Library()
register.filter("moment", as_moment)
