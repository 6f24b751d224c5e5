"""Appointments as CSV files. What comes in is booked through booking.py, row by row, in one transaction."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils import timezone
from import_export.fields import Field

from crm import phone
from crm.models import Customer, Rooftop, Vehicle
from crm.sheets import Sheet, rooftop_named
from scheduling import booking, locking
from scheduling.lane import to_utc
from scheduling.models import Appointment, OpCode, Transport
from scheduling.refusals import Refusal

WALL_TIME = "%Y-%m-%d %H:%M"
BETWEEN = ";"


class AppointmentSheet(Sheet):
    """arrives_at is wall time at the rooftop. A number and a status are written by booking alone."""

    confirmation_number = Field("confirmation_number", "confirmation_number", readonly=True)
    status = Field("status", "status", readonly=True)
    rooftop = Field("rooftop", "rooftop", readonly=True)
    arrives_at = Field("arrives_at")
    customer = Field("customer", "customer", readonly=True)
    phone = Field("phone")
    vehicle = Field("vehicle")
    services = Field("services")
    transport = Field("transport", "transport", readonly=True)
    concern = Field("concern", "concern", readonly=True)

    required_columns: Sequence[str] = ("rooftop", "arrives_at", "phone", "vehicle", "services")
    most_rows = 500  # the days of all rows stay locked until the last one is checked

    class Meta:
        model = Appointment
        import_id_fields: Sequence[str] = ()
        fields: Sequence[str] = (
            *("confirmation_number", "status", "rooftop", "arrives_at", "customer", "phone", "vehicle"),
            *("services", "transport", "concern"),
        )

    # --- out -------------------------------------------------------------------------------

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        return queryset.select_related("rooftop", "customer", "vehicle").prefetch_related(
            "customer__phones", "lines__op_code"
        )

    def dehydrate_arrives_at(self, visit: Appointment) -> str:
        return f"{visit.local_arrival:{WALL_TIME}}" if visit.pk else ""

    def dehydrate_phone(self, visit: Appointment) -> str:
        return next((str(number) for number in visit.customer.phones.all()), "") if visit.pk else ""

    def dehydrate_vehicle(self, visit: Appointment) -> str:
        return (visit.vehicle.vin or visit.vehicle.plate or str(visit.vehicle)) if visit.pk else ""

    def dehydrate_services(self, visit: Appointment) -> str:
        return f"{BETWEEN} ".join(line.op_code.code for line in visit.lines.all()) if visit.pk else ""

    def dehydrate_rooftop(self, visit: Appointment) -> str:
        return str(visit.rooftop) if visit.pk else ""

    def dehydrate_customer(self, visit: Appointment) -> str:
        return str(visit.customer) if visit.pk else ""

    # --- in --------------------------------------------------------------------------------

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        """Lock the days of all rows, in the order in which everybody locks them: not in the file's."""
        super().before_import(dataset, **kwargs)
        try:
            with transaction.atomic():  # what follows can go on when the days do not come
                locking.lock_days(_days(dataset.dict))
        except OperationalError:
            raise ValueError("The calendar is busy. Import the file again in a moment.") from None

    def get_instance(self, instance_loader: Any, row: Any) -> None:
        return None  # a file books; moving and cancelling are done on the page of the visit

    def import_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        pass  # save_instance reads the row

    def validate_instance(self, *args: Any, **kwargs: Any) -> None:
        pass

    def save_m2m(self, *args: Any, **kwargs: Any) -> None:
        pass

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        """A row that an earlier import booked is there; as anything else than it says, it is wrong."""
        self.wanted = read_row(row)
        earlier = _imported(self.wanted["idempotency_key"])
        if earlier is None:
            return False
        _refuse_changes(earlier, self.wanted)
        _show(earlier, instance)
        return True

    def save_instance(self, instance: Any, is_create: bool, row: Any, **kwargs: Any) -> None:
        user = kwargs.get("user")
        try:
            written = booking.book(
                **self.wanted,
                actor=user.get_username() if user else "import",
                source=Appointment.Source.STAFF,
                now=timezone.now(),
            )
        except Refusal as refusal:
            raise ValidationError({"arrives_at": refusal.sentence}) from refusal
        _refuse_changes(written, self.wanted)  # somebody may have imported it since skip_row looked
        _show(written, instance)


def _days(rows: Sequence[Any]) -> set[locking.StoreDay]:
    """The days that these rows are about; a row that says none is refused by read_row."""
    texts: dict[str, set[str]] = {}
    for row in rows:
        name, arrives_at = (str(row.get(column) or "").strip() for column in ("rooftop", "arrives_at"))
        texts.setdefault(name, set()).add(arrives_at)
    days: set[locking.StoreDay] = set()
    for rooftop in Rooftop.objects.filter(name__in=texts):
        moments = []
        for text in texts[rooftop.name]:
            with suppress(ValueError):
                moments.append(_arrival(text, rooftop))
        days |= locking.days_of(rooftop, *moments)
    return days


def _show(visit: Appointment, instance: Any) -> None:
    """Make the preview's row the visit."""
    instance.pk = visit.pk
    instance.refresh_from_db()


def _imported(key: str) -> Appointment | None:
    """What an earlier import booked for this vehicle and time, wherever it is now."""
    earlier = Appointment.objects.filter(idempotency_key=key).select_related("rooftop", "customer")
    return earlier.prefetch_related("lines__op_code").order_by("pk").last()


