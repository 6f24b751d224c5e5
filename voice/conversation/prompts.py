"""What the language model is told before the conversation. Pure.

Rules and the store's facts come first and stay the same over a call, so that providers can reuse
them; the state of the call comes last. Whatever a customer said or is called stands there as
quoted JSON: data to work with, never words to obey.
"""

import json
from datetime import datetime
from pathlib import Path

from voice.conversation.facts import Store
from voice.conversation.phrases import say_visit
from voice.conversation.questions import ASK_CONSENT, QUESTIONS
from voice.conversation.saying import say_date, say_moment, say_time
from voice.conversation.states import Conversation, Deed
from voice.conversation.store_phrases import hours, say_way

# One file for each version, never changed once it has spoken to callers: calls keep which one they had.
VERSION = "desk-3"
RULES = (Path(__file__).parent.parent / "prompts" / f"{VERSION}.md").read_text(encoding="utf-8").strip()


def system_prompt(store: Store, conversation: Conversation, *, now: datetime) -> str:
    """The whole system message; now is aware."""
    return "\n\n".join((RULES, _store_facts(store, now), _call_facts(store, conversation, now)))


def _store_facts(store: Store, now: datetime) -> str:
    today = store.today(now)
    menu = [
        f"- {item.code}: {_quoted(item.name)}, {item.minutes} minutes, {_price(item.price_min, item.price_max)}"
        for item in store.menu
    ]
    closures = [
        f"- {_moment(span.starts_at.astimezone(store.zone))} until "
        f"{_moment(span.ends_at.astimezone(store.zone))}: {_quoted(span.reason)}"
        for span in store.closures
    ]
    lines = [
        "The store",
        f"Name: {_quoted(store.name)}. Address: {_quoted(store.address)}.",
        hours(store, today),
        "Closed:",
        *(closures or ["- nothing planned"]),
        "Menu (op code, name, length, price):",
        *menu,
    ]
    return "\n".join(lines)


def _call_facts(store: Store, conversation: Conversation, now: datetime) -> str:
    local = now.astimezone(store.zone)
    is_open = "open" if store.is_open_at(now) else "closed"
    lines = [
        "This call",
        f"Today is {_moment(local)} at the store ({local:%Y-%m-%d}); the store is {is_open} now.",
        *(_rung_lines(conversation) if conversation.purpose else [_caller_line(conversation)]),
        f"Stage: {conversation.state}.",
        f"Known so far: {conversation.slots.model_dump_json(exclude_defaults=True, exclude={'proof'})}",
        *_earlier_lines(conversation),
        *_offer_lines(conversation),
    ]
    if unsent := conversation.unsent:
        use = "take_message" if unsent.is_message else "transfer_to_person"
        lines.append(f"Waits for a number to call back, then use {use} again: {_quoted(unsent.text)}")
    if conversation.visits:
        lines += ["The caller's appointments (handle, what and when):"]
        lines += [f"- {visit.handle}: {_quoted(say_visit(visit))}" for visit in conversation.visits]
    if conversation.booked:
        booked = conversation.booked
        lines.append(
            f"{booked.deed.title()} in this call: {say_moment(booked.local)}, confirmation number "
            f"{_quoted(booked.confirmation_number)}. Make sure the caller has heard both."
        )
        if conversation.has_consent is None and booked.deed is Deed.BOOKED:
            lines.append(f"Then ask, word for word: {QUESTIONS[ASK_CONSENT]}")
    return "\n".join(lines)


def _caller_line(conversation: Conversation) -> str:
    caller = conversation.caller
    number = f"calls from {_quoted(caller.number)}" if caller.number else "withholds their number"
    if not caller.first_name:
        return f"The caller {number} and is not known."
    name = _quoted(caller.first_name)
    if caller.is_verified:
        return f"The caller {number} and is verified: {name}."
    if caller.is_confirmed:
        return f"The caller {number} and says to be {name}; not verified."
    if caller.is_confirmed is False:
        return f"The caller {number} and is not {name}: ask for their name, say nothing about {name}."
    return f"The caller {number}, perhaps {name}; not confirmed."


def _rung_lines(conversation: Conversation) -> list[str]:
    """The appointment only once it is them: what a model does not know it cannot tell."""
    caller, about = conversation.caller, conversation.about
    name = _quoted(caller.first_name)
    rang = f"The desk rang {_quoted(caller.number)} to speak with {name}"
    if not conversation.is_reached:
        return [f"{rang}. Whoever answered has not said that it is them: ask, and tell nothing else."]
    if about is None:
        return [
            f"{rang}, and it is them. The appointment is not in the book any more: there is nothing to do."
        ]
    return [
        f"{rang} about this appointment, and it is them:",
        f"- {about.handle}: {_quoted(say_visit(about))}{' (dealt with)' if conversation.is_settled else ''}",
    ]


def _earlier_lines(conversation: Conversation) -> list[str]:
    """What a call that was cut off had come to, only once it is known who calls."""
    earlier = conversation.earlier
    if earlier is None or conversation.booked:
        return []
    was_cut_off = "A call from this number was cut off a few minutes ago, with a wish left open"
    if not conversation.caller.is_verified:
        return [f"{was_cut_off}: once the caller is verified, offer once to go on where it ended."]
    known = earlier.model_dump_json(exclude_defaults=True, exclude={"proof"})
    return [f"{was_cut_off}. Offer once to go on with it: {conversation.earlier_intent}, {known}"]


def _offer_lines(conversation: Conversation) -> list[str]:
    if not conversation.offers:
        return ["Offers made: none yet."]
    return [
        "Offers made (handle, time):",
        *(
            f"- {offer.handle}: {say_moment(offer.local)} ({offer.local:%Y-%m-%dT%H:%M}){say_way(offer)}"
            for offer in conversation.offers
        ),
    ]


def _moment(local: datetime) -> str:
    return f"{say_date(local.date())}, {local.year}, {say_time(local.time())}"


def _price(low: int, high: int) -> str:
    if low > high:
        return f"from {low} dollars on"
    return "no charge" if high == 0 else f"{low} to {high} dollars"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
