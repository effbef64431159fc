"""The check of declarations (tests/honesty.py) reports undeclared answers and unseen declarations."""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from api.app import create_app
from api.describe.endpoints import endpoints
from api.toolbox import create_toolbox
from api.web.compat import MOUNT
from config import Config
from tests.honesty import (
    ANYWHERE,
    Promise,
    Seen,
    expected_of,
    promises,
    seen_in,
    undeclared,
    unseen,
    unseen_of_toolbox,
)
from tests.servers import ROOT, clean_environment

Declared = dict[tuple[str, str], Promise]


@pytest.fixture(scope="module")
def declared() -> Declared:
    return promises(create_app(Config()))


@pytest.fixture(scope="module")
def everything(declared: Declared) -> set[Seen]:
    """Every declared answer, once."""
    found = {Seen("", "", 400, slug) for slug in ANYWHERE}
    for (method, route), promise in declared.items():
        for status, response in promise.responses.items():
            number = 418 if status == "default" else int(status)
            if number < 400:
                kinds = response.get("content", {}).keys() or {""}
                found |= {Seen(method, route, number, content_type=kind.replace("*/*", "a/b")) for kind in kinds}
            else:
                problems = [slug for slug in promise.problems if f"`{slug}`" in response["description"]]
                found |= {Seen(method, route, number, slug, "application/problem+json") for slug in problems}
    return found


@pytest.fixture(scope="module")
def toolbox() -> set[Seen]:
    """Every answer that the toolbox declares, once."""
    return {
        Seen(each.method, MOUNT + each.route, *((expected, "") if isinstance(expected, int) else (400, expected)))
        for each in endpoints(create_toolbox(Config()))
        for expected in expected_of(each)
    }


def test_declared_answers_pass(declared: Declared, everything: set[Seen]) -> None:
    assert len(declared) > 100
    assert undeclared(everything, declared) == []
    assert unseen(everything, declared) == []


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (Seen("GET", "/hello", 418), "GET /hello answered 418"),
        (Seen("GET", "/hello", 201), "GET /hello answered 201"),
        (Seen("HEAD", "/messages/<uuid:message_id>", 206), "HEAD /messages/<uuid:message_id> answered 206"),
        (Seen("GET", "/hello", 400, "malformed-json"), "GET /hello refused with malformed-json"),
        (Seen("OPTIONS", "/hello", 400, "invalid-header"), "OPTIONS /hello refused with invalid-header"),
        (Seen("DELETE", "/users/me", 403, "forbidden"), "DELETE /users/me refused with forbidden"),
        (Seen("GET", "/hello", 200, "", "image/png"), "GET /hello answered 200 as image/png"),
        (Seen("GET", "/hello", 404, "not-found", "text/plain"), "GET /hello answered 404"),
        (Seen("GET", "/articles", 400, "invalid-cursor", "a/b"), "GET /articles answered 400 as a/b"),
    ],
)
def test_an_undeclared_answer_is_reported(declared: Declared, seen: Seen, told: str) -> None:
    assert undeclared([Seen("GET", "/hello", 200), seen], declared) == [told]


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        (Seen("DELETE", "/articles/<id:article_id>", 204), "DELETE /articles/<id:article_id> answers 204"),
        (Seen("HEAD", "/articles", 304), "HEAD /articles answers 304"),
        (
            Seen("POST", "/users", 409, "username-taken", "application/problem+json"),
            "POST /users refuses with username-taken",
        ),
        (
            Seen("GET", "/hello", 401, "invalid-token", "application/problem+json"),
            "GET /hello refuses with invalid-token",
        ),
        (Seen("GET", "/articles", 200, "", "text/csv"), "GET /articles answers as text/csv"),
        (Seen("", "", 400, "request-timeout"), "some operation refuses with request-timeout"),
    ],
)
def test_an_unseen_declaration_is_reported(declared: Declared, everything: set[Seen], missing: Seen, told: str) -> None:
    anywhere = {each for each in everything if each.problem == missing.problem} if not missing.route else set()
    assert missing in everything
    assert unseen(everything - {missing} - anywhere, declared) == [told]


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        (Seen("GET", "/httpbin/unstable", 500), "GET /httpbin/unstable answers 500"),
        (
            Seen("PUT", "/httpbin/redirect-to", 400, "forbidden"),
            "PUT /httpbin/redirect-to refuses with forbidden",
        ),
        (
            Seen("GET", "/httpbin/delay/<seconds>", 400, "invalid-parameter"),
            "GET /httpbin/delay/<seconds> refuses with invalid-parameter",
        ),
    ],
)
def test_an_unseen_declaration_of_the_toolbox_is_reported(toolbox: set[Seen], missing: Seen, told: str) -> None:
    assert missing in toolbox
    assert unseen_of_toolbox(toolbox, create_toolbox(Config())) == []
    assert unseen_of_toolbox(toolbox - {missing}, create_toolbox(Config())) == [told]


