"""Budgets of processor time that a requirement sets: what is hostile is refused in time (URS-010)."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail if this thread has worked longer than the budget.

    Neither other threads count nor the collecting of what other tests have left in memory: that alone takes
    seconds at the end of a long run.
    """
    gc.disable()
    begun = time.thread_time()
    try:
        yield
        taken = time.thread_time() - begun
    finally:
        gc.enable()
    assert taken < seconds, f"{taken:.2f} s of processor time, where {seconds} s are allowed"
