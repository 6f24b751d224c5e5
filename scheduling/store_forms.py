"""What staff fill in about the store's own time: closures, time off, bays out of use."""

from typing import Any

from django import forms

from scheduling.models import Allocation, Closure
from scheduling.refusals import Refusal

TAKEN = ("technician", "bay", "advisor")


class SpanForm(forms.ModelForm):  # type: ignore[type-arg]
    """A time from starts_at to ends_at. refusal is set by the admin, after the attempt was rolled back."""

    refusal: Refusal | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts_at, ends_at = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", "The end must be after the start.")
        if self.refusal:
            self.add_error("starts_at", self.refusal.sentence)
        return cleaned


class ClosureForm(SpanForm):
    class Meta:
        model = Closure
        fields = ("reason", "starts_at", "ends_at", "rooftop")


class BlockForm(SpanForm):
    """Takes one technician, one bay or one advisor out of the lane."""

    class Meta:
        model = Allocation
        fields = ("technician", "bay", "advisor", "starts_at", "ends_at", "reason", "rooftop")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        rooftop = cleaned.get("rooftop")
        chosen = {name: thing for name in TAKEN if (thing := cleaned.get(name))}
        if len(chosen) != 1:
            self.add_error("technician", "Choose either a technician, a bay or an advisor.")
        for name, thing in chosen.items():
            if rooftop and thing.rooftop_id != rooftop.pk:
                self.add_error(name, f"{thing} is not at {rooftop}.")
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        # So that the exclusion constraints wait for booking.block, which says whose visit is in the way.
        return {*super()._get_validation_exclusions(), *TAKEN}  # type: ignore[misc]
