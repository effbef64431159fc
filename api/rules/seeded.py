"""Bytes from a seed: the same as `random.Random(seed)` gives with `randint(0, 255)` for each."""

import os
import random


def seeded_bytes(count: int, seed: int | None) -> bytes:
    """So many bytes; random ones without a seed.

    `randint(0, 255)` takes the upper 9 bits of a 32-bit word, and the next word if they are above 255. Here many words
    are drawn at once, which takes less than half the time.
    """
    if seed is None:
        return os.urandom(count)
    source = random.Random(seed)  # noqa: S311  # not for secrets
    found = bytearray()
    while len(found) < count:
        words = 2 * (count - len(found)) + 16
        drawn = source.getrandbits(32 * words).to_bytes(4 * words, "little")
        # The highest byte of a word is the upper 8 of the 9 bits; the ninth is the highest bit of the byte below.
        for high, low in zip(drawn[3::4], drawn[2::4], strict=True):
            if high < 128:
                found.append(high << 1 | low >> 7)
    return bytes(found[:count])
