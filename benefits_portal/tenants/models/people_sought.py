"""Finding the people of one partner whose words match a search, among few or 100,000 (W7).

A first query asks the words alone who matches. If these are few, a list then finds them by their
primary keys. Otherwise the list is read in its own order until the page is full, and each row is
checked on the way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from benefits_portal.derived_fields import MAX_KEYS
from benefits_portal.listing.page import MAX_COUNT, MAX_COUNT_BESIDE, CappedCount
from benefits_portal.prepared import PreparedQuery, in_one_text
from benefits_portal.search_text import finds_nothing, search_terms

from .directory_word import DirectoryUserWord

# With more matching people, the next one in any order is found before all their words are read
READ_ONCE = 5_000

type How = Literal["by keys", "by words read once", "by the words of each"]


def of_matching_people[Rows: QuerySet[Any]](rows: Rows, search_query: str, person: str) -> Rows:
    """The `rows` whose `person` matches the search; each row has a `partner`."""
    found = rows.none() if finds_nothing(search_query) else rows
    return known_by_each(found, search_terms(search_query), person)


def known_by_each[Rows: QuerySet[Any]](rows: Rows, terms: Sequence[str], person: str) -> Rows:
    """The `rows` whose `person` has, for each of `terms`, a word that begins with it."""
    for term in terms:
        known_by = DirectoryUserWord.objects.filter(
            partner=OuterRef("partner"), person=OuterRef(person)
        )
        rows = rows.filter(Exists(known_by.beginning_with(term)))
    return rows


class Meant(NamedTuple):
    """The people of a partner that a search matches, as a condition for a query.

    `how` says what `values` are: primary keys joined in one text, or search terms. Without any,
    nobody matches. In a prepared query they are stand-ins.
    """

    partner: int
    how: How
    values: tuple[Any, ...]

    def among[Rows: QuerySet[Any]](self, rows: Rows, person: str = "pk") -> Rows:
        """The `rows` of the partner whose `person` matches."""
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
def found_by(partner: int, *terms: str, most: int) -> QuerySet[Any, tuple[int, int]]:
    """The first people of a partner who match all `terms`, each with how many match in all.

    That count stops at `most` + 1, because one letter may match everybody.
    """
    people = DirectoryUserWord.objects.filter(partner=partner).people(terms)
    counted = people.annotate(found=CappedCount(people, most, of="person"))
    rows: QuerySet[Any, tuple[int, int]] = counted.values_list("person", "found").distinct()
    return rows[: MAX_KEYS + 1]


@dataclass(frozen=True)
class PeopleSought:
    """The people who match `search_query`; `partner` is a primary key.

    The words of up to `read_once` matching people are read once; for more, those of each row.
    """

    partner: int
    search_query: str
    read_once: int = READ_ONCE

    @cached_property
    def _found(self) -> Sequence[tuple[int, int]]:
        """The first of them, at most MAX_KEYS + 1, each with how many match in all."""
        terms = search_terms(self.search_query)
        return found_by.tuples(self.partner, *terms, most=self.read_once) if terms else []

    @property
    def is_everybody(self) -> bool:
        """Whether nothing was typed; punctuation alone matches nobody."""
        return not search_terms(self.search_query) and not finds_nothing(self.search_query)

    @property
    def total(self) -> int:
        """How many match, at most MAX_COUNT + 1; 0 for everybody."""
        return min(self._many, MAX_COUNT + 1)

    @property
    def counts_to(self) -> int:
        """At how many a count of rows of another table with these people stops.

        Few people are looked up one by one; for more, rows are read until so many match.
        """
        return MAX_COUNT if self._many <= MAX_KEYS else MAX_COUNT_BESIDE

    @property
    def _many(self) -> int:
        return self._found[0][1] if self._found else 0

    @property
    def meant(self) -> Meant | None:
        """The condition that finds them; None for everybody."""
        if self.is_everybody:
            return None
        if self._many <= MAX_KEYS:
            keys = in_one_text(person for person, _total in self._found)
            return Meant(self.partner, "by keys", (keys,) if keys else ())
        how: How = "by words read once" if self._many <= self.read_once else "by the words of each"
        return Meant(self.partner, how, search_terms(self.search_query))

    def among[Rows: QuerySet[Any]](self, rows: Rows, person: str = "pk") -> Rows:
        """The `rows` of the partner whose `person` matches; the same as `of_matching_people`."""
        return self.meant.among(rows, person) if self.meant else rows
