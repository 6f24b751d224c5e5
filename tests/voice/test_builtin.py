"""The built-in mind holds whole conversations, in text; the database is the judge."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from crm.models import Customer, FollowUpTask, Rooftop, Staff, Vehicle
from scheduling.models import Appointment, Closure, Hold
from tests.factories import SATURDAY, make_demo_store
from tests.talking import MARIA, STRANGER, Talk
from voice.conversation import phrases
from voice.conversation.states import Conversation, Ending, State
from voice.database import in_database
from voice.models import Call, ToolCall

pytestmark = pytest.mark.django_db(transaction=True)

MONDAY_MORNING = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def otto(transactional_db: None) -> None:
    make_demo_store()


async def booked() -> list[Appointment]:
    return await in_database(
        lambda: list(
            Appointment.objects.select_related("customer", "vehicle", "rooftop").prefetch_related(
                "lines__op_code"
            )
        )
    )


async def say_all(talk: Talk, *lines: str) -> str:
    reply = ""
    for line in lines:
        reply = await talk.say(line)
    return reply


async def test_a_known_caller_books_in_five_sentences() -> None:
    talk = await Talk.begin(MARIA)
    assert "Otto's Auto" in talk.greeting
    for promise in ("automated assistant", "transcribed", "a person"):
        assert promise in talk.greeting
    assert talk.greeting.endswith("Is this Maria?")
    assert "Is this Maria?" in await talk.say("Hi, I need an oil change for my Civic next Tuesday morning.")
    states = [talk.conversation.state]
    offers = await talk.say("Yes, this is Maria.")
    assert "Tuesday, November 24th" in offers
    states.append(talk.conversation.state)
    read_back = await talk.say("the second one")
    states.append(talk.conversation.state)
    assert states == [State.VERIFICATION, State.SLOTS, State.CONFIRMATION]
    assert not await booked()
    done = await talk.say("yes please")
    (appointment,) = await booked()
    assert phrase_of(appointment) in read_back
    assert phrase_of(appointment) in done
    assert ", ".join(appointment.confirmation_number) in done
    assert str(appointment.customer) == "Maria Lopez"
    assert str(appointment.vehicle) == "2019 Honda Civic"
    assert appointment.source == Appointment.Source.PHONE
    assert "Civic" in appointment.concern
    assert "Goodbye" in await talk.say("no thank you")
    assert talk.conversation.ending is Ending.GOODBYE


def phrase_of(appointment: Appointment) -> str:
    return f"{appointment.local_arrival:%A, %B %-d}th at {appointment.local_arrival:%-I:%M %p}".replace(
        ":00", ""
    )


async def test_a_stranger_gives_name_number_and_car() -> None:
    talk = await Talk.begin(STRANGER)
    reply = await say_all(
        talk,
        "My brakes squeak",
        "It's a 2018 Toyota Camry",
        "Wednesday in the morning",
        "the first one",
        "Bob Miller",
    )
    assert "number you're calling from" in reply
    await say_all(talk, "yes", "yes")
    (appointment,) = await booked()
    assert str(appointment.customer) == "Bob Miller"
    assert await in_database(lambda: appointment.customer.phones.get().number) == STRANGER
    assert str(appointment.vehicle) == "2018 Toyota Camry"


async def test_a_withheld_number_is_asked_for_in_groups_and_read_back() -> None:
    talk = await Talk.begin("anonymous")
    assert talk.greeting.endswith("How can I help you with your car?")
    reply = await say_all(talk, "oil change for my Ford Escape on Wednesday at ten", "Ann Lee")
    assert "best phone number" in reply
    assert "ten digits" in await talk.say("two one two, five five five")
    assert "two one two, five five five, zero one nine nine" in await talk.say("212 555 0199")
    await say_all(talk, "yes", "yes")
    (appointment,) = await booked()
    assert await in_database(lambda: appointment.customer.phones.get().number) == "+12125550199"


async def test_a_corrected_number_is_read_back_again() -> None:
    talk = await Talk.begin(STRANGER)
    await say_all(talk, "oil change for my Ford Escape on Wednesday at ten", "Ann Lee")
    assert "two one two, five five five, zero one nine nine" in await talk.say("no, use 212 555 0199")
    assert "zero one nine eight" in await talk.say("no, 212 555 0198")
    await say_all(talk, "yes", "yes")
    (appointment,) = await booked()
    assert await in_database(lambda: appointment.customer.phones.get().number) == "+12125550198"


async def test_nothing_stored_is_read_out_to_an_unverified_voice() -> None:
    talk = await Talk.begin(MARIA)
    said = [talk.greeting]
    for line in (
        "I need an oil change tomorrow",
        "no, this is Pedro",
        "what car do I have?",
        "who am I?",
        "a Ford Escape",
    ):
        said.append(await talk.say(line))
    assert not re.search(r"Lopez|Civic|Honda|2019|0143", " ".join(said))


async def test_someone_else_on_a_known_number_becomes_a_customer_of_their_own() -> None:
    talk = await Talk.begin(MARIA)
    await say_all(
        talk, "No, this is Pedro Diaz", "oil change for a Ford Escape on Wednesday at ten", "yes", "yes"
    )
    (appointment,) = await booked()
    assert str(appointment.customer) == "Pedro Diaz"


async def test_a_household_number_asks_for_the_name_and_finds_its_owner() -> None:
    talk = await Talk.begin("+12125550145")
    assert talk.greeting.endswith("How can I help you with your car?")
    await say_all(talk, "oil change for my Camry on Wednesday at ten", "Susan Nguyen", "yes", "yes")
    (appointment,) = await booked()
    assert await in_database(lambda: Customer.objects.filter(last_name="Nguyen").count()) == 2
    assert str(appointment.vehicle) == "2018 Toyota Camry"


async def test_a_misheard_name_is_still_the_same_person() -> None:
    talk = await Talk.begin(MARIA)
    await say_all(talk, "oil change for my Civic Wednesday at ten", "Yes, this is Mario.", "yes")
    (appointment,) = await booked()
    assert str(appointment.customer) == "Maria Lopez"
    assert await in_database(Vehicle.objects.filter(model="Civic").count) == 1


async def test_a_correction_at_the_read_back_changes_only_the_day() -> None:
    talk = await Talk.begin(MARIA)
    await say_all(talk, "oil change for my Civic Tuesday at ten", "yes")
    reply = await talk.say("wait, I meant Wednesday")
    assert "Wednesday, November 25th at 10 AM" in reply
    assert not await booked()
    await talk.say("yes")
    (appointment,) = await booked()
    assert f"{appointment.local_arrival:%A %H:%M}" == "Wednesday 10:00"


async def test_no_at_the_read_back_books_nothing_and_asks_what_to_change() -> None:
    talk = await Talk.begin(MARIA)
    await say_all(talk, "oil change for my Civic Tuesday at ten", "yes")
    assert await talk.say("no") == "What would you like to change?"
    assert "What day and time" in await talk.say("the time")
    assert "Wednesday, November 25th at 9 AM" in await talk.say("Wednesday at nine")
    assert not await booked()
    await talk.say("yes")
    assert len(await booked()) == 1


async def test_another_offer_at_the_read_back_replaces_the_chosen_one() -> None:
    talk = await Talk.begin(MARIA)
    await say_all(talk, "oil change for my Civic on Tuesday", "yes", "the first one")
    first, second = talk.conversation.offers[:2]
    assert talk.conversation.chosen == first
    await talk.say("no wait, make it the second one")
    assert talk.conversation.chosen == second
    await talk.say("yes")
    (appointment,) = await booked()
    assert appointment.arrives_at == second.arrives_at


async def test_a_correction_that_is_not_understood_never_becomes_a_yes() -> None:
    talk = await Talk.begin(MARIA)
    await say_all(talk, "oil change for my Civic Tuesday at ten", "yes")
    assert await talk.say("sure, but wait, actually, hmm") == "What would you like to change?"
    assert not await booked()


async def test_a_question_asked_again_holds_what_a_yes_agrees_to() -> None:
    talk = await Talk.begin(MARIA)
    await say_all(talk, "oil change for my Civic Tuesday at ten", "yes")
    reply = await talk.say("hmm purple")
    assert reply.endswith("Shall I book it for Tuesday, November 24th at 10 AM?")
    await talk.say("yes")
    assert len(await booked()) == 1


async def test_a_refused_weekday_is_not_offered() -> None:
    talk = await Talk.begin(MARIA)
    await say_all(talk, "oil change for my Civic next week but not Monday", "yes")
    assert talk.conversation.offers
    assert all(f"{offer.local:%A}" != "Monday" for offer in talk.conversation.offers)


async def test_a_closed_day_is_named() -> None:
    talk = await Talk.begin(MARIA)
    reply = await say_all(talk, "oil change for my Civic on Thursday", "yes")
    assert reply.startswith("We're closed on Thursday, November 26th. I have ")


async def test_a_relative_is_asked_for_a_name_of_their_own() -> None:
    talk = await Talk.begin(MARIA)
    await say_all(talk, "this is her husband", "oil change for my Civic Tuesday at ten")
    assert talk.conversation.caller.is_confirmed is False
    await say_all(talk, "Luis Lopez", "yes", "yes")
    (appointment,) = await booked()
    assert str(appointment.customer) == "Luis Lopez"


async def test_the_desk_says_that_it_is_a_machine() -> None:
    talk = await Talk.begin(MARIA)
    assert "automated assistant" in await talk.say("is this a real person?")
    assert talk.conversation.ending is None


async def test_an_answer_to_another_question_is_no_car() -> None:
    talk = await Talk.begin(MARIA)
    reply = await say_all(talk, "I need an oil change", "yes", "Friday then")
    assert talk.conversation.slots.vehicle is None
    assert "Which car" in reply


async def test_the_same_question_is_not_asked_for_ever() -> None:
    talk = await Talk.begin(STRANGER)
    await say_all(talk, "oil change for my Ford Escape on Tuesday at ten")
    for _ in range(3):
        await talk.say("sure")
    assert talk.conversation.ending is Ending.TRANSFER


@pytest.mark.parametrize("wish", ["on Tuesday at noon", "on Tuesday"])
async def test_later_and_earlier_compare_with_what_was_offered(wish: str) -> None:
    talk = await Talk.begin(MARIA)
    await say_all(talk, f"oil change for my Civic {wish}", "yes")
    first = list(talk.conversation.offers)
    await talk.say("anything later?")
    later = list(talk.conversation.offers)
    assert later[0].local > first[-1].local
    await talk.say("do you have anything earlier?")
    assert talk.conversation.offers[-1].local < later[0].local


async def two_at_the_offers() -> tuple[Talk, Talk]:
    """Both have heard the same openings, and one technician could do either car."""
    first, second = await Talk.begin(MARIA, sid="CA1"), await Talk.begin("+12125550144", sid="CA2")
    for talk, car in ((first, "Civic"), (second, "F-150")):
        await say_all(talk, f"state inspection for my {car} on Tuesday", "yes")
    assert [offer.handle for offer in first.conversation.offers] == [
        offer.handle for offer in second.conversation.offers
    ]
    return first, second


async def test_a_time_is_kept_for_the_caller_who_hears_it_read_back() -> None:
    first, second = await two_at_the_offers()
    assert "Shall I book it?" in await first.say("the first one")
    lost = await second.say("the first one")
    assert "somebody has just taken that time" in lost
    assert "Which of those" in lost
    assert await booked() == []
    assert "booked" in await first.say("yes")
    await say_all(second, "the first one", "yes")
    assert len({appointment.arrives_at for appointment in await booked()}) == 2


async def test_a_time_that_is_kept_can_be_asked_for_again() -> None:
    talk = await Talk.begin(MARIA)
    await say_all(talk, "state inspection for my Civic Tuesday at ten", "yes", "wait, what about Wednesday?")
    assert "Shall I book it?" in await talk.say("no, Tuesday at ten")


async def test_a_time_that_is_taken_after_the_read_back_is_offered_anew() -> None:
    """The caller thinks for longer than a time is kept."""
    first, second = await two_at_the_offers()
    await second.say("the first one")
    await in_database(Hold.objects.all().delete)
    await say_all(first, "the first one", "yes")
    reply = await second.say("yes")
    assert "somebody has just taken that time" in reply
    assert len(await booked()) == 1
    await say_all(second, "the first one", "yes")
    assert len(await booked()) == 2


async def test_a_yes_to_a_read_back_that_was_not_heard_does_not_book() -> None:
    talk = await Talk.begin(MARIA)
    await say_all(talk, "oil change for my Civic Tuesday at ten", "yes")
    cut = {"text": "So that's an oil change"}  # the caller cut it off there
    talk.conversation.history[-1] = talk.conversation.history[-1].model_copy(update=cut)
    assert "Shall I book it?" in await talk.say("yes")
    assert not await booked()
    await talk.say("yes")
    assert len(await booked()) == 1


async def test_a_question_in_the_middle_is_answered_and_the_flow_goes_on() -> None:
    talk = await Talk.begin(MARIA)
    await say_all(talk, "oil change for my Civic on Tuesday", "yes")
    reply = await talk.say("what are your hours?")
    assert "Monday through Friday from 7 AM to 6 PM" in reply
    assert "Thanksgiving" in reply
    assert reply.endswith("Which of those works for you?")
    assert "80 to 130 dollars" in await talk.say("how much is an oil change?")
    await say_all(talk, "the first one", "yes")
    assert len(await booked()) == 1


async def test_a_price_that_was_asked_for_can_be_booked() -> None:
    talk = await Talk.begin(MARIA)
    reply = await talk.say("how much is an oil change?")
    assert reply == "An oil change usually runs from 80 to 130 dollars. Would you like to book that?"
    await say_all(talk, "yes", "yes", "Civic", "Tuesday at ten", "yes")
    (appointment,) = await booked()
    assert [line.op_code.code for line in appointment.lines.all()] == ["LOF"]


async def test_a_car_on_no_list_is_asked_for_once_more_and_then_believed() -> None:
    talk = await Talk.begin(STRANGER)
    assert "Which car" in await say_all(talk, "oil change on Tuesday at ten", "a Lada Niva")
    assert talk.conversation.slots.vehicle is None
    await talk.say("a Lada Niva")
    assert str(talk.conversation.slots.vehicle) == "Lada Niva"


async def test_one_of_two_equal_cars_makes_no_third() -> None:
    talk = await Talk.begin("+12125550146")
    await say_all(talk, "oil change for my Outback on Tuesday at ten", "yes", "yes")
    assert len(await booked()) == 1
    assert await in_database(Vehicle.objects.filter(model="Outback").count) == 2


async def test_repeat_that_says_it_again() -> None:
    talk = await Talk.begin(MARIA)
    offers = await say_all(talk, "oil change for my Civic on Tuesday", "yes")
    assert await talk.say("could you repeat that?") == offers


async def test_a_contradictory_date_is_asked_about() -> None:
    talk = await Talk.begin(MARIA)
    reply = await say_all(talk, "oil change for my Civic", "yes", "Tuesday the 25th")
    assert "The 25th is a Wednesday, not a Tuesday" in reply
    assert "Wednesday, November 25th" in await talk.say("Wednesday")


async def test_two_services_are_one_visit() -> None:
    talk = await Talk.begin(MARIA)
    await say_all(
        talk, "I need an oil change and a brake inspection for my Civic Tuesday at eight", "yes", "yes"
    )
    (appointment,) = await booked()
    assert {line.op_code.code for line in appointment.lines.all()} == {"LOF", "BRKI"}


async def test_a_long_job_is_booked_as_a_car_that_stays_and_the_caller_hears_it() -> None:
    talk = await Talk.begin(MARIA)
    reply = await say_all(talk, "I need front brake pads for my Civic Tuesday at nine", "yes")
    assert "Please leave it with us until 6 PM." in reply
    await talk.say("yes")
    (appointment,) = await booked()
    assert appointment.transport == "drop_off"


async def test_a_car_that_comes_in_that_day_already_is_not_booked_again() -> None:
    talk = await Talk.begin(MARIA)
    await say_all(talk, "oil change for my Civic Tuesday at ten", "yes", "yes")
    reply = await say_all(talk, "a tire rotation on Tuesday at two", "yes")
    assert "already booked in with us that day" in reply
    assert "What day and time" in reply
    assert len(await booked()) == 1


async def test_a_person_is_fetched_while_the_store_is_open() -> None:
    talk = await Talk.begin(MARIA)
    assert "service desk" in await talk.say("can I talk to a person?")
    assert talk.conversation.ending is Ending.TRANSFER
    assert talk.conversation.state is State.ESCALATION
    task = await in_database(FollowUpTask.objects.get)
    assert (task.kind, task.phone_number, task.call_sid) == ("callback", MARIA, "CA1")


async def test_at_night_a_callback_is_promised_with_its_time() -> None:
    sunday = SATURDAY + timedelta(days=1)
    talk = await Talk.begin(MARIA, now=sunday)
    reply = await talk.say("let me speak to a human")
    assert "by Monday, November 23rd at 7:30 AM" in reply
    assert talk.conversation.ending is None
    task = await in_database(FollowUpTask.objects.get)
    assert task.due_at == datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


async def test_three_turns_without_sense_fetch_a_person() -> None:
    talk = await Talk.begin(STRANGER)
    first = await talk.say("purple elephants")
    second = await talk.say("seven green bottles")
    assert first.startswith("Sorry, I didn't get that.")
    assert second != first
    await talk.say("la la la")
    assert talk.conversation.ending is Ending.TRANSFER


async def test_a_closed_lane_is_explained_and_handed_to_a_person() -> None:
    def close() -> None:
        talk_rooftop = Customer.objects.get(first_name="Maria").rooftop
        Closure.objects.create(
            rooftop=talk_rooftop,
            starts_at=SATURDAY,
            ends_at=SATURDAY + timedelta(days=60),
            reason="Renovation",
        )

    await in_database(close)
    talk = await Talk.begin(MARIA)
    reply = await say_all(talk, "oil change for my Civic on Tuesday", "yes")
    assert "don't have anything open" in reply
    assert await in_database(FollowUpTask.objects.count) == 1
    assert not await booked()


async def test_every_tool_call_is_kept_with_its_result() -> None:
    talk = await Talk.begin(MARIA)
    await say_all(talk, "oil change for my Civic Tuesday at ten", "yes", "yes")
    rows = await in_database(
        lambda: list(ToolCall.objects.values_list("name", "code", "appointment__vehicle__model"))
    )
    assert rows == [
        ("get_available_slots", "ok", None),
        ("hold_offer", "ok", None),
        ("book_appointment", "ok", "Civic"),
    ]


async def test_a_second_booking_in_the_same_call_starts_from_the_same_caller() -> None:
    talk = await Talk.begin(MARIA)
    await say_all(talk, "oil change for my Civic Tuesday at ten", "yes", "yes")
    await say_all(talk, "yes, I also need a wheel alignment on Wednesday at nine", "yes")
    assert [line.op_code.code for a in await booked() for line in a.lines.all()] == ["LOF", "ALGN"]


async def test_leaving_without_booking_says_that_nothing_is_booked() -> None:
    talk = await Talk.begin(MARIA)
    reply = await say_all(talk, "oil change for my Civic on Tuesday", "yes", "never mind, bye")
    assert "haven't booked anything" in reply
    assert talk.conversation.ending is Ending.GOODBYE


# --- a person by name, and recording ------------------------------------------------------


async def test_two_of_a_name_are_asked_about_and_the_one_meant_is_fetched() -> None:
    talk = await Talk.begin(MARIA, now=MONDAY_MORNING)
    asked = await talk.say("Can I talk to Mike?")
    assert asked == "Do you mean Mike Alvarez or Mike Chen?"
    assert "Mike Chen" in await talk.say("Mike Chen, please.")
    assert talk.conversation.ending is Ending.TRANSFER
    chosen = await in_database(Staff.objects.get, name="Mike Chen", rooftop=talk.call.rooftop)
    assert talk.conversation.transfer_to == chosen.pk


async def test_nobody_of_that_name_means_whoever_is_there() -> None:
    talk = await Talk.begin(MARIA, now=MONDAY_MORNING)
    reply = await talk.say("Could you get me Bartholomew?")
    assert phrases.UNKNOWN_PERSON in reply
    assert talk.conversation.ending is Ending.TRANSFER
    assert talk.conversation.transfer_to is None


async def test_a_caller_who_asks_twice_unclearly_gets_anybody() -> None:
    talk = await Talk.begin(MARIA, now=MONDAY_MORNING)
    await talk.say("Can I talk to Mike?")
    await talk.say("Just Mike.")
    assert talk.conversation.ending is Ending.TRANSFER


async def test_that_a_message_was_left_is_known_where_the_call_goes_on() -> None:
    talk = await Talk.begin(STRANGER)
    await talk.say("Could somebody call me back? I want to talk to a person.")
    kept = Conversation.model_validate_json(talk.conversation.model_dump_json())
    assert kept.has_left_message


async def test_who_does_not_want_to_be_recorded_is_not_and_the_call_goes_on() -> None:
    await in_database(Rooftop.objects.update, records_calls=True)
    talk = await Talk.begin(MARIA)
    reply = await talk.say("Please don't record me.")
    assert reply.startswith(phrases.NOT_RECORDED)
    assert reply.endswith("Is this Maria?")
    call = await in_database(Call.objects.get, pk=talk.call.pk)
    assert call.recording_refused_at


async def test_where_nothing_is_recorded_the_desk_says_so() -> None:
    talk = await Talk.begin(MARIA)
    assert (await talk.say("I'd rather not be recorded.")).startswith(phrases.NEVER_RECORDED)
