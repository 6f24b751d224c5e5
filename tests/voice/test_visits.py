"""What the caller has booked already: told, moved and cancelled by the built-in mind, for its owner alone."""

from datetime import UTC, datetime, timedelta

import pytest

from crm.models import Customer
from scheduling import booking
from scheduling.models import Appointment, OpCode
from tests.factories import SATURDAY, make_demo_store
from tests.talking import MARIA, STRANGER, Talk
from voice.conversation.states import Ending
from voice.database import in_database
from voice.models import FailedCheck, ToolCall

pytestmark = pytest.mark.django_db(transaction=True)

TUESDAY_AT_NINE = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
WHO = "Maria Lopez"
PLATE = "My plate is J K L 2 0 4 1"


@pytest.fixture(autouse=True)
def otto(transactional_db: None) -> None:
    make_demo_store()


def visit_of(first_name: str, *codes: str, at: datetime = TUESDAY_AT_NINE) -> Appointment:
    customer = Customer.objects.get(first_name=first_name)
    vehicle = customer.vehicles.first()
    assert vehicle is not None
    op_codes = list(OpCode.objects.filter(rooftop=customer.rooftop, code__in=codes or ["LOF"]))
    return booking.book(
        customer.rooftop, customer, vehicle, op_codes, at, actor="test", source="staff", now=SATURDAY
    )


async def say_all(talk: Talk, *lines: str) -> str:
    reply = ""
    for line in lines:
        reply = await talk.say(line)
    return reply


async def now_of(visit: Appointment) -> Appointment:
    return await in_database(Appointment.objects.get, pk=visit.pk)


async def codes_of(name: str) -> list[str]:
    return await in_database(lambda: list(ToolCall.objects.filter(name=name).values_list("code", flat=True)))


# --- who is it? ---------------------------------------------------------------------------


async def test_nothing_is_told_before_two_facts_have_proved_the_caller() -> None:
    visit = await in_database(visit_of, "Maria")
    talk = await Talk.begin(MARIA)
    reply = await talk.say("When is my appointment?")
    assert "first and last name" in reply
    reply = await talk.say(WHO)
    assert "last six" in reply
    assert not any("24th" in message.text for message in talk.conversation.history)
    reply = await talk.say(PLATE)
    assert "an oil change for your 2019 Honda Civic on Tuesday, November 24th at 9 AM" in reply
    assert (await now_of(visit)).status == "booked"


@pytest.mark.parametrize(
    "proof", ["May 17th, 1984", "five seventeen nineteen eighty four", "the plate is JKL 2041", "{vin}"]
)
async def test_any_second_fact_proves_as_well(proof: str) -> None:
    vin = await in_database(lambda: Customer.objects.get(first_name="Maria").vehicles.get().vin)
    await in_database(visit_of, "Maria")
    talk = await Talk.begin(STRANGER)  # from any telephone
    reply = await say_all(talk, "when is my appointment", WHO, proof.format(vin=" ".join(vin[-6:])))
    assert "You have an oil change" in reply
    assert talk.conversation.caller.is_verified


async def test_a_wrong_fact_and_a_customer_who_does_not_exist_are_refused_alike() -> None:
    await in_database(visit_of, "Maria")
    wrong = await Talk.begin(MARIA, sid="CA1")
    nobody = await Talk.begin(STRANGER, sid="CA2")
    refusals = [
        await say_all(wrong, "cancel my appointment", WHO, "the plate is JKL 9999"),
        await say_all(nobody, "cancel my appointment", "Zoe Nowhere", "the plate is JKL 9999"),
    ]
    assert refusals[0] == refusals[1]
    assert "I can't match that" in refusals[0]


async def test_after_three_failures_a_person_comes_and_the_number_is_locked_for_an_hour() -> None:
    visit = await in_database(visit_of, "Maria")
    talk = await Talk.begin(STRANGER, sid="CA1")
    await talk.say("cancel my appointment")
    for plate in ("A B C 1 2 3", "A B C 1 2 4", "A B C 1 2 5"):
        await say_all(talk, WHO, f"my plate is {plate}")
    assert talk.conversation.ending is Ending.TRANSFER
    assert "gave the name Maria Lopez" in talk.conversation.transfer_reason
    again = await Talk.begin(STRANGER, sid="CA2")
    await say_all(again, "cancel my appointment", WHO, PLATE)
    assert not again.conversation.caller.is_verified
    assert again.conversation.ending is Ending.TRANSFER
    later = await Talk.begin(STRANGER, sid="CA3", now=SATURDAY + timedelta(minutes=61))
    await say_all(later, "cancel my appointment", WHO, PLATE)
    assert later.conversation.caller.is_verified
    assert (await now_of(visit)).status == "booked"


async def test_guesses_from_several_telephones_lock_the_customer_they_are_about() -> None:
    await in_database(visit_of, "Maria")
    for number in range(3):
        thief = await Talk.begin(f"+1212555019{number}", sid=f"CA{number}")
        await say_all(thief, "cancel my appointment", WHO, f"my plate is A B C 1 2 {number}")
    assert await in_database(FailedCheck.objects.filter(customers__first_name="Maria").count) == 3
    talk = await Talk.begin("+12125550199", sid="CA9")
    reply = await say_all(talk, "cancel my appointment", WHO, PLATE)
    assert "I can't match that" in reply


