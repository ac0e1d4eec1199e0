"""No product key stays in a URL, whichever field of whichever form it was typed into (W6)."""

from urllib.parse import quote, unquote, urlencode

import pytest
from django.contrib.messages import get_messages
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import translation

from benefits_portal.benefits.middleware import query_without_keys, url_without_keys
from benefits_portal.key_format import without_keys
from benefits_portal.tenants.models import User
from tests.clients import SignIn
from tests.key_examples import FULL_WIDTH, KEY, NO_KEYS, SHOWN, TAIL, WITHOUT_PREFIX, WRITTEN

pytestmark = [pytest.mark.rule("W6"), pytest.mark.django_db]

TAKEN_OUT = "A product key was taken out of the URL"
NOT_SEARCHED = "This looks like a product key. Keys can't be searched for"
FIELDS = {
    "/calculator/": [
        "licenses",
        "ends_on",
        "keys",
        "on",
        "carried",
        "view",
        "all",
        "wanted_licenses",
        "wanted_on",
        "now_ends_on",
        "now_licenses",
    ],
    "/mpn/benefits/azure-cloud/": [
        "sort",
        "status",
        "offer",
        "type",
        "kind",
        "after",
        "before",
        "page",
    ],
    "/admin-center/plan/": [
        "product",
        "subscription",
        "key",
        "licenses",
        "until",
        "choice",
        "sent",
        "all",
    ],
    "/admin-center/products/": ["sort", "show", "status", "after", "before"],
    "/account/users/": ["sort", "tenant", "kind", "after", "before"],
    "/account/users/csv/": ["sort", "tenant"],
    "/account/roles/": ["sort", "tenant"],
    "/account/activity/": ["action", "person", "since", "until", "refused", "before"],
    "/losses/": ["by"],
    "/losses/csv/": ["by"],
    "/product-key/start/": ["place", "key", "way", "subscription"],
    "/search/": ["x"],
    "/help/": ["x"],
    "/sign-in/": ["next", "partner"],
    "/": ["x"],
    "/nowhere/": ["x"],
}
OFFICE_FIELDS = {
    "/back-office/": ["next"],
    "/back-office/benefits/membership/": [
        "on",
        "o",
        "p",
        "e",
        "partner__id__exact",
        "offer__id__exact",
    ],
    "/back-office/autocomplete/": ["term", "app_label", "model_name", "field_name"],
    "/back-office/login/": ["next"],
}


def asked(client: Client, url: str) -> tuple[str, list[str]]:
    """Where `url` redirects to, and what is said there."""
    answer = client.get(url)
    assert answer.status_code == 302, url
    return answer["Location"], [str(message) for message in get_messages(answer.wsgi_request)]


def pairs(fields: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(path, name) for path, names in fields.items() for name in names]


@pytest.mark.parametrize(("path", "name"), pairs(FIELDS))
def test_a_key_in_any_field_of_the_portal_leaves_the_url(
    admin: User, sign_in: SignIn, path: str, name: str
) -> None:
    url, messages = asked(
        sign_in(admin), f"{path}?{urlencode({'first': '1', name: SHOWN, 'last': '2'})}"
    )
    assert (url, len(messages), messages[0][: len(TAKEN_OUT)]) == (
        f"{path}?first=1&last=2",
        1,
        TAKEN_OUT,
    )


@pytest.mark.parametrize(("path", "name"), pairs(OFFICE_FIELDS))
def test_a_key_in_any_field_of_the_back_office_leaves_the_url(
    admin: User, sign_in: SignIn, path: str, name: str
) -> None:
    path = path.replace("/back-office/", reverse("admin:index"))
    admin.is_staff = admin.is_superuser = True
    admin.save()
    url, messages = asked(sign_in(admin), f"{path}?{urlencode({name: SHOWN, 'last': '2'})}")
    assert (url, len(messages), messages[0][: len(TAKEN_OUT)]) == (f"{path}?last=2", 1, TAKEN_OUT)
    assert "Look up a key" in messages[0]


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN.keys())
def test_a_key_leaves_the_url_however_it_is_written(text: str) -> None:
    for sent in (
        {"licenses": "100", "keys": text},
        {text: "1", "licenses": "100"},
        {"licenses": "100", "next": f"/?{urlencode({'keys': text})}"},
    ):
        assert query_without_keys(QueryDict(urlencode(sent))).dict() == {"licenses": "100"}


