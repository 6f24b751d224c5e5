"""Which car? Year, make, model and colour from free speech. Pure.

A make or a model that can be nothing else counts anywhere. One that is also an everyday word ("focus",
"pilot", "mini") counts behind its make or a year, as "my Focus", or as the whole answer.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from voice.conversation.makes import (
    CODES,
    GIVEN_NAMES,
    MAKE_ALIASES,
    MODEL_ALIASES,
    MODELS,
    NEVER_MINE,
    ORDINARY,
    ORDINARY_MAKES,
    PLACES,
    words_of,
)
from voice.conversation.misheard import nearly
from voice.conversation.model_years import car_words, find_year, short_year, years_in
from voice.conversation.states import VehicleSlot

__all__ = ["find_colour", "find_vehicle", "find_year"]

LONGEST_NAME = 4  # words: "grand cherokee", "town and country", "f 1 50"
COLOURS = (
    "black white silver gray grey red blue green gold beige brown tan maroon burgundy orange yellow purple "
    "champagne navy charcoal bronze teal pearl copper"
)
COLOUR_WORDS = words_of(COLOURS)
SHADE = r"(?:(?:dark|light|bright|pearl|metallic|navy|midnight|royal) )?"
COLOUR = rf"(?P<colour>{SHADE}(?:{COLOURS.replace(' ', '|')}))"
BODIES = (
    r"(?:ones?|cars?|trucks?|suv|vans?|minivan|sedan|coupe|wagon|hatchback|pickup|vehicle|convertible|"
    r"crossover|hybrid)"
)
COLOURED = re.compile(
    rf"\b{COLOUR} (?:\w+ ){{0,3}}?{BODIES}\b|^(?:it's |its |it is |the |a |"
    rf"in )*{COLOUR.replace('colour', 'alone')}$"
)
ARTICLES = words_of(
    "a an the my our your his her their this that wife's husband's son's daughter's mom's dad's mother's "
    "father's old new"
)
MINE = words_of(
    "my our his her wife husband wife's husband's son daughter son's daughter's mom dad mom's dad's "
    "mother's father's old"
)
# What stands around a bare answer to "Which car is it?"
OPENERS = words_of("it it's its is that's a an the my our for i have drive got own uh um yes yeah and called")
BEHIND_BARE = words_of(
    "please and it's it an suv sedan truck car hybrid pickup coupe hatchback wagon convertible van electric diesel turbo door doors "
    "2 4 5 v6 v8 awd 4wd 4x4 se sel sle slt le xle xse lx ex exl lt ltz ls gt gts sport sports limited touring premium base xlt "
    "lariat st rs ss sr sr5 trd titanium platinum s l sv sl xl xlt es dx si type edition plus"
)
OWNING = words_of("drive drives driving own owns bought drove")
HAVING = words_of("have has got is it's its for i've be")
NOT_BEHIND = {
    "mini": {"van", "vans", "bus", "fridge"},
    "dodge": {"a", "the", "it", "that", "this"},
    "smart": {"phone", "watch", "tv", "key", "idea", "choice", "move", "way", "enough"},
    "key": {"fob"},
    "lincoln": {"street", "avenue", "road", "tunnel", "park", "city", "center", "boulevard", "highway"},
    "ford": {"street", "avenue", "road"},
    "genesis": {"of"},
    "ram": {"into", "it"},
    "geo": {"location"},
    "lotus": {"position"},
}  # fmt: skip

TOWARDS = words_of("in to from at near around of through outside visit toward towards is")
STREETS = words_of(
    "street road avenue drive lane boulevard highway way court place real plaza station parkway center"
)
NOT_BEFORE = {
    "dodge": {"to", "i", "could", "had"},
    "ford": {"mr", "mister", "mrs", "miss"},
    "lincoln": {"mr", "abraham"},
}


class Found(NamedTuple):
    """A name found in the words from begin up to end. model is "" for a make alone."""

    begin: int
    end: int
    make: str
    model: str


def _run_together(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower().replace("&", "and"))


MAKES = {_run_together(make): make for make in MODELS} | {
    _run_together(alias): make for alias, make in MAKE_ALIASES.items()
}
OF_MAKE: dict[str, dict[str, str]] = {
    make: {_run_together(model): model for model in models} for make, models in MODELS.items()
}
for _alias, (_make, _model) in MODEL_ALIASES.items():
    OF_MAKE[_make].setdefault(_run_together(_alias), _model)
# The first make wins a name that two have had: the likelier one stands first below.
LIKELIER = ("Toyota", "Honda", "Ford", "Chevrolet", "Nissan", "Jeep", "GMC", "Hyundai", "Kia", "Subaru")
BY_MODEL: dict[str, tuple[str, str]] = {}
for _make in (*LIKELIER, *MODELS):
    for _key, _model in OF_MAKE[_make].items():
        BY_MODEL.setdefault(_key, (_make, _model))


def find_vehicle(text: str) -> VehicleSlot | None:
    """The vehicle named in text, by model, make or both; a slightly misheard name still counts."""
    words = car_words(text)
    make = _find_make(words)
    model = _find_model_of(make, words) if make else _find_model(words)
    if make is None and model is None:
        make = _misheard_make(words)
        model = _find_model_of(make, words) if make else _misheard_model(words)
    named = model or make
    if named is None:
        return None
    begin = min(found.begin for found in (make, model) if found)
    return VehicleSlot(
        year=_year_beside(words, begin, named.end),
        make=(make or named).make,
        model=model.model if model else "",
        colour=_colour_beside(words, begin, named.end) or find_colour(text),
    )


def find_colour(text: str) -> str:
    """The colour of the car that text speaks of: "the black one", "my silver truck"; "" if none."""
    match = COLOURED.search(" ".join(re.findall(r"[a-z']+", text.lower())))
    return (match["colour"] or match["alone"]) if match else ""


def _runs(words: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Neighbouring words run together, longest first: where they begin and end, and what they make."""
    for length in range(min(LONGEST_NAME, len(words)), 0, -1):
        for begin in range(len(words) - length + 1):
            key = "".join(words[begin : begin + length]).replace("&", "and")
            yield begin, begin + length, key


