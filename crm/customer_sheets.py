"""Customers and vehicles as CSV files."""

from typing import Any

from import_export.fields import Field
from import_export.widgets import ManyToManyWidget, Widget

from crm import phone, vin
from crm.models import Customer, Ownership, Phone, Staff, Vehicle
from crm.sheets import DayWidget, RooftopWidget, Sheet

BETWEEN = ";"


class PhonesWidget(ManyToManyWidget):  # type: ignore[misc]
    """Numbers as people write them, between semicolons. Sheet.problems has refused what is none."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[Phone]:
        numbers = [phone.parse(text) for text in split(value)]
        return [Phone.objects.get_or_create(number=number)[0] for number in numbers if number]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return f"{BETWEEN} ".join(str(number) for number in value.all()) if value else ""


class AdvisorWidget(Widget):  # type: ignore[misc]
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Staff | None:
        if not value:
            return None
        advisor = Staff.objects.filter(rooftop__name=(row or {}).get("rooftop"), name=value).first()
        if advisor is None:
            raise ValueError(f"Nobody named {value} works at this rooftop. Write the whole name.")
        return advisor

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(value or "")


class VinWidget(Widget):  # type: ignore[misc]
    """A VIN in any usual writing; its check digit binds North American cars only."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        return vin.parse(str(value)).number if value else ""


class UpperWidget(Widget):  # type: ignore[misc]
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        return str(value or "").upper()


def split(cell: Any) -> list[str]:
    return [part.strip() for part in str(cell or "").split(BETWEEN) if part.strip()]


class CustomerSheet(Sheet):
    phones = Field("phones", "phones", PhonesWidget(Phone))
    date_of_birth = Field("date_of_birth", "date_of_birth", DayWidget())
    state = Field("state", "state", UpperWidget())
    preferred_advisor = Field("preferred_advisor", "preferred_advisor", AdvisorWidget())
    rooftop = Field("rooftop", "rooftop", RooftopWidget())

    class Meta:
        model = Customer
        fields = (
            *("id", "first_name", "last_name", "phones", "date_of_birth", "address", "state", "zip_code"),
            *("email", "language", "preferred_advisor", "notes", "rooftop"),
        )

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        return queryset.select_related("rooftop", "preferred_advisor").prefetch_related("phones")

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        super().before_import_row(row, **kwargs)
        if row.get("language") == "":
            row["language"] = "en"

    def problems(self, row: Any) -> dict[str, str]:
        wrong = [text for text in split(row.get("phones")) if phone.parse(text) is None]
        if not wrong:
            return {}
        return {"phones": f"{wrong[0]} is not a telephone number. Write it like (212) 555-0143."}


class VehicleSheet(Sheet):
    """owner_id is the customer's id; only a vehicle without a present owner takes one from a file."""

    vin = Field("vin", "vin", VinWidget())
    warranty_ends = Field("warranty_ends", "warranty_ends", DayWidget())
    owner_id = Field("owner_id")
    rooftop = Field("rooftop", "rooftop", RooftopWidget())

    class Meta:
        model = Vehicle
        fields = (
            *("id", "vin", "plate", "year", "make", "model", "trim", "warranty_ends"),
            *("owner_id", "rooftop"),
        )

    def filter_export(self, queryset: Any, **kwargs: Any) -> Any:
        return queryset.select_related("rooftop").prefetch_related("ownerships")

    def dehydrate_owner_id(self, vehicle: Vehicle) -> str:
        if vehicle.pk is None:
            return ""
        return next((str(row.customer_id) for row in vehicle.ownerships.all() if row.until is None), "")

    def problems(self, row: Any) -> dict[str, str]:
        problems = {}
        year, owner, key = row.get("year", ""), row.get("owner_id", ""), row.get("id", "")
        if year and not (year.isdigit() and 1900 <= int(year) <= 2100):
            problems["year"] = f"{year} is not a model year. Write it with four digits, like 2019."
        if owner and not (owner.isdigit() and _lives_at(owner, row.get("rooftop", ""))):
            problems["owner_id"] = (
                f"This rooftop has no customer {owner}. Export the customers to see their ids."
            )
        elif owner and key and _owners(key) - {int(owner)}:
            problems["owner_id"] = "It has another owner now. Change that on the vehicle's own page."
        return problems

    def warnings(self, row: Any) -> list[str]:
        if not row.get("vin"):
            return []
        read = vin.parse(row["vin"])
        return [f"VIN {read.number}: {read.warning}"] if read.warning else []

    def after_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        owner = row.get("owner_id")
        if owner and not _owners(instance.pk):
            Ownership.objects.create(customer_id=int(owner), vehicle=instance)


def _lives_at(customer: str, rooftop: str) -> bool:
    return Customer.objects.filter(pk=customer, rooftop__name=rooftop).exists()


def _owners(vehicle: int | str) -> set[int]:
    rows = Ownership.objects.filter(vehicle_id=vehicle, until__isnull=True)
    return set(rows.values_list("customer_id", flat=True))
