"""The steps of a conversation: what may follow what, written down a second time."""

from itertools import product

import pytest

from voice.conversation.states import Conversation, ImpossibleStep, State
from voice.tools import agreement

# Down: from; across, in the same order: to.
STEPS = """
greeting          . v i . . . c e
verification      . . i s c . c e
intent_detection  . v . s c . c e
slot_collection   . . i . c . c e
confirmation      . . i s . x c e
execution         . . . . . . c e
closing           . . i . . . . e
escalation        . . i . . . c .
"""
ROWS = {State(name): cells for name, *cells in (line.split() for line in STEPS.strip().splitlines())}
TALKING = (State.VERIFICATION, State.INTENT, State.SLOTS, State.CONFIRMATION, State.CLOSING, State.ESCALATION)


def at(state: State) -> Conversation:
    return Conversation(call_sid="CA1", state=state)


def may_follow(state: State, after: State) -> bool:
    return state is after or ROWS[after][list(State).index(state)] != "."


@pytest.mark.parametrize(("before", "after"), list(product(State, State)))
def test_every_step_is_allowed_or_refused(before: State, after: State) -> None:
    conversation = at(before)
    if may_follow(after, before):
        conversation.enter(after)
        assert conversation.state is after
    else:
        with pytest.raises(ImpossibleStep, match=f"{after} does not follow {before}"):
            conversation.enter(after)
        assert conversation.state is before


def test_nothing_is_written_but_after_a_confirmation_and_no_call_begins_twice() -> None:
    assert [state for state in State if ROWS[state][list(State).index(State.EXECUTION)] != "."] == [
        State.CONFIRMATION
    ]
    assert {row[0] for row in ROWS.values()} == {"."}


@pytest.mark.parametrize(("before", "after"), list(product(State, TALKING)))
def test_a_new_wish_may_come_at_any_moment(before: State, after: State) -> None:
    """Whatever the caller turns to, no call breaks off; and what is written has been confirmed."""
    conversation = at(before)
    conversation.turn_to(after)
    assert conversation.state is after


@pytest.mark.parametrize("before", [state for state in State if state is not State.CONFIRMATION])
def test_a_write_that_nobody_agreed_to_is_refused(before: State) -> None:
    conversation = at(before)
    if before is not State.EXECUTION:
        with pytest.raises(ImpossibleStep):
            agreement.carried_out(conversation)
    with pytest.raises(ImpossibleStep):
        conversation.turn_to(State.GREETING if before is not State.GREETING else State.EXECUTION)
