"""How long a whole turn takes to be understood, everything that is read in it together."""

from datetime import date
from pathlib import Path
from time import thread_time
from zoneinfo import ZoneInfo

from voice.conversation.assent import read_answer
from voice.conversation.facts import MenuItem, Store
from voice.conversation.intents import find_intent
from voice.conversation.meaning import understand
from voice.conversation.names import find_name
from voice.conversation.states import Conversation
from voice.conversation.vehicles import find_vehicle
from voice.understanding.score import Score, rows_of

FILE = "clinc150_dev.jsonl"
SOME_DAY = date(2026, 11, 18)
LIMIT_MS = 5.0
MENU = tuple(
    MenuItem(name[:4].upper(), name, (), 60, 0, 0)
    for name in (
        "oil change",
        "tire rotation",
        "brake inspection",
        "alignment",
        "diagnosis",
        "coolant exchange",
    )
)
STORE = Store("", ZoneInfo("America/New_York"), "", "", (), (), MENU)


def speed(folder: Path) -> list[Score]:
    """Processor time, each turn read for the first time."""
    spent = sorted(_milliseconds(row["text"]) for row in rows_of(folder, FILE))
    p95 = spent[len(spent) * 95 // 100]
    score = Score(f"turn understood within {LIMIT_MS:g} ms (p95 {p95:.2f} ms)", goal=0.95)
    for took in spent:
        score.count(took < LIMIT_MS, f"{took:.2f} ms")
    return [score]


def _milliseconds(text: str) -> float:
    find_intent.cache_clear()
    read_answer.cache_clear()
    begun = thread_time()
    understand(text, Conversation(call_sid=""), STORE, SOME_DAY)
    find_vehicle(text)
    find_name(text, was_asked=False)
    return (thread_time() - begun) * 1000
