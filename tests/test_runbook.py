"""Everything named in docs/runbook.md and docs/deploy.md exists: log lines, metrics, problems, settings, commands."""

import dataclasses
import re

import pytest

from api.rules.problems import catalogue
from config import Config
from run import COMMANDS
from tests.servers import ROOT

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
DEPLOY = (ROOT / "docs" / "deploy.md").read_text()
BOTH = RUNBOOK + DEPLOY + "".join(path.read_text() for path in (ROOT / "docs" / "deploy").iterdir())
CODE = "".join(path.read_text() for path in (ROOT / "api").rglob("*.py"))
# Variables that are not settings, but those of the machine, systemd and other programs.
OTHERS = {"NAME", "EXECSTART"}


def test_every_log_line_in_the_runbook_exists() -> None:
    headings = re.findall(r"^### (.*)", RUNBOOK, re.MULTILINE)
    quoted = [text for heading in headings for text in re.findall(r"`([^`]+)`", heading)]
    lines = [text.split(":")[0] for text in quoted if not text.startswith(("problem:", "POST ", "LOG_"))]
    assert len(lines) > 8
    known = set(catalogue()) | {"failing", "signal", "exit", "trace"}
    assert [line for line in lines if line not in known and f'"{line}' not in CODE] == []


def test_every_metric_in_the_runbook_exists() -> None:
    named = set(re.findall(r"touchstone_[a-z_]+", RUNBOOK))
    assert named
    assert [name for name in named if name.removesuffix("_total") not in CODE] == []


def test_every_setting_in_the_runbook_exists() -> None:
    settings = {each.name.upper() for each in dataclasses.fields(Config)}
    named = set(re.findall(r"`([A-Z][A-Z_]{3,})(?:=[^`]*)?`", BOTH)) - {"SIGTERM", "SIGKILL", "POST", "PATCH"}
    assert {"DRAIN_SECONDS", "TRUSTED_PROXIES", "SECRET_KEY"} <= named
    assert named - settings <= OTHERS


def test_every_problem_in_the_runbook_exists() -> None:
    named = set(re.findall(r"4\d\d `([a-z-]+)`", RUNBOOK)) | set(re.findall(r"problem(?:: |=\")([a-z-]+)", RUNBOOK))
    assert named
    assert named <= set(catalogue())


@pytest.mark.parametrize("document", ["runbook.md", "deploy.md", "reliability.md", "performance.md"])
def test_every_command_in_the_runbook_exists(document: str) -> None:
    text = (ROOT / "docs" / document).read_text()
    assert set(re.findall(r"run\.py ([a-z]+)", text)) <= set(COMMANDS)
    for module in re.findall(r"python -m (benchmarks\.[a-z.]+)", text):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module
    for path in re.findall(r"(?:pytest )?(tests/[a-z_/]+(?:\.py)?)", text):
        assert (ROOT / path).exists(), path
