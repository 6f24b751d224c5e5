"""What an emulated model answers: by a list, by a function of the request, or by caller (pure)."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Use:
    """A tool call. arguments: a dict, or text to be sent as it is, for instance broken JSON."""

    name: str
    arguments: dict[str, Any] | str = field(default_factory=dict)

    @property
    def json(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True, slots=True)
class Reply:
    """One completion: text, then tool calls, whose pieces come interleaved."""

    text: str = ""
    uses: tuple[Use, ...] = ()
    finish_reason: str = ""  # "" for the usual one


Answer = Reply | str
Script = Callable[[Body], Answer]


def heard(body: Body) -> str:
    """The caller's last words in a request."""
    texts = [message["content"] for message in body["messages"] if message["role"] == "user"]
    return texts[-1] if texts else ""


def system(body: Body) -> str:
    return "\n".join(message["content"] for message in body["messages"] if message["role"] == "system")


def results(body: Body) -> list[tuple[str, Any]]:
    """The tool results at the end of a request: (the tool's name, what it answered)."""
    names: dict[str, str] = {}
    found: list[tuple[str, Any]] = []
    for message in body["messages"]:
        if message["role"] == "tool":
            found.append((names[message["tool_call_id"]], _parsed(message["content"])))
            continue
        found = []
        for call in message.get("tool_calls") or ():
            names[call["id"]] = call["function"]["name"]
    return found


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A model without memory: the answer depends on the request alone, so that a draft, a repetition
    or another model's second try gets the same.

    rules: (pattern in the caller's last words, answer or function of the request); the first fits.
    after: by tool, what is said to its result (a function of it); without, its "spoken" sentence.
    """

    rules: Sequence[tuple[str, Answer | Script]]
    after: Mapping[str, Callable[[Any], Answer]] = field(default_factory=dict)
    otherwise: Answer = "Sorry, could you say that again?"

    def __call__(self, body: Body) -> Answer:
        if answered := results(body):
            name, result = answered[-1]
            speak = self.after.get(name, _spoken)
            return speak(result)
        for pattern, answer in self.rules:
            if re.search(pattern, heard(body), re.IGNORECASE):
                return answer(body) if callable(answer) else answer
        return self.otherwise


def per_caller(scripts: Mapping[str, Script | Sequence[Answer]]) -> Script:
    """Each caller's own script. A key is whatever stands in that caller's system prompt and in no
    other: the number, for instance. A sequence is consumed, a function asked."""
    left = {key: script if callable(script) else list(script) for key, script in scripts.items()}

    def answer(body: Body) -> Answer:
        prompt = system(body)
        script = next((script for key, script in left.items() if key in prompt), None)
        if script is None:
            raise LookupError("no caller's key stands in the system prompt")
        if isinstance(script, list):
            return script.pop(0) if script else ""
        return script(body)

    return answer


def _spoken(result: Any) -> Answer:
    return str(result.get("spoken", "")) if isinstance(result, dict) else str(result)


def _parsed(content: str) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content
