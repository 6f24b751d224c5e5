"""The documentation tells what is true: variables, links, files, commands, demo callers."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm.models import Customer
from tests.factories import make_demo_store

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def first_cells(text: str, heading: str) -> list[str]:
    """What stands in code quotes in the first column of the table below a heading."""
    section = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


# --- variables ----------------------------------------------------------------------------


def settings_variables() -> Iterator[str]:
    """Every name that settings.py asks its environ.Env for, in order of appearance."""
    for node in ast.walk(ast.parse((ROOT / "dealership" / "settings.py").read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "env"
            and node.func.attr != "read_env"
        ):
            name = node.args[0]
            assert isinstance(name, ast.Constant), "a variable's name must be written out"
            yield str(name.value)


def variables_read() -> set[str]:
    in_procfile = re.findall(r"\$\{(\w+)", (ROOT / "Procfile").read_text())
    return {*settings_variables(), *in_procfile}


def test_the_settings_are_read_as_this_test_expects() -> None:
    assert {"SECRET_KEY", "DATABASE_URL", "OPENAI_MODELS"} <= set(settings_variables())


def test_the_example_names_every_variable_and_no_other() -> None:
    named = re.findall(r"^#?(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert sorted(named) == sorted(variables_read())


def test_the_readme_names_every_variable_and_no_other() -> None:
    assert sorted(first_cells(README, "Configuration")) == sorted(variables_read())


def test_every_variable_of_the_example_has_a_comment_above_it() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    bare = [
        line
        for above, line in zip(["", *lines], lines, strict=False)
        if re.match(r"#\w+=", line) and not above.startswith("#")
    ]
    assert bare == []


# --- links, files, commands ---------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    dead = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert dead == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_that_is_named_exists(page: Path) -> None:
    named = re.findall(
        r"`((?:crm|dealership|docs|reminders|scheduling|static|templates|tests|voice)/[\w./-]*)`",
        page.read_text(),
    )
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([\w-]+)", page.read_text())) <= targets


# --- the demo store -----------------------------------------------------------------------


@pytest.mark.django_db
def test_the_callers_to_try_are_in_the_demo_store() -> None:
    make_demo_store()
    told = re.findall(r"^\| ([\w ]+) \| (\+\d+) \|", (ROOT / "docs" / "try-it.md").read_text(), re.MULTILINE)
    assert len(told) > 3
    for names, number in told:
        last_name = names.split()[-1]
        assert Customer.objects.filter(last_name=last_name, phones__number=number).exists(), names
