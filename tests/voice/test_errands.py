"""What callers want besides an appointment, with the built-in mind; the database is the judge."""

import re
from datetime import timedelta

import pytest

from crm.models import Consent, Customer, FollowUpTask, RepairOrder
from scheduling.models import Appointment, WaitlistEntry
from tests.factories import SATURDAY, make_demo_store
from tests.talking import MARIA, STRANGER, Talk
from tests.voice.scripted_checks import sentences
from voice.conversation import phrases
from voice.conversation.states import Ending
from voice.database import in_database
from voice.models import Call, ToolCall

pytestmark = pytest.mark.django_db(transaction=True)

PLATE = "my plate is J K L 2 0 4 1"


@pytest.fixture(autouse=True)
def otto(transactional_db: None) -> None:
    make_demo_store()


async def say_all(talk: Talk, *lines: str) -> str:
    reply = ""
    for line in lines:
        reply = await talk.say(line)
    return reply


async def task() -> FollowUpTask:
    return await in_database(FollowUpTask.objects.select_related("customer", "owner").get)


# --- is my car ready? ---------------------------------------------------------------------


def open_order(**fields: object) -> None:
    maria = Customer.objects.get(first_name="Maria")
    RepairOrder.objects.create(
        rooftop=maria.rooftop,
        number="99001",
        customer=maria,
        vehicle=maria.vehicles.get(),
        **{"opened_at": SATURDAY, "status_changed_at": SATURDAY, "status": "in_work", **fields},
    )


async def test_how_far_the_work_is_is_told_after_verification() -> None:
    await in_database(lambda: open_order(promised_at=SATURDAY + timedelta(hours=4)))
    talk = await Talk.begin(MARIA)
    reply = await talk.say("Is my car ready?")
    assert "Civic" not in reply
    reply = await say_all(talk, "Maria Lopez", PLATE)
    assert (
        "Your 2019 Honda Civic is being worked on, and is promised for Saturday, November 21st at 2 PM."
        in reply
    )
    assert not await in_database(FollowUpTask.objects.exists)


async def test_news_that_is_old_becomes_a_task_for_an_advisor_within_half_an_hour() -> None:
    await in_database(lambda: open_order(status_changed_at=SATURDAY - timedelta(hours=3)))
    talk = await Talk.begin(MARIA)
    reply = await say_all(talk, "Is my car ready?", "Maria Lopez", PLATE)
    assert "within half an hour" in reply
    assert (await task()).due_at == SATURDAY + timedelta(minutes=30)


# --- late, messages, people ----------------------------------------------------------------


async def test_ten_minutes_late_are_passed_on_and_fine() -> None:
    talk = await Talk.begin(MARIA)
    reply = await talk.say("Hi, I'm running about ten minutes late")
    assert "hold your place for fifteen minutes" in reply
    assert "10 minutes late" in (await task()).summary


async def test_two_cars_with_old_news_are_two_sentences() -> None:
    def open_orders() -> None:
        grace = Customer.objects.get(first_name="Grace")
        for number, vehicle in enumerate(grace.vehicles.all()):
            RepairOrder.objects.create(
                rooftop=grace.rooftop,
                number=f"9900{number}",
                customer=grace,
                vehicle=vehicle,
                opened_at=SATURDAY - timedelta(hours=4),
                status_changed_at=SATURDAY - timedelta(hours=3),
                promised_at=SATURDAY + timedelta(hours=3),
                status="in_work",
            )

    await in_database(open_orders)
    talk = await Talk.begin("+12125550147")
    reply = await say_all(talk, "Is my car ready?", "Grace Kowalski", "the plate is G K O 1 7 0 1")
    assert reply.count("promised for") == 2
    assert len(sentences(reply)) == 3, "two, and the question"


async def test_who_is_too_late_may_leave_the_car() -> None:
    talk = await Talk.begin(MARIA)
    reply = await say_all(talk, "I'm running half an hour late")
    assert "leave the car with us" in reply
    assert len(sentences(reply)) == 3
    assert "leave the car with us" in await talk.say("okay, I'll leave it then")
    assert re.search("30 minutes late.*leave the car", (await task()).summary)
    assert (await task()).due_at == SATURDAY


async def test_forty_minutes_late_may_need_another_time() -> None:
    talk = await Talk.begin(MARIA)
    reply = await say_all(talk, "I'm running late for my appointment", "about forty minutes")
    assert "Shall we find another time?" in reply
    assert "first and last name" in await talk.say("yes please")  # a move: whose it is has to be proved


