"""What a customer says about automated calls and texts, told to somebody of the store and kept at once."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from crm import consent
from crm.customer_record import consents
from crm.models import Consent, Customer, Phone
from crm.rights import rooftops_of

NO, YES = "no", "yes"
ABOUT = {
    "both": ("Calls and texts", tuple(Consent.Channel)),
    "voice": ("Calls alone", (Consent.Channel.VOICE,)),
    "sms": ("Texts alone", (Consent.Channel.SMS,)),
}


class AnswerForm(forms.Form):
    answer = forms.ChoiceField(
        label="They say",
        choices=((NO, "No more of them"), (YES, "Yes, they agree")),
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what they say."},
    )
    about = forms.ChoiceField(label="To", choices=[(key, label) for key, (label, _) in ABOUT.items()])
    phone = forms.ModelChoiceField(Phone.objects.none(), label="On", empty_label=None)
    words = forms.CharField(label="In their words", required=False, max_length=300)

    def __init__(self, data: Any, *, customer: Customer) -> None:
        super().__init__(data)
        self.fields["phone"].queryset = customer.phones.order_by("pk")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("answer") == YES and not cleaned.get("words"):
            self.add_error("words", "Write what they said: it is the proof that they agreed.")
        return cleaned


@require_http_methods(["GET", "POST"])
@staff_member_required
@permission_required("crm.change_customer", raise_exception=True)
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Anybody who writes customers writes down a no; a yes over a no is a manager's."""
    found = Customer.objects.filter(rooftop__in=rooftops_of(request.user)).select_related("rooftop")
    customer = get_object_or_404(found, pk=pk)
    form = AnswerForm(request.POST or None, customer=customer)
    if form.is_valid():
        try:
            messages.success(request, _keep(customer, form.cleaned_data, _user(request)))
            return HttpResponseRedirect(reverse("admin:crm_customer_change", args=[customer.pk]))
        except consent.Withheld as withheld:
            form.add_error("answer", withheld.sentence)
    context = {
        **admin.site.each_context(request),
        "title": f"May we call and text {customer}?",
        "customer": customer,
        "section": consents(customer, timezone.now()),
        "form": form,
    }
    return render(request, "crm/consent.html", context)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 — the decorators let nobody else in
    return request.user


def _keep(customer: Customer, said: dict[str, Any], by: User) -> str:
    """What was done, in a sentence. Raises Withheld."""
    label, channels = ABOUT[said["about"]]
    number, words = said["phone"].number, said["words"]
    kept: dict[str, Any] = {
        "source": f"staff {by.get_username()}",
        "now": timezone.now(),
        "channels": channels,
    }
    if said["answer"] == YES:
        wording = f"Told to the store: yes to automated {label.lower()}. Customer: {words}"
        consent.agree(customer, number, by=by, wording=wording, **kept)
        return f"Kept: {customer} agreed. {label} on {said['phone']}."
    wording = f"Told to the store: no more automated {label.lower()}. Customer: {words or 'no words kept'}"
    consent.revoke(customer.rooftop, number, wording=wording, **kept)
    return f"Kept: no more for anybody on {said['phone']}. {label}."
