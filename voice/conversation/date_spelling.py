"""Whatever way days and times are written or misspelled → one plain form, for days.py and times.py. Pure.

The plain form is lower case with numbers as digits, weekdays and months in full and singular, "9:30 pm"
for a clock, "11/24/2026" for a figure date, "to" for a dash between figures, and "#" for figures that
are no day and no hour: telephone numbers, prices, mileages, house numbers.
"""

import re
from functools import lru_cache

from voice.conversation.calendar_days import MONTHS, WEEKDAYS
from voice.conversation.numbers import words_to_digits

SHORT_FORMS = {
    "tue": "tuesday", "tues": "tuesday", "weds": "wednesday", "thu": "thursday", "thur": "thursday",
    "thurs": "thursday", "fri": "friday", "jan": "january", "feb": "february", "jun": "june",
    "jul": "july", "aug": "august", "sep": "september", "sept": "september", "oct": "october",
    "nov": "november", "tmrw": "tomorrow", "tmr": "tomorrow", "tmw": "tomorrow", "tomo": "tomorrow",
    "morrow": "tomorrow", "tonite": "tonight", "nite": "night", "til": "until", "till": "until",
    "thru": "through", "b4": "before", "btwn": "between", "wk": "week", "wks": "weeks",
    "wknd": "weekend", "hr": "hour", "hrs": "hours", "h": "hours", "min": "minutes", "mins": "minutes",
    "approx": "around", "approximately": "around", "roughly": "around", "oclock": "o'clock",
    "mornin": "morning", "mornin'": "morning", "mornings": "morning", "afternoons": "afternoon",
    "evenings": "evening", "nights": "night", "everyday": "every day", "noontime": "noon",
    "lunchtime": "lunch", "xmas": "christmas",
}  # fmt: skip
OFTEN_MISSPELT = (
    *WEEKDAYS, *(month for month in MONTHS if len(month) > 5), "tomorrow", "tonight", "morning", "afternoon",
    "evening", "between", "before", "midnight", "weekend", "thanksgiving", "christmas",
)  # fmt: skip
# One letter off a day or a part of one, and yet words of their own.
OWN_WORDS = frozenset(
    ["moaning", "sundry", "sundae", "mourning", "augusta", "sunny", "sandy", "mondale", "weekends"]
)
LETTERS_FOR_TWO_ERRORS = 8

DASHES = str.maketrans(
    {"’": "'", "‘": "'", "–": "-", "—": "-", "−": "-", "\xa0": " ", "\t": " ", "\n": " ", "~": "-"}
)
WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|b4")
MONTH = rf"(?:{'|'.join(MONTHS)})"
WEEKDAY = rf"(?:{'|'.join(WEEKDAYS)})"
MONTH_OR_SHORT = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"

# --- before numbers become digits (which takes hyphens out) ---

ISH = re.compile(
    r"(?<=\d|n|e|o|r|x|t|y)-?ish\b(?<!finish)(?<!fresh)(?<!reddish)(?<!english)(?<!polish)(?<!publish)(?<!mish)"
)
HESITATION = re.compile(r"\b(?:u[hm]+|erm?|hmm+|mm+|you know|i guess|let me see|let's see)\b[,.]* ?")
PRONOUN = re.compile(
    r"\b(that|this|the|which|any|no|every|each|last|first|second|third|other|another|next|later|earlier|new|old|only|for|of|like|such an?|just|a)"
    r" ones?\b(?! ?(?:o'?clock|thirty|fifteen|forty|twenty|ten|oh|o|[ap]\.?m|in the|\d|or two|to|and a|after))"
)
TELEPHONE = re.compile(r"\(?\b\d{3}\)?[-. ]+\d{3}[-. ]\d{4}\b|\b\d{3}-\d{4}\b|\b\d{9,}\b")
BASIC_DATE = re.compile(r"(?<!\d)(20\d\d)(0[1-9]|1[0-2])([0-2]\d|3[01])(?!\d)")
YEAR_FIRST = re.compile(r"\b(20\d\d)[-.](\d{1,2})[-.](\d{1,2})\b")
YEAR_LAST = re.compile(r"\b(\d{1,2})([-.])(\d{1,2})\2((?:20)?\d\d)\b")
MONTH_BETWEEN = re.compile(rf"\b(\d{{1,4}})[/-]({MONTH_OR_SHORT})(?:[/-](?=\d))?")
MONTH_AND_FIGURE = re.compile(rf"\b({MONTH_OR_SHORT})[-/]?(?=\d)")
DASH_OF_FIGURES = re.compile(
    rf"(\d(?:st|nd|rd|th|\s?[ap]\.?m\b\.?|\s?o'?clock)?)\s*-\s*(?=\d|noon\b|{MONTH_OR_SHORT}\b)"
)
O_CLOCK = re.compile(r"\bo[\"`´ ]? ?clock\b")
DASH_OF_DAYS = re.compile(
    r"\b((?:mon|tue|wed|thu|fri|sat|sun)[a-z]*)\s?-\s?(?=(?:mon|tue|wed|thu|fri|sat|sun))"
)

