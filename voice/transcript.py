"""A call as it is read afterwards: turns and tool calls on one clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from crm.models import FollowUpTask
from scheduling.models import Appointment
from voice import claim_check, reviews, written
from voice.models import Call, ToolCall, Turn, TurnComment

# In the order in which a reply comes about; each is milliseconds after the caller stopped.
STAGES = (
    ("transcript", "words recognised"),
    ("final", "turn taken for over"),
    ("first_token", "reply thought of"),
    ("first_clause", "reply began"),
    ("first_audio", "speech ready"),
    ("first_frame", "sent to the line"),
    ("first_mark", "heard by the caller"),
)
# What a caller waits for, and with which stages each part ends; the first that was measured counts.
PARTS = (
    ("hearing", ("final",)),
    ("thinking", ("first_clause", "first_token")),
    ("speaking", ("first_mark", "first_frame", "first_audio")),
)
# These leave a follow-up task behind.
TASK_TOOLS = (
    "take_message",
    "transfer_to_person",
    "report_wrong_person",
    "call_again_later",
    "report_lateness",
)


@dataclass(frozen=True, slots=True)
class Stage:
    key: str
    name: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Remark:
    comment: TurnComment
    pieces: list[reviews.Piece]


@dataclass(frozen=True, slots=True)
class Said:
    turn: Turn
    stages: list[Stage]
    remarks: list[Remark]
    slowest_ms: int = 0  # of the whole call
    kind: str = "turn"

    @property
    def starts_ms(self) -> int:
        return self.turn.starts_ms

    @property
    def answered_ms(self) -> int | None:
        """How long the caller waited for the first sound of this turn, as far as was measured."""
        waits = {stage.key: stage.milliseconds for stage in self.stages}
        return waits.get("first_mark", waits.get("first_frame"))

    @property
    def parts(self) -> list[Part]:
        """What the wait was made of; what was drafted before the caller had finished took none of it."""
        waits = {stage.key: stage.milliseconds for stage in self.stages}
        parts, reached = [], 0
        for name, keys in PARTS:
            at = next((waits[key] for key in keys if key in waits), reached)
            parts.append(Part(name, max(0, at - reached)))
            reached = max(reached, at)
        return parts

    @property
    def percent(self) -> int:
        """The wait's length beside the call's longest one."""
        return round(100 * (self.answered_ms or 0) / self.slowest_ms) if self.slowest_ms else 0

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """What the turn changed in what the desk knows: name, before, now."""
        return [
            (name.replace("_", " ").replace(".", " "), _brief(before), _brief(now))
            for name, (before, now) in self.turn.changes.items()
        ]


@dataclass(frozen=True, slots=True)
class Done:
    tool_call: ToolCall
    arguments: list[tuple[str, str]]
    result: list[tuple[str, str]]
    version: int = 0  # of the visit that it wrote; 0: not known
    kind: str = "tool"

    @property
    def starts_ms(self) -> int:
        return self.tool_call.at_ms

    @property
    def name(self) -> str:
        return self.tool_call.name.replace("_", " ")

    @property
    def wrote_task(self) -> bool:
        return self.tool_call.code == "ok" and self.tool_call.name in TASK_TOOLS


def transcript(call: Call) -> dict[str, Any]:
    """Everything of the call in the order in which it happened, and what it left behind."""
    tool_calls = list(call.tool_calls.select_related("appointment__rooftop", "appointment__vehicle"))
    turns = list(call.turns.prefetch_related("comments__author"))
    slowest_ms = slowest_of(turns)
    said = said_in(call, turns, slowest_ms=slowest_ms)
    versions = written.versions(call, tool_calls)
    moments: list[Said | Done] = [
        *said,
        *(
            Done(used, _pairs(used.arguments), _pairs(used.result), versions.get(used.pk, 0))
            for used in tool_calls
        ),
    ]
    # A tool that ran in the very moment a turn began belongs before the words it led to.
    moments.sort(key=lambda moment: (moment.starts_ms, moment.kind == "turn"))
    visits: dict[int, Appointment] = {
        used.appointment.pk: used.appointment for used in tool_calls if used.appointment
    }
    return {
        "moments": moments,
        "disagreements": claim_check.check(call, turns, tool_calls, call.defects.all()),
        "appointments": list(visits.values()),
        "tasks": FollowUpTask.objects.filter(call_sid=call.sid).select_related("owner"),
        "slowest_ms": slowest_ms,
    }


def said_in(call: Call, turns: Sequence[Turn], *, slowest_ms: int | None = None) -> list[Said]:
    """Turns of the call as they are shown, with what was remarked on them; their comments are prefetched."""
    is_remarked = any(turn.comments.all() for turn in turns)
    people = list(call.rooftop.staff.all()) if is_remarked else []
    return [
        Said(
            turn,
            _stages(turn.latencies),
            [Remark(each, reviews.pieces(each.text, people)) for each in turn.comments.all()],
            slowest_ms or 0,
        )
        for turn in turns
    ]


def slowest_of(turns: Iterable[Turn]) -> int | None:
    """The longest wait from a caller's last word to the first sound of the answer; None without answers."""
    waits = [Said(turn, _stages(turn.latencies), []).answered_ms for turn in turns]
    return max((wait for wait in waits if wait is not None), default=None)


def _stages(latencies: dict[str, Any]) -> list[Stage]:
    return [
        Stage(key, name, round(latencies[key]))
        for key, name in STAGES
        if isinstance(latencies.get(key), int | float)
    ]


def _pairs(values: Any) -> list[tuple[str, str]]:
    """A tool's arguments or result for reading: one line a name, nested values in brief."""
    if not isinstance(values, dict):
        return [("", _brief(values))]
    return [(str(name).replace("_", " "), _brief(value)) for name, value in values.items()]


def _brief(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(_brief(item) for item in value) or "—"
    if isinstance(value, dict):
        return (
            ", ".join(f"{str(name).replace('_', ' ')}: {_brief(item)}" for name, item in value.items()) or "—"
        )
    return str(value)
