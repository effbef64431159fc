"""Responses: whole or streamed, but never a part that looks like a whole."""

import contextlib
import os
import select
from pathlib import Path

import pytest

from tests.front.conftest import Server, body_of, field_of, read_answer, running, status_of
from tests.waiting import wait_until


def get(path: bytes, method: bytes = b"GET", fields: bytes = b"") -> bytes:
    return method + b" " + path + b" HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n"


def wait_until_called(server: Server, name: str) -> None:
    wait_until(lambda: server.calls().get(name), name)


def test_head_has_the_fields_of_get_and_no_content(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(get(b"/written", b"HEAD") + get(b"/livez", fields=b"Connection: close\r\n"))
        data = b""
        while piece := connection.recv(65_536):
            data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    assert field_of(head, "content-length") == "6"
    assert rest.startswith(b"HTTP/1.1 200")


def test_head_of_a_stream_ends(server: Server) -> None:
    answer = server.exchange(get(b"/stream", b"HEAD", b"Connection: close\r\n"))
    assert field_of(answer, "content-length") is None
    assert body_of(answer) == b""


@pytest.mark.parametrize(("path", "status"), [(b"/nothing", 204), (b"/unchanged", 304)])
def test_204_and_304_have_no_content_and_no_length(server: Server, path: bytes, status: int) -> None:
    answer = server.exchange(get(path))
    assert (status_of(answer), body_of(answer)) == (status, b"")
    assert field_of(answer, "content-length") is None
    assert field_of(answer, "content-type") is None


def test_every_answer_has_one_date(server: Server) -> None:
    for request in (get(b"/"), get(b"/raise"), get(b"/nothing"), b"GET / HTTP/1.1\r\n\r\n"):
        assert server.exchange(request).lower().count(b"\r\ndate: ") == 1


@pytest.mark.parametrize("path", [b"/raise", b"/short", b"/bad-field"])
def test_an_application_that_fails_before_its_first_piece_is_500(server: Server, path: bytes) -> None:
    answer = server.exchange(get(path))
    assert status_of(answer) == 500
    assert field_of(answer, "content-type") == "application/problem+json"
    assert b"Traceback" not in answer


def test_an_application_that_fails_later_is_cut_off_and_closed(server: Server) -> None:
    answer = server.exchange(get(b"/breaks"))
    assert b"first" in answer
    assert not answer.endswith(b"0\r\n\r\n")
    wait_until_called(server, "closed breaks")


def test_a_stream_arrives_whole_and_is_closed(server: Server) -> None:
    answer = server.exchange(get(b"/stream", fields=b"Connection: close\r\n"))
    assert body_of(answer) == b"4\r\none \r\n4\r\ntwo \r\n5\r\nthree\r\n0\r\n\r\n"
    wait_until_called(server, "closed stream")


def test_a_stream_is_closed_when_its_reader_goes(server: Server) -> None:
    before = server.calls().get("closed endless", 0)
    with server.connect() as connection:
        connection.sendall(get(b"/endless"))
        connection.recv(1_000)
    wait_until(lambda: server.calls().get("closed endless", 0) > before, "a closed stream")


def test_a_reader_that_takes_nothing_is_cut_off(impatient: Server) -> None:
    with impatient.connect() as connection:
        connection.sendall(get(b"/endless"))
        wait_until_called(impatient, "closed endless")


def test_slow_readers_hold_no_thread(server: Server) -> None:
    slow = [server.connect() for _ in range(20)]
    for connection in slow:
        connection.sendall(get(b"/endless"))
        connection.recv(100)
    assert status_of(server.exchange(get(b"/livez"))) == 200
    for connection in slow:
        connection.close()


def test_written_bytes_come_before_the_returned_body(server: Server) -> None:
    assert body_of(server.exchange(get(b"/written"))) == b"abcdef"


def test_start_response_may_replace_an_answer_that_failed(server: Server) -> None:
    answer = server.exchange(get(b"/replaced"))
    assert (status_of(answer), body_of(answer)) == (400, b"late")


def test_a_full_queue_is_503_but_never_for_livez(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with running(threads=1, max_queued=1) as server, contextlib.ExitStack() as opened:
        running_one, *waiting, alive = (opened.enter_context(server.connect()) for _ in range(4))
        running_one.sendall(get(b"/wait?" + bytes(gate)))
        with gate.open("wb"):  # opens when the application reads, so the only thread is busy
            for connection in waiting:  # one is queued, one exceeds the queue
                connection.sendall(get(b"/wait?" + bytes(gate)))
            refused = select.select(waiting, [], [], 5)[0][0]
            answer = read_answer(refused)
            assert status_of(answer) == 503
            assert field_of(answer, "retry-after") == "1"
            waiting.remove(refused)
            alive.sendall(get(b"/livez"))
        assert body_of(read_answer(running_one)) == b"waited"
        gate.write_bytes(b"")
        assert body_of(read_answer(waiting[0])) == b"waited"
        assert status_of(read_answer(alive)) == 200


def test_waiting_requests_do_not_delay_others_while_a_thread_is_free(tmp_path: Path) -> None:
    gates = [tmp_path / name for name in ("a", "b", "c")]
    for gate in gates:
        os.mkfifo(gate)
    with running(threads=4) as server, contextlib.ExitStack() as opened:
        held = [opened.enter_context(server.connect()) for _ in gates]
        for connection, gate in zip(held, gates, strict=True):
            connection.sendall(get(b"/wait?" + bytes(gate)))
        writers = [opened.enter_context(gate.open("wb")) for gate in gates]  # now all three are in the application
        others = [opened.enter_context(server.connect()) for _ in range(20)]
        for connection in others:
            connection.sendall(get(b"/livez"))
        assert {body_of(read_answer(connection)) for connection in others} == {b"alive"}
        for writer in writers:
            writer.close()
        assert [body_of(read_answer(connection)) for connection in held] == [b"waited"] * 3
