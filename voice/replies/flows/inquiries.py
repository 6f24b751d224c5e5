"""Questions and wishes that have no flow of their own: answered, and the open question asked again."""

import re
from collections.abc import Awaitable, Callable

from voice.conversation import phrases, questions
from voice.conversation.dangers import find_danger
from voice.conversation.errands import UPSET
from voice.conversation.meaning import Meaning, fill_facts, fill_wish, take_in
from voice.conversation.states import Conversation, Intent, State
from voice.replies.flows import errands, persons
from voice.replies.flows.turn import Turn

TOPICS = {Intent.RIDE: "transport", Intent.TOW: "key_drop"}
WHERE = re.compile(r"\bwhere\b|\baddress\b|\blocat|\bdirections?\b|\bget there\b", re.IGNORECASE)
TOW = re.compile(r"\btow", re.IGNORECASE)
# Whose business it is: a person's, with the reason told before the caller is put through.
FOR_A_PERSON = {
    Intent.PARTS,
    Intent.SALES,
    Intent.BILL,
    Intent.COMPLAINT,
    Intent.WARRANTY,
    Intent.HISTORY,
}
SAID_AGAIN = {Intent.REPEAT, Intent.SLOWER, Intent.FASTER, Intent.LOUDER}
# The desk's last words, and cars and parts that are on sale: nothing that a booking is about.
SAYS_NOTHING_OF_THEIRS = {*SAID_AGAIN, Intent.PARTS, Intent.SALES}
TIMES_UNTIL_A_PERSON = 3
Aside = Callable[[Turn, Meaning], Awaitable[str]]


async def fetch_at_once(turn: Turn, meaning: Meaning) -> str:
    """A person for danger, for the upset, and for who says the same thing a third time; "" for anybody else.

    Asked before either mind thinks: no language model has a choice in it.
    """
    handle = _at_once(turn.conversation, meaning)
    return await handle(turn, meaning) if handle else ""


async def answer(turn: Turn, meaning: Meaning) -> str:
    """ "" when it is nothing of the kind. What else was said in the same breath is taken in first."""
    handle = _aside(turn.conversation, meaning)
    if handle is None:
        return ""
    _take_in(turn, meaning)
    return await handle(turn, meaning)


def _aside(conversation: Conversation, meaning: Meaning) -> Aside | None:
    """What answers it."""
    intent = meaning.intent
    if at_once := _at_once(conversation, meaning):
        return at_once
    if intent is Intent.TOW and TOW.search(meaning.text):
        return _tow
    if intent is Intent.HOLD_ON and not meaning.is_empty_but_for_intent:
        return None
    if intent is Intent.SERVICE_INQUIRY and not _priced(conversation, meaning):
        return None
    return ASIDES.get(intent)


def _at_once(conversation: Conversation, meaning: Meaning) -> Aside | None:
    if find_danger(meaning.text):
        return _danger
    if UPSET.search(meaning.text) or _is_said_again_and_again(conversation, meaning):
        return _calm
    return None


def _take_in(turn: Turn, meaning: Meaning) -> None:
    conversation = turn.conversation
    if conversation.purpose or meaning.intent in SAYS_NOTHING_OF_THEIRS:
        return
    if conversation.state is State.CLOSING:  # what is booked is not what is wished for now
        if conversation.asked != questions.ASK_ANYTHING_ELSE or not meaning.services:
            return
        turn.start_over()
    turn.took_in = take_in(conversation, meaning)


def out_of_scope(turn: Turn, meaning: Meaning) -> str:
    """What is understood, answers nothing, and is no errand of this desk; "" for anything else."""
    match meaning.intent:
        case Intent.CAR_QUESTION:
            return turn.and_the_question(phrases.ASK_THE_DESK)
        case Intent.OTHER:
            return turn.and_the_question(phrases.NOT_OUR_BUSINESS)
    return ""


async def _danger(turn: Turn, meaning: Meaning) -> str:
    """No diagnosis: the car stays where it is, and somebody comes to the telephone, or calls back."""
    fill_facts(turn.conversation, meaning)
    return await persons.fetch_person(
        turn, f"Danger: {meaning.text}", first=phrases.DO_NOT_DRIVE, ringing=phrases.RIGHT_AWAY
    )


