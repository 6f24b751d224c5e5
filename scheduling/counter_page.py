"""What the page at the counter shows for what is typed so far: menu, people, total, openings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.http import QueryDict

from crm import consent, finding
from crm.models import Customer, Rooftop, Staff, Vehicle
from scheduling import counter
from scheduling.counter_form import NEW, CounterForm, moment_of
from scheduling.models import OpCode
from scheduling.slots import Slot

PEOPLE_SHOWN = 6
NOON = 12


def menu(form: CounterForm) -> dict[str, Any]:
    """Every service, with whether it is chosen."""
    chosen = form.data.getlist("services") if isinstance(form.data, QueryDict) else []
    items = OpCode.objects.filter(rooftop=form.rooftop).order_by("name")
    return {"menu": [(item, str(item.pk) in chosen) for item in items]}


@dataclass(frozen=True, slots=True)
class Person:
    """A customer, and what they could come with: value of the choice, vehicle."""

    customer: Customer
    numbers: str
    vehicles: Sequence[tuple[str, Vehicle]]
    another: str  # the value for a vehicle that is new


def people(form: CounterForm, *, asked: int | None = None) -> dict[str, Any]:
    """Who fits, and the choice that stands: what was chosen, else the first vehicle where one person fits.

    asked is a Customer id: whoever came for that one sees it first, whatever else was typed.
    """
    text = str(form["who"].value() or "").strip()
    found = finding.customers([form.rooftop.pk], text, most=PEOPLE_SHOWN)
    if asked:
        here = Customer.objects.filter(rooftop=form.rooftop, pk=asked)
        found = [*finding.with_vehicles(here), *(each for each in found if each.pk != asked)]
    persons = [_person(customer) for customer in found]
    choices = [value for person in persons for value, _ in person.vehicles]
    party = str(form["party"].value() or "")
    if party not in (NEW, *choices, *(person.another for person in persons)):
        is_plain = len(persons) == 1 or asked
        party = choices[0] if choices and is_plain else "" if persons or not text else NEW
    return {"people": persons, "party": party, "looked_for": text}


def _person(customer: Customer) -> Person:
    return Person(
        customer,
        ", ".join(str(number) for number in customer.phones.all()),
        [(f"{customer.pk}-{owned.vehicle_id}", owned.vehicle) for owned in finding.present(customer)],
        f"{customer.pk}-{NEW}",
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """An opening as it is shown (on the store's clock) and sent."""

    value: str
    arrives: datetime
    ready: datetime
    advisor: str  # the one who was wished for, where they are free
    part: str  # of the day


def openings(form: CounterForm, *, now: datetime, is_refused: bool = False) -> dict[str, Any]:
    """The total, a week of days with their openings, those of one day, and what is near a time missed."""
    wanted = _wanted(form)
    op_codes, rooftop = list(wanted.get("services") or ()), form.rooftop
    first = _first_day(rooftop, wanted.get("day"), now)
    shown: dict[str, Any] = {
        "form": form,
        "quote": counter.quote(op_codes),
        "zone": rooftop.time_zone,
        **_answered(form, now),
    }
    if not op_codes:
        return shown
    advisor = _advisor(form, wanted)
    days = counter.open_days(
        rooftop,
        op_codes,
        first,
        now=now,
        transport=wanted.get("transport") or None,
        advisor=advisor.pk if advisor else None,
    )
    day = next((each for each in days if each.slots), days[0])
    wished = moment_of(str(wanted.get("arrival") or wanted.get("wished") or ""))
    is_open = any(slot.arrives_at == wished for slot in day.slots)
    is_missed = wished is not None and wished.astimezone(rooftop.zone).date() == first and not is_open
    near = counter.nearest(days, wished or now) if is_missed or is_refused else []
    today = now.astimezone(rooftop.zone).date()
    week = timedelta(days=counter.DAYS_SHOWN)
    return {
        **shown,
        "days": days,
        "day": day,
        "first": first,
        "earlier": max(today, first - week) if first > today else None,
        "later": first + week,
        "choices": [_choice(slot, rooftop, advisor) for slot in day.slots],
        "near": [_choice(slot, rooftop, advisor) for slot in near],
        "missed": wished if is_missed and not is_refused else None,
        "arrival": wished.isoformat() if wished and is_open else "",
    }


def _answered(form: CounterForm, now: datetime) -> dict[str, Any]:
    """Whom the visit is for, as far as that is chosen, and what they said about reminders; None: not asked."""
    if form.is_bound:
        customer, number = form.customer, form.number_to_remind()
    else:
        here = Customer.objects.filter(rooftop=form.rooftop, pk=form.initial.get("customer", 0))
        customer = here.first()
        number = str(here.order_by("phones__pk").values_list("phones__number", flat=True).first() or "")
    answer = consent.standing(customer, number, now=now) if customer and number else None
    return {"whose_answer": customer, "answer": answer}


def _wanted(form: CounterForm) -> dict[str, Any]:
    """What is chosen so far, whatever else is wrong."""
    if not form.is_bound:
        return dict(form.initial)
    form.is_valid()
    return form.cleaned_data


def _first_day(rooftop: Rooftop, asked: date | None, now: datetime) -> date:
    today = now.astimezone(rooftop.zone).date()
    return min(max(asked or today, today), today + timedelta(days=rooftop.horizon_days))


def _advisor(form: CounterForm, wanted: dict[str, Any]) -> Staff | None:
    """Who is asked for, else whom the customer prefers."""
    asked: Staff | None = wanted.get("advisor")
    return asked or (form.customer.preferred_advisor if form.customer else None)


def _choice(slot: Slot, rooftop: Rooftop, advisor: Staff | None) -> Choice:
    arrives = slot.arrives_at.astimezone(rooftop.zone)
    return Choice(
        slot.arrives_at.astimezone(UTC).isoformat(),
        arrives,
        slot.ready_at.astimezone(rooftop.zone),
        advisor.name if advisor and slot.advisor_id == advisor.pk else "",
        "morning" if arrives.hour < NOON else "afternoon",
    )
