"""Customers and vehicles in and out as CSV, from the outside."""

import csv
import io

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from crm.models import Customer, Ownership, Phone, Rooftop, Vehicle
from tests.factories import SATURDAY, make_demo_store
from tests.sheets import confirm, export, preview

pytestmark = pytest.mark.django_db

CUSTOMERS = "/admin/crm/customer/"
VEHICLES = "/admin/crm/vehicle/"
HEAD = "first_name,last_name,phones,date_of_birth,state,zip_code,email,rooftop"
NORA = "Nora,Bell,(518) 555-0171; 518-555-0172,1984-05-17,ny,12207,nora@example.com,Otto's Auto"


@pytest.fixture(autouse=True)
def saturday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: SATURDAY)


@pytest.fixture
def store() -> Rooftop:
    return make_demo_store()


@pytest.fixture
def manager(store: Rooftop) -> Client:
    client = Client()
    client.force_login(User.objects.get(username="manager"))
    return client


@pytest.fixture
def advisor(store: Rooftop) -> Client:
    client = Client()
    client.force_login(User.objects.get(username="advisor"))
    return client


def test_a_customer_is_shown_before_and_written_after_the_confirmation(manager: Client) -> None:
    page = preview(manager, CUSTOMERS, HEAD, NORA)
    assert "Nora" in page
    assert not Customer.objects.filter(last_name="Bell").exists()

    confirm(manager, CUSTOMERS, page)
    nora = Customer.objects.get(last_name="Bell")
    assert {phone.number for phone in nora.phones.all()} == {"+15185550171", "+15185550172"}
    assert (str(nora.date_of_birth), nora.state, nora.language) == ("1984-05-17", "NY", "en")


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("(518) 555-0171", "12", "12 is not a telephone number. Write it like (212) 555-0143."),
        ("1984-05-17", "05/17", "05/17 is not a day with its year in four digits. Write it like 1984-05-17."),
        ("1984-05-17", "5/17/84", "is not a day with its year in four digits"),
        ("1984-05-17", "1984-02-30", "1984-02-30 is not in the calendar"),
        ("1984-05-17", "2020-05-17", "at least 15 years back"),
        ("1984-05-17", "0084-05-17", "0084-05-17 lies before 1900. Write it like 1984-05-17."),
        ("ny", "New York", "Write the state as two letters, like NY."),
        ("12207", "1220", "Write the ZIP code as 12207 or 12207-1234."),
        ("nora@example.com", "nora", "Write the e-mail address like nora@example.com."),
        ("Otto&#x27;s Auto", "Otto", "Otto is not a rooftop. Write one of: Bart"),
    ],
)
def test_one_wrong_row_is_named_and_nothing_is_written(
    manager: Client, good: str, bad: str, said: str
) -> None:
    wrong = NORA.replace("Nora", "Wrong").replace(good.replace("&#x27;", "'"), bad)
    page = preview(manager, CUSTOMERS, HEAD, NORA, wrong)

    assert said in page.replace("&#x27;", "'")
    assert "import_file_name" not in page
    assert not Customer.objects.filter(last_name="Bell").exists()
    assert not Phone.objects.filter(number="+15185550171").exists()


def test_a_row_that_became_wrong_since_the_preview_stops_the_whole_file(
    manager: Client, store: Rooftop
) -> None:
    susan, tina = (store.customers.get(first_name=name) for name in ("Susan", "Tina"))
    rows = (f"{susan.pk},Suzan,Otto's Auto", f"{tina.pk},Tia,Otto's Auto")
    page = preview(manager, CUSTOMERS, "id,first_name,rooftop", *rows)
    tina.delete()

    said = confirm(manager, CUSTOMERS, page)
    assert "Nothing was imported" in said
    susan.refresh_from_db()
    assert susan.first_name == "Susan"


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (f"{HEAD},shoe_size", "Unknown column: shoe_size"),
        ("first_name,last_name", "The column rooftop is missing."),
    ],
)
def test_columns_are_checked(manager: Client, head: str, said: str) -> None:
    assert said in preview(manager, CUSTOMERS, head, ",".join("x" * len(head.split(","))))


def test_formulas_leave_escaped_and_come_back_as_they_were(manager: Client, store: Rooftop) -> None:
    maria = store.customers.get(first_name="Maria")
    dangerous = ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\tx", "\rx"]
    for text in dangerous:
        Customer.objects.filter(pk=maria.pk).update(notes=text)
        notes = next(row["notes"] for row in export(manager, CUSTOMERS) if row["id"] == str(maria.pk))
        assert notes == f"'{text}"

    file = io.StringIO()
    csv.writer(file).writerow([maria.pk, "'=HYPERLINK(1)", "Otto's Auto"])
    confirm(manager, CUSTOMERS, preview(manager, CUSTOMERS, "id,notes,rooftop", file.getvalue().strip()))
    maria.refresh_from_db()
    assert maria.notes == "=HYPERLINK(1)"


