"""Proving who calls, before anything stored is told or changed."""

from voice.conversation import name_parts, names, phrases, questions
from voice.conversation.meaning import Meaning
from voice.conversation.proofs import find_proof, is_unable
from voice.conversation.states import Proof, State
from voice.ports import ToolResult
from voice.replies.flows import persons
from voice.replies.flows.turn import GO_ON, Turn


async def next_step(turn: Turn) -> str:
    """Ask for name and proof, and hold them against the store; GO_ON when they prove it."""
    conversation = turn.conversation
    proof = conversation.slots.proof
    proof.name = proof.name or _whole(conversation.slots.name)
    if not (proof.name or (proof.zip_code and proof.has_secret)):
        return turn.ask(questions.ASK_FULL_NAME, State.VERIFICATION)
    if not proof.has_secret:
        return turn.ask(questions.ASK_PROOF, State.VERIFICATION)
    result = await turn.use("verify_caller", **proof.model_dump())
    if result.is_ok:
        conversation.slots.name = ""  # the store knows it better than our ears
        return GO_ON
    conversation.slots.proof, conversation.slots.name = Proof(), ""
    if result.code == "not_verified":
        return f"{result.spoken} {turn.ask(questions.ASK_FULL_NAME, State.VERIFICATION)}"
    return await give_up(turn, result, name=proof.name)


async def give_up(turn: Turn, locked: ToolResult, *, name: str = "") -> str:
    """After the last failure a person comes, whichever mind has asked."""
    who = f"The caller gave the name {name}, and" if name else "The caller"
    return await persons.fetch_person(turn, f"{who} could not be verified.", first=locked.spoken)


def _whole(name: str) -> str:
    return name if " " in name and not name_parts.surname_alone(name) else ""


def take_full_name(turn: Turn, meaning: Meaning) -> str | None:
    proof = turn.conversation.slots.proof
    if take_facts(turn, meaning, of_name=True) and proof.zip_code and proof.has_secret:
        return GO_ON  # two facts, without a name
    name = names.find_name(meaning.text, was_asked=True)
    if name and (begun := turn.conversation.slots.name):
        name = name_parts.completed(begun, name)
    if not name:
        return None
    proof.name = _whole(name)
    if not proof.name:
        turn.conversation.slots.name = name
        is_last = name_parts.surname_alone(name)
        return questions.QUESTIONS[questions.ASK_FIRST_NAME] if is_last else phrases.LAST_NAME_TOO
    return GO_ON


async def take_proof(turn: Turn, meaning: Meaning) -> str | None:
    if take_facts(turn, meaning):
        return GO_ON
    if is_unable(meaning.text):
        return await persons.fetch_person(
            turn, "The caller has no proof at hand.", first=phrases.CANNOT_VERIFY
        )
    return None


def take_facts(turn: Turn, meaning: Meaning, *, of_name: bool = False) -> bool:
    """Note whatever proves something; True when there was any."""
    found = find_proof(meaning.text, today=turn.today, was_asked=not of_name)
    proof = turn.conversation.slots.proof
    proof.vin_end = found.vin_end or proof.vin_end
    proof.plate = found.plate or proof.plate
    proof.date_of_birth = found.date_of_birth or proof.date_of_birth
    proof.zip_code = found.zip_code or proof.zip_code
    return found != Proof()
