"""Runs on disk: what is there at the end, whatever the end is, and exact resume after any death."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import cv2
import numpy as np
import pytest

from lib_anim.engines.base import Sampled
from lib_anim.errors import Disturbed, EngineError, Interrupted, OutOfMemory, VideoError, WriteError
from lib_anim.images.frame import read_picture
from lib_anim.runs.control import Control, Ending, Stopped
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.prefetch import Prefetch
from lib_anim.runs.writer import stitch
from lib_anim.shot.steps import Steps
from tests.helpers import Dies, Mortal, Painter, flat, noisy, settings, shot

FILM = {"max_frames": 11, "color_coherence": "LAB", "noise_schedule": "0:(0.1)", "zoom": "0:(1.03)", "seed_behavior": "random"}


def run(tmp_path, name="film", engine=None, **changes):
    made = shot(**{**FILM, **changes})
    folder = RunFolder.create(tmp_path, name, made.plan.settings)
    summary = film(made, engine or Painter(noisy), folder)
    folder.close()
    return folder, summary


def pictures(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.frames.iterdir())}


def video_frames(folder):
    return int(cv2.VideoCapture(str(folder.video)).get(cv2.CAP_PROP_FRAME_COUNT))


@pytest.mark.parametrize("cadence", [1, 3])
def test_what_a_run_leaves(tmp_path, cadence):
    folder, summary = run(tmp_path, diffusion_cadence=cadence)
    painted = -(-11 // cadence)
    assert sorted(path.name for path in folder.path.iterdir() if not path.name.startswith(".")) == [
        "film.mp4",
        "frames",
        "journal.jsonl",
        "settings.json",
        "state",
        "summary.json",
    ]
    assert list(pictures(folder)) == [f"{k:09d}.png" for k in range(11)]
    assert video_frames(folder) == 11
    assert summary == json.loads((folder.path / "summary.json").read_text())
    assert (summary["status"], summary["frames"], summary["of"], summary["painted"]) == ("done", 11, 11, painted)
    assert summary["engine_ms"] > 0
    assert summary["gap_ms"] > 0
    assert summary["seed"] == 7
    journal = [line for line in folder.journal() if line["event"] == "painted"]
    assert [line["index"] for line in journal] == list(range(0, 11, cadence))
    assert folder.journal()[-1]["event"] == "end"


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    first, _ = run(tmp_path, "a")
    second, _ = run(tmp_path, "b")
    assert pictures(first) == pictures(second)


def test_work_ahead_changes_nothing(tmp_path):
    plain, _ = run(tmp_path, "a")
    from lib_anim.shot.steps import Tools

    made = shot(Tools(prefetch=Prefetch()), **FILM)
    folder = RunFolder.create(tmp_path, "b", made.plan.settings)
    film(made, Painter(noisy), folder)
    assert pictures(plain) == pictures(folder)


@pytest.mark.parametrize("cadence", [1, 3, 4])
def test_dead_after_any_picture_and_resumed_it_is_the_same_film(tmp_path, cadence):
    whole, _ = run(tmp_path, "whole", diffusion_cadence=cadence)
    n_spans = -(-11 // cadence)
    for alive in range(n_spans):
        made = shot(**FILM, diffusion_cadence=cadence)
        folder = RunFolder.create(tmp_path, f"dies_{alive}", made.plan.settings)
        with pytest.raises(Dies):
            film(made, Mortal(alive), folder)
        again = Painter(noisy)
        summary = film(shot(**FILM, diffusion_cadence=cadence), again, folder)
        folder.close()
        assert summary["status"] == "done"
        assert pictures(folder) == pictures(whole), alive
        assert video_frames(folder) == 11
        assert len(again.requests) == n_spans - alive  # at most one call is lost


@pytest.mark.parametrize("cadence", [1, 3, 4])
def test_stopped_after_each_frame_in_turn_and_resumed(tmp_path, cadence, monkeypatch):
    whole, _ = run(tmp_path, "whole", diffusion_cadence=cadence)
    real = RunFolder.write_frame
    for alive in range(1, 12):
        written = []

        def write_frame(self, index, frame, chunk, alive=alive, written=written):
            if len(written) == alive:
                raise Dies
            written.append(index)
            real(self, index, frame, chunk)

        monkeypatch.setattr(RunFolder, "write_frame", write_frame)
        made = shot(**FILM, diffusion_cadence=cadence)
        folder = RunFolder.create(tmp_path, f"stops_{alive}", made.plan.settings)
        if alive < 11:
            with pytest.raises(Dies):
                film(made, Painter(noisy), folder, video=False)
        monkeypatch.setattr(RunFolder, "write_frame", real)
        film(shot(**FILM, diffusion_cadence=cadence), Painter(noisy), folder, video=False)
        folder.close()
        assert pictures(folder) == pictures(whole), alive


KILLED = """
import sys
sys.path[:0] = {path!r}
import os
from tests.helpers import Painter, noisy, shot
from tests.runs.test_film import FILM
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.film import film
written = []
real = RunFolder.write_frame
def write_frame(self, index, frame, chunk):
    real(self, index, frame, chunk)
    written.append(index)
    if len(written) == {alive}:
        os.kill(os.getpid(), 9)
