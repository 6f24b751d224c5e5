"""How often somebody may open one page: counted in Redis, minute by minute.

Redis can only hold somebody back, never keep everybody out: without it nobody is counted.
"""

from typing import Any, cast

from django.conf import settings

from crm import cache

ANSWER_SECONDS = 0.2
MINUTE = 60


def is_over(kind: str, *who: object, a_minute: int) -> bool:
    """Count this time too, and say whether it is one too many."""
    name = cache.key(kind, *who)

    def count(client: Any) -> int:
        counting = client.pipeline()
        counting.incr(name)
        counting.expire(name, MINUTE, nx=True)
        return cast(int, counting.execute()[0])

    times = cache.server(settings.REDIS_URL, ANSWER_SECONDS).ask(count)
    return times is not None and times > a_minute
