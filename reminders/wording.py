"""What our texts say. Pure.

Short, warm, in the plain alphabet of texts (GSM-7), so that one is two segments long at most. No word
that a carrier takes for stopping or starting (CANCEL, YES, END…) is ever asked for: 1 and 2 are.
"""

import unicodedata
from dataclasses import dataclass
from datetime import datetime

LONGEST = 1600  # characters that a carrier takes
OPT_OUT = "Reply STOP to opt out."
IS_CANCELLED = "is cancelled"
# GSM 03.38 without the characters that take two places.
PLAIN = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
INSTEAD = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\xa0": " "})


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment as a text tells it. arrives_at is in the store's zone."""

    store: str
    first_name: str
    arrives_at: datetime
    link: str
    telephone: str  # of the store, as people write it; "" when unknown


def when(arrives_at: datetime) -> str:
    """A local moment, as texts and the page say it: Tue, Nov 24 at 8:45 AM."""
    return f"{arrives_at:%a, %b %-d at %-I:%M %p}"


def booked(visit: Visit) -> str:
    return f"{_hello(visit)} you're booked for {when(visit.arrives_at)}. {_reply(visit)}"


def reminder(visit: Visit) -> str:
    return f"{_hello(visit)} see you {when(visit.arrives_at)} for your car's service. {_reply(visit)}"


def moved(visit: Visit) -> str:
    return f"{_hello(visit)} your appointment is now {when(visit.arrives_at)}. {_reply(visit)}"


def cancelled(visit: Visit) -> str:
    again = f" To book again call {visit.telephone}." if visit.telephone else ""
    return f"{_hello(visit)} your appointment on {when(visit.arrives_at)} {IS_CANCELLED}.{again}"


def callback(visit: Visit) -> str:
    return (
        f"{_hello(visit)} we couldn't reach you about your appointment on {when(visit.arrives_at)}. "
        f"{_reply(visit)}"
    )


# --- answers to what a customer texted ----------------------------------------------------


def confirmed(visit: Visit) -> str:
    return f"Thanks, {visit.first_name}! You're confirmed for {when(visit.arrives_at)}. {visit.store}"


def as_it_stands(visit: Visit) -> str:
    return f"{visit.store}: your appointment is {when(visit.arrives_at)}. {_reply(visit)}"


def change_here(visit: Visit) -> str:
    call = f" Or call {visit.telephone}." if visit.telephone else ""
    return f"{visit.store}: pick another time here: {visit.link}{call}"


def nothing_to_change(store: str) -> str:
    return f"{store}: we have no appointment coming up for this number. Somebody will call you back."


def somebody_will_call(store: str) -> str:
    return f"{store}: thanks for your message. Somebody from the service desk will call you back."


def help_(store: str, telephone: str) -> str:
    call = f" Call {telephone} or reply here." if telephone else " Reply here to reach us."
    return f"{store} service texts about your appointments.{call} {OPT_OUT}"


# --- the alphabet -------------------------------------------------------------------------


def plain(text: str) -> str:
    """text in GSM-7, at most LONGEST characters: accents it does not know are dropped, the rest left out."""
    letters: list[str] = []
    for letter in text.translate(INSTEAD):
        if letter in PLAIN:
            letters.append(letter)
        else:
            letters += (part for part in unicodedata.normalize("NFKD", letter) if part in PLAIN)
    return "".join(letters)[:LONGEST]


def _hello(visit: Visit) -> str:
    return f"{visit.store}: Hi {visit.first_name}," if visit.first_name else f"{visit.store}: Hello,"


def _reply(visit: Visit) -> str:
    return f"Reply 1 to confirm, 2 to change, or see {visit.link}"
