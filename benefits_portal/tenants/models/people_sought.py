"""Finding people of one partner by words, among few and among 100,000 (W7).

Whom the words mean is asked of the words alone, before the list that they are looked for in: few
are then found by their keys. Among more of them a list is read in its order until its page is full,
and whether somebody is meant is known on the way without looking up words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Window

from benefits_portal.derived_fields import MAX_KEYS
from benefits_portal.listing.page import MAX_COUNT, MAX_COUNT_BESIDE
from benefits_portal.prepared import PreparedQuery, in_one_text
from benefits_portal.search_text import finds_nothing, search_terms

from .directory_word import DirectoryUserWord

# Beyond that, somebody who is meant comes sooner in any order than all their words are read
MANY = 5_000

type How = Literal["by keys", "by words read once", "by the words of each"]


def of_matching_people[Rows: QuerySet[Any]](rows: Rows, search_query: str, person: str) -> Rows:
    """The `rows` with a `partner` whose `person` is one that `matching` finds."""
    found = rows.none() if finds_nothing(search_query) else rows
    return known_by_each(found, search_terms(search_query), person)


def known_by_each[Rows: QuerySet[Any]](rows: Rows, terms: Sequence[str], person: str) -> Rows:
    """Those with a `person` of whose words one begins with each of `terms`."""
    for term in terms:
        known_by = DirectoryUserWord.objects.filter(
            partner=OuterRef("partner"), person=OuterRef(person)
        )
        rows = rows.filter(Exists(known_by.beginning_with(term)))
    return rows


class Meant(NamedTuple):
    """Whom a search means at a partner, as a query asks for them: by `values`, some `how`.

    That are primary keys in one text, or else terms; a prepared query is asked about stand-ins.
    """

    partner: int
    how: How
    values: tuple[Any, ...]

    def among[Rows: QuerySet[Any]](self, rows: Rows, person: str = "pk") -> Rows:
        """The `rows` of the partner whose `person` is one of them."""
        if not self.values:
            return rows.none()
        if self.how == "by keys":
            return rows.filter(**{f"{person}__one_of": self.values[0]})
        if self.how == "by the words of each":
            return known_by_each(rows, self.values, person)
        words = DirectoryUserWord.objects.filter(partner=self.partner).people(self.values)
        # OR makes PostgreSQL read the words once, not again for each row
        return rows.filter(Q(**{f"{person}__in": words}) | Q(**{f"{person}__lt": 0}))


@PreparedQuery
def found_by(partner: int, *terms: str) -> QuerySet[Any, tuple[int, int]]:
    """The first people of a partner whom words mean, each with how many these are."""
    people = DirectoryUserWord.objects.filter(partner=partner).people(terms)
    counted = people.annotate(words=Count("person")).annotate(found=Window(Count("person")))
    rows: QuerySet[Any, tuple[int, int]] = counted.values_list("person", "found")
    return rows[: MAX_KEYS + 1]


@dataclass(frozen=True)
class PeopleSought:
    """The people of the partner of that primary key whom `search_query` means."""

    partner: int
    search_query: str

    @cached_property
    def _found(self) -> Sequence[tuple[int, int]]:
        """The first of them, more than MAX_KEYS if there are more, each with how many there are."""
        terms = search_terms(self.search_query)
        return found_by.tuples(self.partner, *terms) if terms else []

    @property
    def is_everybody(self) -> bool:
        """Without words: whoever types only signs finds nobody."""
        return not search_terms(self.search_query) and not finds_nothing(self.search_query)

    @property
    def total(self) -> int:
        """How many they are, or MAX_COUNT and one; unless that is everybody."""
        return min(self._many, MAX_COUNT + 1)

    @property
    def counts_to(self) -> int:
        """How far those of them are counted who are also in another table.

        Of few each is looked up; else an order is read until as many are found.
        """
        return MAX_COUNT if self._many <= MAX_KEYS else MAX_COUNT_BESIDE

    @property
    def _many(self) -> int:
        return self._found[0][1] if self._found else 0

    @property
    def meant(self) -> Meant | None:
        """None for everybody."""
        if self.is_everybody:
            return None
        if self._many <= MAX_KEYS:
            keys = in_one_text(person for person, _total in self._found)
            return Meant(self.partner, "by keys", (keys,) if keys else ())
        how: How = "by words read once" if self._many <= MANY else "by the words of each"
        return Meant(self.partner, how, search_terms(self.search_query))

    def among[Rows: QuerySet[Any]](self, rows: Rows, person: str = "pk") -> Rows:
        """The `rows` of the partner whose `person` is one of them: as `of_matching_people`."""
        return self.meant.among(rows, person) if self.meant else rows
