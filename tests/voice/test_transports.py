"""How callers go on while the car is here: what they say, and what the lane can keep."""

from datetime import timedelta

import pytest

from crm.models import Customer
from scheduling.models import Appointment, Loaner
from tests.factories import SATURDAY, make_demo_store
from tests.talking import MARIA, STRANGER, Talk
from voice.conversation.states import Offer
from voice.conversation.transports import asks_how, find_transport
from voice.database import in_database


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("and I'll wait for it", "waiter"),
        ("can I wait there?", "waiter"),
        ("I'd rather stay while you do it", "waiter"),
        ("I'll drop it off", "drop_off"),
        ("we'd like to leave it with you", "drop_off"),
        ("I don't want to wait there", "drop_off"),
        ("I can't wait for it, I need a loaner", "loaner"),
        ("could I get something to drive?", "loaner"),
        ("I'll drop it off and take the shuttle", "shuttle"),
        ("I'd need a ride to work", "shuttle"),
        ("do you have a shuttle?", ""),
        ("do I need a loaner?", ""),
        ("I don't need a loaner", ""),
        ("oh wait, actually Wednesday", ""),
        ("I'd like to leave a message", ""),
        ("I can't wait", ""),
        ("I'll wait", ""),
    ],
)
def test_how_they_go_on_is_understood(text: str, way: str) -> None:
    assert find_transport(text, is_about_a_visit=False) == way


def test_to_wait_alone_may_mean_the_telephone() -> None:
    assert find_transport("an oil change, and I'll wait", is_about_a_visit=True) == "waiter"
    assert asks_how("can I wait there?")
    assert not asks_how("I'll wait there")


async def say_all(talk: Talk, *lines: str) -> str:
    reply = ""
    for line in lines:
        reply = await talk.say(line)
    return reply


@pytest.mark.django_db(transaction=True)
class TestAtTheDesk:
    @pytest.fixture(autouse=True)
    def otto(self, transactional_db: None) -> None:
        make_demo_store()

    async def test_it_is_said_late_and_the_time_stays(self) -> None:
        talk = await Talk.begin(MARIA)
        reply = await say_all(talk, "Oil change for my Civic on Tuesday at ten", "Yes, this is Maria")
        assert "while you wait" not in reply
        reply = await talk.say("Yes, but I'll drop it off")
        assert "Tuesday, November 24th at 10 AM" in reply
        assert "leave it with us until 6 PM" in reply
        assert not await in_database(Appointment.objects.exists)
        await talk.say("Yes")
        assert (await in_database(Appointment.objects.get)).transport == "drop_off"

    async def test_yes_and_i_will_wait_is_a_yes(self) -> None:
        talk = await Talk.begin(MARIA)
        await say_all(talk, "Oil change for my Civic on Tuesday at ten", "Yes, this is Maria")
        assert "You're booked" in await talk.say("Yes, and I'll wait for it")
        assert (await in_database(Appointment.objects.get)).transport == "waiter"

    async def test_where_no_loaner_is_left_the_car_can_be_left(self) -> None:
        await in_database(Loaner.objects.all().delete)
        talk = await Talk.begin(STRANGER)
        reply = await talk.say("Oil change for my Civic on Tuesday at ten, and I need a loaner")
        assert "I have no loaner car then, but you can leave the car with us." in reply
        assert {offer.way for offer in talk.conversation.offers} == {"drop_off"}

    async def test_who_did_not_come_twice_hears_of_no_loaner_before_it_is_booked(self) -> None:
        def two_missed() -> None:
            emily = Customer.objects.get(first_name="Emily")
            for days in (30, 60):
                Appointment.objects.create(
                    rooftop=emily.rooftop,
                    customer=emily,
                    vehicle=emily.vehicles.get(),
                    confirmation_number=f"9{days:05}",
                    transport="drop_off",
                    arrives_at=SATURDAY - timedelta(days=days),
                    ready_at=SATURDAY - timedelta(days=days) + timedelta(hours=2),
                    status=Appointment.Status.NO_SHOW,
                    source="staff",
                )

        await in_database(two_missed)
        talk = await Talk.begin("+12125550149")
        await say_all(
            talk, "Oil change for my Wrangler Tuesday at ten, I need a loaner", "Yes, this is Emily"
        )
        reply = await talk.say("Yes")
        assert "no loaner car for you that day" in reply
        assert "come" not in reply, "why is nobody's business on the telephone"
        await say_all(talk, "the first one", "yes")
        booked = await in_database(lambda: Appointment.objects.get(status=Appointment.Status.BOOKED))
        assert booked.transport == "drop_off"

    async def test_a_question_about_rides_leaves_the_flow_where_it_was(self) -> None:
        talk = await Talk.begin(STRANGER)
        reply = await say_all(talk, "Oil change for my Civic", "can I wait for it?")
        assert "You can wait here" in reply
        assert "What day and time" in reply
        reply = await talk.say("Tuesday at ten")
        await say_all(talk, "Bob Miller", "yes")
        assert "while you wait" in talk.conversation.last_heard_from_desk()

    def test_an_offer_knows_its_way(self) -> None:
        offer = Offer(handle="o", arrives_at=SATURDAY, local=SATURDAY)
        assert offer.way == "waiter"
        assert offer.model_copy(update={"leave_until": SATURDAY}).way == "drop_off"
        assert offer.model_copy(update={"leave_until": SATURDAY, "transport": "loaner"}).way == "loaner"
