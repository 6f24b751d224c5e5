"""Do the words sound finished? From the words and the question they answer (pure).

A recogniser's punctuation counts only as a question mark: it closes every piece with a full stop.
"""

import re
from enum import Enum, auto

from voice.conversation import questions
from voice.conversation.choices import is_no, is_yes
from voice.conversation.numbers import spoken_digits, words_to_digits

PHONE_DIGITS = 10
# How a sentence ends shows in its last words, and of a long story every word is judged anew with each
# new one: all of it would take 24 ms after six minutes.
LAST_WORDS = 40
VIN_CHARACTERS = 17


class Expected(Enum):
    """What the open question asks for, as far as it matters to when the answer is whole."""

    ANYTHING = auto()
    YES_OR_NO = auto()
    PHONE = auto()
    VIN = auto()
    BIRTH_DATE = auto()
    SPELLING = auto()


class Completeness(Enum):
    DICTATING = auto()  # a number or name of which more is to come
    OPEN = auto()  # the grammar wants another word
    WHOLE = auto()  # nothing is missing, and more would fit
    CLOSED = auto()  # a clear stop


# --- the question -------------------------------------------------------------------------

_BY_NAME = {
    questions.ASK_PHONE: Expected.PHONE,
    questions.ASK_PHONE_CHECK: Expected.YES_OR_NO,
    questions.ASK_NUMBER_IS_BEST: Expected.YES_OR_NO,
    questions.ASK_CONFIRM: Expected.YES_OR_NO,
    questions.ASK_WANTS_IT: Expected.YES_OR_NO,
    questions.ASK_ANYTHING_ELSE: Expected.YES_OR_NO,
    questions.ASK_MOVE_INSTEAD: Expected.YES_OR_NO,
    questions.ASK_MOVE_IT: Expected.YES_OR_NO,
    questions.ASK_CANCEL_IT: Expected.YES_OR_NO,
    questions.ASK_CONSENT: Expected.YES_OR_NO,
    questions.ASK_WAITLIST: Expected.YES_OR_NO,
    questions.ASK_WANTS_DUE: Expected.YES_OR_NO,
    questions.ASK_OTHER_TIME: Expected.YES_OR_NO,
    questions.ASK_GO_ON: Expected.YES_OR_NO,
    questions.ASK_COUNT_ON: Expected.YES_OR_NO,
    questions.ASK_VIN_CHECK: Expected.YES_OR_NO,
    questions.ASK_FETCH: Expected.YES_OR_NO,
    questions.ASK_WANTS_RECOMMENDED: Expected.YES_OR_NO,
    questions.ASK_PROOF: Expected.SPELLING,  # whichever of the three it will be
}
_BY_WORDS = (
    (re.compile(r"\bspell\b", re.IGNORECASE), Expected.SPELLING),
    (re.compile(r"\bvin\b|\bidentification number\b", re.IGNORECASE), Expected.VIN),
    (re.compile(r"\bdate of birth\b|\bbirth ?(?:date|day)\b", re.IGNORECASE), Expected.BIRTH_DATE),
    (re.compile(r"\b(?:what|which|give me|have)\b.*\bnumber\b", re.IGNORECASE), Expected.PHONE),
    (
        re.compile(
            r"^(?:\W*(?:so|and|okay|great)\W)?\W*(?:shall i|should i|would you|do you|did i|does|is|are|was|were"
            r"|have you|can you confirm|may i book|can i book)\b(?!.*\bor\b)|\b(?:right|correct|okay)\?$",
            re.IGNORECASE,
        ),
        Expected.YES_OR_NO,
    ),
)


def expected(asked: str, question: str = "") -> Expected:
    """What an answer to the open question holds.

    asked is its name in phrases.py, or "" when a language model worded it; question is then what
    the caller heard.
    """
    if asked in _BY_NAME:
        return _BY_NAME[asked]
    for pattern, answer in _BY_WORDS:
        if pattern.search(question.strip()):
            return answer
    return Expected.ANYTHING


# --- the words ----------------------------------------------------------------------------

