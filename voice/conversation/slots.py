"""Reading single facts out of free speech: vehicle, name, number, yes or no, a choice. Pure."""

import re
from collections.abc import Sequence
from datetime import date, time
from difflib import SequenceMatcher, get_close_matches

from crm import phone
from voice.conversation.dates import find_clock_time, find_wish
from voice.conversation.numbers import spoken_digits, words_to_digits
from voice.conversation.states import Offer, VehicleSlot

# Makes and their models as they are common on the road in the United States.
MODELS = {
    "Acura": "ilx mdx rdx tlx integra",
    "Audi": "a3 a4 a5 a6 q3 q5 q7 q8",
    "BMW": "x1 x3 x5 x7",
    "Buick": "enclave encore envision",
    "Cadillac": "escalade ct4 ct5 xt4 xt5",
    "Chevrolet": "malibu silverado equinox tahoe traverse suburban impala cruze bolt camaro colorado trailblazer blazer corvette",
    "Chrysler": "pacifica",
    "Dodge": "charger challenger durango caravan journey",
    "Ford": "f-150 escape explorer focus fusion mustang bronco edge ranger expedition maverick transit",
    "GMC": "sierra terrain acadia yukon canyon",
    "Honda": "civic accord cr-v pilot odyssey fit hr-v ridgeline insight passport",
    "Hyundai": "elantra sonata tucson santa-fe kona palisade accent ioniq",
    "Infiniti": "q50 q60 qx50 qx60 qx80",
    "Jeep": "wrangler cherokee compass renegade gladiator grand-cherokee",
    "Kia": "soul sorento sportage optima forte telluride rio seltos carnival",
    "Lexus": "rx es nx gx is",
    "Lincoln": "navigator aviator corsair nautilus",
    "Mazda": "mazda3 mazda6 cx-5 cx-9 cx-30 miata",
    "Mercedes-Benz": "c-class e-class glc gle s-class",
    "Mini": "cooper countryman",
    "Mitsubishi": "outlander lancer mirage",
    "Nissan": "altima sentra rogue versa maxima pathfinder murano frontier leaf titan",
    "Porsche": "cayenne macan panamera",
    "Ram": "1500 2500 3500",
    "Subaru": "outback forester impreza crosstrek legacy ascent wrx",
    "Tesla": "model-3 model-s model-x model-y",
    "Toyota": "camry corolla rav4 tacoma tundra prius highlander sienna 4runner sequoia avalon yaris",
    "Volkswagen": "jetta passat golf tiguan atlas beetle",
    "Volvo": "xc40 xc60 xc90 s60 s90",
}
MAKE_NAMES = {
    **{make.lower(): make for make in MODELS},
    "chevy": "Chevrolet", "vw": "Volkswagen", "mercedes": "Mercedes-Benz", "benz": "Mercedes-Benz", "beemer": "BMW",
}  # fmt: skip
MODEL_MAKES = {
    model.replace("-", " "): (make, model) for make, models in MODELS.items() for model in models.split()
}
# Models that are also ordinary words or numbers count only behind their make.
NEEDS_MAKE = {
    "fit", "focus", "edge", "escape", "journey", "charger", "soul", "rio", "golf", "atlas", "is", "es", "rx", "nx",
    "gx", "legacy", "ascent", "insight", "passport", "accent", "pilot", "rogue", "ranger", "transit", "1500", "2500",
    "3500", "compass", "mirage", "frontier", "leaf", "titan", "forte", "optima", "bolt", "canyon", "terrain",
}  # fmt: skip
ALIASES = {
    "crv": "cr v",
    "hrv": "hr v",
    "f150": "f 150",
    "f one fifty": "f 150",
    "rav 4": "rav4",
    "cx5": "cx 5",
    "model three": "model 3",
}
UPPER = re.compile(r"^(?:[a-z]{1,3}-?\d*|[a-z]\d+|[a-z]{2}-\d+|cr-v|hr-v|wrx|rdx|mdx|ilx|tlx|rav4)$")

