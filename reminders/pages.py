"""Edge: the page of one appointment."""

from django.http import HttpRequest, HttpResponse


def visit(request: HttpRequest, token: str) -> HttpResponse:
    return HttpResponse(status=404)
