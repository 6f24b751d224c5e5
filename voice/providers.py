"""Which class serves each role: named in settings by dotted path, loaded here and nowhere else."""

import asyncio
import logging
from collections.abc import Iterable
from importlib import import_module

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.module_loading import import_string

from crm.models import Rooftop
from crm.patience import patience
from voice.conversation import phrases, prompts
from voice.conversation.facts import Store
from voice.ports import (
    CallControl,
    Carrier,
    Dialer,
    ProviderError,
    Recorder,
    ReplyModel,
    Synthesizer,
    Texter,
    Transcriber,
)
from voice.replies.builtin import BuiltinReplies
from voice.replies.fallback import FallbackReplies
from voice.speech.cached import CachedSynthesizer

log = logging.getLogger(__name__)

WARM_AGAIN_SECONDS = 60.0
DATABASE_SECONDS = 2.0
BROWSER_DIALER = "voice.carriers.browser_phone.BrowserDialer"
BROWSER_TEXTER = "voice.carriers.browser_phone.BrowserTexter"
# What must be heard although no provider speaks, then what a caller waits for in silence.
FIXED_SENTENCES = (
    phrases.OUT_OF_ORDER,
    phrases.OUT_OF_ORDER_RINGING,
    phrases.OUT_OF_ORDER_CALL_AGAIN,
    *phrases.FILLERS,
    *phrases.STILL_THERE,
    *phrases.NOT_UNDERSTOOD,
    *phrases.GOODBYES,
    phrases.GOODBYE_IN_SILENCE,
    phrases.TIME_LIMIT,
)


def make_carrier(name: str) -> Carrier:
    """name is a value of voice.models.Call.Carrier."""
    carrier: Carrier = import_string(settings.CARRIERS[name])()
    return carrier


def make_control() -> CallControl | None:
    """Who gives orders about calls; None while no account carries any."""
    if not settings.TWILIO_ACCOUNT_SID:
        return None
    control: CallControl = import_string(settings.CALL_CONTROL)()
    return control


def make_recorder() -> Recorder | None:
    """Who records calls; None while no account carries any."""
    if not settings.TWILIO_ACCOUNT_SID:
        return None
    recorder: Recorder = import_string(settings.RECORDER)()
    return recorder


def make_dialer() -> Dialer:
    """Who rings people: the carrier, or the browser phone while no account carries any."""
    dialer: Dialer = import_string(settings.DIALER if settings.TWILIO_ACCOUNT_SID else BROWSER_DIALER)()
    return dialer


def make_texter() -> Texter:
    """Who sends texts: the carrier, or the browser phone while no account carries any."""
    texter: Texter = import_string(settings.TEXTER if settings.TWILIO_ACCOUNT_SID else BROWSER_TEXTER)()
    return texter


def make_transcriber() -> Transcriber:
    transcriber: Transcriber = import_string(settings.TRANSCRIBER)()
    return transcriber


def make_synthesizer() -> CachedSynthesizer:
    synthesizer: Synthesizer = import_string(settings.SYNTHESIZER)()
    return CachedSynthesizer(synthesizer, voice=f"{settings.SYNTHESIZER} {settings.DEEPGRAM_TTS_MODEL}")


def make_mind(store: Store) -> ReplyModel:
    """The mind that settings name; behind any but the built-in one stand the built-in replies."""
    mind: ReplyModel = import_string(settings.REPLY_MODEL)(store)
    if isinstance(mind, BuiltinReplies):
        return mind
    return FallbackReplies(mind, BuiltinReplies(store))


def agent_version() -> str:
    """Who talks in calls now: the first model and the version of its prompt, or the built-in replies."""
    if import_string(settings.REPLY_MODEL) is BuiltinReplies:
        return "built-in"
    return f"{settings.OPENAI_MODELS[0]} {prompts.VERSION}"


def warm_up() -> None:
    """Load what takes seconds (local models, fixed sentences) before the first caller waits for it.

    Blocks: never on an event loop.
    """
    paths = (settings.TRANSCRIBER, settings.REPLY_MODEL, settings.SYNTHESIZER)
    for module in sorted({path.rpartition(".")[0] for path in paths}):
        load = getattr(import_module(module), "warm_up", None)
        if load is None:
            continue
        try:
            load()
        except ProviderError as error:
            log.error("%s", error)
    asyncio.run(warm_voice([*FIXED_SENTENCES, *_introductions()]))


def _introductions() -> list[str]:
    """How each store greets: callers hear it at once, and also when the voice is lost."""
    try:
        with patience(DATABASE_SECONDS):
            stores = list(Rooftop.objects.values_list("name", "records_calls"))
    except DatabaseError as error:
        log.warning("greetings are not ready: %s", type(error).__name__)
        return []
    finally:
        connection.close()
    return [phrases.introduction(name, records_calls=records) for name, records in stores]


async def warm_voice(texts: Iterable[str]) -> None:
    """Have these sentences synthesized for every call to come, also for when the voice is lost.

    Tries again for as long as that may help.
    """
    while True:
        try:
            async with make_synthesizer() as synthesizer:
                await synthesizer.warm(texts)
                return
        except ProviderError as error:
            log.warning("fixed sentences are not ready: %s", error)
            if not error.retryable:
                return
        await asyncio.sleep(WARM_AGAIN_SECONDS)
