"""The Postman tour: explained requests in the order in which a person learns the API."""

import json
from pathlib import Path

import httpx
import pytest

from api.app import create_app
from api.describe.operations import operations
from api.describe.tour import FOLDERS, tour
from config import Config
from tests.describe.documents import held, published
from tests.judges.postman import newman
from tests.servers import Server, run

pytestmark = pytest.mark.one_database

VISITS = [visit for _, _, visits in FOLDERS for visit in visits]


def test_newman_passes_the_tour_repeatedly_on_a_server_with_data(server: Server, tmp_path: Path) -> None:
    before = held(server)
    done = newman(server.url, tmp_path, "tour", iterations=2)
    assert done.returncode == 0, done.stdout[-8000:]
    assert held(server) == before, "something that was made is left"
    ran = json.loads((tmp_path / "newman.json").read_text())["run"]
    assert ran["stats"]["requests"]["total"] == 2 * len(VISITS)
    assert ran["failures"] == []


def test_its_tests_find_a_wrong_answer(server: Server, tmp_path: Path) -> None:
    whole = published(server, "/postman/tour.json")
    first = whole["item"][0]["item"][0]
    first["request"]["url"]["query"][0]["value"] = "Sarah"
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps({**whole, "item": [first]}))
    done = newman(server.url, tmp_path, file)
    assert done.returncode == 1
    assert "The server greets Luis" in done.stdout


def test_it_has_few_requests_with_a_name_words_and_tests() -> None:
    names = [each.name for each in VISITS]
    assert len(names) == len(set(names))
    assert 20 <= len(names) <= 45
    for folder in tour("http://127.0.0.1:8000")["item"]:
        assert folder["description"]
        for each in folder["item"]:
            assert "**Look at:**" in each["request"]["description"]
            tests = [line for line in each["event"][-1]["script"]["exec"] if line.startswith("pm.test(")]
            assert 2 <= len(tests) <= 4, each["name"]


def test_its_variables_are_declared_and_set_before_use() -> None:
    document = tour("http://127.0.0.1:8000")
    declared = {each["key"] for each in document["variable"]}
    known = {"base_url", "username", "password"}
    for visit in VISITS:
        known |= set(visit.starts)
        sent = json.dumps([visit.path, *(dict(each) for each in (visit.query, visit.fields, visit.form)), visit.body])
        used = {word.partition("}}")[0] for word in (sent + repr(visit.login)).split("{{")[1:]}
        assert used <= known, visit.name
        known |= set(visit.keeps)
    assert known == declared | {"username", "password"}


def test_it_visits_the_resources_that_people_use_first() -> None:
    tags = {each.tag for each in operations(create_app(Config()))}
    visited = {visit.path.split("/")[1] or "home" for visit in VISITS}
    assert visited == {"hello", "home", "echo", "articles", "users", "tokens", "messages", "problems", "spaces", "in"}
    assert visited - {"in"} <= tags


def test_the_welcome_and_the_documents_lead_to_the_tour(anonymous: httpx.Client) -> None:
    assert anonymous.get("/").json()["links"]["postman"]["href"] == "/postman/tour.json"
    assert anonymous.get("/docs", headers={"Accept": "application/json"}).json()["postman_tour"] == "/postman/tour.json"


def test_the_tour_and_the_environment_together_are_a_usage_error() -> None:
    done = run("postman", "--tour", "--environment")
    assert done.returncode == 2
    assert "--tour or --environment" in done.stderr
