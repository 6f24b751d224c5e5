"""Which class serves each role: named in settings by dotted path, loaded here and nowhere else."""

import logging
from importlib import import_module

from django.conf import settings
from django.utils.module_loading import import_string

from voice.conversation.facts import Store
from voice.ports import (
    CallControl,
    Carrier,
    ProviderError,
    Recorder,
    ReplyModel,
    Synthesizer,
    Transcriber,
)
from voice.replies.builtin import BuiltinReplies
from voice.replies.fallback import FallbackReplies

log = logging.getLogger(__name__)


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


def make_transcriber() -> Transcriber:
    transcriber: Transcriber = import_string(settings.TRANSCRIBER)()
    return transcriber


def make_synthesizer() -> Synthesizer:
    synthesizer: Synthesizer = import_string(settings.SYNTHESIZER)()
    return synthesizer


def make_mind(store: Store) -> ReplyModel:
    """The mind that settings name; behind any but the built-in one stand the built-in replies."""
    mind: ReplyModel = import_string(settings.REPLY_MODEL)(store)
    if isinstance(mind, BuiltinReplies):
        return mind
    return FallbackReplies(mind, BuiltinReplies(store))


def warm_up() -> None:
    """Load what takes seconds (local models) before the first caller waits for it. Blocks."""
    for module in sorted({path.rpartition(".")[0] for path in (settings.TRANSCRIBER, settings.SYNTHESIZER)}):
        load = getattr(import_module(module), "warm_up", None)
        if load is None:
            continue
        try:
            load()
        except ProviderError as error:
            log.error("%s", error)