# --- afterwards ---

HALF = re.compile(r"(?<=\d)(?: ?\.? ?([ap]) ?\.? ?m\b\.?|([ap])\b(?!['.]\w)\.?)")
LOOSE_HALF = re.compile(r"(?<=o'clock) ?([ap])\.? ?m\b\.?")
DOTTED_CLOCK = re.compile(r"(?<![\d.,$])(\d{1,2})\.([0-5]\d)(?= [ap]m\b)")
OH_MINUTES = re.compile(r"(?<!\d )(?<!\d, )\b(\d{1,2}) (?:oh?|0) ?(\d)\b(?!,? \d)")
SPLIT_ORDINAL = re.compile(r"(?<=\d) (?=(?:nd|rd|th)\b)")
SPOKEN_YEAR = re.compile(r"\b2 thousand(?: and)? (\d{1,2})\b(?! (?:dollars|bucks|miles))")
AT_SIGN = re.compile(r" ?@ ?(?=\d)")
FEW = re.compile(
    r"\b(?:(?P<two>(?:a )?couple(?: of)?(?: more)?|a pair of)|(?P<three>(?:a )?few(?: more)?)|(?P<one>an?|one))"
    r" (?=(?:business |working )?(?:day|week|month|hour|fortnight|minute)s?\b)"
)
DAYS_IN_HOURS = re.compile(r"\b(24|48|72|96) hours?\b")
OR_TWO = re.compile(r"\b(\d{1,2}) (day|week|month)s?(?:,? or| to|-) (?:so|(\d{1,2}))\b")
HUNDREDS = re.compile(r"\b(\d{1,2}) hundred(?: hours)?\b(?! (?:dollars|bucks|miles|thousand|and|\d))")

UNITS = (
    r"miles?|mi|k|km|kilometers?|percent|%|dollars?|bucks?|cents?|psi|mpg|mph|rpm|degrees?|pounds?|lbs|inch(?:es)?|feet"
    r"|foot|quarts?|gallons?|liters?|litres?|people|persons?|cars?|vehicles?|doors?|cylinders?|tires?|wheels?|keys?"
    r"|years?|yrs?|nights?(?= stay)|times?|seats?|thousand|hundred|grand|million|stars?|volts?|amps?|seconds?|sec|kids"
    r"|of (?:us|them|my|the)|horsepower|speeds?|pistons?|coins?|options?"
)
NO_DAY_NOR_HOUR = (
    re.compile(r"\$ ?\d[\d,.]*(?: (?:hundred|thousand))?"),
    re.compile(rf"(?<![\d/:])\d+(?:[.,]\d+)? ?(?:{UNITS})(?![a-z])(?! (?:past|to|after|before|until)\b)"),
    re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)|\b\d+\.\d{3,}|\b\d{3,}\.\d+|\b\d{5,}\b"),
    re.compile(
        r"\b\d{1,2}(?:[ ,]+(?:(?:double|triple) )?(?:\d{1,2}|oh|o)){4,}\b(?! ?(?::|[ap]m\b|st\b|nd\b|rd\b|th\b))"
    ),  # digits, dictated
    re.compile(r"\b\d{3}[ ,]+\d{3}[ ,]+\d{4}\b"),
    re.compile(
        r"\b\d+ (?:[a-z]+ ){1,2}(?:street|avenue|ave|road|rd|drive|lane|boulevard|blvd|court|highway|parkway)\b"
    ),
    re.compile(
        r"\b(?:building|room|suite|apartment|apt|unit|bay|route|highway|exit|interstate|number|series|model|mazda"
        r"|version|type|grade|stage|level|step|row|cylinder|week|error|code|zip|page|option|line|gear) ?\d+\b"
    ),
    re.compile(
        r"\b24/7\b|\b\d+/\d+ ?(?:inch|ton|tank|of an?|mile|hour|turn|full|cup|gallon|quart|the way|ratio)[a-z]*\b"
    ),
    re.compile(r"\b\d{3} ?/ ?\d{2}\b|\b\d+ ?x ?\d+\b"),
)

