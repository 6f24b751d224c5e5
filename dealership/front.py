"""Edge: where the product's bare address leads."""

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse


def front(request: HttpRequest) -> HttpResponseRedirect:
    """Staff to their day; everybody else to the phone, which asks strangers to log in."""
    return HttpResponseRedirect(reverse("admin:index" if request.user.is_staff else "phone"))
