"""A field of the back office that was left empty says what to fill in."""

import pytest
from django.db.models import Model
from django.test import Client

from benefits_portal.benefits.models import Offer
from benefits_portal.tenants.models import DirectoryUser

from .conftest import page


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Offer, {"name": "Fill in: Name.", "position": "Fill in: Position."}),
        (
            DirectoryUser,
            {
                "tenant": "Choose: Tenant.",
                "display_name": "Enter the person's name.",
                "user_principal_name": "Fill in: User principal name.",
                "kind": "Choose: Kind.",
            },
        ),
    ],
)
def test_an_empty_field_names_itself(
    office: Client, model: type[Model], said: dict[str, str]
) -> None:
    answer = office.post(page(model, "add"), {"position": "", "lines-TOTAL_FORMS": "0"})
    assert {
        name: error for name, [error] in answer.context["adminform"].form.errors.items()
    } == said
