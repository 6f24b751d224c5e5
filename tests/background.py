"""The product's worker and beat in processes of their own, as the Procfile starts them, on the test database."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from honcho.environ import parse_procfile

from dealership.embedded import die_with_parent
from tests.voice.live import own_environment

ROOT = Path(__file__).parents[1]
DOWN_SECONDS = 60.0


@contextmanager
def background(name: str, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """One line of the Procfile, in a hurry (tests/hurry.py); asked to leave afterwards."""
    command = parse_procfile((ROOT / "Procfile").read_text()).processes[name]
    hurried = command.replace("--app dealership", "--app tests.hurry")
    here = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(
        ["sh", "-c", f"exec {hurried}"],
        cwd=ROOT,
        env={**own_environment(), "PATH": here, "PYTHONWARNINGS": "ignore", **environment},
        preexec_fn=die_with_parent(signal.SIGKILL),
    )
    try:
        yield process
    finally:
        leave(process)


def leave(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(DOWN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
