"""The container image: built by podman, which needs no daemon and here no registry, and run as docs/deploy.md says.

The base is made by mmdebstrap, with the packages and omissions of debian:bookworm-slim. The build takes the wheels of
requirements.lock from a folder, so that only Debian's packages come over the network.
"""

import contextlib
import secrets
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers import JOHN, READY, ROOT
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.one_database,
    pytest.mark.skipif(
        not (shutil.which("podman") and shutil.which("mmdebstrap")),
        reason="there is no podman or no mmdebstrap here (on Debian: apt install podman runc mmdebstrap)",
    ),
]

BASE, IMAGE = "localhost/touchstone-test-base", "localhost/touchstone-test"
# By default podman asks for more than some machines allow.
LIMITS = ["--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096"]
# What the server must not need, and a free port of loopback.
LOCKED = shlex.split("--read-only --tmpfs /tmp --cap-drop all --security-opt no-new-privileges -p 127.0.0.1::8000")


def run(*command: object, check: bool = True, stdin: str = "") -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=ROOT, input=stdin, capture_output=True, text=True, timeout=900, check=False)
    assert not check or done.returncode == 0, f"{words}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done


def podman(*arguments: object, check: bool = True, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return run("podman", *arguments, check=check, stdin=stdin)


def make_base(folder: Path) -> Path:
    """A tar file of the base. Without the pin, `usrmerge` and the 50 MB of Perl would be in it."""
    pin = folder / "pin"
    pin.write_text("Package: usrmerge\nPin: version *\nPin-Priority: -1\n")
    hooks = [
        "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
        f"--setup-hook=copy-in {pin} /etc/apt/preferences.d",
        "--customize-hook=rm $1/etc/apt/preferences.d/pin",
    ]
    omitted = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "info", "locale", "man")]
    kept = "--dpkgopt=path-include=/usr/share/doc/*/copyright"
    base = folder / "base.tar"
    run("mmdebstrap", "--variant=minbase", "--include=usr-is-merged", *hooks, *omitted, kept, "bookworm", base)
    return base


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("image")
    wheels, settings = folder / "wheels", folder / "pip.conf"
    settings.write_text("[global]\nno-index = true\nfind-links = /mnt\n")
    try:
        podman("import", make_base(folder), BASE)
        tried = podman("run", "--rm", *LIMITS, BASE, "true", check=False)
        if tried.returncode != 0:
            pytest.skip(f"podman cannot run a container here: {tried.stderr.strip().splitlines()[-1]}")
        download = shlex.split("-m pip download --no-deps --only-binary :all: --python-version 3.11 --require-hashes")
        run(sys.executable, *download, "-r", "requirements.lock", "-d", wheels)
        mounts = ["-v", f"{wheels}:/mnt:ro", "-v", f"{settings}:/etc/pip.conf:ro"]
        build = ["build", "--format", "docker", "--layers=false", "-f", "docs/deploy/Containerfile", "-t", IMAGE]
        podman(*build, "--build-arg", f"BASE={BASE}", *LIMITS, *mounts, ".")
        yield IMAGE
    finally:
        podman("rmi", "-f", IMAGE, BASE, check=False)


@pytest.fixture
def volume() -> Iterator[str]:
    name = new_name()
    yield name
    podman("volume", "rm", "-f", name)


def new_name() -> str:
    return f"touchstone-test-{secrets.token_hex(4)}"


def url_of(container: str) -> str:
    """The URL of a server in a container, once it is ready."""
    url = f"http://{podman('port', container, '8000').stdout.strip()}"

    def ready() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{url}/readyz", trust_env=False).status_code == 200
        return False

    wait_until(ready, "the server in the container is ready", pause=0.1)
    return url


@contextlib.contextmanager
def production(image: str, volume: str, secret: str) -> Iterator[str]:
    """The identifier of a container that serves from a volume."""
    settings = ["-e", f"SECRET_KEY={secret}", "-e", "DRAIN_SECONDS=8", "-v", f"{volume}:/data"]
    container = podman("run", "-d", *LIMITS, *LOCKED, *settings, image).stdout.strip()
    try:
        yield container
    finally:
        podman("rm", "-f", "-t", "0", container)


def healthy(container: str) -> bool:
    """Whether the health check of the image passes, run as an engine runs it."""
    return podman("healthcheck", "run", container, check=False).returncode == 0


def test_it_is_small_and_its_user_is_not_root(image: str) -> None:
    wanted = "{{.Size}} {{.Config.User}} {{.Config.Healthcheck.Interval}}"
    size, user, interval = podman("image", "inspect", image, "--format", wanted).stdout.split()
    assert int(size) < 200_000_000
    assert user == "10001"
    assert interval == "10s"


def test_production_needs_no_privileges_and_keeps_its_data(image: str, volume: str) -> None:
    secret, password = secrets.token_urlsafe(32), secrets.token_urlsafe(12)
    anna = {"auth": ("anna", password), "trust_env": False, "timeout": 20}
    with production(image, volume, secret) as container:
        url = url_of(container)
        assert healthy(container)

        def execute(*command: str, **more: str) -> None:
            podman("exec", "-i", container, "python", *command, **more)

        touch = podman("exec", container, "touch", "/x", "/app/x", "/venv/x", "/etc/x", check=False)
        assert touch.stderr.count("Read-only file system") == 4
        execute("run.py", "user", "add", "anna", "--email", "anna@example.org", "--admin", stdin=password)
        execute("run.py", "check")
        execute("run.py", "smoke", "http://127.0.0.1:8000", "--user", "anna", "--password", password)
        execute("-c", "import psycopg; assert psycopg.pq.__impl__ == 'binary'")
        made = httpx.post(f"{url}/articles", json={"title": "Kept", "body": ""}, **anna)
        assert made.status_code == 201, made.text

        podman("kill", "-s", "TERM", container)
        wait_until(lambda: not healthy(container), "a draining server is not healthy")
        assert podman("wait", container).stdout.strip() == "0"
        log = podman("logs", container).stderr
        assert '"level":"error"' not in log, log
        assert "Traceback" not in log, log
    with production(image, volume, secret) as container:
        assert httpx.get(url_of(container) + made.headers["Location"], **anna).json()["title"] == "Kept"


def test_a_test_bench_ends_with_its_suite(image: str) -> None:
    name = new_name()
    options = ["--rm", "-i", "--name", name, *LIMITS, *LOCKED, "-e", "TOUCHSTONE_ENV=testing"]
    serve = shlex.split("serve --ephemeral --until-eof --host 0.0.0.0 --port 8000 --expose-development-accounts")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(["podman", "run", *options, image, *serve], text=True, **pipes) as bench:
        try:
            assert bench.stdout
            assert bench.stdout.readline().startswith(READY)
            with httpx.Client(base_url=url_of(name), auth=JOHN, trust_env=False, timeout=20) as john:
                space = john.post("/spaces", json={}).json()
                assert john.post(f"/in/{space['id']}/articles", json={"title": "Mine", "body": ""}).status_code == 201
                spooled = {"content": bytes(1_000_000), "headers": {"Content-Type": "application/octet-stream"}}
                assert john.post("/messages", **spooled).status_code == 201
            _, log = bench.communicate(timeout=30)  # closes standard input
            assert bench.returncode == 0
            assert "Traceback" not in log, log
        finally:
            podman("rm", "-f", "-t", "0", name, check=False)
            bench.kill()
