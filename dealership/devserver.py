"""The whole product on one machine: what stands behind `make run` and its sisters.

    run              everything: servers under var/, migrations, demo store, the Procfile's processes;
                     with CLOUD=emulated the providers are the emulators of tests/, run beside them
    exec -- COMMAND  a command beside a running `make run`, or beside one started for its sake
    check            linters, types, deployment checks, missing migrations
    test [ARGS]      the suite; without ARGS with its coverage

Secrets and demo passwords are made once and kept in var/dev.env, which settings.py reads too, so
that `manage.py` works in a second terminal.
"""

import contextlib
import hashlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import environ

from dealership import checks
from dealership.embedded import (
    AlreadyRunning,
    Services,
    StartError,
    die_with_parent,
    is_running,
    make_folder,
    start_services,
)

__all__ = ["Services", "StartError", "start_services"]

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
DEV_ENV = VAR / "dev.env"
PREPARED = VAR / "prepared"
# There while a run lasts; found at start, the run before was killed and its port may close any moment.
UNFINISHED = VAR / "unfinished"

# Made once, by number of random bytes.
GENERATED = {
    "SECRET_KEY": 48,
    "TWILIO_AUTH_TOKEN": 24,
    "FIELD_ENCRYPTION_KEY": 32,
    "DEMO_ADVISOR_PASSWORD": 9,
    "DEMO_MANAGER_PASSWORD": 9,
    "DEMO_OWNER_PASSWORD": 9,
}
UP_SECONDS = 90
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# On a laptop's container everything runs as root; six lines about it would hide the banner.
CELERY_AS_ROOT = "ignore:You're running the worker with superuser privileges"


def main(arguments: list[str]) -> int:
    """Run one command; return its exit status."""
    # Also where SIGINT was ignored at the start, as in a script's background job.
    for number in STOP_SIGNALS:
        signal.signal(number, lambda got, frame: sys.exit(128 + got))
    command, *rest = arguments or [""]
    os.chdir(ROOT)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    try:
        if command == "run" and not rest:
            return run()
        if command == "exec" and rest[:1] == ["--"] and rest[1:]:
            return execute(rest[1:])
        if command == "check" and not rest:
            return checks.check()
        if command == "test":
            return checks.test(rest)
    except StartError as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"{problem.filename or 'This'} cannot be used: {problem.strerror}.", file=sys.stderr)
        return 1
    print(__doc__, file=sys.stderr)
    return 2


# --- run ----------------------------------------------------------------------------------


def run() -> int:
    """Start everything, say where, and stay until a signal or the end of a process."""
    _heed_stop_signals()
    environ.Env.read_env(ROOT / ".env")
    make_folder(VAR)
    port = _port()
    _is_cloud_emulated()  # refuses what it does not know before anything is started
    if is_running(VAR):
        raise AlreadyRunning(_already_running())
    _check_port_is_free(_host(), port, patience=8 if UNFINISHED.exists() else 0)
    with _services() as services:
        environment = _environment(services, port)
        UNFINISHED.touch()
        _prepare(environment, services)
        reason = _run_processes(environment)
    UNFINISHED.unlink(missing_ok=True)
    print(reason or "Stopped.", file=sys.stderr if reason else sys.stdout, flush=True)
    return 1 if reason else 0


_stop_asked: list[int] = []


def _heed_stop_signals() -> None:
    """Only take note of a signal; _go_on() obeys it where nothing half started can be lost.

    An exception out of the handler may strike within Popen, and the process just made is nobody's; or
    within a destructor, where Python drops it and the signal with it.
    """
    for number in STOP_SIGNALS:
        signal.signal(number, lambda got, frame: _stop_asked.append(got))


def _go_on() -> None:
    """Raise SystemExit when a signal has asked to stop."""
    if _stop_asked:
        print("Stopped.", flush=True)
        sys.exit(128 + _stop_asked[0])


def _run_processes(environment: dict[str, str]) -> str:
    from dealership.procfile import run_procfile  # honcho is absent in production

    def announce(has_ended: threading.Event) -> None:
        if _wait_until_healthy(environment, has_ended):
            print(_banner(environment), flush=True)
        elif not has_ended.is_set():
            print(f"{_local_url(environment)}/health has not answered for {UP_SECONDS} s.", flush=True)

    _go_on()
    procfiles = [ROOT / "Procfile", *([ROOT / "Procfile.emulated"] if _is_cloud_emulated() else [])]
    return run_procfile(procfiles, environment, ROOT, on_start=announce)


