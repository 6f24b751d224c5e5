"""The functions a mind may call: the door from a conversation to the database."""

from voice.tools import appointments, caller, consents, desk, lane, lateness, ringing, vehicles, visits  # noqa: F401  importing them registers the tools
