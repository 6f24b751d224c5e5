"""Was the call what the caller's file wants? The database is the judge; then a few rules for every call."""

import re
from collections.abc import Iterator, Sequence

from crm.models import Consent, FollowUpTask, Rooftop, SystemFault
from scheduling.models import Appointment
from tests.voice.scripted import Caller, Expected, WantedTask, WantedVisit
from tests.voice.scripted_calls import DeskTurn, Held, aware
from voice.calls import DEEDS, written_by
from voice.conversation import claims, clauses, phrases
from voice.conversation.states import CameOf, State
from voice.models import Call, ToolCall, Turn
from voice.tools.store import load_store

SENTENCES_AT_MOST = 2  # beside a question
QUESTIONS_AT_MOST = 1
SAME_QUESTION_AT_MOST = 2
LONGEST_INTERJECTION = 2  # words: "Of course.", "Goodbye!"
SENTENCE_ENDS = re.compile(r"(?<=[.!?…])\s+(?=[A-Z\"“])")
ABBREVIATION = re.compile(r"\b(?:[ap]\.m|Mr|Mrs|Ms|Dr|St)\.", re.IGNORECASE)
CLAIM = re.compile(
    r"\byou(?:'re| are) (?:all )?(?:booked|set|scheduled)\b|\bI(?:'ve| have) (?:booked|scheduled)\b"
    r"|\b(?:is|has been) (?:booked|scheduled)\b|\bconfirmation number is\b",
    re.IGNORECASE,
)
DENIAL = re.compile(r"\balready booked\b|\bhaven't booked\b|\bnothing is booked\b", re.IGNORECASE)


def problems(caller: Caller, held: Held, rooftop: Rooftop) -> list[str]:
    """Everything that is not as it must be, in sentences; empty when all is well."""
    wanted = caller.expects
    return [
        *wrong_rows(caller, held, rooftop),
        *_about_tools(wanted, held.call),
        *_about_words(wanted, held.turns),
        *manners(held.turns),
        *_false_alarms(caller, held, rooftop),
    ]


def wrong_rows(caller: Caller, held: Held, rooftop: Rooftop) -> list[str]:
    """The part that has to hold for every mind, whatever its words and ways."""
    wanted = caller.expects
    return [
        *_about_the_call(wanted, held.call),
        *_about_states(held.call),
        *_about_visits(wanted.appointments, held, rooftop),
        *_about_tasks(wanted.tasks, rooftop),
        *_about_people(wanted, held, rooftop),
        *_about_consent(wanted, caller.number),
        *(claim for turn in held.turns if (claim := false_claim(held.call, turn))),
        *(f"replaced although it is so: {defect}" for defect in held.call.defects.all()),
    ]


# --- the database -------------------------------------------------------------------------


def _about_the_call(wanted: Expected, call: Call) -> Iterator[str]:
    if call.outcome != wanted.outcome:
        yield f"the call's outcome is {call.outcome}, not {wanted.outcome}"
    for fault in SystemFault.objects.filter(call_sid=call.sid):
        yield f"a fault was kept: {fault.code}: {fault.sentence}"


def _about_states(call: Call) -> Iterator[str]:
    """A transcript shows where an appointment was written: in an answer of its own, and nowhere else."""
    desk = call.turns.filter(speaker=Turn.Speaker.DESK)
    states = list(desk.exclude(text="").values_list("state", flat=True))
    has_written = ToolCall.objects.filter(call=call, code="ok", name__in=DEEDS).exists()
    if has_written is not (State.EXECUTION in states):
        yield f"the transcript's states are {', '.join(states)}"


def _about_visits(wanted: Sequence[WantedVisit], held: Held, rooftop: Rooftop) -> Iterator[str]:
    rows = list(
        Appointment.objects.filter(rooftop=rooftop)
        .select_related("customer", "vehicle", "rooftop")
        .prefetch_related("lines__op_code", "customer__phones")
        .order_by("arrives_at", "pk")
    )
    if len(rows) != len(wanted):
        yield f"there are {len(rows)} appointments, not {len(wanted)}: {'; '.join(map(_visit, rows))}"
        return
    for row, want in zip(rows, wanted, strict=True):
        for what, is_right in _compared(row, want, held):
            if not is_right:
                yield f"the wrong {what}: {_visit(row)}"


