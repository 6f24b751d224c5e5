"""Tools that read openings and write appointments."""

import re
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from crm import consent, lookup
from crm.models import Customer, Ownership, Phone, Vehicle
from crm.validation import EMAIL_FORM
from scheduling import booking
from scheduling.history import PHONE_DESK
from scheduling.models import Appointment, OpCode
from scheduling.offers import choose_offers
from scheduling.refusals import Refusal
from scheduling.slots import Slot
from voice.conversation import phrases, questions, saying, store_phrases
from voice.conversation.name_parts import first_and_last
from voice.conversation.said_numbers import said_number
from voice.conversation.states import Booked, Offer, VehicleSlot
from voice.conversation.transports import DROP_OFF, WAITER
from voice.models import Call
from voice.ports import ToolResult
from voice.tools import agreement
from voice.tools.caller import known_visit, stored
from voice.tools.registry import UNSURE, Desk, tool

SEARCH_DAYS = 14  # how far beyond the wish to look when nothing fits it
ACTOR = PHONE_DESK
# Where the caller's way to go on cannot be had, the one that needs nothing of the store.
OTHER_WAY = {WAITER: DROP_OFF, "shuttle": DROP_OFF, "loaner": DROP_OFF, DROP_OFF: WAITER}


class SlotSearch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    services: list[str] = Field(default_factory=list, description="Op codes from the menu.")
    appointment: str = Field("", description="Handle of the appointment to be moved, in place of services.")
    first_day: date | None = Field(None, description="First day wished for, in the store's calendar.")
    last_day: date | None = None
    not_before: time | None = Field(None, description="Earliest time of day, store time.")
    not_after: time | None = Field(None, description="Latest time of day, store time.")
    exactly: time | None = Field(None, description="The time of day wished for, store time.")
    days: list[date] = Field(default_factory=list, description="Only these days, within first and last.")
    moments: list[datetime] = Field(
        default_factory=list,
        description="Where each of several days has a time of its own: store wall times.",
    )
    not_on: list[int] = Field(default_factory=list, description="Weekdays refused, 0 is Monday.")
    not_days: list[date] = Field(default_factory=list, description="Days refused.")
    transport: Literal["waiter", "drop_off", "shuttle", "loaner"] | None = Field(
        None,
        description="How the caller goes on meanwhile, once they said: a waiter stays, drop_off leaves the car.",
    )
    after: datetime | None = Field(None, description="Only openings later than this offer's local time.")
    before: datetime | None = Field(None, description="Only openings earlier than this offer's local time.")


class Keeping(BaseModel):
    model_config = ConfigDict(extra="forbid")

    offer: str = Field(description="Handle of an offer made in this call.")
    services: list[str] = Field(min_length=1, description="Op codes from the menu.")