def _find_make(words: Sequence[str]) -> Found | None:
    """The first make that is named; among those that begin at one word the longest."""
    found = [
        Found(begin, end, MAKES[key], "")
        for begin, end, key in _runs(words)
        if key in MAKES and _is_make(words, begin, end, key)
    ]
    return min(found, key=lambda make: (make.begin, -make.end)) if found else None


def _is_make(words: Sequence[str], begin: int, end: int, key: str) -> bool:
    behind = words[end] if end < len(words) else ""
    before = words[begin - 1] if begin else ""
    if behind in NOT_BEHIND.get(key, ()) or before in NOT_BEFORE.get(key, ()) or _is_a_person(words, begin):
        return False
    if key not in ORDINARY_MAKES:
        return True
    models = OF_MAKE[MAKES[key]]
    rest = words[end : end + LONGEST_NAME - 1]
    behind_it = ["".join(rest[:length]) for length in range(1, len(rest) + 1)]
    codes = CODES.get(MAKES[key])
    has_model = any(name in models or (codes and codes.fullmatch(name)) for name in behind_it)
    is_named = before in ARTICLES or before.isdigit()
    return (
        has_model or (is_named and key not in ("smart", "key", "old", "olds")) or _is_whole(words, begin, end)
    )


def _is_a_person(words: Sequence[str], begin: int) -> bool:
    """ "My name is John Ford", "it's Jimmy"."""
    if (
        words[begin] in GIVEN_NAMES
        and begin
        and words[begin - 1] in ("it's", "is", "its", "i'm", "am", "this")
    ):
        return True
    introduced = words[max(0, begin - 4) : begin]
    return "name" in introduced and not set(introduced) & {"a", "an", "the"}


def _find_model_of(make: Found, words: Sequence[str]) -> Found | None:
    """The model of this make: one of its names or codes, the longer one; else one misheard."""
    named, coded = _named_model(make, words), _coded_model(make.make, words)
    if named and coded and coded.begin == named.begin and coded.end > named.end:
        return coded  # "RX 350", not the "RX" in it
    return named or coded or _misheard_model(words, make)


def _named_model(make: Found, words: Sequence[str]) -> Found | None:
    models = OF_MAKE[make.make]
    years = _places_of_years(words)
    for begin, end, key in _runs(words):
        is_year = key.isdigit() and years & set(range(begin, end))
        if (
            key in models
            and MAKES.get(key) != make.make
            and not is_year
            and _goes_with(make, words, begin, key)
        ):
            return Found(begin, end, make.make, models[key])
    return None


def _goes_with(make: Found, words: Sequence[str], begin: int, key: str) -> bool:
    """Is an everyday word or a bare number a model here: "Honda Fit", but not "fit my Honda in"?"""
    if key == "is":
        return begin == make.end and begin == len(words) - 1
    if len(key) == 1:
        return begin == make.end
    if key not in ORDINARY and not key.isdigit():
        return True
    return 0 <= begin - make.end <= 2 or (begin > 0 and words[begin - 1] in ARTICLES)


