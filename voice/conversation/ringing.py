"""What the desk says when it is the one that rings: to people, and to machines. Pure.

Before the person has said who they are nothing is told but the store and that it is about a service
appointment. A voicemail hears the first name, the store, the day and the time.
"""

from collections.abc import Sequence
from datetime import datetime

from crm import phone
from voice.conversation import phrases, questions, saying
from voice.conversation.facts import Store
from voice.conversation.machines import Machine, find_machine
from voice.conversation.states import CameOf, Conversation, Ending, Purpose, State, Visit

THANKS_I_WILL_HOLD = "Thank you, I'll hold."
WRONG_PERSON = "I'm sorry to have bothered you, we won't call this number again. Goodbye!"
OPTED_OUT = f"{phrases.OPTED_OUT} Goodbye!"
ANOTHER_TIME = "All right, we'll try another time. Goodbye!"
GLAD = "I'm glad to hear that."
SORRY_TO_HEAR = "I'm sorry to hear that."
NO_LONGER_THERE = (
    "Thank you. The appointment I was calling about isn't in our book any more, so there's nothing to do."
)


def opening(store: Store, conversation: Conversation) -> str:
    """The first words to whoever answers, and again to whoever is fetched."""
    conversation.asked = questions.ASK_IS_CALLER
    conversation.turn_to(State.VERIFICATION)
    kept = "recorded and transcribed" if store.records_calls else "transcribed"
    choice = f"{phrases.MAY_REFUSE_RECORDING} " if store.records_calls else ""
    return (
        f"Hello, this is the {_self(store)}, and this call is {kept}. "
        f"Say stop or press nine, and we won't call again{_number(store)}. {choice}"
        f"{questions.question(conversation)}"
    )


def _self(store: Store) -> str:
    return f"automated AI assistant of {store.name} service"


def _number(store: Store) -> str:
    return f"; our number is {phone.speak(store.phone_number)}" if store.phone_number else ""


def who_and_why(store: Store, conversation: Conversation) -> str:
    """To somebody, or to a machine that screens calls."""
    conversation.asked = questions.ASK_IS_CALLER
    conversation.turn_to(State.VERIFICATION)
    return f"{_who(store, conversation)} {questions.question(conversation)}"


def _who(store: Store, conversation: Conversation) -> str:
    name = conversation.caller.first_name
    return f"This is the {_self(store)}, calling {name} about a service appointment."


def tell(visit: Visit) -> str:
    """The appointment, then the question: what a yes agrees to."""
    return f"{phrases.say_visits([visit])} {questions.QUESTIONS[questions.ASK_COUNT_ON]}"


def introduce(store: Store, conversation: Conversation) -> str:
    """To the person who came to the telephone after somebody else had heard the opening; in one sentence."""
    return (
        f"Hi {conversation.caller.first_name}, this is the {_self(store)}, this call is transcribed, and if "
        f"you say stop or press nine we won't call again{_number(store)}."
    )


def voicemail(store: Store, first_name: str, about: Visit | None, purpose: Purpose) -> str:
    """After the beep: nothing but first name, store, day and time, and where to call."""
    number = f" at {phone.speak(store.phone_number)}" if store.phone_number else ""
    if about and purpose is Purpose.REMINDER:
        when = saying.say_moment(about.local)
        return (
            f"Hello {first_name}, this is {store.name} service with a reminder of your appointment on {when}. "
            f"To confirm or change it, please call us{number}. Goodbye!"
        )
    return f"Hello {first_name}, this is {store.name} service. Please call us back{number}. Goodbye!"


def answer_machine(conversation: Conversation, heard: str, store: Store) -> str:
    """What a machine that answered is told, by either mind; "" when it is none. Ends the call on a voicemail.

    Whoever has said that they are the person is not taken for a machine any more.
    """
    if conversation.purpose is None or conversation.is_reached:
        return ""
    match find_machine(heard):
        case Machine.VOICEMAIL:
            return _leave_message(conversation, store, conversation.purpose)
        case Machine.SCREEN if _who(store, conversation) not in conversation.last_heard_from_desk():
            return who_and_why(store, conversation)
    return ""


def _leave_message(conversation: Conversation, store: Store, purpose: Purpose) -> str:
    """Once; again only where it was cut off by the rest of the greeting."""
    conversation.came_of = CameOf.VOICEMAIL
    conversation.enter(State.CLOSING)
    conversation.ending = Ending.GOODBYE
    message = voicemail(store, conversation.caller.first_name, conversation.about, purpose)
    was_left = any(message == said.text for said in conversation.history if said.speaker == "desk")
    return "Goodbye!" if was_left else message


def say_when(conversation: Conversation) -> str:
    """What is asked of somebody who cannot talk now."""
    return f"{phrases.ALL_RIGHT} {questions.question(conversation)}"


def will_call_again(local: datetime) -> str:
    """local: the store's wall time."""
    return f"All right, we'll call again on {saying.say_moment(local)}."


def recommend(names: Sequence[str], vehicle: str) -> str:
    what = saying.say_services(names)
    return (
        f"On your last visit we recommended {what} for your {vehicle}. "
        f"{questions.QUESTIONS[questions.ASK_WANTS_RECOMMENDED]}"
    )


def ask_how_it_was(visit: Visit) -> str:
    when = saying.say_date(visit.local.date())
    return f"I'm calling about your visit on {when}. {questions.QUESTIONS[questions.ASK_HOW_WAS_IT]}"