class CallerSaid(BaseModel):
    """For whom it is, and with which car, as far as the caller said."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=120, description="The caller's name as said.")
    phone: str = Field("", max_length=16, description="Number for callbacks, E.164, as the caller said it.")
    email: str = Field("", max_length=254, description="Only when the caller offered it.")
    year: int | None = Field(None, ge=1900, le=2100)
    make: str = Field("", max_length=40)
    model: str = Field("", max_length=60)


class Booking(CallerSaid):
    offer: str = Field(description="Handle of an offer made in this call.")
    services: list[str] = Field(min_length=1, description="Op codes from the menu.")
    concern: str = Field("", max_length=1000, description="What the caller said about the car, verbatim.")


@tool("Find real openings before offering any time. Returns at most three, each with a handle.")
def get_available_slots(desk: Desk, search: SlotSearch) -> ToolResult:
    moving = _to_be_moved(desk, search.appointment)
    if search.appointment and moving is None:
        return ToolResult("unknown_appointment", phrases.MUST_VERIFY)
    op_codes = _work_of(moving) if moving else lines_of(desk, search.services)
    if not op_codes:
        return ToolResult("unknown_service", phrases.NOT_ON_THE_MENU)
    wanted = search.transport or desk.conversation.slots.transport
    slots, fits, way = _search_ways(desk, op_codes, search, moving, wanted)
    if not slots:
        return ToolResult("nothing_open", "I don't have anything open in the next two weeks.")
    zone = desk.store.zone
    # What is nearest to "after five" where nothing is open then.
    wished = search.exactly or (None if fits else search.not_before or search.not_after)
    chosen = choose_offers(slots, zone, wanted=wished, advisor=_preferred_advisor(desk))
    conversation = desk.conversation
    conversation.offers = [_offer(slot, zone, way) for slot in chosen]
    spoken = phrases.say_offers(conversation.offers, desk.store.today(desk.now))
    if way != wanted:
        spoken = f"{store_phrases.another_way(wanted, way)} {spoken}"
    return ToolResult(
        "ok",
        spoken,
        {
            "fits_the_wish": fits,
            "is_another_way": way != wanted,
            "offers": [
                {
                    "handle": offer.handle,
                    "local": offer.local.isoformat(),
                    "spoken": saying.say_moment(offer.local),
                }
                for offer in conversation.offers
            ],
        },
    )


@tool(
    "Keep the chosen offer for three minutes, right before you read it back: with how the caller goes on "
    "meanwhile, where the answer tells it.",
    is_write=True,
    is_lasting=False,
)
def hold_offer(desk: Desk, wanted: Keeping) -> ToolResult:
    offer = offered(desk, wanted.offer)
    op_codes = lines_of(desk, wanted.services)
    if offer is None:
        return ToolResult("unknown_offer", phrases.LOOK_AGAIN)
    if op_codes is None:
        return ToolResult("unknown_service", phrases.NOT_ON_THE_MENU)
    try:
        held = booking.hold(
            desk.call.rooftop,
            op_codes,
            offer.arrives_at,
            key=desk.call.sid,
            now=desk.now,
            transport=offer.transport or None,
            advisor=_preferred_advisor(desk),
        )
    except Refusal as refusal:
        return ToolResult(refusal.code, phrases.refused(refusal.code))
    way = store_phrases.say_way(offer).strip(", ")
    return ToolResult(
        "ok", data={"until": held.expires_at.isoformat(), **({"meanwhile": way} if way else {})}
    )


@tool("Book an offer, only after it was read back and the caller clearly said yes.", is_write=True)
def book_appointment(desk: Desk, wanted: Booking) -> ToolResult:
    conversation = desk.conversation
    offer = offered(desk, wanted.offer)
    if offer is None:
        return ToolResult("unknown_offer", phrases.LOOK_AGAIN)
    op_codes = lines_of(desk, wanted.services)
    if op_codes is None:
        return ToolResult("unknown_service", phrases.NOT_ON_THE_MENU)
    if not_said := number_not_said(desk, wanted):
        return not_said
    moment = saying.say_moment(offer.local)
    if not_yet := agreement.refusal(
        desk, moment, questions.ASK_CONFIRM, services=wanted.services, car=wanted.model
    ):
        return not_yet
    key = _key(desk, offer, wanted)
    desk.booking_key = key

    def who() -> tuple[Customer, Vehicle]:
        customer, vehicle = party(desk, wanted)
        # Not behind the commit: a connection lost there would hide from the caller that it is booked.
        conversation.has_consent = _has_consent(desk, customer)
        return customer, vehicle

    try:
        appointment = booking.book_for(
            who,
            desk.call.rooftop,
            op_codes,
            offer.arrives_at,
            actor=ACTOR,
            source=Appointment.Source.PHONE,
            transport=offer.transport or None,
            concern=wanted.concern,
            idempotency_key=key,
            held=desk.call.sid,
            now=desk.now,
        )
    except Refusal as refusal:
        if refusal.code == "no_loaner":
            conversation.slots.transport = DROP_OFF
        written = booking.booked_as(key) if refusal.code in UNSURE else None
        if written is None:
            return ToolResult(refusal.code, phrases.refused(refusal.code))
        appointment = written
    return _booked(desk, offer, appointment)


def _key(desk: Desk, offer: Offer, wanted: Booking) -> str:
    """The same for the same booking of this call, however often a mind asks for it."""
    services = ",".join(sorted(wanted.services))
    car = f"{wanted.year or ''} {wanted.make} {wanted.model}".lower()
    return f"{desk.call.sid}:book:{offer.arrives_at:%Y%m%dT%H%M}:{services}:{car}"


def _booked(desk: Desk, offer: Offer, appointment: Appointment) -> ToolResult:
    """Note that it is written. Behind the commit: nothing here asks the database."""
    conversation = desk.conversation
    desk.appointment_id = appointment.pk
    booked = Booked(confirmation_number=appointment.confirmation_number, local=offer.local)
    conversation.note_written(booked)
    agreement.carried_out(conversation)
    return ToolResult(
        "ok",
        phrases.written(booked),
        {
            "confirmation_number": appointment.confirmation_number,
            "local": offer.local.isoformat(),
            "may_remind": conversation.has_consent,
        },
    )


def number_not_said(desk: Desk, said: CallerSaid) -> ToolResult | None:
    """Reminders and colleagues ring this number: it has to be the caller's own, or in the caller's words."""
    if not said.phone or said_number(desk.conversation, said.phone):
        return None
    return ToolResult("number_not_said", questions.QUESTIONS[questions.ASK_PHONE])


def party(desk: Desk, said: CallerSaid) -> tuple[Customer, Vehicle]:
    """The customer and the car, found or made. Within a transaction."""
    customer = _customer(desk, said)
    Call.objects.filter(pk=desk.call.pk).update(customer=customer)
    return customer, _vehicle(customer, VehicleSlot(year=said.year, make=said.make, model=said.model))


def _has_consent(desk: Desk, customer: Customer) -> bool | None:
    """To automated calls and texts on the caller's number; None when nobody has asked yet.

    An old yes for another number than the one they ring from is asked for again.
    """
    number = desk.conversation.slots.phone or desk.call.caller_number
    known = consent.latest(customer, number)
    if number != desk.call.caller_number and consent.standing(customer, number, now=desk.now) is None:
        return None
    return all(known.values()) if known else None


def offered(desk: Desk, handle: str) -> Offer | None:
    """The offer with this handle that was made in this call."""
    return next((offer for offer in desk.conversation.offers if offer.handle == handle), None)


def _preferred_advisor(desk: Desk) -> int | None:
    """The advisor whom the caller likes to see; nobody's while we do not know who calls."""
    caller = desk.conversation.caller
    if not (caller.is_confirmed and caller.customer_id):
        return None
    known = Customer.objects.filter(pk=caller.customer_id).values_list("preferred_advisor_id", flat=True)
    return known.first()


