"""The Node package under the runners for which docs/testing.md has a line: Vitest, Jest, Playwright."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browsers import ARGUMENTS, find_browser
from tests.packaging.test_node_package import NODE, wait_until
from tests.packaging.test_node_package import project as project
from tests.packaging.test_node_package import tarball as tarball
from tests.servers import ROOT, clean_environment

RUNNERS = ROOT / ".venv/runners/node_modules"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.one_database,
    pytest.mark.skipif(not RUNNERS.exists(), reason="the runners are not here: make .venv/runners/.installed"),
]

Run = Callable[..., str]
# Two files, so that a runner takes two workers. Each says which server it found.
TESTS = """
let server;
beforeAll(async () => { server = await start(); appendFileSync("urls", server.url + "\\n"); });
for (const number of [1, 2, 3]) {
  test(`each writes article 4 (${number})`, async () => {
    const space = await server.space();
    const publish = () => fetch(`${space.url}/articles`, {
      method: "POST", body: JSON.stringify({ title: "Mine", body: "" }),
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${space.token}`, "Idempotency-Key": "1" },
    });
    await space.fault({ method: "POST", cut: "after", count: 1 }, async () => {
      await expect(publish()).rejects.toThrow();
      expect((await (await publish()).json()).id).toBe(4);
    });
    await space.received({ method: "POST" }, { count: 2 });
    await space.delete();
  });
}
"""
VITEST = 'import { appendFileSync } from "node:fs";\nimport { beforeAll, expect, test } from "vitest";\n'
JEST = 'const { appendFileSync } = require("node:fs");\nconst { start } = require("touchstone-server");\n'
ESM = 'import { start } from "touchstone-server";\n'
PLAYWRIGHT = """
import { appendFileSync } from "node:fs";
import { test as base, expect } from "@playwright/test";
import { fixtures } from "touchstone-server/playwright";

const test = base.extend(fixtures);

for (const number of [1, 2]) {
  test(`a page of a space of its own (${number})`, async ({ page, touchstone, touchstoneServer }) => {
    appendFileSync("urls", touchstoneServer.url + "\\n");
    await touchstone.seed({ articles: [{ title: "For this test", body: "", author: "admin" }] });
    await page.goto(`${touchstone.url}/articles`);
    await expect(page.getByText("For this test").first()).toBeVisible();
    await touchstone.received({ path: "/articles" }, { count: 1 });
  });
}
"""


@pytest.fixture
def suite(project: Path) -> Run:
    """Runs the program of a runner in the project, checks that it passes, and returns what it printed."""
    for package in RUNNERS.iterdir():
        (project / "node_modules" / package.name).symlink_to(package)

    def run(program: str, *arguments: str, flags: tuple[str, ...] = ()) -> str:
        environment = clean_environment(PATH=f"{project / 'bin'}:{NODE.parent}:/usr/bin:/bin", TMPDIR=str(project))
        done = subprocess.run(
            [str(NODE), *flags, str(project / "node_modules" / program), *arguments],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        wait_until(lambda: not [*project.glob("touchstone-*")], "the end of the servers")
        return done.stdout + done.stderr

    return run


def servers(project: Path) -> list[str]:
    return (project / "urls").read_text().split()


def test_vitest(project: Path, suite: Run) -> None:
    (project / "vitest.config.mjs").write_text('export default { test: { globalSetup: "touchstone-server/vitest" } };')
    for name in ("one", "two"):
        (project / f"{name}.test.mjs").write_text(VITEST + ESM + TESTS)
    assert "6 passed" in suite("vitest/vitest.mjs", "run")
    assert (len(servers(project)), len(set(servers(project)))) == (2, 1)


@pytest.mark.parametrize("modules", ["require", "import"])
def test_jest(project: Path, suite: Run, modules: str) -> None:
    setup = {f"global{part}": f"touchstone-server/jest-{part.lower()}" for part in ("Setup", "Teardown")}
    kind = {"type": "module"} if modules == "import" else {}
    (project / "package.json").write_text(json.dumps({**kind, "jest": {**setup, "testRegex": "_test.js$"}}))
    text = 'import { appendFileSync } from "node:fs";\n' + ESM if modules == "import" else JEST
    for name in ("one", "two"):
        (project / f"{name}_test.js").write_text(text + TESTS)
    # https://jestjs.io/docs/ecmascript-modules
    flags = ("--experimental-vm-modules",) if modules == "import" else ()
    assert "6 passed" in suite("jest/bin/jest.js", "--workers=2", flags=flags)
    assert (len(servers(project)), len(set(servers(project)))) == (2, 1)


@pytest.mark.skipif(not find_browser(), reason="there is no Chromium here")
@pytest.mark.parametrize("ending", ["mjs", "ts"])
def test_playwright(project: Path, suite: Run, ending: str) -> None:
    (project / "package.json").write_text("{}")
    options = {"executablePath": find_browser(), "args": ARGUMENTS}
    (project / "playwright.config.mjs").write_text(
        f"export default {{ workers: 2, reporter: 'line', use: {{ launchOptions: {json.dumps(options)} }} }};"
    )
    for name in ("one", "two"):
        (project / f"{name}.spec.{ending}").write_text(PLAYWRIGHT)
    assert "4 passed" in suite("@playwright/test/cli.js", "test")
    assert (len(servers(project)), len(set(servers(project)))) == (4, 2)