@contextlib.contextmanager
def _services() -> Iterator[Services]:
    services = start_services(
        VAR,
        database_url=os.environ.get("DATABASE_URL", ""),
        redis_url=os.environ.get("REDIS_URL", ""),
        go_on=_go_on,
    )
    try:
        _go_on()
        yield services
    finally:
        # A second Ctrl-C must not leave a server behind.
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        services.stop()


def _host() -> str:
    return os.environ.get("HOST") or "127.0.0.1"


def _port() -> int:
    text = os.environ.get("PORT") or "8000"
    if text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    raise StartError(f"PORT={text} is not a port number. Choose one between 1024 and 65535.")


def _check_port_is_free(host: str, port: int, *, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            _try_port(host, port)
            return
        except PermissionError:
            raise StartError(f"Port {port} needs root. Choose a higher one: make run PORT=8000") from None
        except OSError as problem:
            if time.monotonic() < deadline:
                _go_on()
                time.sleep(0.2)
                continue
            sentence = f"Port {port} of {host} is taken by another program ({problem.strerror})."
            raise StartError(f"{sentence} Choose another one: make run PORT={port + 1}") from None


def _try_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def _already_running() -> str:
    kept = _read_environment_file()
    return f"make run is already running at {kept.get('PUBLIC_BASE_URL', VAR)}. Stop that one first (Ctrl-C)."


# --- environment --------------------------------------------------------------------------


def _environment(services: Services, port: int) -> dict[str, str]:
    """The environment of every process: what the caller set wins over what is made here.

    Writes the development part of it to var/dev.env, readable by its owner only.
    """
    kept = _read_environment_file()
    development = {
        name: os.environ.get(name) or kept.get(name) or secrets.token_urlsafe(size)
        for name, size in GENERATED.items()
    }
    development |= {
        "DEBUG": os.environ.get("DEBUG") or "1",
        "PUBLIC_BASE_URL": os.environ.get("PUBLIC_BASE_URL") or f"http://localhost:{port}",
        "HOST": _host(),
        "PORT": str(port),
        "DATABASE_URL": services.database_url,
        "REDIS_URL": services.redis_url,
    }
    _write_environment_file(development)
    cloud = _emulated_cloud() if _is_cloud_emulated() else {}
    return {"PYTHONWARNINGS": CELERY_AS_ROOT, **os.environ, **development, **cloud}


def _is_cloud_emulated() -> bool:
    cloud = os.environ.get("CLOUD", "")
    if cloud not in ("", "emulated"):
        raise StartError(f"CLOUD={cloud} is not known. Leave it out, or: make run CLOUD=emulated")
    return cloud == "emulated"


def _emulated_cloud() -> dict[str, str]:
    """Cloud settings whose providers are the emulators of tests/, beside the product. No real key is used."""
    deepgram, openai, twilio, google = (f"http://127.0.0.1:{port}" for port in _free_ports(4))
    return {
        "DEEPGRAM_API_KEY": "emulated",
        "DEEPGRAM_BASE_URL": deepgram,
        "DEEPGRAM_STT_MODEL": "nova-2-phonecall",
        "OPENAI_API_KEY": "emulated",
        "OPENAI_BASE_URL": f"{openai}/v1",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 31 + "1",
        "TWILIO_API_BASE_URL": twilio,
        "GOOGLE_SERVICE_ACCOUNT_FILE": str(VAR / "emulated-google.json"),
        "GOOGLE_API_BASE_URL": f"{google}/calendar/v3/",
        "GOOGLE_TOKEN_URI": f"{google}/token",
    }


def _write_environment_file(values: dict[str, str]) -> None:
    head = "# Written by `make run`; delete it for new secrets and demo passwords.\n"
    draft = DEV_ENV.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(head + "".join(f"{name}={value}\n" for name, value in values.items()))
    draft.rename(DEV_ENV)


def _read_environment_file() -> dict[str, str]:
    try:
        lines = DEV_ENV.read_text().splitlines()
    except FileNotFoundError:
        return {}
    pairs = (line.split("=", maxsplit=1) for line in lines if "=" in line and not line.startswith("#"))
    return dict(pairs)


# --- database -----------------------------------------------------------------------------


def _prepare(environment: dict[str, str], services: Services) -> None:
    """Migrate and create the demo store, unless both were done for this very tree and data."""
    # An embedded one has another address each time, and tells by itself whether it is new.
    state = _state(os.environ.get("DATABASE_URL", ""))
    is_done = not services.is_new and PREPARED.exists() and PREPARED.read_text() == state
    if is_done:
        return
    print("Preparing the database ...", flush=True)
    _manage("migrate", "--verbosity", "0", environment=environment)
    _manage(
        "demo_store",
        # One word each: a password may begin with a dash.
        f"--advisor-password={environment['DEMO_ADVISOR_PASSWORD']}",
        f"--manager-password={environment['DEMO_MANAGER_PASSWORD']}",
        f"--owner-password={environment['DEMO_OWNER_PASSWORD']}",
        environment=environment,
    )
    PREPARED.write_text(state)


def _state(database_url: str) -> str:
    """A fingerprint of everything that decides what the database should hold."""
    digest = hashlib.sha256(database_url.encode())
    for pattern in (
        "*/migrations/*.py",
        "dealership/demo/*.py",
        "*/management/commands/demo_store.py",
        "requirements.txt",
    ):
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _manage(*arguments: str, environment: dict[str, str]) -> None:
    """Run a management command in silence. Raises StartError with its last lines when it fails."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
        try:
            while process.poll() is None:
                _go_on()
                time.sleep(0.05)
        finally:
            process.kill()
            process.wait()
        if process.returncode:
            output.seek(0)
            last = "\n    ".join(output.read().strip().splitlines()[-8:])
            raise StartError(f"manage.py {arguments[0]} failed. Its last lines:\n    {last}")


# --- health and banner --------------------------------------------------------------------


def _local_url(environment: dict[str, str]) -> str:
    host = environment["HOST"].replace("0.0.0.0", "127.0.0.1")  # noqa: S104  # compared, not bound
    host = "[::1]" if host == "::" else f"[{host}]" if ":" in host else host
    return f"http://{host}:{environment['PORT']}"


def _wait_until_healthy(environment: dict[str, str], has_ended: threading.Event) -> bool:
    deadline = time.monotonic() + UP_SECONDS
    while time.monotonic() < deadline and not has_ended.wait(0.1):
        with contextlib.suppress(OSError, urllib.error.URLError):
            request = urllib.request.Request(f"{_local_url(environment)}/health")  # noqa: S310
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310  # our own http address
                return bool(answer.status == 200)
    return False


def _banner(environment: dict[str, str]) -> str:
    os.environ.update(environment)
    from dealership.doctor import roles  # after the settings can be read

    url = environment["PUBLIC_BASE_URL"].rstrip("/")
    lines = [
        "",
        f"  Phone        {url}/phone/",
        f"  Staff site   {url}/admin/",
        f"  Calls        {url}/calls/",
        f"  Log-ins      advisor / {environment['DEMO_ADVISOR_PASSWORD']}",
        f"               manager / {environment['DEMO_MANAGER_PASSWORD']}",
        f"               owner / {environment['DEMO_OWNER_PASSWORD']}",
        "",
        *(f"  {role.name:<11}  {role.provider}" for role in roles()),
        "",
        "  Ctrl-C stops everything.",
        "",
    ]
    return "\n".join(lines)


# --- exec ---------------------------------------------------------------------------------


def execute(command: list[str]) -> int:
    """Run command in the environment of a running stack, started and stopped here if there is none."""
    make_folder(VAR)
    with contextlib.ExitStack() as stack:
        has_ended = threading.Event()
        if not is_running(VAR):
            has_ended = stack.enter_context(_stack_of_our_own())
        environment = {**os.environ, **_read_environment_file()}
        if not _wait_until_healthy(environment, has_ended):
            if has_ended.is_set():
                raise StartError(_run_log())
            raise StartError(f"{_local_url(environment)}/health does not answer. Look into var/run.log.")
        return subprocess.call(command, env=environment)


@contextlib.contextmanager
def _stack_of_our_own() -> Iterator[threading.Event]:
    """Start everything for as long as this lasts; the event says that it ended before."""
    environment = dict(os.environ)
    if not environment.get("PORT"):
        environment["PORT"] = str(_free_port())
    print(f"Starting the service desk on port {environment['PORT']} ...", flush=True)
    before = DEV_ENV.stat().st_mtime_ns if DEV_ENV.exists() else 0
    with (VAR / "run.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dealership.devserver", "run"],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    try:
        while not DEV_ENV.exists() or DEV_ENV.stat().st_mtime_ns == before:
            if process.poll() is not None:
                raise StartError(_run_log())
            time.sleep(0.1)
        has_ended = threading.Event()
        threading.Thread(target=_tell_of_end, args=(process, has_ended), daemon=True).start()
        yield has_ended
    finally:
        process.terminate()
        process.wait()


def _tell_of_end(process: "subprocess.Popen[bytes]", has_ended: threading.Event) -> None:
    process.wait()
    has_ended.set()


def _run_log() -> str:
    return (VAR / "run.log").read_text(errors="replace").strip()


def _free_port() -> int:
    (port,) = _free_ports(1)
    return port


def _free_ports(count: int) -> list[int]:
    """Different ones: each stays taken until all were found."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