@pytest.mark.parametrize("text", WITHOUT_PREFIX.values(), ids=WITHOUT_PREFIX.keys())
def test_a_key_without_its_prefix_leaves_the_url(admin: User, sign_in: SignIn, text: str) -> None:
    portal = sign_in(admin)
    url, messages = asked(portal, f"/calculator/?{urlencode({'licenses': '100', 'keys': text})}")
    assert (url, messages[0][: len(TAKEN_OUT)]) == ("/calculator/?licenses=100", TAKEN_OUT)
    url, messages = asked(portal, f"/search/?{urlencode({'q': text})}")
    assert (url, messages[-1][: len(NOT_SEARCHED)]) == ("/search/", NOT_SEARCHED)
    answer = portal.post("/search/", {"q": text})
    assert (answer.status_code, answer["Location"]) == (302, "/search/")


def test_a_key_without_its_prefix_leaves_a_path_and_a_split_query(client: Client) -> None:
    assert asked(client, f"/{TAIL}/")[0] == "/"
    assert asked(client, f"/calculator/?keys={TAIL[:11]}&on={TAIL[12:]}")[0] == "/calculator/"


@pytest.mark.parametrize("text", NO_KEYS.values(), ids=NO_KEYS.keys())
def test_what_has_no_check_character_of_ours_stays_in_the_url(text: str) -> None:
    assert url_without_keys(url := f"/calculator/?{urlencode({'keys': text})}") == url


@pytest.mark.parametrize(
    "query",
    [
        f"keys={SHOWN.replace('-', '%2D')}",
        f"keys={quote(quote(FULL_WIDTH))}",
        f"keys={quote(quote(quote(SHOWN.replace('-', ' '))))}",
        f"keys={SHOWN.replace('-', '%26%2345;')}",
        f"keys={SHOWN[:11]}&on={SHOWN[12:]}",
        f"keys={SHOWN[:11]}&keys={SHOWN[12:]}",
        f"{SHOWN[:11]}={SHOWN[12:]}",
        f"next=/calculator/%3Fkeys={SHOWN}",
        f"next={quote(quote(f'/calculator/?keys={SHOWN}'))}",
        f"{KEY}",
        f"{KEY}=",
        f"a=1&amp;keys={SHOWN}",
    ],
)
def test_a_key_leaves_the_url_however_it_is_encoded_or_split(client: Client, query: str) -> None:
    url, messages = asked(client, f"/calculator/?{query}")
    assert without_keys(unquote(unquote(url))) == unquote(unquote(url))
    assert messages[0].startswith(TAKEN_OUT)
    assert client.get(url).status_code == 200


@pytest.mark.parametrize(
    ("path", "home"),
    [
        (f"/{SHOWN}/", "/"),
        (f"/{SHOWN}", "/"),
        (f"/calculator/{KEY.lower()}/?a=1", "/?a=1"),
        (f"/{FULL_WIDTH}/", "/"),
        (f"/{SHOWN.replace('-', '/')}/", "/"),
        (f"/{quote(quote(SHOWN.replace('-', ' ')))}/", "/"),
        (f"/static/{SHOWN}.css", "/"),
        (f"{reverse('admin:index')}benefits/{SHOWN}/", reverse("admin:index")),
    ],
)
def test_a_key_in_a_path_leads_home(client: Client, path: str, home: str) -> None:
    assert asked(client, path)[0] == home


