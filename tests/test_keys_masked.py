"""A key that somebody writes into a text is masked before the text is kept (K3, W5)."""

import pytest
from django.core.exceptions import ValidationError
from django.forms import modelform_factory

from benefits_portal.backoffice.importing import Outcome
from benefits_portal.benefits.bulk_assignment import preview
from benefits_portal.emails import canonical_email
from benefits_portal.key_format import masked, without_keys
from benefits_portal.licensing.forms import ReplacementForm
from benefits_portal.logs import without_private
from benefits_portal.tenants.directory_imports import PartnerImport, PersonImport
from benefits_portal.tenants.models import Actor, Partner, Record, Tenant, TenantRequest
from benefits_portal.typed_text import validate_no_key
from tests import factories
from tests.key_examples import FULL_WIDTH, KEY, LOWER, NO_KEYS, SHOWN, WITHOUT_PREFIX, WRITTEN

pytestmark = pytest.mark.rule("K3", "W5")

MASK = masked(KEY[-5:])
written = pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN.keys())


@written
def test_what_went_wrong_is_kept_with_the_key_masked(text: str) -> None:
    form = ReplacementForm({"why": f"Wrong tenant, {text}"[:200]})
    if len(text.splitlines()) > 1:  # one line is asked for (W1)
        assert form.errors == {"why": ["Write this on one line."]}
        return
    assert form.is_valid()
    assert MASK in form.cleaned_data["why"]
    assert KEY[5:15] not in "".join(filter(str.isalnum, form.cleaned_data["why"].upper()))


@written
def test_a_reason_is_kept_with_the_key_masked(text: str) -> None:
    assert MASK in Actor(reason=text).reason


@pytest.mark.parametrize("text", WITHOUT_PREFIX.values(), ids=WITHOUT_PREFIX.keys())
def test_a_key_without_its_prefix_is_masked_like_a_whole_one(text: str) -> None:
    assert MASK in Actor(reason=text).reason
    assert "QRTVW" not in without_private(text).upper()
    with pytest.raises(ValidationError) as refused:
        validate_no_key(text)
    assert refused.value.code == "product_key"


@pytest.mark.parametrize("text", NO_KEYS.values(), ids=NO_KEYS.keys())
def test_what_has_no_check_character_of_ours_is_kept(text: str) -> None:
    assert Actor(reason=text).reason == text


@pytest.mark.django_db
def test_what_is_on_record_of_names_and_lists_has_keys_masked(by: Actor, partner: Partner) -> None:
    before = {"name": SHOWN, "people": [{"name": f"({FULL_WIDTH})"}, 5, None, True]}
    record = Record.objects.log(
        "tenants.user-added",
        by=by,
        partner=partner,
        before=before,
        after={"name": KEY, "licenses": 25},
    )
    record.refresh_from_db()
    assert record.before == {"name": MASK, "people": [{"name": f"({MASK})"}, 5, None, True]}
    assert record.after == {"name": MASK, "licenses": 25}


NO_KEY_HERE = "This contains a product key. Leave it out: others can read this."


@pytest.mark.django_db
@written
def test_a_key_is_no_name_and_no_address(text: str) -> None:
    partner = factories.PartnerFactory.build(name=f"Contoso {text}"[:120])
    with pytest.raises(ValidationError) as refused:
        partner.clean_fields(exclude=["time_zone", "country", "currency", "mpn_id"])
    messages = refused.value.message_dict
    assert (list(messages), messages["name"][-1]) in (
        (["name"], NO_KEY_HERE),
        (["name"], "Write this on one line."),
    )
    with pytest.raises(ValidationError):
        canonical_email(f"{KEY}@contoso.com")


@pytest.mark.django_db
def test_what_is_saved_past_a_form_has_keys_masked(partner: Partner) -> None:
    factories.PartnerFactory._meta.model.objects.filter(pk=partner.pk).update(
        name=f"Contoso {FULL_WIDTH}"
    )
    partner.refresh_from_db()
    assert partner.name == f"Contoso {MASK}"
    partner.name = KEY * 4 + "x" * 20
    partner.save()
    partner.refresh_from_db()
    assert (len(partner.name), partner.name[:29]) == (120, MASK)


@pytest.mark.django_db
def test_a_preview_of_a_list_shows_no_key(partner: Partner) -> None:
    credit = factories.BenefitFactory.create(monthly=True, partner=partner)
    lines = preview(credit, [(1, "kim@contoso.com"), (2, f"key {FULL_WIDTH}")], factories.TODAY)
    assert [line.written for line in lines] == ["kim@contoso.com", f"key {MASK}"]


@pytest.mark.django_db
def test_an_import_refuses_a_name_that_holds_a_key_and_does_not_show_it() -> None:
    [line] = PartnerImport.of(
        f"mpn_id,name,country,currency,time_zone\n1234567,{SHOWN},NL,EUR,UTC\n"
    ).lines
    assert line.outcome == Outcome.REFUSED
    assert NO_KEY_HERE in line.reason
    assert KEY[5:10] not in line.text


@pytest.mark.parametrize("between", ["&#45;", "&nbsp;", "&#x2d;"])
def test_a_key_that_a_web_page_wrote_is_masked(between: str) -> None:
    text = SHOWN.replace("-", between)
    assert without_keys(f"Redeem {text} soon") == f"Redeem {masked(KEY[-5:])} soon"


def test_a_text_without_a_key_keeps_its_entities() -> None:
    assert without_keys("Kim &amp; Co &nbsp; PC-Benelux") == "Kim &amp; Co &nbsp; PC-Benelux"


@pytest.mark.django_db
@pytest.mark.parametrize("written", ["{}", "{}.example", "https://{}.example/", "lou.{}.example"])
@pytest.mark.parametrize("model", [Tenant, TenantRequest])
def test_a_key_is_no_domain_and_the_field_says_so(
    model: type[Tenant | TenantRequest], written: str
) -> None:
    form = modelform_factory(model, fields=["domain"])({"domain": written.format(SHOWN)})
    assert form.errors == {"domain": [NO_KEY_HERE]}


@pytest.mark.django_db
def test_an_import_does_not_look_for_a_tenant_by_a_key() -> None:
    [line] = PersonImport.of(
        f"tenant,user_principal_name,name,kind\n{LOWER}.example,kim@x.example,Kim,guest\n"
    ).lines
    assert line.reason == "tenant: There is no tenant with this domain."
    assert line.text == f"{MASK}.example · kim@x.example"
