"""The walls of the house: which way imports point, and who may import which SDK."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# An app imports only apps before it here.
APPS = ["crm", "scheduling", "voice", "reminders", "dealership"]
EDGES = {"views", "pages", "consumers", "webhooks", "tasks"}  # and what ends so: sms_webhooks
ROUTES = {"urls", "routing", "asgi"}
ONE_IMPORTER = {
    "deepgram": "voice/speech/deepgram.py",
    "faster_whisper": "voice/speech/local.py",
    "hibari": "voice/speech/local.py",
    "openai": "voice/replies/openai.py",
    "twilio": "voice/carriers/twilio.py",
    "googleapiclient": "scheduling/calendars/google.py",
    "google": "scheduling/calendars/google.py",
}


def sources() -> list[Path]:
    found = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    return sorted(path for path in found if "migrations" not in path.parts)


@cache
def imports_of(path: Path) -> frozenset[str]:
    """Every module that a file names in an import, within functions too, and every name taken from one."""
    return frozenset(_imported(ast.parse(path.read_text()), path))


def _imported(tree: ast.Module, path: Path) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                package = path.relative_to(ROOT).parts[: -node.level]
                module = ".".join([*package, module]).rstrip(".")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_walls_are_looked_for_in_the_right_place() -> None:
    assert len(sources()) > 20
    assert "crm.phone" in imports_of(ROOT / "crm" / "models.py")


@pytest.mark.parametrize("app", APPS)
def test_an_app_imports_only_apps_to_its_right(app: str) -> None:
    forbidden = set(APPS[APPS.index(app) + 1 :])
    backwards = [
        f"{name_of(path)} imports {module}"
        for path in sources()
        if path.relative_to(ROOT).parts[0] == app
        for module in sorted(imports_of(path))
        if module.split(".")[0] in forbidden
    ]
    assert backwards == []


def test_only_routes_import_an_edge() -> None:
    # Tasks are enqueued from anywhere, so they are the exception.
    edges = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sources()
        if path.stem.split("_")[-1] in EDGES - {"tasks"} and "templatetags" not in path.parts
    }
    strays = [
        f"{name_of(path)} imports {module}"
        for path in sources()
        if path.stem not in ROUTES
        for module in sorted(imports_of(path) & edges)
    ]
    assert strays == []


@pytest.mark.parametrize("sdk", sorted(ONE_IMPORTER))
def test_an_sdk_has_one_importer(sdk: str) -> None:
    importers = {
        name_of(path)
        for path in sources()
        if any(module == sdk or module.startswith(f"{sdk}.") for module in imports_of(path))
    }
    assert importers <= {ONE_IMPORTER[sdk]}


def test_what_is_spoken_and_understood_knows_no_database() -> None:
    pure = sorted((ROOT / "voice" / "conversation").glob("*.py"))
    strays = [
        f"{name_of(path)} imports {module}"
        for path in pure
        for module in sorted(imports_of(path))
        if module.split(".")[0] == "django" or module.endswith(".models")
    ]
    assert strays == []
