"""How long does decoding a VIN take, from the cache and by a network whose service takes a while itself?"""

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from django.test import override_settings

from crm import vin_decoder
from dealership.bench.figures import Figure, Goal, milliseconds
from dealership.bench.store import at_leisure
from dealership.demo.vins import vin_for

PER_ROUND = 10
SERVICE_SECONDS = 0.02
CAR = {"ModelYear": "2020", "Make": "HONDA", "Model": "Accord", "ErrorCode": "0"}


async def measure(*, rounds: int) -> list[Figure]:
    return await at_leisure(_measure, rounds)


def _measure(rounds: int) -> list[Figure]:
    costs: dict[str, list[float]] = {"network": [], "cache": [], "vin": []}
    with _service() as address, override_settings(NHTSA_BASE_URL=address):
        _decode(costs)
        for some in costs.values():
            some.clear()  # the first one connects
        for _ in range(rounds * PER_ROUND):
            _decode(costs)
    own = SERVICE_SECONDS * 1000
    beyond = [cost - own for cost in costs["network"]]
    return [
        Figure("VIN decode, from cache", "ms", costs["cache"], "a VIN, asked again", Goal("p95", 5)),
        Figure(
            f"VIN decode, by network, beyond the service's {own:.0f} ms",
            "ms",
            beyond,
            "a VIN nobody asked about yet",
            Goal("p99", 500),
        ),
    ]


def _decode(costs: dict[str, list[float]]) -> None:
    """Decode a new VIN twice; each cost belongs to whoever answered."""
    number = vin_for("Honda", "Accord", 2020, secrets.randbelow(1_000_000))
    for _ in range(2):
        answers: list[vin_decoder.Decoded] = []
        cost = milliseconds(lambda answers=answers: answers.append(vin_decoder.decode(number)))  # type: ignore[misc]
        costs[answers[0].source].append(cost)


@contextmanager
def _service() -> Iterator[str]:
    """A service on loopback that thinks for SERVICE_SECONDS and knows one car; yields its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api"
    finally:
        server.shutdown()
        server.server_close()


class _Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # so that connections stay open, as the real one's do
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        time.sleep(SERVICE_SECONDS)
        body = json.dumps({"Results": [CAR]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass
