"""The examples of docs/testing.md and of the packages' own pages, run as written."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.documents import blocks
from tests.packaging.conftest import Suite
from tests.packaging.test_node_package import node
from tests.packaging.test_node_package import project as project
from tests.packaging.test_node_package import tarball as tarball
from tests.servers import Server, clean_environment

pytestmark = pytest.mark.one_database


def test_with_pytest(suite: Suite) -> None:
    [guide] = blocks("docs/testing.md", "py")
    fixture, alone = blocks("clients/python/README.md", "py")
    done = suite(f"{guide}\n{fixture}\ndef test_alone():\n" + re.sub("^", "    ", alone, flags=re.MULTILINE))
    assert "3 passed" in done.stdout, done.stdout


def test_with_node(project: Path) -> None:
    [guide] = blocks("docs/testing.md", "js")
    done = node(project, guide, "--test")
    assert done.returncode == 0, done.stdout
    [page] = blocks("clients/node/README.md", "js")
    done = node(project, page)
    assert done.stdout.split() == ["UND_ERR_SOCKET", "200"], done.stderr


@pytest.mark.skipif(not shutil.which("java"), reason="there is no Java here")
def test_with_java(server: Server, tmp_path: Path) -> None:
    [guide] = blocks("docs/testing.md", "java")
    (tmp_path / "Touchstone.java").write_text(guide)
    environment = clean_environment(TOUCHSTONE_URL=server.url)
    done = subprocess.run(
        ["java", "Touchstone.java"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
