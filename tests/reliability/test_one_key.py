"""Concurrent requests with one key: one effect, one first answer, and replays for all others (CONTRACT §6)."""

from api.store.database import Database
from tests.reliability.racing import CLIENTS, race_for_keys

ROUNDS = 10


def test_of_concurrent_requests_with_one_key_one_executes_and_the_rest_replay(
    instances: list[str], store: Database
) -> None:
    tally = race_for_keys(instances, store, ROUNDS)
    assert tally.faults == []
    assert tally.done == ROUNDS
    assert tally.replayed + tally.in_progress + tally.waiting == ROUNDS * (CLIENTS - 1)
    assert tally.replayed > 0
