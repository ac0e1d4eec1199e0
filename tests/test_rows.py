"""The rows of a table, written by one form: what is in a row is text, whatever it looks like."""

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy, override


def written(block: str, *rows: dict[str, object], **context: object) -> str:
    return Template(f"{{% load i18n %}}{{% rows rows %}}{block}{{% endrows %}}").render(
        Context({"rows": rows, **context})
    )


def test_the_block_is_written_for_each_row_with_its_values() -> None:
    assert written(
        '<tr id="r{pk}"><td>{name}</td></tr>', {"pk": 1, "name": "A"}, {"pk": 2, "name": "B"}
    ) == ('<tr id="r1"><td>A</td></tr><tr id="r2"><td>B</td></tr>')


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("<b>\"'&", "&lt;b&gt;&quot;&#x27;&amp;"),
        (mark_safe("<b>"), "<b>"),
        (gettext_lazy("<b>"), "&lt;b&gt;"),
        (1000, "1000"),
        ("{pk} %(pk)s 100%", "{pk} %(pk)s 100%"),
    ],
    ids=["markup", "safe", "lazy", "number", "looks like a place"],
)
def test_a_value_is_escaped_as_a_variable_is(value: object, shown: str) -> None:
    assert [
        written("{value}", {"value": value, "pk": 1}),
        written("{{ value }}", {"pk": 1}, value=value),
    ] == [shown, shown]


def test_a_text_that_is_safe_in_one_row_is_not_in_another() -> None:
    values = [mark_safe("<b>"), "<b>", mark_safe("<b>")]
    rows: list[dict[str, object]] = [{"value": value} for value in values]
    assert written("{value} ", *rows) == "<b> &lt;b&gt; <b> "


def test_what_is_of_the_page_is_rendered_once_and_has_no_places_to_fill() -> None:
    assert (
        written("{{ label }}: {name} 5%", {"name": "A", "label": "row"}, label="{name} 10%")
        == "{name} 10%: A 5%"
    )


@pytest.mark.parametrize(("wide", "shown"), [(True, "A 5%"), (False, "B {x}"), (None, "B {x}")])
def test_a_place_within_an_if_of_the_page_is_filled_too(wide: bool | None, shown: str) -> None:
    assert (
        written(
            "{% if wide %}{a} 5%{% else %}{b} {{ x }}{% endif %}",
            {"a": "A", "b": "B"},
            wide=wide,
            x="{x}",
        )
        == shown
    )


def test_an_if_that_does_not_hold_leaves_nothing() -> None:
    assert (
        written("{name}{% if wide %} {nobody}{% elif x %} {name}{% endif %}", {"name": "A"}) == "A"
    )


@pytest.mark.parametrize(
    ("row", "shown"),
    [({"gap": "{3} days"}, "<b>{3} days</b>!"), ({"gap": ""}, "none {x}!")],
    ids=["has it", "has none"],
)
def test_a_row_is_written_by_what_it_has(row: dict[str, object], shown: str) -> None:
    block = "{% when gap %}<b>{gap}</b>{% otherwise %}none {{ x }}{% endwhen %}!"
    assert written(block, row, x="{x}") == shown


def test_what_a_row_has_not_leaves_nothing_without_an_otherwise() -> None:
    assert (
        written("{% when gap %}<b>{gap}</b>{% endwhen %}|", {"gap": ""}, {"gap": 1}) == "|<b>1</b>|"
    )


def test_each_item_of_a_list_is_written_beside_what_is_of_its_row() -> None:
    block = '{% each step in steps %}<li title="{way}">{step}</li>{% endeach %}'
    assert written(block, {"way": "A&B", "steps": ["<1>", "{way}"]}, {"way": "C", "steps": []}) == (
        '<li title="A&amp;B">&lt;1&gt;</li><li title="A&amp;B">{way}</li>'
    )


def test_an_item_that_is_a_row_is_written_by_its_own_values_and_its_row_s() -> None:
    block = "{% each way in ways %}{% when way.gap %}{name}: {way.gap}|{% endwhen %}{% endeach %}"
    ways = [{"gap": "<1>"}, {"gap": ""}, {"gap": "{name}"}]
    assert written(block, {"name": "A", "ways": ways}) == "A: &lt;1&gt;|A: {name}|"


def test_an_item_has_no_value_of_the_one_before() -> None:
    with pytest.raises(KeyError, match=r"way\.gap"):
        written("{% each way in ways %}{way.gap}{% endeach %}", {"ways": [{"gap": "1"}, {}]})


def test_every_row_has_the_values_that_the_page_gives() -> None:
    template = Template(
        "{% rows rows label=label wide=wide %}{% when wide %}{label} {n}{% endwhen %};{% endrows %}"
    )
    rows = [{"n": 1}, {"n": 2}]
    assert [
        template.render(Context({"rows": rows, "label": "<A>", "wide": True})),
        template.render(Context({"rows": rows, "label": "<B>", "wide": False})),
    ] == ["&lt;A&gt; 1;&lt;A&gt; 2;", ";;"]


def test_a_block_that_is_kept_is_of_the_language_that_is_read() -> None:
    template = Template("{% load i18n %}{% rows rows %}{% translate 'Licenses' %} {n}{% endrows %}")
    shown: list[str] = []
    for language in ("en", "nl", "en"):
        with override(language):
            shown.append(template.render(Context({"rows": [{"n": len(shown)}]})))
    assert shown == ["Licenses 0", "Licenties 1", "Licenses 2"]


@pytest.mark.parametrize(
    "node",
    [
        "{{ label }}",
        "{% if label %}{{ label }}{% endif %}",
        "{% translate label %}",
        "{% translate 'x'|add:label as told %}{{ told }}",
        "{% when n %}{{ label }}{% endwhen %}",
        "{% each one in n %}{{ label }}{% endeach %}",
        "{% list_swap label %}",
    ],
)
def test_what_names_a_variable_is_of_its_page(node: str) -> None:
    template = Template(f"{{% load i18n %}}{{% rows rows %}}{node}{{% endrows %}}")
    shown = [template.render(Context({"rows": [{"n": [1]}], "label": label})) for label in "AB"]
    assert shown[0].replace("A", "B") == shown[1] != shown[0]


@pytest.mark.parametrize("block", ["{% when a %}{% endwhen %}", "{% each a in b %}{% endeach %}"])
def test_what_is_of_a_row_is_refused_outside_of_one(block: str) -> None:
    with pytest.raises(TemplateSyntaxError, match="between rows and endrows"):
        Template(block).render(Context())


def test_without_rows_there_is_nothing() -> None:
    assert written("<tr>") == ""


def test_a_name_that_a_row_lacks_is_told() -> None:
    with pytest.raises(KeyError, match="nme"):
        written("{nme}", {"name": "A"})


def test_a_header_has_the_link_that_sorts_by_it_and_tells_the_order() -> None:
    headers = [
        {"name": "day", "label": "<Day>", "href": "?sort=day&q=a", "sort": "ascending"},
        {"name": "size", "label": "Size", "href": "", "numeric": True},
        {"name": "note", "label": "Note", "href": "?sort=note"},
    ]
    cells = Template('{% header_cells headers "usage" "note" %}')
    assert cells.render(Context({"headers": headers})) == (
        '<th scope="col" data-column="day" aria-sort="ascending">'
        '<a class="sort" id="usage-day" href="?sort=day&amp;q=a">&lt;Day&gt;</a></th>'
        '<th scope="col" data-column="size" data-numeric>Size</th>'
    )
