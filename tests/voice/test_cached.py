"""What is said again and again is synthesized once, and is heard even when nobody can speak."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest
from pytest_django import Settings

from tests.emulators.base import Fault
from tests.emulators.deepgram import Deepgram
from tests.emulators.deepgram_voice import carried_tone
from tests.fakes import FakeSynthesizer
from tests.voice.leaks import nothing_left_running
from tests.voice.small import make_small_store
from voice import providers
from voice.conversation import phrases
from voice.database import in_database
from voice.ports import MissingPackage, ProviderError
from voice.speech import aura
from voice.speech.cached import LONGEST_TEXT, CachedSynthesizer, SpokenTexts

SORRY = "I'm sorry, our telephone system has a problem right now."


async def spoken(synthesizer: CachedSynthesizer, text: str) -> bytes:
    return b"".join([piece async for piece in synthesizer.speak(text)])


def fake_and_cached(kept: SpokenTexts, voice: str = "a voice") -> tuple[FakeSynthesizer, CachedSynthesizer]:
    fake = FakeSynthesizer()
    return fake, CachedSynthesizer(fake, voice, kept)


async def test_a_sentence_is_synthesized_once_for_all_calls() -> None:
    kept = SpokenTexts()
    first, one_call = fake_and_cached(kept)
    second, another_call = fake_and_cached(kept)

    assert await spoken(one_call, SORRY) == await spoken(another_call, SORRY)
    assert (first.asked, second.asked) == ([SORRY], [])


async def test_another_voice_says_it_itself() -> None:
    kept = SpokenTexts()
    _, one = fake_and_cached(kept, "asteria")
    fake, other = fake_and_cached(kept, "orion")
    await spoken(one, SORRY)
    await spoken(other, SORRY)

    assert fake.asked == [SORRY]


async def test_a_sentence_that_was_interrupted_is_not_kept() -> None:
    fake, desk = fake_and_cached(SpokenTexts())
    async with aclosing(desk.speak(SORRY)) as speech:
        await anext(speech)

    assert fake.given_up == [SORRY]
    assert len(await spoken(desk, SORRY)) == len(SORRY) * FakeSynthesizer.BYTES_PER_CHARACTER
    assert fake.asked == [SORRY, SORRY]


async def test_a_sentence_that_failed_half_way_is_not_kept() -> None:
    fake, desk = fake_and_cached(SpokenTexts())
    with pytest.raises(ProviderError):
        async with aclosing(desk.speak(SORRY)) as speech:
            await anext(speech)
            fake.fails_with = ProviderError("gone")
            await anext(speech)
    fake.fails_with = None

    assert len(await spoken(desk, SORRY)) == len(SORRY) * FakeSynthesizer.BYTES_PER_CHARACTER


async def test_a_text_too_long_to_come_again_is_not_kept() -> None:
    fake, desk = fake_and_cached(SpokenTexts())
    for _ in range(2):
        await spoken(desk, "a" * (LONGEST_TEXT + 1))

    assert len(fake.asked) == 2


def test_the_least_recently_used_is_forgotten_when_room_runs_out() -> None:
    kept = SpokenTexts(most_bytes=300)
    for text in ("one", "two", "three"):
        kept.keep("a", text, text[:1].encode() * 100)
    kept.get("a", "one")
    kept.keep("a", "four", b"f" * 100)
    kept.keep("a", "four", b"g" * 100)

    assert [kept.get("a", text) is not None for text in ("one", "two", "three", "four")] == [
        True,
        False,
        True,
        True,
    ]


async def test_warm_sentences_are_heard_though_the_voice_is_gone() -> None:
    kept = SpokenTexts()
    _, at_start = fake_and_cached(kept)
    await at_start.warm([SORRY, phrases.GOODBYE])
    fake, desk = fake_and_cached(kept)
    fake.fails_with = ProviderError("gone")

    assert len(await spoken(desk, SORRY)) == len(SORRY) * FakeSynthesizer.BYTES_PER_CHARACTER
    with pytest.raises(ProviderError):
        await spoken(desk, "Something new.")


async def test_warming_stops_where_the_voice_fails() -> None:
    fake, desk = fake_and_cached(SpokenTexts())
    fake.fails_with = ProviderError("gone")

    with pytest.raises(ProviderError):
        await desk.warm([SORRY, phrases.GOODBYE])

    assert fake.asked == [SORRY]


class Unusable(FakeSynthesizer):
    async def __aenter__(self) -> "Unusable":
        raise MissingPackage("hibari-tts")

    async def speak(self, text: str) -> AsyncGenerator[bytes, None]:
        raise AssertionError("never entered")
        yield b""


async def test_a_voice_that_cannot_be_entered_still_says_what_is_kept() -> None:
    kept = SpokenTexts()
    kept.keep("a voice", SORRY, b"sorry")
    async with CachedSynthesizer(Unusable(), "a voice", kept) as desk:
        assert await spoken(desk, SORRY) == b"sorry"
        with pytest.raises(MissingPackage):
            await spoken(desk, "Something new.")


# --- as the desk uses it ------------------------------------------------------------------


@pytest.fixture
def speaks_with_deepgram(settings: Settings, deepgram: Deepgram) -> None:
    settings.SYNTHESIZER = "voice.speech.aura.DeepgramSynthesizer"


@pytest.mark.integration
async def test_the_apology_is_heard_while_deepgram_is_down(
    deepgram: Deepgram, speaks_with_deepgram: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aura, "READY_SECONDS", 0.2)
    await providers.warm_voice(providers.FIXED_SENTENCES)
    deepgram.faults.append(Fault("refuse", "speak"))

    async with nothing_left_running(), providers.make_synthesizer() as desk:
        assert await spoken(desk, phrases.OUT_OF_ORDER) == carried_tone(phrases.OUT_OF_ORDER)
        with pytest.raises(ProviderError):
            await spoken(desk, "Something new.")

    assert len(deepgram.said("Flush")) == len(providers.FIXED_SENTENCES)


@pytest.mark.integration
@pytest.mark.django_db(transaction=True)
async def test_each_store_greets_while_deepgram_is_down(
    deepgram: Deepgram, speaks_with_deepgram: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aura, "READY_SECONDS", 0.2)
    monkeypatch.setattr(providers, "WARM_AGAIN_SECONDS", 0.0)
    settings.TRANSCRIBER = "voice.speech.nova.DeepgramTranscriber"
    otto = await in_database(make_small_store)
    await asyncio.to_thread(providers.warm_up)
    deepgram.faults.append(Fault("refuse", "speak"))

    async with providers.make_synthesizer() as desk:
        hello = phrases.introduction(otto.name, records_calls=otto.records_calls)
        assert await spoken(desk, hello) == carried_tone(hello)


@pytest.mark.integration
async def test_warming_is_tried_again_until_the_voice_is_there(
    deepgram: Deepgram, speaks_with_deepgram: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers, "WARM_AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(aura, "READY_SECONDS", 0.1)
    deepgram.faults.append(Fault("refuse", "speak", times=6))

    await providers.warm_voice([SORRY])

    assert len(deepgram.said("Flush")) == 1


@pytest.mark.integration
async def test_warming_gives_up_a_key_that_is_refused(deepgram: Deepgram, speaks_with_deepgram: None) -> None:
    deepgram.faults.append(Fault("refuse", "speak", status=401))

    await providers.warm_voice([SORRY])

    assert deepgram.messages == []