async def test_a_message_is_taken_word_for_word() -> None:
    talk = await Talk.begin(STRANGER)
    await say_all(talk, "Can I leave a message?", "Tell Dana the tires are at my brother's house")
    assert "the tires are at my brother's house" in (await task()).summary


@pytest.mark.parametrize(
    "line",
    [
        "My brakes are failing, the pedal goes to the floor",
        "there's smoke coming out from under the hood",
        "the engine is overheating and the light is flashing",
    ],
)
async def test_danger_ends_in_do_not_drive_a_tow_and_a_person(line: str) -> None:
    talk = await Talk.begin(STRANGER)
    reply = await talk.say(line)
    assert "don't drive" in reply
    assert "tow" in reply
    assert talk.conversation.ending is Ending.TRANSFER
    assert line[:30] in (await task()).summary


@pytest.mark.parametrize(
    "line",
    [
        "This is ridiculous, I've been waiting all week",
        "I have a complaint about the work you did",
        "I need to talk to the parts department",
        "I have a question about my bill",
        "Go ahead with the brake job you recommended",
    ],
)
async def test_what_is_a_persons_business_gets_one(line: str) -> None:
    talk = await Talk.begin(STRANGER)
    await talk.say(line)
    assert talk.conversation.ending is Ending.TRANSFER


async def test_who_says_the_same_three_times_gets_a_person() -> None:
    talk = await Talk.begin(STRANGER)
    await say_all(talk, *["the thing with the whatsit again"] * 3)
    assert talk.conversation.ending is Ending.TRANSFER


async def test_what_is_said_beside_asking_for_a_person_is_kept() -> None:
    talk = await Talk.begin(MARIA)
    await talk.say("It's Maria, I need an oil change for my Civic on Tuesday, can I talk to a person?")
    slots = talk.conversation.slots
    assert (slots.services, str(slots.wish.first)) == (["LOF"], "2026-11-24")
    assert slots.vehicle is not None
    assert talk.conversation.caller.is_confirmed


async def test_work_that_is_only_spoken_of_is_not_booked() -> None:
    talk = await Talk.begin(STRANGER)
    await say_all(talk, "brakes for my Civic on Tuesday", "how much is an oil change?")
    assert talk.conversation.slots.services == ["BRKI"]


async def test_a_day_in_a_question_about_hours_replaces_none() -> None:
    talk = await Talk.begin(STRANGER)
    await say_all(talk, "an oil change for my Civic on Tuesday", "are you open on Saturday?")
    assert str(talk.conversation.slots.wish.first) == "2026-11-24"


async def test_a_handover_keeps_what_was_said() -> None:
    talk = await Talk.begin(STRANGER)
    await say_all(talk, "an oil change for my Civic on Tuesday", "let me talk to a person")
    assert talk.conversation.slots.services == ["LOF"]
    assert talk.conversation.slots.vehicle is not None


# --- recalls, what is due, rides -----------------------------------------------------------


async def test_nobody_is_told_that_a_car_is_clear() -> None:
    talk = await Talk.begin(STRANGER)
    reply = await say_all(talk, "Are there any recalls on my car?", "a 2019 Honda Civic")
    assert "VIN" in reply
    assert "clear" not in reply


async def test_what_is_due_by_mileage_may_be_booked() -> None:
    talk = await Talk.begin(STRANGER)
    reply = await say_all(talk, "What's my car due for?", "about sixty thousand miles")
    assert "At 60,000 miles a sixty thousand mile service and an oil change would be due." in reply
    reply = await talk.say("yes please")
    assert "Which car" in reply
    assert "LOF" in talk.conversation.slots.services


async def test_rides_and_the_key_drop_are_told_and_the_question_stays() -> None:
    talk = await Talk.begin(STRANGER)
    reply = await say_all(talk, "an oil change for my Civic", "do you have a shuttle?")
    assert "8 AM, 9 AM and 10 AM" in reply
    assert "What day and time would" in reply


# --- the waitlist ---------------------------------------------------------------------------


async def test_the_waitlist_is_joined_after_a_yes() -> None:
    talk = await Talk.begin(STRANGER)
    await say_all(talk, "put me on the waitlist for an oil change for my Civic on Tuesday", "Rosa Diaz")
    reply = await say_all(talk, "yes")
    assert "Shall I put you on the waitlist?" in reply
    assert not await in_database(WaitlistEntry.objects.exists)
    reply = await talk.say("yes please")
    assert "You're on the waitlist" in reply
    entry = await in_database(WaitlistEntry.objects.select_related("customer").get)
    assert (entry.customer.first_name, str(entry.first_day)) == ("Rosa", "2026-11-24")


