"""Edge: the banner on top of every staff page while something is down. Pages ask for it by themselves."""

import time
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dealership import outages

FRESH_SECONDS = 15.0
_last: tuple[float, list[outages.Outage]] | None = None


@require_safe
@never_cache
def banner(request: HttpRequest) -> HttpResponse:
    """Nothing while all is well, and nothing for who is no longer logged in."""
    down = current(timezone.now()) if request.user.is_staff else []
    return render(request, "dealership/_banner.html", {"outages": down})


def current(now: datetime) -> list[outages.Outage]:
    """What is down, as it was FRESH_SECONDS ago at the most: one look serves every page of this process."""
    global _last
    if _last is None or time.monotonic() - _last[0] > FRESH_SECONDS:
        _last = time.monotonic(), outages.look(now)
    return _last[1]


def forget() -> None:
    """Look anew next time."""
    global _last
    _last = None
