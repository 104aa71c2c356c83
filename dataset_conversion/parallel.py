"""The same work on many things, in one process or several, behind a progress bar."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

from tqdm import tqdm

from dataset_conversion.spine.errors import InputError

Item = TypeVar("Item")
Result = TypeVar("Result")


def run_parallel(
    work: Callable[[Item], Result], items: Iterable[Item], processes: int, description: str, unit: str = "case"
) -> list[Result]:
    """The result of `work` on each item, in the order of the items however many processes there are.

    Args:
        work: A function that can be pickled, where there is more than one process.
        items: What it is called with.
        processes: How many at once, 1 or more; 1 stays in this process.
        description: Beside the progress bar.
        unit: What the bar counts.

    Raises:
        InputError: a worker was killed.
    """
    chosen = list(items)
    workers = min(processes, len(chosen))
    try:
        return list(tqdm(_results(work, chosen, workers), total=len(chosen), desc=description, unit=unit))
    except BrokenProcessPool as error:
        raise InputError(
            f"{description}: a worker process was killed, most often for lack of memory; "
            f"{processes} processes; expected fewer"
        ) from error


def _results(work: Callable[[Item], Result], items: Sequence[Item], workers: int) -> Iterator[Result]:
    if workers <= 1:
        yield from map(work, items)
        return
    # Spawned, because forking a process that runs threads (as any with torch loaded does) may hang.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, items)
