"""A streamed chat completion as it arrives: its chunks, and what they have brought so far."""

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from voice.ports import ModelUse

# The part of a chat.completion.chunk that is read here. The SDK's own classes know all of it, and take ten
# times as long to make: 1.5 ms of the caller's time before the first clause.


class FunctionPiece(BaseModel):
    name: str | None = None
    arguments: str | None = None


class ToolCallPiece(BaseModel):
    index: int
    id: str | None = None
    function: FunctionPiece | None = None


class Delta(BaseModel):
    content: str | None = None
    tool_calls: list[ToolCallPiece] | None = None


class Choice(BaseModel):
    delta: Delta
    finish_reason: str | None = None


class Chunk(BaseModel):
    choices: list[Choice] | None = None
    usage: Any = None  # hosts differ, and a wrong count must not break a call


@dataclass(slots=True)
class ToolUse:
    """One tool call as it arrives: the id and name once, the arguments in pieces."""

    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(slots=True)
class Completion:
    """What one streamed completion has brought so far."""

    model: str
    text: str = ""
    uses: dict[int, ToolUse] = field(default_factory=dict)  # by index; they may come interleaved
    finish_reason: str = ""
    has_said: bool = False
    usage: Any = None  # it comes last, and not at all when the stream is cut
    error: str = ""

    def take(self, chunk: Chunk) -> str:
        """Collect a chunk; return its text."""
        self.usage = chunk.usage or self.usage
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        for piece in choice.delta.tool_calls or []:
            use = self.uses.setdefault(piece.index, ToolUse())
            use.id = use.id or piece.id or ""
            if piece.function:
                use.name = use.name or piece.function.name or ""
                use.arguments += piece.function.arguments or ""
        self.finish_reason = choice.finish_reason or self.finish_reason
        text = choice.delta.content or ""
        self.text += text
        return text

    def size(self) -> int:
        """Grows with every token; a role or an empty delta is none."""
        return len(self.text) + sum(len(use.id) + len(use.arguments) for use in self.uses.values())

    def cost(self) -> ModelUse:
        arguments = sum(len(use.arguments) for use in self.uses.values())
        return ModelUse(
            self.model,
            _count(self.usage, "prompt_tokens"),
            _count(self.usage, "completion_tokens"),
            len(self.text) + arguments,
            self.error,
        )


def _count(usage: Any, kind: str) -> int | None:
    tokens = usage.get(kind) if isinstance(usage, dict) else None
    return tokens if isinstance(tokens, int) and 0 <= tokens < 2**31 else None
