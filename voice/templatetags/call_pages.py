"""How the pages of the phone desk show numbers, clocks and outcomes."""

from datetime import timedelta

from django import template

from crm import phone
from voice.conversation.states import Intent
from voice.models import Call, CallReview

register = template.Library()

VARIANTS = {
    Call.Outcome.RUNNING: "primary",
    Call.Outcome.BOOKED: "success",
    Call.Outcome.MOVED: "success",
    Call.Outcome.CONFIRMED: "success",
    Call.Outcome.CANCELLED: "info",
    Call.Outcome.VOICEMAIL: "info",
    Call.Outcome.CALL_LATER: "info",
    Call.Outcome.WRONG_PERSON: "warning",
    Call.Outcome.TRANSFERRED: "info",
    Call.Outcome.MESSAGE: "info",
    Call.Outcome.HUNG_UP: "warning",
    Call.Outcome.FAILED: "danger",
}

SENTIMENT_VARIANTS = {
    Call.Sentiment.UNHAPPY: "warning",
    Call.Sentiment.NEUTRAL: "",
    Call.Sentiment.CONTENT: "success",
}

REVIEW_VARIANTS = {
    CallReview.State.UNREVIEWED: "",
    CallReview.State.IN_REVIEW: "warning",
    CallReview.State.DONE: "success",
}


@register.filter
def phone_number(number: str) -> str:
    """+12125550143 → (212) 555-0143; "" → Number withheld."""
    return phone.display(number) if number else "Number withheld"


@register.filter
def clock(milliseconds: int) -> str:
    """A position on the call's clock: 83400 → 1:23."""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes}:{seconds:02}"


@register.filter
def clock_of_seconds(seconds: int) -> str:
    """A length of so many seconds: 83 → 1:23."""
    return clock(seconds * 1000)


@register.filter
def words(name: str | None) -> str:
    """A state's or an intent's name for reading: slot_collection → slot collection; unknown → ""."""
    return (name or "").replace("_", " ").removeprefix(Intent.UNKNOWN)


@register.filter
def call_length(duration: timedelta | None) -> str:
    """How long a call was: 1:23; "" while it runs."""
    return "" if duration is None else clock(round(duration.total_seconds() * 1000))


@register.filter
def seconds(milliseconds: int | None) -> str:
    """A wait: 640 → 0.6 s."""
    return "" if milliseconds is None else f"{milliseconds / 1000:.1f} s"


@register.filter
def outcome_variant(outcome: str) -> str:
    """The colour of unfold's label for a call's outcome."""
    return VARIANTS.get(Call.Outcome(outcome), "")


@register.filter
def review_variant(state: str) -> str:
    """The colour of unfold's label for a review's state."""
    return REVIEW_VARIANTS.get(CallReview.State(state), "")


@register.filter
def sentiment_variant(sentiment: str) -> str:
    """The colour of unfold's label for how the caller took it."""
    return SENTIMENT_VARIANTS.get(Call.Sentiment(sentiment), "")
