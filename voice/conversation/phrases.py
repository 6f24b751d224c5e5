"""What the caller hears: every sentence the desk says by itself. Pure.

Warm, short, spoken; at most two sentences and one question a turn; no jargon. Constants that name
a question (ASK_…) are the keys of QUESTIONS and what conversation.asked holds.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from crm import phone
from voice.conversation.facts import Store
from voice.conversation.states import Booked, Conversation, Deed, Ending, Offer, Order, State, Visit

ASK_NEED = "need"
ASK_IS_CALLER = "is_caller"
ASK_SERVICE = "service"
ASK_VEHICLE = "vehicle"
ASK_DAY = "day"
ASK_OFFER = "offer"
ASK_NAME = "name"
ASK_NUMBER_IS_BEST = "number_is_best"
ASK_PHONE = "phone"
ASK_PHONE_CHECK = "phone_check"
ASK_CONFIRM = "confirm"
ASK_CHANGE = "change"
ASK_WANTS_IT = "wants_it"
ASK_ANYTHING_ELSE = "anything_else"
ASK_WHICH_PERSON = "which_person"
ASK_FULL_NAME = "full_name"
ASK_PROOF = "proof"
ASK_WHICH_VISIT = "which_visit"
ASK_NEW_DAY = "new_day"
ASK_MOVE_INSTEAD = "move_instead"
ASK_MOVE_IT = "move_it"
ASK_CANCEL_IT = "cancel_it"
ASK_CONSENT = "consent"
ASK_WAITLIST = "waitlist"
ASK_MILEAGE = "mileage"
ASK_WANTS_DUE = "wants_due"
ASK_HOW_LATE = "how_late"
ASK_OTHER_TIME = "other_time"
ASK_MESSAGE = "message"
ASK_GO_ON = "go_on"
ASK_WHICH_CAR = "which_car"
ASK_VIN_CHECK = "vin_check"
# When it is the desk that rings.
ASK_COUNT_ON = "count_on"
ASK_FETCH = "fetch"
ASK_CALL_WHEN = "call_when"
ASK_HOW_WAS_IT = "how_was_it"
ASK_WANTS_RECOMMENDED = "wants_recommended"

WAITLIST = "put you on the waitlist"  # what has to be heard before it is done
QUESTIONS = {
    ASK_NEED: "How can I help you with your car?",
    ASK_IS_CALLER: "May I ask who I'm speaking with?",
    ASK_SERVICE: "What would you like us to do on your car?",
    ASK_VEHICLE: "Which car is it, make and model?",
    ASK_DAY: "What day and time would suit you?",
    ASK_OFFER: "Which of those works for you?",
    ASK_NAME: "May I have your first and last name?",
    ASK_NUMBER_IS_BEST: "Is the number you're calling from the best one to reach you?",
    ASK_PHONE: "What's the best phone number to reach you, area code first?",
    ASK_PHONE_CHECK: "Did I get that number right?",
    ASK_CONFIRM: "Shall I book it?",
    ASK_WANTS_IT: "Would you like to book that?",
    ASK_CHANGE: "What would you like to change?",
    ASK_WHICH_PERSON: "Whom shall I get?",
    ASK_ANYTHING_ELSE: "Is there anything else I can do for you?",
    ASK_FULL_NAME: "May I have your first and last name, please?",
    ASK_PROOF: "What are the last six of your VIN, your license plate, or your date of birth?",
    ASK_WHICH_VISIT: "Which one do you mean?",
    ASK_NEW_DAY: "What day and time would suit you better?",
    ASK_MOVE_INSTEAD: "Would you like to move it to another day instead?",
    ASK_MOVE_IT: "Shall I move it?",
    ASK_CANCEL_IT: "Shall I cancel it?",
    ASK_CONSENT: "May our automated desk call and text you to remind you of it?",
    ASK_WAITLIST: f"Shall I {WAITLIST}?",
    ASK_MILEAGE: "How many miles are on it?",
    ASK_WANTS_DUE: "Would you like to book that?",
    ASK_HOW_LATE: "How many minutes late will you be?",
    ASK_OTHER_TIME: "Shall we find another time?",
    ASK_MESSAGE: "What may I tell them?",
    ASK_GO_ON: "Shall we go on where we stopped?",
    ASK_WHICH_CAR: "Which car is it: make, model and year?",
    ASK_VIN_CHECK: "Is that VIN right?",
    ASK_COUNT_ON: "Can we count on you?",
    ASK_FETCH: "Could you get them to the phone for me?",
    ASK_CALL_WHEN: "When would be a good time to call again?",
    ASK_HOW_WAS_IT: "How did it go?",
    ASK_WANTS_RECOMMENDED: "Shall I find a time for that?",
}
KEY_FOR_A_PERSON = "I'd like to talk to a person"
RINGING = "Ringing the service desk…"
CALL_ENDED = "The call has ended."
GOODBYE = "Thanks for calling. Goodbye!"
GOODBYE_RUNG = "Thank you for your time. Goodbye!"
GOODBYE_UNBOOKED = "All right, I haven't booked anything. Thanks for calling, goodbye!"
CAN_DO = "I can book, move or cancel service appointments, and answer questions about the store."
UPSET = "I'm sorry about that."
RIGHT_AWAY = "I'll get someone for you right away."
I_AM_A_MACHINE = "I'm an automated assistant, and you can ask for a person at any time."
CONNECTING = "One moment."
NOT_EXACTLY = "I don't have exactly that."
DOES_IT_WORK = "Does that work for you?"
GOODBYE_TO_NOBODY = "I can't hear anybody, so I'll hang up now. Goodbye!"
GOODBYE_IN_SILENCE = "I can't hear you, so I'll hang up now. Please call again any time. Goodbye!"
# Said while something takes long: they claim nothing, so nothing can turn out untrue.
FILLERS = ("One moment, please.", "Thanks for waiting, just another moment.", "I'm still on it.")
STILL_THERE = ("Are you still there?", "Sorry, I couldn't hear anything.")
NOT_UNDERSTOOD = ("Sorry, I didn't get that.", "I'm sorry, I still didn't catch it.")
NUMBER_INCOMPLETE = (
    "I didn't get all ten digits. Please say the number again slowly, in groups of three, three and four."
)
TAKEN_MEANWHILE = "I'm sorry, somebody has just taken that time."
ALREADY_THAT_DAY = "That car is already booked in with us that day."
# Claims nothing: a server that went away may have booked before it did.
CALENDAR_BUSY = "I'm sorry, our calendar isn't answering just now."
NOT_POSSIBLE = "I'm sorry, we can't do that at that time."
BAD_LINE = "Sorry, I lost you for a second. I'm listening again."
SORRY_CUT_OFF = "Sorry, we were cut off."
NO_DESK_RINGING = "Thanks for calling. I'll ring our service desk for you."
NO_DESK_NOW = "Thanks for calling. I can't take your call right now."
TIME_IS_SHORT = "I'm sorry to interrupt: we have two more minutes on this call."
MAY_REFUSE_RECORDING = "If you'd rather not be recorded, just say so."
NEVER_RECORDED = "This call isn't recorded, only transcribed."
NOT_RECORDED = "All right, this call isn't recorded any more, and what there was is deleted."
UNKNOWN_PERSON = "I don't know anybody by that name here. I'll get the service desk for you."
LOOK_AGAIN = "Let me look at our openings again."
NOT_ON_THE_MENU = "I don't have that on our menu."
# The same whether there is no such customer or a fact is wrong.
NOT_VERIFIED = "I'm sorry, I can't match that to our records."
CANNOT_VERIFY = "I'm sorry, I can't look that up for you on the phone."
MUST_VERIFY = "Let me first make sure who I'm speaking with."
NO_VISITS = "I don't see any appointment ahead for you."
SPELL_NAME = "Sorry, could you spell your first and last name for me?"
LAST_NAME_TOO = "And your last name, please?"
NO_CAR_HERE = "I don't see a car of yours in the shop right now."
ADVISOR_WILL_RING = "That news is a while old, so your advisor will call you within half an hour."
ON_THE_WAITLIST = "You're on the waitlist, and we'll call you when hours come free."
WHICH_DAYS = "Which days would suit you?"
VIN_AGAIN = "I didn't get all of that VIN. Could you read it once more, slowly?"
VIN_UNKNOWN_CAR = "I can't tell the car from that VIN."
RECALLS_UNKNOWN = "I can't reach the recall list right now; our service desk can check it with your VIN."
RECALL_DO_NOT_DRIVE = "There's a recall that says such cars shouldn't be driven. Please leave it parked, I'll get someone for you."
ALL_RIGHT = "All right."
WILL_REMIND = "Thank you, we'll remind you."
WILL_NOT_REMIND = "All right, we won't."
OPTED_OUT = "Done: we won't call or text this number automatically any more."
TAKE_YOUR_TIME = "Take your time, I'll hold on."
DO_NOT_DRIVE = "Please don't drive it; if you're on the road, pull over where it's safe."
WILL_TOW = "I'll get someone who can send a tow truck."
NOT_OUR_BUSINESS = "I'm sorry, that's nothing I can help with; I look after service appointments."
NOTHING_DUE = "By that mileage nothing is due just yet."
ASK_THE_DESK = "Our service desk can tell you that."
LATE_IS_FINE = "No problem, we'll hold your place for fifteen minutes, and I've told your advisor."
TOO_LATE = "I've told your advisor, but we may not be able to keep that time."
NO_MONEY_ON_THE_PHONE = "I can't approve work on the phone, but your advisor can."
SPEAKS_ENGLISH = "Un momento, por favor. I only speak English, so let me get someone for you."
LET_ME_CHECK = "Let me check that for you."
LEFT_AS_IT_IS = "All right, I've left it as it is."
# Said by the carrier's voice when ours is gone.
NOT_CONFIGURED = "This number is not configured."
CUT_OFF = "Sorry, we were cut off. I'll ring our service desk for you."
CUT_OFF_WITH_NOBODY_THERE = "Sorry, we were cut off, and nobody is at our service desk right now."
OUT_OF_ORDER = "I'm sorry, our telephone system has a problem right now."
OUT_OF_ORDER_RINGING = f"{OUT_OF_ORDER} One moment, I'll ring our service desk for you."
OUT_OF_ORDER_CALL_AGAIN = f"{OUT_OF_ORDER} Please call again in a few minutes. Goodbye."
CALL_AGAIN = "Please call us again during opening hours. Goodbye."
TIME_LIMIT = "I'm sorry, I have to end this call now. Please call again."


REFUSED = {  # by the code of a refusal
    "slot_taken": TAKEN_MEANWHILE,
    "transport_full": TAKEN_MEANWHILE,
    "already_booked_that_day": ALREADY_THAT_DAY,
    "busy": CALENDAR_BUSY,
}


def greeting(store: Store, first_name: str) -> str:
    """Store, automated, transcribed, a person at any time; then the first question."""
    question = f"Is this {first_name}?" if first_name else QUESTIONS[ASK_NEED]
    kept = "recorded and transcribed" if store.records_calls else "transcribed"
    choice = f"{MAY_REFUSE_RECORDING} " if store.records_calls else ""
    return (
        f"Thanks for calling {store.name} service. I'm an automated assistant, this call is {kept}, "
        f"and you can ask for a person at any time. {choice}{question}"
    )


def goodbye(conversation: Conversation) -> str:
    if conversation.purpose:
        return GOODBYE_RUNG
    has_open_wish = conversation.slots.services and not conversation.booked
    return GOODBYE_UNBOOKED if has_open_wish else GOODBYE


def filler(count: int) -> str:
    """What to say while the caller waits, after so many of them in this answer."""
    return FILLERS[min(count, len(FILLERS) - 1)]


def after_silence(conversation: Conversation) -> str:
    """Re-prompt twice, then say goodbye: moves the conversation's count, and ends it at last."""
    conversation.is_holding = False
    conversation.silences += 1
    if conversation.silences > len(STILL_THERE):
        conversation.enter(State.CLOSING)
        conversation.ending = Ending.GOODBYE
        return GOODBYE_IN_SILENCE if conversation.purpose is None else GOODBYE_TO_NOBODY
    if conversation.purpose and not conversation.is_reached and conversation.silences > 1:
        conversation.enter(State.CLOSING)
        conversation.ending = Ending.GOODBYE
        return GOODBYE_TO_NOBODY
    has_spoken = any(message.speaker == "caller" for message in conversation.history)
    said = STILL_THERE[conversation.silences - 1] if has_spoken or not conversation.purpose else "Hello?"
    return f"{said} {question(conversation)}"


