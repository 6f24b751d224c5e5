"""An appointment as a conversation knows it."""

from datetime import date

from django.conf import settings
from django.db.models import Q

from crm.models import DeclinedService, RepairOrder
from scheduling.models import Appointment
from voice.conversation.states import Order, Visit
from voice.models import Call

THE_VISIT = "the-visit"  # that the desk rings about
Status = Appointment.Status
TALKED_ABOUT = {
    "": (),
    Call.Purpose.REMINDER.value: (Status.BOOKED, Status.CONFIRMED),
    Call.Purpose.FOLLOW_UP.value: (Status.CHECKED_IN, Status.COMPLETED),
}


def visit_of(appointment: Appointment, handle: str) -> Visit:
    """handle is all of it that a mind may pass back. Its lines' op codes are best prefetched."""
    menu = [line.op_code for line in appointment.lines.all()]
    return Visit(
        handle=handle,
        appointment_id=appointment.pk,
        version=appointment.version,
        local=appointment.local_arrival,
        services=[item.code for item in menu],
        names=[item.name for item in menu],
        vehicle=str(appointment.vehicle),
    )


def rung_about(call: Call) -> Visit | None:
    """The appointment that the desk rings about, while it is ahead; None on a number that is not its customer's."""
    if call.appointment_id is None or call.customer_id is None:
        return None
    appointment = (
        Appointment.objects.select_related("rooftop", "vehicle")
        .prefetch_related("lines__op_code")
        .filter(
            pk=call.appointment_id,
            customer_id=call.customer_id,
            customer__phones__number=call.caller_number,
        )
        .first()
    )
    if appointment is None or appointment.status not in TALKED_ABOUT[call.purpose]:
        return None
    return visit_of(appointment, THE_VISIT)


def ready_order(visit: Visit) -> Order | None:
    """The finished work of this visit, while the car waits to be fetched."""
    order = RepairOrder.objects.filter(
        appointment__pk=visit.appointment_id, status=RepairOrder.Status.READY
    ).first()
    return Order(vehicle=visit.vehicle, status=order.status) if order else None


def recommended(visit: Visit, today: date) -> list[str]:
    """What its car was said to need and did not get, as advisors wrote it: an offer, where offers are allowed."""
    if not settings.ALLOW_MARKETING:
        return []
    is_time = Q(follow_up_on__isnull=True) | Q(follow_up_on__lte=today)
    declined = DeclinedService.objects.filter(is_time, vehicle__appointments__pk=visit.appointment_id)
    return list(declined.order_by("pk").values_list("description", flat=True))
