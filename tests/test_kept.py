"""What is rendered once is shown again for the same values in the same language, and no others."""

from collections.abc import Callable

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils import translation
from django.utils.safestring import mark_safe

from benefits_portal.templatetags import kept


@pytest.fixture
def shown() -> Callable[..., str]:
    """What one template shows, with the number of the time that it is asked."""
    template = Template(
        "{% load i18n %}{% kept name=name count=names|length %}"
        '{% translate "Search" %} {{ name }} {{ count }}{{ secret }}{% endkept %}'
    )
    return lambda **context: template.render(Context(context))


def test_what_is_kept_is_shown_for_the_same_values(shown: Callable[..., str]) -> None:
    assert [shown(name="A"), shown(name="A")] == ["Search A 0", "Search A 0"]
    assert len(kept._texts) == 1


def test_other_values_are_shown_as_they_are(shown: Callable[..., str]) -> None:
    texts = [shown(name=name, names=names) for name, names in (("A", ""), ("B", ""), ("A", "12"))]
    assert texts == ["Search A 0", "Search B 0", "Search A 2"]


def test_nothing_but_the_values_is_seen(shown: Callable[..., str]) -> None:
    assert shown(name="A", secret="of one person") == "Search A 0"


def test_each_language_has_its_own_text(shown: Callable[..., str]) -> None:
    texts = []
    for language in ("en", "nl", "en"):
        with translation.override(language):
            texts += [shown(name="A")]
    assert texts == ["Search A 0", "Zoeken A 0", "Search A 0"]


def test_a_text_that_was_safe_once_is_escaped_otherwise(shown: Callable[..., str]) -> None:
    texts = [shown(name=name) for name in (mark_safe("<b>"), "<b>", mark_safe("<b>"))]
    assert texts == ["Search <b> 0", "Search &lt;b&gt; 0", "Search <b> 0"]


def test_only_so_many_texts_are_kept(shown: Callable[..., str]) -> None:
    for number in range(kept.MAX_TEXTS + 1):
        shown(name=number)
    assert len(kept._texts) == 1


def test_a_value_without_a_name_is_refused() -> None:
    with pytest.raises(TemplateSyntaxError, match="by name"):
        Template("{% kept name %}{% endkept %}")


def test_each_block_has_its_own_text() -> None:
    text = Template("{% kept %}A{% endkept %}{% kept %}B{% endkept %}").render(Context())
    assert text == "AB"
