"""Tools about the work in the lane: prices, whose car is ready, who would come sooner."""

from datetime import date, datetime, timedelta

from django.db import transaction
from pydantic import BaseModel, ConfigDict, Field

from crm.models import FollowUpTask, RepairOrder
from scheduling.models import OpCode, WaitlistEntry
from voice.conversation import lane_phrases, phrases, questions, store_phrases
from voice.conversation.states import Order
from voice.ports import ToolResult
from voice.tools import agreement
from voice.tools.appointments import CallerSaid, lines_of, number_not_said, party
from voice.tools.desk import Nothing
from voice.tools.registry import Desk, tool

STALE_AFTER, ASK_ADVISOR_WITHIN = timedelta(hours=2), timedelta(minutes=30)
NEWS = (RepairOrder.Status.READY,)  # that do not grow old


class Service(BaseModel):
    model_config = ConfigDict(extra="forbid")

    service: str = Field(max_length=10, description="Op code from the menu.")


class Waiting(CallerSaid):
    services: list[str] = Field(min_length=1, description="Op codes from the menu.")
    first_day: date = Field(description="In the store's calendar.")
    last_day: date


@tool("The menu's price range for a service, as it may be said.")
def get_price_range(desk: Desk, wanted: Service) -> ToolResult:
    item = next((item for item in desk.store.menu if item.code == wanted.service), None)
    if item is None:
        return ToolResult("unknown_service", phrases.NOT_ON_THE_MENU)
    data = {"from": item.price_min, "to": item.price_max}
    return ToolResult("ok", store_phrases.price(item.name, item.price_min, item.price_max), data)


@tool(
    "How far the work on the verified caller's car is. News that is old is asked for: an advisor will ring.",
    is_write=True,
    is_lasting=False,
)
def get_repair_status(desk: Desk, nothing: Nothing) -> ToolResult:
    customer_id = desk.conversation.caller.proved_id
    if customer_id is None:
        return ToolResult("not_verified", phrases.MUST_VERIFY)
    found = (
        RepairOrder.objects.filter(rooftop=desk.call.rooftop, customer_id=customer_id)
        .exclude(status=RepairOrder.Status.CLOSED)
        .select_related("vehicle", "advisor")
    )
    orders = [_order(order, desk) for order in found]
    if not orders:
        return ToolResult("none", phrases.NO_CAR_HERE)
    spoken = lane_phrases.say_orders(orders)
    for order in found:
        if _is_stale(order, desk.now):
            spoken = f"{spoken} {lane_phrases.ADVISOR_WILL_RING}"
            _ask_advisor(desk, order)
            break
    return ToolResult("ok", spoken, {"orders": [order.model_dump(mode="json") for order in orders]})


@tool(
    "Put the caller on the waitlist for days that are full, once they agreed to it. Somebody rings when hours "
    "come free.",
    is_write=True,
)
def join_waitlist(desk: Desk, wanted: Waiting) -> ToolResult:
    op_codes = lines_of(desk, wanted.services)
    if op_codes is None:
        return ToolResult("unknown_service", phrases.NOT_ON_THE_MENU)
    if not desk.store.today(desk.now) <= wanted.first_day <= wanted.last_day:
        return ToolResult("wrong_days", phrases.WHICH_DAYS)
    if not_said := number_not_said(desk, wanted):
        return not_said
    if not_yet := agreement.refusal(desk, questions.WAITLIST, questions.ASK_WAITLIST):
        return not_yet
    with transaction.atomic():
        _wait(desk, wanted, op_codes)
    return ToolResult("ok", phrases.ON_THE_WAITLIST)


def _wait(desk: Desk, wanted: Waiting, op_codes: list[OpCode]) -> None:
    customer, vehicle = party(desk, wanted)
    entry, _ = WaitlistEntry.objects.get_or_create(
        rooftop=desk.call.rooftop,
        customer=customer,
        vehicle=vehicle,
        first_day=wanted.first_day,
        last_day=wanted.last_day,
        served_at=None,
        defaults={"created_at": desk.now},
    )
    entry.op_codes.add(*op_codes)


def _order(order: RepairOrder, desk: Desk) -> Order:
    def local(moment: datetime | None) -> datetime | None:
        return moment.astimezone(desk.store.zone) if moment else None

    return Order(
        vehicle=str(order.vehicle),
        status=order.status,
        promised=local(order.promised_at),
        is_late=bool(order.promised_at and order.promised_at < desk.now),
    )


def _is_stale(order: RepairOrder, now: datetime) -> bool:
    is_late = order.promised_at is not None and order.promised_at < now
    return order.status not in NEWS and (is_late or order.status_changed_at < now - STALE_AFTER)


def _ask_advisor(desk: Desk, order: RepairOrder) -> None:
    FollowUpTask.objects.get_or_create(
        rooftop=desk.call.rooftop,
        kind=FollowUpTask.Kind.CALLBACK,
        call_sid=desk.call.sid,
        defaults={
            "customer_id": order.customer_id,
            "phone_number": desk.call.caller_number,
            "owner": order.advisor,
            "summary": f"Asks whether the {order.vehicle} is ready ({order}): tell how it stands."[:500],
            "due_at": desk.now + ASK_ADVISOR_WITHIN,
        },
    )
