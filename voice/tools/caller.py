"""Tools about who calls, and what they have with us."""

from datetime import date, timedelta

from pydantic import BaseModel, ConfigDict, Field

from crm.identity import Facts
from scheduling.models import Appointment
from voice import verification
from voice.conversation import phrases, questions
from voice.conversation.states import Visit
from voice.ports import ToolResult
from voice.tools.desk import Nothing
from voice.tools.registry import Desk, tool
from voice.visits import visit_of

LATE_BY = timedelta(hours=2)  # a visit whose hour has struck may still be talked about
MOST_VISITS = 5


class Proof(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=120, description="First and last name, as said.")
    vin_end: str = Field("", max_length=6, description="The last six of the VIN.")
    plate: str = Field("", max_length=12)
    date_of_birth: date | None = None
    zip_code: str = Field("", max_length=10)


@tool("See whether the caller's number belongs to one customer; gives a first name to ask for, nothing else.")
def lookup_customer(desk: Desk, nothing: Nothing) -> ToolResult:
    name = desk.conversation.caller.first_name
    return ToolResult("ok" if name else "not_found", f"Is this {name}?" if name else "", {"first_name": name})


@tool(
    "Prove who the caller is, before anything stored is told or changed. Needs two facts that the caller "
    "said: the name or the ZIP code, and the VIN's last six, the plate or the date of birth.",
    is_write=True,
    is_lasting=False,
)
def verify_caller(desk: Desk, said: Proof) -> ToolResult:
    caller = desk.conversation.caller
    if caller.is_verified:
        return ToolResult("ok", data={"first_name": caller.first_name})
    facts = Facts(said.name, said.vin_end, said.plate, said.date_of_birth, said.zip_code)
    if verification.is_locked(desk.call, now=desk.now):
        return ToolResult("locked", phrases.CANNOT_VERIFY)
    if not facts.are_enough:
        return ToolResult("more_facts", questions.QUESTIONS[questions.ASK_PROOF])
    if not verification.points_at_somebody(desk.call, facts):
        return ToolResult("more_facts", questions.QUESTIONS[questions.ASK_FULL_NAME])
    customer = verification.verify(desk.call, facts, now=desk.now)
    if customer is None:
        is_last = verification.is_locked(desk.call, now=desk.now)
        return (
            ToolResult("locked", phrases.CANNOT_VERIFY)
            if is_last
            else ToolResult("not_verified", phrases.NOT_VERIFIED)
        )
    caller.customer_id, caller.first_name = customer.pk, customer.first_name
    caller.is_confirmed = caller.is_verified = True
    return ToolResult("ok", data={"first_name": customer.first_name})


@tool("What the verified caller has ahead, each with a handle. The code not_verified asks for verify_caller.")
def get_upcoming_appointments(desk: Desk, nothing: Nothing) -> ToolResult:
    customer_id = desk.conversation.caller.proved_id
    if customer_id is None:
        return ToolResult("not_verified", phrases.MUST_VERIFY)
    found = (
        Appointment.objects.active()
        .filter(
            rooftop=desk.call.rooftop,
            customer_id=customer_id,
            status__in=(Appointment.Status.BOOKED, Appointment.Status.CONFIRMED),
            arrives_at__gt=desk.now - LATE_BY,
        )
        .select_related("vehicle", "rooftop")
        .prefetch_related("lines__op_code")
        .order_by("arrives_at")[:MOST_VISITS]
    )
    visits = [visit_of(appointment, f"visit-{number}") for number, appointment in enumerate(found, 1)]
    desk.conversation.visits = visits
    if not visits:
        return ToolResult("none", phrases.NO_VISITS)
    return ToolResult(
        "ok",
        phrases.say_visits(visits),
        {
            "appointments": [
                {
                    "handle": visit.handle,
                    "local": visit.local.isoformat(),
                    "services": visit.services,
                    "vehicle": visit.vehicle,
                    "spoken": phrases.say_visit(visit),
                }
                for visit in visits
            ]
        },
    )


def known_visit(desk: Desk, handle: str) -> Visit | None:
    """The visit with this handle, when its customer is proved to be calling, or was rung about it."""
    conversation = desk.conversation
    about = conversation.about
    if about and about.handle == handle:
        return about if verification.was_rung_about(desk.call, conversation, about) else None
    if conversation.caller.proved_id is None:
        return None
    return next((visit for visit in conversation.visits if visit.handle == handle), None)


def stored(desk: Desk, visit: Visit) -> Appointment:
    """Its row. Raises Appointment.DoesNotExist when it is not the verified caller's, nor what they were rung about."""
    was_rung = verification.was_rung_about(desk.call, desk.conversation, visit)
    customer_id = desk.call.customer_id if was_rung else desk.conversation.caller.proved_id
    theirs = Appointment.objects.filter(customer_id=customer_id or 0, rooftop=desk.call.rooftop)
    return theirs.select_related("rooftop", "vehicle").get(pk=visit.appointment_id)
