"""Twilio: signatures, TwiML, and the Media Streams line. The one importer of its SDK."""

from collections.abc import Mapping

from django.conf import settings
from twilio.request_validator import RequestValidator
from twilio.twiml.voice_response import Connect, VoiceResponse

from voice.carriers.media_streams import MediaStreams


class TwilioCarrier(MediaStreams):
    """A call over Twilio Media Streams. It ends when the socket closes: after-stream goes on."""


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
    return "ws" + settings.PUBLIC_BASE_URL.removeprefix("http") + path


def connect_stream(stream_path: str, token: str, after_path: str) -> str:
    """TwiML: open the media stream; when our side ends it, ask after_path what comes next."""
    response = VoiceResponse()
    connect = Connect()
    stream = connect.stream(url=socket_url(stream_path))
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


def say_and_dial(text: str, number: str, *, timeout_seconds: int = 20) -> str:
    """TwiML: speak, then ring number."""
    response = VoiceResponse()
    if text:
        response.say(text)
    response.dial(number, timeout=timeout_seconds)
    return str(response)
