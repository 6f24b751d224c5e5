"""The server of relay_server.py without the budget of its lines: what the flood would do to it."""

from math import inf

from dealership.bench import relay_server
from voice import line

if __name__ == "__main__":
    line.MESSAGES_AT_ONCE = inf  # type: ignore[assignment]
    relay_server.main()
