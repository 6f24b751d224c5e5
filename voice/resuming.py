"""Going on with a call whose media socket was lost: in another process, where the conversation stood.

The carrier asks after-stream when the socket is gone and the caller is not. A call is resumed
MOST_RESUMES times at most: what fails again and again is better told to a person.
"""

from datetime import datetime, timedelta

from django.db.models import F

from voice import live
from voice.conversation.states import Conversation, State
from voice.models import Call

MOST_RESUMES = 2
SAME_REQUEST = timedelta(seconds=10)  # a webhook that comes twice resumes once


def resume(call: Call, *, now: datetime) -> bool:
    """Make the call ready for one more media stream, with a new token; False when it is over.

    Over is a call that failed, or that was resumed often enough. Call it with the row locked.
    """
    if call.outcome == Call.Outcome.FAILED:
        return False
    if call.stream_opened_at is None:  # nobody has come yet: the same request once more
        return call.resumed_at is not None and now - call.resumed_at < SAME_REQUEST
    if call.resumes >= MOST_RESUMES:
        return False
    Call.objects.filter(pk=call.pk, resumes=call.resumes).update(
        resumes=F("resumes") + 1,
        resumed_at=now,
        stream_opened_at=None,
        ended_at=None,
        outcome=Call.Outcome.RUNNING,
    )
    call.refresh_from_db()
    return True


def kept_so_far(call: Call, *, now: datetime) -> tuple[int, float]:
    """The turns that earlier media streams of this call have brought, and its clock in seconds."""
    if not call.resumes:
        return 0, 0.0
    latest = call.turns.order_by("-number").values_list("number", flat=True).first()
    return latest or 0, (now - call.started_at).total_seconds()


def conversation_of(call: Call) -> Conversation:
    """The conversation as it was last kept: by Redis, else by the database. Unchecked before the first word."""
    kept = live.load(call.sid)
    if kept is None and call.conversation:
        kept = Conversation.model_validate(call.conversation)
    return kept or Conversation(call_sid=call.sid, state=State.GREETING)
