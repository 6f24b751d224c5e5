"""Tells colleagues by e-mail that a remark on a call names them: once, and without its words."""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.urls import reverse

from voice.models import TurnComment

log = logging.getLogger(__name__)

TOLD_WITHIN = timedelta(days=1)  # after that the mail server's loss; the list of calls still shows it
MOST_AT_ONCE = 50


def tell(*, now: datetime) -> None:
    """E-mail those whom a new remark names and who have an address; now is aware.

    What the mail server does not take is tried again by the next sweep.
    """
    waiting = TurnComment.objects.filter(told_at=None, at__gt=now - TOLD_WITHIN, mentioned__isnull=False)
    for comment in waiting.distinct().select_related("turn__call", "author")[:MOST_AT_ONCE]:
        _tell(comment, now)


def _tell(comment: TurnComment, now: datetime) -> None:
    """The row says so before the e-mail leaves: two workers never send it twice."""
    mine = TurnComment.objects.filter(pk=comment.pk, told_at=None)
    if not mine.update(told_at=now):
        return
    try:
        for address in _addresses(comment):
            send_mail(f"{_who(comment)} named you in a remark on a call", _body(comment), None, [address])
    except (SMTPException, OSError) as error:
        TurnComment.objects.filter(pk=comment.pk).update(told_at=None)
        log.warning("remark %s was not e-mailed: %s", comment.pk, type(error).__name__)


def _addresses(comment: TurnComment) -> list[str]:
    """Of everybody who is named, but for who wrote it."""
    named = User.objects.filter(staff__mentions=comment, is_active=True).exclude(pk=comment.author_id or 0)
    return sorted(set(named.exclude(email="").values_list("email", flat=True)))


def _who(comment: TurnComment) -> str:
    return comment.author.get_full_name() or comment.author.get_username() if comment.author else "Somebody"


def _body(comment: TurnComment) -> str:
    page = f"{settings.PUBLIC_BASE_URL}{reverse('call', args=[comment.turn.call_id])}#turn-{comment.turn_id}"
    mine = f"{settings.PUBLIC_BASE_URL}{reverse('calls')}?review=mentioned"
    return f"Read it beside what was said: {page}\n\nEvery call with a remark that names you: {mine}\n"
