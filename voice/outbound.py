"""Calls that the desk places."""

import logging

from voice.models import Call

log = logging.getLogger(__name__)


def machine_answered(call: Call) -> None:
    """A machine has answered and finished its greeting, as call.answered_by says; told once a call."""
    log.info("call %s is with a machine: %s", call.pk, call.answered_by)
