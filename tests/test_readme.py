"""The README, executed as written: commands, answers, and its example resource."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.judges.postman import newman
from tests.servers import JOHN, ROOT, Server, clean_environment

README = (ROOT / "README.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = BLOCK.findall(README)
EXAMPLES = [
    (text, BLOCKS[number + 1][1])
    for number, (language, text) in enumerate(BLOCKS)
    if language == "sh" and text.startswith("curl")
]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("readme") / "log", "--ephemeral", TOUCHSTONE_ENV="development")
    yield running
    assert running.stop() == 0


def test_the_first_five_minutes_give_the_shown_answers(fresh: Server) -> None:
    assert len(EXAMPLES) >= 6
    for command, shown in EXAMPLES:
        at_home = command.replace("http://127.0.0.1:8000", fresh.url).replace("curl -i", "curl -s -i")
        answer = subprocess.run(["bash", "-c", at_home], capture_output=True, text=True, timeout=20, check=True).stdout
        position = 0
        for line in shown.splitlines():
            pattern = ".*?".join(re.escape(part) for part in line.strip().split("…"))
            # Granian sets the reason phrase; only the code counts (RFC 9112 §4).
            pattern = re.sub(r"(HTTP/1\\.1\\ \d{3})\\ .*", r"\1", pattern)
            found = re.search(pattern, answer[position:])
            assert found, f"{command}\nshould show\n{line}\nin\n{answer}"
            position += found.start()


def test_every_command_in_the_readme_exists() -> None:
    for name in re.findall(r"run\.py (\w+)", README):
        help_text = subprocess.run(
            [sys.executable, "run.py", name, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
        ).stdout
        assert "Example:" in help_text
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^    make (\w+)", README, re.MULTILINE):
        assert f"\n{target}:" in makefile


def test_every_page_in_the_readme_exists() -> None:
    for page in re.findall(r"`(docs/[^`]+|CHANGELOG\.md)`", README):
        assert (ROOT / page).exists(), page


@pytest.fixture(scope="module")
def with_its_resource(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the README's example resource: one file, and a generated migration."""
    folder = tmp_path_factory.mktemp("project")
    (code,) = [text for language, text in BLOCKS if language == "python"]
    name = re.search(r"`(resources/\w+\.py)`", README)
    assert name
    assert len([line for line in code.splitlines() if line.strip() and not line.startswith(("import", "from"))]) <= 45
    for part in ("api", "resources", "tests", "docs"):
        shutil.copytree(ROOT / part, folder / part)  # with the compiled modules, because compiling takes seconds
    for part in ("run.py", "config.py", "requirements.txt", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / part, folder / part)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / name[1]).write_text(code)
    (commands,) = [text for language, text in BLOCKS if language == "sh" and "db revision" in text]
    done = run_in(folder, *commands.splitlines()[0].replace(".venv/bin/python", sys.executable).split())
    assert done.returncode == 0, done.stderr
    assert "Wrote api/store/migrations/versions/" in done.stdout
    return folder


def run_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in that folder."""
    return subprocess.run(  # our own arguments
        arguments, cwd=folder, env=clean_environment(), capture_output=True, text=True, timeout=300, check=False
    )


def test_the_example_resource_works(with_its_resource: Path, tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--ephemeral", root=with_its_resource)
    try:
        with httpx.Client(base_url=server.url, auth=JOHN) as client:
            made = client.post("/bookmarks", json={"url": "https://example.org/"})
            assert made.status_code == 201
            assert client.get(made.headers["Location"]).json() == made.json()
            assert [each["id"] for each in client.get("/bookmarks?url:contains=EXAMPLE").json()["items"]] == [1]
            refused = client.post("/bookmarks", json={"url": "gopher://x", "more": 1})
            assert refused.status_code == 422
            assert {each["pointer"] for each in refused.json()["errors"]} == {"#/url", "#/more"}
            assert client.get("/").json()["links"]["bookmarks"]["href"] == "/bookmarks"
            assert client.get("/bookmarks/2").headers["Content-Type"] == "application/problem+json"
            in_a_browser = client.get("/bookmarks", headers={"Accept": "text/html"}).text
            assert 'href="/bookmarks/1"' in in_a_browser
            assert 'name="url"' in in_a_browser
            assert 'action="/pages/bookmarks"' in in_a_browser
    finally:
        assert server.stop() == 0


@pytest.mark.slow
def test_the_example_resource_appears_in_all_descriptions(with_its_resource: Path, tmp_path: Path) -> None:
    server = Server(tmp_path / "log", "--ephemeral", root=with_its_resource)
    try:
        with httpx.Client(base_url=server.url, auth=JOHN) as client:
            document = client.get("/openapi.json").json()
            assert set(document["paths"]["/bookmarks"]) == {"get", "head", "post", "options"}
            assert document["components"]["schemas"]["BookmarkIn"]["properties"]["url"]["maxLength"] == 2000
            collection = client.get("/postman/collection.json").json()
            folders = [each for each in collection["item"] if each["name"].startswith("/bookmarks")]
            file = tmp_path / "bookmarks.json"
            file.write_text(json.dumps({**collection, "item": folders}))
        done = newman(server.url, tmp_path, file)
        assert done.returncode == 0, done.stdout[-4000:]
        assert [each["name"] for each in folders] == ["/bookmarks", "/bookmarks/{bookmark_id}"]
        assert sum(len(each["item"]) for each in folders) > 20
    finally:
        assert server.stop() == 0


@pytest.mark.slow
def test_the_contract_tests_run_on_the_example_resource(with_its_resource: Path) -> None:
    laws = [f"tests/contract/test_{name}.py" for name in ("laws", "access_matrix", "refused_everywhere")]
    done = run_in(with_its_resource, sys.executable, "-m", "pytest", *laws, "-k", "sqlite and bookmark", "-n0")
    assert done.returncode == 0, done.stdout[-4000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) > 20
