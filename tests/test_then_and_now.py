"""*Then and now*: what the original changed since 2021, in both languages, for anybody."""

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db
URL = "/help/then-and-now/"


@pytest.mark.parametrize(
    ("language", "facts"),
    [
        (
            "en",
            [
                "January 2021",
                "September 30, 2022",
                "September 1, 2024",
                "January 21–22, 2025",
                "a guided purchase of $0",
                "guests are excluded",
                "Microsoft Entra ID",
            ],
        ),
        (
            "nl",
            [
                "januari 2021",
                "30 september 2022",
                "1 september 2024",
                "21–22 januari 2025",
                "een begeleide aankoop van $ 0",
                "gasten zijn uitgesloten",
                "Microsoft Entra ID",
            ],
        ),
    ],
)
def test_it_says_dated_and_with_sources_what_changed(
    client: Client, language: str, facts: list[str]
) -> None:
    text = " ".join(client.get(URL, headers={"accept-language": language}).text.split())

    assert [fact for fact in facts if fact not in text] == []
    assert text.count('data-label="' + {"en": "Source", "nl": "Herkomst"}[language]) == 10


def test_help_and_the_footer_lead_to_it(client: Client) -> None:
    assert client.get(reverse("help")).text.count(URL) == 2
    assert client.get(reverse("licensing:calculator")).text.count(URL) == 1
