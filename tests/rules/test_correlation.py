"""Request ids (CONTRACT §3)."""

from uuid import UUID

import pytest

from api.rules.correlation import request_id


@pytest.mark.parametrize("inbound", ["a", "A.b_c-9", "x" * 64, "7f9c24e8-3b12-4fef-91e0-56a2d5a1c0de"])
def test_a_sound_id_is_kept(inbound: str) -> None:
    assert request_id(inbound) == inbound


@pytest.mark.parametrize("inbound", [None, "", "x" * 65, "a b", "a\n", "a\r\nb: c", "é", "٣", "a/b", "a,b"])
def test_any_other_is_replaced_by_a_new_one(inbound: str | None) -> None:
    first, second = request_id(inbound), request_id(inbound)
    assert UUID(first).version == UUID(second).version == 4
    assert str(UUID(first)) == first != second
