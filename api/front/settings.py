"""The limits of the front. Each value states its reason."""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class FrontSettings:
    """Limits and timeouts of the front. Sizes are in bytes, times in seconds."""

    max_target: int = 8 * KIB  # RFC 9110 §4.1 recommends at least 8,000
    max_field: int = 16 * KIB  # name and value: a large cookie or token is 4 to 8 KiB
    max_header: int = 32 * KIB  # all fields together; what browsers and proxies send takes 2 KiB, with large cookies 8
    max_fields: int = 100  # what the server below takes over HTTP/1.1; here it holds for HTTP/2 too
    large_head: int = 8 * KIB  # fields of more bytes take milliseconds to read: such requests run one at a time

    max_body: int = 16 * MIB  # the largest cap of any resource (CONTRACT §8)
    memory_body: int = 64 * KIB  # 1,000 concurrent uploads then take 64 MB of memory; larger bodies go to disk

    body_idle: float = 10.0  # no data for this long: the sender is gone, or only holds the connection
    body_grace: float = 20.0  # every body has this long, even a small one
    body_rate: int = 16 * KIB  # bytes a second, after the grace; a slow mobile line has three times that

    discard_bytes: int = 1 * MIB  # of a refused body, read before the response (CONTRACT §2)
    discard_seconds: float = 2.0
    linger_seconds: float = 30.0  # after that response: while the client continues to send (nginx: lingering_time)
    linger_idle: float = 2.0

    threads: int = 4  # enough to overlap database waits; more would only compete for the interpreter lock
    max_queued: int = 128  # a wait of 60 ms at 2,000 requests a second; with longer queues, clients give up first
    send_timeout: float = 60.0  # the client reads nothing for this long (nginx: send_timeout)

    # Requests of a worker that wait on purpose; further ones get 503. Each takes 31 KiB.
    waits: int = 2000
    # Bytes of their answers that wait in memory; with more, further requests get 503 too.
    waits_memory: int = 64 * MIB
    # Of these, as many are in the pool or its queue. The other half of the queue is for other requests.
    waits_queued: int = 64
    # The starts of paths, without those of spaces, whose requests may wait on purpose.
    paced_paths: tuple[str, ...] = ()

    head_timeout: float = 30.0  # for a request's head, and for an idle connection between requests
    # For each worker. Also the limit of concurrent requests: an HTTP/2 connection has several.
    connections: int = 10_000  # with the server's default, 512, as many half-sent heads would stop everything

    drain_seconds: float = 0.0  # from the order to stop until the end; load balancers use other servers meanwhile
    signals_together: float = 0.25  # a wrapper repeats a signal that the terminal sent to all: this is one order
    stop_seconds: float = 6.0  # for running requests; with 3 seconds before, less than the 10 after which Docker kills

    # Seconds to wait before restarting a worker that died this many times in a row. The first restart is immediate.
    # Later ones are rare enough to be harmless if every start fails. Clients wait meanwhile, so the last is short.
    restart_pauses: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0)
    restart_calm: float = 10.0  # a worker that lived this long started without trouble

    cors_origins: tuple[str, ...] = ()  # origins whose pages may read refusals
    prefix: str = ""  # of problem types: the mount path, or the public URL

    @property
    def stream_header(self) -> int:
        """Bytes of a header that the server below accepts over HTTP/2. It refuses larger ones itself, without content.

        This is twice the allowed size, so that most headers that are too large get a problem. Over HTTP/1.1 the limit
        is the server's buffer, about 400 KiB. A smaller buffer would make uploads take twice as long.
        """
        return 2 * (self.max_target + self.max_header)

    @property
    def streams(self) -> int:
        """Concurrent requests on one HTTP/2 connection (nginx: 128): at most what may wait, otherwise some get 503."""
        return min(128, self.max_queued, self.connections)

    @property
    def quiet_timeout(self) -> float:
        """For a connection without data in either direction, whatever it waits for. Longer than every single wait."""
        return 2 * max(self.head_timeout, self.body_idle, self.send_timeout, self.discard_seconds, self.linger_idle)
