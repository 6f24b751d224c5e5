"""The desk's questions: their names, and what the caller hears. Pure.

conversation.asked holds the name of the one that is open.
"""

import re
from collections.abc import Sequence

from voice.conversation.saying import say_moment, vary
from voice.conversation.states import Conversation, Offer, Visit

ASK_NEED = "need"
ASK_IS_CALLER = "is_caller"
ASK_SERVICE = "service"
ASK_VEHICLE = "vehicle"
ASK_DAY = "day"
ASK_OFFER = "offer"
ASK_NAME = "name"
ASK_FIRST_NAME = "first_name"
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
    ASK_FIRST_NAME: "And your first name, please?",
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


# Of the questions that callers hear most: said in turn with the first, so that it does not sound like a tape.
OTHER_WORDINGS = {
    ASK_NEED: ("What can I do for your car?", "What may I do for you and your car?"),
    ASK_VEHICLE: ("Which car is it for, make and model?", "Which car are we talking about, make and model?"),
    ASK_DAY: ("What day and time would work for you?", "What day and time would be best for you?"),
    ASK_OFFER: ("Which of those would you like?", "Which of those suits you best?"),
    ASK_NAME: ("Could I have your first and last name?", "And your first and last name, please?"),
    ASK_NUMBER_IS_BEST: ("Can we reach you best at the number you're calling from?",),
    ASK_ANYTHING_ELSE: ("Is there anything else you need today?", "Can I help you with anything else?"),
}


def question(conversation: Conversation) -> str:
    """The open question, as asked in this turn; a language model's own question is its last one."""
    if not conversation.asked:
        asked = re.findall(r"[^.!?]+\?", conversation.last_heard_from_desk())
        return asked[-1].strip() if asked else QUESTIONS[ASK_NEED]
    return vary(wordings(conversation), conversation)


def is_asked(conversation: Conversation, said: str) -> bool:
    """Does said hold the open question, in one of its wordings?"""
    if not conversation.asked:
        return question(conversation) in said
    return any(wording in said for wording in wordings(conversation))


def wordings(conversation: Conversation) -> Sequence[str]:
    """Every way to ask the open question; what names somebody or agrees to a moment has one."""
    asked, first_name = conversation.asked, conversation.caller.first_name
    if asked == ASK_IS_CALLER and first_name:
        return (f"Am I speaking with {first_name}?" if conversation.purpose else f"Is this {first_name}?",)
    if asked == ASK_FETCH and first_name:
        return (f"Could you get {first_name} to the phone for me?",)
    if about := _about_a_moment(conversation):
        return (about,)
    return (QUESTIONS.get(asked, QUESTIONS[ASK_NEED]), *OTHER_WORDINGS.get(asked, ()))


def _about_a_moment(conversation: Conversation) -> str:
    """A question asked again must hold what a yes would agree to; "" for all that agree to nothing."""
    agreeing: dict[str, tuple[str, Offer | Visit | None]] = {
        ASK_COUNT_ON: ("Can we count on you on {}?", conversation.about),
        ASK_CONFIRM: ("Shall I book it for {}?", conversation.chosen),
        ASK_MOVE_IT: ("Shall I move it to {}?", conversation.chosen),
        ASK_CANCEL_IT: ("Shall I cancel your appointment on {}?", conversation.visit),
    }
    words, about = agreeing.get(conversation.asked, ("", None))
    return words.format(say_moment(about.local)) if about else ""