def _offer(slot: Slot, zone: ZoneInfo, transport: str) -> Offer:
    return Offer(
        handle=f"offer-{slot.arrives_at:%m%d-%H%M}",
        arrives_at=slot.arrives_at,
        local=slot.arrives_at.astimezone(zone),
        leave_until=None if slot.work else slot.ready_at.astimezone(zone),
        transport=transport,
    )


def lines_of(desk: Desk, codes: list[str]) -> list[OpCode] | None:
    """The menu's lines in the order asked for; None when one is not on it."""
    found = {
        item.code: item
        for item in OpCode.objects.filter(
            rooftop=desk.call.rooftop, code__in=codes, is_bookable_by_phone=True
        )
    }
    return [found[code] for code in dict.fromkeys(codes)] if len(found) == len(set(codes)) else None


def _to_be_moved(desk: Desk, handle: str) -> Appointment | None:
    """The verified caller's appointment with this handle."""
    visit = known_visit(desk, handle)
    return stored(desk, visit) if visit else None


def _work_of(appointment: Appointment) -> list[OpCode]:
    return [line.op_code for line in appointment.lines.select_related("op_code")]


def _search_ways(
    desk: Desk, op_codes: list[OpCode], search: SlotSearch, moving: Appointment | None, wanted: str
) -> tuple[list[Slot], bool, str]:
    """Openings, whether they fit the wish, and how the caller goes on.

    That is as they want, but where only another way can be had at all, or when they would like to come.
    """
    slots, fits = _search(desk, op_codes, search, moving, wanted)
    if not wanted or (slots and fits):
        return slots, fits, wanted
    way = OTHER_WAY[wanted]
    others, others_fit = _search(desk, op_codes, search, moving, way)
    if others and (others_fit or not slots):
        return others, others_fit, way
    return slots, fits, wanted


