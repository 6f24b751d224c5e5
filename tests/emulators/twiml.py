"""TwiML as Twilio reads it (pure)."""

from dataclasses import dataclass, field
from xml.etree import ElementTree

KNOWN = {
    "Connect",
    "Say",
    "Play",
    "Pause",
    "Redirect",
    "Hangup",
    "Reject",
    "Dial",
    "Gather",
    "Record",
    "Start",
}


class BadDocument(Exception):
    """code is what Twilio's debugger would show."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class Verb:
    name: str
    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    children: tuple["Verb", ...] = ()

    def get(self, attribute: str, default: str = "") -> str:
        return self.attributes.get(attribute, default)

    def child(self, name: str) -> "Verb | None":
        return next((child for child in self.children if child.name == name), None)


@dataclass(frozen=True, slots=True)
class Document:
    """Verbs, and the address they came from, against which theirs are resolved."""

    verbs: tuple[Verb, ...]
    url: str


def read(text: str, url: str, content_type: str = "text/xml") -> Document:
    """Raises BadDocument."""
    if "xml" not in content_type and not content_type.startswith("text/html"):
        raise BadDocument("12300", f"content type {content_type}")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise BadDocument("12100", str(error)) from error
    if root.tag != "Response":
        raise BadDocument("12100", f"the root is {root.tag}")
    verbs = _verb(root).children
    if unknown := [verb.name for verb in verbs if verb.name not in KNOWN]:
        raise BadDocument("12200", f"unknown verb {unknown[0]}")
    return Document(verbs, url)


def _verb(element: ElementTree.Element) -> Verb:
    children = tuple(_verb(child) for child in element)
    return Verb(element.tag, (element.text or "").strip(), dict(element.attrib), children)