# --- consent --------------------------------------------------------------------------------


async def test_a_booking_asks_once_for_consent_and_keeps_the_answer() -> None:
    talk = await Talk.begin(STRANGER)
    reply = await say_all(talk, "an oil change for my Civic on Tuesday at ten", "Rosa Diaz", "yes", "yes")
    assert "You're booked" in reply
    assert reply.endswith("May our automated desk call and text you to remind you of it?")
    reply = await talk.say("sure, that's fine")
    assert talk.conversation.asked == "anything_else"
    consents = await in_database(lambda: list(Consent.objects.filter(customer__first_name="Rosa")))
    assert {(each.channel, each.is_granted) for each in consents} == {("voice", True), ("sms", True)}
    assert "sure, that's fine" in consents[0].wording
    assert consents[0].source == "call CA1"


async def test_who_has_agreed_before_is_not_asked_again() -> None:
    talk = await Talk.begin(MARIA)
    reply = await say_all(talk, "an oil change for my Civic on Tuesday at ten", "yes", "yes")
    assert "You're booked" in reply
    assert "remind" not in reply


async def test_a_number_that_nobody_has_is_stopped_in_the_same_words() -> None:
    told = []
    for sid, number in (("CA1", "212 555 0148"), ("CA2", "212 555 0199")):
        talk = await Talk.begin("anonymous", sid=sid)
        assert "Which number" in await talk.say("please stop calling me")
        told.append(await say_all(talk, number, "yes"))
    assert [reply.partition(".")[0] for reply in told] == [phrases.OPTED_OUT_OF[:-1]] * 2
    revoked = Consent.objects.filter(wording__contains="stop calling me", is_granted=False)
    numbers = await in_database(lambda: set(revoked.values_list("phone__number", flat=True)))
    assert numbers == {"+12125550148"}
    assert "+12125550199" in (await task()).summary


async def test_stop_calling_me_revokes_at_once() -> None:
    talk = await Talk.begin(MARIA)
    reply = await talk.say("Please stop calling me")
    assert "won't call or text" in reply
    latest = await in_database(lambda: Consent.objects.filter(customer__first_name="Maria").first())
    assert latest is not None
    assert not latest.is_granted
    assert "stop calling me" in latest.wording


# --- a call that was cut off ----------------------------------------------------------------


async def cut_off_call() -> None:
    talk = await Talk.begin(MARIA, sid="CA1")
    await say_all(talk, "an oil change for my Civic", "yes")

    def hung_up() -> None:
        Call.objects.filter(pk=talk.call.pk).update(
            ended_at=SATURDAY, outcome="hung_up", conversation=talk.conversation.model_dump(mode="json")
        )

    await in_database(hung_up)


async def test_who_rings_again_is_offered_to_go_on_and_verified_first() -> None:
    await cut_off_call()
    talk = await Talk.begin(MARIA, sid="CA2", now=SATURDAY + timedelta(minutes=5))
    reply = await talk.say("yes, it's me")
    assert reply == "Shall we go on where we stopped?"
    reply = await talk.say("yes")
    assert "oil change" not in reply
    reply = await say_all(talk, "Maria Lopez", PLATE)
    assert "What day and time would" in reply
    assert talk.conversation.slots.services == ["LOF"]


async def test_after_ten_minutes_it_is_forgotten() -> None:
    await cut_off_call()
    talk = await Talk.begin(MARIA, sid="CA2", now=SATURDAY + timedelta(minutes=11))
    assert "go on" not in await talk.say("yes, it's me")


async def test_what_a_turn_changed_is_kept_with_its_intent() -> None:
    talk = await Talk.begin(STRANGER)
    before = talk.conversation.model_copy(deep=True)
    await talk.say("an oil change for my Civic")
    changes = talk.conversation.changes_since(before)
    assert changes["services"] == [None, ["LOF"]]
    assert changes["vehicle.make"] == [None, "Honda"]
    assert changes["intent"] == ["unknown", "book"]


async def test_every_use_of_a_tool_has_a_row() -> None:
    talk = await Talk.begin(STRANGER)
    await say_all(talk, "how much is an oil change", "no")
    await talk.toolbox.settle()
    names = await in_database(lambda: list(ToolCall.objects.values_list("name", flat=True)))
    assert names == ["get_price_range"]
    assert not await in_database(Appointment.objects.exists)
