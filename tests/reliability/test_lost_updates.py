"""Who reads, adds one, and writes if nobody wrote meanwhile, loses nothing (CONTRACT §7; RFC 9110 §13.1.1)."""

from tests.reliability.racing import count_up

INCREMENTS = 80


def test_a_number_that_many_count_up_at_once_ends_where_it_should(instances: list[str]) -> None:
    counted = count_up(instances, INCREMENTS)
    assert (counted.number, counted.version) == (INCREMENTS, 1 + INCREMENTS)
    # Or nobody met anybody.
    assert counted.lost_races > 0
