"""Is it a machine that answered: a voicemail, or an assistant that screens calls? Pure."""

import re
from enum import Enum, auto
from functools import lru_cache


class Machine(Enum):
    VOICEMAIL = auto()
    SCREEN = auto()


VOICEMAIL = re.compile(
    r"\b(?:leave|record) (?:me |us |him |her |them |your |you |a |an |the |brief |short |detailed )*(?:message|name and (?:phone )?number)\b|"
    r"\b(?:at|after|following) the (?:tone|beep|signal)\b|"
    r"\b(?:voice ?mail|voice messag\w+|mailbox|answering machine)\b|"
    r"\byou(?:'ve| have)? reached (?!out\b|me\b)\w+|"
    r"\b(?:can'?t|cannot|unable to|not able to|not available to|unavailable to) (?:come to the phone|take (?:your|the) call|"
    r"answer (?:the phone|your call))\b|"
    r"\b(?:person|party|customer|subscriber|number) (?:you(?:'re| are| have|'ve)? (?:are )?(?:trying to reach|calling|called|dialed)) "
    r"(?:is (?:not|un)|has a|cannot|can'?t)",
    re.IGNORECASE,
)
# "Can I leave a message for her?" is a person's question, "do you want to leave a message?" too.
OFFERS_A_MESSAGE = re.compile(
    r"\b(?:can|could|may|shall|should|do|did|would|want|like)\b[^.?!]{0,30}\b(?:take|leave)\b[^.?!]{0,20}\bmessage\b[^.!]*\?|"
    r"\b(?:take|give (?:him|her|them)) a message\b",
    re.IGNORECASE,
)
SCREEN = re.compile(
    r"\b(?:state|say|record|tell (?:me|us)|give|provide)\b[^.?!]{0,20}\b(?:your )?name\b[^.?!]{0,40}\b(?:reason|why|purpose|calling)\b|"
    r"\b(?:call(?:ing)?[- ](?:screen\w*|assist\w*)|screening (?:service|assistant|calls|this call|your call)|google assistant|"
    r"virtual assistant|using a screening|call screening)\b|"
    r"\bwho(?:'s| is) (?:this|calling) and (?:why|what)\b|"
    r"\bi'?ll see if (?:this person|they|he|she|the person)\b[^.?!]{0,25}\bavailable\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=512)  # a turn is read when it is drafted, and when it is answered
def find_machine(heard: str) -> Machine | None:
    """What kind of machine these words are of; None for a person's."""
    said = heard.replace("’", "'")
    if SCREEN.search(said):
        return Machine.SCREEN
    if VOICEMAIL.search(said) and not OFFERS_A_MESSAGE.search(said):
        return Machine.VOICEMAIL
    return None
