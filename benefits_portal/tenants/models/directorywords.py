"""The words of names and addresses, in an index that begins with the partner: anybody is found as fast among 100,000."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from benefits_portal.paging import CappedCount
from benefits_portal.postgresql.rows import insert_rows
from benefits_portal.words import beginnings, folded

from .directory import Partner

if TYPE_CHECKING:
    from .directoryusers import DirectoryUser

AFTER_ALL = b"\xff"  # no letter of UTF-8 begins with it, so it comes after whatever begins alike


class DirectoryUserWordQuerySet(models.QuerySet["DirectoryUserWord"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def beginning_with(self, term: str) -> Self:
        start = folded(term).encode()
        return self.filter(word__gte=start, word__lt=start + AFTER_ALL)

    def whole_names(self) -> Self:
        return self.filter(is_whole_name=True)

    def matching(self, words: str) -> Self:
        """The words that begin with the rarest of `words`, of people who have one for each of the others too."""
        rarest, *others = self.rarest_first(folded(words).split())
        found = self.beginning_with(rarest)
        for term in others:
            found = found.filter(Exists(DirectoryUserWord.objects.beginning_with(term).filter(person=OuterRef("person"))))
        return found

    def rarest_first(self, terms: list[str]) -> list[str]:
        """`terms` by how many words begin with each, so that a name is not looked for among all who share a domain."""
        if len(terms) < 2:
            return terms
        counts = {f"count_{place}": CappedCount(self.beginning_with(term)) for place, term in enumerate(terms)}
        [found] = Partner.objects.annotate(**counts).values_list(*counts)[:1]
        return [term for _count, term in sorted(zip(found, terms, strict=True))]

    def write(self, person: "DirectoryUser") -> None:
        """Write the words of `person` anew."""
        self.write_all([person])

    def write_all(self, people: Sequence["DirectoryUser"]) -> None:
        """Write the words of `people` anew; for whoever writes many of them at once, past the signal below."""
        self.filter(person__in=people).delete()
        words = (
            (person.partner_id, person.pk, word.encode(), is_name)
            for person in people
            for word, is_name in beginnings(person.display_name, person.user_principal_name).items()
        )
        insert_rows(DirectoryUserWord, ("partner_id", "person_id", "word", "is_whole_name"), words)


class DirectoryUserWord(models.Model):
    """A word of somebody's name or address. As bytes, since both databases order those alike and by them find a beginning."""

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="+", db_index=False, verbose_name=_("partner"))
    person = models.ForeignKey(
        "tenants.DirectoryUser", models.CASCADE, related_name="words", db_index=False, verbose_name=_("directory user")
    )
    word = models.BinaryField(_("word"))
    is_whole_name = models.BooleanField(_("whole name"), default=False)

    objects = DirectoryUserWordQuerySet.as_manager()

    class Meta:
        verbose_name = _("word of a directory user")
        verbose_name_plural = _("words of directory users")
        ordering = ["word", "person"]
        constraints = [models.UniqueConstraint(fields=["person", "word"], name="directory_user_word_once")]
        indexes = [
            models.Index(fields=["partner", "word", "person"], name="directory_user_word"),
            models.Index(fields=["partner", "word", "person"], condition=Q(is_whole_name=True), name="directory_user_whole_name"),
        ]

    def __str__(self) -> str:
        return bytes(self.word).decode()


@receiver(post_save, sender="tenants.DirectoryUser")
def keep_words(instance: "DirectoryUser", update_fields: Collection[str] | None = None, **kwargs: Any) -> None:
    """A signal, for words are no fact of their own, and follow the name through every door, a fixture's too."""
    if update_fields is None or {"display_name", "user_principal_name"} & set(update_fields):
        DirectoryUserWord.objects.write(instance)
