"""What callers want, against sentences of all kinds: ours, about cars, about the talk itself, and none of these."""

from pathlib import Path

from voice.conversation import choices
from voice.conversation.intents import ACTS, find_intent
from voice.conversation.states import Intent
from voice.understanding.score import Score, rows_of

FILE = "clinc150_dev.jsonl"
BOOKING = {Intent.BOOK, Intent.RESCHEDULE}
ABOUT_THE_CAR = {
    Intent.CAR_QUESTION,
    Intent.DUE,
    Intent.HISTORY,
    Intent.SYMPTOM,
    Intent.SERVICE_INQUIRY,
    Intent.TOW,
    Intent.WARRANTY,
}
NOBODYS = {Intent.OTHER, Intent.UNKNOWN}
TALK = {"yes": choices.is_yes, "no": choices.is_no}


def score_intents(folder: Path) -> list[Score]:
    """Booking is counted both ways; the out-of-scope rows must not be taken for any errand of ours."""
    precision = Score("booking, precision", goal=0.95)
    recall = Score("booking, recall", goal=0.9)
    car, talk = Score("car questions, recall"), Score("acts of the talk, recall")
    outside = {
        "out_of_scope": Score("out of scope, recall", goal=0.9),
        "out_of_scope_near": Score("out of scope but near, recall", goal=0.9),
    }
    named = Score("out of scope, called other")
    for row in rows_of(folder, FILE):
        text, expected = row["text"], row["expected"]
        intent = find_intent(text)
        otherwise = f"{text!r} is {row['clinc_intent']}, not {intent}"
        if intent in BOOKING:
            precision.count(expected == "book_service", otherwise)
        if expected == "book_service":
            recall.count(intent in BOOKING, otherwise)
        elif expected == "car_question":
            car.count(intent in ABOUT_THE_CAR, otherwise)
        elif expected == "dialog_act":
            is_answer = row["clinc_intent"] in TALK and TALK[row["clinc_intent"]](text)
            is_cancel = row["clinc_intent"] == "cancel" and intent is Intent.CANCEL
            talk.count(intent in ACTS or is_answer or is_cancel, otherwise)
        else:
            outside[expected].count(intent in NOBODYS, otherwise)
            named.count(intent is Intent.OTHER, otherwise)
    return [precision, recall, *outside.values(), named, car, talk]
