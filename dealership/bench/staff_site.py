"""How long do an advisor's pages take, and how many queries, on a list of millions?"""

import re
import warnings
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from itertools import cycle, islice
from urllib.parse import quote

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dealership.bench import store
from dealership.bench.figures import Figure, Goal, milliseconds
from dealership.bench.store import at_leisure
from dealership.dashboard.period import LONGEST_DAYS
from voice.models import Call

PER_ROUND = 10
LIST = "/admin/scheduling/appointment/"
CALLS = "/calls/"
CUSTOMERS = "/admin/crm/customer/"
DASHBOARD = "/dashboard/"
GOAL = Goal("p95", 300)
WORDS = ("brakes", "tomorrow", "oil+change", "Abbott", "Ada+Barnes", "nowhere")
CALL_FILTERS = ("", "?review=queue", "?intent=book&outcome=unbooked", "?trouble=on", "?slow=2", "?page=20")
SMALL_LISTS = (
    *("/admin/crm/followuptask/", "/admin/reminders/reminder/", "/admin/reminders/text/"),
    *("/admin/crm/systemfault/", "/book/"),
)
BOARD_DAYS = 14
FILTERS = ("", "?day=today", "?day=week", "?status__exact=booked", "?p=9")

# What takes longest: a hundred days, and answers, which are counted turn by turn.
PERIODS = ("", "period=30", "period=30&figure=waits", "period=own&since={since}&until={until}&figure=shows")


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
        for name, addresses in pages(client, count).items()
        for figure in _figures(client, name, list(islice(addresses, count)))
    ]


def pages(client: Client, count: int) -> dict[str, Iterator[str]]:
    """Addresses without end of each kind of page, of at least count different rows where there are so many."""
    return {
        "day board": _boards(),
        "day board, asked whether it changed": _polls(client),
        "appointment list": _lists(),
        "appointments of a telephone number": _searches(),
        "search by anything": _anything(),
        "customer page": _customers(count),
        "tasks, reminders, texts, errors": cycle(SMALL_LISTS),
        "list of calls": cycle(f"{CALLS}{which}" for which in CALL_FILTERS),
        "calls in which a word was said": cycle(f"{CALLS}?q={word}" for word in WORDS),
        "call page": _call_pages(count),
        "calls in progress": cycle([f"{CALLS}live/"]),
        "dashboard": _dashboards(),
    }


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
    if status not in (200, 204):  # nothing has changed
        raise OSError(f"{address} answered {status}")


def _boards() -> Iterator[str]:
    """The days to come, the first of which are full."""
    rooftop, today = store.first_rooftop(), store.now().date()
    days = [today + timedelta(days=number) for number in range(BOARD_DAYS)]
    return cycle(f"/day/{day}/?rooftop={rooftop.pk}{by}" for day in days for by in ("", "&by=bays"))


def _polls(client: Client) -> Iterator[str]:
    """What an open board asks every 1.5 s while nothing happens."""
    boards = islice(_boards(), BOARD_DAYS)
    return cycle([_poll(client.get(address).content.decode()) for address in boards])


def _poll(board: str) -> str:
    found = re.search(r'hx-get="(/day/[^"]+seen=[^"]+)"', board)
    if found is None:
        raise OSError("The day board does not ask again.")
    return unescape(found[1])


def _anything() -> Iterator[str]:
    people = store.some_customers(10)
    told = [text for each in people for text in (str(each), each.phones.all()[0].number)]
    return cycle(f"/admin/search/?extended=1&s={quote(text)}" for text in (*told, "100077"))


def _lists() -> Iterator[str]:
    return cycle(f"{LIST}{which}" for which in FILTERS)


def _searches() -> Iterator[str]:
    numbers = [customer.phones.all()[0].number[-10:] for customer in store.some_customers(50)]
    return cycle(f"{LIST}?q={number}" for number in numbers)


def _customers(count: int) -> Iterator[str]:
    return cycle(f"{CUSTOMERS}{customer.pk}/change/" for customer in store.some_customers(count))


def _call_pages(count: int) -> Iterator[str]:
    keys = list(Call.objects.order_by("-started_at").values_list("pk", flat=True)[:count])
    return cycle(f"{CALLS}{key}/" for key in keys)


def _dashboards() -> Iterator[str]:
    until = store.now().date()
    days = {"since": until - timedelta(days=LONGEST_DAYS - 1), "until": until}
    return cycle(f"{DASHBOARD}?{which.format(**days)}" for which in PERIODS)
