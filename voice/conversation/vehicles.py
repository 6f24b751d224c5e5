"""Which car? Make, model and year from free speech. Pure."""

import re
from difflib import get_close_matches

from voice.conversation.numbers import words_to_digits
from voice.conversation.states import VehicleSlot

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
    return VehicleSlot(year=find_year(text), make=make, model=_model_name(model) if model else "")


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


def find_year(text: str) -> int | None:
    """The model year said in text: "2019", "twenty nineteen"."""
    said = words_to_digits(text)
    match = re.search(r"\b(19[89]\d|20[0-3]\d)\b", said)
    if match:
        return int(match[1])
    # "twenty nineteen", "twenty twenty one"
    match = re.search(r"\b20 (1\d|2\d|30)\b", said)
    return 2000 + int(match[1]) if match else None
