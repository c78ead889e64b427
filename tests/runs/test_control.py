"""Stop and pause from beside a run."""

import threading

import pytest

from lib_anim.runs.control import Control, Ending, Stopped


@pytest.mark.parametrize("ending", Ending)
def test_a_stop_says_why(ending):
    control = Control()
    control.check()
    control.stop(ending)
    assert control.stopped
    with pytest.raises(Stopped) as stop:
        control.check()
    assert stop.value.ending is ending
    assert not isinstance(stop.value, Exception)


@pytest.mark.parametrize(
    ("asked", "taken_back", "stopped"), [(Ending.EDITED, Ending.EDITED, False), (Ending.STOPPED, Ending.EDITED, True)]
)
def test_a_stop_is_taken_back_only_for_its_own_reason(asked, taken_back, stopped):
    control = Control()
    control.stop(asked)
    control.forget(taken_back)
    assert control.stopped == stopped


def test_a_run_that_is_held_rests_and_hears_the_stop():
    control, rested, ended = Control(), [], []

    def run():
        try:
            control.check(lambda: rested.append(True))
        except Stopped as stop:
            ended.append(stop.ending)

    control.pause()
    thread = threading.Thread(target=run)
    thread.start()
    thread.join(0.1)
    assert thread.is_alive()
    control.stop(Ending.TERMINATED)
    thread.join(10)
    assert (rested, ended) == ([True], [Ending.TERMINATED])
    control.pause()  # what ends is not held any more
    assert not control.paused
