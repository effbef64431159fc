"""Connections of this process, found among its open files: the server below offers no way to end one."""

import contextlib
import ctypes
import os
import socket
import stat
import struct
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# An address: host and port, as ASGI has it.
Address = tuple[str, int]

FILES = Path("/proc/self/fd" if sys.platform == "linux" else "/dev/fd")
LIBC = ctypes.CDLL(None, use_errno=True)
# struct sockaddr with the family AF_UNSPEC: to connect to it means to disconnect (connect(2)).
NOWHERE = struct.pack("=H14x", socket.AF_UNSPEC) if sys.platform == "linux" else struct.pack("=BB14x", 16, 0)

# One thread, because a search among 800 files takes 13 ms.
SEARCH = ThreadPoolExecutor(1, "sockets")


def open_files() -> Iterator[tuple[int, str]]:
    """Each open file of this process: its number, and a name that is its own while it is open."""
    for entry in FILES.iterdir():
        with contextlib.suppress(OSError):  # closed in the meantime
            yield int(entry.name), str(entry.readlink()) if sys.platform == "linux" else entry.name


@contextlib.contextmanager
def borrowed(file: int) -> Iterator[socket.socket | None]:
    """The TCP connection with this number, or None if it is none. At the end only this copy of it is closed."""
    copy = os.dup(file)  # the number may soon mean another file; the copy does not change
    if not stat.S_ISSOCK(os.fstat(copy).st_mode):
        # The number has just changed its meaning. If it is SQLite's file, closing any copy would end all locks of
        # this process on it (fcntl(2)), and other processes would delete the log that this one writes to.
        yield None
        return
    with socket.socket(fileno=copy) as connection:
        yield connection if connection.family in (socket.AF_INET, socket.AF_INET6) else None


def end(peer: Address, port: int, *, reset: bool = False, last: bytes = b"") -> bool:
    """End the connection between `peer` and our `port`; returns whether there was one. Call it outside the event loop.

    The client first gets the bytes `last`, past the server below. It sees FIN, or RST with `reset`.
    """
    for number, name in open_files():
        if sys.platform == "linux" and not name.startswith("socket:"):
            continue
        with contextlib.suppress(OSError), borrowed(number) as connection:
            if connection is None or not _connects(connection, peer, port):
                continue
            if last:
                connection.send(last)
            if reset:
                LIBC.connect(connection.fileno(), NOWHERE, len(NOWHERE))
            else:
                connection.shutdown(socket.SHUT_RDWR)
            return True
    return False


def _connects(connection: socket.socket, peer: Address, port: int) -> bool:
    try:
        return bool(connection.getsockname()[1] == port and connection.getpeername()[:2] == peer)
    except OSError:  # it listens, or is closed
        return False
