"""A key that somebody writes into a text is masked before the text is kept (K3, W5)."""

import pytest

from benefits_portal.key_format import masked
from benefits_portal.licensing.forms import ReplacementForm
from benefits_portal.tenants.models import Actor, Record
from tests.key_examples import FULL_WIDTH, KEY, SHOWN, WRITTEN

pytestmark = pytest.mark.rule("K3", "W5")

MASK = masked(KEY[-5:])
written = pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN.keys())


@written
def test_what_went_wrong_is_kept_with_the_key_masked(text):
    form = ReplacementForm({"why": f"Wrong tenant, {text}"[:200]})
    assert form.is_valid()
    assert MASK in form.cleaned_data["why"]
    assert KEY[5:15] not in "".join(filter(str.isalnum, form.cleaned_data["why"].upper()))


@written
def test_a_reason_is_kept_with_the_key_masked(text):
    assert MASK in Actor(reason=text).reason


@pytest.mark.django_db
def test_what_is_on_record_of_names_and_lists_has_keys_masked(by, partner):
    before = {"name": SHOWN, "people": [{"name": f"({FULL_WIDTH})"}, 5, None, True]}
    record = Record.objects.note("tenants.user-added", by=by, partner=partner, before=before, after={"name": KEY, "licenses": 25})
    record.refresh_from_db()
    assert record.before == {"name": MASK, "people": [{"name": f"({MASK})"}, 5, None, True]}
    assert record.after == {"name": MASK, "licenses": 25}
