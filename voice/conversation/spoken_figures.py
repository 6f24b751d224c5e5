"""Written money, telephone numbers, codes and amounts → words. Pure.

A bare number stays as it is ("2015 Civic", "30 minutes"): every voice reads it rightly.
"""

import re

from crm import phone, vin
from voice.conversation.number_words import cardinal, decimal, digit_words

CURRENCIES = {"$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "penny")}
AMOUNT = r"((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,9})?(?:\.[0-9]{1,2})?)(?![0-9])(?: ?(k|thousand|million)\b)?"
MONEY = re.compile(
    rf"([$€£]) ?(?=\.?[0-9]){AMOUNT}(?: ?(?:[–—-]|to) ?(?:\1 ?)?(?=\.?[0-9]){AMOUNT})?", re.IGNORECASE
)
AS_A_PRICE_TAG = re.compile(r"\ban? $", re.IGNORECASE)  # "a $20 coupon"
A_UNIT = {"hr": "an hour", "hour": "an hour", "mo": "a month", "yr": "a year", "ea": "each"}
PER = re.compile(r"(dollars?|cents?) ?/ ?([a-z]+)\b")
OFF = re.compile(r"((?:dollars?|cents?|percent))-off\b")

PHONE = re.compile(
    r"(?<![\w$/.#-])(?:\+?1[ .-]?)?(?:\(([2-9][0-9]{2})\) ?|([2-9][0-9]{2})[ .-]?)([2-9][0-9]{2})[ .-]?([0-9]{4})"
    r"(?![\w/-]|[.,][0-9])"
)
FOREIGN_PHONE = re.compile(r"(?<![\w+])\+([2-9][0-9]{0,2}(?:[ .-]?\(?[0-9]{1,5}\)?){2,6})(?!\w)")
LOCAL_PHONE = re.compile(
    r"(?<![\w$/.,#-])([2-9][0-9]{2})-([0-9]{4})(?![\w/-]|[.,][0-9]| ?(?:miles?|mi|dollars|rpm)\b)"
)

VIN = re.compile(r"\b(?=[A-Z]*[0-9])(?=[0-9]*[A-Z])[A-HJ-NPR-Z0-9]{17}\b")
CODE = r"(?:[A-Z]{1,4}[ -]?[0-9][A-Z0-9]*|[0-9][A-Z0-9]*(?:[ -](?=[A-Z]*[0-9])[A-Z0-9]+|[ -][A-Z]{2,4}\b)?)"
# What is spelled where it is called a plate, or a number of something.
CALLED = re.compile(
    r"\b((?i:plates?|tag|vin|confirmation|reference|code|claim|policy|order number|invoice)"
    r"(?i: number| code| id| no\.)?(?i:,|:| is| was| of| reads| ending in| ends in| ending| last six)*:? #?)"
    rf"({CODE})(?![\w/%-]|[.,][0-9]|:[0-9])"
)
# What is spelled wherever it stands: two shapes of plates, and letters among digits.
PLAIN_CODE = re.compile(
    r"(?<![\w/.$#-])([0-9][A-Z]{3}[0-9]{3}|[A-Z]{3}-?[0-9]{4}|(?=[A-Z0-9]{6,12}\b)(?:[A-Z]+[0-9]+){2,}[A-Z]*)(?![\w/-])"
)
ALONE = re.compile(r"([A-Z0-9]{4,10})([.,!?]?)")
ZIP_CODE = re.compile(r"\b([A-Z]{2},? )([0-9]{5})(?:-([0-9]{4}))?(?![\w,-]|\.[0-9])")
LONG_NUMBER = re.compile(
    r"(?<![\w.,$/#+-])([0-9]{6,})(?![\w/-]|[.,][0-9]| ?(?:miles?|mi|km|kilometers|dollars)\b)"
)

PERCENT = re.compile(r"([0-9]) ?%")
THOUSANDS = re.compile(r"\b([0-9]+)[kK](?= ?(?:miles?|mi)\b)")
UNITS = {
    "mi": "miles", "mph": "miles an hour", "mpg": "miles per gallon", "km": "kilometers", "lbs": "pounds",
    "hr": "hours", "hrs": "hours", "min": "minutes", "mins": "minutes", "qt": "quarts", "qts": "quarts",
    "gal": "gallons",
}  # fmt: skip
UNIT = re.compile(
    rf"(?<![\w.,])([0-9][0-9,.]*|thousand)[ -]?({'|'.join(sorted(UNITS, key=len, reverse=True))})\b\.?(?![\w/-])"
)
LONG_RANGE = re.compile(r"(?<![\w/–—-])([0-9][0-9,]*) ?[–—] ?(?=[0-9])")
RANGE = re.compile(
    r"(?<![\w/.,-])([0-9][0-9,.]*) ?- ?(?=[0-9][0-9,.]* ?-?(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|miles?"
    r"|thousand|percent|dollars?|gallons?|quarts?|pounds?|kilometers?|business|working|people|cars)\b)"
)


def say_phones(text: str) -> str:
    text = FOREIGN_PHONE.sub(lambda m: _digit_groups(*re.findall(r"[0-9]+", m[1])), text)
    text = PHONE.sub(lambda m: phone.speak_digits((m[1] or m[2]) + m[3] + m[4]), text)
    return LOCAL_PHONE.sub(lambda m: _digit_groups(m[1], m[2]), text)


def say_money(text: str) -> str:
    text = MONEY.sub(_say_money, text)
    text = PER.sub(lambda m: f"{m[1]} {A_UNIT.get(m[2], f'per {m[2]}')}", text)
    return OFF.sub(r"\1 off", text)


def say_codes(text: str) -> str:
    """Plates, VINs and confirmation numbers, character by character."""
    if alone := ALONE.fullmatch(text.strip()):
        has_digits, is_number = any(map(str.isdigit, alone[1])), alone[1].isdigit()
        if has_digits and (not is_number or len(alone[1]) > 4):
            return spell(alone[1]) + alone[2]
    text = VIN.sub(lambda m: vin.speak(m[0]), text)
    text = CALLED.sub(lambda m: m[1].removesuffix("#") + spell(m[2]) if _is_code(m[2]) else m[0], text)
    text = PLAIN_CODE.sub(lambda m: spell(m[0]), text)
    text = ZIP_CODE.sub(lambda m: m[1] + _digit_groups(*filter(None, (m[2], m[3]))), text)
    return LONG_NUMBER.sub(lambda m: phone.speak_digits(m[1]), text)


def say_amounts(text: str) -> str:
    text = THOUSANDS.sub(r"\1 thousand", PERCENT.sub(r"\1 percent", text))
    text = UNIT.sub(_say_unit, text)
    return RANGE.sub(r"\1 to ", LONG_RANGE.sub(r"\1 to ", text))


def spell(code: str) -> str:
    """8ABC123 → "eight, A B C, one two three": letters and digits apart, six digits in threes."""
    runs = re.findall(r"[A-Z]+|[0-9]+", code)
    return ", ".join(phone.speak_digits(run) if run.isdigit() else " ".join(run) for run in runs)


def _digit_groups(*groups: str) -> str:
    return ", ".join(" ".join(digit_words(group)) for group in groups)


def _is_code(code: str) -> bool:
    """ "code 5" is a number as any, and in "tag 2015 Honda" there is a year."""
    return not code.isdigit() or len(code) > 4 or (len(code) == 4 and not code.startswith(("19", "20")))


def _say_money(match: re.Match[str]) -> str:
    sign, first, size, second, second_size = match.groups()
    is_tag = bool(AS_A_PRICE_TAG.search(match.string[: match.start()]))
    if not second:
        return _sum(sign, first, size, is_tag)
    if "." in first + second:
        return f"{_sum(sign, first, size, is_tag)} to {_sum(sign, second, second_size, is_tag)}"
    return f"{_figure(first, size)} to {_sum(sign, second, second_size, is_tag)}"


def _sum(sign: str, amount: str, size: str | None, is_tag: bool) -> str:
    """is_tag: it stands before what it is the price of, so in the singular."""
    whole_name, part_name = CURRENCIES[sign]
    plural = "s" if not is_tag else ""
    if size:
        return f"{_figure(amount, size)} {whole_name}{plural}"
    whole, _, part = amount.replace(",", "").partition(".")
    cents = int(part.ljust(2, "0")) if part else 0
    words = []
    if int(whole or 0) or not cents:
        words.append(f"{cardinal(int(whole or 0))} {whole_name}{'' if int(whole or 0) == 1 else plural}")
    if cents:
        name = part_name if cents == 1 or is_tag else {"penny": "pence"}.get(part_name, f"{part_name}s")
        words.append(f"{cardinal(cents)} {name}")
    return " and ".join(words)


def _figure(amount: str, size: str | None) -> str:
    name = {"k": "thousand"}.get((size or "").lower(), (size or "").lower())
    return f"{decimal(amount)} {name}".strip()


def _say_unit(match: re.Match[str]) -> str:
    name = UNITS[match[2]]
    if match[1] == "1":
        name = re.sub(r"s\b", "", name, count=1)
    stop = "." if match[0].endswith(".") and not match.string[match.end() :].strip() else ""
    return f"{match[1]} {name}{stop}"
