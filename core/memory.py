"""Keeps Python's search for garbage away from what is there to stay.

The search stops every thread of a process. What a start has made, half a million objects, lies in its way
each time and is no garbage; and a list of many rows makes objects by the million that reference counts free.
"""

import gc

MANY = (20_000, 10, 10)
"""New objects before the youngest are searched, and searches before older ones are (gc.set_threshold)."""


def set_aside() -> None:
    """Leave what is there now out of every later search, and search less often; processes forked share it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*MANY)
