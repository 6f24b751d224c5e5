"""How long do an advisor's pages take, and how many queries, on a list of millions?"""

import warnings
from collections.abc import Iterator
from itertools import cycle, islice

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dealership.bench import store
from dealership.bench.figures import Figure, Goal, milliseconds
from dealership.bench.store import at_leisure

PER_ROUND = 10
LIST = "/admin/scheduling/appointment/"
CALLS = "/calls/"
CUSTOMERS = "/admin/crm/customer/"
GOAL = Goal("p95", 200)
WORDS = ("brakes", "tomorrow", "oil+change", "Abbott", "Ada+Barnes", "nowhere")
FILTERS = ("", "?day=today", "?day=week", "?status__exact=booked", "?p=9")


async def measure(*, rounds: int) -> list[Figure]:
    return await at_leisure(_measure, rounds)


def _measure(rounds: int) -> list[Figure]:
    # Only a server collects static files, and none is asked for here.
    warnings.filterwarnings("ignore", message="No directory at")
    client = Client()
    client.force_login(User.objects.get_or_create(username="bench", is_staff=True, is_superuser=True)[0])
    count = rounds * PER_ROUND
    return [
        figure
        for name, addresses in (
            ("appointment list", _lists()),
            ("appointments of a telephone number", _searches()),
            ("customer page", _customers(count)),
            ("calls in which a word was said", cycle(f"{CALLS}?q={word}" for word in WORDS)),
        )
        for figure in _figures(client, name, list(islice(addresses, count)))
    ]


def _figures(client: Client, name: str, addresses: list[str]) -> Iterator[Figure]:
    _open(client, addresses[0])
    costs = [milliseconds(lambda address=address: _open(client, address)) for address in addresses]  # type: ignore[misc]
    yield Figure(f"staff site, {name}", "ms", costs, "a page, without the browser", GOAL)
    queries = []
    for address in addresses[:: len(addresses) // 10 or 1]:
        with CaptureQueriesContext(connection) as captured:
            _open(client, address)
        queries.append(float(len(captured)))
    yield Figure(f"staff site, {name}", "queries", queries, "a page")


def _open(client: Client, address: str) -> None:
    status = client.get(address).status_code
    if status != 200:
        raise OSError(f"{address} answered {status}")


def _lists() -> Iterator[str]:
    return cycle(f"{LIST}{which}" for which in FILTERS)


def _searches() -> Iterator[str]:
    numbers = [customer.phones.all()[0].number[-10:] for customer in store.some_customers(50)]
    return cycle(f"{LIST}?q={number}" for number in numbers)


def _customers(count: int) -> Iterator[str]:
    return cycle(f"{CUSTOMERS}{customer.pk}/change/" for customer in store.some_customers(count))
