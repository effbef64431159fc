"""Closing listening sockets: connections that have begun are accepted, later ones are refused, none is reset."""

import errno
import select
import socket
import sys

import pytest

from api.front.listening import listen, refuse_new

HOSTS = ["127.0.0.1", pytest.param("::1", marks=pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6"))]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can refuse before a listener is closed")
@pytest.mark.parametrize("host", HOSTS)
def test_queued_connections_are_accepted_and_later_ones_refused(host: str) -> None:
    (listener,) = listen(host, 0, 1)
    address = listener.getsockname()
    with listener, socket.create_connection(address[:2]) as early, socket.socket(listener.family) as late:
        if not refuse_new(listener):
            pytest.skip("this kernel requires CAP_NET_ADMIN")
        late.setblocking(False)
        assert late.connect_ex(address) == errno.EINPROGRESS
        assert select.select([], [late], [], 0)[1] == []  # on loopback, a connection would exist immediately
        accepted, _ = listener.accept()
        listener.close()
        with accepted:
            early.sendall(b"x")
            assert accepted.recv(1) == b"x"
        assert select.select([], [late], [], 20)[1] == [late]
        assert late.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED


def test_a_kernel_that_allows_no_filter_does_not_stop_the_stop() -> None:
    class Forbidden(socket.socket):
        def setsockopt(self, *arguments: object) -> None:
            raise PermissionError(errno.EPERM, "Operation not permitted")

    with Forbidden() as listener:
        assert not refuse_new(listener)


def test_a_listener_for_each_worker_is_on_one_port() -> None:
    listeners = listen("127.0.0.1", 0, 3)
    assert len({listener.getsockname() for listener in listeners}) == 1
    assert len({listener.fileno() for listener in listeners}) == 3
    for listener in listeners:
        listener.close()
