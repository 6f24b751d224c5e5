"""Texts at emulated Twilio: sent with their status callbacks, received, stopped and started again."""

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.emulators.twilio_webhooks import Fields, Posted

if TYPE_CHECKING:
    from tests.emulators.twilio import Twilio

STOP = {"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "CANCEL", "REVOKE", "OPTOUT"}
START = {"START", "UNSTOP", "YES"}
LONGEST = 1600


@dataclass(slots=True)
class Text:
    from_: str
    to: str
    body: str
    callback: str
    sid: str = field(default_factory=lambda: "SM" + secrets.token_hex(16))
    status: str = "queued"
    error_code: str = ""


@dataclass(slots=True)
class Texts:
    """fates: what becomes of a text, by the receiver's number: (last status, error code)."""

    twilio: "Twilio"
    sent: list[Text] = field(default_factory=list)
    fates: dict[str, tuple[str, str]] = field(default_factory=dict)
    stopped: set[tuple[str, str]] = field(default_factory=set)  # (our number, theirs)

    def send(self, form: Fields) -> Text | int:
        """Take one to be sent, or return the code of the refusal."""
        from_, to, body = form.get("From", ""), form.get("To", ""), form.get("Body", "")
        if from_ not in self.twilio.numbers:
            return 21606
        if not to.startswith("+") or not to[1:].isdecimal():
            return 21211
        if len(body) > LONGEST:
            return 21617
        if (from_, to) in self.stopped:
            return 21610
        text = Text(from_, to, body, form.get("StatusCallback", ""))
        self.sent.append(text)
        self.twilio.later(self._deliver(text))
        return text

    async def arrive(self, from_: str, to: str, body: str, **extra: str) -> Posted:
        """Bring an inbound text to the number's webhook, which is called for STOP and START too."""
        word = body.strip().upper()
        if word in STOP:
            self.stopped.add((to, from_))
        elif word in START:
            self.stopped.discard((to, from_))
        sid = "SM" + secrets.token_hex(16)
        fields = {
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsMessageSid": sid,
            "AccountSid": self.twilio.account_sid,
            "From": from_,
            "To": to,
            "Body": body,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
            "FromCountry": "US",
            **extra,
        }
        return await self.twilio.webhooks.send("message", self.twilio.numbers[to].sms_url, fields)

    async def _deliver(self, text: Text) -> None:
        last, text.error_code = self.fates.get(text.to, ("delivered", ""))
        for status in ("sent", last):
            text.status = status
            fields = {
                "MessageSid": text.sid,
                "SmsSid": text.sid,
                "MessageStatus": status,
                "SmsStatus": status,
                "To": text.to,
                "From": text.from_,
                "AccountSid": self.twilio.account_sid,
                "ApiVersion": "2010-04-01",
            }
            if status == last and text.error_code:
                fields["ErrorCode"] = text.error_code
            await self.twilio.webhooks.notify("message-status", text.callback, fields)
