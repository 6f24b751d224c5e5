"""A window into the emulated cloud, for the person who runs it: what was rung and texted, what the calendar
shows, and a text to send to the store."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape

from aiohttp import web

from tests.emulators.google import Google
from tests.emulators.google_events import Event
from tests.emulators.twilio import Twilio

STYLE = (
    "body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "label{display:block;margin:.5rem 0}input{font:inherit;width:100%;max-width:30rem;display:block}"
    ":root{color-scheme:light dark}"
)


@dataclass(slots=True)
class WindowedTwilio(Twilio):
    """The same, with a page at its address."""

    google: Google = field(default_factory=Google)

    def routes(self) -> list[web.RouteDef]:
        own = [web.get("/", self.look), web.post("/", self.write)]
        return [*own, *Twilio.routes(self)]

    async def look(self, request: web.Request) -> web.Response:
        calls = (f"{call.from_} rings {call.to}: {call.status}" for call in self.calls.values())
        texts = (f"to {text.to}: {text.body} ({text.status})" for text in self.texts.sent)
        events = (
            _event(event) for name in self.google.calendars for event in self.google.calendar(name).standing()
        )
        page = "".join(
            [
                f"<!doctype html><html lang=en><title>Emulated cloud</title><style>{STYLE}</style>",
                "<h1>Emulated cloud</h1>",
                _form(self.numbers),
                _list("Texts that were sent", texts),
                _list("Calls", calls),
                _list("Events in the calendar", events),
            ]
        )
        return web.Response(text=page, content_type="text/html")

    async def write(self, request: web.Request) -> web.Response:
        """Somebody texts the store."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        if form.get("to") not in self.numbers or not form.get("from") or not form.get("body"):
            return web.Response(status=400, text="Give both numbers, and what the text says.")
        await self.text_in(form["from"], form["to"], form["body"])
        raise web.HTTPSeeOther("/")


def _form(numbers: Iterable[str]) -> str:
    to = next(iter(numbers), "")
    return (
        "<h2>Text the store</h2><form method=post>"
        "<label>From <input name=from value='+12125550143' required></label>"
        f"<label>To <input name=to value='{escape(to)}' required></label>"
        "<label>Text <input name=body value='1' required></label><button>Send</button></form>"
    )


def _list(title: str, lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in reversed(list(lines)))
    return f"<h2>{title}</h2>" + (f"<ul>{items}</ul>" if items else "<p>None yet.</p>")


def _event(event: Event) -> str:
    starts = event["start"]
    return f"{starts.get('dateTime', starts.get('date'))} {event.get('summary', '')}"
