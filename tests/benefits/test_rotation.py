"""A new secret for product keys: every key is kept under it, and the old one can go (K1)."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from benefits_portal.benefits.key_encryption import decrypted
from benefits_portal.benefits.models import ProductKey
from benefits_portal.tenants.models import Actor
from tests.factories import home_of, issue_key

pytestmark = [pytest.mark.django_db, pytest.mark.rule("K1")]


def run(*options: str) -> list[str]:
    out = StringIO()
    call_command("reencrypt_keys", *options, stdout=out)
    return out.getvalue().splitlines()


def test_after_a_rotation_the_old_secret_can_be_taken_away(settings: Settings, by: Actor) -> None:
    keys = [issue_key(partner=home_of(by)) for _ in range(3)]
    texts = [decrypted(key.ciphertext) for key in keys]
    settings.PRODUCT_KEY_SECRETS = ["a new secret", *settings.PRODUCT_KEY_SECRETS]
    before = list(ProductKey.objects.values())
    assert run("--dry-run") == ["3 looked at, 3 to move.", "Nothing was changed."]
    assert list(ProductKey.objects.values()) == before

    assert run() == ["3 looked at, 3 moved.", "All keys are under the current secret."]
    settings.PRODUCT_KEY_SECRETS = settings.PRODUCT_KEY_SECRETS[:1]
    found = [ProductKey.objects.typed(text, partner=home_of(by), by=by) for text in texts]
    assert [decrypted(key.ciphertext) for key in found] == texts
    assert run()[0] == "3 looked at, 0 moved."


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_a_secret_that_was_taken_out_too_early_is_asked_for(
    settings: Settings, by: Actor, options: tuple[str, ...]
) -> None:
    key = issue_key(partner=home_of(by))
    before = list(ProductKey.objects.values())
    settings.PRODUCT_KEY_SECRETS = ["a new secret"]
    with pytest.raises(
        CommandError,
        match=f"^Product key {key.pk} is under none of PRODUCT_KEY_SECRETS. .* put it back ",
    ):
        run(*options)
    assert list(ProductKey.objects.values()) == before
