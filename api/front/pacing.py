"""Sends content slowly: each piece at its time, without drift and without a thread."""

import asyncio
import random
from collections.abc import AsyncIterator

from api.front.waiting import Client, Waits

# Seconds. What falls due within one tick leaves in one piece.
TICK = 0.01
# Pieces a second of all paced answers of a worker together: they take a quarter of a slow processor.
PIECES_A_SECOND = 2000


async def paced(
    content: AsyncIterator[bytes], rate: float, first: float, client: Client, waits: Waits
) -> AsyncIterator[bytes]:
    """The content in pieces, each when it is due: at `rate` bytes a second, from `first` seconds on.

    When the worker stops, the rest follows at once. It ends early if the client disconnects.
    """
    loop = asyncio.get_running_loop()
    start = loop.time() + first
    # Otherwise the answers that began together would all send at the same moments.
    phase = random.random()  # noqa: S311  # not for secrets
    sent = 0
    async for block in content:
        at, end = 0, start + (sent + len(block)) / rate
        while at < len(block):
            tick = max(TICK, len(waits) / PIECES_A_SECOND) * (1 if sent else phase)
            now, due = loop.time(), start + (sent + 1) / rate
            if not waits.stopping and not await client.pause(min(max(due - now, tick), end - now)):
                return
            ready = len(block) - at if waits.stopping else max(1, int((loop.time() - start) * rate) - sent)
            piece = block[at : at + ready]
            at += len(piece)
            sent += len(piece)
            yield piece