def _refuse_changes(earlier: Appointment, wanted: dict[str, Any]) -> None:
    """Raises ValidationError where the visit is not what the row says: a file only books."""
    number = earlier.confirmation_number
    page = "Take the row out, or change the visit on its own page."
    if not earlier.is_active:
        is_now = earlier.get_status_display().lower()
        raise ValidationError({"arrives_at": f"This was imported before and is {is_now} ({number}). {page}"})
    codes = sorted(line.op_code.code for line in earlier.lines.all())
    there: dict[str, tuple[object, object, object]] = {
        # column: as it is, as the row wants it, in words
        "arrives_at": (
            earlier.arrives_at,
            wanted["arrives_at"],
            f"has moved to {earlier.local_arrival:{WALL_TIME}}",
        ),
        "phone": (earlier.customer, wanted["customer"], f"is {earlier.customer}'s"),
        "services": (codes, sorted(item.code for item in wanted["op_codes"]), f"is for {'; '.join(codes)}"),
        "transport": (earlier.transport, wanted["transport"] or earlier.transport, f"is {earlier.transport}"),
        "concern": (earlier.concern, wanted["concern"] or earlier.concern, "has another concern"),
    }
    changed = {
        column: f"This was imported before ({number}) and {words}. {page}"
        for column, (is_now, want, words) in there.items()
        if is_now != want
    }
    if changed:
        raise ValidationError(changed)


def read_row(row: Any) -> dict[str, Any]:
    """What booking.book() wants, from one row. Raises ValidationError with every wrong column."""
    errors: dict[str, str] = {}

    def ask(column: str, read: Any, *facts: Any) -> Any:
        try:
            return read(row.get(column, ""), *facts)
        except ValueError as problem:
            errors[column] = str(problem)
            return None

    if row.get("confirmation_number"):
        errors["confirmation_number"] = "Leave it empty: a file only books new visits."
    rooftop = ask("rooftop", rooftop_named)
    transport = ask("transport", _transport)
    arrives_at = customer = vehicle = op_codes = None
    if rooftop:
        arrives_at = ask("arrives_at", _arrival, rooftop)
        op_codes = ask("services", _op_codes, rooftop)
        customer = ask("phone", _customer, row.get("customer", ""), rooftop)
    if customer:
        vehicle = ask("vehicle", _vehicle, customer)
    if errors or vehicle is None or arrives_at is None:
        raise ValidationError({column: [text] for column, text in errors.items()})
    return {
        "rooftop": rooftop,
        "customer": customer,
        "vehicle": vehicle,
        "op_codes": op_codes,
        "arrives_at": arrives_at,
        "transport": transport,
        "concern": row.get("concern", ""),
        "idempotency_key": f"import:{vehicle.pk}:{arrives_at.isoformat()}",
    }


def _arrival(text: str, rooftop: Rooftop) -> datetime:
    try:
        wall = datetime.strptime(text, WALL_TIME)  # noqa: DTZ007 — the rooftop's zone comes next
    except ValueError:
        raise ValueError(
            f"{text or 'Nothing'} is not a day and time. Write it like 2027-03-15 09:15."
        ) from None
    moment = to_utc(wall.date(), wall.time(), rooftop.zone)
    if moment is None:
        raise ValueError(f"The clocks skip {text} at this rooftop. Write another time.")
    return moment


def _op_codes(text: str, rooftop: Rooftop) -> list[OpCode]:
    codes = [part.strip().upper() for part in text.split(BETWEEN) if part.strip()]
    found = {item.code: item for item in OpCode.objects.filter(rooftop=rooftop, code__in=codes)}
    wrong = [code for code in codes if code not in found]
    if wrong or not codes:
        raise ValueError(
            f"{wrong[0] if wrong else 'Nothing'} is not on the menu. Write codes like LOF; TROT."
        )
    if twice := [code for code in found if codes.count(code) > 1]:
        raise ValueError(f"{twice[0]} stands there twice. Write each service once.")
    return [found[code] for code in codes]


def _customer(text: str, name: str, rooftop: Rooftop) -> Customer:
    number = phone.parse(text)
    if number is None:
        raise ValueError(f"{text or 'Nothing'} is not a telephone number. Write it like (212) 555-0143.")
    found = list(Customer.objects.filter(rooftop=rooftop, phones__number=number))
    named = [person for person in found if str(person).lower() == name.lower()] if name else found
    if len(named) == 1:
        return named[0]
    if not found:
        raise ValueError(f"This rooftop has no customer with {text}. Import the customer first.")
    raise ValueError(f"{text} belongs to {', '.join(map(str, found))}. Write one of them under customer.")


def _vehicle(text: str, customer: Customer) -> Vehicle:
    owned = Vehicle.objects.filter(
        Q(ownerships__until__isnull=True) | Q(ownerships__until__gte=timezone.now().date()),
        ownerships__customer=customer,
    ).distinct()
    wanted = text.upper()
    by_sign = [vehicle for vehicle in owned if wanted and wanted in (vehicle.vin, vehicle.plate.upper())]
    by_name = [vehicle for vehicle in owned if wanted == str(vehicle).upper()]
    for found in (by_sign, by_name):
        if len(found) == 1:
            return found[0]
    cars = ", ".join(f"{vehicle} {vehicle.plate}".strip() for vehicle in owned) or "no vehicle"
    raise ValueError(
        f"{text or 'Nothing'} is not one vehicle of {customer}, who has {cars}. Write VIN or plate."
    )


def _transport(text: str) -> str | None:
    if text and text not in Transport.values:
        raise ValueError(f"{text} is not a way to go on. Write one of: {', '.join(Transport.values)}.")
    return text or None
