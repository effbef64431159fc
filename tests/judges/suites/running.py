"""Runs a suite of others in an environment of its own, with the wheel and its pytest plugin installed."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
BUILT = ROOT / ".venv" / "suites"
# What the suites need; their own requirements name no versions, or old ones.
PACKAGES = (
    "httpbin==0.10.4",
    "pytest==8.4.2",
    "pytest-httpbin==2.1.0",
    "pytest-mock==3.17.0",
    "PySocks==1.7.1",
    "responses",
    "setuptools<81",
    "six",
    "trustme==1.2.1",
)
# Without pytest-httpbin's own fixtures, which would win.
QUIETLY = ("-p", "no:httpbin", "-p", "no:cacheprovider", "-rfE", "-q", "--tb=short")
ENDED = re.compile(r"^(FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)
PASSED = re.compile(r"(\d+) passed")


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite: where it comes from, which files of it run, and which tests fail for a reason."""

    repository: str
    commit: str
    files: tuple[str, ...]
    passed: int  # at least so many
    arguments: tuple[str, ...] = ()
    # Tests that fail, with the reason.
    known: dict[str, str] = field(default_factory=dict)
    # Whether the checkout itself is installed, or only its tests are copied.
    installed: bool = True


# All of HTTPie's files that ask httpbin. The others ask no server, or one of their own.
HTTPIE = (
    *("auth", "auth_plugins", "binary", "cli", "compress", "cookie", "cookie_on_redirects", "defaults", "downloads"),
    *("encoding", "errors", "exit_status", "httpie", "json", "meta", "output", "redirects", "regressions", "sessions"),
    *("stream", "uploads", "xml"),
)
# Fails with pytest-httpbin too: the library that guesses encodings has another opinion of these.
GUESSED = "guesses another encoding; with pytest-httpbin too"
BIG5 = "big5-" + r"\u5377\u9996" * 4 + r"\u5377" + r"\u5377\u9996" * 13
NO_ROUTE = ("-k", "not connect_timeout and not total_timeout")
REQUESTS = "1f6589ec3a1ee910f9a65cc3ceac60b26677bc0e"
SUITES = {
    "httpbin": Suite(
        "psf/httpbin",
        "e32f9933af1386f580d737578e1051d656e8d4c7",
        ("tests/test_httpbin.py",),
        passed=66,
        arguments=("-p", "over_http"),
        known={"tests/test_httpbin.py::HttpbinTestCase::test_post_chunked": "wants 501; ours takes chunked bodies"},
        installed=False,
    ),
    "requests": Suite("psf/requests", REQUESTS, ("tests/test_requests.py",), passed=335, arguments=NO_ROUTE),
    "requests-prefix": Suite(
        "psf/requests",
        REQUESTS,
        ("tests/test_requests.py",),
        passed=334,
        arguments=("-p", "at_the_prefix", *NO_ROUTE),
        known={
            "tests/test_requests.py::TestRequests::test_getattr_proxy_stream_follows_redirect": (
                "follows a redirect to `/post`, which is not at the prefix"
            )
        },
    ),
    "httpie": Suite(
        "httpie/cli",
        "5b604c37c6c67e18e7c3e9aee6c88a8c22b98345",
        tuple(f"tests/test_{name}.py" for name in HTTPIE),
        passed=844,
        # It waits a tenth of a second for another process; on a busy machine it fails with pytest-httpbin too.
        arguments=("-p", "our_authority", "--deselect", "tests/test_uploads.py::test_stdin_read_warning"),
        known={
            "tests/test_json.py::test_nested_json_syntax[input_json17-expected_json17]": (
                "sends the field name `baz[]`, which is no token (RFC 9110 §5.1): 400"
            ),
            f"tests/test_encoding.py::test_terminal_output_request_charset_detection[{BIG5}]": GUESSED,
            f"tests/test_encoding.py::test_terminal_output_response_charset_detection[{BIG5}]": GUESSED,
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far a suite passed: the number of tests, and those that failed. `answered` counts the server's answers."""

    passed: int
    failed: tuple[str, ...]
    known: frozenset[str]
    answered: int
    printed: str

    @property
    def unexpected(self) -> list[str]:
        """The failures without a reason."""
        return [each for each in self.failed if each not in self.known]

    def __str__(self) -> str:
        lines = [f"{self.passed} passed, {len(self.failed)} failed, {self.answered} requests answered"]
        return "\n  ".join([*lines, *self.failed])


class Unfetched(Exception):
    """A checkout cannot be fetched."""


class Place:
    """The environments and checkouts, below `.venv/suites`. Checkouts come from `folder`, or from GitHub."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder

    def checkout(self, suite: Suite) -> Path:
        """The files of a suite. Raises Unfetched."""
        target = BUILT / "checkouts" / suite.repository.partition("/")[2] / suite.commit
        if not target.exists():
            given = self.folder / suite.repository.partition("/")[2] if self.folder else None
            source = str(given) if given else f"https://github.com/{suite.repository}"
            with tempfile.TemporaryDirectory() as copy:
                command(["git", "init", "-q", "--bare", copy])
                command(["git", "-C", copy, "fetch", "-q", "--depth", "1", source, suite.commit])
                target.mkdir(parents=True)
                archive = subprocess.run(
                    ["git", "-C", copy, "archive", suite.commit], capture_output=True, check=True
                ).stdout
                subprocess.run(["tar", "x", "-C", str(target)], input=archive, check=True)
        return target

    def python(self, suite: Suite) -> str:
        """The Python of an environment with the suite, what it needs, and our wheel."""
        name = suite.repository.partition("/")[2]
        python = BUILT / name / "bin" / "python"
        if not python.exists():
            command([sys.executable, "-m", "venv", str(BUILT / name)])
            install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
            command([*install, *PACKAGES, *([str(self.checkout(suite))] if suite.installed else [])])
        with tempfile.TemporaryDirectory() as folder:
            command([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], ROOT / "clients/python")
            [wheel] = Path(folder).glob("*.whl")
            install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
            command([*install, str(wheel)])
            command([*install, "--force-reinstall", "--no-deps", str(wheel)])
        return str(python)


def command(words: list[str], folder: Path = ROOT) -> None:
    """Run a command. Raises Unfetched with its last line if it fails."""
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unfetched((done.stderr.strip() or done.stdout.strip()).splitlines()[-1])


def run(suite: Suite, place: Place) -> Outcome:
    """Run a suite. Raises Unfetched if it cannot be fetched."""
    python, files = place.python(suite), place.checkout(suite)
    with tempfile.TemporaryDirectory() as folder:
        where, work = Path(folder), Path(folder) / "work"
        # Beside httpbin's own tests, its sources would hide the installed package.
        shutil.copytree(files if suite.installed else files / "tests", work if suite.installed else work / "tests")
        done = subprocess.run(
            [python, "-m", "pytest", *QUIETLY, *suite.arguments, *suite.files],
            cwd=work,
            env={
                "PATH": os.environ["PATH"],
                "HOME": folder,
                "LANG": "C.UTF-8",
                "PYTHONPATH": str(HERE),
                "LOG_FILE": str(where / "log"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        log = (where / "log").read_text() if (where / "log").exists() else ""
    answered = sum(json.loads(line)["message"] == "answered" for line in log.splitlines())
    passed = PASSED.search(done.stdout)
    return Outcome(
        passed=int(passed[1]) if passed else 0,
        failed=tuple(each[1] for each in ENDED.findall(done.stdout)),
        known=frozenset(suite.known),
        answered=answered,
        printed=done.stdout + done.stderr,
    )
