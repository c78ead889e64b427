"""What signals do to the command line."""

import signal
import sys

import pytest

from lib_anim.cli.signals import endings
from lib_anim.media.processes import start
from lib_anim.runs.control import Ending, Stopped

NUMBERS = [number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None))]


@pytest.fixture(autouse=True)
def handlers():
    before = {number: signal.getsignal(number) for number in NUMBERS}
    for number in NUMBERS:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def ended_by(first, then):
    """What comes of a signal, and of what is done at the end."""
    with endings():
        try:
            signal.raise_signal(first)
        finally:
            then()


@pytest.mark.parametrize("first", NUMBERS)
@pytest.mark.parametrize("second", NUMBERS)
def test_the_first_ends_it_and_the_next_end_what_it_waits_for(first, second):
    waited = []

    def end():  # is not broken off
        process = start([sys.executable, "-c", "import time; time.sleep(600)"])
        signal.raise_signal(second)
        waited.append(process.wait(30))

    with pytest.raises((KeyboardInterrupt, Stopped)) as ending:
        ended_by(first, end)
    assert waited != [0]
    assert isinstance(ending.value, KeyboardInterrupt) == (first == signal.SIGINT)
    assert first == signal.SIGINT or ending.value.ending is Ending.TERMINATED
    signal.raise_signal(second)  # the process ends; nothing comes in between


def test_without_a_signal_the_handlers_are_as_before():
    with endings():
        assert all(callable(signal.getsignal(number)) for number in NUMBERS)
    assert [signal.getsignal(number) for number in NUMBERS] == [signal.SIG_DFL] * len(NUMBERS)


def test_what_is_ignored_stays_ignored():
    """nohup, and what a shell runs in the background."""
    signal.signal(NUMBERS[-1], signal.SIG_IGN)
    with endings():
        signal.raise_signal(NUMBERS[-1])


def test_whoever_still_asks_much_later_has_the_process_ended(monkeypatch):
    left = []
    monkeypatch.setattr("lib_anim.cli.signals.os._exit", left.append)
    monkeypatch.setattr("lib_anim.cli.signals.LONGEST_WAIT_S", -1.0)
    with pytest.raises(KeyboardInterrupt):
        ended_by(signal.SIGINT, lambda: signal.raise_signal(signal.SIGINT))
    assert left == [130]
