"""`make run` from the outside: a clone of its own, real servers, real signals."""

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from dealership import bootstrap
from dealership.embedded import AlreadyRunning, StartError, is_running, make_folder, start_services

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parent.parent.parent
COPIED = ["crm", "dealership", "reminders", "scheduling", "static", "templates", "voice"]
COPIED += [
    "Makefile",
    "Procfile",
    "manage.py",
    "pyproject.toml",
    *(p.name for p in ROOT.glob("requirements*.txt")),
]
UP = "Ctrl-C stops everything."


def clone(folder: Path) -> Path:
    """Copy what a clone holds, beside the same .venv; its path is too long for a Unix socket."""
    tree = folder / ("a-rather-long-name-" * 6) / "service desk"
    tree.mkdir(parents=True)
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif (ROOT / name).exists():
            shutil.copy2(ROOT / name, tree / name)
    (tree / ".venv").symlink_to(sys.prefix)
    return tree


def bare_environment(**values: str) -> dict[str, str]:
    """The environment of someone who has configured nothing."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in {"PATH", "HOME", "LANG", "TMPDIR", "XDG_RUNTIME_DIR"} or name.startswith("COVERAGE_")
    }
    return {**kept, **values}


def make(tree: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    # -o: the requirements are installed, whatever the dates of the files say.
    return subprocess.run(
        ["make", "-o", ".venv/installed", *arguments],
        cwd=tree,
        env=bare_environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def devserver(tree: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(tree / ".venv" / "bin" / "python"), "-m", "dealership.devserver", *arguments],
        cwd=tree,
        env=bare_environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class Run:
    """A `make run` in a process group of its own, like one in a terminal."""

    def __init__(self, tree: Path, port: int) -> None:
        self.tree = tree
        self.output_file = tree.parent / "output"
        with self.output_file.open("wb") as output:
            self.process = subprocess.Popen(
                ["make", "-o", ".venv/installed", "run", f"PORT={port}"],
                cwd=tree,
                env=bare_environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self.output_file.read_text(errors="replace")

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + 60
        while UP not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)

    def interrupt(self) -> None:
        """Ctrl-C: the terminal signals make and everything in its group."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(timeout=60)


def processes_of(tree: Path) -> list[psutil.Process]:
    """Every process that runs in the tree, or out of it."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if str(tree) in " ".join(process.cmdline()) or process.cwd().startswith(str(tree)):
                found.append(process)
    return found


def find(tree: Path, words: str) -> psutil.Process:
    """The oldest process of the tree with these words on its command line."""
    matching = [process for process in processes_of(tree) if words in " ".join(process.cmdline())]
    return min(matching, key=lambda process: float(process.create_time()))


def wait_until_empty(tree: Path) -> list[str]:
    deadline = time.monotonic() + 10
    while processes_of(tree) and time.monotonic() < deadline:
        time.sleep(0.05)
    return [" ".join(process.cmdline()) for process in processes_of(tree)]


def get(url: str) -> tuple[int, bytes]:
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # our own http address
        return answer.status, answer.read()


def kept(tree: Path) -> dict[str, str]:
    lines = (tree / "var" / "dev.env").read_text().splitlines()
    return dict(line.split("=", maxsplit=1) for line in lines if not line.startswith("#"))


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    tree = clone(tmp_path)
    yield tree
    for process in processes_of(tree):
        with contextlib.suppress(psutil.Error):
            process.kill()


@pytest.mark.e2e
def test_a_fresh_clone_runs_stops_and_survives_a_kill(tree: Path, port: int) -> None:
    """One story rather than six tests, since each of them would start and stop everything again."""
    url = f"http://localhost:{port}"
    first = Run(tree, port)
    first.wait_until_up()
    passwords = kept(tree)
    assert stat.S_IMODE((tree / "var" / "dev.env").stat().st_mode) == 0o600
    for expected in (f"{url}/phone/", f"{url}/admin/", f"{url}/calls/", passwords["DEMO_ADVISOR_PASSWORD"]):
        assert expected in first.output
    status, body = get(f"{url}/health")
    assert (status, json.loads(body)["status"]) == (200, "ok")
    assert get(f"{url}/static/admin/css/base.css")[0] == 200

    again = make(tree, "run", f"PORT={port}")
    assert again.returncode != 0
    assert f"already running at {url}" in again.stderr
    beside = devserver(tree, "exec", "--", "env")
    assert f"PUBLIC_BASE_URL={url}" in beside.stdout.splitlines()
    assert make(tree, "doctor").returncode == 0

    first.interrupt()
    assert wait_until_empty(tree) == []
    assert "Traceback" not in first.output

    begun = time.monotonic()
    second = Run(tree, port)
    second.wait_until_up()
    assert time.monotonic() - begun < 8
    assert "Preparing" not in second.output
    assert kept(tree)["SECRET_KEY"] == passwords["SECRET_KEY"]

    find(tree, "dealership.devserver run").kill()
    second.process.wait(timeout=10)
    assert wait_until_empty(tree) == []
    third = Run(tree, port)
    third.wait_until_up()

    find(tree, " beat ").kill()
    assert third.process.wait(timeout=60) != 0
    assert "The process beat ended by itself" in third.output
    assert wait_until_empty(tree) == []


@pytest.mark.e2e
def test_a_stop_in_the_first_moments_leaves_nothing(tree: Path, port: int) -> None:
    run = Run(tree, port)
    deadline = time.monotonic() + 10
    while not (tree / "var" / "postgres.log").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(run.process.pid, signal.SIGTERM)
    run.process.wait(timeout=60)
    assert wait_until_empty(tree) == []
    assert "Traceback" not in run.output


def test_a_command_gets_a_desk_of_its_own_when_none_runs(tree: Path) -> None:
    """With a password that begins with a dash, as one in a few dozen made ones does."""
    program = "import os; print(os.environ['REDIS_URL']); raise SystemExit(7)"
    told = devserver(tree, "exec", "--", "python", "-c", program, DEMO_MANAGER_PASSWORD="-dashing")
    assert told.returncode == 7
    assert "redis://" in told.stdout
    assert wait_until_empty(tree) == []


def test_a_command_is_told_at_once_why_its_desk_did_not_start(tree: Path) -> None:
    (tree / "dealership" / "demo" / "store.py").write_text("raise RuntimeError('the demo store is broken')")
    told = devserver(tree, "exec", "--", "true")
    assert told.returncode == 1
    assert "RuntimeError: the demo store is broken" in told.stderr
    assert wait_until_empty(tree) == []


def test_a_taken_port_is_one_sentence(tree: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        refused = make(tree, "run", f"PORT={taken}")
    assert refused.returncode != 0
    first_line = refused.stderr.splitlines()[0]
    assert first_line.startswith(f"Port {taken} of 127.0.0.1 is taken")
    assert first_line.endswith(f"make run PORT={taken + 1}")
    assert "Traceback" not in refused.stderr


def test_a_cloud_that_is_not_known_is_one_sentence(tree: Path) -> None:
    refused = make(tree, "run", "CLOUD=real")
    assert refused.stderr.startswith("CLOUD=real is not known.")
    assert "Traceback" not in refused.stderr


def test_a_port_that_is_no_number_is_one_sentence(tree: Path) -> None:
    refused = make(tree, "run", "PORT=eight")
    assert refused.stderr.startswith("PORT=eight is not a port number.")


@pytest.mark.performance
def test_the_doctor_answers_when_nothing_was_ever_configured(tree: Path) -> None:
    begun = time.monotonic()
    told = make(tree, "doctor")
    assert time.monotonic() - begun < 6
    assert told.returncode != 0
    for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "TWILIO_AUTH_TOKEN"):
        assert f"FAIL  {name}" in told.stdout
    assert "Start it with `make run`" in told.stdout
    assert "Traceback" not in told.stderr


def test_servers_that_are_configured_are_used(tmp_path: Path) -> None:
    services = start_services(
        tmp_path / "var", database_url="postgresql://elsewhere/db", redis_url="redis://there"
    )
    try:
        assert (services.database_url, services.redis_url) == ("postgresql://elsewhere/db", "redis://there")
        assert not (tmp_path / "var" / "postgres").exists()
    finally:
        services.stop()


def test_a_folder_is_served_once(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, pathlib\nfrom dealership.embedded import start_services\n"
            "services = start_services(pathlib.Path(sys.argv[1]), database_url='x', redis_url='x')\n"
            "print('up', flush=True)\nsys.stdin.read()",
            str(tmp_path),
        ],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"up\n"
        assert is_running(tmp_path)
        with pytest.raises(AlreadyRunning):
            start_services(tmp_path, database_url="x", redis_url="x")
        holder.kill()
    assert not is_running(tmp_path)


PLAIN = """
[tool.pytest.ini_options]
addopts = "-p no:django -p no:randomly"
[tool.coverage.run]
source = ["tests"]
"""
SUITE = """
import pathlib
import pytest

