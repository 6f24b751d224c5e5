"""How long does it take to know who is calling? By their number, from PostgreSQL and from the cache."""

from crm import lookup
from crm.models import Rooftop
from dealership.bench import store
from dealership.bench.figures import Figure, Goal, milliseconds
from dealership.bench.store import at_leisure

PER_ROUND = 50


async def measure(*, rounds: int) -> list[Figure]:
    return await at_leisure(_measure, rounds)


def _measure(rounds: int) -> list[Figure]:
    customers = store.some_customers(rounds * PER_ROUND)
    lookup.forget({customer.rooftop_id for customer in customers})  # what an earlier run left in the cache
    lookup.by_phone(customers[0].rooftop, "+12125550100")  # connects
    from_database, from_cache = [], []
    for customer in customers:
        number = customer.phones.all()[0].number

        def ask(rooftop: Rooftop = customer.rooftop, number: str = number) -> object:
            return lookup.by_phone(rooftop, number)

        from_database.append(milliseconds(ask))
        from_cache.append(milliseconds(ask))
    what = "a caller's number"
    return [
        Figure("customer by phone, from cache", "ms", from_cache, f"{what}, asked again", Goal("p99", 1)),
        Figure("customer by phone, from PostgreSQL", "ms", from_database, what, Goal("p95", 3)),
    ]
