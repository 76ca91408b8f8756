"""A compiled pass over many accounts: in chunks, on every core, with the same sums every time.

The chunks do not depend on the number of threads, each has sums of its own, and these are added
in the order of the chunks. Threads of Python's own suffice, since compiled code runs without the
interpreter's lock; so there is no second pool of threads to get along with.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from credit_limits.allocation.problem import Floats

_CHUNK = 1 << 16
_MOST_SUMS = 1 << 21
"""Sums kept over all chunks: with very many groups there are fewer chunks."""


def sums_by_chunk(
    count: int, shape: tuple[int, ...], run: Callable[[int, int, Floats], None]
) -> Floats:
    """The sums of all chunks, added up: an array of ``shape``.

    ``run(start, stop, sums)`` adds what accounts start to stop come to into ``sums``, which is 0
    at first; it may be called from several threads at once.
    """
    size = int(np.prod(shape))
    chunks = min(-(-count // _CHUNK), max(_MOST_SUMS // max(size, 1), 2))
    edges = [count * place // chunks for place in range(chunks + 1)]
    sums = np.zeros((chunks, *shape))

    def chunk(place: int) -> None:
        run(edges[place], edges[place + 1], sums[place])

    if chunks == 1:
        chunk(0)
        return np.asarray(sums[0])
    with ThreadPoolExecutor(_threads()) as pool:
        list(pool.map(chunk, range(chunks)))
    return np.asarray(sums.sum(axis=0))


def _threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
