"""Staff and a customer text each other on one page."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import Settings

from crm.models import FollowUpTask, Phone, Rooftop, Staff
from reminders import texts
from reminders.models import Text
from tests.factories import SATURDAY
from tests.reminders import store
from tests.reminders.store import agree, maria, text_in
from tests.talking import MARIA

STRANGER = "+15185550177"


@pytest.fixture
def advisor(otto: Rooftop) -> Client:
    return log_in(otto, "advisor", "view_text", "change_appointment", "view_customer", "view_followuptask")


def log_in(rooftop: Rooftop, name: str, *rights: str) -> Client:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    Staff.objects.create(rooftop=rooftop, name=name, role="advisor", user=user)
    client = Client()
    client.force_login(user)
    return client


def address(otto: Rooftop, number: str = MARIA) -> str:
    return f"/texts/{otto.pk}/{Phone.objects.get(number=number).pk}/"


def read(client: Client, where: str) -> str:
    answer = client.get(where)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def write(client: Client, where: str, body: str, key: str = "hand:1") -> str:
    return " ".join(client.post(where, {"body": body, "key": key}, follow=True).content.decode().split())


def test_both_sides_are_read_in_order_with_what_became_of_them(otto: Rooftop, advisor: Client) -> None:
    agree()
    where = address(otto)
    assert "No texts yet" in read(advisor, where)

    assert "On its way." in write(advisor, where, "Your wipers are in.")
    Staff.objects.filter(user__username="advisor").update(name="Dana Brooks")
    texts.send_due(now=SATURDAY)
    text_in("Great, thank you!")

    page = read(advisor, where)
    assert page.index("Your wipers are in. Reply STOP to opt out.") < page.index("Great, thank you!")
    assert "Dana Brooks · <time" in page and "· queued" in page
    sent = Text.objects.get(kind="by_hand")
    assert (sent.author, sent.number, sent.customer, sent.status) == ("advisor", MARIA, maria(), "queued")


def test_sending_the_form_twice_writes_one_text(otto: Rooftop, advisor: Client) -> None:
    agree()
    for _ in range(2):
        write(advisor, address(otto), "Your wipers are in.")
    assert Text.objects.filter(kind="by_hand").count() == 1
    assert "Write something first." in write(advisor, address(otto), "  ", key="hand:2")


def test_who_did_not_agree_or_said_stop_is_not_texted_and_nothing_typed_is_lost(
    otto: Rooftop, advisor: Client
) -> None:
    where = address(otto)
    page = write(advisor, where, "Your wipers are in.")
    assert "Not sent. They have not agreed to texts. Call them, and ask whether texts are fine." in page
    assert "Your wipers are in.</textarea>" in page
    agree()
    text_in("STOP")
    assert "Not sent. They want no texts." in write(advisor, where, "Your wipers are in.")
    assert not Text.objects.filter(kind="by_hand").exists()


def test_a_stop_that_comes_before_it_goes_holds_it_back(otto: Rooftop, advisor: Client) -> None:
    agree()
    write(advisor, address(otto), "Your wipers are in.")
    text_in("STOP")
    texts.send_due(now=SATURDAY)
    text = Text.objects.get(kind="by_hand")
    assert (text.status, text.reason) == ("refused", "They want no texts.")


def test_while_a_test_number_is_set_nobody_else_is_texted(
    otto: Rooftop, advisor: Client, settings: Settings
) -> None:
    agree()
    settings.YOUR_TEST_NUMBER = "+12125550199"
    assert "YOUR_TEST_NUMBER is set" in write(advisor, address(otto), "Hello")
    assert not Text.objects.exists()


def test_a_stranger_who_texted_is_answered_from_the_task(otto: Rooftop, advisor: Client) -> None:
    text_in("Do you fit tow bars?", number=STRANGER)
    task = FollowUpTask.objects.get(phone_number=STRANGER)
    where = address(otto, STRANGER)

    assert f'href="{where}"' in read(advisor, f"/admin/crm/followuptask/{task.pk}/change/")
    assert "not a customer yet" in read(advisor, where)
    assert "On its way." in write(advisor, where, "We do. Call us for a price.")
    assert Text.objects.get(kind="by_hand").customer is None


def test_new_texts_come_by_themselves_and_nothing_while_there_are_none(
    otto: Rooftop, advisor: Client
) -> None:
    where = f"{address(otto)}news/"
    seen = read(advisor, address(otto)).split("?seen=")[1].split('"')[0]
    assert advisor.get(where, {"seen": seen}).status_code == 204

    text_in("Are you open today?")
    assert "Are you open today?" in advisor.get(where, {"seen": seen}).content.decode()


def test_customer_and_appointment_lead_to_the_texts(otto: Rooftop, advisor: Client) -> None:
    visit = store.make_visit()
    for page in (
        f"/admin/crm/customer/{visit.customer_id}/change/",
        f"/admin/scheduling/appointment/{visit.pk}/change/",
    ):
        assert f'href="{address(otto)}"' in read(advisor, page)


def test_another_stores_texts_are_not_found_and_readers_do_not_write(otto: Rooftop) -> None:
    agree()
    where = address(otto)
    other = Rooftop.objects.create(name="Other", time_zone="America/New_York")
    assert log_in(other, "away", "view_text").get(where).status_code == 404
    assert log_in(other, "away2", "view_text").get(f"{where}news/").status_code == 404
    assert log_in(otto, "nobody").get(where).status_code == 403
    reader = log_in(otto, "reader", "view_text")
    assert "Send</button>" not in read(reader, where)
    assert reader.post(where, {"body": "x", "key": "hand:1"}).status_code == 403
    assert Client().get(where).status_code == 302
    unknown = Phone.objects.create(number="+15185550111")
    assert log_in(otto, "third", "view_text").get(f"/texts/{otto.pk}/{unknown.pk}/").status_code == 404


def test_a_text_by_hand_that_failed_becomes_a_task(otto: Rooftop, advisor: Client) -> None:
    agree()
    write(advisor, address(otto), "Your wipers are in.")
    texts.send_due(now=SATURDAY)
    sent = Text.objects.get(kind="by_hand")
    store.post(
        f"{store.HOOKS}/sms-status", MessageSid=sent.sid, MessageStatus="undelivered", ErrorCode="30005"
    )
    task = FollowUpTask.objects.get()
    assert (task.kind, task.phone_number) == ("reminder", MARIA)
    assert "may not have arrived" in task.summary
    assert "undelivered: The carrier" in read(advisor, address(otto))