YES = re.compile(
    r"^\W*(?:(?:um+|uh+|oh|well|okay|ok|so)[\s,]+)*(?:yes|yeah|yea|yep|yup|ya|sure|correct|right|exactly|absolutely|definitely|"
    r"of course|please do|go ahead|sounds good|sounds great|that works|that'?s (?:right|correct|fine|good|great|perfect|me|it)|"
    r"perfect|great|fine|works for me|book it|do it|i am|it is|this is (?:she|he|her|him)(?!\s+\w)|speaking|mm-?hm+|uh-?huh|ok|okay|let'?s do (?:it|that))\b",
    re.IGNORECASE,
)
NO = re.compile(
    r"^\W*(?:(?:um+|uh+|oh|well|actually)[\s,]+)*(?:no|nope|nah|not (?:really|quite|exactly|now|yet)|wrong|incorrect|neither|none|"
    r"that'?s (?:not|wrong)|it'?s not|it isn'?t|i'?m not|don'?t|never ?mind)\b",
    re.IGNORECASE,
)
CORRECTION = re.compile(
    r"\b(actually|wait|i meant?|make (?:it|that)|change (?:it|that) to|instead|rather|sorry)\b", re.IGNORECASE
)
NAME_BEHIND = re.compile(
    r"\b(?i:my name is|name'?s|my name'?s|this is|i am|i'm|it'?s|it is|call me|under|name of)\s+"
    r"(?P<name>[A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]+){0,2})"
)
NOT_NAMES = {
    "the", "a", "an", "my", "for", "about", "calling", "looking", "just", "not", "here", "yes", "no", "okay", "good",
    "fine", "sure", "it", "that", "this", "and", "is", "name", "hi", "hello", "uh", "um", "well", "so", "please",
    "first", "last", "sorry", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "i",
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december", "am", "pm", "thanks", "thank", "you", "speaking", "correct", "right", "perfect",
}  # fmt: skip
SOMEBODY_ELSE = re.compile(
    r"\b(?:her|his|their|my)? ?(?:husband|wife|son|daughter|mother|mom|father|dad|brother|sister|roommate|neighbor|assistant)\b"
    r"|\b(?:on|in) behalf of\b|\bcalling for\b",
    re.IGNORECASE,
)
CHOICES = (
    (re.compile(r"\b(first|1st|earliest|earlier one|number 1|number one|former)\b", re.IGNORECASE), 0),
    (re.compile(r"\b(second|2nd|middle|number 2|number two)\b", re.IGNORECASE), 1),
    (re.compile(r"\b(third|3rd|number 3|number three)\b", re.IGNORECASE), 2),
    (re.compile(r"\b(last|latest|later one|latter)\b", re.IGNORECASE), -1),
)
ANY_OFFER = re.compile(r"\b(any|either|whichever|doesn'?t matter|you pick|you choose)\b", re.IGNORECASE)
LATER = re.compile(
    r"\b(any ?thing |something |a (?:bit|little) |got anything )?later\b(?! one)|\banother time\b",
    re.IGNORECASE,
)
EARLIER = re.compile(
    r"\b(?:any ?thing |something |a (?:bit|little) )?(?:earlier|sooner)\b(?! one)", re.IGNORECASE
)
OTHER_DAY = re.compile(
    r"\b(another|different|other|some other) day\b|\bnone of (?:those|these|them)\b|\bdon'?t work\b",
    re.IGNORECASE,
)


def find_vehicle(text: str) -> VehicleSlot | None:
    """The vehicle named in text, by model, make or both; a slightly misheard model still counts."""
    spoken = re.sub(r"[^a-z0-9]+", " ", text.lower())
    for alias, plain in ALIASES.items():
        spoken = re.sub(rf"\b{alias}\b", plain, spoken)
    make = next((MAKE_NAMES[word] for word in spoken.split() if word in MAKE_NAMES), "")
    model = _find_model(spoken, make)
    if model and not make:
        make = MODEL_MAKES[model][0]
    if not make:
        return None
    return VehicleSlot(year=_find_year(text), make=make, model=_model_name(model) if model else "")


def _find_model(spoken: str, make: str) -> str:
    for model, (its_make, _) in sorted(MODEL_MAKES.items(), key=lambda item: -len(item[0])):
        if make and its_make != make:
            continue
        if not make and (model in NEEDS_MAKE or len(model) < 3):
            continue
        if re.search(rf"\b{model}\b", spoken):
            return model
    return _misheard_model(spoken, make)


def _misheard_model(spoken: str, make: str) -> str:
    """A word that is nearly a model: the same beginning, one or two letters off."""
    for word in spoken.split():
        close = [
            model
            for model, (its_make, _) in MODEL_MAKES.items()
            if len(model) > 4
            and model[0] == word[0]
            and abs(len(model) - len(word)) <= 1
            and (its_make == make if make else model not in NEEDS_MAKE)
        ]
        if len(word) > 4 and (best := get_close_matches(word, close, 1, 0.8)):
            return best[0]
    return ""


def _model_name(model: str) -> str:
    written = MODEL_MAKES[model][1]
    return written.upper() if UPPER.match(written) else written.replace("-", " ").title()


