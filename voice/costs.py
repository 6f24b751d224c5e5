"""What a call has cost, as far as settings.PRICES know it: an estimate, for bills have discounts and minimums."""

from dataclasses import dataclass
from math import ceil

from django.conf import settings
from django.db.models import Sum

from voice.models import Call


@dataclass(frozen=True, slots=True)
class Item:
    """dollars is None where no price is known."""

    what: str
    amount: str
    dollars: float | None


@dataclass(frozen=True, slots=True)
class Cost:
    items: list[Item]

    @property
    def dollars(self) -> float:
        return sum(item.dollars or 0.0 for item in self.items)

    @property
    def is_whole(self) -> bool:
        """Is everything's price known?"""
        return all(item.dollars is not None for item in self.items)


def cost_of(call: Call) -> Cost:
    """What the providers charge for this call. Speech of our own costs nothing and is left out."""
    return Cost([*_thinking(call), *_speech(call), *_line(call)])


def _thinking(call: Call) -> list[Item]:
    sums = call.usages.order_by("model").values("model")
    told = sums.annotate(into=Sum("prompt_tokens"), out=Sum("completion_tokens"))
    return [_tokens(each["model"], each["into"] or 0, each["out"] or 0) for each in told]


def _tokens(model: str, into: int, out: int) -> Item:
    prices = settings.PRICES["million_tokens"].get(model)
    dollars = (into * prices[0] + out * prices[1]) / 1_000_000 if prices else None
    return Item(model, f"{into:,} tokens in, {out:,} out", dollars)


def _speech(call: Call) -> list[Item]:
    if not settings.DEEPGRAM_API_KEY:
        return []
    heard, spoken = call.seconds_transcribed, call.characters_synthesized
    return [
        Item("Hearing", f"{heard} s", heard / 60 * settings.PRICES["minute_heard"]),
        Item("Speaking", f"{spoken:,} characters", spoken / 1000 * settings.PRICES["thousand_characters"]),
    ]


def _line(call: Call) -> list[Item]:
    """Begun minutes, as carriers count them; until the carrier says, those of our part."""
    if call.carrier != Call.Carrier.TWILIO or not call.ended_at:
        return []
    seconds = call.carrier_seconds or (call.ended_at - call.started_at).total_seconds()
    minutes = ceil(seconds / 60)
    return [Item("Line", f"{minutes} min", minutes * settings.PRICES["minute_on_the_line"])]
