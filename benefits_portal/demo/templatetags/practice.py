"""For the sign-in page: `{% load practice %}{% personas as cards %}`."""

from django import template
from django.conf import settings

from benefits_portal.demo import personas as people
from benefits_portal.demo.world import is_practice_database

register = template.Library()


@register.simple_tag
def personas() -> list[people.Persona]:
    """The cards; none unless this is a demo with its practice world."""
    return people.personas() if settings.DEMO and is_practice_database() else []
