"""A file is of the day that its URL names; of a day that is none there is no file (H5)."""

import pytest

from tests.clients import SignIn
from tests.partner_fixture import PartnerFixture

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("today"),
    pytest.mark.rule("H5"),
]
NOT_DAYS = ["2026-02-30", "9999-12-31", "soon", "2021-05-01&{name}=2021-05-02"]
PAGES = [
    ("licensing:losses", "by"),
    ("licensing:products", "on"),
    ("licensing:license-holders", "on"),
    ("benefits:azure-cloud", "on"),
]


@pytest.mark.parametrize("day", NOT_DAYS)
@pytest.mark.parametrize(("page", "name"), PAGES)
def test_no_file_is_of_another_day_than_was_asked_for(
    sign_in: SignIn, page: str, name: str, day: str
) -> None:
    sample = PartnerFixture()
    query = f"?{name}={day.format(name=name)}&q=x"
    answer = sign_in(sample.admin).get(sample.url(f"{page}-csv") + query)
    assert (answer.status_code, answer.headers["Location"]) == (302, sample.url(page) + query)
