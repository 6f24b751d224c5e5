"""Scripted callers: tests/callers/*.yaml, read and checked. tests/callers/README.md explains them.

A mistake in a file is told by file, caller and field before any call is made. Scalars are plain
words, but for whole numbers, true, false and nothing: "Yes", "10:00" and "+12125550143" need no quotes.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from tests.talking import STRANGER
from voice.conversation import questions
from voice.conversation.spoken_form import spoken_form
from voice.conversation.states import Intent
from voice.tools.registry import REGISTRY

FOLDER = Path(__file__).resolve().parent.parent / "callers"
WITHHELD = "withheld"
UNASKED = "unasked"
SATURDAY_AT_TEN = datetime(2026, 11, 21, 10)  # noqa: DTZ001  the store's wall time, as in the files
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")

Flow = Literal[
    "booking",
    "questions",
    "person",
    "rescheduling",
    "cancelling",
    "checking",
    "verification",
    "errands",
    "danger",
    "reminder",
    "follow_up",
]
Status = Literal["booked", "confirmed", "checked_in", "completed", "cancelled", "no_show"]
Outcome = Literal[
    "booked",
    "moved",
    "cancelled",
    "transferred",
    "message",
    "no_booking",
    "hung_up",
    "confirmed",
    "voicemail",
    "call_later",
    "wrong_person",
]


class WrongCaller(Exception):
    """A file that cannot be used, with every reason."""


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no pattern: {error}") from error
    return text


def _question(name: str) -> str:
    if name not in questions.QUESTIONS:
        raise ValueError(
            f"the desk has no question {name!r}; it has {', '.join(sorted(questions.QUESTIONS))}"
        )
    return name


def _tool(name: str) -> str:
    if name not in REGISTRY:
        raise ValueError(
            f"{name!r} is neither a question nor a tool; tools are {', '.join(sorted(REGISTRY))}"
        )
    return name


def _one_or_more(value: object) -> object:
    return value if isinstance(value, list) else [value]


Pattern = Annotated[str, AfterValidator(_pattern)]
Question = Annotated[str, AfterValidator(_question)]
ToolName = Annotated[str, AfterValidator(_tool)]
Patterns = Annotated[list[Pattern], BeforeValidator(_one_or_more)]


class Part(BaseModel):
    """Nothing but the fields that it knows, or a misspelt one would be no expectation at all."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True, frozen=True)


class Answer(Part):
    """What the caller does when asked (by the question's name, by a pattern in the desk's words, or by both)."""

    asked: Question | None = None
    hears: Pattern | None = None
    say: str = ""
    keys: str = Field("", pattern=r"^[0-9*#]*$")
    interrupts_with: str = Field("", description="Said into the desk's answer to this, by voice.")
    stays_silent: bool = False
    hangs_up: bool = False
    times: int = Field(1, ge=1)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not (self.asked or self.hears):
            raise ValueError("an answer needs asked or hears")
        if sum(map(bool, (self.say, self.keys, self.stays_silent, self.hangs_up))) != 1:
            raise ValueError("an answer needs one of say, keys, stays_silent, hangs_up")
        if self.interrupts_with and not self.say:
            raise ValueError("interrupts_with belongs to a say")
        return self

    def fits(self, asked: str, heard: str) -> bool:
        is_asked = self.asked is None or self.asked == asked
        return is_asked and (self.hears is None or is_heard(self.hears, heard))


def is_heard(pattern: str, words: str) -> bool:
    """In words as the desk writes them, or as a language model's are spoken: "9 AM" is "nine AM", too."""
    spoken = spoken_form(pattern, today=SATURDAY_AT_TEN.date())
    return any(re.search(each, words, re.IGNORECASE) for each in (pattern, spoken))


class Ringing(Part):
    """The desk rings the caller's number, because of one of the visits."""

    purpose: Literal["reminder", "follow_up"] = "reminder"
    visit: int = Field(1, ge=1)


