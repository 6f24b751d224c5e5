"""Who is calling: right with Redis up, down, frozen or full of garbage, and right after every write."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from crm import cache, lookup
from crm.lookup import KnownCustomer, KnownVehicle, by_name_and_vehicle, by_phone
from crm.models import Customer, Ownership, Phone, Rooftop, Vehicle
from tests.crm.valkey import Valkey

pytestmark = pytest.mark.integration

HOME = "+12125550143"
VIN = "1HGCV1F36LA000123"


def make_rooftop(name: str = "Otto's Auto") -> Rooftop:
    return Rooftop.objects.create(name=name, time_zone="America/New_York")


def make_customer(
    rooftop: Rooftop, first_name: str, last_name: str = "Lopez", number: str = HOME
) -> Customer:
    customer = Customer.objects.create(rooftop=rooftop, first_name=first_name, last_name=last_name)
    customer.phones.add(Phone.objects.get_or_create(number=number)[0])
    return customer


def make_vehicle(customer: Customer, model: str = "Accord", **fields: str) -> Vehicle:
    vehicle = Vehicle.objects.create(rooftop=customer.rooftop, year=2020, make="Honda", model=model, **fields)
    Ownership.objects.create(customer=customer, vehicle=vehicle)
    return vehicle


def names(found: tuple[KnownCustomer, ...]) -> list[str]:
    return [person.first_name for person in found]


def models_of(found: tuple[KnownCustomer, ...]) -> list[str]:
    return [vehicle.model for person in found for vehicle in person.vehicles]


# --- who is found -------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_household_is_found_by_its_number_with_its_vehicles() -> None:
    otto = make_rooftop()
    maria, jose = make_customer(otto, "Maria"), make_customer(otto, "José")
    make_customer(otto, "Somebody", "Else", "+12125550199")
    accord = make_vehicle(maria, plate="ABC 1234", vin=VIN)
    shared = make_vehicle(maria, "Odyssey")
    Ownership.objects.create(customer=jose, vehicle=shared)
    odyssey = KnownVehicle(shared.pk, 2020, "Honda", "Odyssey", "", "")
    assert by_phone(otto, HOME) == (
        KnownCustomer(
            maria.pk,
            "Maria",
            "Lopez",
            (KnownVehicle(accord.pk, 2020, "Honda", "Accord", "ABC 1234", "000123"), odyssey),
        ),
        KnownCustomer(jose.pk, "José", "Lopez", (odyssey,)),
    )


@pytest.mark.django_db
def test_a_sold_vehicle_is_not_listed() -> None:
    maria = make_customer(make_rooftop(), "Maria")
    make_vehicle(maria, "Odyssey")
    make_vehicle(maria, "Accord", vin=VIN)
    Ownership.objects.filter(vehicle__model="Accord").update(until=date(2026, 1, 31))
    assert models_of(by_phone(maria.rooftop, HOME)) == ["Odyssey"]
    assert by_name_and_vehicle(maria.rooftop, "Maria", vin6="000123") == ()


@pytest.mark.django_db
def test_a_vehicle_bought_back_is_listed_once() -> None:
    maria = make_customer(make_rooftop(), "Maria")
    accord = make_vehicle(maria)
    Ownership.objects.create(customer=maria, vehicle=accord)
    assert models_of(by_phone(maria.rooftop, HOME)) == ["Accord"]


@pytest.mark.django_db
def test_a_withheld_or_unknown_number_finds_nobody() -> None:
    otto = make_rooftop()
    make_customer(otto, "Maria")
    assert by_phone(otto, "") == ()
    assert by_phone(otto, "+12125550144") == ()


@pytest.mark.django_db
def test_a_number_that_stands_for_everybody_fetches_no_crowd() -> None:
    otto = make_rooftop()
    crowd = Customer.objects.bulk_create(
        Customer(rooftop=otto, first_name="No", last_name="Number") for _ in range(lookup.MOST + 5)
    )
    Phone.objects.create(number=HOME).customers.add(*crowd)
    assert len(by_phone(otto, HOME)) == lookup.MOST


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("José O'Hara-Núñez", {"make": "Honda"}),
        ("jose ohara nunez", {"model": "cr v"}),
        ("JOSE", {"plate": "abc1234"}),
        ("o'hara nunez", {"vin6": "000123"}),
        ("Jose Ohara Nunez", {"make": "honda", "model": "CRV", "plate": "ABC-1234", "vin6": "000123"}),
    ],
)
def test_a_name_and_a_vehicle_find_who_is_meant(name: str, facts: dict[str, str]) -> None:
    jose = make_customer(make_rooftop(), "José", "O’Hara-Núñez")
    make_vehicle(jose, "CR-V", plate="ABC-1234", vin=VIN)
    assert names(by_name_and_vehicle(jose.rooftop, name, **facts)) == ["José"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("Maria", {"make": "Honda"}),
        ("José", {}),
        ("", {"plate": "ABC-1234"}),
        (" - ", {"plate": "ABC-1234"}),
        ("José", {"make": "Honda", "model": "Accord"}),
        ("José", {"vin6": "23"}),
        ("José", {"vin6": VIN}),
        ("%", {"make": "%"}),
    ],
)
def test_a_name_and_a_vehicle_that_do_not_fit_find_nobody(name: str, facts: dict[str, str]) -> None:
    jose = make_customer(make_rooftop(), "José")
    make_vehicle(jose, "CR-V", plate="ABC-1234", vin=VIN)
    assert by_name_and_vehicle(jose.rooftop, name, **facts) == ()


# --- Redis in front -----------------------------------------------------------------------


@pytest.fixture
def otto(valkey: Valkey, transactional_db: None) -> Rooftop:
    """A store with a household, committed, behind an empty cache."""
    rooftop = make_rooftop()
    make_vehicle(make_customer(rooftop, "Maria"), vin=VIN)
    return rooftop


def queries(look: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        look()
    return len(captured)


@pytest.mark.security
def test_the_second_look_reads_one_row_and_redis_knows_no_number(otto: Rooftop, valkey: Valkey) -> None:
    first = by_phone(otto, HOME)
    with CaptureQueriesContext(connection) as captured:
        assert by_phone(otto, HOME) == first
    assert [query["sql"].partition(" WHERE ")[0] for query in captured] == [
        "SELECT xmin::text FROM crm_rooftop"
    ]
    (name,) = valkey.client.scan_iter()
    assert HOME[-7:].encode() not in name
    assert HOME[-7:].encode() not in (valkey.client.get(name) or b"")
    assert 290 <= valkey.client.ttl(name) <= 300


def test_nobody_is_remembered_too_and_so_is_a_search(otto: Rooftop) -> None:
    looks: list[Callable[[], tuple[KnownCustomer, ...]]] = [
        lambda: by_phone(otto, "+12125550144"),
        lambda: by_name_and_vehicle(otto, "maria", vin6="000123"),
    ]
    for look in looks:
        first = look()
        assert queries(look) == 1
        assert look() == first


WRITES: dict[str, tuple[Callable[[Rooftop], object], Callable[[Rooftop], bool]]] = {}


def write_that_matters(
    is_seen: Callable[[Rooftop], bool],
) -> Callable[[Callable[[Rooftop], object]], Callable[[Rooftop], object]]:
    def keep(write: Callable[[Rooftop], object]) -> Callable[[Rooftop], object]:
        WRITES[write.__name__] = (write, is_seen)
        return write

    return keep


@write_that_matters(lambda otto: names(by_phone(otto, HOME)) == ["Mary"])
def renamed(otto: Rooftop) -> None:
    maria = Customer.objects.get(first_name="Maria")
    maria.first_name = "Mary"
    maria.save(update_fields=["first_name"])


@write_that_matters(lambda otto: names(by_phone(otto, HOME)) == ["Maria", "Jo"])
def joined(otto: Rooftop) -> None:
    make_customer(otto, "Jo")


@write_that_matters(lambda otto: by_phone(otto, HOME) == ())
def left_the_household(otto: Rooftop) -> None:
    Customer.objects.get(first_name="Maria").phones.clear()


@write_that_matters(lambda otto: by_phone(otto, HOME) == ())
def removed_from_the_phone(otto: Rooftop) -> None:
    Phone.objects.get().customers.remove(Customer.objects.get())


@write_that_matters(lambda otto: by_phone(otto, HOME) == ())
def phone_cleared(otto: Rooftop) -> None:
    Phone.objects.get().customers.clear()


@write_that_matters(lambda otto: names(by_phone(otto, HOME)) == ["Jo"])
def phone_set_anew(otto: Rooftop) -> None:
    jo = Customer.objects.create(rooftop=otto, first_name="Jo")
    Phone.objects.get().customers.set([jo])


@write_that_matters(lambda otto: by_phone(otto, HOME) == ())
def number_changed(otto: Rooftop) -> None:
    phone = Phone.objects.get()
    phone.number = "+12125550177"
    phone.save()


@write_that_matters(lambda otto: by_phone(otto, HOME) == ())
def phone_deleted(otto: Rooftop) -> None:
    Phone.objects.get().delete()


@write_that_matters(lambda otto: by_phone(otto, HOME) == ())
def customer_deleted(otto: Rooftop) -> None:
    Customer.objects.all().delete()


@write_that_matters(lambda otto: by_phone(otto, HOME) == ())
def customer_moved_away(otto: Rooftop) -> None:
    maria = Customer.objects.get()
    maria.rooftop = make_rooftop("Bart's Automotive")
    maria.save()


@write_that_matters(lambda otto: models_of(by_phone(otto, HOME)) == ["Civic"])
def vehicle_corrected(otto: Rooftop) -> None:
    vehicle = Vehicle.objects.get()
    vehicle.model = "Civic"
    vehicle.save()


@write_that_matters(lambda otto: models_of(by_phone(otto, HOME)) == ["Accord", "Civic"])
def vehicle_bought(otto: Rooftop) -> None:
    make_vehicle(Customer.objects.get(), "Civic")


@write_that_matters(lambda otto: models_of(by_phone(otto, HOME)) == [])
def vehicle_sold(otto: Rooftop) -> None:
    ownership = Ownership.objects.get()
    ownership.until = date(2026, 11, 1)
    ownership.save()


@write_that_matters(lambda otto: models_of(by_phone(otto, HOME)) == [])
def vehicle_deleted(otto: Rooftop) -> None:
    Vehicle.objects.get().delete()


@write_that_matters(lambda otto: models_of(by_phone(otto, HOME)) == [])
def ownership_deleted(otto: Rooftop) -> None:
    Ownership.objects.all().delete()


@write_that_matters(lambda otto: models_of(by_phone(otto, HOME)) == [])
def ownership_given_to_somebody_elsewhere(otto: Rooftop) -> None:
    ownership = Ownership.objects.get()
    ownership.customer = make_customer(make_rooftop("Bart's Automotive"), "Jo")
    ownership.save()


@write_that_matters(lambda otto: models_of(by_phone(otto, HOME)) == ["Civic"])
def written_in_bulk_and_told(otto: Rooftop) -> None:
    Vehicle.objects.update(model="Civic")
    lookup.forget([otto.pk])


@write_that_matters(lambda otto: names(by_phone(otto, HOME)) == ["Mary"])
def written_in_a_transaction(otto: Rooftop) -> None:
    with transaction.atomic(), transaction.atomic():
        renamed(otto)


@pytest.mark.parametrize("name", WRITES)
def test_a_write_is_seen_at_once_even_when_redis_is_frozen_meanwhile(
    otto: Rooftop, valkey: Valkey, name: str
) -> None:
    write, is_seen = WRITES[name]
    by_phone(otto, HOME)
    by_phone(otto, HOME)
    with valkey.frozen():  # no write depends on Redis, so none may wait for it
        write(otto)
    # Redis comes back with all that it knew.
    assert is_seen(otto)
    assert is_seen(otto)


def test_two_rooftops_do_not_see_each_other(otto: Rooftop) -> None:
    bart = make_rooftop("Bart's Automotive")
    bob = make_customer(bart, "Bob")
    Ownership.objects.create(customer=bob, vehicle=Vehicle.objects.get(model="Accord"))  # a mistake
    for _ in range(2):
        assert names(by_phone(otto, HOME)) == ["Maria"]
        assert names(by_phone(bart, HOME)) == ["Bob"]
        assert models_of(by_phone(bart, HOME)) == []
        assert by_name_and_vehicle(bart, "Maria", vin6="000123") == ()
    renamed(otto)
    assert queries(lambda: by_phone(bart, HOME)) == 1  # not forgotten for another store's sake


def test_what_is_not_committed_is_seen_inside_and_kept_from_others(otto: Rooftop, valkey: Valkey) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        renamed(otto)
        assert names(by_phone(otto, HOME)) == ["Mary"]
        raise ZeroDivisionError
    assert valkey.client.dbsize() == 0
    assert names(by_phone(otto, HOME)) == ["Maria"]


def test_a_look_that_a_write_overtakes_leaves_nothing_old_behind(
    otto: Rooftop, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = cache.write

    def elsewhere_renamed() -> None:
        renamed(otto)
        connection.close()

    def overtaken(*arguments: object) -> None:
        elsewhere = threading.Thread(target=elsewhere_renamed)
        elsewhere.start()
        elsewhere.join()
        write(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(cache, "write", overtaken)
    assert names(by_phone(otto, HOME)) == ["Maria"]
    monkeypatch.undo()
    assert names(by_phone(otto, HOME)) == ["Mary"]


# --- Redis in trouble ---------------------------------------------------------------------


GARBAGE = [
    b"\x80\x04\x95\x10\x00",  # the beginning of a pickle
    b"not json",
    b"null",
    b"[[1]]",
    b'[{"id": "1", "first_name": "Eve", "last_name": "", "vehicles": []}]',
    b'[{"id": 1, "first_name": "Eve"}]',
    b"[" * 50_000,
    b"x" * 1_000_000,
    ["a", "list"],
]


def test_garbage_is_not_believed_and_replaced(otto: Rooftop, valkey: Valkey) -> None:
    right = by_phone(otto, HOME)
    for garbage in GARBAGE:
        assert valkey.overwrite(garbage) == 1
        assert by_phone(otto, HOME) == right
        assert queries(lambda: by_phone(otto, HOME)) == 1


@pytest.mark.performance
def test_a_frozen_redis_is_waited_for_a_tenth_of_a_second_and_then_left_alone(
    otto: Rooftop, valkey: Valkey, settings: Settings
) -> None:
    by_phone(otto, HOME)
    settings.CACHE_ANSWER_SECONDS = 0.02
    with valkey.frozen():
        began = time.monotonic()
        assert names(by_phone(otto, HOME)) == ["Maria"]
        first = time.monotonic() - began
        for _ in range(20):
            assert names(by_phone(otto, HOME)) == ["Maria"]
        rest = time.monotonic() - began - first
    assert first < 0.3  # a tenth for Redis, the rest for a busy machine
    assert rest < 0.3


@pytest.fixture
def wrong_line() -> Iterator[str]:
    """The address of a server that speaks something else."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    line, _ = server.accept()
                except OSError:
                    return
                with line:
                    line.recv(1000)
                    line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 3)

        threading.Thread(target=answer, daemon=True).start()
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_a_server_that_is_no_redis_does_no_harm(otto: Rooftop, settings: Settings, wrong_line: str) -> None:
    settings.REDIS_URL = wrong_line
    assert names(by_phone(otto, HOME)) == ["Maria"]


def test_redis_stopped_for_good_does_no_harm(otto: Rooftop, settings: Settings) -> None:
    server = Valkey()
    settings.REDIS_URL = server.url
    try:
        by_phone(otto, HOME)
        assert queries(lambda: by_phone(otto, HOME)) == 1
    finally:
        server.stop()
    assert names(by_phone(otto, HOME)) == ["Maria"]
    renamed(otto)
    assert names(by_phone(otto, HOME)) == ["Mary"]
