"""Going on with a call whose media socket was lost: in another process, where the conversation stood.

The carrier asks after-stream when the socket is gone and the caller is not. A call is resumed
MOST_RESUMES times at most: what fails again and again is better told to a person.
"""

from datetime import datetime

from django.db.models import F

from voice import live
from voice.conversation.states import Conversation, State
from voice.models import Call

MOST_RESUMES = 2


def resume(call: Call, *, now: datetime) -> bool:
    """Make the call ready for one more media stream, with a new token; False when it is over.

    Over is a call that failed, or that was resumed often enough. Call it with the row locked.
    """
    if call.outcome == Call.Outcome.FAILED or call.resumes >= MOST_RESUMES:
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


def seconds_before(call: Call, *, now: datetime) -> float:
    """The call's clock as its present media stream begins."""
    return (now - call.started_at).total_seconds() if call.resumes else 0.0


def conversation_of(call: Call) -> Conversation:
    """The conversation as it was last kept: by Redis, else by the database. Unchecked before the first word."""
    found = [live.load(call.sid)]
    if call.conversation:
        found.append(Conversation.model_validate(call.conversation))
    kept = [conversation for conversation in found if conversation]
    # Either may have been out of reach for a while.
    return max(kept, key=lambda one: one.saves, default=Conversation(call_sid=call.sid, state=State.GREETING))
