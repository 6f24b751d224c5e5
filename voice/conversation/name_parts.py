"""First and last names: which part of a name was said, and what makes it whole. Pure."""

from voice.conversation.name_words import TITLES


def surname_alone(name: str) -> str:
    """ "Mr. Wood" → "Wood": a title before a single name makes it the last; "" for any other name."""
    title, _, rest = name.partition(" ")
    return rest if _is_title(title) and rest and " " not in rest else ""


def completed(begun: str, said: str) -> str:
    """The whole name, where only a first or a last one was said before: "Mr. Wood" and "Peter" is Peter Wood."""
    if " " in said:
        return said
    surname = surname_alone(begun)
    return f"{said} {surname}" if surname else f"{begun} {said}"


def first_and_last(name: str) -> tuple[str, str]:
    """As a store keeps it: "Maria Lopez Diaz" → Maria, Lopez Diaz; "Mr. Wood" has no first name."""
    if surname := surname_alone(name.strip()):
        return "", surname
    words = name.split()
    first, _, last = " ".join(words[1:] if words and _is_title(words[0]) else words).partition(" ")
    return first, last


def _is_title(word: str) -> bool:
    return word.lower().rstrip(".") in TITLES or word in TITLES.values()
