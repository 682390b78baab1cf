"""How long a piece of work takes, without what the rest of the test run adds to it."""

import gc
import time
from collections.abc import Callable


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """The processor time of `work` in seconds: the least of `times` runs, none cut by a collection of garbage.

    A collection walks every object the test run has made so far: late in a run, one alone takes a third of a second.
    """
    taken = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(times):
            started = time.process_time()
            work()
            taken.append(time.process_time() - started)
    finally:
        gc.enable()
    return min(taken)
