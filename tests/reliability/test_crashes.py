"""A killed process leaves a write complete or absent, and a retry with its key does it once (CONTRACT §6)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reliability.crashing import Trial

ROUNDS = 3


@pytest.mark.slow
def test_a_kill_under_load_loses_doubles_and_halves_nothing(
    migrated_database: Callable[[], str], tmp_path: Path
) -> None:
    trial = Trial(migrated_database(), tmp_path, seed=ROUNDS)
    try:
        for _ in range(ROUNDS):
            trial.round()
    finally:
        trial.close()
    tally = trial.tally
    assert tally.faults == []
    # Otherwise nothing was tested.
    assert tally.answered > 0
    assert tally.unanswered > 0
    assert tally.repeated >= tally.replayed > 0
