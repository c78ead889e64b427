"""The thread that works while the engine paints."""

import threading
import time
from concurrent.futures import CancelledError

import pytest

from lib_anim.runs import prefetch as module
from lib_anim.runs.prefetch import Prefetch
from lib_anim.shot.track import Track


@pytest.fixture
def patient(monkeypatch):
    """A prefetch that waits for the engine as long as it takes."""
    monkeypatch.setattr(module, "LONGEST_WAIT_S", None)
    made = Prefetch()
    yield made
    made.close()
    made.engine_paints.set()  # lets the thread end


def test_work_waits_until_the_engine_paints(patient):
    ran_in = []
    future = patient.submit(lambda: ran_in.append(threading.current_thread().name) or 7)
    time.sleep(0.05)
    assert not future.done()
    patient.engine_paints.set()
    assert future.result(5) == 7
    assert ran_in == ["prefetch"]


def test_work_is_done_in_order(patient):
    done = []
    futures = [patient.submit(done.append, k) for k in range(20)]
    patient.engine_paints.set()
    futures[-1].result(5)
    assert done == list(range(20))


def test_whoever_needs_a_value_sooner_makes_it(patient):
    threads = []

    def make(key):
        threads.append((key, threading.current_thread().name))
        return key * 2

    track = Track(make, range(3), pool=patient)
    assert [track(key) for key in range(3)] == [0, 2, 4]
    assert threads == [(0, "MainThread"), (1, "MainThread"), (2, "MainThread")]


def test_without_an_engine_it_works_after_a_while(monkeypatch):
    monkeypatch.setattr(module, "LONGEST_WAIT_S", 0.01)
    with Prefetch() as pool:
        assert pool.submit(pow, 2, 5).result(5) == 32


def test_what_work_raises_is_the_futures(patient):
    patient.engine_paints.set()
    with pytest.raises(ZeroDivisionError):
        patient.submit(lambda: 1 / 0).result(5)
    assert patient.submit(int).result(5) == 0


def test_closed_it_takes_no_work_and_does_what_it_began_alone(patient):
    first, second = patient.submit(time.sleep, 0.05), patient.submit(int)
    patient.engine_paints.set()
    while not first.running():
        time.sleep(0.001)
    patient.close()
    first.result(5)
    with pytest.raises(CancelledError):
        second.result(5)
    with pytest.raises(RuntimeError, match="after shutdown"):
        patient.submit(int)
