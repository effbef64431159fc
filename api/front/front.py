"""The part of HTTP that WSGI cannot do: framing, whole bodies, timeouts, and 503 when full (CONTRACT §2, §11)."""

import asyncio
import logging
import time
from wsgiref.types import WSGIApplication, WSGIEnvironment

from api.front.answers import Answer, encoded
from api.front.asgi import Receive, Scope, Send
from api.front.bodies import discard, expects, take_body
from api.front.cache import AnswerCache
from api.front.environ import check_head, environ_of, field_sizes, oversize, without_fields
from api.front.extensions import begin, end
from api.front.fault_plans import FaultPlans
from api.front.faults import Faulty
from api.front.hooks import Hooks
from api.front.journal import Entry
from api.front.pacing import Paced, may_wait
from api.front.pool import Pool
from api.front.settings import FrontSettings
from api.front.waiting import Waits, disconnected
from api.front.watching import Watched, Watching, is_watched
from api.rules import environ_keys
from api.rules.cors import answer_fields, varies
from api.rules.journal import Sent
from api.rules.problems import InternalError, Problem, Unavailable, rendered
from api.rules.spaces import DATA, in_space, is_space_id

log = logging.getLogger("touchstone.front")

CLOSE = (b"connection", b"close")
ALWAYS_ANSWERED = "/livez"  # CONTRACT §2


