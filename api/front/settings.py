"""The bounds of the front. Each value carries its reason."""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class FrontSettings:
    """What the front takes, and how long it waits. Sizes are in bytes, times in seconds."""

    max_target: int = 8 * KIB  # RFC 9110 §4.1 asks for 8,000 at least
    max_field: int = 16 * KIB  # name and value: a large cookie or token is 4 to 8 KiB
    max_header: int = 32 * KIB  # all fields together; what browsers and proxies send takes 2 KiB, with large cookies 8
    max_fields: int = 100  # what the server below takes over HTTP/1.1; here it holds for HTTP/2 too
    large_head: int = 8 * KIB  # fields of more bytes take milliseconds to read: such requests run one at a time

    max_body: int = 16 * MIB  # the largest cap of any resource (CONTRACT §8)
    memory_body: int = 64 * KIB  # 1,000 uploads at once are then 64 MB of memory; beyond it they lie on disk

    body_idle: float = 10.0  # nothing at all for so long: the sender is gone, or holds on to the connection
    body_grace: float = 20.0  # time that every body has, however small
    body_rate: int = 16 * KIB  # bytes a second, on top of the grace; a slow mobile line has three times that

    discard_bytes: int = 1 * MIB  # of a refused body, before the answer (CONTRACT §2)
    discard_seconds: float = 2.0
    linger_seconds: float = 30.0  # after that answer: as long as the client goes on sending (nginx: lingering_time)
    linger_idle: float = 2.0

    threads: int = 4  # enough to overlap database waits; more of them only fight over the interpreter lock
    max_queued: int = 128  # a wait of 60 ms at 2,000 requests a second; longer queues serve clients that gave up
    send_timeout: float = 60.0  # a reader that takes nothing for so long (nginx: send_timeout)

    head_timeout: float = 30.0  # for a request's head, and for an idle connection between requests
    # In each worker, and as many requests at once: over HTTP/2 a connection has several.
    connections: int = 10_000  # at the server's default, 512, as many half-sent heads stop everything

    drain_seconds: float = 0.0  # between the order to stop and the end: who balances load goes elsewhere meanwhile
    signals_together: float = 0.25  # a wrapper passes on what the terminal has sent to all: that is one order
    stop_seconds: float = 6.0  # for what runs then; with 3 seconds before it, less than the 10 after which Docker kills

    # Seconds before a worker is started again that died so many times in a row: at once after an accident, and seldom
    # enough not to hurt where each start ends in death. What connects to it meanwhile waits, so the last is short.
    restart_pauses: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0)
    restart_calm: float = 10.0  # a worker that lived for so long had no trouble with its start

    cors_origins: tuple[str, ...] = ()  # whose pages may read what is refused here
    prefix: str = ""  # of problem types: the mount path, or the public URL

    @property
    def stream_header(self) -> int:
        """Bytes of a header that the server below takes over HTTP/2; it refuses a larger one itself, without content.

        That is twice what is allowed, so that most headers that are too large get a problem. Over HTTP/1.1 its bound
        is that of its buffer, some 400 KiB; a smaller buffer would make uploads twice as slow.
        """
        return 2 * (self.max_target + self.max_header)

    @property
    def streams(self) -> int:
        """Requests at once on one connection of HTTP/2 (nginx: 128): no more than may wait, or some would be 503."""
        return min(128, self.max_queued, self.connections)

    @property
    def quiet_timeout(self) -> float:
        """For a connection on which nothing goes either way, whatever it waits for: longer than each wait by itself."""
        return 2 * max(self.head_timeout, self.body_idle, self.send_timeout, self.discard_seconds, self.linger_idle)
