"""Run a function on many items, in one process or several, with a progress bar."""

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
    """Call `work` on each item and return the results in the order of the items.

    Args:
        work: The function; it must be picklable if there is more than one process.
        items: Its arguments.
        processes: Number of processes, 1 or more; with 1, everything runs in this process.
        description: Text beside the progress bar.
        unit: What the progress bar counts.

    Raises:
        InputError: If a worker process was killed.
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
    # Spawned, because forking a process with threads (such as any with torch loaded) may hang.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, items)