RunFolder.write_frame = write_frame
made = shot(**FILM, diffusion_cadence={cadence})
film(made, Painter(noisy), RunFolder.create({out!r}, "film", made.plan.settings))
"""


@pytest.mark.skipif(os.name == "nt", reason="kill -9")
@pytest.mark.parametrize(("cadence", "alive"), [(1, 1), (1, 6), (3, 2), (3, 5), (4, 10)])
def test_killed_after_a_frame_and_resumed(tmp_path, cadence, alive):
    whole, _ = run(tmp_path, "whole", diffusion_cadence=cadence)
    out = tmp_path / "killed"
    program = KILLED.format(path=[*sys.path, str(Path.cwd())], cadence=cadence, alive=alive, out=str(out))
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    folder = RunFolder.open(out / "film")
    assert json.loads((folder.path / "summary.json").read_text())["status"] == "running"
    film(shot(**FILM, diffusion_cadence=cadence), Painter(noisy), folder)
    assert pictures(folder) == pictures(whole)
    assert video_frames(folder) == 11


@pytest.mark.parametrize(
    ("error", "status"),
    [(EngineError("no luck"), "failed"), (KeyboardInterrupt(), "interrupted"), (ValueError("a fault of ours"), "failed")],
)
def test_whatever_ends_it_what_was_painted_is_kept(tmp_path, error, status):
    def paint(request):
        if request.index == 5:
            raise error
        return noisy(request)

    made = shot(**FILM, diffusion_cadence=1)
    folder = RunFolder.create(tmp_path, "film", made.plan.settings)
    with pytest.raises(type(error)):
        film(made, Painter(paint), folder)
    summary = json.loads((folder.path / "summary.json").read_text())
    assert (summary["status"], summary["frames"], summary["painted"]) == (status, 5, 5)
    assert len(pictures(folder)) == 5
    assert video_frames(folder) == 5
    end = folder.journal()[-1]
    assert end["status"] == status
    assert ("traceback" in end) == isinstance(error, ValueError)


class Short(Painter):
    """Has too little memory for picture 5, `times` times; a failed call holds something as long as its error is there."""

    def __init__(self, times):
        super().__init__(self._full)
        self.times, self.held, self.freed = times, [], []

    def _full(self, request):
        if request.index == 5 and len(self.held) < self.times:
            tensor = Card()
            self.held.append(weakref.ref(tensor))
            raise OutOfMemory("use a larger card")
        return noisy(request)

    def free(self):
        self.freed.append(self.held[-1]() is None)


class Card:
    pass


# with features that ask the painter several times, or again when it fails, it is still one second try
ROUND_IT = {"alone": {}, "redo": {"diffusion_redo": 2}, "reroll": {"reroll_blank_frames": "reroll", "diffusion_redo": 1}}


@pytest.mark.parametrize("changes", ROUND_IT.values(), ids=ROUND_IT)
def test_memory_that_runs_out_once_changes_nothing(tmp_path, changes):
    whole, _ = run(tmp_path, "whole", diffusion_cadence=1, **changes)
    engine = Short(1)
    folder, summary = run(tmp_path, "short", engine, diffusion_cadence=1, **changes)
    assert engine.freed == [True]
    assert summary["status"] == "done"
    assert pictures(folder) == pictures(whole)
    noted = [line["index"] for line in folder.journal() if "out_of_memory" in line.get("notes", {})]
    assert noted == ([] if changes else [5])  # of a picture that takes several passes, the last pass's notes count


@pytest.mark.parametrize("changes", ROUND_IT.values(), ids=ROUND_IT)
def test_memory_that_runs_out_twice_ends_it_with_what_to_do(tmp_path, changes):
    made = shot(**FILM, diffusion_cadence=1, **changes)
    folder, engine = RunFolder.create(tmp_path, "film", made.plan.settings), Short(2)
    with pytest.raises(OutOfMemory, match=r"take a smaller W and H, end other programs .*, or use a larger card"):
        film(made, engine, folder)
    assert (len(engine.held), engine.freed) == (2, [True])
    summary = json.loads((folder.path / "summary.json").read_text())
    assert (summary["status"], summary["frames"], video_frames(folder)) == ("failed", 5, 5)
    assert summary["error"].startswith("out of memory; ")
    whole, _ = run(tmp_path, "whole", diffusion_cadence=1, **changes)
    film(shot(**FILM, diffusion_cadence=1, **changes), Painter(noisy), folder)
    assert pictures(folder) == pictures(whole)


def test_the_painter_rests_while_the_film_is_held_and_when_it_is_over(tmp_path):
    control, rested = Control(), []

    class Resting(Painter):
        def rest(self):
            rested.append(len(self.requests))
            control.go_on()

    def paint(request):
        if request.index == 2:
            control.pause()
        return noisy(request)

    made = shot(**FILM, diffusion_cadence=1)
    film(made, Resting(paint), RunFolder.create(tmp_path, "film", made.plan.settings), control=control)
    assert rested == [3, 11]


@pytest.mark.parametrize("fault", [Interrupted, Disturbed])
def test_a_picture_interrupted_after_the_stop_ends_the_film(tmp_path, fault):
    control, painted = Control(), []

    def paint(request):
        painted.append(request.index)
        if request.index == 2:
            control.stop()
            raise fault("somebody would not wait")
        return noisy(request)

    made = shot(**FILM, diffusion_cadence=1)
    folder = RunFolder.create(tmp_path, "film", made.plan.settings)
    with pytest.raises(Stopped) as stop:
        film(made, Painter(paint), folder, control=control)
    assert stop.value.ending is Ending.STOPPED
    assert painted == [0, 1, 2]  # not begun again
    summary = json.loads((folder.path / "summary.json").read_text())
    assert (summary["status"], summary["frames"]) == ("interrupted", 2)


def test_a_full_disk_ends_the_run_with_its_reason(tmp_path, monkeypatch):
    real = RunFolder.write_frame

    def write_frame(self, index, frame, chunk):
        if index == 4:
            raise OSError(28, "No space left on device")
        real(self, index, frame, chunk)

    monkeypatch.setattr(RunFolder, "write_frame", write_frame)
    made = shot(**FILM, diffusion_cadence=1)
    folder = RunFolder.create(tmp_path, "film", made.plan.settings)
    with pytest.raises(WriteError, match="No space left on device"):
        film(made, Painter(noisy), folder)
    monkeypatch.undo()
    summary = film(shot(**FILM, diffusion_cadence=1), Painter(noisy), folder)
    assert summary["frames"] == 11
    assert len(pictures(folder)) == 11


def test_a_failing_video_loses_no_frame(tmp_path):
    made = shot(**FILM)
    folder = RunFolder.create(tmp_path, "film", made.plan.settings)
    with pytest.raises(VideoError, match="anim stitch"):
        film(made, Painter(noisy), folder, ffmpeg="/none/ffmpeg")
    assert len(pictures(folder)) == 11
    summary = json.loads((folder.path / "summary.json").read_text())
    assert (summary["status"], summary["frames"], summary["video"]) == ("failed", 11, None)
    assert stitch(folder, made.plan.settings, Steps()) == 11
    assert video_frames(folder) == 11


def test_frames_are_written_while_the_next_is_painted(tmp_path):
    on_disk = []

    def paint(request):
        for _ in range(100):
            if request.index == 0 or folder.frame_path(request.index - 1).exists():
                break
            time.sleep(0.02)
        on_disk.append(len(list(folder.frames.glob("*.png"))))
        return flat(request)

    made = shot(max_frames=5)
    folder = RunFolder.create(tmp_path, "film", made.plan.settings)
    film(made, Painter(paint), folder)
    assert on_disk == [0, 1, 2, 3, 4]


def test_no_video_when_none_is_wanted(tmp_path):
    made = shot(max_frames=3)
    folder = RunFolder.create(tmp_path, "film", made.plan.settings)
    summary = film(made, Painter(noisy), folder, video=False)
    assert summary["video"] is None
    assert not folder.video.exists()


@pytest.mark.parametrize(
    ("given", "said"),  # what x264 writes into its stream
    [({}, b"subme=7 crf=17.0"), ({"ffmpeg_crf": 30, "ffmpeg_preset": "ultrafast"}, b"subme=0 crf=30.0")],
)
def test_the_video_is_as_good_as_wanted(tmp_path, given, said):
    folder, _ = run(tmp_path, max_frames=2, **given)
    filmed = folder.video.read_bytes()
    stitch(folder, settings(**given), Steps())
    for video in (filmed, folder.video.read_bytes()):
        options = re.search(rb"x264 .* options: ([ -~]+)", video)[1]
        assert set(said.split()) <= set(options.split())


def test_progress_counts_every_frame(tmp_path):
    seen = []
    made = shot(max_frames=7, diffusion_cadence=3)
    folder = RunFolder.create(tmp_path, "film", made.plan.settings)
    film(made, Painter(noisy), folder, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(k, 7) for k in range(1, 8)]


def test_the_seed_that_an_engine_used_is_in_the_journal(tmp_path):
    class Rerolls(Painter):
        def paint(self, request):
            return Sampled(noisy(request), request.seed + 100, {"rerolled": 1})

    made = shot(max_frames=2)
    folder = RunFolder.create(tmp_path, "film", made.plan.settings)
    film(made, Rerolls(noisy), folder)
    line = next(line for line in folder.journal() if line["event"] == "painted")
    assert (line["seed"], line["notes"]) == (107, {"rerolled": 1})


SIGNALS = {"SIGINT": (130, "interrupted"), "SIGTERM": (143, "terminated"), "SIGHUP": (143, "terminated")}


def begun(tmp_path, *arguments, **how):
    """A long film by the command line, in another process, of which some frames are there."""
    (tmp_path / "film.json").write_text(json.dumps({"max_frames": 5000, "W": 64, "H": 64, "seed": 1, "batch_name": "film"}))
    command = [sys.executable, "-m", "lib_anim", "run", "film.json", "--engine", "passthrough", "--out", "out", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
    process = subprocess.Popen(command, cwd=tmp_path, text=True, env=environment, **how)
    for _ in range(200):
        if len(list((tmp_path / "out" / "film" / "frames").glob("*.png"))) > 5:
            break
        time.sleep(0.05)
    return process


def ended(tmp_path, words):
    """A run that was ended tidily: how many frames it has."""
    folder = RunFolder(tmp_path / "out" / "film")
    assert folder.summary()["status"] == words
    assert folder.journal()[-1]["status"] == words
    assert len(pictures(folder)) == folder.summary()["frames"]
    return folder


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("name", SIGNALS)
def test_signals_end_a_run_tidily(tmp_path, name):
    number, (status, words) = getattr(signal, name), SIGNALS[name]
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("what a shell runs in the background hears no Ctrl-C")
    process = begun(tmp_path)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == status, err
    assert f"{words}; what was painted is kept" in err
    assert out.strip() == "out/film"
    folder = ended(tmp_path, words)
    assert video_frames(folder) == folder.summary()["frames"] > 5


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("hangs", [False, True])
def test_a_second_ctrl_c_does_not_wait_and_ends_the_run_tidily(tmp_path, hangs):
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        pytest.skip("what a shell runs in the background hears no Ctrl-C")
    process = begun(tmp_path, *(["--ffmpeg", str(hanging(tmp_path))] if hangs else []))
    process.send_signal(signal.SIGINT)
    time.sleep(0.5 if hangs else 0.02)  # then it waits for ffmpeg; or is in the middle of ending
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert err.endswith("anim: interrupted; what was painted is kept\n")
    ended(tmp_path, "interrupted")


@pytest.mark.skipif(os.name == "nt", reason="terminals of POSIX")
def test_a_terminal_that_is_closed_ends_a_run_tidily(tmp_path):
    """Its messages go nowhere then, and that is no error."""
    ours, theirs = os.openpty()
    process = begun(tmp_path, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    process.send_signal(signal.SIGHUP)
    os.close(ours)
    assert process.wait(60) == 143
    ended(tmp_path, "terminated")


def hanging(tmp_path):
    """An ffmpeg that takes nothing and never ends."""
    path = tmp_path / "ffmpeg"
    path.write_text("#!/bin/sh\nexec sleep 600\n")
    path.chmod(0o755)
    return path


@pytest.mark.skipif(os.name == "nt", reason="a script as a program")
def test_an_ffmpeg_that_hangs_lets_the_frames_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr("lib_anim.runs.writer.HUNG_S", 0.5)
    made = shot(max_frames=40, W=128, H=128)
    folder = RunFolder.create(tmp_path, "film", made.plan.settings)
    with pytest.raises(VideoError, match=r"it took no frame for 0\.5 s .* `anim stitch` makes the video"):
        film(made, Painter(noisy), folder, ffmpeg=str(hanging(tmp_path)))
    assert len(pictures(folder)) == 40
    assert folder.summary()["status"] == "failed"


def test_frames_read_back_are_frames(tmp_path):
    folder, _ = run(tmp_path)
    last = read_picture(folder.frame_path(10))
    assert np.array_equal(last, cv2.cvtColor(cv2.imread(str(folder.frame_path(10))), cv2.COLOR_BGR2RGB))


def test_a_stop_takes_effect_between_the_passes_of_a_picture(tmp_path):
    """Three passes a picture; asked to stop in the first of frame 1, the run ends there and paints that frame anew later."""
    control, film_of = Control(), {"max_frames": 3, "diffusion_redo": 2}

    def paint(request):
        if len(painter.requests) == 2:
            control.stop()
        return noisy(request)

    painter, made = Painter(paint), shot(**film_of)
    folder = RunFolder.create(tmp_path, "film", made.plan.settings)
    with pytest.raises(Stopped):
        film(made, painter, folder, video=False, control=control)
    assert [request.index for request in painter.requests] == [0, 1]
    again = Painter(noisy)
    assert film(shot(**film_of), again, folder, video=False)["painted"] == 2
    assert [request.index for request in again.requests] == [1, 1, 1, 2, 2, 2]
    painted = [(line["index"], line["engine_ms"] > 0) for line in folder.journal() if line["event"] == "painted"]
    assert painted == [(0, True), (1, True), (2, True)]
    folder.close()


def test_files_are_written_while_the_engine_paints_and_not_between_its_calls(tmp_path, monkeypatch):
    painting, seen = threading.Event(), []

    class Slow(Painter):
        def paint(self, request):
            painting.set()
            until = time.monotonic() + 20
            while len(seen) < request.index and time.monotonic() < until:  # the frames before are there by the end
                time.sleep(0.01)
            time.sleep(0.05)
            painting.clear()
            return super().paint(request)

    real = RunFolder.write_frame
    monkeypatch.setattr(RunFolder, "write_frame", lambda *args: (seen.append(painting.is_set()), real(*args))[1])
    made = shot(max_frames=6)
    folder = RunFolder.create(tmp_path, "film", made.plan.settings)
    film(made, Slow(noisy), folder, video=False)
    folder.close()
    assert seen == [*[True] * 5, False]  # after the last picture nothing is painted any more


def test_a_film_that_is_held_is_written_all_the_same(tmp_path):
    control, made = Control(), shot(max_frames=3)
    folder = RunFolder.create(tmp_path, "film", made.plan.settings)

    class Held(Painter):
        def rest(self):
            if control.paused:
                until = time.monotonic() + 20
                while not folder.frame_path(0).exists() and time.monotonic() < until:
                    time.sleep(0.01)
                seen.append(folder.frame_path(0).exists())
                control.go_on()

    seen = []
    film(made, Held(lambda request: (control.pause(), noisy(request))[1] if request.index == 0 else noisy(request)), folder)
    folder.close()
    assert seen == [True]
