"""Listening sockets: one for each worker, all on one address that is ours alone."""

import contextlib
import ctypes
import resource
import socket
import struct
import sys

BACKLOG = 1024  # connections that wait for a worker; the kernel cuts it to net.core.somaxconn
OPEN_FILES = 65_536  # two for each of 10,000 connections, and room; a higher limit of the system is left alone

# Five instructions of a socket filter (linux/filter.h: code, jump if true, jump if false, operand) on a TCP header:
# load the byte of its flags, keep SYN and ACK, and drop the segment where SYN stands alone.
NO_NEW = b"".join(
    struct.pack("HBBI", *instruction)
    for instruction in (
        (0x30, 0, 0, 13),
        (0x54, 0, 0, 0x12),
        (0x15, 0, 1, 0x02),
        (0x06, 0, 0, 0),
        (0x06, 0, 0, 0xFFFFFFFF),
    )
)
SO_ATTACH_FILTER = 26  # Python has no name for it


def listen(host: str, port: int, workers: int) -> list[socket.socket]:
    """A listening socket for each worker; port 0 is a free one. Raises `OSError` where the address cannot be had."""
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICSERV
    )[0]
    both = host == "::" and socket.has_dualstack_ipv6()
    # The first is bound alone, so that the port is ours; only then may the others share it.
    first = socket.create_server(address[:2], family=family, backlog=BACKLOG, dualstack_ipv6=both)
    if sys.platform != "linux":
        # Elsewhere SO_REUSEPORT does not spread connections.
        return [first, *(first.dup() for _ in range(workers - 1))]
    first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    address = first.getsockname()
    others = [
        socket.create_server(address[:2], family=family, backlog=BACKLOG, dualstack_ipv6=both, reuse_port=True)
        for _ in range(workers - 1)
    ]
    return [first, *others]


def refuse_new(listener: socket.socket) -> None:
    """Let no further connection begin; those that have begun still come to be, and can be accepted.

    A listener that closes resets what is queued on it. So its queue has to be empty
    by then, and stay so. Who tries meanwhile is refused a second later, when TCP
    tries again: nothing was sent, and any client may go elsewhere.
    """
    if sys.platform == "linux":
        program = ctypes.create_string_buffer(NO_NEW)
        fprog = struct.pack("HP", len(NO_NEW) // 8, ctypes.addressof(program))
        listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, fprog)


def raise_open_files() -> None:
    """Take as many open files as the system allows, as far as they can be needed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # a system may allow less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
