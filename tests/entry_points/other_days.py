"""Sending something to a page of another day than today (H4)."""

from functools import partial

from benefits_portal.tenants.exceptions import NothingOnAnotherDay
from tests.partner_fixture import PartnerFixture

from .operations import Arguments, Driver, Operation

ANOTHER_DAY = Operation("send something to a page of another day")
# Forms of every app; what they send would be done today
PAGES = (
    "benefits:assign",
    "benefits:remove",
    "benefits:transfer",
    "licensing:add-licenses?key",
    "licensing:extend?key",
    "licensing:key",
    "licensing:order?steps",
    "licensing:replacement",
    "tenants:add-user",
    "tenants:give-role",
)


def send_to(page: str, driver: Driver) -> str:
    sample = driver.world.sample
    url = sample.url(page)
    joined = "&" if "?" in url else "?"
    form = sample.form(page) | sample.acting_in
    return driver.send("global", f"{url}{joined}on=2021-04-01", form)


for page in PAGES:
    name = page.partition("?")[0]
    ANOTHER_DAY.entry_point(f"page {name}, another day")(partial(send_to, page))


@ANOTHER_DAY.refused("H4", NothingOnAnotherDay)
def a_day_in_the_url(sample: PartnerFixture) -> Arguments:
    return {}
