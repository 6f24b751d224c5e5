"""What staff fill in: a new time for a visit, a reason to cancel it. Booking one is counter_form.py."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from crm.models import Staff
from crm.store_admin import WallTimeInput
from scheduling.models import Appointment, BayType, OpCode, Skill, Technician
from scheduling.refusals import Refusal
from scheduling.writing import LONGEST_NOTE


class RefusableForm(forms.ModelForm):  # type: ignore[type-arg]
    """Shows what booking refused as an error of the field it is about.

    refusal is set by the admin on a subclass, after the attempt was rolled back.
    """

    refusal: Refusal | None = None
    alternatives: tuple[str, ...] = ()
    may_overbook = False

    overbook_reason = forms.CharField(
        label="Reason to overbook",
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="Takes the visit though nobody is free for it; you see to it. The reason is kept.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["overbook_reason"] = ""  # one reason for one decision
        if "overbook_reason" in self.fields:
            self.fields["overbook_reason"].disabled = not self.may_overbook

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.refusal:
            sentences = [self.refusal.sentence]
            if self.alternatives:
                sentences.append("Open: " + "; ".join(self.alternatives) + ".")
            self.add_error("arrival", " ".join(sentences))
        return cleaned


class MoveForm(RefusableForm):
    """Another time for a visit that is booked."""

    arrival = forms.DateTimeField(label="Arrives", widget=WallTimeInput, help_text="On the store's clock.")
    seen_version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Appointment
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["arrival"] = self.instance.arrives_at
        self.initial["seen_version"] = self.instance.version
        if self.refusal and self.refusal.code == "stale_version":
            # Both versions are on the screen now: what is saved next is meant for the newer one.
            self.data = typed = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
            typed["seen_version"] = self.instance.version


class SeenForm(forms.Form):
    """Sent with the version of the visit that was on the screen."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput)

    def see(self, version: int) -> None:
        """Both versions are on the screen now: what is sent next is meant for the newer one."""
        self.data = typed = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        typed["seen_version"] = version


class CancelForm(SeenForm):
    reason = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget)


class CancelManyForm(forms.Form):
    """One reason for several visits, each with the version that was on the screen."""

    reason = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget)

    def __init__(self, data: Any, *, visits: list[Appointment]) -> None:
        super().__init__(data)
        self.visits = visits
        for visit in visits:
            self.fields[self._name(visit)] = forms.IntegerField(
                widget=forms.HiddenInput, initial=visit.version
            )

    @property
    def seen(self) -> list[tuple[Appointment, int]]:
        return [(visit, self.cleaned_data[self._name(visit)]) for visit in self.visits]

    def _name(self, visit: Appointment) -> str:
        return f"seen_{visit.pk}"


class AdvisorForm(SeenForm):
    """Another advisor of the visit's store."""

    advisor = forms.ModelChoiceField(
        Staff.objects.none(), empty_label=None, widget=UnfoldAdminSelectWidget, label="Advisor"
    )

    def __init__(self, data: Any, *, visit: Appointment) -> None:
        super().__init__(data, initial={"advisor": visit.advisor_id, "seen_version": visit.version})
        choice: Any = self.fields["advisor"]
        choice.queryset = Staff.objects.filter(rooftop=visit.rooftop_id, role=Staff.Role.ADVISOR)


class NoteForm(forms.Form):
    note = forms.CharField(
        max_length=LONGEST_NOTE,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text="For colleagues; the customer never sees it.",
    )


class OpCodeForm(forms.ModelForm):  # type: ignore[type-arg]
    bay_types = forms.MultipleChoiceField(
        choices=BayType.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    class Meta:
        model = OpCode
        fields = "__all__"  # noqa: DJ007 — the admin names its fields


class TechnicianForm(forms.ModelForm):  # type: ignore[type-arg]
    skills = forms.MultipleChoiceField(choices=Skill.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget)

    class Meta:
        model = Technician
        fields = "__all__"  # noqa: DJ007 — the admin names its fields
