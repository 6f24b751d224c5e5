"""The emulated language model of a scripted caller: plays the turns of its file, one for each of the caller's.

Which turn and which of its tools is next stands in the request, so that a second try or a draft gets
the same. Only what tools answered is remembered, for a later turn's <placeholders>: a tool's name, then
the way into its result, where places in a list count from one.
"""

import re
from collections.abc import Sequence
from typing import Any

from tests.emulators.openai_script import Body, Reply, Use, results
from tests.voice.scripted import ModelTurn
from tests.voice.scripted_calls import DeskTurn

PLACEHOLDER = re.compile(r"<([a-z_]+(?: \w+)+)>")


class OffScript(LookupError):
    """The caller's file has no such turn, or the result no such value."""


class ScriptedModel:
    """See tests.emulators.openai_script.Script."""

    def __init__(self, turns: Sequence[ModelTurn]) -> None:
        self._turns = turns
        self._results: dict[str, Any] = {}

    def __call__(self, body: Body) -> Reply:
        self._results.update(results(body))
        roles = [message["role"] for message in body["messages"]]
        turn = self._turn(roles.count("user"))
        since = roles[len(roles) - roles[::-1].index("user") :]
        used = since.count("assistant")
        if used < len(turn.uses):
            ((name, arguments),) = turn.uses[used].items()
            return Reply(uses=(Use(name, self._filled(arguments)),))
        return Reply(str(self._filled(turn.says)))

    def asked(self, turns: Sequence[DeskTurn]) -> str:
        """The question that the model's last turn asked: its own words do not tell."""
        said = sum(bool(turn.said) for turn in turns)
        if not said:
            return turns[-1].conversation.asked  # the greeting is no model's
        return self._turn(said).asks or ""

    def _turn(self, number: int) -> ModelTurn:
        if not 0 < number <= len(self._turns):
            raise OffScript(f"the model has {len(self._turns)} turns, and the caller spoke {number} times")
        return self._turns[number - 1]

    def _filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._filled(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self._filled(part) for part in value]
        if not isinstance(value, str):
            return value
        if whole := PLACEHOLDER.fullmatch(value):
            return self._found(whole[1])
        return PLACEHOLDER.sub(lambda match: str(self._found(match[1])), value)

    def _found(self, way: str) -> Any:
        """ "get_available_slots offers 2 handle", or "get_available_slots spoken"."""
        tool, *steps = way.split()
        if tool not in self._results:
            raise OffScript(f"{tool} has not answered yet")
        result = self._results[tool]
        value = result if steps == ["spoken"] else result["data"]
        for step in steps:
            try:
                value = value[int(step) - 1] if isinstance(value, list) else value[step]
            except (KeyError, IndexError, ValueError) as error:
                raise OffScript(f"<{way}> is not in {result}") from error
        return value
