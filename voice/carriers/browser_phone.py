"""The phone page as a carrier of texts and of calls that the desk makes: for a laptop without an account."""

import secrets


class BrowserTexter:
    """See ports.Texter. There is nothing to hand over: the page of a number shows what was written to it."""

    def text(self, to: str, body: str, *, own_number: str, status_path: str) -> str:
        return "SB" + secrets.token_hex(16)
