"""What keeps a film from painting in a WebUI's queue, as the page asks for it."""

import threading

import pytest

from lib_anim.engines.webui import queue_turns
from lib_anim.engines.webui.queue_turns import Turns


@pytest.fixture
def clock(monkeypatch):
    """The time in seconds, as a list of one."""
    now = [100.0]
    monkeypatch.setattr(queue_turns, "monotonic", lambda: now[0])
    return now


def test_waiting_and_loading_are_told_while_they_last(clock):
    asked, lock = threading.Event(), threading.Lock()
    painting, done = threading.Event(), threading.Event()

    class Seen:
        def acquire(self):
            asked.set()
            lock.acquire()

        def release(self):
            lock.release()

    turns = Turns(Seen())

    def film():
        with turns.picture():
            painting.set()
            done.wait(20)

    assert turns.activity() == ""
    lock.acquire()  # another job
    thread = threading.Thread(target=film, daemon=True)
    thread.start()
    assert asked.wait(20)
    assert turns.activity() == ""  # not yet worth a word
    clock[0] += 1
    assert turns.activity() == "waiting"
    lock.release()
    assert painting.wait(20)
    assert turns.activity() == ""
    clock[0] += 1
    assert turns.activity() == "loading"
    turns.loaded()
    clock[0] += 1
    assert turns.activity() == ""
    done.set()
    thread.join(20)
    assert turns.activity() == ""


def test_an_error_while_loading_ends_it(clock):
    turns = Turns(threading.Lock())

    def fails():
        with turns.picture():
            clock[0] += 1
            assert turns.activity() == "loading"
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fails()
    assert turns.activity() == ""
