"""Telephone numbers: parse, check, show and speak them. Pure; E.164 everywhere inside."""

import phonenumbers

REGION = "US"
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
