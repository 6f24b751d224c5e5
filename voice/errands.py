"""Hand work to the workers: see crm/errands.py."""

from crm.errands import run_soon as run_soon
