"""Rows of a list are written as Django writes them, with their columns' names."""

import re
from typing import Any

from django.contrib import admin
from django.contrib.admin.templatetags.admin_list import result_headers, results
from django.db.models import Model
from django.test import Client

from benefits_portal.backoffice.result_rows import table_rows
from benefits_portal.tenants.models import DirectoryUser, User
from tests import factories

from .conftest import make_rows, page, registered, request_by

OURS = re.compile(r' data-label="[^"]*"| data-empty="yes"')
LINK_IN_LINK = re.compile(r"<a [^>]*>(?:(?!</a>).)*<a ")


def listing(model: type[Model], by: User, query: dict[str, str] | None = None) -> Any:
    return admin.site.get_model_admin(model).get_changelist_instance(request_by(by, query))


def djangos(changes: Any) -> str:
    return "\n".join(f"<tr>{''.join(row)}</tr>" for row in results(changes))


def ours(changes: Any) -> str:
    return table_rows(changes, result_headers(changes))


def test_rows_are_as_django_writes_them(programme: User) -> None:
    make_rows(2)
    found = {
        (model.__name__, *query): listing(model, programme, query)
        for model in registered()
        for query in ({}, {"_popup": "1"})
    }
    assert [
        name for name, changes in found.items() if OURS.sub("", ours(changes)) != djangos(changes)
    ] == []
    assert [name for name, changes in found.items() if not ours(changes)] == []
    assert [name for name, changes in found.items() if LINK_IN_LINK.search(ours(changes))] == []


def test_a_row_leads_back_to_the_list_as_it_was(office: Client) -> None:
    changes = office.get(page(User, "changelist"), {"is_staff__exact": "1"}).context["cl"]
    assert "?_changelist_filters=is_staff__exact%3D1" in ours(changes)
    assert OURS.sub("", ours(changes)) == djangos(changes)


def test_what_somebody_typed_is_never_markup(programme: User) -> None:
    typed = '<b>Kim & "Co"</b>'
    factories.DirectoryUserFactory.create(display_name=typed, tenant__partner__name=typed)
    rows = ours(listing(DirectoryUser, programme))
    assert "<b>" not in rows
    assert rows.count("&lt;b&gt;Kim &amp; &quot;Co&quot;&lt;/b&gt;") == 3  # checkbox, name, link