def _compared(row: Appointment, want: WantedVisit, held: Held) -> Iterator[tuple[str, bool]]:
    local = row.local_arrival
    yield "customer", str(row.customer) == want.customer
    yield "vehicle", str(row.vehicle) == want.vehicle
    yield "services", sorted(line.op_code.code for line in row.lines.all()) == sorted(want.services)
    yield "day", local.date() == want.day
    yield "time", want.at is None or local.time() == want.at
    yield "time", want.between is None or want.between[0] <= local.time() <= want.between[1]
    yield "status", row.status == want.status
    yield "transport", want.transport in (None, row.transport)
    yield "phone", want.phone is None or want.phone in [phone.number for phone in row.customer.phones.all()]
    yield "e-mail", want.email in (None, row.customer.email)
    yield "concern", want.concern is None or bool(re.search(want.concern, row.concern, re.IGNORECASE))
    yield "row", want.was is None or row.pk == held.before[want.was - 1]


def _visit(row: Appointment) -> str:
    services = " ".join(line.op_code.code for line in row.lines.all())
    phones = " ".join(phone.number for phone in row.customer.phones.all())
    return (
        f"{row.local_arrival:%a %Y-%m-%d %H:%M}, {services}, {row.vehicle}, {row.customer} ({phones}), "
        f"{row.status}, {row.transport}, {row.concern!r}"
    )


def _about_tasks(wanted: Sequence[WantedTask], rooftop: Rooftop) -> Iterator[str]:
    rows = list(FollowUpTask.objects.filter(rooftop=rooftop).select_related("owner").order_by("pk"))
    told = "; ".join(f"{row.kind} {row.summary!r}" for row in rows)
    if len(rows) != len(wanted):
        yield f"there are {len(rows)} tasks, not {len(wanted)}: {told}"
        return
    for row, want in zip(rows, wanted, strict=True):
        is_right = {
            "kind": row.kind == want.kind,
            "summary": all(re.search(about, row.summary, re.IGNORECASE) for about in want.about),
            "phone": want.phone in (None, row.phone_number),
            "owner": want.owner in (None, row.owner.name if row.owner else ""),
            "due time": want.due is None or row.due_at == aware(want.due, rooftop),
        }
        for what in (what for what, fits in is_right.items() if not fits):
            yield (
                f"a task's {what} is wrong: {row.kind} {row.summary!r} {row.phone_number} {row.owner} "
                f"{row.due_at.astimezone(rooftop.zone):%Y-%m-%d %H:%M}"
            )


def _about_tools(wanted: Expected, call: Call) -> Iterator[str]:
    used = [f"{use.name} {use.code}" for use in ToolCall.objects.filter(call=call)]
    rest = iter(used)
    for tool in wanted.tools:
        if tool not in rest:
            yield f"{tool!r} is not among the tools where it must be: {', '.join(used) or 'none'}"
            break
    for tool in wanted.never_tools:
        if any(tool in (use, use.partition(" ")[0]) for use in used):
            yield f"{tool!r} must not be among the tools: {', '.join(used)}"


def _about_people(wanted: Expected, held: Held, rooftop: Rooftop) -> Iterator[str]:
    for what, want, found in (
        ("customers", wanted.new_customers, rooftop.customers.count() - held.customers_before),
        ("vehicles", wanted.new_vehicles, rooftop.vehicles.count() - held.vehicles_before),
    ):
        if want not in (None, found):
            yield f"there are {found} new {what}, not {want}"


def _about_consent(wanted: Expected, number: str) -> Iterator[str]:
    """The newest row of every customer of this number, for every channel."""
    if wanted.may_be_called is None:
        return
    rows = Consent.objects.filter(phone__number=number).order_by("at", "pk")
    said = {(row.customer_id, row.channel): row.is_granted for row in rows}
    if not said or any(is_granted != wanted.may_be_called for is_granted in said.values()):
        yield f"the consent ledger says {said}, not {wanted.may_be_called}"