class Front:
    """An ASGI application that serves a WSGI application.

    The WSGI application runs in one of a few threads, after the whole request has arrived.
    Slow senders and slow readers never occupy a thread.
    """

    def __init__(
        self,
        app: WSGIApplication,
        settings: FrontSettings | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        """Start the threads. Create it in the process that serves."""
        self.app = app
        self.hooks = hooks or Hooks()
        self.settings = settings or FrontSettings()
        self.pool = Pool(self.settings.threads, self.hooks.commits)
        self.cache = AnswerCache(self.hooks.version) if self.hooks.version else None
        self.waits = Waits(self.settings.waits, self.settings.waits_memory)
        self.watching = Watching(self.hooks.journal, self.pool, self.waits) if self.hooks.journal else None
        # Fields take time to read: requests with many bytes of them run one at a time, and never crowd others out.
        self.large_heads = asyncio.Semaphore(1)
        self.waiting = asyncio.Semaphore(self.settings.waits_queued)
        self.requests = 0
        self.draining = False  # set once this worker has been told to stop

    def drain(self) -> None:
        """Prepare for the stop: connections close after their answers, and waits end."""
        self.draining = True
        self.waits.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3.0). Raises ValueError for a scope that is not `http`, as ASGI requires."""
        if scope["type"] != "http":
            raise ValueError(f"The front serves http, not {scope['type']}.")
        sizes = field_sizes(scope)
        head_too_large = oversize(scope, sizes, self.settings)
        environ = environ_of(without_fields(scope, self.settings) if head_too_large else scope)
        environ[environ_keys.LARGE_HEAD] = sum(sizes) > self.settings.large_head
        if self.draining:
            environ[environ_keys.DRAINING] = True
        journal = self.hooks.journal
        if journal is not None and journal.concerns(environ):
            environ[environ_keys.ENTRY] = Entry(journal, environ)
        self.requests += 1
        try:
            await self._serve(environ, receive, send, head_too_large)
        finally:
            self.requests -= 1

    async def _serve(
        self, environ: WSGIEnvironment, receive: Receive, send: Send, head_too_large: Problem | None
    ) -> None:
        try:
            if head_too_large:
                raise head_too_large
            check_head(environ)
            if self.requests > self.settings.connections and environ["PATH_INFO"] != ALWAYS_ANSWERED:
                raise Unavailable(headers={"Retry-After": "1"})  # before reading, because each body takes memory
            too_large = await take_body(environ, receive, self.settings)
        except Problem as problem:
            await self.refuse(problem, environ, send, close=True)
            await self._linger(environ, receive)
            return
        try:
            if self.pool.waiting >= self.settings.max_queued and not self._skips_queue(environ["PATH_INFO"]):
                await self.refuse(Unavailable(headers={"Retry-After": "1"}), environ, send, close=too_large)
            elif self.hooks.faults and self.hooks.faults.concern(environ):
                await self._meet_faults(self.hooks.faults, environ, receive, send, close=too_large)
            elif self.watching and is_watched(environ):
                await Watched(self, self.watching, environ, receive, send, close=too_large).serve()
            else:
                await self.answer(environ, receive, send, close=too_large)
        finally:
            environ["wsgi.input"].close()
        if too_large:
            await self._linger(environ, receive)

    def _skips_queue(self, path: str) -> bool:
        return path == ALWAYS_ANSWERED or may_wait(path, self.settings)

    async def _meet_faults(
        self, faults: FaultPlans, environ: WSGIEnvironment, receive: Receive, send: Send, *, close: bool
    ) -> None:
        try:
            async with self.waiting:
                plan = await faults.plan(environ, self.pool)
            if plan and self.waits.full:
                raise Unavailable(headers={"Retry-After": "1"})
        except Problem as problem:
            await self.refuse(problem, environ, send, close=close)
            return
        if plan is None:
            await self.answer(environ, receive, send, close=close)
            return
        try:
            await Faulty(self, plan, environ, receive, send, close=close).serve()
        except Exception:
            log.exception("The fault failed", extra={"fields": {"request_id": environ[environ_keys.REQUEST_ID]}})

    async def answer(
        self, environ: WSGIEnvironment, receive: Receive, send: Send, *, close: bool, made: Answer | None = None
    ) -> None:
        """Send the answer that the application `made`, or makes now."""
        try:
            if made is None and may_wait(environ["PATH_INFO"], self.settings):
                async with self.waiting:
                    made = await self.run(environ)
            answer = made or await self.run(environ)
            if pace := environ.pop(environ_keys.PACE, None):
                await Paced(self, environ, receive, send, close=close).serve(answer, pace)
                return
            headers = self.closing(answer.headers, environ, close=close)
            trailers = await begin(answer.status, headers, environ, send)
        except Problem as problem:
            await self.refuse(problem, environ, send, close=close)
            return
        except Exception:
            # The server below may reject a header field of the response. Nothing was sent in that case.
            log.exception("The answer failed", extra={"fields": {"request_id": environ[environ_keys.REQUEST_ID]}})
            await self.refuse(InternalError(), environ, send, close=close)
            return
        if answer.whole:
            await send({"type": "http.response.body", "body": answer.body, "more_body": False})
            await end(trailers, send)
        else:
            await self._stream(answer, environ, receive, send)

    async def run(self, environ: WSGIEnvironment) -> Answer:
        """Run the application in the pool, or take its answer from the cache.

        Raises a Problem if it fails, or if its changes cannot be committed.
        """
        lookup = self.cache.lookup(environ) if self.cache else None
        if lookup and lookup.found:
            self.hooks.on_repeat(environ, lookup.found.status, lookup.found.content_type, len(lookup.found.body))
            return lookup.found
        answer = await self._run(environ)
        if self.cache and lookup:
            self.cache.keep(lookup, answer)
        return answer

    async def _run(self, environ: WSGIEnvironment) -> Answer:
        environ[environ_keys.QUEUED] = time.perf_counter()
        try:
            # Liveness must be visible even while every thread waits for the database.
            if environ["PATH_INFO"] == ALWAYS_ANSWERED:
                return await asyncio.to_thread(_answered, self.app, environ)
            entry: Entry | None = environ.get(environ_keys.ENTRY)
            start, end = (entry.run, entry.ended) if entry else (Answer, Answer.ended)
            if not environ[environ_keys.LARGE_HEAD]:
                return await self.pool.run(start, self.app, environ, end=end)
            async with self.large_heads:
                return await self.pool.run(start, self.app, environ, end=end)
        except Problem:
            raise
        except Exception:
            log.exception("The application failed", extra={"fields": {"request_id": environ[environ_keys.REQUEST_ID]}})
            raise InternalError from None
        finally:
            if self.watching:
                self.watching.wake()

    async def _stream(self, answer: Answer, environ: WSGIEnvironment, receive: Receive, send: Send) -> None:
        gone = asyncio.ensure_future(disconnected(receive))
        piece: bytes | None = answer.body
        head = environ["REQUEST_METHOD"] == "HEAD"
        entry: Entry | None = environ.get(environ_keys.ENTRY)
        sent: Sent = "broken"
        try:
            while piece is not None and not gone.done():
                if entry:
                    entry.sending(piece)
                async with asyncio.timeout(self.settings.send_timeout):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                piece = None if head else await self.pool.run(answer.next)
            if piece is None:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                sent = "whole"
        except TimeoutError:
            pass  # the client reads nothing; returning without an end closes the connection
        except Exception:
            log.exception("The answer broke off", extra={"fields": {"request_id": environ[environ_keys.REQUEST_ID]}})
        finally:
            gone.cancel()
            await self.pool.run(answer.close)
            if entry:
                await entry.finish(self.pool, sent)

    async def refuse(self, problem: Problem, environ: WSGIEnvironment, send: Send, *, close: bool) -> None:
        """Send a refusal."""
        status, headers, body = self.refusal(problem, environ)
        if entry := environ.get(environ_keys.ENTRY):
            # Not in the pool: its queue may be full.
            await asyncio.to_thread(entry.write, status, headers, body, "whole")
        headers = self.closing(headers, environ, close=close)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def refusal(self, problem: Problem, environ: WSGIEnvironment) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """The status, header lines and content of a refusal, which is recorded."""
        status, fields, body = rendered(
            problem,
            accept=environ.get("HTTP_ACCEPT"),
            request_id=environ[environ_keys.REQUEST_ID],
            prefix=self.settings.prefix + _space_prefix(environ),
        )
        environ[environ_keys.PROBLEM] = problem.slug
        self.hooks.on_refusal(environ, status, dict(fields)["Content-Type"], len(body))
        fields += answer_fields(environ.get("HTTP_ORIGIN"), self.settings.cors_origins)
        headers = encoded(fields)
        if varies(self.settings.cors_origins):
            headers.append((b"vary", b"Origin"))
        return status, headers, body

    def closing(
        self, headers: list[tuple[bytes, bytes]], environ: WSGIEnvironment, *, close: bool
    ) -> list[tuple[bytes, bytes]]:
        """The header lines of an answer; if the connection closes after it, with the field that says so."""
        # A client that sees this field does not send its next request on a connection that is about to close.
        if (close or self.draining) and environ["SERVER_PROTOCOL"] != "HTTP/2.0":
            headers.append(CLOSE)
        return headers

    async def _linger(self, environ: WSGIEnvironment, receive: Receive) -> None:
        if not expects(environ):
            await discard(receive, seconds=self.settings.linger_seconds, idle=self.settings.linger_idle)


def _space_prefix(environ: WSGIEnvironment) -> str:
    """The start of paths in the space of a request, which the log then names; empty outside spaces."""
    if environ_keys.SPACE_ID not in environ:
        asked = in_space(environ.get("PATH_INFO", ""))
        if asked is None or not is_space_id(asked.id):
            return ""
        environ[environ_keys.SPACE_ID] = asked.id
    return f"{DATA}/{environ[environ_keys.SPACE_ID]}"


def _answered(app: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    answer = Answer(app, environ)
    answer.ended(None)
    return answer
