"""What the factories make is what the models themselves would accept."""

from typing import Any

import pytest
from django.apps import apps
from factory.django import DjangoModelFactory

from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing.models import (
    LicenseTally,
    Order,
    Redemption,
    Replacement,
    Reversal,
)
from benefits_portal.tenants.models import DirectoryUserWord, FormerName
from tests import factories

FACTORIES = [
    each
    for each in vars(factories).values()
    if isinstance(each, type) and issubclass(each, DjangoModelFactory) and each._meta.model
]
BY_FUNCTION = {  # made by the verbs, which are the only way; words by saving a person
    LicenseTally: factories.LicenseAssignmentFactory.create,  # by the database
    ProductKey: factories.issue_key,
    Order: factories.order,
    Redemption: factories.redeem,
    Replacement: factories.replace,
    Reversal: factories.replace,
    DirectoryUserWord: factories.DirectoryUserFactory.create,
    FormerName: factories.DirectoryUserFactory.create,  # by renaming one
}


@pytest.mark.django_db
@pytest.mark.parametrize("factory", FACTORIES, ids=lambda factory: factory._meta.model.__name__)
def test_a_factory_makes_valid_objects(factory: type[DjangoModelFactory[Any]]) -> None:
    made = factory.create()
    # A command may leave these empty, a form may not.
    nobody_did_it = {"assigned_by", "asked_by"} & {field.name for field in made._meta.fields}
    made.full_clean(
        exclude={field.name for field in made._meta.fields if not field.editable} | nobody_did_it
    )


def test_every_model_has_a_factory() -> None:
    ours = {model for model in apps.get_models() if model.__module__.startswith("benefits_portal.")}
    assert ours == {factory._meta.model for factory in FACTORIES} | set(BY_FUNCTION)


@pytest.mark.django_db
def test_credit_is_made_with_its_trait() -> None:
    assert factories.BenefitFactory.create(monthly=True).product.kind == "monthly-credit"
    assert factories.AssignmentFactory.create(benefit__bulk=True).is_exclusive
    assert (
        factories.PackageLineFactory.create(product__bulk=True, amount=6000).amount_in("USD")
        == 6000
    )
