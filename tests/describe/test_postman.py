"""The Postman conformance collection, run by newman directly and through Prism, which checks answers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from api.app import create_app
from api.describe.examples import RECORDED
from api.describe.operations import operations
from api.describe.postman import collection
from api.describe.walk import walk
from config import Config
from tests.describe.documents import held, published
from tests.judges.postman import newman
from tests.judges.prism import checked, passable
from tests.judges.recording import as_file, record
from tests.servers import Server, run

pytestmark = pytest.mark.one_database

# The number of requests only grows; fewer than this means that some are missing.
FEWEST_ASSERTIONS = 120


@pytest.fixture(scope="module")
def steps() -> list[Any]:
    """Every step of the walk."""
    return [each for _, steps in walk(create_app(Config())) for each in steps]


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A separate server, on SQLite only, because these tests check only the form of answers."""
    folder = tmp_path_factory.mktemp("postman")
    server = Server(folder / "log", "--database", f"sqlite:///{folder}/touchstone.db")
    yield server
    assert server.stop() == 0


def test_the_walk_visits_every_operation(steps: list[Any]) -> None:
    walked = {each.operation.id for each in steps}
    everything = {operation.id for operation in operations(create_app(Config()))}
    assert everything - walked == set(), "a Resource needs `example` where nothing creates what its path names"


def test_every_request_has_a_unique_name_and_every_endpoint_one_folder() -> None:
    found = collection(create_app(Config()), "http://127.0.0.1:8000")
    for values in (
        [folder["name"] for folder in found["item"]],
        [each["name"] for folder in found["item"] for each in folder["item"]],
        [each["id"] for folder in found["item"] for each in folder["item"]],
    ):
        assert sorted(values) == sorted(set(values))


def test_the_schemas_are_in_the_tests_that_use_them() -> None:
    found = collection(create_app(Config()), "http://127.0.0.1:8000")
    assert found["variable"] == [{"key": "base_url", "value": "http://127.0.0.1:8000"}]
    (read,) = [each for folder in found["item"] for each in folder["item"] if each["id"] == "get_hello.read"]
    assert '"properties":{"hello":{"type":"string"}}' in "\n".join(read["event"][0]["script"]["exec"])


@pytest.mark.slow
def test_it_passes_repeatedly_on_a_server_with_data(server: Server, tmp_path: Path) -> None:
    before = held(server)
    # One after another: the report of three iterations is too long for newman.
    for _ in range(3):
        done = newman(server.url, tmp_path)
        assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
        assert held(server) == before, "something that was made is left"
        ran = json.loads((tmp_path / "newman.json").read_text())["run"]
        assert ran["failures"] == []
        assert ran["stats"]["assertions"]["total"] > FEWEST_ASSERTIONS
    visited = {as_template(each["item"]["request"]["url"]["path"]) for each in ran["executions"]}
    assert set(published(server, "/openapi.json")["paths"]) - visited == set()


@pytest.mark.slow
def test_no_folder_needs_another_one(own_server: Server, tmp_path: Path) -> None:
    whole = published(own_server, "/postman/collection.json")
    file = tmp_path / "backwards.json"
    file.write_text(json.dumps({**whole, "item": whole["item"][::-1]}))
    done = newman(own_server.url, tmp_path, file)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


def as_template(path: list[str]) -> str:
    """A path of the Postman collection in OpenAPI's notation."""
    return "/" + "/".join(f"{{{word[1:]}}}" if word.startswith(":") else word for word in path)


@pytest.mark.slow
def test_every_answer_matches_the_openapi_document(own_server: Server, tmp_path: Path) -> None:
    file = tmp_path / "passable.json"
    file.write_text(json.dumps(passable(published(own_server, "/postman/collection.json"), own_server.url)))
    with checked(own_server.url, published(own_server, "/openapi.json"), tmp_path) as proxy:
        done = newman(own_server.url, tmp_path, file, base_url=proxy)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


@pytest.mark.slow
def test_prism_finds_an_answer_that_differs_from_the_document(own_server: Server, tmp_path: Path) -> None:
    document = published(own_server, "/openapi.json")
    document["components"]["schemas"]["HelloOut"]["properties"]["hello"] = {"type": "integer"}
    with checked(own_server.url, document, tmp_path) as proxy:
        departs, keeps = (
            httpx.get(f"{proxy}{path}", trust_env=False, timeout=20) for path in ("/hello", "/status/200")
        )
    assert (departs.status_code, keeps.status_code) == (500, 200)
    assert "hello must be integer" in departs.text


def test_its_tests_find_a_wrong_answer(own_server: Server, tmp_path: Path) -> None:
    whole = published(own_server, "/postman/collection.json")
    hello = next(folder for folder in whole["item"] if folder["name"] == "/hello")
    hello["item"][0]["request"]["url"]["path"] = ["problems"]
    hello["item"][0]["request"]["url"]["raw"] = "{{base_url}}/problems"
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps({**whole, "item": [hello]}))
    done = newman(own_server.url, tmp_path, file)
    assert done.returncode == 1
    assert "Matches the schema HelloOut" in done.stdout


def test_the_first_recorded_examples_are_up_to_date(tmp_path: Path) -> None:
    found = record(tmp_path, first=4)
    assert any(step.startswith("patch_articles_item.") for step in found)
    stored = orjson.loads(RECORDED.read_bytes())
    assert {step: stored.get(step) for step in found} == found, "run make docs"


@pytest.mark.slow
def test_all_recorded_examples_are_up_to_date(tmp_path: Path) -> None:
    assert RECORDED.read_bytes() == as_file(record(tmp_path)), "run make docs"


def test_the_command_prints_what_the_server_publishes(server: Server) -> None:
    for arguments, path in (((), "collection"), (("--tour",), "tour"), (("--environment",), "environment")):
        done = run("postman", *arguments, PUBLIC_URL="https://api.example.org")
        assert done.returncode == 0, done.stderr
        served = httpx.get(f"{server.url}/postman/{path}.json", trust_env=False).text
        assert orjson.loads(done.stdout) == orjson.loads(served.replace(server.url, "https://api.example.org"))


def test_only_development_puts_passwords_into_the_environment() -> None:
    done = run("postman", "--environment", TOUCHSTONE_ENV="production", SECRET_KEY="0123456789" * 4)
    values = {each["key"]: each["value"] for each in orjson.loads(done.stdout)["values"]}
    assert values["base_url"] == "http://127.0.0.1:8000"
    assert {values[name] for name in ("username", "password", "other_username", "other_password")} == {""}