def test_what_was_exported_can_be_imported_again_and_changes_nothing(manager: Client) -> None:
    rows = export(manager, CUSTOMERS)
    file = io.StringIO()
    writer = csv.DictWriter(file, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)

    page = preview(manager, CUSTOMERS, *file.getvalue().splitlines())
    confirm(manager, CUSTOMERS, page)
    assert export(manager, CUSTOMERS) == rows


def test_advisors_neither_import_nor_export(advisor: Client) -> None:
    for address in (CUSTOMERS, VEHICLES):
        for action in ("import/", "export/"):
            assert advisor.get(address + action).status_code == 403
        assert advisor.post(f"{address}process_import/").status_code == 403
        assert "import/" not in advisor.get(address).content.decode()


def test_a_vehicle_comes_with_its_owner(manager: Client, store: Rooftop) -> None:
    maria = store.customers.get(first_name="Maria")
    row = f"1HGCM82633A004352,NEW 1,2003,Honda,Accord,{maria.pk},Otto's Auto"
    page = preview(manager, VEHICLES, "vin,plate,year,make,model,owner_id,rooftop", row)
    confirm(manager, VEHICLES, page)

    accord = Vehicle.objects.get(vin="1HGCM82633A004352")
    assert Ownership.objects.get(vehicle=accord).customer == maria


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1HGCM82633A00435,,2003,,Otto's Auto", "A VIN has 17 characters; this one has 16."),
        ("1HGCM82643A004352,,2003,,Otto's Auto", "The ninth character is 4"),
        (",,03,,Otto's Auto", "03 is not a model year. Write it with four digits, like 2019."),
        (",,2003,999999,Otto's Auto", "This rooftop has no customer 999999."),
    ],
)
def test_a_wrong_vehicle_is_refused_with_what_would_be_right(manager: Client, row: str, said: str) -> None:
    before = Vehicle.objects.count()
    page = preview(manager, VEHICLES, "vin,plate,year,owner_id,rooftop", row)
    assert said in page.replace("&#x27;", "'")
    assert Vehicle.objects.count() == before


def test_a_file_does_not_change_owners(manager: Client, store: Rooftop) -> None:
    james = store.customers.get(first_name="James")
    civic = Vehicle.objects.get(rooftop=store, model="Civic")
    page = preview(manager, VEHICLES, "id,owner_id,rooftop", f"{civic.pk},{james.pk},Otto's Auto")
    assert "It has another owner now." in page


def test_vehicles_leave_with_their_owners(manager: Client, store: Rooftop) -> None:
    maria = store.customers.get(first_name="Maria")
    civic = next(row for row in export(manager, VEHICLES) if row["model"] == "Civic")
    assert (civic["owner_id"], civic["rooftop"]) == (str(maria.pk), "Otto's Auto")


def test_a_vin_that_is_only_doubtful_is_shown_above_the_preview_and_may_be_written(manager: Client) -> None:
    rows = ("1hg cm826-33a004352,Honda,Otto's Auto", "wvwzzz1kz8w000123,Volkswagen,Otto's Auto")
    page = preview(manager, VEHICLES, "vin,make,rooftop", *rows)
    assert "Row 2: VIN WVWZZZ1KZ8W000123: The check digit would be" in page
    assert "Row 1:" not in page

    confirm(manager, VEHICLES, page)
    for number in ("1HGCM82633A004352", "WVWZZZ1KZ8W000123"):
        assert Vehicle.objects.filter(vin=number).exists()


def test_a_vin_that_another_vehicle_has_is_told_at_its_column(manager: Client, store: Rooftop) -> None:
    taken = Vehicle.objects.filter(rooftop=store).exclude(vin="")[0].vin
    page = preview(manager, VEHICLES, "vin,rooftop", f"{taken},Otto's Auto")
    assert "Another vehicle of this rooftop has this VIN." in page
    assert "Constraint" not in page


@pytest.mark.parametrize("cell", ["'=x", "''=x", "'", "it's", "=x", "'-", "- none", "@home", "'quoted'"])
def test_a_cell_comes_back_as_it_left_however_often(manager: Client, store: Rooftop, cell: str) -> None:
    maria = store.customers.get(first_name="Maria")
    Customer.objects.filter(pk=maria.pk).update(notes=cell)
    for _ in range(2):
        (row,) = (row for row in export(manager, CUSTOMERS) if row["id"] == str(maria.pk))
        assert not row["notes"].startswith(("=", "-", "@"))
        file = io.StringIO()
        csv.writer(file).writerow([maria.pk, row["notes"], "Otto's Auto"])
        confirm(manager, CUSTOMERS, preview(manager, CUSTOMERS, "id,notes,rooftop", file.getvalue().strip()))
        maria.refresh_from_db()
        assert maria.notes == cell


def test_a_customer_does_not_prefer_somebody_of_another_rooftop(manager: Client, store: Rooftop) -> None:
    maria = store.customers.get(first_name="Maria")
    page = preview(manager, CUSTOMERS, "id,rooftop", f"{maria.pk},Bart's Automotive")
    assert "Dana Brooks works at Otto's Auto. Choose one of Bart's Automotive:" in page.replace("&#x27;", "'")
