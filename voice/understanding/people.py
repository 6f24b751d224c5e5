"""Names, telephone numbers and answers, held against what people said or wrote.

The development data has no gold for names: each of its customer names is the answer to a question, and counts
as right when all of it comes back, apart from full stops and capitals.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from voice.conversation.assent import Answer, read_answer
from voice.conversation.names import find_name
from voice.conversation.numbers import find_phone
from voice.understanding.score import Score, rows_of

SLOTS = "taskmaster_auto_repair_slots_dev.jsonl"
DIALOGUES = "sgd_appointments_dev.jsonl"
SENTENCES = "clinc150_dev.jsonl"
SHOP = re.compile(r"\b(?:auto|solutions|repairs?|motors|garage)\b", re.IGNORECASE)  # in the wrong slot
SPELLED = re.compile(r"\b(?:\w-)+\w\b")
ANSWERS = {"yes": Answer.YES, "no": Answer.NO, "maybe": Answer.UNSURE}


def names_and_numbers(folder: Path) -> list[Score]:
    """Raises FileNotFoundError."""
    return [_names_kept_whole(folder), _no_name(folder), _numbers_found(folder), _no_number(folder)]


def answers(folder: Path) -> list[Score]:
    """Raises FileNotFoundError."""
    scores = {intent: Score(f"answers: {intent}", goal=0.9) for intent in ANSWERS}
    nothing = Score("no answer in another sentence", goal=0.97)
    for row in rows_of(folder, SENTENCES):
        understood, intent = read_answer(row["text"]), row["clinc_intent"]
        wanted = ANSWERS.get(intent)
        score = scores[intent] if wanted else nothing
        score.count(understood is wanted, f"{row['text']!r}: {understood}")
    return [*scores.values(), nothing]


def _names_kept_whole(folder: Path) -> Score:
    score = Score("names kept whole", goal=0.97)
    for row in rows_of(folder, SLOTS):
        if row["slot"] != "customer_name" or SHOP.search(row["text"]):
            continue
        understood = find_name(row["text"], was_asked=True)
        score.count(_letters(understood) == _letters(row["text"]), f"{row['text']!r}: {understood!r}")
    return score


def _letters(name: str) -> str:
    """What must not be lost: letters alone, without what was spelled once more and without a possessive."""
    return re.sub(r"[^a-z]", "", re.sub(r"'s$", "", SPELLED.sub("", name).strip().lower()))


def _no_name(folder: Path) -> Score:
    score = Score("no name in another sentence", goal=0.99)
    for sentence in (*_said(folder, "USER"), *(row["text"] for row in rows_of(folder, SENTENCES))):
        if "name" not in sentence.lower():
            understood = find_name(sentence, was_asked=False)
            score.count(not understood, f"{sentence!r}: {understood!r}")
    return score


def _numbers_found(folder: Path) -> Score:
    score = Score("telephone numbers", goal=0.97)
    for text, numbers in _numbers(folder):
        if numbers:
            understood = find_phone(text)
            score.count((understood or "").removeprefix("+1") in numbers, f"{text!r}: {understood}")
    return score


def _no_number(folder: Path) -> Score:
    score = Score("no number in another sentence", goal=0.99)
    for text, numbers in _numbers(folder):
        if not numbers:
            understood = find_phone(text)
            score.count(understood is None, f"{text!r}: {understood}")
    return score


def _numbers(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Every turn with the telephone numbers that it holds, as ten digits."""
    for row in rows_of(folder, DIALOGUES):
        for turn in row["turns"]:
            marked = [part["text"] for part in turn["segments"] if "phone_number" in part["annotations"]]
            yield turn["text"], [re.sub(r"\D", "", number)[-10:] for number in marked]


def _said(folder: Path, speaker: str) -> Iterator[str]:
    for row in rows_of(folder, DIALOGUES):
        yield from (turn["text"] for turn in row["turns"] if turn["speaker"] == speaker)
