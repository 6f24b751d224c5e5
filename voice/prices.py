"""What a call costs, estimated from list prices; a provider that is built in costs nothing."""

from decimal import Decimal

from django.conf import settings
from django.db.models import Sum

from voice.models import Call

MINUTE = Decimal(60)
MILLION = Decimal(1_000_000)
# US dollars.
LINE_MINUTE = Decimal("0.0125")  # the call and its media stream
TRANSCRIBED_MINUTE = Decimal("0.0058")
SPOKEN_CHARACTER = Decimal("0.03") / 1000
READ_TOKENS = Decimal("2.50") / MILLION
WRITTEN_TOKENS = Decimal("10") / MILLION
CENTIMILL = Decimal("0.0001")


def estimate(call: Call) -> Decimal:
    """US dollars, for a call that has ended."""
    return (_line(call) + _speech(call) + _thought(call)).quantize(CENTIMILL)


def _line(call: Call) -> Decimal:
    """Carriers bill the minute that was begun."""
    if call.carrier == Call.Carrier.BROWSER or call.duration is None:
        return Decimal(0)
    seconds = call.carrier_seconds or round(call.duration.total_seconds())
    return -(-seconds // 60) * LINE_MINUTE


def _speech(call: Call) -> Decimal:
    if not settings.DEEPGRAM_API_KEY:
        return Decimal(0)
    heard = call.seconds_transcribed / MINUTE * TRANSCRIBED_MINUTE
    return heard + call.characters_synthesized * SPOKEN_CHARACTER


def _thought(call: Call) -> Decimal:
    tokens = call.usages.aggregate(read=Sum("prompt_tokens"), written=Sum("completion_tokens"))
    return (tokens["read"] or 0) * READ_TOKENS + (tokens["written"] or 0) * WRITTEN_TOKENS
