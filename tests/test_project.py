"""Rules of the project: sizes of files, documents, layers."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from docs.generate import PAGES
from run import COMMANDS
from tests.servers import ROOT, run

TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
PYTHON = [Path(ROOT / name) for name in TRACKED if name.endswith(".py") and (ROOT / name).exists()]
VAGUE = {"utils", "helpers", "common", "manager", "base"}


def test_no_file_is_above_300_lines() -> None:
    assert {path.name: lines for path in PYTHON if (lines := len(path.read_text().splitlines())) > 300} == {}


def test_no_module_has_a_meaningless_name() -> None:
    assert [path for path in PYTHON if path.stem in VAGUE] == []


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_up_to_date(name: str) -> None:
    assert (ROOT / "docs" / name).read_text() == PAGES[name](), "run make docs"


def test_every_ignore_gives_its_reason_on_the_line() -> None:
    bare = [
        f"{path.name}:{number}"
        for path in PYTHON
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for mark in ("# noqa", "# type: ignore")
        if f"  {mark}" in line and not re.search(rf"{mark}[^#]*?(  #| - | – ) ?\w", line)
    ]
    assert bare == []


def test_pinned_packages_are_locked() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        locked = (ROOT / name.replace(".txt", ".lock")).read_text().lower()
        assert "://" not in locked
        for written in (ROOT / name).read_text().lower().splitlines():
            line = written.partition("#")[0].strip()
            if "==" in line:
                package, _, version = line.partition("==")
                assert f"\n{package.partition('[')[0]}=={version} " in locked or f"\n{line} " in locked, line


def test_the_packages_for_the_tests_include_those_for_serving() -> None:
    """`make dev` installs only the former."""
    serving, testing = (
        {line.rstrip(" \\") for line in (ROOT / name).read_text().splitlines() if line[:1].isalnum()}
        for name in ("requirements.lock", "requirements-dev.lock")
    )
    assert serving < testing


def test_only_the_front_mentions_asgi() -> None:
    for path in PYTHON:
        room = path.relative_to(ROOT).parts
        if room[0] == "api" and room[1] != "front":
            names = {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.alias)}
            assert not any(name.startswith(("granian", "asgiref", "uvloop")) for name in names), path


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    assert "Example: python run.py" in run(name, "--help").stdout


def test_every_file_and_name_in_the_map_exists() -> None:
    """docs/architecture.md has paths, and names as `name` in `file` or `file` (`name`)."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    paths = re.findall(r"`([\w.-]+(?:/[\w.-]+)*(?:/|\.(?:py|toml)))`", text)
    assert len(paths) > 50
    assert [path for path in paths if not (ROOT / path).exists()] == []
    named = [
        (name, path)
        for names, path in re.findall(r"((?:`\w+`(?: and )?)+) in `([\w/]+\.py)`", text)
        for name in names.split(" and ")
    ]
    named += [
        (name, path)
        for path, names in re.findall(r"`([\w/]+\.py)` \((`\w+`(?:, `\w+`)*)\)", text)
        for name in names.split(", ")
    ]
    assert len(named) > 15
    assert [(name, path) for name, path in named if name.strip("`") not in (ROOT / path).read_text()] == []