def cut_off(conversation: Conversation) -> str:
    """The first words after a lost line: the open question, asked again."""
    return f"{SORRY_CUT_OFF} {question(conversation)}"


def question(conversation: Conversation) -> str:
    """The open question, as asked; a language model's own question is its last one."""
    if not conversation.asked:
        questions = re.findall(r"[^.!?]+\?", conversation.last_heard_from_desk())
        return questions[-1].strip() if questions else QUESTIONS[ASK_NEED]
    first_name = conversation.caller.first_name
    if conversation.asked == ASK_IS_CALLER and first_name:
        return f"Am I speaking with {first_name}?" if conversation.purpose else f"Is this {first_name}?"
    if conversation.asked == ASK_FETCH and first_name:
        return f"Could you get {first_name} to the phone for me?"
    if conversation.asked == ASK_COUNT_ON and conversation.about:
        return f"Can we count on you on {say_moment(conversation.about.local)}?"
    if conversation.asked == ASK_CONFIRM and conversation.chosen:
        # A question asked again must hold what a yes would agree to.
        return f"Shall I book it for {say_moment(conversation.chosen.local)}?"
    if conversation.asked == ASK_MOVE_IT and conversation.chosen:
        return f"Shall I move it to {say_moment(conversation.chosen.local)}?"
    if conversation.asked == ASK_CANCEL_IT and conversation.visit:
        return f"Shall I cancel your appointment on {say_moment(conversation.visit.local)}?"
    return QUESTIONS.get(conversation.asked, QUESTIONS[ASK_NEED])


