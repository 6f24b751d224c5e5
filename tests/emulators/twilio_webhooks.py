"""How Twilio calls a server back: signed, within 15 s, again when it fails, and never surely once."""

import base64
import hashlib
import hmac
import random
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urldefrag, urlencode, urljoin, urlsplit, urlunsplit

from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout

RETRIES = 1  # of a connection that fails
Fields = dict[str, str]


def signature(token: str, url: str, fields: Mapping[str, str] | None = None) -> str:
    """X-Twilio-Signature by its description, not by the SDK that checks it."""
    text = url + "".join(name + value for name, value in sorted((fields or {}).items()))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@dataclass(frozen=True, slots=True)
class Posted:
    """A webhook as it was sent, and what came back: a status, or 0 when nothing came in time."""

    kind: str  # "voice", "call-status", "stream-status", "dial", "message-status", …
    url: str
    fields: Fields
    headers: dict[str, str]
    status: int
    body: str
    content_type: str = ""
    has_connected: bool = True

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300


@dataclass(slots=True)
class Webhooks:
    """Sends them and keeps them.

    repeats: how often each is sent, by its kind; holds: kinds that wait in held for release().
    reach: where a public origin really listens, so that https addresses can be tested.
    """

    token: str
    seconds: float = 15.0
    repeats: Counter[str] = field(default_factory=Counter)
    holds: set[str] = field(default_factory=set)
    held: list[tuple[str, str, Fields]] = field(default_factory=list)
    posted: list[Posted] = field(default_factory=list)
    reach: dict[str, str] = field(default_factory=dict)
    signs: bool = True
    _session: ClientSession | None = None

    def of(self, kind: str) -> list[Posted]:
        return [post for post in self.posted if post.kind == kind]

    def session(self) -> ClientSession:
        if self._session is None:
            self._session = ClientSession()
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, kind: str, url: str, fields: Fields, method: str = "POST") -> Posted:
        """Send one webhook as often as it is to be sent; return the first answer."""
        options = dict(parse_qsl(urldefrag(url).fragment))
        headers = {"I-Twilio-Idempotency-Token": secrets.token_hex(16)}
        attempts = 1 + int(options.get("rc", RETRIES))
        for _ in range(attempts):
            first = await self._once(kind, urldefrag(url).url, fields, headers, method)
            if first.has_connected:
                break
        for _ in range(self.repeats[kind]):
            await self._once(kind, urldefrag(url).url, fields, headers, method)
        return first

    async def notify(self, kind: str, url: str, fields: Fields) -> None:
        """A callback whose answer nobody reads; it may be held back."""
        if kind in self.holds:
            self.held.append((kind, url, fields))
        elif url:
            await self.send(kind, url, fields)

    async def release(self, order: str | int = "as they came") -> None:
        """Send what was held: "as they came", "reversed", or shuffled by a seed."""
        waiting, self.held = self.held, []
        if order == "reversed":
            waiting.reverse()
        elif isinstance(order, int):
            random.Random(order).shuffle(waiting)
        for kind, url, fields in waiting:
            await self.send(kind, url, fields)

    def headers(self, url: str, fields: Fields | None = None) -> dict[str, str]:
        return {"X-Twilio-Signature": signature(self.token, url, fields)} if self.signs else {}

    def real(self, url: str) -> str:
        """Where to connect for a public address."""
        parts = urlsplit(url)
        scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
        origin = self.reach.get(f"{scheme}://{parts.netloc}")
        if origin is None:
            return url
        there = urlsplit(origin)
        is_socket = parts.scheme.startswith("ws")
        secure = "s" if there.scheme == "https" else ""
        return urlunsplit(
            parts._replace(scheme=f"{'ws' if is_socket else 'http'}{secure}", netloc=there.netloc)
        )

    def there(self, url: str) -> dict[str, str]:
        """What a proxy in front of the real address would add."""
        if self.real(url) == url:
            return {}
        return {"Host": urlsplit(url).netloc, "X-Forwarded-Proto": "https"}

    async def _once(self, kind: str, url: str, fields: Fields, extra: dict[str, str], method: str) -> Posted:
        if method == "GET":
            url, fields = f"{url}{'&' if '?' in url else '?'}{urlencode(fields)}", {}
        headers = {**extra, **self.headers(url, fields)}
        status, body, kind_of_body, has_connected = 0, "", "", True
        try:
            async with self.session().request(
                method,
                self.real(url),
                headers={**headers, **self.there(url)},
                data=fields or None,
                timeout=ClientTimeout(self.seconds),
                allow_redirects=False,
            ) as answer:
                status, body = answer.status, await answer.text()
                kind_of_body = answer.content_type
        except (ClientError, TimeoutError) as error:
            status, has_connected = 0, not isinstance(error, ClientConnectorError)
        post = Posted(kind, url, fields, headers, status, body, kind_of_body, has_connected)
        self.posted.append(post)
        return post


def resolve(base: str, url: str) -> str:
    """An address in TwiML, which may be relative to its document."""
    return urljoin(base, url)