def test_a_key_in_the_url_of_a_head_or_of_a_part_of_a_page_leaves_it(
    admin: User, sign_in: SignIn
) -> None:
    portal = sign_in(admin)
    assert portal.head(f"/calculator/?keys={SHOWN}")["Location"] == "/calculator/"
    part = portal.get(f"/account/users/?sort=name&tenant={SHOWN}", headers={"HX-Request": "true"})
    assert part.headers["HX-Redirect"] == "/account/users/?sort=name"


def test_a_key_in_the_url_of_a_post_is_taken_out_before_it_is_looked_at(
    admin: User, sign_in: SignIn
) -> None:
    answer = sign_in(admin).post(f"/account/activity/?person={SHOWN}&since=2027-01-31")
    assert answer.wsgi_request.get_full_path() == "/account/activity/?since=2027-01-31"
    assert answer.wsgi_request.GET.dict() == {"since": "2027-01-31"}


@pytest.mark.parametrize("name", ["language", "theme"])
def test_no_redirect_puts_a_key_into_a_url(client: Client, name: str) -> None:
    urls = {"language": "set_language", "theme": "theme"}
    sent = {"language": "nl", "theme": "dark", "next": f"/calculator/?licenses=5&keys={SHOWN}"}
    assert client.post(reverse(urls[name]), sent)["Location"] == "/calculator/?licenses=5"
    assert client.post(reverse(urls[name]), sent | {"next": f"/{SHOWN}/"})["Location"] == "/"


def test_a_key_in_the_referer_is_not_gone_back_to(client: Client) -> None:
    answer = client.post(
        reverse("set_language"),
        {"language": "nl"},
        headers={"Referer": f"http://testserver/calculator/?keys={SHOWN}"},
    )
    assert answer["Location"] == "http://testserver/calculator/"


def test_signing_in_leads_on_without_the_key(client: Client) -> None:
    url, _told = asked(client, f"/account/activity/?person={SHOWN}&since=2027-01-31")
    assert (
        client.get(url)["Location"]
        == f"/sign-in/?next={quote('/account/activity/?since=2027-01-31')}"
    )


def test_a_missing_slash_does_not_send_the_key_back(client: Client) -> None:
    assert client.get(f"/calculator?keys={SHOWN}")["Location"] == "/calculator"


def test_a_search_says_that_keys_are_not_searched_for(admin: User, sign_in: SignIn) -> None:
    for text in (SHOWN, KEY[:9], FULL_WIDTH, quote(SHOWN)):
        url, messages = asked(
            sign_in(admin), f"/account/users/?{urlencode({'q': text, 'sort': 'name'})}"
        )
        assert (url, messages[0][: len(NOT_SEARCHED)]) == (
            "/account/users/?sort=name",
            NOT_SEARCHED,
        )


def test_it_is_told_on_the_page_and_in_dutch(client: Client) -> None:
    client.cookies["django_language"] = "nl"
    with translation.override("nl"):
        page = client.get(f"/calculator/?licenses=100&ends_on=2027-06-30&keys={SHOWN}", follow=True)
    assert page.redirect_chain == [("/calculator/?licenses=100&ends_on=2027-06-30", 302)]
    assert page.text.count("Er stond een productcode in de URL") == 1
    assert KEY[5:10] not in page.text


@pytest.mark.parametrize(
    "query",
    [
        "q=Maria+Clara+Sousa+Lopes+Pinto",
        "person=Maria+Clara+Sousa+Lopes+Pinto&since=2027-01-31",
        "keys=25%3B10&licenses=100&ends_on=2027-06-30",
        "person=BCDFG-HJKMP-QRTVW-XY234-67892",
        "next=/mpn/benefits/azure-cloud/%3Fq%3DMicrosoft",
    ],
)
def test_what_is_no_key_stays_in_the_url(query: str) -> None:
    assert query_without_keys(given := QueryDict(query)) is given
    assert url_without_keys(f"/calculator/?{query}") == f"/calculator/?{query}"
