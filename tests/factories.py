"""Plain functions that make what a test needs."""

from datetime import UTC, datetime

from django.contrib.auth.models import Permission, User

from crm.models import Rooftop, Staff
from dealership import demo

# Saturday in Albany, 10:00 in the morning; the store is open until 16:00.
SATURDAY = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)


def make_demo_store(now: datetime = SATURDAY, *, with_appointments: bool = False) -> Rooftop:
    """Otto's Auto as of now, without its demo appointments and repair orders unless asked for."""
    passwords = {"advisor": "advisor-pass", "manager": "manager-pass", "owner": "owner-pass"}
    if with_appointments:
        demo.create(now=now, **passwords)
        return Rooftop.objects.get(name=demo.OTTO)
    if not Rooftop.objects.filter(name=demo.OTTO).exists():
        rooftop = demo.write_stores(now)
        rooftop.appointments.all().delete()
        rooftop.repair_orders.all().delete()
    demo.write_log_ins(**passwords)
    return Rooftop.objects.get(name=demo.OTTO)


def works_only_at(username: str, store: Rooftop) -> None:
    """The demo store's people stand on the staff of both stores."""
    Staff.objects.filter(user__username=username).exclude(rooftop=store).delete()


def make_staff(name: str, rooftop: Rooftop | None, *permissions: str) -> User:
    """Somebody who may log in, with these permissions by codename; on the staff of the store."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    if rooftop:
        Staff.objects.create(rooftop=rooftop, name=name, role=Staff.Role.PARTS, user=user)
    return user
