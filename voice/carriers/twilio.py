"""Twilio: signatures, TwiML, orders over REST, and the Media Streams line. The one importer of its SDK."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import httpx
from django.conf import settings
from requests import ConnectTimeout, RequestException
from requests.exceptions import ConnectionError as ConnectionFailed
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.voice_response import Connect, Dial, Gather, VoiceResponse
from urllib3.exceptions import MaxRetryError, NewConnectionError

from voice.carriers.media_streams import MediaStreams
from voice.ports import CallIsOver, OptedOut, ProviderError, Unsure

log = logging.getLogger(__name__)

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

ANSWER_SECONDS = 5.0
RING_SECONDS = 20
PRESS_SECONDS = 8
LONGEST_BRIEF = 400  # characters: half a minute of speech
LARGEST_RECORDING = 64 * 1024 * 1024  # bytes; an hour of MP3 has half of it
LISTED_CALLS = 20  # to one number within minutes
NOT_FOUND = 20404
NOT_IN_PROGRESS = 21220
OPTED_OUT = 21610


class TwilioCarrier(MediaStreams):
    """A call over Twilio Media Streams. It ends when the socket closes: after-stream goes on."""


# --- signatures ---------------------------------------------------------------------------


def is_signed(path: str, fields: Mapping[str, object], signature: str | None) -> bool:
    """Did Twilio (or whoever holds our auth token) sign this request?

    path is the raw path with its query; the origin is the configured one, never the Host header.
    """
    if not signature:
        return False
    validator = RequestValidator(settings.TWILIO_AUTH_TOKEN)
    return bool(validator.validate(settings.PUBLIC_BASE_URL + path, fields, signature))


def sign(path: str, fields: Mapping[str, object]) -> str:
    """The signature that is_signed accepts; for our own simulated caller."""
    validator = RequestValidator(settings.TWILIO_AUTH_TOKEN)
    return str(validator.compute_signature(settings.PUBLIC_BASE_URL + path, fields))


def is_socket_signed(path: str, query: bytes, signature: str) -> bool:
    """Did Twilio sign the handshake of the socket that our TwiML named?

    A query is never ours: <Stream> knows none.
    """
    if not signature or query:
        return False
    validator = RequestValidator(settings.TWILIO_AUTH_TOKEN)
    return bool(validator.validate(socket_url(path), {}, signature))


def sign_socket(path: str) -> str:
    """The signature that is_socket_signed accepts; for our own simulated caller."""
    return str(RequestValidator(settings.TWILIO_AUTH_TOKEN).compute_signature(socket_url(path), {}))


def socket_url(path: str) -> str:
    """The public address of a socket: wss where the pages are https."""
    return "ws" + str(settings.PUBLIC_BASE_URL).removeprefix("http") + path


# --- TwiML --------------------------------------------------------------------------------


def connect_stream(stream_path: str, token: str, after_path: str, status_path: str) -> str:
    """TwiML: open the media stream; when our side ends it, ask after_path what comes next."""
    response = VoiceResponse()
    connect = Connect()
    stream = connect.stream(
        url=socket_url(stream_path), status_callback=settings.PUBLIC_BASE_URL + status_path
    )
    stream.parameter(name="token", value=token)
    response.append(connect)
    response.redirect(after_path, method="POST")
    return str(response)


def say_and_hang_up(text: str = "") -> str:
    response = VoiceResponse()
    if text:
        response.say(text)
    response.hangup()
    return str(response)


def say_and_dial(text: str, number: str, *, result_path: str, whisper_path: str, longest_seconds: int) -> str:
    """TwiML: speak, then ring number; whoever answers hears whisper_path first.

    Whatever comes of it, result_path is asked what comes next.
    """
    response = VoiceResponse()
    if text:
        response.say(text)
    dial = Dial(action=result_path, timeout=RING_SECONDS, time_limit=longest_seconds)
    dial.number(number, url=whisper_path)
    response.append(dial)
    return str(response)


def say_and_dial_anyhow(text: str, number: str) -> str:
    """TwiML that asks us nothing afterwards: for when we may be down. Without a number it hangs up."""
    response = VoiceResponse()
    response.say(text)
    if number:
        response.dial(number, timeout=RING_SECONDS)
    return str(response)


def whisper(text: str, *, accept_path: str = "") -> str:
    """TwiML for the person who answered, before the caller is connected.

    With accept_path the call must be taken with a key, or it ends: a voicemail presses none.
    """
    response = VoiceResponse()
    if not accept_path:
        response.say(text[:LONGEST_BRIEF])
        return str(response)
    gather = Gather(action=accept_path, num_digits=1, timeout=PRESS_SECONDS)
    gather.say(f"{text[:LONGEST_BRIEF]} Press 1 to take the call.")
    response.append(gather)
    response.hangup()
    return str(response)


def go_on() -> str:
    """TwiML: nothing more to do here; after a whisper the two are connected."""
    return str(VoiceResponse())


# --- orders over REST ---------------------------------------------------------------------


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what the SDK and its HTTP library raise into our errors.

    Twilio's sentences may name numbers, so only their codes are told.
    """
    try:
        yield
    except TwilioException as error:
        code, status = getattr(error, "code", None), getattr(error, "status", 0) or 0
        if code in (NOT_FOUND, NOT_IN_PROGRESS) or status == 404:
            raise CallIsOver(f"Twilio knows no such call or recording any more ({code}).") from error
        raise _refusal(status, f"code {code}") from error
    except httpx.HTTPStatusError as error:
        raise _refusal(error.response.status_code, "no audio") from error
    except (RequestException, httpx.HTTPError, ValueError) as error:  # ValueError: an answer that is no JSON
        raise ProviderError(f"Twilio could not be asked: {type(error).__name__}.") from error