def _find_year(text: str) -> int | None:
    said = words_to_digits(text)
    match = re.search(r"\b(19[89]\d|20[0-3]\d)\b", said)
    if match:
        return int(match[1])
    # "twenty nineteen", "twenty twenty one"
    match = re.search(r"\b20 (1\d|2\d|30)\b", said)
    return 2000 + int(match[1]) if match else None


def find_name(text: str, *, was_asked: bool) -> str:
    """The speaker's name; a bare answer counts only when the name had been asked for. "" if none."""
    match = NAME_BEHIND.search(text)
    if match:
        name = " ".join(word for word in match["name"].split() if word.lower() not in NOT_NAMES)
        if name and not any(
            word.lower() in MODEL_MAKES or word.lower() in MAKE_NAMES for word in name.split()
        ):
            return name
    if not was_asked:
        return ""
    bare = re.sub(
        r"^\W*(?:(?:uh+|um+|yeah|yes|sure|okay|hi|hello|it'?s|this is|my name is|i'?m|the name is|name is)\W+)+",
        "",
        text,
        flags=re.IGNORECASE,
    )
    words = [word.strip(".,!?") for word in bare.split()]
    words = [word for word in words if word and word.lower() not in NOT_NAMES]
    if not 0 < len(words) <= 4 or any(not re.fullmatch(r"[A-Za-zÀ-ÿ'’-]+", word) for word in words):
        return ""
    return " ".join(word[0].upper() + word[1:] for word in words)


def sounds_like(said: str, name: str) -> bool:
    """Could said be a misheard name? "Mario" for "Maria" is; "Pedro" is not."""
    return SequenceMatcher(None, said.lower(), name.lower()).ratio() >= 0.6


def is_somebody_else(text: str) -> bool:
    """Does a relative or helper speak: "this is her husband", "I'm calling for my mother"?"""
    return bool(SOMEBODY_ELSE.search(text))


def find_phone(text: str) -> str | None:
    """A whole North American number said in text, as E.164; None when it has another length."""
    digits = spoken_digits(text)
    if len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    return phone.parse(digits) if len(digits) == 10 else None


def is_yes(text: str) -> bool:
    return bool(YES.search(text)) and not is_no(text)


def is_no(text: str) -> bool:
    return bool(NO.search(text))


def find_choice(text: str, offers: Sequence[Offer], today: date) -> Offer | None:
    """Which of the offers is meant: by time ("ten works"), by place ("the second one"), or any."""
    if not offers:
        return None
    timed = _offers_at_said_time(
        re.sub(r"\bone\b", "", text, flags=re.IGNORECASE) if names_place(text) else text, offers
    )
    wish = find_wish(text, today)
    if wish.first:
        timed = [
            offer
            for offer in timed or offers
            if wish.first <= offer.local.date() <= (wish.last or wish.first)
        ]
    if len(timed) == 1:
        return timed[0]
    if timed and wish.exactly:
        return None
    for pattern, index in CHOICES:
        if pattern.search(text) and -len(offers) <= index < len(offers):
            return offers[index]
    if ANY_OFFER.search(text):
        return offers[0]
    if len(offers) == 1 and is_yes(text):
        return offers[0]
    return None


def names_place(text: str) -> bool:
    """ "The first one" counts places; its "one" is no o'clock."""
    return bool(
        re.search(
            r"\b(first|second|third|last|latest|earliest|later|earlier|middle|that|this|other) one\b",
            text,
            re.IGNORECASE,
        )
    )


def find_bare_time(text: str) -> time | None:
    """A time of day where times have just been read out: a bare "ten" or "ten thirty" counts too."""
    said = words_to_digits(text)
    return find_clock_time(said) or find_clock_time(
        re.sub(r"\b(\d{1,2})(?: ([0-5]\d))?\b(?!th|st|nd|rd|[/:])", _as_clock, said)
    )


def _as_clock(match: re.Match[str]) -> str:
    return f"at {match[1]}:{match[2] or '00'}"


def _offers_at_said_time(text: str, offers: Sequence[Offer]) -> list[Offer]:
    """The offers at that time; a full hour also means the only offer within that hour."""
    wanted = find_bare_time(text)
    if wanted is None:
        return []
    exact = [offer for offer in offers if offer.local.time() == wanted]
    return exact or [offer for offer in offers if offer.local.hour == wanted.hour and wanted.minute == 0]


def unlisted_vehicle(text: str) -> VehicleSlot:
    """A car that is on no list, as the caller named it: the last words, at most three."""
    words = [word.strip(".,!?") for word in text.split()]
    words = [word for word in words if word and word.lower() not in NOT_NAMES and not word.isdigit()][-3:]
    return VehicleSlot(
        year=_find_year(text), make=" ".join(words[:-1]).title(), model=words[-1].title() if words else ""
    )
