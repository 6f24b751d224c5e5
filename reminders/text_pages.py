"""Edge: the page on which staff and a customer text each other."""

import uuid

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from unfold.widgets import UnfoldAdminTextareaWidget

from crm.models import Phone, Rooftop
from crm.rights import rooftops_of
from reminders import conversations, texts

LONGEST = 480  # characters: three segments
ADVICE = {
    texts.NOT_AGREED: "Call them, and ask whether texts are fine.",
    texts.OPTED_OUT: "Call instead; they can text START to get texts again.",
    texts.NO_OWN_NUMBER: "Give the store a telephone number first.",
}


class WriteForm(forms.Form):
    body = forms.CharField(
        label="Your text",
        max_length=LONGEST,
        widget=UnfoldAdminTextareaWidget({"rows": 3, "maxlength": LONGEST}),
        error_messages={"required": "Write something first."},
    )
    # Sending the form twice writes once.
    key = forms.CharField(max_length=60, widget=forms.HiddenInput)


@staff_member_required
@require_http_methods(["GET", "HEAD", "POST"])
def conversation(request: HttpRequest, rooftop_id: int, phone_id: int) -> HttpResponse:
    """What was texted, and a form to write."""
    rooftop, phone = _whose(request, rooftop_id, phone_id)
    form = WriteForm(request.POST or None, initial={"key": str(uuid.uuid4())})
    if request.method == "POST" and form.is_valid() and _send(request, rooftop, phone, form):
        return redirect("texts", rooftop.pk, phone.pk)
    context = {
        **admin.site.each_context(request),
        "title": f"Texts with {phone}",
        "customers": conversations.customers_at(rooftop, phone.number),
        "form": form,
        "may_write": _may_write(request),
        **_thread(rooftop, phone),
    }
    return render(request, "reminders/conversation.html", context)


@staff_member_required
@require_safe
def conversation_news(request: HttpRequest, rooftop_id: int, phone_id: int) -> HttpResponse:
    """The texts again, once they are others than those that the page shows."""
    thread = _thread(*_whose(request, rooftop_id, phone_id))
    if request.GET.get("seen") == thread["seen"]:
        return HttpResponse(status=204)
    return render(request, "reminders/_texts.html", thread)


def _whose(request: HttpRequest, rooftop_id: int, phone_id: int) -> tuple[Rooftop, Phone]:
    """Raises Http404 for another store's, and for a telephone that this store knows nothing of."""
    if not request.user.has_perm("reminders.view_text"):
        raise PermissionDenied
    rooftop = get_object_or_404(rooftops_of(request.user), pk=rooftop_id)
    phone = get_object_or_404(Phone, pk=phone_id)
    if not conversations.is_known(rooftop, phone.number):
        raise Http404
    return rooftop, phone


def _thread(rooftop: Rooftop, phone: Phone) -> dict[str, object]:
    found = conversations.between(rooftop, phone.number)
    return {
        "rooftop": rooftop,
        "phone": phone,
        "texts": conversations.authors(found),
        "seen": conversations.fingerprint(found),
    }


def _may_write(request: HttpRequest) -> bool:
    """Who may have them rung may text them."""
    return request.user.has_perm("scheduling.change_appointment")


def _send(request: HttpRequest, rooftop: Rooftop, phone: Phone, form: WriteForm) -> bool:
    if not _may_write(request):
        raise PermissionDenied
    try:
        texts.by_hand(
            rooftop,
            phone.number,
            form.cleaned_data["body"],
            author=request.user.get_username(),
            key=f"hand:{form.cleaned_data['key']}",  # no key of the product's own texts
            now=timezone.now(),
        )
    except texts.NotSent as refused:
        why = str(refused)
        form.add_error("body", f"Not sent. {why} {ADVICE.get(why, '')}".strip())
        return False
    messages.success(request, "On its way.")
    return True