@pytest.mark.parametrize("number", range({failing}))
def test_passes_only_once_more(number):
    tried = pathlib.Path("tried-" + str(number))
    again = tried.exists()
    tried.touch()
    assert again

def test_passes():
    pass
"""
ALWAYS = """
def test_never_passes():
    assert False
"""


@pytest.mark.parametrize(
    ("suite", "status", "shown"),
    [
        (SUITE.format(failing=1), 0, "passed alone: tests/test_suite.py::test_passes_only_once_more[0]"),
        (SUITE.format(failing=1) + ALWAYS, 2, "::test_never_passes - assert False"),
        (SUITE.format(failing=9), 2, "9 failed, 1 passed"),
    ],
    ids=["passes alone", "never passes", "too many"],
)
def test_a_few_that_failed_beside_others_are_run_alone(
    tree: Path, suite: str, status: int, shown: str
) -> None:
    (tree / "pyproject.toml").write_text(PLAIN)
    (tree / "tests").mkdir()
    (tree / "tests/test_suite.py").write_text(suite)
    ran = make(tree, "test", "-o", "check")
    assert ran.returncode == status, ran.stdout + ran.stderr
    assert shown in ran.stdout
    assert ("Once more, one at a time" in ran.stdout) is ("9 failed" not in ran.stdout)


def test_a_full_disk_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = shutil._ntuple_diskusage(10**9, 10**9 - 2**20, 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    with pytest.raises(StartError, match=r"^The disk is full: .* has 1 MB free"):
        make_folder(tmp_path)
    with pytest.raises(SystemExit, match=r"^The disk is full: "):
        bootstrap._check_room()


def test_a_wrong_python_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "_is_usable", lambda python: False)
    with pytest.raises(SystemExit, match=r"^Python 3.11, 3.12 or 3.13 is needed; found Python"):
        bootstrap._create("")


def test_a_second_process_number_owner_is_left_alone(tmp_path: Path) -> None:
    """After a reboot the number in postmaster.pid may be anyone's, here our own."""
    start_services(tmp_path, redis_url="x", is_durable=False).stop()
    pid_file = tmp_path / "postgres" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{tmp_path / 'postgres'}\n")
    services = start_services(tmp_path, redis_url="x", is_durable=False)
    has_started = pid_file.read_text().split()[0] != str(os.getpid())
    services.stop()
    assert has_started
