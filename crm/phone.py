"""Telephone numbers: parse, check, show and speak them. Pure; E.164 everywhere inside."""

import phonenumbers

REGION = "US"
# Area codes that share +1 with us and cost like a call abroad: the islands, and numbers that follow a
# person or charge the caller.
DEAR_AREA_CODES = """
    242 246 264 268 284 345 441 473 649 658 664 721 758 767 784 809 829 849 868 869 876
    500 521 522 523 524 525 526 527 528 529 532 533 535 538 542 543 544 545 546 547 549
    550 552 553 554 556 566 569 577 578 588 589 600 700 710 900
"""
PREMIUM_EXCHANGE = "976"
DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def parse(text: str) -> str | None:
    """Return the E.164 form of a number written in any usual way, or None when it is none.

    Numbers without a country code are read as North American.
    """
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        return None
    whole = phonenumbers.ValidationResult.IS_POSSIBLE  # not "possible within one area code"
    if phonenumbers.is_possible_number_with_reason(number) != whole:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_valid(number: str) -> bool:
    """Is this E.164, exactly as we store it?"""
    return parse(number) == number


def may_be_dialled(number: str) -> bool:
    """May the desk ring this number by itself? Only +1, and none that costs more than a call at home."""
    if not (number.startswith("+1") and len(number) == 12 and is_valid(number)):
        return False
    area, exchange = number[2:5], number[5:8]
    starts_well = area[0] in "23456789" and exchange[0] in "23456789"
    return starts_well and area not in DEAR_AREA_CODES.split() and exchange != PREMIUM_EXCHANGE


def display(number: str) -> str:
    """For the screen: +12125550143 → (212) 555-0143; unknown shapes come back unchanged."""
    try:
        parsed = phonenumbers.parse(number, REGION)
    except phonenumbers.NumberParseException:
        return number
    if parsed.country_code == 1:
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def speak_digits(digits: str) -> str:
    """Digit by digit for the ear, in groups: 2125550143 → "two one two, five five five, …"."""
    groups = [digits[:3], digits[3:6], digits[6:]] if len(digits) in (6, 10) else [digits]
    return ", ".join(" ".join(DIGIT_WORDS[int(digit)] for digit in group) for group in groups if group)


def speak(number: str) -> str:
    """An E.164 number for the ear; a North American one without its country code."""
    digits = number.removeprefix("+")
    if number.startswith("+1") and len(digits) == 11:
        digits = digits[1:]
    return speak_digits(digits)
