"""Connections on which nothing happens, found by what the kernel knows of them.

The server below closes a connection that idles between two requests of HTTP/1.1. One that never sends a byte, or
idles over HTTP/2, it keeps; enough of those, and nobody else would be served.
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
    """Connections of this process to `port` on which no data went either way for `seconds`."""

    def __init__(self, port: int, seconds: float) -> None:
        self._port = port
        self._seconds = seconds
        self._known: set[str] = set()

    def close(self) -> int:
        """Close those that were there at the last call already, and give their number; only Linux tells of them.

        A connection that waited long to be accepted may have sent its request long ago, and is about to be answered.
        """
        if sys.platform != "linux":
            return 0
        known, self._known = self._known, set()
        closed = 0
        for entry in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(OSError):  # it is closed by now
                name = str(entry.readlink())
                if not name.startswith("socket:"):
                    continue
                self._known.add(name)
                if name in known:
                    closed += self._close(int(entry.name))
        return closed

    def _close(self, file: int) -> bool:
        copy = os.dup(file)  # the number may name another file soon, the copy will not
        if not stat.S_ISSOCK(os.fstat(copy).st_mode):
            # It did so just now. Were it SQLite's file, to close any copy of it would end all locks that this
            # process has on it (fcntl(2)), and other processes would delete the log that it writes to.
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
