"""Run the processes of the Procfile by honcho, until one ends or a signal comes."""

import signal
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from honcho.environ import parse_procfile
from honcho.manager import SYSTEM_PRINTER_NAME, Manager
from honcho.printer import Message, Printer
from honcho.process import Popen, Process

from dealership.embedded import die_with_parent

LAST_LINES = 15


def run_procfile(
    paths: list[Path],
    environment: dict[str, str],
    folder: Path,
    *,
    on_start: Callable[[threading.Event], None],
) -> str:
    """Run every process of the Procfiles in folder, from the main thread; return why it ended.

    The reason is empty when SIGINT or SIGTERM asked for it, else it names the process that ended by
    itself, with its last lines. on_start runs in a thread of its own beside the processes; the event
    it receives is set when they end.
    """
    printer = _RememberingPrinter()
    manager = _TiedManager(printer=printer)
    text = "\n".join(path.read_text() for path in paths)
    for name, command in parse_procfile(text).processes.items():
        # Without a shell in between, the signal at our own death reaches the process itself.
        manager.add_process(name, f"exec {command}", env=environment, cwd=str(folder))

    has_ended = threading.Event()
    beside = threading.Thread(target=on_start, args=(has_ended,), daemon=True)
    beside.start()
    try:
        manager.loop()
    finally:
        has_ended.set()
        beside.join(timeout=5)
    if manager.was_asked:
        return ""
    name = manager.first_ended
    last_lines = "".join(f"\n    {line}" for line in printer.last_lines[name] or ["(nothing)"])
    return f"The process {name} ended by itself, so everything was stopped. Its last lines:{last_lines}"


class _TiedProcess(Process):  # type: ignore[misc]  # honcho has no types
    """A process that ends when honcho does, even by SIGKILL."""

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        if tie := die_with_parent(signal.SIGKILL):
            tie()
        self._child_ctor = _TiedPopen
        super().run(events, ignore_signals)


class _TiedPopen(Popen):  # type: ignore[misc]
    # Killed, not asked: the database ended with our parent, and a beat that may say goodbye to it first waits
    # half a minute for an answer, beside the beat of the next run.
    def __init__(self, command: str, **kwargs: Any) -> None:
        super().__init__(command, preexec_fn=die_with_parent(signal.SIGKILL), **kwargs)


class _TiedManager(Manager):  # type: ignore[misc]
    """Tells a request to stop from a process that ended by itself."""

    def __init__(self, printer: Printer) -> None:
        super().__init__(printer)
        self._process_ctor = _TiedProcess
        self.was_asked = False
        self.first_ended = ""

    def terminate(self) -> None:
        ended = [name for name, process in self._processes.items() if "returncode" in process]
        if not self.was_asked and not self.first_ended:
            self.was_asked = not ended
            self.first_ended = ended[0] if ended else ""
        if not self._all_started():
            # A signal within the first moments: honcho does not know yet whom to pass it to.
            threading.Timer(0.1, self.terminate).start()
            return
        super().terminate()


class _RememberingPrinter(Printer):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.last_lines: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=LAST_LINES))

    def write(self, message: Message) -> None:
        if message.name == SYSTEM_PRINTER_NAME:
            return  # honcho's own comings and goings
        text = message.data
        if isinstance(text, bytes):
            text = text.decode(errors="replace")
        self.last_lines[message.name].extend(text.splitlines())
        super().write(message)
