"""What keeps the memory of workers small."""

import ctypes
import gc

LARGE = 16 * 1024 * 1024  # bytes

# malloc.h; Python has no names for them.
M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3


def give_back_large_blocks() -> None:
    """Let each block of LARGE bytes or more go back to the system when it is freed.

    Argon2 takes 19 MiB for a moment, for each password. glibc gives the first such block back, and from then on keeps
    one for each thread that asks: it raises M_MMAP_THRESHOLD to the size of what was freed, and M_TRIM_THRESHOLD to
    twice that (mallopt(3)). Setting them ends that; they are set to where smaller blocks would have brought
    them. Another C library is left as it is.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE)
        mallopt(M_TRIM_THRESHOLD, 2 * LARGE)


def share_objects() -> None:
    """Before a fork: let what there is be shared with the new process for good.

    Python's collector writes into each object that it looks at, and so would make a copy of nearly all of
    the parent's memory for each worker (https://docs.python.org/3/library/gc.html#gc.freeze).
    """
    gc.freeze()
