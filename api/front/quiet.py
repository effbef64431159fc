"""Finds and closes idle connections, using the kernel's information about them.

The server below closes an HTTP/1.1 connection that idles between two requests. It keeps a connection that never
sends a byte or that idles over HTTP/2. With enough of these, no other client could be served.
"""

import contextlib
import socket
import struct
import sys
from collections.abc import Container

from api.front.sockets import Address, borrowed, open_files

ESTABLISHED = 1
# struct tcp_info (linux/tcp.h): the state, and milliseconds since the last data were sent and received.
TCP_INFO = struct.Struct("=B43xI4xI")


class QuietConnections:
    """Connections of this process to `port` without data in either direction for `seconds`. Keeps those of `spared`."""

    def __init__(self, port: int, seconds: float, spared: Container[Address] = ()) -> None:
        self._port = port
        self._seconds = seconds
        self._spared = spared
        self._known: set[str] = set()

    def close(self) -> int:
        """Close the idle connections that also existed at the last call. Returns their number; works on Linux only.

        A connection that waited long to be accepted may have sent its request long ago, and is about to be answered.
        """
        if sys.platform != "linux":
            return 0
        known, self._known = self._known, set()
        closed = 0
        for number, name in open_files():
            if not name.startswith("socket:"):
                continue
            self._known.add(name)
            if name in known:
                with contextlib.suppress(OSError), borrowed(number) as connection:
                    closed += connection is not None and self._close_if_quiet(connection)
        return closed

    def _close_if_quiet(self, connection: socket.socket) -> bool:
        if connection.getsockname()[1] != self._port:
            return False
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO.size)
        state, since_sent, since_received = TCP_INFO.unpack(info)
        if state != ESTABLISHED or min(since_sent, since_received) <= self._seconds * 1000:
            return False
        if connection.getpeername()[:2] in self._spared:
            return False
        connection.shutdown(socket.SHUT_RDWR)
        return True
