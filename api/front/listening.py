"""Listening sockets: one for each worker, all on one address that only this server uses."""

import contextlib
import ctypes
import resource
import socket
import struct
import sys

BACKLOG = 1024  # connections that wait for a worker; the kernel limits it to net.core.somaxconn
OPEN_FILES = 65_536  # two for each of 10,000 connections, and some more; a higher system limit is kept

# A socket filter of five instructions (linux/filter.h: code, jump if true, jump if false, operand) on a TCP header:
# load the byte of its flags, keep SYN and ACK, and drop the segment if only SYN is set.
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
    """Return a listening socket for each worker. Port 0 picks a free one. Raises `OSError` if the address is in use."""
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICSERV
    )[0]
    both = host == "::" and socket.has_dualstack_ipv6()
    # The first binds alone: this fails if another server has the port. Then the others may share it.
    first = socket.create_server(address[:2], family=family, backlog=BACKLOG, dualstack_ipv6=both)
    if sys.platform != "linux":
        # Only Linux spreads connections over sockets with SO_REUSEPORT.
        return [first, *(first.dup() for _ in range(workers - 1))]
    first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    address = first.getsockname()
    others = [
        socket.create_server(address[:2], family=family, backlog=BACKLOG, dualstack_ipv6=both, reuse_port=True)
        for _ in range(workers - 1)
    ]
    return [first, *others]


def refuse_new(listener: socket.socket) -> bool:
    """Reject new connections, and return whether the system can. Those whose handshake has begun can still be accepted.

    Closing a listener resets all connections in its queue, so the queue must be empty
    first, and stay empty. TCP retries a rejected connection one second later and is
    refused then. The client has sent nothing, so it can safely use another server.
    """
    if sys.platform != "linux":
        return False
    program = ctypes.create_string_buffer(NO_NEW)
    fprog = struct.pack("HP", len(NO_NEW) // 8, ctypes.addressof(program))
    try:
        listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, fprog)
    except PermissionError:  # recent kernels require CAP_NET_ADMIN
        return False
    return True


def raise_open_files() -> None:
    """Raise the limit of open files to OPEN_FILES, or as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):  # the system may allow less than it reports
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
