"""Finding people of one partner by words, among few and among 100,000 (W7).

Whom the words mean is asked of the words alone, before the list that they are looked for in: few
are then found by their keys. Among more of them a list is read in its order until its page is full,
and whether somebody is meant is known on the way without looking up words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Window

from benefits_portal.derived_fields import MAX_KEYS
from benefits_portal.listing.page import MAX_COUNT
from benefits_portal.search_text import finds_nothing, search_terms

from .directory_word import DirectoryUserWord, DirectoryUserWordQuerySet

# Beyond that, somebody who is meant comes sooner in any order than all their words are read
MANY = 5_000


def of_matching_people[Rows: QuerySet[Any]](rows: Rows, search_query: str, person: str) -> Rows:
    """The `rows` with a `partner` whose `person` is one that `matching` finds."""
    found = rows.none() if finds_nothing(search_query) else rows
    for term in search_terms(search_query):
        known_by = DirectoryUserWord.objects.filter(
            partner=OuterRef("partner"), person=OuterRef(person)
        )
        found = found.filter(Exists(known_by.beginning_with(term)))
    return found


@dataclass(frozen=True)
class PeopleSought:
    """The people of the partner of that primary key whom `search_query` means."""

    partner: int
    search_query: str

    @property
    def words(self) -> DirectoryUserWordQuerySet:
        theirs = DirectoryUserWord.objects.filter(partner=self.partner)
        words: DirectoryUserWordQuerySet = theirs.people(self.search_query)
        return words

    @cached_property
    def _found(self) -> Sequence[tuple[int, int]]:
        """The first of them, more than MAX_KEYS if there are more, each with how many there are."""
        people = self.words.annotate(words=Count("person"))
        counted = people.annotate(found=Window(Count("person")))
        return list(counted.values_list("person", "found")[: MAX_KEYS + 1])

    @property
    def total(self) -> int | None:
        """How many they are, or MAX_COUNT and one; None without words: everybody, or nobody."""
        return None if self._many is None else min(self._many, MAX_COUNT + 1)

    @property
    def _many(self) -> int | None:
        if not search_terms(self.search_query):
            return None
        return self._found[0][1] if self._found else 0

    def among[Rows: QuerySet[Any]](
        self, rows: Rows, person: str = "pk", *, only_few: bool = False
    ) -> Rows:
        """The `rows` of the partner whose `person` is one of them: as `of_matching_people`.

        `only_few`: where the order is that of another table, more of them are looked up one by one.
        """
        many = self._many
        if many is None or many > (MAX_KEYS if only_few else MANY):
            return of_matching_people(rows, self.search_query, person)
        if many <= MAX_KEYS:
            return rows.filter(**{f"{person}__in": [found for found, _total in self._found]})
        # OR makes PostgreSQL read the words once, not again for each row
        return rows.filter(Q(**{f"{person}__in": self.words}) | Q(**{f"{person}__isnull": True}))
