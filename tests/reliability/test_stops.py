"""A server that stops under load answers every accepted request, and every answered write is stored."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from api.store.database import Database
from tests.reliability.wholeness import Rows, check, check_halves
from tests.reliability.writes import Sender, Writer
from tests.servers import JOHN, Server
from tests.waiting import PATIENCE, wait_until

DRAINS = ("0", "0.5")  # DRAIN_SECONDS of each round
WRITERS = 6


@pytest.mark.slow
def test_a_stop_under_load_leaves_no_request_unanswered(migrated_database: Callable[[], str], tmp_path: Path) -> None:
    url = migrated_database()
    for number, drain in enumerate(DRAINS):
        server = Server(
            tmp_path / "log", "--workers", "2", "--database", url, DRAIN_SECONDS=drain, ANONYMOUS_QUOTA=str(1 << 40)
        )
        with httpx.Client(base_url=server.url, timeout=PATIENCE, trust_env=False) as http:
            token = http.post("/tokens", json={}, auth=JOHN).json()["token"]
        prefix = f"s{number}w"
        writers = [Writer(server.url, Sender(f"{prefix}{n}", token)) for n in range(WRITERS)]
        for writer in writers:
            writer.start()
        wait_until(lambda writers=writers: all(writer.chains for writer in writers), "every writer writes")
        assert server.stop() == 0
        for writer in writers:
            writer.join(2 * PATIENCE)  # it ends when no server listens
            assert not writer.is_alive()
            assert writer.fault is None
        answers = [answer for writer in writers for write in writer.writes for answer in write.answers]
        assert None not in answers
        assert {answer.status_code for answer in answers if answer} <= {200, 201, 204, 503}
        database = Database(url)
        rows = Rows(database, prefix)
        assert [fault for writer in writers for fault in check(rows, writer.chains, writer.messages).all()] == []
        assert check_halves(database).all() == []
        database.close()
