"""Handwritten stand-ins for the ports: they record what they were asked and answer as told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from voice.ports import ToolResult

Answer = ToolResult | Callable[[dict[str, Any]], ToolResult]


@dataclass(slots=True)
class FakeTools:
    """answers: what each tool says, or a function of its arguments; others answer plain "ok"."""

    answers: dict[str, Answer] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    call_ids: list[str] = field(default_factory=list)

    async def call(self, name: str, arguments: dict[str, Any], *, call_id: str = "") -> ToolResult:
        self.calls.append((name, arguments))
        self.call_ids.append(call_id)
        answer = self.answers.get(name, ToolResult("ok"))
        return answer if isinstance(answer, ToolResult) else answer(arguments)

    def schemas(self) -> list[dict[str, Any]]:
        return [
            {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
            for name in (*self.answers, "end_call")
        ]
