"""Create .venv and install the pinned requirements into it; a failure is one sentence.

Run by the Makefile as a file, before anything is installed, perhaps by a Python that is too old for
the rest of the tree: only the standard library, and no syntax newer than 3.6.
"""

import os
import shutil
import subprocess
import sys

OLDEST, NEWEST = (3, 11), (3, 13)
NEEDED = "Python 3.11, 3.12 or 3.13 is needed"
FREE_MEGABYTES_NEEDED = 2500
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
STAMP = os.path.join(VENV, "installed")


def main() -> None:
    uv = shutil.which("uv") or ""
    if not _is_usable(os.path.join(VENV, "bin", "python")):
        _check_room()
        _create(uv)
    print("Installing the requirements into .venv; the first time takes some minutes ...", flush=True)
    _install(uv)
    with open(STAMP, "w"):
        pass


def _is_usable(python: str) -> bool:
    """Whether this command runs a Python that we support."""
    test = f"import sys; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"
    try:
        return subprocess.call([python, "-c", test], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def _check_room() -> None:
    free = shutil.disk_usage(ROOT).free // 2**20
    if free < FREE_MEGABYTES_NEEDED:
        sys.exit(
            f"The disk is full: {ROOT} has {free} MB free and the installation needs {FREE_MEGABYTES_NEEDED}."
        )


def _create(uv: str) -> None:
    python = _find_python()
    if uv:
        # uv fetches a Python of its own when the machine has none that fits.
        command = [uv, "venv", "--quiet", "--clear", "--python", python or "3.11", VENV]
        if subprocess.call(command) != 0:
            sys.exit(NEEDED + ": uv could not create .venv with one.")
        return
    if not python:
        found = f"{sys.version_info[0]}.{sys.version_info[1]}"
        sys.exit(f"{NEEDED}; found Python {found}. Install one, or name one: make run PYTHON=python3.11")
    made = subprocess.Popen(
        [python, "-m", "venv", "--clear", VENV], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output = made.communicate()[0].decode("utf-8", "replace")
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        reason = (output.strip().splitlines() or ["no reason given"])[-1].rstrip(".")
        sys.exit(f"{python} cannot create .venv: {reason}. On Debian, install the package python3-venv.")


def _find_python() -> str:
    """The interpreter that runs this, when it fits, else one beside it; empty when there is none."""
    for python in (sys.executable, "python3.11", "python3.12", "python3.13"):
        if python and _is_usable(python):
            return python
    return ""


def _install(uv: str) -> None:
    requirements = os.path.join(ROOT, "requirements-dev.txt")
    python = os.path.join(VENV, "bin", "python")
    if uv:
        command = [uv, "pip", "install", "--quiet", "--python", python, "--requirement", requirements]
        if subprocess.call(command) == 0:
            return
        print("uv could not install them; trying pip ...", flush=True)
    command = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    if subprocess.call([python, "-m", "pip", "--version"], stdout=subprocess.DEVNULL) != 0:
        subprocess.call([python, "-m", "ensurepip", "--default-pip"], stdout=subprocess.DEVNULL)
    if subprocess.call([*command, "--requirement", requirements]) != 0:
        sys.exit("The requirements could not be installed: see pip's message above.")


if __name__ == "__main__":
    try:
        main()
    except OSError as problem:
        sys.exit(f"The installation failed: {problem.strerror or problem}.")
    except KeyboardInterrupt:
        sys.exit("Interrupted; the next run goes on with the installation.")
