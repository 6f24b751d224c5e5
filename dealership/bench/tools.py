"""How long does a caller wait for a tool? Every tool that asks no network, in whole calls."""

import time
from collections import defaultdict
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from crm.models import Consent, Customer, FollowUpTask
from dealership.bench import store
from dealership.bench.figures import Figure, Goal
from dealership.bench.store import at_leisure
from scheduling.models import Appointment, Hold, WaitlistEntry
from voice import calls
from voice.conversation import questions, saying
from voice.conversation.states import Conversation, Message
from voice.models import Call
from voice.ports import ToolResult
from voice.tools.registry import REGISTRY, Toolbox
from voice.tools.store import load_store

SID = "bench-tools-"
SERVICE = "LOF"
DAYS = 14
READS, WRITES = Goal("p95", 30), Goal("p95", 100)

Took = dict[str, list[float]]


class Refused(Exception):
    """A tool did not do what it was timed for."""


async def measure(*, rounds: int) -> list[Figure]:
    """A round is one call, in which a proved customer books, moves and cancels a visit."""
    customers = [
        customer
        for customer in await at_leisure(store.some_customers, rounds * 2 + 1)
        if customer.vehicles.all() and customer.vehicles.all()[0].vin
    ]
    took: Took = defaultdict(list)
    for number, customer in enumerate(customers[: rounds + 1]):
        try:
            caller = await at_leisure(_Caller, customer, number)
            await caller.use_everything()
        finally:
            await at_leisure(_clean_up)
        if number:  # a process's first questions take longer
            for name, cost in caller.took:
                took[name].append(cost)
    return [_figure("reads", took, READS, is_write=False), _figure("writes", took, WRITES, is_write=True)]


def _figure(what: str, took: Took, goal: Goal, *, is_write: bool) -> Figure:
    chosen = {name: samples for name, samples in took.items() if REGISTRY[name].is_write is is_write}
    slowest = max(chosen, key=lambda name: median(chosen[name]))
    sample = f"one use, kept; {len(chosen)} tools, the slowest is {slowest}, {median(chosen[slowest]):.0f} ms"
    return Figure(
        f"tool that {what}", "ms", [cost for each in chosen.values() for cost in each], sample, goal
    )


class _Caller:
    """One call of a customer: uses its tools in turn, and says yes where that is asked for."""

    def __init__(self, customer: Customer, number: int) -> None:
        rooftop, now = customer.rooftop, store.now()
        call = calls.open_call(
            carrier=Call.Carrier.BROWSER,
            sid=f"{SID}{number}",
            caller_number=customer.phones.all()[0].number,
            called_number=rooftop.numbers.all()[0].number,
            now=now,
        )
        self._customer = customer
        self._now = now
        self._zone = rooftop.zone
        self._conversation = Conversation(call_sid=call.sid)
        self._box = Toolbox(call, load_store(rooftop, now=now), self._conversation, wall_clock=lambda: now)
        self.took: list[tuple[str, float]] = []

    async def use_everything(self) -> None:
        customer, vehicle = self._customer, self._customer.vehicles.all()[0]
        await self._use("lookup_customer", must_find=False)
        await self._use("get_store_info", topic="hours")
        await self._use("get_price_range", service=SERVICE)
        await self._use("verify_caller", name=str(customer), vin_end=vehicle.vin[-6:])
        await self._use("get_repair_status", must_find=False)
        offer = await self._search(services=[SERVICE])
        await self._use("hold_offer", offer=offer, services=[SERVICE])
        service = next(item.name for item in self._box.store.menu if item.code == SERVICE)
        self._agree(f"{service} on {saying.say_moment(self._offered(offer))}", questions.ASK_CONFIRM)
        car: dict[str, Any] = {"make": vehicle.make, "model": vehicle.model, "year": vehicle.year}
        await self._use("book_appointment", offer=offer, services=[SERVICE], name=str(customer), **car)
        booked = await self._use("get_upcoming_appointments")
        visit = booked.data["appointments"][-1]["handle"]
        offer = await self._search(appointment=visit)
        self._agree(saying.say_moment(self._offered(offer)), questions.ASK_MOVE_IT)
        await self._use("reschedule_appointment", appointment=visit, offer=offer)
        moved = await self._use("get_upcoming_appointments")
        visit = moved.data["appointments"][-1]["handle"]
        self._agree(saying.say_moment(self._conversation.visits[-1].local), questions.ASK_CANCEL_IT)
        self._conversation.has_offered_move = True
        await self._use("cancel_appointment", appointment=visit, reason="bench")
        tomorrow = self._day(1).isoformat()
        self._agree(questions.WAITLIST, questions.ASK_WAITLIST)
        await self._use("join_waitlist", services=[SERVICE], first_day=tomorrow, last_day=tomorrow, **car)
        await self._use("take_message", text="Please call me back.")
        await self._use("report_lateness", minutes=10, text="I'm running ten minutes late.")
        await self._use("opt_out", text="Stop calling me.")
        await self._box.settle()

    async def _use(self, tool: str, /, *, must_find: bool = True, **arguments: Any) -> ToolResult:
        began = time.perf_counter()
        result = await self._box.call(tool, arguments)
        self.took.append((tool, (time.perf_counter() - began) * 1000))
        if must_find and not result.is_ok:
            raise Refused(f"{tool}: {result.code}")
        return result

    async def _search(self, **arguments: Any) -> str:
        """The handle of the last opening that is offered."""
        wish: dict[str, Any] = {
            "first_day": self._day(4).isoformat(),
            "last_day": self._day(4 + DAYS).isoformat(),
        }
        await self._use("get_available_slots", **arguments, **wish)
        return self._conversation.offers[-1].handle

    def _offered(self, handle: str) -> datetime:
        return next(offer.local for offer in self._conversation.offers if offer.handle == handle)

    def _agree(self, wanted: str, asked: str) -> None:
        """The desk has read this back and asked this question, and the caller has said yes."""
        self._conversation.history += [
            Message(speaker="desk", text=f"So that's {wanted}. {questions.QUESTIONS[asked]}"),
            Message(speaker="caller", text="Yes, please."),
        ]

    def _day(self, days: int) -> Any:
        return (self._now.astimezone(self._zone) + timedelta(days=days)).date()


def _clean_up() -> None:
    ours = Call.objects.filter(sid__startswith=SID)
    for call in ours:
        WaitlistEntry.objects.filter(customer=call.customer_id, created_at=call.started_at).delete()
    Appointment.objects.filter(tool_calls__call__in=ours).delete()
    FollowUpTask.objects.filter(call_sid__startswith=SID).delete()
    Consent.objects.filter(source__startswith=f"call {SID}").delete()
    Hold.objects.filter(key__startswith=SID).delete()
    ours.delete()
