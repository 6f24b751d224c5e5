"""The emulated cloud of `make run CLOUD=emulated`: it hears, speaks and thinks by itself."""

import pytest
from django.utils import timezone
from pytest_django import Settings

from dealership import demo_call
from tests.emulators.cloud import UnderstandingDeepgram, UnderstandingOpenAI
from tests.emulators.deepgram_sdk import PHONE, VOICE, client, spoken, until_closed
from tests.factories import make_demo_store
from tests.talking import MARIA
from tests.voice.phone import ringing
from tests.voice.sound import silence
from voice.calls import written_by
from voice.database import in_database
from voice.models import Call
from voice.replies import openai as openai_replies

pytestmark = pytest.mark.integration


@pytest.mark.usefixtures("sdk_s_own_sockets")
async def test_what_it_says_it_can_hear() -> None:
    async with UnderstandingDeepgram() as deepgram:
        async with client(deepgram).speak.v1.connect(**VOICE) as mouth:
            await mouth.recv()
            audio, _ = await spoken(mouth, "I need an oil change on Tuesday.")
        async with client(deepgram).listen.v1.connect(**PHONE) as ear:
            await ear.send_media(silence(0.3) + audio + silence(1.0))
            await ear.send_finalize()
            await ear.send_close_stream()
            messages = await until_closed(ear)

    kinds = [message.type for message in messages]
    finals = [m.channel.alternatives[0].transcript for m in messages if m.type == "Results" and m.is_final]
    assert (kinds[0], kinds[-1]) == ("SpeechStarted", "Metadata")
    assert "oil change" in " ".join(finals).lower()
    assert any(m.type == "Results" and m.speech_final for m in messages)


@pytest.mark.django_db(transaction=True)
async def test_its_model_books_through_the_tools(settings: Settings) -> None:
    otto = await in_database(make_demo_store, timezone.now())
    scenario = await in_database(lambda: demo_call.scenarios(otto, now=timezone.now())["maria"])
    async with UnderstandingOpenAI() as openai:
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "emulated", openai.api_url
        settings.REPLY_MODEL = "voice.replies.openai.OpenAIReplies"
        async with ringing(MARIA) as phone:
            await phone.reply()
            await phone.converse(scenario.script.opening, scenario.script.answers)
            call = await phone.row()
        await openai_replies.close_client()

    assert call.outcome == Call.Outcome.BOOKED
    (appointment,) = await in_database(written_by, call)
    assert appointment.customer.first_name == "Maria"
    assert openai.counts["gpt-4o"] >= 8
