"""What was said is kept for so long; that there was a call, and what it wrote, stays.

Audio goes earlier (recordings.delete_old). A call is forgotten whole: its turns with what was remarked
on them, what its tools were told and answered, its conversation, summary and the note of its review,
and the number that rang. The ledger of consent has its own, longer time.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from crm.models import Consent
from voice.models import Call, CallReview, Defect, FailedCheck, ToolCall, Turn

AT_ONCE = 500  # calls in one transaction
CONSENT_YEARS = 5


def forget_old(*, now: datetime) -> int:
    """Forget every call that is over its time; how many that were."""
    until = now - timedelta(days=settings.TRANSCRIPT_RETENTION_DAYS)
    forgotten = 0
    while batch := _forget_some(until, now):
        forgotten += batch
    return forgotten


@transaction.atomic
def _forget_some(until: datetime, now: datetime) -> int:
    old = Call.objects.filter(started_at__lt=until, forgotten_at__isnull=True, ended_at__isnull=False)
    keys = list(old.order_by("started_at").values_list("pk", flat=True)[:AT_ONCE])
    for model in (Turn, ToolCall, Defect, FailedCheck):
        model._default_manager.filter(call__in=keys).delete()
    CallReview.objects.filter(call__in=keys).update(note="")
    return Call.objects.filter(pk__in=keys).update(
        conversation={}, summary="Forgotten.", caller_number="", forgotten_at=now
    )


def forget_old_consent(*, now: datetime) -> int:
    """Drop answers of over five years ago that a newer one has replaced; the newest always stays."""
    newer = Consent.objects.filter(
        customer=OuterRef("customer"), phone=OuterRef("phone"), channel=OuterRef("channel")
    ).filter(Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk")))
    old = Consent.objects.filter(at__lt=now - timedelta(days=365 * CONSENT_YEARS))
    return old.filter(Exists(newer)).delete()[0]
