"""The words of people's names and addresses, with an index that begins with the partner.

Finds a person equally fast among 100,000.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from benefits_portal.personal import Personal
from benefits_portal.postgresql.bulk_insert import insert_rows
from benefits_portal.search_text import compact, search_prefixes

from .partner import Partner

if TYPE_CHECKING:
    from .directory_user import DirectoryUser

AFTER_ALL = b"\xff"  # in no UTF-8 text, so it sorts after all words with the same beginning


class DirectoryUserWordQuerySet(models.QuerySet["DirectoryUserWord"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def beginning_with(self, term: str) -> Self:
        """Words that begin with `term`, one of `search_terms`."""
        start = term.encode()
        return self.filter(word__gte=start, word__lt=start + AFTER_ALL)

    def people(self, terms: Sequence[str]) -> Any:
        """The person of each word that one of `terms` begins, if each of these begins one.

        Read off indexes alone: of the longest word all, of the others those of its people.
        """
        first, *others = terms
        found = self.beginning_with(first)
        for term in others:
            same = DirectoryUserWord.objects.filter(
                partner=OuterRef("partner"), person=OuterRef("person")
            )
            found = found.filter(Exists(same.beginning_with(term)))
        return found.order_by().values("person")

    def write(self, person: "DirectoryUser") -> None:
        """Write the words of `person` again, unless they are unchanged.

        So that a save without changes does not write at a partner that is being moved (C1).
        """
        own = self.filter(person=person, partner=person.partner_id)
        found = {(bytes(word), whole) for word, whole in own.values_list("word", "is_whole_name")}
        if found != {(word, whole) for _partner, _person, word, whole in index_rows(person)}:
            self.write_all([person])

    def write_all(self, people: Sequence["DirectoryUser"]) -> None:
        """Write the words of `people` again, for bulk writes, which send no signal."""
        partners = {person.partner_id for person in people}
        self.filter(person__in=people, partner__in=partners).delete()
        rows = (row for person in people for row in index_rows(person))
        insert_rows(DirectoryUserWord, ("partner_id", "person_id", "word", "is_whole_name"), rows)


class DirectoryUserWord(models.Model):
    """A word of a person's name or address.

    Stored as bytes, which both databases sort alike and search by their beginning.
    """

    personal: ClassVar = {"word": Personal.NAME}

    partner = models.ForeignKey(
        Partner, models.CASCADE, related_name="+", db_index=False, verbose_name=_("partner")
    )
    person = models.ForeignKey(
        "tenants.DirectoryUser",
        models.CASCADE,
        related_name="words",
        db_index=False,
        verbose_name=_("directory user"),
    )
    word = models.BinaryField(_("word"))
    is_whole_name = models.BooleanField(_("whole name"), default=False)

    objects = DirectoryUserWordQuerySet.as_manager()

    class Meta:
        verbose_name = _("word of a directory user")
        verbose_name_plural = _("words of directory users")
        ordering = ["word", "person"]
        constraints = [
            # Includes the partner, although a person has only one, for index-only scans
            models.UniqueConstraint(
                fields=["person", "word", "partner"], name="directory_user_word_once"
            )
        ]
        indexes = [
            models.Index(fields=["partner", "word", "person"], name="directory_user_word"),
            # For staff, who search people of all partners
            models.Index(fields=["word", "person"], name="directory_user_word_anywhere"),
        ]

    def __str__(self) -> str:
        return bytes(self.word).decode()


def index_rows(person: "DirectoryUser") -> Iterator[tuple[int, int, bytes, bool]]:
    """The rows for `person`: partner, person, word, and whether it is the whole name."""
    for word in search_prefixes(person.display_name, person.user_principal_name):
        yield person.partner_id, person.pk, word.encode(), word == compact(person.display_name)


@receiver(post_save, sender="tenants.DirectoryUser")
def keep_words(
    instance: "DirectoryUser",
    created: bool = False,
    update_fields: Collection[str] | None = None,
    **kwargs: Any,
) -> None:
    """Update the words when a person is saved, by a signal, so that fixtures do too."""
    if update_fields is None or {"display_name", "user_principal_name"} & set(update_fields):
        words = DirectoryUserWord.objects
        words.write_all([instance]) if created else words.write(instance)
