"""Sounds to play at a recogniser: mulaw, 8 kHz mono, without a voice or a file."""

SECOND = 8000


def voice(seconds: float) -> bytes:
    """A loud square wave: enough for anything that listens for energy."""
    return (b"\x90" * 20 + b"\x10" * 20) * int(seconds * SECOND / 40)


def silence(seconds: float) -> bytes:
    return b"\xff" * int(seconds * SECOND)
