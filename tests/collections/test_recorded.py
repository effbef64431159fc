"""json-server and this server side by side: the recorded answers, and exactly the documented departures."""

import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pytest

from tests.collections.comparing import HERE, Compared, bulk, reads, writes
from tests.collections.conftest import Start
from tests.collections.departures import DEPARTURES, departure_of
from tests.collections.requests import file_for
from tests.servers import ROOT, Server

JSONPLACEHOLDER = ROOT.parent / "shared/data/jsonplaceholder.json"
VERSIONS = ("0.17", "1.0")
DEPARTING = json.loads((HERE / "departures.json").read_text())
# The fast tier takes every such request: neighbours in the record resemble each other.
EVERY = 7

pytestmark = pytest.mark.one_database


def check(compared: Iterable[Compared]) -> None:
    """Fail for answers that differ, and are no departure in the way that is known."""
    wrong = []
    for each in compared:
        if each.same == (each.name in DEPARTING):
            wrong.append(f"{each.name}\n  json-server {each.theirs}\n  here        {each.ours}")
        elif not each.same and DEPARTING[each.name][1:] != each.outcome:
            wrong.append(f"{each.name}\n  was  {DEPARTING[each.name]}\n  here {each.outcome}")
        elif not each.same and ((found := departure_of(each)) is None or found.example != DEPARTING[each.name][0]):
            wrong.append(f"{each.name} is covered by another departure")
    assert not wrong, "\n".join(wrong[:20])


@pytest.mark.parametrize("version", VERSIONS)
def test_queries_are_answered_as_json_server_answers_them(server: Server, version: str) -> None:
    check(islice(reads(version, server.port), 0, None, EVERY))


@pytest.mark.parametrize("version", VERSIONS)
def test_deletions_are_answered_as_json_server_answers_them(server: Server, version: str) -> None:
    check(writes(version, server.port, "delete"))


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_every_recorded_request_is_answered_as_recorded(server: Server, version: str) -> None:
    check(reads(version, server.port))
    check(writes(version, server.port))


@pytest.mark.slow
@pytest.mark.skipif(not JSONPLACEHOLDER.exists(), reason="the data of JSONPlaceholder is not here")
@pytest.mark.parametrize("version", VERSIONS)
def test_large_collections_are_answered_as_recorded(start: Start, tmp_path: Path, version: str) -> None:
    file = file_for(version, json.loads(JSONPLACEHOLDER.read_text()))
    data = tmp_path / "db.json"
    data.write_text(json.dumps(file))
    compared = list(bulk(version, start("--data", str(data), "--ephemeral").port, file))
    assert len(compared) > 5
    assert [each.name for each in compared if not each.same and departure_of(each) is None] == []


def test_each_departure_is_seen_in_the_record() -> None:
    used = {outcome[0] for outcome in DEPARTING.values()}
    # Errors are problem documents everywhere; only their status is compared.
    assert {each.example for each in DEPARTURES} - used == {"GET /posts/99"}