@pytest.mark.security
async def test_a_withheld_number_and_a_name_that_is_nearly_right_are_no_way_around_the_lock() -> None:
    """Three tries a call, and any number of calls: what is locked is whom they all meant."""
    await in_database(visit_of, "Maria")
    for number in range(3):
        thief = await Talk.begin("anonymous", sid=f"CA{number}")
        await say_all(thief, "cancel my appointment", "Maria Lopes", f"I was born on May 1{number}th 1984")
    guessed = await Talk.begin("anonymous", sid="CA8")
    await say_all(guessed, "cancel my appointment", "Maria Lopes", "I was born on May 17th 1984")
    assert not guessed.conversation.caller.is_verified
    somebody_else = await Talk.begin("anonymous", sid="CA9")
    await say_all(somebody_else, "cancel my appointment", "Samuel Green", "I was born on July 21st 1977")
    assert somebody_else.conversation.caller.is_verified


@pytest.mark.security
async def test_from_a_withheld_number_facts_that_point_at_nobody_are_not_enough() -> None:
    """A ZIP code and guesses at birth dates would be held against nobody; from a known number they are."""
    proof = {"zip_code": "12207", "date_of_birth": "1984-05-17"}
    codes = []
    for caller in ("anonymous", STRANGER):
        talk = await Talk.begin(caller, sid=caller)
        codes.append((await talk.toolbox.call("verify_caller", proof)).code)
    assert codes == ["more_facts", "ok"]


# --- cancel -------------------------------------------------------------------------------


async def test_a_cancellation_offers_a_move_once_reads_back_and_needs_a_yes() -> None:
    visit = await in_database(visit_of, "Maria")
    talk = await Talk.begin(MARIA)
    reply = await say_all(talk, "I need to cancel my appointment", WHO, PLATE)
    assert "move it to another day instead?" in reply
    reply = await talk.say("no, just cancel it")
    assert reply == "Shall I cancel your appointment on Tuesday, November 24th at 9 AM?"
    assert (await now_of(visit)).status == "booked"
    reply = await talk.say("yes")
    assert "Tuesday, November 24th at 9 AM is cancelled" in reply
    assert (await now_of(visit)).status == "cancelled"


async def test_a_no_to_the_read_back_leaves_the_appointment() -> None:
    visit = await in_database(visit_of, "Maria")
    talk = await Talk.begin(MARIA)
    reply = await say_all(talk, "cancel my appointment", WHO, PLATE, "no", "no")
    assert "left it as it is" in reply
    assert (await now_of(visit)).status == "booked"


async def test_who_has_nothing_booked_is_told_so() -> None:
    talk = await Talk.begin(MARIA)
    assert "I don't see any appointment" in await say_all(talk, "cancel my appointment", WHO, PLATE)


async def test_of_several_the_caller_says_which() -> None:
    first = await in_database(visit_of, "Maria")
    second = await in_database(visit_of, "Maria", "TROT", at=TUESDAY_AT_NINE + timedelta(days=6))
    talk = await Talk.begin(MARIA)
    reply = await say_all(talk, "cancel my appointment", WHO, PLATE)
    assert "Which one do you mean?" in reply
    await say_all(talk, "the tire rotation", "no", "yes")
    assert (await now_of(first)).status == "booked"
    assert (await now_of(second)).status == "cancelled"


# --- move ---------------------------------------------------------------------------------


async def test_a_move_keeps_the_row_and_the_confirmation_number() -> None:
    visit = await in_database(visit_of, "Maria")
    talk = await Talk.begin(MARIA)
    reply = await say_all(talk, "I need to move my appointment", WHO, PLATE)
    assert "What day and time would suit you better?" in reply
    reply = await talk.say("Wednesday at ten")
    assert "to Wednesday, November 25th at 10 AM. Shall I move it?" in reply
    reply = await talk.say("yes please")
    moved = await now_of(visit)
    assert moved.arrives_at == datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
    assert moved.confirmation_number == visit.confirmation_number
    assert ", ".join(visit.confirmation_number) in reply


async def test_everything_about_a_move_in_one_breath() -> None:
    visit = await in_database(visit_of, "Maria")
    talk = await Talk.begin(MARIA)
    await talk.say("Hi, this is Maria Lopez, I have to move my appointment to Wednesday at ten")
    await say_all(talk, PLATE, "yes")
    assert (await now_of(visit)).arrives_at == datetime(2026, 11, 25, 15, 0, tzinfo=UTC)


async def test_a_cancellation_may_become_a_move() -> None:
    visit = await in_database(visit_of, "Maria")
    talk = await Talk.begin(MARIA)
    await say_all(talk, "cancel my appointment", WHO, PLATE, "oh yes, Wednesday at ten would work", "yes")
    moved = await now_of(visit)
    assert (moved.status, moved.arrives_at) == ("booked", datetime(2026, 11, 25, 15, 0, tzinfo=UTC))


async def test_its_own_hours_do_not_stand_in_a_visits_way() -> None:
    visit = await in_database(visit_of, "Maria", "M60")
    talk = await Talk.begin(MARIA)
    await say_all(talk, "move my appointment", WHO, PLATE, "the same day at eight", "Tuesday at eight", "yes")
    assert (await now_of(visit)).arrives_at < visit.arrives_at


async def test_what_somebody_else_changed_meanwhile_is_read_again() -> None:
    visit = await in_database(visit_of, "Maria")
    talk = await Talk.begin(MARIA)
    await say_all(talk, "cancel my appointment", WHO, PLATE, "no")
    at_ten = TUESDAY_AT_NINE + timedelta(hours=1)
    await in_database(lambda: booking.reschedule(visit, at_ten, actor="staff", now=SATURDAY))
    reply = await talk.say("yes")
    assert "10 AM" in reply
    assert (await now_of(visit)).status == "booked"
    await say_all(talk, "yes")
    assert (await now_of(visit)).status == "cancelled"
    assert await codes_of("cancel_appointment") == ["stale_version", "ok"]
