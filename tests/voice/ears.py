"""Plays audio to a transcriber and sorts what it reports."""

from collections.abc import Sequence

from tests.voice.leaks import nothing_left_running
from voice.ports import HearingEvent, SpeechEnded, Transcriber, Words


async def heard(transcriber: Transcriber, *audio: bytes, then_finish: bool = True) -> list[HearingEvent]:
    """Everything it reports about this audio, sent as fast as it goes."""
    async with nothing_left_running(), transcriber as ear:
        for piece in audio:
            await ear.send(piece)
        if then_finish:
            await ear.finish()
        return [event async for event in ear.events()]


async def until(events: list[HearingEvent], transcriber: Transcriber, kind: type[HearingEvent]) -> None:
    """Listen until an event of this kind comes; they are added to events."""
    async for event in transcriber.events():
        events.append(event)
        if isinstance(event, kind):
            return


def finals(events: Sequence[HearingEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Words) and event.is_final]


def interims(events: Sequence[HearingEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, Words) and not event.is_final]


def ends(events: Sequence[HearingEvent]) -> int:
    return sum(isinstance(event, SpeechEnded) for event in events)


def kinds(events: Sequence[HearingEvent]) -> list[str]:
    """The names of the events, a row of interim words counted once."""
    names = ["final" if isinstance(e, Words) and e.is_final else type(e).__name__ for e in events]
    return [name for at, name in enumerate(names) if name != "Words" or names[at - 1 : at] != ["Words"]]
