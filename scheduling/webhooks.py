"""Edge: Google tells that something changed in a calendar. It never says what, and may say it twice or never.

Google does not sign these. Each carries the secret that we gave its channel; without it they are refused.
"""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from crm.errands import run_soon
from scheduling import channels, sync

PULL = "scheduling.tasks.pull_calendar"


@csrf_exempt
@require_POST
def google_calendar(request: HttpRequest) -> HttpResponse:
    channel_id = request.headers.get("X-Goog-Channel-ID", "").replace("\0", "")
    connection = channels.channel_owner(channel_id, request.headers.get("X-Goog-Channel-Token", ""))
    if connection is None:
        return HttpResponse("No such channel.", status=403, content_type="text/plain")
    if request.headers.get("X-Goog-Resource-State") != "sync":  # the first one: the channel is open
        sync.pull_soon(connection.pk, timezone.now())
        run_soon(PULL, connection.pk)
    return HttpResponse(status=204)