def not_understood(misses: int) -> str:
    return NOT_UNDERSTOOD[min(misses, len(NOT_UNDERSTOOD)) - 1]


def say_time(moment: time) -> str:
    """9:00 → "9 AM", 14:30 → "2:30 PM", 12:00 → "noon"."""
    if moment == time(12):
        return "noon"
    hour = (moment.hour - 1) % 12 + 1
    half = "AM" if moment.hour < 12 else "PM"
    return f"{hour}:{moment.minute:02} {half}" if moment.minute else f"{hour} {half}"


def say_date(day: date) -> str:
    """ "Tuesday, November 24th"."""
    return f"{day:%A}, {day:%B} {ordinal(day.day)}"


def say_moment(local: datetime) -> str:
    """A store-local moment: "Tuesday, November 24th at 9:30 AM"."""
    return f"{say_date(local.date())} at {say_time(local.time())}"


def ordinal(number: int) -> str:
    if number in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def say_list(items: Sequence[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    return f"{', '.join(items[:-1])} {last} {items[-1]}" if len(items) > 1 else "".join(items)


def say_day(day: date, today: date) -> str:
    """A day in passing: with "today" or "tomorrow" before the date where that helps."""
    near = {today: "today, ", today + timedelta(days=1): "tomorrow, "}.get(day, "")
    return near + say_date(day)


def say_offers(offers: Sequence[Offer], today: date) -> str:
    """The openings, day by day: "On Tuesday, November 24th I have 9 AM, 11:30 AM or 2 PM"."""
    days: dict[date, list[str]] = {}
    for offer in offers:
        days.setdefault(offer.local.date(), []).append(say_time(offer.local.time()))
    if len(days) == 1:
        ((day, times),) = days.items()
        when = say_day(day, today)
        when = f"On {when}" if when[0].isupper() else when[0].upper() + when[1:]  # "Tomorrow, Sunday…"
        return f"{when}, I have {say_list(times, 'or')}."
    return (
        "I have "
        + say_list([f"{say_day(day, today)} at {say_list(times, 'or')}" for day, times in days.items()], "or")
        + "."
    )


def say_services(names: Sequence[str]) -> str:
    """ "an oil change and a tire rotation"."""
    return say_list([f"{article(name)} {name}".strip() for name in names])


def article(name: str) -> str:
    is_plural = name.endswith("s") and not name.endswith(("ss", "is"))
    if name.startswith("four ") or is_plural:
        return ""
    return "an" if name[0] in "aeiou" else "a"


def read_back(conversation: Conversation, store: Store, offer: Offer) -> str:
    """Everything that would be written, then the question."""
    slots = conversation.slots
    services = say_services([store.item(code).name for code in slots.services])
    car = f" for your {slots.vehicle}" if slots.vehicle else ""
    name = slots.name or conversation.caller.first_name
    under = f", under the name {name}" if name else ""
    leave = (
        f" Please leave it with us until {say_time(offer.leave_until.time())}." if offer.leave_until else ""
    )
    return f"So that's {services}{car} on {say_moment(offer.local)}{under}.{leave} {QUESTIONS[ASK_CONFIRM]}"


def _booked(confirmation_number: str, local: datetime) -> str:
    number = ", ".join(confirmation_number)
    return f"You're booked for {say_moment(local)}. Your confirmation number is {number}."


def read_back_move(visit: Visit, offer: Offer) -> str:
    """Everything that would change, then the question."""
    what = say_services(visit.names) or "your appointment"
    leave = (
        f" Please leave it with us until {say_time(offer.leave_until.time())}." if offer.leave_until else ""
    )
    return (
        f"So I'd move {what} for your {visit.vehicle} to {say_moment(offer.local)}.{leave} "
        f"{QUESTIONS[ASK_MOVE_IT]}"
    )


def _moved(confirmation_number: str, local: datetime) -> str:
    number = ", ".join(confirmation_number)
    return f"It's moved to {say_moment(local)}. Your confirmation number is still {number}."


def _cancelled(local: datetime) -> str:
    return f"Your appointment on {say_moment(local)} is cancelled."


def check_vin(spoken: str) -> str:
    return f"I have {spoken}. Is that right?"


def that_is_a(car: str) -> str:
    return f"That's {article(car)} {car}."


def recalls(count: int) -> str:
    """Never that a car is clear: nobody was asked about this one."""
    if not count:
        return "I found none for cars like yours, but only your VIN can tell; our service desk will check it."
    some = "a recall" if count == 1 else f"{count} recalls"
    return f"There's {some} for cars like yours; whether yours is affected, we'll check with your VIN."


ORDER_STATUS = {  # by crm.RepairOrder.Status
    "checked_in": "is checked in and waiting for a technician",
    "dispatched": "is with a technician",
    "in_work": "is being worked on",
    "waiting_approval": "is waiting for your approval of the work",
    "waiting_parts": "is waiting for parts",
    "qc": "is in its final check",
    "ready": "is ready for you",
}


def say_order(order: Order) -> str:
    """ "Your 2018 Toyota Camry is being worked on. It's promised for Tuesday, November 24th at 4 PM"."""
    said = f"Your {order.vehicle} {ORDER_STATUS.get(order.status, 'is with us')}."
    if order.status == "ready" or order.promised is None:
        return said
    was = "was" if order.is_late else "is"
    return f"{said} It {was} promised for {say_moment(order.promised)}."


def transport(store: Store) -> str:
    """How to get around while the car is here."""
    rides = [RIDES[kind] for kind in RIDES if kind in store.rides]
    shuttle = store.rides.get("shuttle", ())
    said = f"You can {say_list(rides, 'or')}." if rides else "Please arrange your own ride."
    if shuttle:
        said += f" The shuttle leaves at {say_list([say_time(at) for at in shuttle])}."
    return said


RIDES = {  # by scheduling.models.Transport
    "waiter": "wait here for short jobs",
    "drop_off": "leave the car with us",
    "shuttle": "take our shuttle",
    "loaner": "ask for a loaner",
}
KEY_DROP = (
    "You can drop your keys in the box by the door at any hour, with your name and number on the envelope."
)


def due(names: Sequence[str], miles: int) -> str:
    return f"At {miles:,} miles {say_services(names)} would be due."


def written(booked: Booked) -> str:
    """What this call has written last."""
    match booked.deed:
        case Deed.BOOKED:
            return _booked(booked.confirmation_number, booked.local)
        case Deed.MOVED:
            return _moved(booked.confirmation_number, booked.local)
        case Deed.CANCELLED:
            return _cancelled(booked.local)
        case Deed.CONFIRMED:
            return f"Thank you, you're confirmed for {say_moment(booked.local)}."


def not_done(conversation: Conversation) -> str:
    """In place of a booking that was claimed and not made."""
    if conversation.booked:
        return written(conversation.booked)
    if conversation.chosen:
        return f"It isn't booked yet. Shall I book it for {say_moment(conversation.chosen.local)}?"
    if conversation.about and conversation.is_reached:
        return f"It isn't confirmed yet. Can we count on you on {say_moment(conversation.about.local)}?"
    return "Nothing is booked yet."


def say_visit(visit: Visit) -> str:
    """ "an oil change for your 2019 Honda Civic on Tuesday, November 24th at 9 AM"."""
    what = say_services(visit.names) or "an appointment"
    return f"{what} for your {visit.vehicle} on {say_moment(visit.local)}"


def say_visits(visits: Sequence[Visit]) -> str:
    return f"You have {say_list([say_visit(visit) for visit in visits])}."


def nothing_more(*, is_later: bool) -> str:
    return f"I have nothing {'later' if is_later else 'earlier'} than that."


def refused(code: str) -> str:
    """Why a booking was refused, without a word about anybody else's."""
    return REFUSED.get(code, NOT_POSSIBLE)


def check_phone(number: str) -> str:
    return f"That's {phone.speak(number)}. {QUESTIONS[ASK_PHONE_CHECK]}"


def contradictory(day: date, weekday_name: str) -> str:
    return f"The {ordinal(day.day)} is a {day:%A}, not a {weekday_name}. Which one do you mean?"


def hours(store: Store, today: date) -> str:
    """Opening hours of the week from today in one breath, and the next closure within two weeks."""
    weekdays: dict[tuple[time, time], list[int]] = {}
    week = [store.hours_on(today + timedelta(days=n)) for n in range(7)]
    for day in sorted((day for day in week if day), key=lambda day: day.weekday):
        weekdays.setdefault((day.opens, day.closes), []).append(day.weekday)
    parts = [
        f"{_say_weekdays(days)} from {say_time(opens)} to {say_time(closes)}"
        for (opens, closes), days in weekdays.items()
    ]
    text = f"We're open {say_list(parts)}."
    soon = [
        c
        for c in store.closures
        if today <= c.starts_at.astimezone(store.zone).date() <= today + timedelta(days=14)
    ]
    if soon:
        text += f" We're closed on {say_date(soon[0].starts_at.astimezone(store.zone).date())} for {soon[0].reason}."
    return text


def closed_on(day: date) -> str:
    return f"We're closed on {say_date(day)}."


def _say_weekdays(days: Sequence[int]) -> str:
    names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    if len(days) > 2 and list(days) == list(range(days[0], days[-1] + 1)):
        return f"{names[days[0]]} through {names[days[-1]]}"
    return say_list([names[day] for day in days])


def address(store: Store) -> str:
    return f"We're at {store.address}."


def price(name: str, low: int, high: int) -> str:
    if high == 0:
        return f"There's no charge for {article(name)} {name}."
    if low == 0:
        return f"{article(name).capitalize()} {name} is up to {high} dollars, depending on what we find."
    return f"{article(name).capitalize()} {name} usually runs from {low} to {high} dollars."


def transferring(name: str = "") -> str:
    return f"Of course. I'll get {name or 'someone at the service desk'} for you, one moment."


def away(name: str, until: datetime, now: datetime) -> str:
    """until is store-local."""
    is_today = until.date() == now.astimezone(until.tzinfo).date()
    return f"{name} is away until {say_time(until.time()) if is_today else say_date(until.date())}."


def which_person(names: Sequence[str]) -> str:
    return f"Do you mean {say_list(names, 'or')}?"


def putting_through(name: str) -> str:
    """Somebody of the staff takes the call over."""
    return f"{name} is taking your call. One moment, please."


def missed(who: str) -> str:
    """Nobody came to the phone."""
    return f"I'm sorry, I couldn't reach {who}."


def will_call_back(local: datetime) -> str:
    return f"We will call you back by {local:%A} at {say_time(local.time())}. Goodbye."


def callback(local: datetime) -> str:
    return (
        f"Nobody is at the desk right now, so I've asked a colleague to call you back by {say_moment(local)}."
    )