class CutOff(Part):
    """A call of the same number that ended minutes before, in the middle: what it had come to."""

    intent: Intent
    services: Annotated[list[str], BeforeValidator(_one_or_more)] = []
    day: date | None = None  # wished for
    minutes: int = Field(3, ge=1)


class Visit(Part):
    """An appointment that is there before the call."""

    customer: str
    vehicle: str = Field("", description="Year, make and model; empty for the customer's first.")
    services: Annotated[list[str], BeforeValidator(_one_or_more)]
    at: datetime  # store-local, naive
    came: bool = Field(False, description="The car was checked in then.")
    is_ready: bool = Field(False, description="The work is done, and the car waits to be fetched.")
    declined: list[str] = Field([], description="What was recommended, and not wanted.")

    @model_validator(mode="after")
    def _has_happened(self) -> Self:
        if (self.is_ready or self.declined) and not self.came:
            raise ValueError("work is ready or declined only where the car came")
        return self


class WantedVisit(Part):
    """An appointment as it must be after the call; what is left out may be anything."""

    customer: str
    vehicle: str
    services: Annotated[list[str], BeforeValidator(_one_or_more)]
    day: date
    at: time | None = None
    between: tuple[time, time] | None = None
    status: Status = "booked"
    transport: str | None = None
    phone: str | None = None  # one of the customer's
    email: str | None = None  # the customer's
    concern: Pattern | None = None
    was: int | None = Field(None, ge=1, description="The same row as this one of before.")


class WantedTask(Part):
    """A follow-up task for staff; what is left out may be anything."""

    kind: str
    about: Patterns = []
    phone: str | None = None
    owner: str | None = None
    due: datetime | None = None  # store-local, naive


class Expected(Part):
    outcome: Outcome
    appointments: list[WantedVisit] = []  # all there are, in order of arrival
    tasks: list[WantedTask] = []  # all there are
    tools: list[str] = []  # "name code", in this order, others between them
    never_tools: list[str] = []  # names, or "name code"
    says: Patterns = []
    never_says: Patterns = []
    may_be_called: bool | None = Field(
        None, description="What the consent ledger says of the number at last."
    )
    new_customers: int | None = None
    new_vehicles: int | None = None


class Closed(Part):
    since: datetime = Field(alias="from")  # store-local, naive
    until: datetime
    reason: str


class StoreAsIs(Part):
    """How this caller's store differs from the demo store."""

    records_calls: bool = False
    allows_marketing: bool = Field(False, description="Work that was recommended may be offered.")
    closed: list[Closed] = []
    visits: list[Visit] = []


class ModelTurn(Part):
    """One answer of the emulated model: tools one after the other, then words that ask something.

    In the files it stands in short: "vehicle", "end_call", "unasked", {offer: {get_available_slots: {…}}}.
    """

    asks: Question | None = None
    uses: dict[ToolName, dict[str, Any]] = {}
    says: str = ""  # in place of the usual words of what it asks
    is_asked: bool = True  # else the desk answers by itself

    @model_validator(mode="before")
    @classmethod
    def _unfold(cls, short: object) -> object:
        if short == UNASKED:
            return {"is_asked": False}
        turn = {short: {}} if isinstance(short, str) else short
        if not isinstance(turn, dict) or not turn:
            raise ValueError("a model's turn is a question, a tool, or what stands behind their names")
        asks = next((key for key in turn if key in questions.QUESTIONS), None)
        if asks and len(turn) > 1:
            raise ValueError(f"a model's turn that asks {asks!r} has its tools behind that name")
        parts = turn[asks] if asks else turn
        parts = {"says": parts} if isinstance(parts, str) else dict(parts)
        return {"asks": asks, "says": parts.pop("says", ""), "uses": parts}


