"""`make demo-call`: a simulated caller phones the running desk, and the database is the judge."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crm.models import Rooftop
from dealership import demo
from scheduling.models import Appointment, Closure
from voice import providers
from voice.calls import written_by
from voice.conversation.saying import ordinal
from voice.database import in_database
from voice.models import Call, Turn
from voice.simulation import Caller, Script, Stuck, wait_for_the_end

MARIA = "+12125550143"
STRANGER = "+12125550177"
YES_MARIA = (r"Is this Maria", "Yes, this is Maria.")
# The desk has more than one wording for each.
OFFERED = r"which of those|that work for you|that suit you"
BEST_NUMBER = r"best one to reach you|reach you best"
SECOND = (OFFERED, "The second one, please.")
YES_BOOK = (r"shall i book", "Yes, please.")
REMIND_ME = (r"remind you of it", "Yes, that's fine.")
GOODBYE = (r"anything else", "No, thank you, goodbye.")
AGAIN = (r"didn't get|didn't catch|couldn't hear", "Sorry. Yes, please.")


@dataclass(frozen=True, slots=True)
class Expected:
    """The row that the caller wanted; None where anything will do."""

    customer: str
    service: str
    day: date
    is_morning: bool
    vehicle: str


@dataclass(frozen=True, slots=True)
class Scenario:
    script: Script
    expected: Expected | None  # None: nothing may have been written


@dataclass(frozen=True, slots=True)
class Result:
    call: Call
    turns: list[Turn]
    appointments: list[Appointment]
    problem: str  # "" when the row is what the caller wanted
    answered_after: list[float]
    clears: int


def scenarios(rooftop: Rooftop, *, now: datetime) -> dict[str, Scenario]:
    """The scripted callers, with days on which the store is open and they do not come in yet."""
    first, second = _free_days(rooftop, now)
    first_name, second_name = _say_day(first, rooftop, now), _say_day(second, rooftop, now)
    opening = f"Hi, I need an oil change for my Civic {first_name} morning."
    wanted = Expected("Maria Lopez", "LOF", first, True, "Civic")
    return {
        "maria": Scenario(
            Script("maria", MARIA, opening, (YES_MARIA, SECOND, YES_BOOK, REMIND_ME, GOODBYE, AGAIN)), wanted
        ),
        "new-customer": Scenario(
            Script(
                "new-customer",
                STRANGER,
                f"Hello, I'd like to bring in my Toyota Camry for a brake inspection {first_name} morning.",
                (
                    (r"Is this Peter", "Yes, it is."),
                    (OFFERED, "The first one works."),
                    (r"first and last name", "My name is Peter Walker."),
                    (BEST_NUMBER, "Yes, it is."),
                    YES_BOOK,
                    REMIND_ME,
                    GOODBYE,
                    AGAIN,
                ),
            ),
            Expected("Peter Walker", "BRKI", first, True, "Camry"),
        ),
        "changes-mind": Scenario(
            Script(
                "changes-mind",
                MARIA,
                opening,
                (
                    YES_MARIA,
                    SECOND,
                    (r"shall i book", f"Wait, I meant {second_name} afternoon."),
                    (OFFERED, "The first one, please."),
                    YES_BOOK,
                    REMIND_ME,
                    GOODBYE,
                    AGAIN,
                ),
            ),
            Expected("Maria Lopez", "LOF", second, False, "Civic"),
        ),
        "interrupts": Scenario(
            Script(
                "interrupts",
                MARIA,
                opening,
                (YES_MARIA, SECOND, YES_BOOK, REMIND_ME, GOODBYE, AGAIN),
                interrupt=(1, f"Sorry, I'd rather come {second_name} morning."),
            ),
            Expected("Maria Lopez", "LOF", second, True, "Civic"),
        ),
        "hangs-up": Scenario(Script("hangs-up", MARIA, opening, (YES_MARIA, SECOND), hangs_up_in=1), None),
    }


async def run(name: str, *, now: datetime, base_url: str = "") -> Result:
    """Phone the desk at settings.PUBLIC_BASE_URL as the named caller, and compare what was written.

    Raises KeyError for an unknown name, voice.simulation.Refused, TimeoutError.
    """
    rooftop = await in_database(Rooftop.objects.get, name=demo.OTTO)
    number = await in_database(lambda: rooftop.numbers.get().number)
    scenario = (await in_database(scenarios, rooftop, now=now))[name]
    async with providers.make_synthesizer() as voice:
        caller = Caller(scenario.script, voice, to=number, base_url=base_url)
        try:
            await caller.call()
            problem = ""
        except Stuck as error:
            problem = str(error)
    call = await wait_for_the_end(caller.sid)
    turns = await in_database(lambda: list(Turn.objects.filter(call=call)))
    appointments = await in_database(_written, call)
    problem = problem or await in_database(_compare, appointments, scenario.expected)
    return Result(call, turns, appointments, problem, caller.answered_after, caller.clears)


def report(result: Result) -> str:
    """The two-sided transcript with latencies, the row, and the verdict."""
    lines = []
    for turn in result.turns:
        who = "Desk  " if turn.speaker == Turn.Speaker.DESK else "Caller"
        cut = f" [not heard: {turn.cut_off}]" if turn.cut_off else ""
        lines.append(f"{turn.starts_ms / 1000:6.1f} s  {who}  {turn.text}{cut}")
        if turn.latencies:
            stages = sorted(turn.latencies.items(), key=lambda stage: stage[1])
            steps = ", ".join(f"{step.replace('_', ' ')} {ms} ms" for step, ms in stages)
            lines.append(f"{'':10}{'':8}({steps})")
    heard = ", ".join(f"{seconds:.2f}" for seconds in result.answered_after)
    lines += [
        "",
        f"Caller's last word → desk's first sound, seconds: {heard}",
        f"Outcome: {result.call.outcome}",
    ]
    for appointment in result.appointments:
        services = ", ".join(str(line) for line in appointment.lines.all())
        lines.append(
            f"Appointment {appointment.confirmation_number}: {appointment.customer}, {appointment.vehicle}, "
            f"{services}, {appointment.local_arrival:%A, %B %-d, %-I:%M %p}, {appointment.status}"
        )
    lines.append(
        f"WRONG: {result.problem}" if result.problem else "The database holds what the caller wanted."
    )
    return "\n".join(lines)


def _written(call: Call) -> list[Appointment]:
    appointments = written_by(call)
    for appointment in appointments:
        list(appointment.lines.all())
    return appointments


def _compare(appointments: list[Appointment], expected: Expected | None) -> str:
    if expected is None:
        return "an appointment was written" if appointments else ""
    if len(appointments) != 1:
        return f"{len(appointments)} appointments were written instead of one"
    row = appointments[0]
    local = row.local_arrival
    found = {
        "customer": (str(row.customer), expected.customer),
        "vehicle": (row.vehicle.model, expected.vehicle),
        "services": (",".join(line.op_code.code for line in row.lines.all()), expected.service),
        "day": (str(local.date()), str(expected.day)),
        "morning": (str(local.hour < 12), str(expected.is_morning)),
        "status": (row.status, Appointment.Status.BOOKED.value),
    }
    return "; ".join(
        f"{what} is {is_}, not {wanted}" for what, (is_, wanted) in found.items() if is_ != wanted
    )


def _free_days(rooftop: Rooftop, now: datetime) -> tuple[date, date]:
    """The next two weekdays, from next Tuesday on, without a closure or a visit of a scripted caller."""
    taken = {
        span.starts_at.astimezone(rooftop.zone).date() for span in Closure.objects.filter(rooftop=rooftop)
    } | {
        visit.local_arrival.date()
        for visit in Appointment.objects.active().filter(
            rooftop=rooftop, customer__phones__number__in=(MARIA, STRANGER), arrives_at__gt=now
        )
    }
    tuesday = _next_monday(rooftop, now) + timedelta(days=1)
    days = (tuesday + timedelta(days=ahead) for ahead in range(rooftop.horizon_days - 14))
    free = (day for day in days if day.weekday() < 5 and day not in taken)
    return next(free), next(free)


def _say_day(day: date, rooftop: Rooftop, now: datetime) -> str:
    """ "next Tuesday", or the date when that is further away."""
    if day < _next_monday(rooftop, now) + timedelta(weeks=1):
        return f"next {day:%A}"
    return f"on {day:%A}, {day:%B} {ordinal(day.day)}, in the"


def _next_monday(rooftop: Rooftop, now: datetime) -> date:
    today = now.astimezone(rooftop.zone).date()
    return today - timedelta(days=today.weekday()) + timedelta(weeks=1)
