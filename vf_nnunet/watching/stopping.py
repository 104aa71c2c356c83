"""Stop after the present study on Ctrl-C or SIGTERM, and at once the second time."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_on_signals(say: Callable[[str], None]) -> Iterator[threading.Event]:
    """Yield an event that the first signal sets. The second one does what it does without us.

    Args:
        say: Tells the user that the signal was seen.
    """
    event = threading.Event()
    earlier = {number: signal.getsignal(number) for number in SIGNALS}

    def restore() -> None:
        for number, handler in earlier.items():
            signal.signal(number, handler)

    def stop(number: int, frame: FrameType | None) -> None:
        event.set()
        restore()
        say("stopping after the present study; once more to stop at once")

    for number in SIGNALS:
        signal.signal(number, stop)
    try:
        yield event
    finally:
        restore()
