"""What staff fill in about a call: a review, a remark on a turn, a task made out of one."""

from typing import Any, ClassVar

from django import forms

from crm.form_fields import WallTimeField
from crm.models import FollowUpTask, Rooftop
from voice.models import CallReview, TurnComment

SCORES = ("understood", "solved", "truthful", "manners")


class ReviewForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = CallReview
        fields = (*SCORES, "note", "state")
        widgets: ClassVar[dict[str, Any]] = {"note": forms.Textarea({"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in SCORES:
            self.fields[name].choices = [("", "Not judged"), *CallReview.Score.choices]  # type: ignore[attr-defined]

    @property
    def judged(self) -> list[tuple[str, str]]:
        """The scores for reading."""
        return [
            (str(self[name].label), getattr(self.instance, f"get_{name}_display")() or "Not judged")
            for name in SCORES
        ]


class CommentForm(forms.ModelForm):  # type: ignore[type-arg]
    title = "Remark"
    button = "Save the remark"

    class Meta:
        model = TurnComment
        fields = ("text",)
        labels: ClassVar[dict[str, Any]] = {"text": "Remark"}
        help_texts: ClassVar[dict[str, Any]] = {"text": "@ and a name tells whom it is for: @Mike Chen."}
        widgets: ClassVar[dict[str, Any]] = {"text": forms.Textarea({"rows": 3, "autofocus": True})}
        error_messages: ClassVar[dict[str, Any]] = {"text": {"required": "Write what you remark."}}


class FollowUpForm(forms.ModelForm):  # type: ignore[type-arg]
    """due_at is on the clock that is active: the store's."""

    title = "Follow-up task"
    button = "Make the task"
    due_at = WallTimeField(
        label="Due",
        widget=forms.DateTimeInput({"type": "datetime-local", "step": 60}, format="%Y-%m-%dT%H:%M"),
        help_text="On the store's clock.",
    )

    class Meta:
        model = FollowUpTask
        fields = ("summary", "owner", "due_at")
        labels: ClassVar[dict[str, Any]] = {"summary": "What is to be done"}
        widgets: ClassVar[dict[str, Any]] = {"summary": forms.TextInput({"autofocus": True})}
        error_messages: ClassVar[dict[str, Any]] = {
            "summary": {"required": "Write what is to be done."},
        }

    def __init__(self, *args: Any, rooftop: Rooftop, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields["owner"]
        owner.queryset = rooftop.staff.all()  # type: ignore[attr-defined]
        owner.empty_label = "Anybody"  # type: ignore[attr-defined]