def _search(
    desk: Desk, op_codes: list[OpCode], search: SlotSearch, moving: Appointment | None, transport: str
) -> tuple[list[Slot], bool]:
    """Openings for the wish, and whether they fit it; else the nearest ones from its first day on."""
    zone, today = desk.store.zone, desk.store.today(desk.now)
    first = max(search.first_day or today, today)
    last = max(search.last_day or (first if search.first_day else first + timedelta(days=SEARCH_DAYS)), first)
    slots = _open_between(desk, op_codes, search, first, last, moving, transport)
    timely = [slot for slot in slots if _is_timely(slot.arrives_at.astimezone(zone).time(), search)]
    exact = [slot for slot in timely if slot.arrives_at.astimezone(zone).time() == search.exactly]
    if exact:
        return exact[:1], True
    moments = [moment.replace(tzinfo=None) for moment in search.moments]
    if at_moments := [slot for slot in slots if _wall_time(slot, zone) in moments]:
        return at_moments, True
    if timely:
        return timely, search.exactly is None and not search.moments
    last = max(last, first + timedelta(days=SEARCH_DAYS))
    return _open_between(desk, op_codes, search, first, last, moving, transport), False


def _wall_time(slot: Slot, zone: ZoneInfo) -> datetime:
    return slot.arrives_at.astimezone(zone).replace(tzinfo=None)


def _open_between(
    desk: Desk,
    op_codes: list[OpCode],
    search: SlotSearch,
    first: date,
    last: date,
    moving: Appointment | None,
    transport: str,
) -> list[Slot]:
    slots = booking.openings(
        desk.call.rooftop,
        op_codes,
        first,
        last,
        now=desk.now,
        advisor=_preferred_advisor(desk),
        held=desk.call.sid,
        transport=transport or (moving.transport if moving else None),
        moving=moving,
    )
    return _within(slots, search, desk.store.zone)


def _within(slots: list[Slot], search: SlotSearch, zone: ZoneInfo) -> list[Slot]:
    """Only those after and before the offers that the caller compared with, and not on refused days."""
    after, before = _aware(search.after, zone), _aware(search.before, zone)
    return [
        slot
        for slot in slots
        if _is_on_a_wished_day(slot.arrives_at.astimezone(zone).date(), search)
        and (after is None or slot.arrives_at > after)
        and (before is None or slot.arrives_at < before)
    ]


def _aware(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """A moment without a zone is the store's wall time, as a model may write it."""
    return moment.replace(tzinfo=zone) if moment and moment.tzinfo is None else moment


def _is_on_a_wished_day(day: date, search: SlotSearch) -> bool:
    is_refused = day.weekday() in search.not_on or day in search.not_days
    # Beyond the wish, where nothing fits it, its days bind no more.
    is_meant = not search.days or day in search.days or day > max(search.days)
    return is_meant and not is_refused


def _is_timely(local: time, search: SlotSearch) -> bool:
    return (search.not_before is None or local >= search.not_before) and (
        search.not_after is None or local <= search.not_after
    )


def _customer(desk: Desk, wanted: CallerSaid) -> Customer:
    """The confirmed caller, or somebody with this name and number, or a new customer."""
    caller = desk.conversation.caller
    if caller.is_confirmed and caller.customer_id:
        return Customer.objects.get(pk=caller.customer_id)
    rooftop = desk.call.rooftop
    first_name, last_name = first_and_last(wanted.name)
    number = said_number(desk.conversation, wanted.phone) or caller.number
    for known in lookup.by_phone(rooftop, number):
        if known.first_name.lower() == first_name.lower() and known.last_name.lower() == last_name.lower():
            return Customer.objects.get(pk=known.id)
    customer = Customer.objects.create(
        rooftop=rooftop,
        first_name=(first_name if first_name or last_name else "Unknown")[:60],
        last_name=last_name[:60],
        email=wanted.email if re.match(EMAIL_FORM, wanted.email) else "",
    )
    if number:
        phone, _ = Phone.objects.get_or_create(number=number)
        customer.phones.add(phone)
    return customer


def _vehicle(customer: Customer, said: VehicleSlot) -> Vehicle:
    """The customer's (first) vehicle that fits what was said, or a new one."""
    owned = customer.vehicles.filter(ownerships__until__isnull=True)
    for field, value in (("make__iexact", said.make), ("model__iexact", said.model), ("year", said.year)):
        if value:
            owned = owned.filter(**{field: value})
    fitting = owned.distinct().order_by("pk").first()
    if fitting:
        return fitting
    vehicle = Vehicle.objects.create(
        rooftop=customer.rooftop, year=said.year, make=said.make, model=said.model
    )
    Ownership.objects.create(customer=customer, vehicle=vehicle)
    return vehicle
