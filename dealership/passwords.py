"""A forgotten password: ask for an e-mail, follow its link, choose another one.

The page says the same whether somebody has that address or not.
"""

from typing import Any

from axes.utils import reset as unlock
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views
from django.contrib.auth.forms import PasswordResetForm, SetPasswordForm
from django.http import HttpRequest, HttpResponse
from unfold.widgets import BASE_INPUT_CLASSES

from crm.validation import EMAIL_SENTENCE

LOOK = " ".join(BASE_INPUT_CLASSES)


class AskForm(PasswordResetForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email = self.fields["email"]
        email.label, email.error_messages["invalid"] = "E-mail address", EMAIL_SENTENCE
        email.widget.attrs["class"] = LOOK


class ChooseForm(SetPasswordForm):  # type: ignore[type-arg]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = LOOK


class StaffSiteLook:
    """What unfold's pages need: its colours, its titles."""

    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return {**admin.site.each_context(self.request), **page}


class Ask(StaffSiteLook, views.PasswordResetView):
    title = "Forgotten password"
    form_class = AskForm
    template_name = "registration/reset_ask.html"
    email_template_name = "registration/reset_email.txt"
    subject_template_name = "registration/reset_subject.txt"
    # Never the host that the request names: a stranger could have the link point at theirs.
    extra_email_context = {"base_url": settings.PUBLIC_BASE_URL}


class Asked(StaffSiteLook, views.PasswordResetDoneView):
    title = "Look into your mail"
    template_name = "registration/reset_asked.html"


class Choose(StaffSiteLook, views.PasswordResetConfirmView):
    title = "Another password"
    form_class = ChooseForm
    template_name = "registration/reset_choose.html"

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        if self.user:
            unlock(username=self.user.get_username())
        return answer


class Done(StaffSiteLook, views.PasswordResetCompleteView):
    title = "Your password is changed"
    template_name = "registration/reset_done.html"