class Caller(Part):
    """One caller. See the fields of its parts."""

    caller: str
    about: str
    flow: Flow
    number: Annotated[str, Field(pattern=r"^(\+1\d{10}|withheld)$")] = STRANGER
    time: datetime = SATURDAY_AT_TEN  # store-local, naive
    store: StoreAsIs = StoreAsIs()
    facts: dict[str, str] = {}
    rung: Ringing | None = None
    cut_off: CutOff | None = None
    by_voice: bool = Field(False, description="Spoken, and heard at the pace of speech; else typed.")
    opening: str = ""
    answers: list[Answer] = []
    turns_at_most: int = Field(14, ge=1, le=40)  # of the desk, with the greeting
    expects: Expected
    model: list[ModelTurn] | None = None  # [] is one that must not be asked
    no_model: str = Field("", description="Why a language model has no part in this.")
    xfail: str = ""
    file: str = ""

    @property
    def id(self) -> str:
        """For the test's name."""
        return f"{self.file}: {self.caller}"

    @model_validator(mode="after")
    def _can_be_held(self) -> Self:
        if not (self.opening or self.rung):
            raise ValueError("a caller who rings needs an opening")
        if self.rung and self.rung.visit > len(self.store.visits):
            raise ValueError("rung about a visit that is not there")
        if self.by_voice and self.model is not None:
            raise ValueError("a caller by_voice lives on a clock that a model's socket does not know")
        if not self.by_voice and (self.model is None) is not bool(self.no_model):
            raise ValueError("a caller needs one of model and no_model")
        return self

    @model_validator(mode="before")
    @classmethod
    def _put_facts_in(cls, data: Any) -> Any:
        facts = data.get("facts", {}) if isinstance(data, dict) else {}
        return _filled(data, facts) if isinstance(facts, dict) else data


def _filled(value: Any, facts: dict[str, Any]) -> Any:
    """Every {fact} replaced, also in expectations. Raises ValueError for one that is not there."""
    if isinstance(value, dict):
        return {key: _filled(part, facts) for key, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, facts) for part in value]
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda match: _fact(match[1], facts), value)
    return value


def _fact(name: str, facts: dict[str, Any]) -> str:
    if name not in facts:
        raise ValueError(f"there is no fact {name!r}")
    return str(facts[name])


# --- reading ------------------------------------------------------------------------------


class _PlainWords(yaml.SafeLoader):
    """YAML whose "yes" is the word, and whose 10:00 is no number of seconds."""


_PlainWords.yaml_implicit_resolvers = {}
for _tag, _form, _first in (
    ("bool", r"^(true|false)$", "tf"),
    ("int", r"^(0|-?[1-9][0-9]*)$", "-0123456789"),
    ("null", r"^~?$", ["~", ""]),
):
    _PlainWords.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_form), list(_first))


def load(folder: Path = FOLDER) -> list[Caller]:
    """Every caller of the folder, file by file. Raises WrongCaller."""
    callers = [caller for path in sorted(folder.glob("*.yaml")) for caller in read(path)]
    names = [caller.caller for caller in callers]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise WrongCaller(f"Two callers have the same name: {', '.join(twice)}")
    return callers


def read(path: Path) -> Iterator[Caller]:
    """The callers of one file, which holds one or a list of them. Raises WrongCaller."""
    try:
        found = yaml.load(path.read_text(encoding="utf-8"), _PlainWords)  # noqa: S506  a SafeLoader
    except yaml.YAMLError as error:
        raise WrongCaller(f"{path.name} is no YAML: {error}") from error
    for number, data in enumerate(found if isinstance(found, list) else [found], 1):
        name = str(data.get("caller", f"number {number}")) if isinstance(data, dict) else f"number {number}"
        try:
            caller = Caller.model_validate(data)
        except ValidationError as error:
            raise WrongCaller(f"{path.name}, {name}:\n{_reasons(error)}") from error
        yield caller.model_copy(update={"file": path.stem})


def _reasons(error: ValidationError) -> str:
    return "\n".join(
        f"  {'.'.join(map(str, each['loc'])) or 'the caller'}: {each['msg']}" for each in error.errors()
    )
