"""Bodies that are too large, or no form at all: a page that says so, from every door.

Nothing is changed or kept.
"""

import time
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from benefits_portal.tenants.models import DirectoryUser, Partner
from tests.world import NOT_OF_THE_PORTAL, RequestAs, World, rolled_back

pytestmark = [pytest.mark.django_db, pytest.mark.rule("K2")]
SIZE, FIELDS = 2_621_440, 1_000
IMPORTS = [
    f"/back-office/tenants/{model._meta.model_name}/import/" for model in (Partner, DirectoryUser)
]


def file(size: int) -> SimpleUploadedFile:
    return SimpleUploadedFile("people.csv", b"a" * size, "text/csv")


def test_too_much_is_refused_with_a_page_that_says_how_much_is_taken(
    world: World, request_as: RequestAs
) -> None:
    assign = world.sample.url("benefits:assign-list")
    forms = [
        ("anonymous", "/sign-in/", "username=" + "a" * SIZE),
        ("anonymous", "/sign-in/", urlencode([(str(number), "a") for number in range(FIELDS + 1)])),
        ("global", assign, "people=" + "a" * SIZE),
        ("global", assign, {"file": file(SIZE)}),
        ("global", assign, {"file": file(1), "another": file(1)}),
        *(("programme", address, {"file": file(SIZE), "reason": "A test"}) for address in IMPORTS),
    ]
    for person, address, form in forms:
        with rolled_back() as written:
            answer = request_as(person, "post", address, form)
        assert (answer.status_code, written - NOT_OF_THE_PORTAL) == (413, set())
        assert "can hold 2.5 MB and 1,000 fields. Nothing was changed." in answer.text.replace(
            "\xa0", " "
        )


def test_what_is_no_form_is_refused_with_a_page_that_says_so() -> None:
    answer = Client().post("/sign-in/", b"no form", content_type="multipart/form-data")
    assert answer.status_code == 400
    assert "doesn't understand this request" in answer.text


@pytest.mark.slow
def test_a_form_within_the_limits_is_read(world: World, request_as: RequestAs) -> None:
    """Its own page says what is too long for it, and keeps what it can."""
    answers = [
        request_as(
            "global",
            "post",
            world.sample.url("benefits:assign-list"),
            {"file": file(SIZE - 1_000), "acting_in": world.sample.tenant_token},
        ),
        *(
            request_as(
                "programme", "post", address, {"file": file(SIZE - 1_000), "reason": "A test"}
            )
            for address in IMPORTS
        ),
    ]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert ["errorlist" in answer.text or 'role="alert"' in answer.text for answer in answers] == [
        True
    ] * 3


@pytest.mark.django_db
def test_a_line_that_is_far_too_long_is_refused_before_it_is_read(client: Client) -> None:
    began = time.process_time()
    answer = client.post("/sign-in/", {"username": "P-" * 400_000, "password": "x"})
    assert answer.status_code == 200
    assert time.process_time() - began < 2
