"""Where running calls stand, in Redis: when a process is lost, another one goes on with its calls.

One hash for each CallSid, for an hour. A call that was resumed counts one epoch more, and a save
compares before it sets: a process that does not know yet that it has lost its call changes nothing.
Redis down, slow or full of garbage means no resuming from here; it never ends a call.
"""

from typing import cast

from django.conf import settings
from pydantic import ValidationError

from crm import cache
from voice.conversation.states import Conversation

ANSWER_SECONDS = 2.0
LIFETIME_SECONDS = 3600

SAVE = """
if redis.call('TYPE', KEYS[1]).ok ~= 'hash' then redis.call('DEL', KEYS[1]) end
local epoch = tonumber(redis.call('HGET', KEYS[1], 'epoch'))
if epoch and epoch > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'conversation', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""


def save(conversation: Conversation, *, epoch: int) -> bool | None:
    """Keep the conversation; False when another process has the call now, None without Redis."""
    saved = _server().ask(
        lambda redis: redis.eval(
            SAVE,
            1,
            _key(conversation.call_sid),
            str(epoch),
            conversation.model_dump_json(),
            str(LIFETIME_SECONDS),
        )
    )
    return None if saved is None else bool(saved)


def load(call_sid: str) -> Conversation | None:
    """The conversation as it was last saved, if Redis has it at hand."""
    found = _server().ask(lambda redis: redis.hget(_key(call_sid), "conversation"))
    if found is None:
        return None
    try:
        return Conversation.model_validate_json(cast(bytes, found))
    except ValidationError:
        return None


def _key(call_sid: str) -> str:
    return cache.key("call", call_sid)


def _server() -> cache.Server:
    return cache.server(settings.REDIS_URL, ANSWER_SECONDS)
