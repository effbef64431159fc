"""Many spaces at once on one server: each has its own rows, whatever the others do."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.resources.spaces.making import Space, spaces
from tests.resources.spaces.test_isolation import examples, fill
from tests.servers import Server

pytestmark = pytest.mark.slow

MARKS = re.compile(r"parallel-\d+-end")
COUNT, AT_ONCE = 200, 16


@pytest.mark.parametrize("workers", ["1", "4"])
def test_200_spaces_at_once_never_see_each_other(
    migrated_database: Callable[[], str], tmp_path: Path, workers: str
) -> None:
    server = Server(tmp_path / "log", "--database", migrated_database(), "--workers", workers)

    def write(numbered: tuple[int, Space]) -> dict[str, str]:
        number, space = numbered
        ids = fill(space, f"parallel-{number}-end")
        assert ids["article"] == "4"
        return ids

    def read(numbered: tuple[int, Space, dict[str, str]]) -> set[str]:
        number, space, ids = numbered
        own, seen = f"parallel-{number}-end", set()
        for path in (*examples(ids), f"/articles?q={own}", "/articles?limit=1", "/users?sort=username"):
            for method in ("GET", "HEAD", "OPTIONS"):
                seen |= set(MARKS.findall(space.admin.request(method, path).text))
        return seen - {own} if own in seen else {"none of its own"}

    def change(numbered: tuple[int, Space]) -> int:
        _, space = numbered
        again = space.john.post("/articles", json={"title": "x", "body": ""}, headers={"Idempotency-Key": "shared"})
        assert again.headers["Location"] == f"{space.prefix}/articles/5"
        assert space.control.post(f"{space.place}/reset", json={}).json()["generation"] == 2
        return int(space.anonymous.get("/articles?count=true").json()["total"])

    with spaces(server, COUNT) as made, ThreadPoolExecutor(AT_ONCE) as pool:
        ids = list(pool.map(write, enumerate(made)))
        strange = set().union(*pool.map(read, [(number, made[number], ids[number]) for number in range(COUNT)]))
        assert strange == set()
        assert list(pool.map(change, enumerate(made))) == [3] * COUNT
    assert server.stop() == 0
