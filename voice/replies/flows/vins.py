"""A VIN in place of make and model: checked, read back where one letter was unclear, and decoded."""

from crm.vin import speak
from voice.conversation import phrases, questions
from voice.conversation.meaning import Meaning
from voice.conversation.states import State
from voice.conversation.vins import Outcome, find_vin
from voice.replies.flows.turn import GO_ON, Turn

ASKS_FOR_A_CAR = (questions.ASK_VEHICLE, questions.ASK_WHICH_CAR)
NO_VIN_EXPECTED = (questions.ASK_PROOF, questions.ASK_PHONE, questions.ASK_PHONE_CHECK, questions.ASK_MESSAGE)
AT_LEAST = 10  # characters: with fewer it may be a plate


async def take(turn: Turn, meaning: Meaning) -> str | None:
    """None when no VIN was said; else a sentence, or GO_ON when the car is known from it."""
    conversation = turn.conversation
    if conversation.asked in NO_VIN_EXPECTED:
        return None
    heard = find_vin(meaning.text)
    if heard is None or (not heard.is_whole and len(heard.number) < AT_LEAST):
        return None
    if heard.outcome is Outcome.HEARD:
        return await _decode(turn, heard.number)
    if heard.outcome is Outcome.REPAIRED:
        conversation.vin = heard.number
        turn.ask(questions.ASK_VIN_CHECK, State.SLOTS)
        return phrases.check_vin(speak(heard.number))
    turn.ask(questions.ASK_VEHICLE, State.SLOTS)
    return phrases.VIN_AGAIN


async def take_check(turn: Turn, meaning: Meaning) -> str | None:
    """Whether the VIN that was read back is right."""
    conversation = turn.conversation
    if meaning.is_yes and conversation.vin:
        return await _decode(turn, conversation.vin)
    if not meaning.is_no:
        return None
    conversation.vin = ""
    turn.ask(questions.ASK_VEHICLE, State.SLOTS)
    return phrases.VIN_AGAIN


async def _decode(turn: Turn, number: str) -> str:
    """May take three seconds; the caller hears "one moment" meanwhile."""
    conversation = turn.conversation
    conversation.vin = ""
    result = await turn.use("decode_vin", vin=number)
    if result.is_ok:
        conversation.asked = ""
        return GO_ON
    return f"{result.spoken} {turn.ask(questions.ASK_WHICH_CAR, State.SLOTS)}"
