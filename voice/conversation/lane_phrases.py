"""What the caller hears about a car that is here, or should be: how far the work is, and coming late. Pure."""

from collections.abc import Sequence

from voice.conversation.saying import say_moment
from voice.conversation.states import Order

ADVISOR_WILL_RING = "That news is a while old, so your advisor will call you within half an hour."
# The same whether there is an appointment or not: who runs late has not proved who they are.
LATE_IS_FINE = "No problem, we'll hold your place for fifteen minutes, and I've let our service desk know."
TOO_LATE = (
    "I've let our service desk know, but we may not be able to keep that time. "
    "You could also leave the car with us instead of waiting."
)
WILL_LEAVE_IT = "All right, I've passed on that you'll leave the car with us."

ORDER_STATUS = {  # by crm.RepairOrder.Status
    "checked_in": "is checked in and waiting for a technician",
    "dispatched": "is with a technician",
    "in_work": "is being worked on",
    "waiting_approval": "is waiting for your approval of the work",
    "waiting_parts": "is waiting for parts",
    "qc": "is in its final check",
    "ready": "is ready for you",
}


def _say_order(order: Order) -> str:
    """ "your 2018 Toyota Camry is being worked on, and is promised for Tuesday, November 24th at 4 PM"."""
    said = f"your {order.vehicle} {ORDER_STATUS.get(order.status, 'is with us')}"
    if order.status == "ready" or order.promised is None:
        return said
    return f"{said}, and {'was' if order.is_late else 'is'} promised for {say_moment(order.promised)}"


def say_orders(orders: Sequence[Order]) -> str:
    """All of them in one sentence, for they are one answer."""
    said = ", and ".join(_say_order(order) for order in orders)
    return f"{said[0].upper()}{said[1:]}."
