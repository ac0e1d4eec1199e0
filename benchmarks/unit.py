"""The render unit (RU): the CPU of one fixed template of fifty rows and nine columns.

Never change it: targets are written in it.
"""

import time

from django.template import Context, Engine

# A line that ends with a backslash goes on in the next one: the template's text is always the same
SOURCE = """<table><thead><tr>{% for head in heads %}\
<th scope="col">{{ head }}</th>{% endfor %}</tr></thead><tbody>
{% for line in lines %}<tr class="{% cycle 'even' 'odd' %}">
<th scope="row"><a href="/thing/{{ line.number }}/">{{ line.title }}</a></th>
<td>{% if line.kind == "metered" %}<span class="m">Metered</span>{% else %}\
<span class="f">Fixed</span>{% endif %}</td>
<td>{{ line.count }}</td><td>{{ line.origin }}</td><td>{{ line.group }}</td>\
<td><time datetime="{{ line.day }}">{{ line.day }}</time></td>
<td><span class="s {{ line.state }}">{{ line.state }}</span></td>
<td>{% for name in line.names %}{{ name }}{% if not forloop.last %}; {% endif %}\
{% empty %}&ndash;{% endfor %}</td>
<td><a href="/thing/{{ line.number }}/">Open {{ line.title }}</a></td></tr>
{% endfor %}</tbody></table>"""
LINES = [
    {
        "number": number,
        "title": f"Thing & sort {number % 7}",
        "kind": "metered" if number % 3 == 1 else "fixed",
        "count": 10 * number,
        "origin": "Far and wide",
        "group": "inner" if number % 2 else "outer",
        "day": f"2030-06-{number % 30 + 1:02d}",
        "state": "running",
        "names": [f"name{number}@example.org"] if number % 2 else [],
    }
    for number in range(50)
]
HEADS = ["Thing", "Sort", "Count", "Origin", "Group", "Until", "State", "Names", "Open"]
_template = Engine(autoescape=True).from_string(SOURCE)


def render_seconds(times: int) -> float:
    """CPU seconds of one rendering, the mean of `times`."""
    begun = time.process_time()
    for _ in range(times):
        _template.render(Context({"lines": LINES, "heads": HEADS}))
    return (time.process_time() - begun) / times
