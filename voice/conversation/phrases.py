"""What the caller hears: every sentence the desk says by itself. Pure.

Warm, short, spoken; at most two sentences and one question a turn; no jargon. The questions are in
questions.py.
"""

from collections.abc import Sequence
from datetime import date, datetime

from crm import phone
from voice.conversation import questions
from voice.conversation.facts import Store
from voice.conversation.saying import (
    article,
    ordinal,
    say_date,
    say_day,
    say_list,
    say_moment,
    say_services,
    say_time,
    vary,
)
from voice.conversation.states import Booked, Conversation, Deed, Ending, Offer, State, Visit
from voice.conversation.store_phrases import MEANWHILE, say_way

KEY_FOR_A_PERSON = "I'd like to talk to a person"
KEY_TO_STOP = "Stop calling me."
RINGING = "Ringing the service desk…"
CALL_ENDED = "The call has ended."
GOODBYES = (
    "Thanks for calling. Goodbye!",
    "Thank you for calling us today. Goodbye!",
    "Thanks for your call, take care. Goodbye!",
)
GOODBYE = GOODBYES[0]
GOODBYE_RUNG = "Thank you for your time. Goodbye!"
GOODBYE_UNBOOKED = "All right, I haven't booked anything. Thanks for calling, goodbye!"
CAN_DO = "I can book, move or cancel service appointments, and answer questions about the store."
UPSET = "I'm sorry about that."
RIGHT_AWAY = "I'll get someone for you right away."
I_AM_A_MACHINE = "I'm an automated assistant, and you can ask for a person at any time."
CONNECTING = "One moment."
NOT_EXACTLY = "I don't have exactly that."
DOES_IT_WORK = ("Does that work for you?", "Would that work for you?", "Does that suit you?")
# That an answer was taken, before the next question: too short to hold anything that may be wrong.
TAKEN = ("Got it.", "Thank you.", "All right.", "Okay.")
SURE = ("Sure, {}.", "Of course, {}.", "Absolutely, {}.", "Happy to help, {}.")
JUST_TO_BE_SURE = "I'd like to be sure I have that right."
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
ON_THE_WAITLIST = "You're on the waitlist, and we'll call you when hours come free."
WHICH_DAYS = "Which days would suit you?"
VIN_AGAIN = "I didn't get all of that VIN. Could you read it once more, slowly?"
VIN_UNKNOWN_CAR = "I can't tell the car from that VIN."
RECALLS_UNKNOWN = "I can't reach the recall list right now; our service desk can check it with your VIN."
RECALL_DO_NOT_DRIVE = "There's a recall that says such cars shouldn't be driven, so please leave it parked."
ALL_RIGHT = "All right."
WILL_REMIND = "Thank you, we'll remind you."
WILL_NOT_REMIND = "All right, we won't."
WHICH_NUMBER = "I don't find the number you're calling from on our lists. Which number do we call you on, area code first?"
OPTED_OUT_OF = "Done: we won't call or text that number automatically any more."
OPTED_OUT = "Done: we won't call or text this number automatically any more."
TAKE_YOUR_TIME = ("Take your time, I'll hold on.", "Sure, take your time.", "Take your time, I'm here.")
DO_NOT_DRIVE = "Please don't drive it: pull over where it's safe, and let a tow truck bring it in."
WILL_TOW = "I'll get someone who can send a tow truck."
NOT_OUR_BUSINESS = "I'm sorry, that's nothing I can help with; I look after service appointments."
NOTHING_DUE = "By that mileage nothing is due just yet."
LOOK_AT_IT_FIRST = "I can't tell from here what it is; a technician has to look at it."
SAFE_OR_NOT = "I can't tell from here whether it's safe to drive; if you're unsure, please leave it parked."
COVERED_OR_NOT = "Whether warranty covers that, our advisors can tell you."
ONLY_THE_VIN_TELLS = "Only your VIN can tell whether your car has a recall; our service desk will check it."
ASK_THE_DESK = "Our service desk can tell you that."
NO_MONEY_ON_THE_PHONE = "I can't approve work on the phone, but your advisor can."
SPEAKS_ENGLISH = "Un momento, por favor. I only speak English, so let me get someone for you."
LET_ME_CHECK = "Let me check that for you."
NOTHING_CHANGED = "I haven't changed anything yet."
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
    "no_loaner": "I have no loaner car for you that day, but you can leave the car with us.",
    "busy": CALENDAR_BUSY,
}


