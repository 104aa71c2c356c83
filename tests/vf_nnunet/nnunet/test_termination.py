import signal

import pytest

from vf_nnunet.nnunet.termination import interrupted_by_sigterm


def test_sigterm_ends_the_block_and_then_does_what_it_did() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with interrupted_by_sigterm(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before
