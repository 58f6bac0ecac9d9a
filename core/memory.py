"""What long-lived processes do about memory: keep the search for garbage away from what is there to stay, and
give back what is free.

The search stops every thread of a process. What a start has made, half a million objects, lies in its way
each time and is no garbage; and a list of many rows makes objects by the million that reference counts free.
"""

import ctypes
import gc

MANY = (20_000, 10, 10)
"""New objects before the youngest are searched, and searches before older ones are (gc.set_threshold)."""
LARGE = 1 << 20
"""Octets from which on a block is large."""
_MMAP_THRESHOLD = -3
_ARENA_MAX = -8


def set_aside() -> None:
    """Leave what is there now out of every later search, and search less often; processes forked share it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*MANY)


def give_back() -> None:
    """Have large blocks given back to the system as soon as they are free, and one store serve all threads.

    GNU's allocator keeps blocks of a size it has seen before (mallopt(3), M_MMAP_THRESHOLD), and each thread
    has its own store (M_ARENA_MAX): 19 MiB for every thread that has ever hashed a password. Other allocators
    have no such settings.
    """
    setting = getattr(ctypes.CDLL(None), "mallopt", None)
    if setting is not None:
        setting(_MMAP_THRESHOLD, LARGE)
        setting(_ARENA_MAX, 1)
