"""Runners: one function mapped over the shards of a run, by local processes or by Ray; nothing else knows of a
cluster."""

import logging
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice

from analyzer.errors import MissingError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardStats:
    """What became of a shard: rows written and seconds taken, or the error that stopped it."""

    shard: int
    rows: int = 0
    seconds: float = 0.0
    error: str = ""


ShardFunction = Callable[[int], int]


def map_shards(
    function: ShardFunction, shards: Iterable[int], *, workers: int = 1, cluster: bool = False
) -> Iterator[ShardStats]:
    """Stats of every shard as it ends, in no fixed order. `function` takes a shard and gives the number of rows.

    An error of one shard is kept in its stats and the others go on. One worker stays in this process; more are started
    afresh (spawn), so `function` must be importable; `cluster` sends the shards to Ray.
    """
    if cluster:
        yield from _on_ray(function, shards)
    elif workers <= 1:
        yield from (run_shard(function, shard) for shard in shards)
    else:
        yield from _on_processes(function, iter(shards), workers)


def run_shard(function: ShardFunction, shard: int) -> ShardStats:
    """The stats of one shard; whatever it raises becomes its error, because the other shards must go on."""
    started = time.perf_counter()
    try:
        rows = function(shard)
    except Exception as error:
        _log.debug("shard %d failed", shard, exc_info=True)
        return ShardStats(shard=shard, seconds=time.perf_counter() - started, error=_sentence(error))
    return ShardStats(shard=shard, rows=rows, seconds=time.perf_counter() - started)


def _sentence(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _on_processes(function: ShardFunction, shards: Iterator[int], workers: int) -> Iterator[ShardStats]:
    """At most `workers` shards are under way, so that a worker that dies takes down no more than those."""
    others = set(multiprocessing.active_children())
    pool = _pool(workers)
    under_way: dict[Future[ShardStats], int] = {}
    try:
        while True:
            for shard in islice(shards, workers - len(under_way)):
                under_way[_submit(pool, function, shard)] = shard
            if not under_way:
                return
            ended = wait(under_way, return_when=FIRST_COMPLETED).done
            broken = any(isinstance(future.exception(), BrokenProcessPool) for future in ended)
            if broken:
                ended = wait(under_way).done
                pool.shutdown(wait=False)
                pool = _pool(workers)
            for future in ended:
                yield _outcome(future, under_way.pop(future))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()


def _submit(pool: ProcessPoolExecutor, function: ShardFunction, shard: int) -> Future[ShardStats]:
    """The shard under way; where a worker died since the last look, one that failed like those beside it."""
    try:
        return pool.submit(run_shard, function, shard)
    except BrokenProcessPool as error:
        future: Future[ShardStats] = Future()
        future.set_exception(error)
        return future


def _outcome(future: Future[ShardStats], shard: int) -> ShardStats:
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, BrokenProcessPool):
        return ShardStats(shard=shard, error="a worker died, most likely for want of memory; use fewer workers")
    return ShardStats(shard=shard, error=_sentence(error))


def _pool(workers: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_ignore_interrupt)


def _ignore_interrupt() -> None:
    """Ctrl-C reaches the whole group; the parent alone answers it, else every worker prints a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _on_ray(function: ShardFunction, shards: Iterable[int]) -> Iterator[ShardStats]:
    try:
        import ray
    except ImportError:
        raise MissingError("Ray is not installed; `pip install -e '.[cluster]'`, or use --workers") from None
    if not ray.is_initialized():
        ray.init(log_to_driver=False)
    remote = ray.remote(run_shard)
    names = {remote.remote(function, shard): shard for shard in shards}
    while names:
        ended, _ = ray.wait(list(names), num_returns=1)
        for reference in ended:
            shard = names.pop(reference)
            try:
                yield ray.get(reference)
            except ray.exceptions.RayError as error:
                yield ShardStats(shard=shard, error=_sentence(error))