# Words that nothing ends with: the thing they point to is still to come.
_NEVER_LAST = re.compile(
    r"\b(?:a|an|the|my|your|their|our|its|his|and|or|but|because|since|if|whether|unless|so|than|to|of|from|for|with"
    r"|into|between|until|till|during|per|via|um+|uh+|er+m?|hm+|i|we|i'd|i'll|we'd|i'm|we're|i've|it's|that's|there's"
    r"|he's|she's|let's|what's|where's|who's|how's|don't|doesn't|can't|won't|is|are|(?<!\d )am|was|were|be|would|could|should|can|may|might|will|must|also|very|really|quite|some"
    r"|every|another|any|maybe|about|at|in|on|by|under|half|past|thank|tell|looking|going|trying|prefer|mr|mrs|ms|dr)$"
)
# … and those that end a sentence in some company only.
_OPEN_ENDINGS = re.compile(
    r"\b(?:(?:i|we|you|he|she|they|to|not|i'd|we'd) (?:just |also |really )?(?:want|need|have|like|think|know)"
    r"|(?:would|i'd|we'd) (?:like|love|prefer|rather)"
    r"|(?:can|could|do|would|will|should|may|what|where|when|how|are|if) (?:you|i|we|they|it|he|she)(?: please)?"
    r"|(?:please|you|to|me|can|could|and|just|i'll|let's|the|a|an|my) (?:find|make|get|give|tell|set|take|send|put|bring|"
    r"schedule|search|visit|show|see|have)"
    r"|(?:the|a|an|my|your|their|this|next|in|at|of|on) (?:first|second|third|new|next|same|last|different|other|good|general|phone|hair"
    r"|oil|tire|check|front|rear|san|santa|los|new|early|late)"
    r"|(?:on|before|after|by|until) (?:this|that|next|last|january|february|march|april|may|june|july|august|september|october"
    r"|november|december)"
    r"|(?:in|at|on|for|of) (?:san|santa|los|new|el|palo|mount|saint|st)"
    r"|(?:it|that|this|which|who|what|where|how|when) (?:is|are|was|does|do|can|would|will)"
    r"|(?:go|going|come|look|looking|search|searching|set|work) (?:for|with|at|in|on)"
    r"|^(?:(?:yes|yeah|yep|no|nope|okay|ok|great|good|sure|well|so|hi|hello),? )?(?:that|this|it|what|where|who|how|when|do|does|can|please)"
    r"|as (?:soon|early|late|long)|as soon as|how much|how many|what kind|what time|in case|so that)$"
)
# Where the last word is what the sentence is about, it has been said: "that's all I need".
_CLOSED_CLAUSE = re.compile(
    r"\b(?:all|everything|anything|nothing|what|whatever|which|one|thing|how|where|who|when|else|is|them|those)\b[^,.]*"
    r"\b(?:i|we|you|it|they) (?:(?:will|would|really|also|just|do|did|have|had|ever|currently) )*"
    r"(?:want|need|have|like|know|is|are|do|can|find|found|located|for|at|with|from|in|to)$"
    r"|\b(?:it|that|this|he|she|they) (?:is|was|does|will|would|can|could)$(?<!what it is)(?<!who it is)"
    r"|\b(?:yes|no|please|so),? (?:i|it|that|we|you) (?:do|does|can|could|am|is|would|will|have|may)$"
    r"|\b(?:where|who|what|how|which)\b.*\b(?:from|for|at|to|about|with|in|like|are|is|near)$"
    r"|\b(?:one|number|phone|car|what|where) (?:that )?(?:i'm|i am|we're|you're) \w+ing(?: (?:from|at|on|with|for|in|about))?$"
    r"|\b(?:lights?|lamp|sign|warning|engine|it|they) (?:is|are|was|keeps? coming|comes?|came|stays?|went|goes) (?:still )?(?:on|up)$"
    r"|\b(?:go|come|drop|check|move|carry|hold|hang|log|going|coming) (?:in|on|by|around)$"
)
_CLOSINGS = re.compile(
    r"\b(?:please|thanks|thank you|thank you (?:so|very) much|thanks (?:a lot|again|so much)|thank you again|(?:good ?)?bye"
    r"|have a (?:good|great|nice|lovely|wonderful) (?:day|one|night|evening|afternoon)"
    r"|(?:that's|that is|that'll be|that will be|it's|it is) (?:all|it|everything)(?: (?:for now|i need|i needed|for today|today))?"
    r"|nothing else|(?:no|yes|yeah),? (?:thanks|thank you|please))$"
)
_HUM = re.compile(r"^(?:(?:uh|m+)[ -]?h[um]+h?m*|m+hm+)[.,! ]*$")  # "uh-huh", "mm-hmm", "mhm"
_WORD = re.compile(r"[a-z0-9][a-z0-9':/.-]*[a-z0-9]|[a-z0-9]")
_DIGIT_WORD = re.compile(r"^(?:\d+|zero|oh|o|one|two|three|four|five|six|seven|eight|nine|double|triple)$")
_NO_DIGIT = re.compile(r"\b(?:have|got|the|this|that|another|other|which|only) one\b")
_EARLY_DAY = re.compile(r"\b(?:first|second|third)\b")  # words_to_digits() leaves them as they are
_NUMBER_TALK = re.compile(r"\b(?:number|phone|cell|mobile|reach me|call me|area code)\b")


