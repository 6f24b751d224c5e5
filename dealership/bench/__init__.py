"""What things cost on this machine: `make bench` prints one table.

One module for each question, with `async def measure(*, rounds: int) -> list[Figure]`; a new one is
named in QUESTIONS of dealership/management/commands/bench.py. What is compared is measured in turns
within one run, so that a busy machine is unfair to nobody. STORE_QUESTIONS are asked of a big store,
which store.py writes the first time.
"""
