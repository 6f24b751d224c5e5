"""Reviewing a call: who may, what they see of it, what they leave."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from crm.models import FollowUpTask, Rooftop, Staff
from tests.factories import SATURDAY
from tests.voice.reviewing import EVERYTHING, client_of, make_call, make_user, record, say
from tests.voice.small import BART_NUMBER, make_small_store
from voice import after_calls, retention, tasks
from voice.calls import save_usage, usage
from voice.models import Call, CallReview, Defect, RecordingAccess, ToolCall, Turn, TurnComment
from voice.ports import ModelUse

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def otto(settings: Settings, tmp_path: Path) -> Rooftop:
    settings.MEDIA_ROOT = str(tmp_path)
    return make_small_store()


@pytest.fixture
def manager(otto: Rooftop) -> User:
    return make_user(otto, *EVERYTHING)


@pytest.fixture
def client(manager: User) -> Client:
    return client_of(manager)


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


# --- rights -------------------------------------------------------------------------------


@pytest.mark.security
def test_another_stores_calls_are_nowhere(otto: Rooftop, settings: Settings) -> None:
    bart = make_small_store(number=BART_NUMBER, name="Bart's Garage")
    stranger = client_of(make_user(bart, *EVERYTHING, name="bart"))
    call = make_call(otto)
    record(call)
    (turn,) = say(call, "My brakes squeak.")

    assert "Bart" in read(stranger, "/calls/")
    assert f"/calls/{call.pk}/" not in read(stranger, "/calls/?q=brakes")
    assert f"/calls/{call.pk}/" not in read(stranger, f"/calls/?rooftop={otto.pk}")
    export = b"".join(stranger.get("/calls/export.csv").streaming_content)  # type: ignore[attr-defined]
    assert call.caller_number.encode() not in export
    for address in (f"/calls/{call.pk}/", f"/calls/{call.pk}/recording"):
        assert stranger.get(address).status_code == 404
    for address in (
        f"/calls/{call.pk}/review",
        f"/calls/{call.pk}/take-over",
        f"/calls/turns/{turn.pk}/comment",
        f"/calls/turns/{turn.pk}/follow-up",
    ):
        assert stranger.post(address, {"text": "x", "state": "done"}).status_code == 404
    assert not (RecordingAccess.objects.exists() or CallReview.objects.exists())


@pytest.mark.security
def test_each_deed_has_its_own_right(otto: Rooftop) -> None:
    reader = client_of(make_user(otto, "view_call", name="reader"))
    nobody = client_of(make_user(otto, name="nobody"))
    call = make_call(otto)
    record(call)
    (turn,) = say(call, "Hello.")

    page = read(reader, f"/calls/{call.pk}/")
    for absent in ("/review", "/comment", "/follow-up", 'id="player"', "/take-over"):
        assert absent not in page
    assert reader.get(f"/calls/{call.pk}/recording").status_code == 403
    for address in ("/calls/", "/calls/live/", "/calls/export.csv", f"/calls/{call.pk}/"):
        assert nobody.get(address).status_code == 403
        assert Client().get(address).status_code == 302
    for address in (
        f"/calls/{call.pk}/review",
        f"/calls/{call.pk}/take-over",
        f"/calls/turns/{turn.pk}/comment",
        f"/calls/turns/{turn.pk}/follow-up",
    ):
        assert reader.post(address).status_code == 403
        assert Client().post(address).status_code == 302


# --- the page -----------------------------------------------------------------------------


def test_hearing_a_call_is_kept(client: Client, otto: Rooftop, manager: User) -> None:
    call = make_call(otto)
    record(call, begins_after=1.5)

    page = read(client, f"/calls/{call.pk}/")
    assert f'data-audio="/calls/{call.pk}/recording" data-offset="1500"' in page
    assert "Heard" not in page
    assert not RecordingAccess.objects.exists()  # the page itself hands out nothing

    assert b"".join(client.get(f"/calls/{call.pk}/recording"))[:4] == b"RIFF"
    assert RecordingAccess.objects.get().user == manager
    assert "Heard 1 time" in read(client, f"/calls/{call.pk}/")


def test_a_turn_shows_state_changes_and_what_the_wait_was_made_of(client: Client, otto: Rooftop) -> None:
    call = make_call(otto)
    desk, _ = say(call, "Which day?", "Monday.")
    Turn.objects.filter(pk=desk.pk).update(
        intent="book",
        changes={"vehicle.make": [None, "Honda"]},
        latencies={"final": 300, "first_clause": 700, "first_audio": 800, "first_frame": 1000},
    )

    page = read(client, f"/calls/{call.pk}/")
    assert "slot collection · book" in page
    assert "<b>vehicle make</b> Honda" in page
    for part in ("hearing 300 ms", "thinking 400 ms", "speaking 300 ms"):
        assert part in page
    assert "width: 100%" in page


def test_what_was_said_is_held_against_the_book_and_the_menu(client: Client, otto: Rooftop) -> None:
    call = make_call(otto, ended_at=SATURDAY)
    say(
        call,
        "You're booked for Tuesday, November 24th at 10 AM.",
        "Thanks. My deductible is 500 dollars.",
        "That is 129 dollars. And 500 dollars is your own figure.",
    )
    ToolCall.objects.create(
        call=call,
        key="1",
        name="book_appointment",
        code="ok",
        result={"spoken": "", "data": {"local": "2026-11-24T09:15:00-05:00"}},
        at_ms=1,
        duration_ms=1,
    )
    Defect.objects.create(call=call, kind="time", said="At 3 PM.", truth="At 9:15 AM.", at_ms=5000)
    right = make_call(otto, "CA2", ended_at=SATURDAY)
    say(
        right,
        "All right, I haven't booked anything.",
        "Do.",
        "You're booked for Tuesday, November 24th at 9:15 AM.",
    )
    ToolCall.objects.create(
        call=right,
        key="1",
        name="book_appointment",
        code="ok",
        result={"data": {"local": "2026-11-24T09:15:00-05:00"}},
        at_ms=1,
        duration_ms=1,
    )

    page = read(client, f"/calls/{call.pk}/")
    assert page.index("Claim check") < page.index("Transcript")
    assert "In the book: Tuesday, November 24th at 9:15 AM." in page
    assert "“That is 129 dollars.”" in page
    assert "500 dollars is your own figure.”" not in page
    assert "Put right before it was heard" in page
    assert "Claim check" not in read(client, f"/calls/{right.pk}/")

    after_calls.look_back(now=SATURDAY)
    kept = Call.objects.order_by("pk").values_list("contradictions", "false_confirmations")
    assert list(kept) == [(2, 1), (0, 0)]  # the other one is a price
    assert found(client, untrue="on") == {"CA1"}


def test_a_booking_that_nobody_wrote_is_told(client: Client, otto: Rooftop) -> None:
    call = make_call(otto)
    say(call, "You're booked for noon.")

    assert "This call wrote nothing into the book." in read(client, f"/calls/{call.pk}/")


def test_the_cost_is_an_estimate_and_says_what_it_does_not_know(
    client: Client, otto: Rooftop, settings: Settings
) -> None:
    settings.DEEPGRAM_API_KEY = "x"
    settings.PRICES = {
        "million_tokens": {"gpt-4o": (2.0, 10.0)},
        "minute_heard": 0.01,
        "thousand_characters": 0.03,
        "minute_on_the_line": 0.02,
    }
    call = make_call(otto, seconds_transcribed=60, characters_synthesized=2000)
    save_usage(usage(call, ModelUse("gpt-4o", 500_000, 10_000, 9), at_ms=1))
    page = read(client, f"/calls/{call.pk}/")
    assert "estimate" in page
    assert "<dt>Together</dt><dd>$1.21</dd>" in page  # 1.00 + 0.10, 0.01, 0.06, two minutes

    save_usage(usage(call, ModelUse("unheard-of", 1, 1, 9), at_ms=2))
    page = read(client, f"/calls/{call.pk}/")
    assert "no price known" in page
    assert "<dd>over $1.21</dd>" in page


# --- what is left -------------------------------------------------------------------------


def test_a_remark_names_whom_it_is_for(client: Client, otto: Rooftop, manager: User) -> None:
    call = make_call(otto)
    (turn,) = say(call, "Hello.")
    mike = Staff.objects.get(name="Mike Chen")
    user = User.objects.create_user("mike", "mike@example.com", is_staff=True)
    Staff.objects.filter(pk=mike.pk).update(user=user)

    form = client.get(f"/calls/turns/{turn.pk}/comment", headers=HTMX).content.decode()
    assert "<html" not in form and "<textarea" in form
    empty = client.post(f"/calls/turns/{turn.pk}/comment", {"text": " "}, headers=HTMX).content.decode()
    assert "Write what you remark." in empty and f'id="remarks-{turn.pk}"' in empty
    text = "@Mike Chen and @Mike, <b>call</b> her"
    kept = client.post(f"/calls/turns/{turn.pk}/comment", {"text": text}, headers=HTMX).content.decode()

    assert "<strong>@Mike Chen</strong> and @Mike, &lt;b&gt;call" in kept  # there are two Mikes
    assert "dana" in kept
    assert list(TurnComment.objects.get().mentioned.all()) == [mike]

    for _ in range(2):
        tasks.tell_mentioned()
    (letter,) = mail.outbox
    assert letter.to == ["mike@example.com"] and letter.subject == "dana named you in a remark on a call"
    assert f"/calls/{call.pk}/#turn-{turn.pk}" in letter.body and "call her" not in letter.body
    assert "@Mike Chen</strong>" in read(client, f"/calls/{call.pk}/")
    user.user_permissions.set(manager.user_permissions.all())
    assert found(client_of(user), review="mentioned") == {"CA1"}
    assert found(client, review="mentioned") == set()


def test_a_task_is_made_out_of_a_turn(client: Client, otto: Rooftop) -> None:
    call = make_call(otto, customer=otto.customers.get())
    (turn,) = say(call, "Hello.")
    address = f"/calls/turns/{turn.pk}/follow-up"
    owner = Staff.objects.get(name="Mike Chen")

    page = read(client, address)  # a page of its own, for whoever has no JavaScript
    assert "What is to be done" in page and "Bart" not in page
    wrong = client.post(address, {"summary": "", "due_at": "soon"}, headers=HTMX).content.decode()
    assert "Write what is to be done." in wrong and "Write a day and time like" in wrong
    data = {"summary": "Ring her back.", "due_at": "2026-11-23T09:30", "owner": owner.pk}
    assert client.post(address, data)["Location"] == f"/calls/{call.pk}/#turn-{turn.pk}"

    task = FollowUpTask.objects.get()
    assert (task.owner, task.call_sid, task.customer, task.phone_number) == (
        owner,
        "CA1",
        call.customer,
        call.caller_number,
    )
    assert task.due_at.astimezone(otto.zone).isoformat() == "2026-11-23T09:30:00-05:00"
    assert "Ring her back." in read(client, f"/calls/{call.pk}/")


def test_a_review_says_who_when_and_how_good(client: Client, otto: Rooftop) -> None:
    call, other = make_call(otto), make_call(otto, "CA2")
    assert found(client, review="unreviewed") == {"CA1", "CA2"}
    address = f"/calls/{call.pk}/review"
    data = {"understood": "2", "solved": "0", "note": "Asked twice.", "state": "done"}
    saved = client.post(address, data, headers=HTMX).content.decode()
    assert "Saved. dana" in " ".join(saved.split())
    assert client.post(address, data | {"solved": "7"}, headers=HTMX).status_code == 200

    review = CallReview.objects.get()
    assert (review.understood, review.solved, review.manners, review.state) == (2, 0, None, "done")
    assert found(client, review="done") == {"CA1"}
    assert found(client, review="unreviewed") == {other.sid}
    assert "Asked twice." in read(client, f"/calls/{call.pk}/")

    retention.forget_old(now=SATURDAY + timedelta(days=400))
    assert CallReview.objects.get().note == ""


def test_a_running_call_is_not_reviewed(client: Client, otto: Rooftop) -> None:
    call = make_call(otto, ended_at=None, outcome="running")
    (turn,) = say(call, "Hello.")

    assert "/review" not in read(client, f"/calls/{call.pk}/")
    assert client.post(f"/calls/{call.pk}/review", {"state": "done"}).status_code == 404
    assert client.post(f"/calls/turns/{turn.pk}/comment", {"text": "x"}).status_code == 404


# --- the list -----------------------------------------------------------------------------


def found(client: Client, **query: object) -> set[str]:
    answer = client.get(f"/calls/?{urlencode(query)}")
    assert answer.status_code == 200
    return {call.sid for call in answer.context["page"].object_list}


def test_saved_views_and_filters_find_what_they_say(client: Client, otto: Rooftop) -> None:
    asked = {"conversation": {"intent": "book", "ending": "transfer"}}
    mike = Staff.objects.get(name="Mike Chen")
    keys = iter(range(1000 * 20 + 1, 1000 * 20 + 19))  # none of the sample
    make_call(otto, "missed", pk=next(keys), outcome="message", **asked)
    make_call(otto, "reached", pk=next(keys), outcome="transferred", agent_version="gpt-4o 7", **asked)
    make_call(otto, "booked", pk=next(keys), outcome="booked", conversation={"intent": "book"})
    make_call(otto, "failed", pk=next(keys), failures=1)
    make_call(otto, "taken", pk=next(keys), outcome="transferred", taken_over_by=mike)
    make_call(otto, "sampled", pk=1001 * 20)
    make_call(otto, "running", pk=1002 * 20, ended_at=None, outcome="running")
    reviewed = make_call(otto, "reviewed", pk=next(keys), failures=2)
    CallReview.objects.create(call=reviewed, state="done")

    for query, wanted in (
        ({"handover": "missed"}, {"missed"}),
        ({"handover": "reached"}, {"reached", "taken"}),
        ({"handover": "asked"}, {"missed", "reached", "taken"}),
        ({"handover": "taken"}, {"taken"}),
        ({"intent": "book", "outcome": "unbooked"}, {"missed", "reached"}),
        ({"review": "queue"}, {"missed", "failed", "sampled"}),
        ({"version": "gpt-4o 7"}, {"reached"}),
    ):
        assert found(client, **query) == wanted, query
    page = read(client, "/calls/")
    for view in ("To review", "Failed handoffs", "Unbooked"):
        assert f">{view}</a>" in page


def test_one_goes_on_to_the_next_call_of_the_same_search(client: Client, otto: Rooftop) -> None:
    calls = [
        make_call(otto, f"CA{n}", outcome=("hung_up", "booked")[n % 2], started_at=SATURDAY - timedelta(n))
        for n in range(5)
    ]
    listed = read(client, "/calls/?outcome=hung_up")
    assert f"/calls/{calls[2].pk}/?outcome=hung_up" in listed

    page = read(client, f"/calls/{calls[2].pk}/?outcome=hung_up")
    assert f'<a href="/calls/{calls[0].pk}/?outcome=hung_up" rel="prev">' in page
    assert f'<a href="/calls/{calls[4].pk}/?outcome=hung_up" rel="next">' in page
    assert 'rel="prev"' not in read(client, f"/calls/{calls[0].pk}/")


def test_what_was_not_so_is_reviewed_first(client: Client, otto: Rooftop) -> None:
    wrong = {2: {"contradictions": 1}, 3: {"contradictions": 4}}
    calls = [
        make_call(otto, f"CA{n}", failures=1, started_at=SATURDAY - timedelta(n), **wrong.get(n, {}))
        for n in range(5)
    ]
    listed = client.get("/calls/?review=queue").context["page"].object_list
    assert [call.sid for call in listed] == ["CA2", "CA3", "CA0", "CA1", "CA4"]

    for at, above, below in ((3, 2, 0), (0, 3, 1)):
        page = read(client, f"/calls/{calls[at].pk}/?review=queue")
        assert f'<a href="/calls/{calls[above].pk}/?review=queue" rel="prev">' in page
        assert f'<a href="/calls/{calls[below].pk}/?review=queue" rel="next">' in page


def test_remarks_and_reviews_cost_no_query_each(client: Client, otto: Rooftop, manager: User) -> None:
    def count(*addresses: str) -> list[int]:
        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                read(client, address)
            counts.append(len(queries))
        return counts

    call = make_call(otto)
    turns = say(call, *(["Hello."] * 30))
    record(call)
    CallReview.objects.create(call=call, reviewer=manager)
    TurnComment.objects.create(turn=turns[0], author=manager, text="@Dana")
    few = count(f"/calls/{call.pk}/", "/calls/")
    for turn in turns[1:]:
        TurnComment.objects.create(turn=turn, author=manager, text="@Dana")
    for n in range(20):
        CallReview.objects.create(call=make_call(otto, f"CB{n}"), reviewer=manager)

    assert count(f"/calls/{call.pk}/", "/calls/") == few
    assert few[0] <= 32
