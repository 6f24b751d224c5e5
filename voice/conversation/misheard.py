"""Makes and models as they are misheard and misspelled: one letter off, or two in a long name. Pure."""

from functools import lru_cache
from itertools import combinations

from voice.conversation.makes import MODELS, NOT_MISHEARD, OFTEN_MISHEARD

SHORTEST = 5  # letters; below that everything is near something
LONGEST = 16  # beyond any name; the letters to leave out grow with the square
LONG = 9  # letters from which two may be wrong
Named = tuple[str, str]  # a make, and its model or ""


def _deletions(word: str, most: int) -> set[str]:
    """word with up to `most` letters left out: words that are near each other share one of these."""
    return {
        "".join(letter for place, letter in enumerate(word) if place not in gaps)
        for count in range(most + 1)
        for gaps in combinations(range(len(word)), count)
    }


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _index() -> dict[str, list[tuple[str, Named]]]:
    names: list[tuple[str, Named]] = [(_plain(make), (make, "")) for make in MODELS]
    names += [(_plain(model), (make, model)) for make, models in MODELS.items() for model in models]
    index: dict[str, list[tuple[str, Named]]] = {}
    for name, named in names:
        if len(name) >= SHORTEST and name.isalpha():
            for shortened in _deletions(name, 2 if len(name) >= LONG else 1):
                index.setdefault(shortened, []).append((name, named))
    return index


INDEX = _index()


@lru_cache(maxsize=4096)
def nearly(word: str, make: str = "", *, is_behind: bool = False) -> Named | None:
    """The make or model that word, which is none itself, is most likely a slip for.

    With a make only its own models count; is_behind says that word follows it.
    """
    if (
        not SHORTEST - is_behind <= len(word) <= LONGEST
        or not word.isalpha()
        or (word in NOT_MISHEARD and not is_behind)
    ):
        return None
    near = {
        (name, named)
        for shortened in _deletions(word, 2 if len(word) >= LONG - 1 else 1)
        for name, named in INDEX.get(shortened, ())
        if _is_likely(word, name, named, make)
    }
    if not near:
        return None
    return min(near, key=lambda pair: (_differences(word, pair[0]), bool(pair[1][1]), pair[1]))[1]


def _is_likely(word: str, name: str, named: Named, make: str) -> bool:
    """Near enough, beginning alike, and of this make where there is one."""
    if (
        word[0] != name[0]
        or word in (name, f"{name}s")
        or abs(len(word) - len(name)) > 1 + (len(name) >= LONG)
    ):
        return False
    if make:
        return named[0] == make and bool(named[1])
    return name in OFTEN_MISHEARD and (len(name) > SHORTEST or word[-1] == name[-1])


def _differences(word: str, name: str) -> int:
    return sum(a != b for a, b in zip(word, name, strict=False)) + abs(len(word) - len(name))
