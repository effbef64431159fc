"""Several instances on one PostgreSQL behind nginx behave as one server, even if one fails (docs/deploy.md)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.store import migrating
from tests.postgres import Postgres
from tests.reliability.fleet import WITHOUT_NGINX, Fleet, Tally, keys_in, nginx

TRIES = 10
pytestmark = [pytest.mark.slow, pytest.mark.skipif(nginx() is None, reason=WITHOUT_NGINX)]


@pytest.fixture
def fleet(postgres: Postgres, tmp_path: Path) -> Iterator[Fleet]:
    """Three instances, started at once on an empty database."""
    with Fleet(tmp_path, postgres.create(f"fleet_{tmp_path.name[-30:]}")) as started:
        yield started


def test_the_first_instance_migrates_and_the_others_wait(fleet: Fleet) -> None:
    steps = [
        line["revision"]
        for server in fleet.servers
        if server
        for line in server.lines()
        if line["message"] == "migrated"
    ]
    assert steps == [migrating.head()]


def test_restarts_in_turn_are_invisible_to_clients(fleet: Fleet) -> None:
    with fleet.under_load() as tally:
        assert fleet.restart_in_turn() == [0, 0, 0]
    assert tally.failures == []
    assert set(keys_in(fleet.database, list(tally.made))) == {1}


def test_a_killed_instance_fails_only_its_running_requests_and_retries_succeed(fleet: Fleet) -> None:
    tally = Tally()
    # It may have been working on reads only.
    for _ in range(TRIES):
        with fleet.under_load() as seen:
            fleet.kill(0, held=0.2)
        tally.add(seen)
        if tally.failures:
            break
        fleet.start(0)
    assert tally.failures
    # nginx repeats reads by itself, and each client sends one request at a time.
    assert {each.method for each in tally.failures} <= {"POST"}
    assert len(tally.failures) <= 6
    assert {each.served_by for each in tally.failures} <= {f"127.0.0.1:{fleet.ports[0]}"}
    made = fleet.repeat(tally.failures)
    assert set(keys_in(fleet.database, [*tally.made, *made])) == {1}