async def _calm(turn: Turn, meaning: Meaning) -> str:
    reason = f"The caller is upset: {meaning.text}"
    return await persons.fetch_person(turn, reason, first=phrases.UPSET, ringing=phrases.RIGHT_AWAY)


async def _tow(turn: Turn, meaning: Meaning) -> str:
    return await persons.fetch_person(turn, meaning.text, ringing=phrases.WILL_TOW)


async def _fetch(turn: Turn, meaning: Meaning) -> str:
    return await persons.fetch_person(turn, meaning.text)


async def _fetch_whom_they_named(turn: Turn, meaning: Meaning) -> str:
    return await persons.fetch_person(turn, meaning.text, name=meaning.person)


async def _fetch_for_money(turn: Turn, meaning: Meaning) -> str:
    reason = f"About recommended work: {meaning.text}"
    return await persons.fetch_person(turn, reason, first=phrases.NO_MONEY_ON_THE_PHONE)


async def _fetch_for_language(turn: Turn, meaning: Meaning) -> str:
    return await persons.fetch_person(turn, "Another language.", ringing=phrases.SPEAKS_ENGLISH)


async def _say_again(turn: Turn, meaning: Meaning) -> str:
    return turn.conversation.last_heard_from_desk() or questions.question(turn.conversation)


async def _tell(turn: Turn, meaning: Meaning) -> str:
    topic = TOPICS.get(meaning.intent) or ("address" if WHERE.search(meaning.text) else "hours")
    result = await turn.use("get_store_info", topic=topic)
    return _going_on(turn, result.spoken)


async def _take_your_time(turn: Turn, meaning: Meaning) -> str:
    return phrases.take_your_time(turn.conversation)


async def _who(turn: Turn, meaning: Meaning) -> str:
    return _going_on(turn, phrases.I_AM_A_MACHINE)


async def _abilities(turn: Turn, meaning: Meaning) -> str:
    return _going_on(turn, phrases.CAN_DO)


def _going_on(turn: Turn, said: str) -> str:
    turn.goes_on = True
    return said


async def _price(turn: Turn, meaning: Meaning) -> str:
    """The menu's ranges, two at most; a caller who had no wish yet is asked whether this is one."""
    conversation = turn.conversation
    services = _priced(conversation, meaning)
    told = [await turn.use("get_price_range", service=service) for service in services[:2]]
    said = " ".join(result.spoken for result in told)
    if conversation.slots.services or services[0] in _booked(conversation):
        return _going_on(turn, said)
    fill_facts(conversation, meaning)
    fill_wish(conversation, meaning)
    return f"{said} {turn.ask(questions.ASK_WANTS_IT, State.INTENT)}"


def _priced(conversation: Conversation, meaning: Meaning) -> list[str]:
    """Which services a question about a price is about; two are told."""
    return meaning.services or conversation.slots.services or _booked(conversation)


def _booked(conversation: Conversation) -> list[str]:
    """What the desk rang about."""
    return conversation.about.services if conversation.about and conversation.is_reached else []


ASIDES: dict[Intent, Aside] = {
    **dict.fromkeys(FOR_A_PERSON, _fetch),
    **dict.fromkeys(SAID_AGAIN, _say_again),
    **dict.fromkeys((Intent.APPROVE, Intent.DECLINE), _fetch_for_money),
    **dict.fromkeys((Intent.HOURS_INQUIRY, Intent.RIDE, Intent.TOW), _tell),
    Intent.PERSON: _fetch_whom_they_named,
    Intent.LANGUAGE: _fetch_for_language,
    Intent.SERVICE_INQUIRY: _price,
    Intent.STOP_CALLING: errands.stop_calling_at_once,
    Intent.HOLD_ON: _take_your_time,
    Intent.WHO_ARE_YOU: _who,
    Intent.ABILITIES: _abilities,
}


def _is_said_again_and_again(conversation: Conversation, meaning: Meaning) -> bool:
    """Not the same answer to one offer after the other."""
    if meaning.is_yes or meaning.is_no or conversation.asked == questions.ASK_OFFER:
        return False
    said = [_plain(message.text) for message in conversation.history if message.speaker == "caller"]
    last = said[-TIMES_UNTIL_A_PERSON:]
    return len(last) == TIMES_UNTIL_A_PERSON and len(set(last)) == 1 and len(last[0].split()) > 2


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9']+", text.lower()))
