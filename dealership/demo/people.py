"""The demo store's customers: who shares a telephone, owns two alike, sold a car, speaks Spanish.

The telephone numbers are from the range reserved for fiction, the addresses are invented.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from crm.models import Customer, OdometerReading, Ownership, Phone, Rooftop, Staff, Vehicle
from dealership.demo.vins import vin_for

# first name | last name | telephone | born | street | ZIP | language | vehicles: year make model, plate, miles
TABLE = """
Maria   | Lopez    | +12125550143 | 1984-05-17 | 27 Elm Street      | 12207 | en | 2019 Honda Civic, JKL 2041, 61200
James   | Carter   | +12125550144 | 1971-11-02 | 5 Quarry Road      | 12203 | en | 2021 Ford F-150, TRK 5510, 38900
Susan   | Nguyen   | +12125550145 | 1979-03-28 | 88 Lark Avenue     | 12210 | en | 2018 Toyota Camry, NGU 1801, 74350
David   | Nguyen   | +12125550145 | 1976-08-09 | 88 Lark Avenue     | 12210 | en | 2022 Toyota RAV4, NGU 2202, 29800
Alan    | Wright   | +12125550146 | 1966-01-20 | 301 Mill Lane      | 12054 | en | 2020 Subaru Outback, AWR 2001, 52100; 2020 Subaru Outback, AWR 2002, 47700
Grace   | Kowalski | +12125550147 | 1990-12-11 | 14 Depot Square    | 12047 | en | 2017 Chevrolet Malibu, GKO 1701, 88250; 2023 Tesla Model 3, GKO 2302, 17400
Carlos  | Vega     | +12125550148 | 1988-07-04 | 9 Canal Street     | 12202 | en | 2016 Nissan Altima, CVE 1601, 103900
Emily   | Stone    | +12125550149 | 1995-02-14 | 62 Orchard Hill    | 12186 | en | 2020 Jeep Wrangler, EST 2001, 41650
Lucia   | Ortega   | +12125550150 | 1982-10-30 | 40 Second Street   | 12180 | es | 2018 Honda CR-V, LOR 1801, 66800
Ruth    | Bauer    | +12125550151 | 1958-06-06 | 7 Church Lane      | 12866 | en | 2021 Honda Accord, RBA 2101, 22300
Ben     | Ito      | +12125550152 | 1999-04-23 | 210 Grand Avenue   | 12866 | en | 2015 Mazda Mazda3, BIT 1501, 96400
Frank   | Miller   | +12125550153 | 1963-09-15 | 3 Ferry Road       | 12144 | en | 2017 Ford Escape, FMI 1701, 81000
Tina    | Marsh    | +12125550154 | 1993-01-08 | 55 Union Street    | 12305 | en | 2019 Hyundai Elantra, TMA 1901, 58800
Oscar   | Lindgren | +12125550155 | 1969-12-24 | 18 River Street    | 12208 | en | 2019 Kia Sorento, OLI 1901, 71100
Hannah  | Fischer  | +12125550156 | 1987-05-05 | 92 Pearl Street    | 12207 | en | 2016 Volkswagen Jetta, HFI 1601, 99250
Victor  | Romano   | +12125550157 | 1974-02-27 | 6 Madison Place    | 12202 | en | 2020 GMC Sierra, VRO 2001, 64700
Joyce   | Okafor   | +12125550158 | 1980-08-18 | 133 Western Avenue | 12203 | en | 2018 Toyota Corolla, JOK 1801, 77300
Peter   | Novak    | +12125550159 | 1991-03-03 | 21 Clinton Avenue  | 12210 | en | 2022 Ram 1500, PNO 2201, 33500
Wendy   | Park     | +12125550160 | 1985-11-19 | 70 Delaware Avenue | 12209 | en | 2021 Chevrolet Equinox, WPA 2101, 36200
Samuel  | Green    | +12125550161 | 1977-07-21 | 48 State Street    | 12305 | en | 2015 Toyota Camry, SGR 1501, 118600
"""

STATE = "NY"
# who once had what another one drives now: former owner, present owner, days since the sale
SALE = ("Ruth", "Ben", 240)
PREFERS = {"Maria": "Dana Brooks", "James": "Mike Chen", "Alan": "Mike Alvarez"}
MILES_A_DAY = 32
WARRANTY_YEARS = 3


@dataclass(frozen=True, slots=True)
class Car:
    year: int
    make: str
    model: str
    plate: str
    miles: int


def write_people(rooftop: Rooftop, today: date) -> None:
    """Customers, telephones, vehicles with readings and warranty ends, who owns and owned what."""
    advisors = {person.name: person for person in Staff.objects.filter(rooftop=rooftop)}
    rows = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()]
    customers = Customer.objects.bulk_create(
        Customer(
            rooftop=rooftop,
            first_name=first_name,
            last_name=last_name,
            date_of_birth=date.fromisoformat(born),
            address=street,
            state=STATE,
            zip_code=zip_code,
            email=f"{first_name}.{last_name}@example.com".lower(),
            language=language,
            preferred_advisor=advisors.get(PREFERS.get(first_name, "")),
        )
        for first_name, last_name, _, born, street, zip_code, language, _ in rows
    )
    _phones(customers, [row[2] for row in rows])
    _vehicles(rooftop, customers, [row[7] for row in rows], today)


def _phones(customers: list[Customer], numbers: list[str]) -> None:
    Phone.objects.bulk_create(
        (Phone(number=number) for number in sorted(set(numbers))), ignore_conflicts=True
    )
    phones = {phone.number: phone for phone in Phone.objects.filter(number__in=numbers)}
    has_phone = Customer.phones.through
    has_phone.objects.bulk_create(
        has_phone(customer_id=customer.pk, phone_id=phones[number].pk)
        for customer, number in zip(customers, numbers, strict=True)
    )


def _vehicles(rooftop: Rooftop, customers: list[Customer], cells: list[str], today: date) -> None:
    owned = [
        (customer, _car(text))
        for customer, cell in zip(customers, cells, strict=True)
        for text in cell.split(";")
    ]
    vehicles = Vehicle.objects.bulk_create(
        Vehicle(
            rooftop=rooftop,
            year=car.year,
            make=car.make,
            model=car.model,
            plate=car.plate,
            vin=vin_for(car.make, car.model, car.year, 100_001 + index),
            warranty_ends=date(car.year + WARRANTY_YEARS, 6, 30),
        )
        for index, (_, car) in enumerate(owned)
    )
    former, present, days_ago = SALE
    sold_on = today - timedelta(days=days_ago)
    ownerships = []
    for vehicle, (customer, car) in zip(vehicles, owned, strict=True):
        is_bought = customer.first_name == present
        since = sold_on if is_bought else date(car.year, 7, 1)
        ownerships.append(Ownership(customer=customer, vehicle=vehicle, since=since))
        if is_bought:
            seller = next(each for each in customers if each.first_name == former)
            ownerships.append(
                Ownership(customer=seller, vehicle=vehicle, since=date(car.year, 7, 1), until=sold_on)
            )
    Ownership.objects.bulk_create(ownerships)
    OdometerReading.objects.bulk_create(
        OdometerReading(
            vehicle=vehicle, miles=car.miles - MILES_A_DAY * days, read_on=today - timedelta(days=days)
        )
        for vehicle, (_, car) in zip(vehicles, owned, strict=True)
        for days in (380, 190, 20)
    )


def _car(text: str) -> Car:
    """From: 2019 Honda Civic, JKL 2041, 61200."""
    name, plate, miles = (part.strip() for part in text.split(","))
    year, make, model = name.split(" ", maxsplit=2)
    return Car(int(year), make, model, plate, int(miles))