def _coded_model(make: str, words: Sequence[str]) -> Found | None:
    if make not in CODES:
        return None
    years = _places_of_years(words)
    for begin, end, key in _runs(words):
        if any(letter.isdigit() for letter in key) and CODES[make].fullmatch(key) and begin not in years:
            return Found(begin, end, make, key.upper() if key[0].isalpha() else key)
    return None


def _places_of_years(words: Sequence[str]) -> set[int]:
    return {place for begin, end, _ in years_in(words) for place in range(begin, end)}


def _find_model(words: Sequence[str]) -> Found | None:
    for begin, end, key in _runs(words):
        if key in BY_MODEL and _is_model(words, begin, end, key):
            return Found(begin, end, *BY_MODEL[key])
    return None


def _is_model(words: Sequence[str], begin: int, end: int, key: str) -> bool:
    """Without its make: can these words be anything but this model?"""
    if key.isdigit() or len(key) < 2 or _is_a_person(words, begin):
        return False
    before = words[begin - 1] if begin else ""
    is_house_number = before.isdigit() and len(before) > 2 and not years_in([before])
    if key in PLACES and (before in TOWARDS or is_house_number):
        return False
    if end < len(words) and words[end] in STREETS:
        return False
    if key in ORDINARY or (end - begin > 1 and len(key) < 4):
        return _is_said_of_a_car(words, begin, end, key)
    if len(key) <= 3 and not any(letter.isdigit() for letter in key):
        # "crv", "wrx"; but "is", "es" and "sl" could be anything.
        return key in THREE_LETTERS or (
            key != "is" and begin > 0 and years_in(words[max(0, begin - 3) : begin]) != []
        )
    return end - begin == 1 or (len(key) >= 4 and not _joins_sentence_words(words[begin:end]))


THREE_LETTERS = words_of(
    "crv hrv crx rdx mdx tlx ilx wrx brz gti mkz mkx cts srx rav rsx tsx xterra hhr sti gto chr"
)


def _joins_sentence_words(words: Sequence[str]) -> bool:
    """ "a 4", "is 3": an article or a verb that a number happens to follow."""
    return words[0] in {"a", "i", "is", "it's", "at", "the", "to", "for", "in", "on", "my", "you", "or"}


def _is_said_of_a_car(words: Sequence[str], begin: int, end: int, key: str) -> bool:
    before = words[begin - 1] if begin else ""
    if years_in(words[max(0, begin - 3) : begin]) or short_year(before):
        return True
    if begin and before in MINE:
        return key not in NEVER_MINE
    if begin > 1 and before in ("a", "an", "the"):
        verb = words[begin - 2]
        if verb in OWNING or (verb in HAVING and key not in NEVER_MINE):
            return True
    return _is_whole(words, begin, end)


def _is_whole(words: Sequence[str], begin: int, end: int) -> bool:
    """Is that all the caller said, but for "it's a" before and the body behind?"""
    behind = set(words[end:])
    return (
        all(word in OPENERS for word in words[:begin] if word not in COLOUR_WORDS) and behind <= BEHIND_BARE
    )


def _misheard_make(words: Sequence[str]) -> Found | None:
    for place, word in enumerate(words):
        near = nearly(word)
        if near and not near[1]:
            return Found(place, place + 1, *near)
    return None


def _misheard_model(words: Sequence[str], make: Found | None = None) -> Found | None:
    """Right behind its make a word is more likely a slip for a model than anywhere else."""
    for place, word in enumerate(words):
        is_behind = make is not None and place == make.end
        near = nearly(word, make.make if make else "", is_behind=is_behind) if word not in MAKES else None
        if near:
            return Found(place, place + 1, *near)
    return None


def _year_beside(words: Sequence[str], begin: int, end: int) -> int | None:
    """The year nearest before the name, else behind it; two digits count only right before it."""
    years = years_in(words)
    before = [year for year_begin, _, year in years if year_begin < end]
    if before:
        return before[-1]
    if begin and (short := short_year(words[begin - 1])):
        return short
    behind = [year for year_begin, _, year in years if year_begin >= end]
    return behind[0] if behind else None


def _colour_beside(words: Sequence[str], begin: int, end: int) -> str:
    """ "my black 2014 Accord", "a 370Z, blue"."""
    for place in (*range(begin - 1, max(-1, begin - 4), -1), end):
        if 0 <= place < len(words) and words[place] in COLOUR_WORDS:
            shaded = place and words[place - 1] in ("dark", "light", "bright", "navy")
            return f"{words[place - 1]} {words[place]}" if shaded else words[place]
    return ""
