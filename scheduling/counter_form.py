"""What is filled in at the counter: everything of one visit in a single form."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User

from crm import phone
from crm.form_fields import DayField, PhoneField, VinField
from crm.models import Customer, Ownership, Rooftop, Staff, Vehicle
from crm.store_admin import ClockInput, DayInput
from scheduling.counter import Wish
from scheduling.lane import to_utc
from scheduling.models import OpCode, Transport

NEW = "new"
YEARS = range(2000, 2100)  # beyond them no calendar could go on to the next day
CHOOSE_AGAIN = "Choose who comes: one of the vehicles, or a new one."
ASKED = (("", "not asked"), ("yes", "agreed"), ("no", "declined"))


class CounterForm(forms.Form):
    """party names who comes with what: 12-34 (customer, vehicle), 12-new, or new. arrival is ISO, UTC.

    wished is the time that the page was opened for; it binds nobody.
    """

    who = forms.CharField(label="Telephone number, name, plate or VIN", required=False, max_length=80)
    party = forms.CharField(required=False, max_length=40)
    first_name = forms.CharField(required=False, max_length=60)
    last_name = forms.CharField(required=False, max_length=60)
    number = PhoneField(label="Telephone number", required=False)
    year = forms.IntegerField(required=False, min_value=1900, max_value=2100)
    make = forms.CharField(required=False, max_length=40)
    model = forms.CharField(required=False, max_length=60)
    plate = forms.CharField(required=False, max_length=12)
    vin = VinField(required=False)
    services = forms.ModelMultipleChoiceField(OpCode.objects.none(), required=False)
    transport = forms.ChoiceField(label="Meanwhile the customer", required=False)
    advisor = forms.ModelChoiceField(Staff.objects.none(), required=False, empty_label="whoever is free")
    day = DayField(required=False, widget=DayInput)
    arrival = forms.CharField(required=False, max_length=40)
    wished = forms.CharField(widget=forms.HiddenInput, required=False, max_length=40)
    is_here = forms.BooleanField(label="Walk-in: the car is here now", required=False)
    at = forms.TimeField(label="Another time", required=False, widget=ClockInput)
    overbook_reason = forms.CharField(label="Reason to overbook", required=False, max_length=200)
    concern = forms.CharField(
        label="In the customer's words",
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 2}),
    )
    reminders = forms.ChoiceField(
        label="Automated reminders", choices=ASKED, required=False, widget=forms.RadioSelect
    )
    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=120)

    def __init__(self, data: Any = None, *, rooftop: Rooftop, by: User, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.rooftop, self.by = rooftop, by
        self.customer: Customer | None = None
        self.vehicle: Vehicle | None = None
        self.initial.setdefault("key", f"counter:{uuid.uuid4()}")
        self.fields["services"].queryset = OpCode.objects.filter(rooftop=rooftop)  # type: ignore[attr-defined]
        self.fields["advisor"].queryset = rooftop.staff.filter(role=Staff.Role.ADVISOR)  # type: ignore[attr-defined]
        self.fields["transport"].choices = [  # type: ignore[attr-defined]
            ("", "waits where possible, else drops off"),
            *_transports(rooftop),
        ]

    @property
    def may_overbook(self) -> bool:
        return self.by.has_perm("scheduling.overbook")

    # --- what is wrong --------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("services") and "services" not in self.errors:
            self.add_error("services", "Choose at least one service.")
        self._find_party(cleaned.get("party") or "")
        self._check_time(cleaned)
        if cleaned.get("reminders") and not self.number_to_remind() and self.customer:
            self.add_error("reminders", "There is no telephone number to remind them on. Add it first.")
        return cleaned

    def _find_party(self, party: str) -> None:
        customer_key, _, vehicle_key = party.partition("-")
        if customer_key == NEW:
            self._check_new_customer()
            self._check_new_vehicle()
            return
        if customer_key.isdecimal():
            self.customer = Customer.objects.filter(rooftop=self.rooftop, pk=customer_key).first()
        if self.customer and vehicle_key == NEW:
            self._check_new_vehicle()
        elif self.customer and vehicle_key.isdecimal():
            owned = Ownership.objects.filter(customer=self.customer, vehicle_id=vehicle_key, until=None)
            present = owned.select_related("vehicle").first()
            self.vehicle = present.vehicle if present else None
        if not (self.customer and (self.vehicle or vehicle_key == NEW)):
            self.add_error("party", CHOOSE_AGAIN)

    def _check_new_customer(self) -> None:
        if not self.by.has_perm("crm.add_customer"):
            self.add_error("party", "You may not add customers. Ask somebody who may.")
        if not self.cleaned_data.get("first_name"):
            self.add_error("first_name", "Write the new customer's name.")
        if not self.number_to_remind() and "number" not in self.errors:
            self.add_error("number", "Write the telephone number, so that we can reach them.")

    def _check_new_vehicle(self) -> None:
        for field in ("make", "model"):
            if not self.cleaned_data.get(field):
                self.add_error(field, f"Write the {field} of the vehicle.")
        number = self.cleaned_data.get("vin")
        if number and (twin := Vehicle.objects.filter(rooftop=self.rooftop, vin=number).first()):
            self.add_error("vin", f"This is the VIN of a {twin} that we know. Look it up by its VIN above.")

    def _check_time(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("is_here") or self._arrival() or "at" in self.errors:
            return
        self.add_error("arrival", "Choose one of the openings.")

    # --- what is wished for ---------------------------------------------------------------

    def wish(self, now: datetime) -> Wish:
        """Of a form that is valid."""
        typed = self.cleaned_data
        arrives_at = self._arrival()
        if typed["is_here"] or arrives_at is None:
            arrives_at = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
        return Wish(
            op_codes=list(typed["services"]),
            arrives_at=arrives_at,
            key=typed["key"] or str(self.initial["key"]),
            customer=self.customer,
            vehicle=self.vehicle,
            new_customer={name: typed[name] for name in ("first_name", "last_name")},
            new_vehicle={name: typed[name] for name in ("year", "make", "model", "plate", "vin")},
            number=self.number_to_remind(),
            transport=typed["transport"] or None,
            advisor=typed["advisor"].pk if typed["advisor"] else None,
            concern=typed["concern"],
            may_remind={"yes": True, "no": False}.get(typed["reminders"]),
            overbook_reason=typed["overbook_reason"] if self.may_overbook else "",
            is_here=typed["is_here"],
        )

    def _arrival(self) -> datetime | None:
        """The time beyond the openings that somebody with the right to it wrote, else the opening."""
        day, at = self.cleaned_data.get("day"), self.cleaned_data.get("at")
        if self.may_overbook and day and at:
            return to_utc(day, at, self.rooftop.zone)
        return moment_of(self.cleaned_data.get("arrival") or "")

    def number_to_remind(self) -> str:
        """Of a new customer what was written; else what was asked for when it is theirs, or their first. E.164."""
        typed = phone.parse(self.cleaned_data.get("who") or "") or ""
        if self.customer is None:
            return str(self.cleaned_data.get("number") or typed)
        known = list(self.customer.phones.order_by("pk").values_list("number", flat=True))
        return typed if typed in known else (known[0] if known else "")


def moment_of(text: str) -> datetime | None:
    """ISO with an offset → UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo and moment.year in YEARS else None


def _transports(rooftop: Rooftop) -> list[tuple[str, str]]:
    kinds = rooftop.transport_options.order_by("kind").values_list("kind", flat=True)
    return [(kind, str(Transport(kind).label)) for kind in kinds]
