"""What the list of appointments can be narrowed to."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from crm.models import Rooftop, Staff
from crm.rights import rooftops_of
from scheduling.lateness import late
from scheduling.models import Appointment, AppointmentLine, CalendarConnection, CalendarOutbox, Skill

Days = tuple[date, date]  # the first, and the one after the last
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)


def arriving(rows: QuerySet[Appointment], days: Callable[[date], Days]) -> QuerySet[Appointment]:
    """The visits of some days, as each store counts them; days is asked with the store's today."""
    by_zone: dict[str, list[int]] = {}
    for key, zone in Rooftop.objects.values_list("pk", "time_zone"):
        by_zone.setdefault(zone, []).append(key)
    wanted, ends = Q(pk__in=()), []
    for zone, rooftops in by_zone.items():
        today = timezone.now().astimezone(ZoneInfo(zone)).date()
        first, after = (datetime.combine(day, time.min, tzinfo=ZoneInfo(zone)) for day in days(today))
        wanted |= Q(rooftop__in=rooftops, arrives_at__gte=first, arrives_at__lt=after)
        ends += [first, after]
    # All of them at once too: one range of the index, in the order of the list.
    return rows.filter(wanted, arrives_at__range=(min(ends), max(ends))) if ends else rows


class DayFilter(admin.SimpleListFilter):
    """Days as each store counts them."""

    title = "day"
    parameter_name = "day"
    spans = {"today": (0, 1), "tomorrow": (1, 2), "week": (0, 7), "past": (-36500, 0)}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("today", "Today"), ("tomorrow", "Tomorrow"), ("week", "Next 7 days"), ("past", "Past")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> QuerySet[Appointment] | None:
        if self.value() not in self.spans:
            return queryset
        first, after = self.spans[str(self.value())]
        return arriving(
            queryset, lambda today: (today + timedelta(days=first), today + timedelta(days=after))
        )


class SpanFilter(admin.ListFilter):
    """From a day until a day, both included; either may be left out."""

    title = "days"
    template = "scheduling/span_filter.html"
    names = ("from_day", "until_day")

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.names:
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]
        ours = {*self.names, "p"}
        self.others = [(key, one) for key, each in request.GET.lists() if key not in ours for one in each]

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.names)

    def choices(self, changelist: Any) -> Any:
        yield {
            "from_day": self._typed("from_day"),
            "until_day": self._typed("until_day"),
            "others": self.others,
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> QuerySet[Appointment] | None:
        first, last = _day(self._typed("from_day")), _day(self._typed("until_day"))
        if first is None and last is None:
            return queryset
        after = last + timedelta(days=1) if last else LAST_DAY
        return arriving(queryset, lambda today: (first or FIRST_DAY, after))

    def _typed(self, name: str) -> str:
        return str(self.used_parameters.get(name, ""))


def _day(text: str) -> date | None:
    """None for what is no day of a calendar that a store could have."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day < LAST_DAY else None


class CallFilter(admin.SimpleListFilter):
    title = "a call"
    parameter_name = "from_call"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Booked in a call"), ("no", "Booked otherwise")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> QuerySet[Appointment] | None:
        phone = Q(source=Appointment.Source.PHONE)
        return {"yes": queryset.filter(phone), "no": queryset.exclude(phone)}.get(
            self.value() or "", queryset
        )


class NeedsFilter(admin.SimpleListFilter):
    """Visits that somebody should look at."""

    title = "attention"
    parameter_name = "needs"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("confirmation", "Not confirmed"),
            ("arrival", "Late"),
            ("calendar", "Calendar not told"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> QuerySet[Appointment] | None:
        now, status = timezone.now(), Appointment.Status
        match self.value():
            case "confirmation":
                return queryset.filter(status=status.BOOKED, arrives_at__gte=now)
            case "arrival":
                return late(queryset, now)
            case "calendar":
                return queryset.filter(pk__in=untold())
        return queryset


def untold() -> QuerySet[CalendarOutbox, Any]:
    """The ids of visits that a calendar will not hear of without a person."""
    parted = Q(connection__state=CalendarConnection.State.DISCONNECTED)
    return CalendarOutbox.objects.filter(parted | Q(parked_at__isnull=False)).values("appointment")


class AdvisorFilter(admin.SimpleListFilter):
    """The advisors of the stores that the person sees."""

    title = "advisor"
    parameter_name = "advisor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        people = Staff.objects.filter(role=Staff.Role.ADVISOR, rooftop__in=rooftops_of(request.user))
        found = [(str(person.pk), person.name) for person in people.order_by("name", "pk")]
        return [*found, ("none", "Nobody")] if found else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> QuerySet[Appointment] | None:
        chosen = self.value() or ""
        if chosen == "none":
            return queryset.filter(advisor=None)
        return queryset.filter(advisor=int(chosen)) if chosen.isdecimal() else queryset


class SkillFilter(admin.SimpleListFilter):
    title = "skill"
    parameter_name = "skill"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in Skill.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> QuerySet[Appointment] | None:
        if self.value() not in Skill.values:
            return queryset
        lines = AppointmentLine.objects.filter(appointment=OuterRef("pk"), op_code__skill=self.value())
        return queryset.filter(Exists(lines))