def _false_alarms(caller: Caller, held: Held, rooftop: Rooftop) -> Iterator[str]:
    """The desk's own sentences hold before the guard that a language model's have to pass."""
    store = load_store(rooftop, now=aware(caller.time, rooftop))
    uses = ToolCall.objects.filter(call=held.call)
    told = [f"{use.result.get('spoken')} {use.result.get('data')}" for use in uses]
    for turn in held.turns:
        knows = turn.conversation.model_copy(update={"told": told})
        if knows.came_of is CameOf.VOICEMAIL:
            continue  # it hears what nobody else may before they say who they are
        for clause in clauses.split(turn.text):
            if defect := claims.check(clause, knows, store, caller.time.date()):
                yield f"the guard would replace {clause!r} as a wrong {defect.kind}"


# --- the words ----------------------------------------------------------------------------


def _about_words(wanted: Expected, turns: Sequence[DeskTurn]) -> Iterator[str]:
    for pattern in wanted.says:
        if not any(re.search(pattern, turn.text, re.IGNORECASE) for turn in turns):
            yield f"the desk never said {pattern!r}"
    for pattern in wanted.never_says:
        for turn in turns:
            if re.search(pattern, turn.text, re.IGNORECASE):
                yield f"the desk must not say {pattern!r}: {turn.text}"


def manners(turns: Sequence[DeskTurn]) -> Iterator[str]:
    """Two sentences and a question in an answer, and no nagging.

    The greeting has to tell more, and what is said into a silence answers nothing.
    """
    for turn in turns:
        said = sentences(turn.text) if turn.said else []
        questions = [sentence for sentence in said if sentence.endswith("?")]
        if len(questions) > QUESTIONS_AT_MOST:
            yield f"{len(questions)} questions in a turn: {turn.text}"
        if len(said) - len(questions) > SENTENCES_AT_MOST:
            yield f"{len(said) - len(questions)} sentences and a question in a turn: {turn.text}"
    if nagged := asked_too_often(turns):
        yield nagged


def sentences(text: str) -> list[str]:
    """Without interjections, and the few words that pass the time while something takes long."""
    for filler in phrases.FILLERS:
        text = text.replace(filler, "")
    text = ABBREVIATION.sub(lambda match: match[0].replace(".", ""), text.strip())
    return [
        sentence
        for sentence in SENTENCE_ENDS.split(text)
        if len(sentence.split()) > LONGEST_INTERJECTION or sentence.endswith("?")
    ]


def asked_too_often(turns: Sequence[DeskTurn]) -> str:
    """The first question asked three times in a row to a caller who answered; "" when none was.

    Who says nothing, or asks something, is asked again with good reason; about other openings, or another
    number, it is another question.
    """
    row: list[DeskTurn] = []
    for turn in turns:
        if "?" not in turn.text:
            row = []
        elif row and _same_question(row[-1], turn):
            if turn.said and "?" not in turn.said:
                row.append(turn)
        else:
            row = [turn]
        if len(row) > SAME_QUESTION_AT_MOST:
            return f"{row[-1].conversation.asked!r} was asked {len(row)} times in a row: {turn.text}"
    return ""


def _same_question(before: DeskTurn, now: DeskTurn) -> bool:
    """A language model's own questions have no name; they are the same when their words are."""
    old, new = before.conversation, now.conversation
    if (old.asked, old.offers, old.chosen, old.slots.phone) != (
        new.asked,
        new.offers,
        new.chosen,
        new.slots.phone,
    ):
        return False
    return bool(new.asked) or sentences(before.text)[-1:] == sentences(now.text)[-1:]


def false_claim(call: Call, turn: DeskTurn) -> str:
    """What the desk says is booked must be there, with the number it says; "" when it is, or nothing is said."""
    if not CLAIM.search(turn.text) or DENIAL.search(turn.text):
        return ""
    digits = re.sub(r"\D", "", turn.text.rpartition("confirmation number")[2])
    numbers = [visit.confirmation_number for visit in written_by(call)]
    if numbers and (not digits or digits in numbers):
        return ""
    return f"{turn.text} But this call has written {' and '.join(numbers) or 'nothing'}."
