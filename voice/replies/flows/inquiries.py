"""Questions and wishes that have no flow of their own: answered, and the open question asked again."""

import re

from voice.conversation import phrases, questions
from voice.conversation.dangers import find_danger
from voice.conversation.meaning import Meaning, fill_facts
from voice.conversation.states import Conversation, Intent, State
from voice.replies.flows import persons
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
UPSET = re.compile(
    r"\b(?:ridiculous|unacceptable|fed up|sick of this|angry|furious|frustrat\w+|terrible service|waste of (?:my )?time|"
    r"stupid (?:machine|robot|thing)|are you kidding|this is insane|useless)\b",
    re.IGNORECASE,
)
TIMES_UNTIL_A_PERSON = 3


async def fetch_at_once(turn: Turn, meaning: Meaning) -> str:
    """A person for danger, for the upset, and for who says the same thing a third time; "" for anybody else.

    Asked before either mind thinks: no language model has a choice in it.
    """
    if find_danger(meaning.text):
        return await _danger(turn, meaning)
    if UPSET.search(meaning.text) or _is_said_again_and_again(turn.conversation, meaning):
        return await persons.fetch_person(
            turn, f"The caller is upset: {meaning.text}", first=phrases.UPSET, ringing=phrases.RIGHT_AWAY
        )
    return ""


async def answer(turn: Turn, meaning: Meaning) -> str:
    """ "" when it is nothing of the kind."""
    conversation, intent = turn.conversation, meaning.intent
    if person := await fetch_at_once(turn, meaning):
        return person
    if intent in FOR_A_PERSON:
        return await persons.fetch_person(turn, meaning.text)
    if intent in SAID_AGAIN:
        return conversation.last_heard_from_desk() or questions.question(conversation)
    match intent:
        case Intent.PERSON:
            return await persons.fetch_person(turn, meaning.text, name=meaning.person)
        case Intent.HOURS_INQUIRY:
            return await _tell(turn, "address" if WHERE.search(meaning.text) else "hours")
        case Intent.TOW if TOW.search(meaning.text):
            return await persons.fetch_person(turn, meaning.text, ringing=phrases.WILL_TOW)
        case Intent.RIDE | Intent.TOW:
            return await _tell(turn, TOPICS[intent])
        case Intent.SERVICE_INQUIRY:
            return await _price(turn, meaning)
        case Intent.APPROVE | Intent.DECLINE:
            first = phrases.NO_MONEY_ON_THE_PHONE
            return await persons.fetch_person(turn, f"About recommended work: {meaning.text}", first=first)
        case Intent.STOP_CALLING:
            result = await turn.use("opt_out", text=meaning.text[:500])
            return turn.ask_anything_else(result.spoken)
        case Intent.LANGUAGE:
            return await persons.fetch_person(turn, "Another language.", ringing=phrases.SPEAKS_ENGLISH)
        case Intent.HOLD_ON if meaning.is_empty_but_for_intent:
            return phrases.take_your_time(conversation)
        case Intent.WHO_ARE_YOU:
            return turn.and_the_question(phrases.I_AM_A_MACHINE)
        case Intent.ABILITIES:
            return turn.and_the_question(phrases.CAN_DO)
    return ""


def out_of_scope(turn: Turn, meaning: Meaning) -> str:
    """What is understood, answers nothing, and is no errand of this desk; "" for anything else."""
    match meaning.intent:
        case Intent.CAR_QUESTION:
            return turn.and_the_question(phrases.ASK_THE_DESK)
        case Intent.OTHER:
            return turn.and_the_question(phrases.NOT_OUR_BUSINESS)
    return ""


async def _danger(turn: Turn, meaning: Meaning) -> str:
    """No diagnosis: the car stays where it is, and somebody comes to the telephone."""
    fill_facts(turn.conversation, meaning)
    return await persons.fetch_person(
        turn, f"Danger: {meaning.text}", first=phrases.DO_NOT_DRIVE, ringing=phrases.WILL_TOW
    )


async def _tell(turn: Turn, topic: str) -> str:
    result = await turn.use("get_store_info", topic=topic)
    return turn.and_the_question(result.spoken)


async def _price(turn: Turn, meaning: Meaning) -> str:
    """The menu's range; a caller who had no wish yet is asked whether this is one."""
    about = turn.conversation.about
    booked = about.services if about and turn.conversation.is_reached else []
    services = meaning.services or turn.conversation.slots.services or booked
    if not services:
        return ""
    result = await turn.use("get_price_range", service=services[0])
    if not turn.conversation.slots.services and services[0] not in booked:
        fill_facts(turn.conversation, meaning)
        turn.ask(questions.ASK_WANTS_IT, State.INTENT)
    return turn.and_the_question(result.spoken)


def _is_said_again_and_again(conversation: Conversation, meaning: Meaning) -> bool:
    """Not the same answer to one offer after the other."""
    if meaning.is_yes or meaning.is_no or conversation.asked == questions.ASK_OFFER:
        return False
    said = [_plain(message.text) for message in conversation.history if message.speaker == "caller"]
    last = said[-TIMES_UNTIL_A_PERSON:]
    return len(last) == TIMES_UNTIL_A_PERSON and len(set(last)) == 1 and len(last[0].split()) > 2


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9']+", text.lower()))
