"""What is down: a provider, the worker, the beat, Redis. And telling administrators of it, once an episode."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.db.models import Q
from django.urls import reverse
from redis.exceptions import RedisError

from crm.models import FaultEpisode, SystemFault
from dealership import heartbeat

log = logging.getLogger(__name__)

Source = SystemFault.Source

DOWN_AFTER = 3  # faults of one source within WITHIN; fewer are a hiccup
WITHIN = timedelta(minutes=10)
MOST_READ = 500  # faults of those minutes
MOST_MAILS_A_DAY = 20
ADMINISTRATORS = "administrator"  # the group that hears of it, beside superusers


@dataclass(frozen=True, slots=True)
class Outage:
    """Something that is down: since when, and a sentence for staff."""

    source: str
    sentence: str
    since: datetime

    @property
    def name(self) -> str:
        return str(Source(self.source).label)


# --- what is down -------------------------------------------------------------------------


def look(now: datetime) -> list[Outage]:
    """Everything that is down now, each source once. One query, one look into Redis."""
    found = {outage.source: outage for outage in (*_failing(now), *_silent(now))}
    return list(found.values())


def _silent(now: datetime) -> Iterable[Outage]:
    """The worker says by a completed task that it lives, and the beat that it asked for one."""
    try:
        silence = heartbeat.silence(now)
    except (RedisError, OSError):
        yield Outage(Source.REDIS, "Redis does not answer: texts, reminders and live pages wait.", now)
        return
    if silence is None or silence > heartbeat.SILENT_AFTER:
        since = now - silence if silence is not None else now
        sentence = (
            "No background work is done: the worker or the beat is down. Texts, reminders and calendars wait."
        )
        yield Outage(Source.WORKER, sentence, since)


def _failing(now: datetime) -> Iterable[Outage]:
    recent = SystemFault.objects.filter(at__gt=now - WITHIN).values_list("source", "sentence", "at")
    by_source: dict[str, list[tuple[str, datetime]]] = {}
    for source, sentence, at in recent[:MOST_READ]:
        by_source.setdefault(source, []).append((sentence, at))
    for source, newest_first in by_source.items():
        if len(newest_first) >= DOWN_AFTER:
            yield Outage(source, newest_first[0][0], newest_first[-1][1])


# --- telling ------------------------------------------------------------------------------


def see_to(outages: Iterable[Outage], now: datetime) -> None:
    """Keep what began and what is over, and e-mail administrators of what they have not heard of.

    Told is written before the e-mail leaves and taken back when it certainly did not.
    """
    down = {outage.source for outage in outages}
    for outage in outages:
        FaultEpisode.objects.get_or_create(
            source=outage.source,
            ended_at=None,
            defaults={"began_at": outage.since, "sentence": outage.sentence},
        )
    _end(
        FaultEpisode.objects.filter(ended_at=None).exclude(source__in=down).values_list("source", flat=True),
        now,
    )
    for episode in FaultEpisode.objects.filter(ended_at=None, told_at=None):
        _tell(episode, now)


def _end(sources: Iterable[str], now: datetime) -> None:
    """Over is what had not one fault within WITHIN; else one that comes and goes would be told again and again."""
    recent = SystemFault.objects.filter(at__gt=now - WITHIN).values_list("source", flat=True)
    over = set(sources) - set(recent[:MOST_READ])
    FaultEpisode.objects.filter(ended_at=None, source__in=over).update(ended_at=now)


def _tell(episode: FaultEpisode, now: datetime) -> None:
    to = administrators()
    told_today = FaultEpisode.objects.filter(told_at__gt=now - timedelta(days=1)).count()
    if not to or told_today >= MOST_MAILS_A_DAY:
        return
    mine = FaultEpisode.objects.filter(pk=episode.pk, told_at=None)
    if not mine.update(told_at=now):
        return
    try:
        send_mail(f"Service desk: {episode}", _body(episode), None, to)
    except (SMTPException, OSError) as error:
        FaultEpisode.objects.filter(pk=episode.pk).update(told_at=None)
        log.warning("outage %s was not e-mailed: %s", episode.pk, type(error).__name__)


def administrators() -> list[str]:
    """Their addresses."""
    people = User.objects.filter(Q(is_superuser=True) | Q(groups__name=ADMINISTRATORS), is_active=True)
    return sorted(set(people.exclude(email="").values_list("email", flat=True)))


def _body(episode: FaultEpisode) -> str:
    page = f"{settings.PUBLIC_BASE_URL}{reverse('admin:crm_systemfault_changelist')}"
    return (
        f"{episode.get_source_display()} is down since {episode.began_at:%Y-%m-%d %H:%M} UTC.\n\n"
        f"{episode.sentence}\n\nSystem errors: {page}\n"
        "You get no other e-mail about this until it works again.\n"
    )