# "Sat", "sun", "wed", "mon", "dec" and "mar" are days and months only where the words around them say so.
BEFORE_A_DAY = (
    r"(?:^|[,;:.!?(] ?|\b(?:on|by|for|next|this|coming|until|before|after|or|and|to|through|from|between|like|maybe|either"
    r"|say|does|do|of|about|not|but|except|week) )"
)
SHORT_DAY = re.compile(
    rf"({BEFORE_A_DAY})(mon|wed|sat|sun)\b\.?(?=\s*(?:$|[,;?!.)]|\d|#|(?:at|or|and|morning|afternoon|evening|night|to|through"
    rf"|after|before|around|noon|the|works?|please|would|is|next|this|if|until|{MONTH})\b))"
)
SHORT_MONTH = re.compile(
    r"(?<!\$)\b(mar|apr|dec)\b\.?(?=,? ?\d)|(?<=\d )(mar|apr|dec)\b|(?<=th )(mar|apr|dec)\b|(?<=\b[io][nf] )(mar|apr|dec)\b"
)
SHORT_DAYS = {day[:3]: day for day in WEEKDAYS}
SHORT_MONTHS = {month[:3]: month for month in MONTHS}


def plain(text: str) -> str:
    """text in the plain form; see the head of this module."""
    said = text.lower().translate(DASHES)
    said = TELEPHONE.sub("#", said)
    said = HESITATION.sub("", said)
    said = PRONOUN.sub(r"\1 item", said)
    said = ISH.sub(" ish", said)
    said = O_CLOCK.sub("o'clock", said)
    said = _plain_figures(said)
    said = words_to_digits(said)
    said = WORD.sub(_plain_word, said)
    said = SPLIT_ORDINAL.sub("", said)
    said = SPOKEN_YEAR.sub(lambda match: f"20{int(match[1]):02}", said)
    said = AT_SIGN.sub(" at ", said)
    said = HUNDREDS.sub(r"\1:00", said)
    said = OH_MINUTES.sub(r"\1:0\2", said)
    said = HALF.sub(lambda match: f" {match[1] or match[2]}m", said)
    said = LOOSE_HALF.sub(r" \1m", said)
    said = DOTTED_CLOCK.sub(r"\1:\2", said)
    said = FEW.sub(_few, said)
    said = DAYS_IN_HOURS.sub(lambda match: f"{int(match[1]) // 24} days", said)
    said = OR_TWO.sub(_or_two, said)
    for figures in NO_DAY_NOR_HOUR:
        said = figures.sub("#", said)
    said = SHORT_DAY.sub(lambda match: match[1] + SHORT_DAYS[match[2]], said)
    return SHORT_MONTH.sub(lambda match: SHORT_MONTHS[next(filter(None, match.groups()))], said)


def _plain_figures(said: str) -> str:
    """Dashes between figures and days mean "to", unless they write a date."""
    if not any(character.isdigit() for character in said):
        return DASH_OF_DAYS.sub(r"\1 to ", said) if "-" in said else said
    said = BASIC_DATE.sub(r"\1/\2/\3", said)
    said = YEAR_FIRST.sub(r"\1/\2/\3", said)
    said = YEAR_LAST.sub(r"\1/\3/\4", said)
    said = MONTH_BETWEEN.sub(r"\1 \2 ", said)
    said = MONTH_AND_FIGURE.sub(r"\1 ", said)
    said = DASH_OF_FIGURES.sub(r"\1 to ", said)
    return DASH_OF_DAYS.sub(r"\1 to ", said)


def _plain_word(match: re.Match[str]) -> str:
    return _known_word(match[0])


@lru_cache(maxsize=4096)
def _known_word(word: str) -> str:
    """The day, month or part of a day that word is, even misspelt; else word itself."""
    if word in SHORT_FORMS:
        return SHORT_FORMS[word]
    bare = word.removesuffix("'s")
    if bare in WEEKDAYS:
        return bare
    if bare.removesuffix("s") in WEEKDAYS:
        return bare.removesuffix("s")
    if len(word) < 5 or word in OWN_WORDS or word in OFTEN_MISSPELT:
        return word
    return _spelling_of(word) or word


def _spelling_of(word: str) -> str:
    """The word of OFTEN_MISSPELT that is one letter off, or two of a long one; "" when none is."""
    for right in OFTEN_MISSPELT:
        allowed = 2 if len(right) >= LETTERS_FOR_TWO_ERRORS else 1
        if abs(len(right) - len(word)) > allowed or (word[0] != right[0] and word != right[1:]):
            continue
        if _distance(word, right) <= allowed:
            return right
    return ""


def _distance(one: str, other: str) -> int:
    """Letters changed, added, left out or swapped with their neighbour between two spellings."""
    before_last: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, wanted in enumerate(other, 1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (letter != wanted))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == wanted:
                cost = min(cost, before_last[column - 2] + 1)
            now.append(cost)
        before_last, last = last, now
    return last[-1]


def _few(match: re.Match[str]) -> str:
    return "2 " if match["two"] else "3 " if match["three"] else "1 "


def _or_two(match: re.Match[str]) -> str:
    """ "1 week or 2" → "1 to 2 weeks", "a week or so" → "1 week"."""
    return f"{match[1]} to {match[3]} {match[2]}s" if match[3] else f"{match[1]} {match[2]}"
