"""Finds and closes idle connections, using the kernel's information about them.

The server below closes an HTTP/1.1 connection that idles between two requests. It keeps a connection that never
sends a byte or that idles over HTTP/2. With enough of these, no other client could be served.
"""

import contextlib
import os
import socket
import stat
import struct
import sys
from pathlib import Path

ESTABLISHED = 1
# struct tcp_info (linux/tcp.h): the state, and milliseconds since the last data were sent and received.
TCP_INFO = struct.Struct("=B43xI4xI")


class QuietConnections:
    """Connections of this process to `port` without data in either direction for `seconds`."""

    def __init__(self, port: int, seconds: float) -> None:
        self._port = port
        self._seconds = seconds
        self._known: set[str] = set()

    def close(self) -> int:
        """Close the idle connections that also existed at the last call. Returns their number; works on Linux only.

        A connection that waited long to be accepted may have sent its request long ago, and is about to be answered.
        """
        if sys.platform != "linux":
            return 0
        known, self._known = self._known, set()
        closed = 0
        for entry in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(OSError):  # closed in the meantime
                name = str(entry.readlink())
                if not name.startswith("socket:"):
                    continue
                self._known.add(name)
                if name in known:
                    closed += self._close(int(entry.name))
        return closed

    def _close(self, file: int) -> bool:
        copy = os.dup(file)  # the number may soon mean another file; the copy does not change
        if not stat.S_ISSOCK(os.fstat(copy).st_mode):
            # The number has just changed its meaning. If it is SQLite's file, closing any copy would end all locks of
            # this process on it (fcntl(2)), and other processes would delete the log that this one writes to.
            return False
        try:
            return _close_if_quiet(copy, self._port, self._seconds)
        finally:
            os.close(copy)


def _close_if_quiet(file: int, port: int, seconds: float) -> bool:
    connection = socket.socket(fileno=file)
    try:
        if connection.family not in (socket.AF_INET, socket.AF_INET6) or connection.getsockname()[1] != port:
            return False
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO.size)
        state, since_sent, since_received = TCP_INFO.unpack(info)
        if state != ESTABLISHED or min(since_sent, since_received) <= seconds * 1000:
            return False
        connection.shutdown(socket.SHUT_RDWR)
        return True
    finally:
        connection.detach()