def _refusal(status: int, why: str) -> ProviderError:
    may_help = not status or status == 429 or status >= 500
    return ProviderError(f"Twilio refused an order: HTTP {status}, {why}.", retryable=may_help)


def _order(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    @wraps(function)
    def ordered(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with _translated():
            return function(*args, **kwargs)

    return ordered


def _client() -> Client:
    """A client with a time limit, which the SDK's own has not, and our choice of host."""
    client = Client(
        settings.TWILIO_ACCOUNT_SID,
        settings.TWILIO_AUTH_TOKEN,
        http_client=TwilioHttpClient(timeout=ANSWER_SECONDS),
    )
    client.api.base_url = settings.TWILIO_API_BASE_URL
    return client


class TwilioControl:
    """See ports.CallControl."""

    def __init__(self) -> None:
        self._calls: Callable[[str], Any] = _client().calls

    @_order
    def hang_up(self, sid: str) -> None:
        self._calls(sid).update(status="completed")

    @_order
    def redirect(self, sid: str, *, path: str = "", twiml: str = "") -> None:
        if twiml:
            self._calls(sid).update(twiml=twiml)
        else:
            self._calls(sid).update(url=settings.PUBLIC_BASE_URL + path, method="POST")

    @_order
    def limit(self, sid: str, seconds: int) -> None:
        self._calls(sid).update(time_limit=seconds)


@contextmanager
def _not_repeatable() -> Iterator[None]:
    """Like _translated, for what Twilio would do twice when it is asked twice.

    Only where nobody was reached, or Twilio clearly refused, has certainly nothing happened.
    """
    try:
        yield
    except TwilioException as error:
        code, status = getattr(error, "code", None), getattr(error, "status", 0) or 0
        if code == OPTED_OUT:
            raise OptedOut(f"The carrier refused: opted out ({code}).") from error
        if 400 <= status < 500:
            raise _refusal(status, f"code {code}") from error
        raise Unsure(f"Twilio answered HTTP {status}, code {code}.") from error
    except RequestException as error:
        if _was_never_sent(error):
            raise ProviderError("Twilio could not be reached.") from error
        raise Unsure(f"Twilio did not answer: {type(error).__name__}.") from error
    except ValueError as error:  # an answer that is no JSON
        raise Unsure("Twilio's answer was not understood.") from error


def _was_never_sent(error: RequestException) -> bool:
    """Did the connection fail before there was one?"""
    reason = error.args[0] if error.args else None
    is_refused = isinstance(reason, MaxRetryError) and isinstance(reason.reason, NewConnectionError)
    return isinstance(error, ConnectTimeout) or (isinstance(error, ConnectionFailed) and is_refused)


class TwilioDialer:
    """See ports.Dialer."""

    def __init__(self) -> None:
        self._client = _client()

    def ring(self, to: str, *, own_number: str, answer_path: str, status_path: str, machine_path: str) -> str:
        with _not_repeatable():
            call = self._client.calls.create(
                to=to,
                from_=own_number,
                url=settings.PUBLIC_BASE_URL + answer_path,
                status_callback=settings.PUBLIC_BASE_URL + status_path,
                # The first of them is early evidence that the call exists.
                status_callback_event=["initiated", "ringing", "answered", "completed"],
                timeout=RING_SECONDS,
                machine_detection="DetectMessageEnd",
                async_amd="true",
                async_amd_status_callback=settings.PUBLIC_BASE_URL + machine_path,
            )
            return str(call.sid)

    @_order
    def rung(self, to: str, *, own_number: str, since: datetime) -> list[str]:
        found = self._client.calls.list(
            to=to, from_=own_number, start_time_after=since.astimezone(UTC), limit=LISTED_CALLS
        )
        return [str(call.sid) for call in found]


class TwilioTexter:
    """See ports.Texter."""

    def __init__(self) -> None:
        self._client = _client()

    def text(self, to: str, body: str, *, own_number: str, status_path: str) -> str:
        with _not_repeatable():
            message = self._client.messages.create(
                to=to,
                from_=own_number,
                body=body,
                status_callback=settings.PUBLIC_BASE_URL + status_path,
            )
            return str(message.sid)


class TwilioRecorder:
    """See ports.Recorder."""

    def __init__(self) -> None:
        self._client = _client()

    @_order
    def start(self, call_sid: str, *, status_path: str) -> str:
        recording = self._client.calls(call_sid).recordings.create(
            recording_channels="dual",
            recording_track="both",
            recording_status_callback=settings.PUBLIC_BASE_URL + status_path,
            recording_status_callback_event=["completed", "absent"],
        )
        return str(recording.sid)

    @_order
    def stop(self, call_sid: str, sid: str) -> None:
        self._client.calls(call_sid).recordings(sid).update(status="stopped")

    @_order
    def delete(self, sid: str) -> None:
        self._client.recordings(sid).delete()

    @_order
    def fetch(self, sid: str) -> bytes:
        # The address is made from the SID: the one in a webhook is somebody else's word.
        url = f"{settings.TWILIO_API_BASE_URL}/2010-04-01/Accounts/{settings.TWILIO_ACCOUNT_SID}/Recordings/{sid}.mp3"
        audio = bytearray()
        with (
            httpx.stream(
                "GET",
                url,
                auth=(settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN),
                timeout=ANSWER_SECONDS,
                follow_redirects=True,  # to where the audio is kept; httpx takes our password along to no other host
            ) as answer
        ):
            if answer.status_code == 404:
                raise CallIsOver("Twilio has no such recording.")
            answer.raise_for_status()
            if not answer.headers.get("Content-Type", "").startswith("audio/"):
                raise ProviderError("Twilio sent something else than audio.")
            for piece in answer.iter_bytes():
                audio += piece
                if len(audio) > LARGEST_RECORDING:
                    raise ProviderError("A recording is larger than any call.", retryable=False)
        return bytes(audio)
