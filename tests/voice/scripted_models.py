"""The emulated language model of a scripted caller: plays the turns of its file, one for each of the caller's.

Which turn and which of its tools is next stands in the request, so that a second try or a draft gets
the same. What tools were asked and answered is remembered, so that a turn need not say it again: a
<placeholder> is a tool's name, then the way into its result, where places in a list count from one.
"""

import re
from collections.abc import Sequence
from typing import Any

from tests.emulators.openai_script import Body, Reply, Use, results, system
from tests.voice.scripted import ModelTurn
from tests.voice.scripted_calls import DeskTurn
from voice.conversation import questions
from voice.conversation.saying import say_services
from voice.tools.registry import REGISTRY

PLACEHOLDER = re.compile(r"<([a-z_]+(?: \w+)+)>")
CALLER = re.compile(r'(?:perhaps|to speak with) "([^"]+)"')  # in the system prompt, as is what follows
VISIT = re.compile(r'^- the-visit: "(.+?)"(?: \(dealt with\))?$', re.MULTILINE)
MENU = re.compile(r'^- ([A-Z0-9]+): "([^"]+)", \d+ minutes', re.MULTILINE)
# What is said before a question that agrees to something: the moment must be heard in the same turn.
OFFERED = "So that's <get_available_slots offers {offer} spoken>."
BEFORE = {
    questions.ASK_CONFIRM: "So that's {services} on <get_available_slots offers {offer} spoken>.",
    questions.ASK_MOVE_IT: OFFERED,
    questions.ASK_CANCEL_IT: "That's {visit}.",
    questions.ASK_COUNT_ON: "You have {visit}.",
}


class OffScript(LookupError):
    """The caller's file has no such turn, or the result no such value."""


class ScriptedModel:
    """See tests.emulators.openai_script.Script."""

    def __init__(self, turns: Sequence[ModelTurn]) -> None:
        self.complaints: list[str] = []
        self._turns = turns
        self._unplayed = {number for number, turn in enumerate(turns, 1) if turn.is_asked}
        self._results: dict[str, Any] = {}
        self._said: dict[str, Any] = {}  # arguments of earlier uses, by their names
        self._offer = self._appointment = 1  # which of those read out last is meant

    def __call__(self, body: Body) -> Reply:
        try:
            return self._reply(body)
        except OffScript as error:
            self.complaints.append(str(error))
            raise

    def off_script(self) -> list[str]:
        """What was asked beyond the script, and what of it nobody asked for."""
        turns = ", ".join(map(str, sorted(self._unplayed)))
        return [*self.complaints, *([f"the model was never asked for its turn {turns}"] if turns else [])]

    def asked(self, turns: Sequence[DeskTurn]) -> str:
        """The question that the model's last turn asked: its own words do not tell."""
        said = sum(bool(turn.said) for turn in turns)
        if not said or not self._turns or not self._turn(said).is_asked:
            return turns[-1].conversation.asked  # the desk's own words, like the greeting
        return self._turn(said).asks or ""

    def _reply(self, body: Body) -> Reply:
        answered = results(body)
        self._results.update(answered)
        roles = [message["role"] for message in body["messages"]]
        turn = self._turn(roles.count("user"))
        if not turn.is_asked:
            raise OffScript(
                f"the model was asked for its turn {roles.count('user')}, which is the desk's own"
            )
        since = roles[len(roles) - roles[::-1].index("user") :]
        used = since.count("assistant")
        if used + 1 >= len(turn.uses):  # after the last of them a call may be over
            self._unplayed.discard(roles.count("user"))
        if used < len(turn.uses):
            name, arguments = list(turn.uses.items())[used]
            return Reply(uses=(Use(name, self._arguments(name, arguments)),))
        spoken = answered[-1][1]["spoken"] if answered else ""
        return Reply(str(self._filled(turn.says)) if turn.says else self._usual_words(turn, spoken, body))

    def _turn(self, number: int) -> ModelTurn:
        if not 0 < number <= len(self._turns):
            raise OffScript(f"the model has {len(self._turns)} turns, and the caller spoke {number} times")
        return self._turns[number - 1]

    # --- words ----------------------------------------------------------------------------

    def _usual_words(self, turn: ModelTurn, spoken: str, body: Body) -> str:
        """What the last tool told, what is agreed to, and the question as the desk asks it."""
        prompt, asks = system(body), turn.asks or ""
        question = questions.QUESTIONS.get(asks, "")
        if asks == questions.ASK_IS_CALLER and (name := CALLER.search(prompt)):
            question = f"Is this {name[1]}?"
        before = BEFORE.get(asks, "").format(
            offer=self._offer, visit=self._visit(prompt), services=self._services(prompt)
        )
        return " ".join(filter(None, (spoken, str(self._filled(before)), question)))

    def _services(self, prompt: str) -> str:
        """What was looked for last, as the menu names it."""
        menu = dict(MENU.findall(prompt))
        return say_services([menu.get(code, code) for code in self._said.get("services", [])])

    def _visit(self, prompt: str) -> str:
        rung_about = VISIT.search(prompt)
        return (
            rung_about[1]
            if rung_about
            else f"<get_upcoming_appointments appointments {self._appointment} spoken>"
        )

    # --- arguments ------------------------------------------------------------------------

    def _arguments(self, tool: str, written: dict[str, Any]) -> dict[str, Any]:
        """As written; a number stands for that offer or appointment, and what a tool needs and was said before
        is said again."""
        if tool == "get_available_slots":
            self._offer = 1
        given = dict(self._filled(written))
        fields = REGISTRY[tool].arguments.model_fields
        for name in (name for name, field in fields.items() if field.is_required() and name not in given):
            if name in self._said or name in ("offer", "appointment"):
                given[name] = self._said.get(name, 1)
        if "offer" in fields:
            self._offer = given["offer"] if isinstance(given.get("offer"), int) else self._offer
            given["offer"] = self._found(f"get_available_slots offers {self._offer} handle")
        if isinstance(number := given.get("appointment"), int):
            self._appointment = number
            given["appointment"] = self._found(f"get_upcoming_appointments appointments {number} handle")
        self._said |= given
        return given

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