def completeness(text: str, wanted: Expected = Expected.ANYTHING) -> Completeness:
    """How finished the words sound as an answer to what was asked."""
    spoken = text.lower().replace("’", "'").strip()
    words = _WORD.findall(spoken)
    if not words:
        return Completeness.OPEN
    if _HUM.match(spoken):
        return Completeness.CLOSED
    plain = " ".join(words)
    return (
        _dictation(plain, words, wanted)
        or _answer(plain, words, wanted)
        or _sentence(" ".join(words[-LAST_WORDS:]), is_question=spoken.endswith("?"))
    )


def _answer(plain: str, words: list[str], wanted: Expected) -> Completeness | None:
    """A short yes or no to a question that asked for it."""
    is_short = len(words) <= 3
    if wanted is Expected.YES_OR_NO and is_short and (is_yes(plain) or is_no(plain)):
        return Completeness.CLOSED if not _NEVER_LAST.search(plain) else None
    return None


def _sentence(plain: str, *, is_question: bool) -> Completeness:
    if _CLOSINGS.search(plain):
        return Completeness.CLOSED
    if is_question:
        return Completeness.CLOSED
    if _CLOSED_CLAUSE.search(plain):
        return Completeness.WHOLE
    if _NEVER_LAST.search(plain) or _OPEN_ENDINGS.search(plain):
        return Completeness.OPEN
    return Completeness.WHOLE


# --- numbers and names, piece by piece ----------------------------------------------------


def _dictation(plain: str, words: list[str], wanted: Expected) -> Completeness | None:
    """None when nothing is being dictated."""
    match wanted:
        case Expected.VIN:
            return _counted(_characters(words), VIN_CHARACTERS, is_going=_is_character(words[-1]))
        case Expected.SPELLING:
            return Completeness.DICTATING if _is_character(words[-1]) else None
        case Expected.BIRTH_DATE:
            return _birth_date(plain)
        case Expected.PHONE:
            return _phone_number(plain, words)
    if _NUMBER_TALK.search(plain):
        return _phone_number(plain, words) if _trailing_digits(words) >= 3 else None
    return _phone_number(plain, words) if all(map(_DIGIT_WORD.match, words)) and len(words) >= 3 else None


def _phone_number(plain: str, words: list[str]) -> Completeness | None:
    digits = spoken_digits(_NO_DIGIT.sub("", plain))
    count = len(digits) - (len(digits) == PHONE_DIGITS + 1 and digits.startswith("1"))
    return _counted(count, PHONE_DIGITS, is_going=bool(_DIGIT_WORD.match(words[-1])))


def _counted(count: int, whole: int, *, is_going: bool) -> Completeness | None:
    if count == whole:
        return Completeness.CLOSED
    return Completeness.DICTATING if 0 < count < whole and is_going else None


def _birth_date(plain: str) -> Completeness | None:
    """Month, day and year: a year is four digits or two behind the day."""
    numbers = re.findall(r"\d+", words_to_digits(_EARLY_DAY.sub("3", plain)))
    if not numbers:
        return None
    parts = len(numbers) + bool(re.search(r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", plain))
    # A year in words comes in halves: "nineteen", "eighty", "two".
    year = numbers[-1]
    has_year = len(year) == 4 or (len(year) <= 2 and year not in ("19", "20") and not year.endswith("0"))
    return Completeness.CLOSED if parts >= 3 and has_year else Completeness.DICTATING


def _trailing_digits(words: list[str]) -> int:
    count = 0
    for word in reversed(words):
        if not _DIGIT_WORD.match(word):
            break
        count += len(word) if word.isdigit() else 1
    return count


def _characters(words: list[str]) -> int:
    """Letters and digits said one by one; a group of digits counts as many."""
    return sum(len(word) if word.isdigit() else 1 for word in words if _is_character(word))


def _is_character(word: str) -> bool:
    return bool(_DIGIT_WORD.match(word)) or len(word) == 1
