"""Connecting a calendar: the owner comes back from Google's page."""

from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from scheduling import consent
from scheduling.ports import CalendarError

NOT_ASKED = "Nobody here asked for this. Choose “Connect with Google” at the calendar again."
NOT_GIVEN = "Google gave no access. Choose “Connect with Google” again, and agree to everything it asks."


@staff_member_required
@require_GET
def calendar_consent(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("scheduling.change_calendarconnection"):
        raise PermissionDenied
    state, code = request.GET.get("state", ""), request.GET.get("code", "")
    try:
        connection = consent.come_back(request.session, state=state, code=code, now=timezone.now())
    except CalendarError:
        messages.error(request, NOT_GIVEN)
    else:
        if connection:
            messages.success(request, f"{connection} is connected.")
        else:
            messages.error(request, NOT_ASKED)
    return HttpResponseRedirect(reverse("admin:scheduling_calendarconnection_changelist"))
