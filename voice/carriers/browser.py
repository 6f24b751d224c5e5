"""The phone in the browser: Media Streams messages, and three that only a screen can use."""

from typing import Any

from voice.carriers.media_streams import MediaStreams, storable_text
from voice.ports import Caption, LineCommand, LineEvent, Notice, Typed

LONGEST_SENTENCE = 500  # characters


class BrowserCarrier(MediaStreams):
    def read(self, event: str, content: dict[str, Any]) -> LineEvent:
        if event != "text":
            return super().read(event, content)
        body = storable_text(content["body"]).strip()
        if not body:
            raise ValueError("text expected")
        return Typed(body[:LONGEST_SENTENCE])

    def render(self, command: LineCommand) -> str | None:
        match command:
            case Caption():
                return self.message(
                    "caption",
                    {"speaker": command.speaker, "text": command.text, "isFinal": command.is_final},
                )
            case Notice():
                return self.message("notice", {"kind": command.kind, "text": command.text})
        return super().render(command)
