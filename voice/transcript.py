"""A call as it is read afterwards: turns and tool calls on one clock."""

from dataclasses import dataclass
from typing import Any

from crm.models import FollowUpTask
from scheduling.models import Appointment
from voice.models import Call, ToolCall, Turn

# In the order in which a reply comes about; each is milliseconds after the caller stopped.
STAGES = (
    ("final", "words recognised"),
    ("first_token", "reply thought of"),
    ("first_clause", "reply began"),
    ("first_audio", "speech ready"),
    ("first_frame", "sent to the line"),
    ("first_mark", "heard by the caller"),
)


@dataclass(frozen=True, slots=True)
class Stage:
    key: str
    name: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Said:
    turn: Turn
    stages: list[Stage]
    kind: str = "turn"

    @property
    def starts_ms(self) -> int:
        return self.turn.starts_ms

    @property
    def answered_ms(self) -> int | None:
        """How long the caller waited for the first sound of this turn, as far as was measured."""
        waits = {stage.key: stage.milliseconds for stage in self.stages}
        return waits.get("first_mark", waits.get("first_frame"))


@dataclass(frozen=True, slots=True)
class Done:
    tool_call: ToolCall
    arguments: list[tuple[str, str]]
    result: list[tuple[str, str]]
    kind: str = "tool"

    @property
    def starts_ms(self) -> int:
        return self.tool_call.at_ms

    @property
    def name(self) -> str:
        return self.tool_call.name.replace("_", " ")


def transcript(call: Call) -> dict[str, Any]:
    """Everything of the call in the order in which it happened, and what it left behind."""
    tool_calls = call.tool_calls.select_related("appointment__rooftop", "appointment__vehicle")
    moments: list[Said | Done] = [
        *(Said(turn, _stages(turn.latencies)) for turn in call.turns.all()),
        *(Done(used, _pairs(used.arguments), _pairs(used.result)) for used in tool_calls),
    ]
    # A tool that ran in the very moment a turn began belongs before the words it led to.
    moments.sort(key=lambda moment: (moment.starts_ms, moment.kind == "turn"))
    written: dict[int, Appointment] = {
        used.appointment.pk: used.appointment for used in tool_calls if used.appointment
    }
    waits = [said.answered_ms for said in moments if isinstance(said, Said) and said.answered_ms is not None]
    return {
        "moments": moments,
        "appointments": list(written.values()),
        "tasks": FollowUpTask.objects.filter(call_sid=call.sid).select_related("owner"),
        "slowest_ms": max(waits, default=None),
    }


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
