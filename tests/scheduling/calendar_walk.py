"""A random walk of a store and its calendars, in which whatever can go wrong does.

Here visits are booked, moved, confirmed and cancelled; there people move, lengthen, rename, copy and delete
events; Google loses answers, refuses, forgets sync tokens; pushes are lost or come twice; workers die.
"""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.test import Client

from crm.models import Rooftop
from scheduling import booking, channels, outbox, sync
from scheduling.calendar_audit import audit
from scheduling.models import (
    Appointment,
    CalendarConnection,
    CalendarLink,
    CalendarOutbox,
    Technician,
)
from scheduling.refusals import Refusal
from tests.emulators.base import Fault
from tests.emulators.google import Google
from tests.emulators.google_events import Event
from tests.scheduling.calendars import NOW, PAT, SHOP, book, connect, make_store, settle

HOOK = "/api/v1/webhooks/google-calendar"
PLACES = ("insert", "patch", "delete", "get", "list")
MOST_VISITS = 25


class Walk:
    """dice decides everything, so that a seed tells the same story again."""

    def __init__(self, google: Google, seed: int) -> None:
        self.google, self.dice, self.now = google, random.Random(seed), NOW
        self.rooftop: Rooftop = make_store()
        self.shop = connect(self.rooftop)
        self.pat = connect(self.rooftop, Technician.objects.get(rooftop=self.rooftop, name="Pat"))
        self.events, self.hers = google.calendar(SHOP), google.calendar(PAT)
        self.client = Client()
        self.cancelled: set[int] = set()
        self.steps: list[str] = []
        sync.pull_due(self.now)
        channels.watch_due(self.now)

    def step(self) -> None:
        self.now += timedelta(seconds=self.dice.randint(0, 60))
        (what,) = self.dice.choices(list(WEIGHTS), list(WEIGHTS.values()))
        self.steps.append(what.__name__)
        what(self)

    # --- here -----------------------------------------------------------------------------

    def book(self) -> None:
        if len(self._visits()) < MOST_VISITS:
            self._unless_refused(lambda: book(self.rooftop, self._moment(), now=self.now))

    def move(self) -> None:
        if visit := self._visit():
            wanted = self._moment()
            self._unless_refused(lambda: booking.reschedule(visit, wanted, actor="test", now=self.now))

    def confirm(self) -> None:
        if visit := self._visit():
            self._unless_refused(lambda: booking.confirm(visit, actor="test", now=self.now))

    def cancel(self) -> None:
        if visit := self._visit():
            self._unless_refused(lambda: booking.cancel(visit, reason="x", actor="test", now=self.now))
            self.cancelled.add(visit.pk)

    # --- workers --------------------------------------------------------------------------

    def push(self) -> None:
        sync.push_due(self.now)

    def poll(self) -> None:
        sync.pull_due(self.now)

    def die(self) -> None:
        """A worker takes a change and is never seen again."""
        outbox.claim(self.now)

    def hear(self) -> None:
        """What Google pushes: lost, once or twice, in any order."""
        pushes, self.google.pushes[:] = list(self.google.pushes), []
        self.dice.shuffle(pushes)
        for headers in pushes[:3]:
            for _ in range(self.dice.choice((0, 1, 1, 2))):
                assert self.client.post(HOOK, headers=headers).status_code == 204
        CalendarConnection.objects.filter(pull_due_at__gt=self.now, pull_due_at__lt=NOW).update(
            pull_due_at=self.now
        )
        sync.pull_due(self.now)

    # --- people ---------------------------------------------------------------------------

    def person_moves(self) -> None:
        if event := self._event():
            self.events.move(event["id"], self._moment())
            self.google.tell_channels(SHOP)

    def person_lengthens(self) -> None:
        if event := self._event():
            start = datetime.fromisoformat(event["start"]["dateTime"])
            self.events.move(event["id"], start, start + timedelta(hours=self.dice.randint(1, 9)))

    def person_renames(self) -> None:
        if event := self._event():
            self.events.edit(event["id"], summary="Call her first", colorId="7")
            self.google.tell_channels(SHOP)

    def person_deletes(self) -> None:
        if event := self._event():
            self.events.delete(event["id"])
            self.google.tell_channels(SHOP)

    def person_adds(self) -> None:
        start = self._moment()
        self.events.add("Fire drill", start, start + timedelta(hours=1))

    def pat_is_busy(self) -> None:
        start, kind = self._moment(), self.dice.randint(0, 9)
        if kind == 0:
            day: date = start.astimezone(self.rooftop.zone).date()
            self.hers.add("Day off", day, day + timedelta(days=1))
        elif kind == 1:
            local = start.astimezone(self.rooftop.zone)
            rule = [f"RRULE:FREQ=DAILY;COUNT={self.dice.randint(1, 4)}"]
            self.hers.add("Lunch", local, local + timedelta(hours=1), recurrence=rule)
        else:
            self.hers.add("Dentist", start, start + timedelta(minutes=self.dice.choice((30, 60, 150))))
        self.google.tell_channels(PAT)

    def pat_changes(self) -> None:
        standing = self.hers.standing()
        if not standing:
            return
        event = self.dice.choice(standing)
        if self.dice.random() < 0.6 or "date" in event["start"]:
            self.hers.delete(event["id"])
        else:
            self.hers.move(event["id"], self._moment().astimezone(self.rooftop.zone))
        self.google.tell_channels(PAT)

    # --- Google ---------------------------------------------------------------------------

    def trouble(self) -> None:
        fault = self.dice.choice(
            (
                Fault("cut", times=self.dice.randint(1, 2)),
                Fault("cut", times=2),
                Fault("drop", times=2),
                Fault("garbage", times=1),
                Fault("refuse", status=500, times=1),
                Fault("refuse", status=503, times=self.dice.randint(1, 3)),
                Fault("refuse", status=429, times=1, seconds=self.dice.choice((0, 30))),
                Fault("refuse", status=403, code="rateLimitExceeded", times=1),
                Fault("refuse", status=401, times=1),
            )
        )
        fault.where = self.dice.choice(PLACES)
        self.google.faults.append(fault)

    def forget_tokens(self) -> None:
        self.dice.choice((self.events, self.hers)).token_age += 1

    # --- when all is quiet ----------------------------------------------------------------

    def check(self) -> None:
        """Let everything come to rest; raises AssertionError when the two sides differ then."""
        self.google.faults.clear()
        self.now = settle(self.now)
        story = f"after {len(self.steps)} steps, the last: {self.steps[-40:]}"
        differences = [*audit(self._fresh(self.shop), self.now), *audit(self._fresh(self.pat), self.now)]
        assert differences == [], f"{differences} {story}"
        assert list(CalendarOutbox.objects.values("trouble", "parked_at")) == [], story
        self._check_events(story)
        off = Appointment.objects.filter(status="cancelled").values_list("pk", flat=True)
        assert set(off) == self.cancelled, f"somebody else cancelled a visit, {story}"
        before = (self.google.writes, self._versions())
        self.now = settle(self.now)
        assert (self.google.writes, self._versions()) == before, f"an echo was written, {story}"

    def _check_events(self, story: str) -> None:
        """Each visit ahead has one event, that of its link; each that is off has none."""
        shown: dict[int, list[str]] = {}
        for event in self.events.standing():
            private = event.get("extendedProperties", {}).get("private", {})
            if "visit" in private:
                shown.setdefault(int(private["visit"]), []).append(event["id"])
        links = dict(CalendarLink.objects.values_list("appointment", "event_id"))
        for visit in self._visits():
            assert shown.get(visit.pk) == [links[visit.pk]], f"visit {visit.pk}, {story}"
        assert not self.cancelled & set(shown), story
        assert all(len(ids) == 1 for ids in shown.values()), f"two events for one visit, {story}"

    def _versions(self) -> list[Any]:
        return list(Appointment.objects.order_by("pk").values_list("pk", "version"))

    def _fresh(self, connection: CalendarConnection) -> CalendarConnection:
        fresh = CalendarConnection.objects.select_related("rooftop").get(pk=connection.pk)
        assert fresh.state == "connected", fresh.trouble
        return fresh

    def _visits(self) -> list[Appointment]:
        return list(
            Appointment.objects.active()
            .filter(rooftop=self.rooftop, arrives_at__gt=self.now)
            .select_related("rooftop")
            .order_by("pk")
        )

    def _visit(self) -> Appointment | None:
        visits = self._visits()
        return self.dice.choice(visits) if visits else None

    def _event(self) -> Event | None:
        ahead = [
            event
            for event in self.events.standing()
            if "extendedProperties" in event and datetime.fromisoformat(event["start"]["dateTime"]) > self.now
        ]
        return self.dice.choice(ahead) if ahead else None

    def _moment(self) -> datetime:
        """Some time in the next ten days, now and then when nobody works."""
        day = (self.now + timedelta(days=self.dice.randint(1, 10))).astimezone(self.rooftop.zone)
        return day.replace(
            hour=self.dice.randint(7, 17), minute=self.dice.choice((0, 15, 30, 45)), second=0, microsecond=0
        )

    def _unless_refused(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Refusal:
            self.steps.append("refused")


WEIGHTS: dict[Callable[[Walk], None], int] = {
    Walk.book: 14,
    Walk.move: 8,
    Walk.confirm: 4,
    Walk.cancel: 4,
    Walk.push: 22,
    Walk.poll: 6,
    Walk.hear: 10,
    Walk.die: 2,
    Walk.person_moves: 8,
    Walk.person_lengthens: 2,
    Walk.person_renames: 2,
    Walk.person_deletes: 4,
    Walk.person_adds: 1,
    Walk.pat_is_busy: 4,
    Walk.pat_changes: 4,
    Walk.trouble: 8,
    Walk.forget_tokens: 1,
}
