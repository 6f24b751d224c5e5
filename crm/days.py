"""Calendar days as people write them. Pure; a day without its whole year is refused, not guessed."""

import re
from datetime import date

ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
US_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
EXAMPLE = "1984-05-17"
# Nobody and nothing at the desk is older; a smaller one is a year with a slip of the finger in it.
FIRST_YEAR = 1900


def parse(text: str) -> date:
    """Read 1984-05-17 or 5/17/1984. Raises ValueError with what would be right."""
    iso, us = ISO_DAY.fullmatch(text), US_DAY.fullmatch(text)
    if iso:
        year, month, day = iso.groups()
    elif us:
        month, day, year = us.groups()
    else:
        raise ValueError(f"{text} is not a day with its year in four digits. Write it like {EXAMPLE}.")
    if int(year) < FIRST_YEAR:
        raise ValueError(f"{text} lies before {FIRST_YEAR}. Write it like {EXAMPLE}.")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError(f"{text} is not in the calendar. Write it like {EXAMPLE}.") from None