def test_a_method_of_the_toolbox_may_be_seen_on_any_of_its_paths(toolbox: set[Seen]) -> None:
    one = {each for each in toolbox if each.route != "/httpbin/anything"}
    assert len(one) < len(toolbox)
    assert unseen_of_toolbox(one, create_toolbox(Config())) == []


@pytest.mark.parametrize(
    "seen",
    [
        Seen("GET", "", 404, "not-found", "application/problem+json"),
        Seen("BREW", "", 501, "not-implemented", "application/problem+json"),
        Seen("TRACE", "", 405, "method-not-allowed", "application/problem+json"),
        Seen("OPTIONS", "", 204),
        Seen("POST", "/bookmarks", 201, "", "application/json"),
    ],
)
def test_answers_of_other_apps_are_ignored(declared: Declared, seen: Seen) -> None:
    assert undeclared([seen], declared) == []


def test_the_half_line_of_a_killed_server_is_ignored(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(
        '{"message": "answered", "method": "GET", "route": "/hello", "status": 200, "content_type": "text/plain"}\n'
        '{"message": "answered", "method": "GET", "status": 404, "problem": "not-found", "content_type": null}\n'
        '{"message": "answered", "path": "/", "status": 414, "problem": "uri-too-long"}\n'
        '{"message": "started"}\nTraceback\n{"message": "answered", "sta'
    )
    assert seen_in([log]) == {
        Seen("GET", "/hello", 200, "", "text/plain"),
        Seen("GET", "", 404, "not-found"),
        Seen("", "", 414, "uri-too-long"),
    }


# Runs of pytest whose tests have seen given answers

SEES = """
from pathlib import Path
from tests.servers import Server

def test_it_sees():
    Server.logs.add(Path(__file__).with_suffix(".log"))
"""
GONE = Seen("POST", "/users", 409, "username-taken", "application/problem+json")


def run_of(folder: Path, *seen: Iterable[Seen], more: str = "", options: tuple[str, ...] = ()) -> tuple[int, str]:
    """Run one test for each of these answers, and `more`; return the exit status and the output."""
    (folder / "pytest.ini").write_text("[pytest]\ntestpaths = .\naddopts = -p tests.witness\n")
    (folder / "test_more.py").write_text(more)
    for number, answers in enumerate(seen):
        (folder / f"test_{number}.py").write_text(SEES)
        lines = [json.dumps({"message": "answered", **each._asdict()}) + "\n" for each in answers]
        (folder / f"test_{number}.log").write_text("".join(lines))
    done = subprocess.run(  # our own arguments
        [sys.executable, "-m", "pytest", *options],
        cwd=folder,
        env=clean_environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_an_undeclared_answer_fails_the_run(tmp_path: Path) -> None:
    status, said = run_of(tmp_path, [Seen("GET", "/hello", 418)], options=("test_0.py",))
    assert status == 1
    assert "= seen, and not declared =" in said
    assert said.count("GET /hello answered 418\n") == 1
    assert "seen in no test" not in said


@pytest.mark.parametrize("options", [(), pytest.param(("-n", "2"), marks=pytest.mark.slow)], ids=str)
def test_an_unseen_declaration_fails_a_whole_run(
    tmp_path: Path, everything: set[Seen], toolbox: set[Seen], options: tuple[str, ...]
) -> None:
    everything = everything | toolbox
    half = {each for each in everything if each.method < "H"}
    # Answers of all processes count together.
    assert run_of(tmp_path, half, everything - half, options=options)[0] == 0
    status, said = run_of(tmp_path, half | {Seen("GET", "/hello", 418)}, everything - half - {GONE}, options=options)
    assert status == 1
    assert "= seen, and not declared =" in said
    assert said.count("GET /hello answered 418\n") == 1
    assert "= declared, and seen in no test =" in said
    assert said.count("POST /users refuses with username-taken\n") == 1


SOME = [("-k", "sees")]
OTHERS = [("test_0.py",), ("--deselect", "test_more.py"), ("--lf",)]


@pytest.mark.parametrize("options", [*SOME, *(pytest.param(each, marks=pytest.mark.slow) for each in OTHERS)], ids=str)
def test_an_unseen_declaration_does_not_fail_a_partial_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    assert run_of(tmp_path, [Seen("GET", "/hello", 200)], options=options)[0] == 0


def test_after_a_failed_test_unseen_declarations_are_not_reported(tmp_path: Path) -> None:
    more = "def test_more():\n    assert not 'this'"
    status, said = run_of(tmp_path, [Seen("GET", "/hello", 418)], more=more)
    assert status == 1
    assert "GET /hello answered 418\n" in said
    assert "seen in no test" not in said