def introduction(store_name: str, *, records_calls: bool) -> str:
    """Store, automated, transcribed, a person at any time: the same for every caller of a store."""
    kept = "recorded and transcribed" if records_calls else "transcribed"
    choice = f" {MAY_REFUSE_RECORDING}" if records_calls else ""
    return (
        f"Thanks for calling {store_name} service. I'm an automated assistant, this call is {kept}, "
        f"and you can ask for a person at any time.{choice}"
    )


def greeting(store: Store, first_name: str) -> tuple[str, str]:
    """The introduction, which can be spoken from memory, and the first question."""
    asks = f"Is this {first_name}?" if first_name else questions.QUESTIONS[questions.ASK_NEED]
    return introduction(store.name, records_calls=store.records_calls), asks


def goodbye(conversation: Conversation) -> str:
    if conversation.purpose:
        return GOODBYE_RUNG
    has_open_wish = conversation.slots.services and not conversation.booked
    return GOODBYE_UNBOOKED if has_open_wish else vary(GOODBYES, conversation)


def taken(conversation: Conversation) -> str:
    return vary(TAKEN, conversation)


def sure(conversation: Conversation, names: Sequence[str]) -> str:
    """That these services were understood: "Sure, an oil change."."""
    return vary([wording.format(say_services(names)) for wording in SURE], conversation)


def does_it_work(conversation: Conversation) -> str:
    """Asked of a single opening."""
    return vary(DOES_IT_WORK, conversation)


def take_your_time(conversation: Conversation) -> str:
    return vary(TAKE_YOUR_TIME, conversation)


def for_key(digit: str, conversation: Conversation) -> str:
    """What a single key says for the caller; "" for those that are digits of a number."""
    if digit == "0":
        return KEY_FOR_A_PERSON
    return KEY_TO_STOP if digit == "9" and conversation.purpose else ""


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
    return f"{said} {questions.question(conversation)}"


def cut_off(conversation: Conversation) -> str:
    """The first words after a lost line: the open question, asked again; a model's in its own words."""
    heard = conversation.last_heard_from_desk()
    is_the_models = "?" in heard and not questions.is_asked(conversation, heard)
    return f"{SORRY_CUT_OFF} {heard if is_the_models else questions.question(conversation)}"


def not_understood(misses: int) -> str:
    return NOT_UNDERSTOOD[min(misses, len(NOT_UNDERSTOOD)) - 1]


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


def read_back(conversation: Conversation, store: Store, offer: Offer, *, in_one: bool = False) -> str:
    """Everything that would be written, then the question; in_one: in one sentence before it."""
    slots = conversation.slots
    services = say_services([store.item(code).name for code in slots.services])
    car = f" for your {slots.vehicle}" if slots.vehicle else ""
    name = slots.name or conversation.caller.first_name
    under = f", under the name {name}" if name else ""
    how = MEANWHILE.get(offer.way, "") if slots.transport else say_way(offer)
    leave = "."
    if offer.leave_until:
        please = ", and please" if in_one else ". Please"
        leave = f"{please} leave it with us until {say_time(offer.leave_until.time())}."
    what = f"{services}{car} on {say_moment(offer.local)}{how}{under}"
    return f"So that's {what}{leave} {questions.QUESTIONS[questions.ASK_CONFIRM]}"


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
        f"So I'd move {what} for your {visit.vehicle} to {say_moment(offer.local)}{say_way(offer)}.{leave} "
        f"{questions.QUESTIONS[questions.ASK_MOVE_IT]}"
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
    return NOTHING_CHANGED if conversation.visits else "Nothing is booked yet."


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


def noted_email(email: str) -> str:
    """ "I've noted maria dot lopez at gmail dot com."."""
    said = (
        email.replace("@", " at ").replace(".", " dot ").replace("_", " underscore ").replace("-", " dash ")
    )
    return f"I've noted {said}."


def check_phone(number: str) -> str:
    return f"That's {phone.speak(number)}. {questions.QUESTIONS[questions.ASK_PHONE_CHECK]}"


def contradictory(day: date, weekday_name: str) -> str:
    return f"The {ordinal(day.day)} is a {day:%A}, not a {weekday_name}. Which one do you mean?"


def closed_on(day: date) -> str:
    return f"We're closed on {say_date(day)}."


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
