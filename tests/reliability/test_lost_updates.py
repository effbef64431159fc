"""Concurrent increments by GET and PUT with If-Match lose nothing (CONTRACT §7; RFC 9110 §13.1.1)."""

from tests.reliability.racing import count_up

INCREMENTS = 80


def test_concurrent_increments_are_all_counted(instances: list[str]) -> None:
    counted = count_up(instances, INCREMENTS)
    assert (counted.number, counted.version) == (INCREMENTS, 1 + INCREMENTS)
    # Otherwise no conflict was tested.
    assert counted.lost_races > 0
