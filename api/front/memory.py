"""Settings that keep the memory of workers small."""

import ctypes
import gc

LARGE = 16 * 1024 * 1024  # bytes

# malloc.h; Python has no names for them.
M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3


def give_back_large_blocks() -> None:
    """Return each block of LARGE bytes or more to the system when it is freed.

    Argon2 takes 19 MiB for a moment for each password. glibc returns the first such block, but then keeps one for
    each thread: it raises M_MMAP_THRESHOLD to the size of the freed block, and M_TRIM_THRESHOLD to twice that
    (mallopt(3)). Setting both values stops this. The values are those that smaller blocks would have led to.
    Other C libraries are not changed.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE)
        mallopt(M_TRIM_THRESHOLD, 2 * LARGE)


def share_objects() -> None:
    """Call before a fork, to share the existing objects with the new process permanently.

    Python's collector writes into each object that it examines. This would copy nearly all of the parent's
    memory for each worker (https://docs.python.org/3/library/gc.html#gc.freeze).
    """
    gc.freeze()
