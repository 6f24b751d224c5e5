"""The phone page as a carrier of texts and of calls that the desk makes: for a laptop without an account."""

import secrets
from datetime import datetime

from django.utils import timezone

from voice import ringing
from voice.ports import ProviderError


class BrowserDialer:
    """See ports.Dialer. The page of a number rings while it is open; nobody there is a call not answered.

    No machine ever answers.
    """

    def ring(self, to: str, *, own_number: str, answer_path: str, status_path: str, machine_path: str) -> str:
        try:
            return ringing.begin(
                to,
                own_number=own_number,
                answer_path=answer_path,
                status_path=status_path,
                machine_path=machine_path,
                now=timezone.now(),
            )
        except ringing.NobodyThere as error:
            raise ProviderError("No store has the number that would call.", retryable=False) from error

    def rung(self, to: str, *, own_number: str, since: datetime) -> list[str]:
        return ringing.rung(to, since=since)


class BrowserTexter:
    """See ports.Texter. There is nothing to hand over: the page of a number shows what was written to it."""

    def text(self, to: str, body: str, *, own_number: str, status_path: str) -> str:
        return "SB" + secrets.token_hex(16)
