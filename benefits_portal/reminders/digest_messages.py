"""Email messages of digests, made when they are sent, with current figures (R7, R8)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.core.mail import EmailMultiAlternatives

from .digest_mail import DigestContents, compose, in_language_of
from .due_item_finders import find_due_items
from .models import Digest, Told
from .mornings import LocalCalendar
from .recipients import entitled
from .topics import Due, Occasion
from .unsubscribing import unsubscribe_path


def contents_of(digests: Sequence[Digest], at: datetime) -> dict[int, DigestContents]:
    """The current contents of `digests`, by primary key; a fixed number of queries.

    Digests are left out if the recipient has lost the role, or nothing in them still holds (R7,
    R8).
    """
    due_in = dues_in(digests)
    days = {digest.pk: LocalCalendar.of(digest.partner).day(at) for digest in digests}
    allowed = entitled((digest.user_id, digest.partner_id) for digest in digests)
    found = {}
    for theirs in by_language(digests):
        with in_language_of(theirs[0].user):  # the titles of things are in a language
            dues = {due: days[each.pk] for each in theirs for due in due_in[each.pk]}
            items = find_due_items(dues)
        for digest in theirs:
            due = [items[each] for each in due_in[digest.pk] if each in items]
            if due and (digest.user_id, digest.partner_id) in allowed:
                stop = unsubscribe_path(digest.user_id, digest.partner_id)
                found[digest.pk] = DigestContents(
                    digest.user, digest.partner, days[digest.pk], due, stop
                )
    return found


def messages_of(digests: Sequence[Digest], at: datetime) -> dict[int, EmailMultiAlternatives]:
    """The messages of `digests`, by primary key; only of digests with contents."""
    by_pk = {digest.pk: digest for digest in digests}
    return {
        pk: compose(contents, message_id=by_pk[pk].message_id)
        for pk, contents in contents_of(digests, at).items()
    }


def by_language(digests: Iterable[Digest]) -> Iterable[list[Digest]]:
    found: defaultdict[str, list[Digest]] = defaultdict(list)
    for digest in digests:
        found[digest.user.language].append(digest)
    return found.values()


def dues_in(digests: Sequence[Digest]) -> dict[int, list[Due]]:
    """The due dates that each digest tells, by its primary key, the nearest day first."""
    rows = Told.objects.filter(digest__in=digests).order_by("due_on", "pk")
    columns = ("digest", "occasion", "subject_id", "due_on")
    found: defaultdict[int, list[Due]] = defaultdict(list)
    for digest, occasion, subject_id, due_on in rows.values_list(*columns):
        found[digest].append(Due(Occasion(occasion), subject_id, due_on))
    return found
