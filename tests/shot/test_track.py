"""Tracks: each value is made once, whoever asks and in whatever order, and few of them stay."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest

from lib_anim.engines.base import Capabilities
from lib_anim.engines.clips import Clip
from lib_anim.images.warp import Warp
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.prefetch import Prefetch
from lib_anim.shot.shot import Shot
from lib_anim.shot.steps import Steps, Tools
from lib_anim.shot.track import Track, frames_in_use
from tests.helpers import Painter, noisy, settings, shot


class Recorder:
    """Makes tens of keys, and remembers which were made, and by which thread."""

    def __init__(self):
        self.made, self.threads = [], set()

    def __call__(self, key):
        self.made.append(key)
        self.threads.add(threading.current_thread().name.partition("_")[0])
        return key * 10


@pytest.fixture
def pool():
    pool = Prefetch()
    pool.engine_paints.set()
    yield pool
    pool.shutdown(wait=True)


def settle(pool):
    """Wait until the pool has nothing to do."""
    pool.submit(int).result()


@pytest.mark.parametrize(
    ("asked", "window", "made"),
    [
        ([0, 1, 2, 3], 1, [0, 1, 2, 3]),
        ([0, 0, 1, 1], 1, [0, 1]),
        ([0, 1, 2, 0, 1, 2, 3], 3, [0, 1, 2, 3]),  # a span of three, looked at again
        ([3, 2, 1, 0, 3, 2, 1, 0], 4, [3, 2, 1, 0]),
        ([0, 1, 2, 3, 4, 5, 0], 2, [0, 1, 2, 3, 4, 5, 0]),  # fell out of the window
        ([7, 8, 2], 2, [7, 8, 2]),
        (["no key of its", "no key of its"], 1, ["no key of its"]),
    ],
)
def test_a_value_is_made_once_while_it_is_in_the_window(asked, window, made):
    make = Recorder()
    track = Track(make, range(10), window)
    assert [track(key) for key in asked] == [key * 10 for key in asked]
    assert make.made == made


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ([0], [0, 1]),
        ([0, 1, 2], [0, 1, 2, 3]),
        ([0, 5], [0, 1, 5, 6]),  # a jump, as after a resume
        ([9], [9]),  # nothing follows
        ([0, 3, 4], [0, 1, 3, 4, 5]),
    ],
)
def test_the_following_value_is_made_beforehand_in_the_pool(pool, asked, made):
    make = Recorder()
    track = Track(make, range(10), 1, pool)
    for key in asked:
        assert track(key) == key * 10
        settle(pool)
    assert make.made == made
    assert make.threads <= {"MainThread", "prefetch"}


def test_few_values_stay(pool):
    track = Track(Recorder(), range(1000), 3, pool)
    most = 0
    for key in range(1000):
        track(key)
        most = max(most, len(track._values))
    assert most == 4  # the window and the one that is prefetched


def test_threads_that_ask_at_once_wait_for_one(pool):
    begun, go_on, make = threading.Event(), threading.Event(), Recorder()

    def slow(key):
        begun.set()
        assert go_on.wait(10)
        return make(key)

    track = Track(slow, range(9), 1)
    with ThreadPoolExecutor(4) as threads:
        answers = [threads.submit(track, 5) for _ in range(4)]
        assert begun.wait(10)
        go_on.set()
        assert [answer.result(10) for answer in answers] == [50] * 4
    assert make.made == [5]


def test_what_waits_in_a_busy_pool_is_made_by_whoever_asks(pool):
    busy = threading.Event()
    pool.submit(busy.wait, 10)
    make = Recorder()
    track = Track(make, range(9), 1, pool)
    assert [track(0), track(1)] == [0, 10]
    assert make.threads == {"MainThread"}
    busy.set()
    settle(pool)
    assert make.made == [0, 1, 2]


def test_what_cannot_be_made_is_told_to_whoever_asks_and_tried_again(pool):
    faults = [OSError("the file is gone")]

    def make(key):
        if faults:
            raise faults.pop()
        return key

    track = Track(make, range(9), 1)
    with pytest.raises(OSError, match="the file is gone"):
        track(0)
    assert track(0) == 0
    track = Track(lambda key: key if key != 1 or not faults else make(key), range(9), 1, pool)
    faults.append(OSError("gone again"))
    assert track(0) == 0
    settle(pool)
    with pytest.raises(OSError, match="gone again"):
        track(1)
    assert track(1) == 1


def test_the_values_of_a_take_are_in_use_at_a_time():
    make = Recorder()
    track = Tools(Capabilities(clip=Clip(4, 1))).track(make, range(9))
    for key in (*range(4), *range(4)):
        track(key)
    assert make.made == [0, 1, 2, 3]


def test_features_get_tracks_of_one_value_in_use_made_beforehand_where_there_is_a_pool(pool):
    alone, ahead = Recorder(), Recorder()
    track = Tools().track(alone, range(9))
    for key in (0, 1, 2, 0):
        track(key)
    assert alone.made == [0, 1, 2, 0]
    Tools(prefetch=pool).track(ahead, range(9))(0)
    settle(pool)
    assert ahead.made == [0, 1]


@pytest.mark.parametrize("cadence", [1, 4, 7])
def test_the_moves_of_a_film_are_made_once_though_two_threads_ask(tmp_path, pool, cadence):
    """The reel goes the way to the next painted frame, and the writer's thread goes it again for the frames between."""
    base = shot(max_frames=24, diffusion_cadence=cadence)
    spans, make = base.plan.spans, Recorder()
    track = Tools(prefetch=pool).track(make, range(1, 24), frames_in_use(spans))

    def move(canvas, params):
        assert track(params.index) == params.index * 10
        return canvas.moved(Warp.identity(base.plan.size))

    folder = RunFolder.create(tmp_path, "film", settings())
    film(Shot(base.plan, (*base.features, ("extra", Steps(move=(move,))))), Painter(noisy), folder, video=False)
    folder.close()
    assert sorted(make.made) == list(chain.from_iterable(range(max(span.first, 1), span.last + 1) for span in spans))


@pytest.mark.parametrize(
    ("n_frames", "cadence", "frames"),
    [(1, 1, 4), (10, 1, 4), (10, 3, 12), (10, 4, 20), (1000, 500, 128)],  # 10 by 4: the last span holds frame 9 as well
)
def test_as_many_frames_are_in_use_as_four_spans_have(n_frames, cadence, frames):
    assert frames_in_use(shot(max_frames=n_frames, diffusion_cadence=cadence).plan.spans) == frames
