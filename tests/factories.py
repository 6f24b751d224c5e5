"""Plain functions that make what a test needs."""

from datetime import UTC, datetime

from crm.models import Rooftop
from dealership import demo

# Saturday in Albany, 10:00 in the morning; the store is open until 16:00.
SATURDAY = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)


def make_demo_store(now: datetime = SATURDAY, *, with_appointments: bool = False) -> Rooftop:
    """Otto's Auto as of now, without its demo appointments and repair orders unless asked for."""
    demo.create(now=now, advisor_password="advisor-pass", manager_password="manager-pass")
    rooftop = Rooftop.objects.get(name=demo.OTTO)
    if not with_appointments:
        rooftop.appointments.all().delete()
        rooftop.waitlist.all().delete()
        rooftop.repair_orders.all().delete()
    return rooftop
