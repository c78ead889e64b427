"""Jobs: queue, stop, pause, going on, and what is found again; real films by the painter that changes nothing."""

import gc
import json
import threading
import time
import weakref
from types import SimpleNamespace

import numpy as np
import pytest

from lib_anim.engines.base import Sampled
from lib_anim.engines.cache import Engines
from lib_anim.engines.catalog import EngineSpec
from lib_anim.engines.preview import Passthrough
from lib_anim.errors import EngineError, OutputError, SettingsError
from lib_anim.images.frame import read_picture, write_png
from lib_anim.images.test_card import test_card as card
from lib_anim.jobs import history, requests
from lib_anim.jobs.job import Clock
from lib_anim.jobs.queue import Jobs
from lib_anim.runs.folder import RunFolder
from tests.helpers import settings

SPEC = EngineSpec("passthrough")


class Held(Passthrough):
    """Paints when it is let; says when it is asked."""

    def __init__(self):
        self.asked, self.may = threading.Semaphore(0), threading.Semaphore(0)

    def paint(self, request) -> Sampled:
        self.asked.release()
        assert self.may.acquire(timeout=30)
        return super().paint(request)


class Breaking(Passthrough):
    def paint(self, request) -> Sampled:
        if request.index == 3:
            raise EngineError("the painter broke")
        return super().paint(request)


def jobs_of(engine, out):
    return Jobs(out, SPEC, Engines({SPEC: engine}))


@pytest.fixture
def jobs(tmp_path):
    jobs = jobs_of(Passthrough(), tmp_path / "out")
    yield jobs
    jobs.close()


@pytest.fixture
def held(tmp_path):
    engine = Held()
    jobs = jobs_of(engine, tmp_path / "out")
    yield jobs, engine
    for _ in range(1000):
        engine.may.release()
    jobs.close()


def small(**changes):
    """The settings of a small film."""
    return settings(**{"batch_name": "film", "max_frames": 6, "fps": 6, **changes})


def view(jobs, run_id="film"):
    """A run as a page shows it."""
    job = jobs.find(run_id)
    return job.view() if job else history.view(jobs.out / run_id)


def over(job):
    assert job.over.wait(60)
    return job.state


def until(true, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_film(jobs):
    job = jobs.submit(small(), "film")
    assert over(job) == "done"
    seen = view(jobs)
    assert (seen["state"], seen["frame"], seen["of"], seen["seed"]) == ("done", 6, 6, 7)
    assert history.files(job.folder.path)["mp4"].stat().st_size > 500
    assert read_picture(job.newest_frame()).shape == (48, 64, 3)


def test_the_second_waits_for_the_first_and_says_so(held):
    jobs, engine = held
    first, second = jobs.submit(small(), "film"), jobs.submit(small(), "film")
    engine.asked.acquire()
    assert (first.state, second.state) == ("running", "queued")
    assert [jobs.waiting(job) for job in (first, second)] == [0, 1]
    assert {first.id, second.id} == {"film", "film_2"}
    for _ in range(12):
        engine.may.release()
    assert (over(first), over(second)) == ("done", "done")


def test_what_keeps_its_engine_from_painting_is_told(held, monkeypatch):
    jobs, engine = held
    monkeypatch.setattr(engine, "activity", lambda: "waiting")
    job = jobs.submit(small(), "film")
    assert engine.asked.acquire(timeout=20)
    assert view(jobs)["doing"] == "waiting"
    jobs.stop(job)
    assert view(jobs)["doing"] == "stopping"
    engine.may.release()
    over(job)
    assert view(jobs)["doing"] == ""


def test_stop_keeps_what_was_painted_and_resume_paints_the_rest(held):
    jobs, engine = held
    job = jobs.submit(small(), "film")
    engine.asked.acquire()
    for _ in range(2):
        engine.may.release()
        engine.asked.acquire()
    jobs.stop(jobs.find("film"))  # while the third picture is under way
    assert view(jobs)["doing"] == "stopping"
    engine.may.release()
    assert over(job) == "stopped"
    assert (job.frame, view(jobs)["frame"]) == (3, 3)
    assert "mp4" in history.files(job.folder.path)
    again = jobs.resume("film")
    assert again.frame == 3
    for _ in range(6):
        engine.may.release()
    assert over(again) == "done"
    assert again.frame == 6
    assert [one["id"] for one in jobs.views()] == ["film"]


def test_a_queued_job_can_be_stopped_and_gone_on_with(held):
    jobs, engine = held
    first, second = jobs.submit(small(), "film"), jobs.submit(small(batch_name="other"), "film")
    jobs.stop(jobs.find("other"))
    assert view(jobs, "other")["state"] == "stopped"
    for _ in range(12):
        engine.may.release()
    assert (over(first), over(second)) == ("done", "stopped")
    assert over(jobs.resume("other")) == "done"


def painted(jobs, run):
    """(frame, prompt's denoise) of every picture, as the journal has them."""
    lines = (jobs.out / run / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return {line["index"]: line["denoise"] for line in map(json.loads, lines) if line["event"] == "painted"}


@pytest.mark.parametrize("hold", [False, True])
def test_an_edit_holds_from_the_next_painted_picture_on(held, hold):
    jobs, engine = held
    job = jobs.submit(small(), "film")
    engine.asked.acquire()
    engine.may.release()
    engine.asked.acquire()  # the second picture is under way
    if hold:
        jobs.pause(jobs.find("film"))
    assert jobs.edit("film", small(strength_schedule="0:(0.25)", seed=-1)).view()["doing"] == "editing"
    engine.may.release()
    if hold:
        until(lambda: job.edit is None)
        assert (job.state, job.control.paused) == ("paused", True)
        jobs.go_on(jobs.find("film"))
    for _ in range(6):
        engine.may.release()
    assert over(job) == "done"
    old = 1 - 0.65
    assert painted(jobs, "film") == {0: 1.0, 1: pytest.approx(old), **dict.fromkeys(range(2, 6), 0.75)}
    assert view(jobs)["seed"] == 7
    events = [line["event"] for line in map(json.loads, (jobs.out / "film" / "journal.jsonl").read_text().splitlines())]
    assert (events.count("start"), events.count("edit"), events.count("painted")) == (1, 1, 6)
    again = json.loads((jobs.out / "film" / "settings.json").read_text())
    assert (again["strength_schedule"], again["seed"]) == ("0:(0.25)", 7)


def test_a_stopped_film_and_one_of_another_day_go_on_with_other_settings(held, tmp_path):
    jobs, engine = held
    job = jobs.submit(small(), "film")
    engine.asked.acquire()
    jobs.stop(jobs.find("film"))
    engine.may.release()
    assert over(job) == "stopped"
    for _ in range(6):
        engine.may.release()
    assert jobs.edit("film", small(color_coherence="RGB", strength_schedule="0:(0.5)")).view()["state"] in ("queued", "running")
    assert over(jobs.find("film")) == "done"
    assert painted(jobs, "film") == {0: 1.0, **dict.fromkeys(range(1, 6), 0.5)}


def test_a_film_that_waits_begins_with_what_was_asked_last(held):
    jobs, engine = held
    jobs.submit(small(), "film")
    waiting = jobs.submit(small(), "film")
    jobs.edit(waiting.id, small(strength_schedule="0:(0.5)"))
    for _ in range(12):
        engine.may.release()
    assert over(waiting) == "done"
    assert painted(jobs, waiting.id)[3] == 0.5


def test_stop_has_the_last_word_over_an_edit(held):
    jobs, engine = held
    job = jobs.submit(small(), "film")
    engine.asked.acquire()
    jobs.edit("film", small(strength_schedule="0:(0.5)"))
    jobs.stop(jobs.find("film"))
    jobs.edit("film", small(strength_schedule="0:(0.4)"))
    assert view(jobs)["doing"] == "stopping"
    engine.may.release()
    assert over(job) == "stopped"
    assert json.loads((jobs.out / "film" / "settings.json").read_text())["strength_schedule"] == "0:(0.4)"


@pytest.mark.parametrize(
    ("changes", "key", "said"),
    [
        ({"W": 128}, "W", "the film under way has 64, and that cannot change any more"),
        ({"max_frames": 5}, "max_frames", "the film under way has 6"),
        ({"diffusion_cadence": 2}, "diffusion_cadence", "the film under way has 1"),
        ({"strength_schedule": "0:(nothing)"}, "strength_schedule", "nothing"),
    ],
)
def test_what_a_film_under_way_cannot_take_is_said_and_it_goes_on_as_it_was(held, changes, key, said):
    jobs, engine = held
    job = jobs.submit(small(), "film")
    engine.asked.acquire()
    with pytest.raises(SettingsError) as refused:
        jobs.edit("film", small(**changes))
    assert [problem.key for problem in refused.value.problems] == [key]
    assert said in str(refused.value)
    for _ in range(6):
        engine.may.release()
    assert over(job) == "done"
    assert "edit" not in (jobs.out / "film" / "journal.jsonl").read_text()


@pytest.mark.parametrize("cadence", [1, 4])
def test_a_finished_film_becomes_longer(jobs, cadence):
    assert over(jobs.submit(small(diffusion_cadence=cadence), "film")) == "done"
    longer = requests.longer(small(diffusion_cadence=cadence), 1.0)
    assert over(jobs.edit("film", longer)) == "done"
    assert [view(jobs)[key] for key in ("frame", "of")] == [12, 12]
    assert sorted(painted(jobs, "film")) == list(range(0, 12, cadence))
    assert over(jobs.resume("film")) == "done"  # and is the longer one from now on


@pytest.mark.parametrize("changes", [{"loop": True}, {"reverse": True}])
def test_a_film_whose_end_is_made_first_cannot_become_longer(jobs, changes):
    assert over(jobs.submit(small(**changes), "film")) == "done"
    with pytest.raises(SettingsError) as refused:
        jobs.edit("film", requests.longer(small(**changes)))
    assert "the film under way has 6, and that cannot change any more" in str(refused.value)


def test_only_films_can_be_edited(held):
    jobs, _ = held
    trial = jobs.submit(small(), "first")
    for run_id in (trial.id, "nothing", "../film"):
        with pytest.raises(KeyError):
            jobs.edit(run_id, small())


def test_pause_holds_and_go_on_goes_on(held):
    jobs, engine = held
    job = jobs.submit(small(), "film")
    engine.asked.acquire()
    jobs.pause(jobs.find("film"))
    engine.may.release()
    engine.may.release()
    time.sleep(0.2)
    assert (job.state, engine.asked.acquire(timeout=0.2)) == ("paused", False)
    jobs.go_on(jobs.find("film"))
    for _ in range(6):
        engine.may.release()
    assert over(job) == "done"


def test_frames_that_come_at_once_say_nothing_of_how_long_the_next_takes(monkeypatch):
    """The first frames after a film goes on are those of one span, written in a moment."""
    now = [100.0]
    monkeypatch.setattr("lib_anim.jobs.job.time", SimpleNamespace(monotonic=lambda: now[0]))
    clock = Clock()
    for done in (5, 6, 7, 8):
        now[0] += 0.01
        clock.saw(done)
    assert clock.left(20) is None
    now[0] += 4.0
    for done in (9, 10, 11, 12):
        clock.saw(done)
    assert clock.left(20) == pytest.approx(8.0, abs=0.2)


def test_time_left_is_told_once_it_can_be(held):
    jobs, engine = held
    job = jobs.submit(small(), "film")
    assert job.view()["left"] is None
    for _ in range(4):
        engine.may.release()
        time.sleep(0.05)
    until(lambda: job.frame >= 3)
    left, finish = job.view()["left"], job.view()["finish"]
    assert 0 <= left < 10
    assert finish == pytest.approx(time.time() + left, abs=1)


def test_what_breaks_is_said_in_one_line_and_the_next_job_runs(tmp_path):
    jobs = jobs_of(Breaking(), tmp_path / "out")
    broken, after = jobs.submit(small(), "film"), jobs.submit(small(max_frames=2), "film")
    assert (over(broken), over(after)) == ("failed", "done")
    assert view(jobs)["error"] == "the painter broke"
    assert view(jobs)["frame"] == 3
    jobs.close()


def test_a_model_that_does_not_load_fails_the_job_not_the_queue(tmp_path):
    jobs = Jobs(tmp_path / "out", EngineSpec("diffusers", model=str(tmp_path / "none.safetensors")), Engines())
    job = jobs.submit(small(), "film")
    assert over(job) == "failed"
    assert history.view(tmp_path / "out" / "film")["error"] == f"{tmp_path / 'none.safetensors'}: there is no such model"
    jobs.close()


def test_films_are_found_again_by_the_next_process(jobs, tmp_path):
    over(jobs.submit(small(), "film"))
    later = jobs_of(Passthrough(), tmp_path / "out")
    (found,) = later.views()
    assert (found["id"], found["state"], found["frame"], found["seed"]) == ("film", "done", 6, 7)
    assert view(later) == found
    later.close()


def journal(jobs, run="film"):
    return [json.loads(line) for line in (jobs.out / run / "journal.jsonl").read_text(encoding="utf-8").splitlines()]


def test_a_journal_begins_with_what_the_command_line_needs_to_go_on(jobs):
    over(jobs.submit(small(), "film"))
    begun = {key: value for key, value in journal(jobs)[0].items() if key not in ("time", "crc", "signature")}
    written = json.loads((jobs.out / "film" / "settings.json").read_text(encoding="utf-8"))
    asked = {**json.loads(json.dumps(SPEC.to_journal())), "allow_missing": False, "frames": [0, 6], "settings": written}
    assert begun == {"event": "start", **asked}


@pytest.mark.parametrize(
    ("begun", "said"),
    [
        ({"engine": "webui"}, "film was begun with the painter 'webui'; this page has passthrough"),
        ({"frames": [0, 3]}, "film is a part of a film; go on with it by anim run --resume "),
    ],
)
def test_a_run_of_others_is_refused_and_let_go_of(jobs, begun, said):
    over(jobs.submit(small(), "film"))
    lines = [{**line, **begun} if line["event"] == "start" else line for line in RunFolder(jobs.out / "film").journal()]
    (jobs.out / "film" / "journal.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for _ in range(2):
        with pytest.raises(OutputError, match=said):
            jobs.resume("film")
    assert "resume" not in [line["event"] for line in journal(jobs)]


def test_a_process_that_was_killed_leaves_a_film_to_go_on_with(held, tmp_path):
    jobs, engine = held
    jobs.submit(small(), "film")
    engine.may.release()
    engine.asked.acquire()
    until(lambda: history.summary(tmp_path / "out" / "film").get("status") == "running")
    assert history.view(tmp_path / "out" / "film")["state"] == "stopped"  # as another process sees it
    other = jobs_of(Passthrough(), tmp_path / "out")
    with pytest.raises(OutputError, match="another process is filming here"):
        other.resume("film")
    other.close()


def test_trials_leave_nothing_in_the_output_folder(jobs, tmp_path):
    first, look = jobs.submit(small(seed=-1), "first"), jobs.submit(small(), "preview")
    assert (over(first), over(look)) == ("done", "done")
    assert (first.of, look.of) == (1, 6)
    assert first.newest_frame().exists()
    assert "mp4" in history.files(look.folder.path)
    assert not (tmp_path / "out").exists()
    assert jobs.views() == []
    trials = first.folder.path.parent
    jobs.close()
    assert not trials.exists()


def test_old_trials_go(jobs):
    trials = [jobs.submit(small(), "first") for _ in range(10)]
    assert {over(job) for job in trials} == {"done"}
    jobs.submit(small(), "first")
    assert len([job for job in trials if jobs.find(job.id) is job]) <= 7


def test_the_first_picture_is_that_of_the_film(jobs):
    first = jobs.submit(small(seed=-1), "first")
    over(first)
    film = jobs.submit(small(seed=first.view()["seed"]), "film")
    over(film)
    assert first.folder.frame_path(0).read_bytes() == film.folder.frame_path(0).read_bytes()


def test_the_opening_is_the_beginning_of_the_film_and_nothing_else(jobs):
    asked = {"max_frames": 20, "diffusion_cadence": 5, "zoom": "0:(1.05)", "make_gif": True, "skip_video_creation": True}
    opening, film = jobs.submit(small(**asked), "opening"), jobs.submit(small(**asked), "film")
    assert (over(opening), over(film)) == ("done", "done")
    assert (opening.of, view(jobs, opening.id)["files"]) == (12, ["mp4"])
    pixels = [[read_picture(job.folder.frame_path(k)) for job in (opening, film)] for k in range(12)]
    alike = [np.array_equal(*pair) for pair in pixels]
    assert alike == [True] * 11 + [False]  # no picture follows the last one, so nothing is melted into it
    assert [one["id"] for one in jobs.views()] == ["film"]


def test_the_opening_of_a_short_film_is_all_of_it(jobs):
    opening = jobs.submit(small(max_frames=4), "opening")
    assert (over(opening), opening.of) == ("done", 4)


def test_both_looks_of_an_opening_wait_for_films_and_differ(held):
    jobs, engine = held
    for _ in range(100):
        engine.may.release()
    asked = {"noise_schedule": "0:(0.3)", "strength_schedule": "0:(0.4)"}
    film = jobs.submit(small(), "film")
    looks = [jobs.submit(small(**asked, classic=classic), "opening") for classic in (True, False)]
    assert [over(job) for job in (film, *looks)] == ["done"] * 3
    assert looks[0].began < looks[1].began
    last = [job.folder.frame_path(5).read_bytes() for job in looks]
    assert last[0] != last[1]


def test_a_preview_makes_no_gif(jobs):
    look = jobs.submit(small(make_gif=True), "preview")
    assert over(look) == "done"
    assert view(jobs, look.id)["files"] == ["mp4"]


def test_files_that_a_stranger_s_run_names_are_not_opened_on_a_page(jobs, monkeypatch, tmp_path):
    """Uploads lie in the output folder, outside of the run's: those are the page's own."""
    write_png(tmp_path / "private.png", card((64, 48)))
    monkeypatch.setenv("ANIM_CONFIG", str(tmp_path / "stranger"))
    over(jobs.submit(small(use_init=True, init_image=str(tmp_path / "private.png")), "film"))
    monkeypatch.setenv("ANIM_CONFIG", str(tmp_path / "me"))
    with pytest.raises(OutputError, match=r"film: it was begun by somebody else .* init_image .*private.png; .*--trust-run"):
        jobs.resume("film")
    assert over(jobs.edit("film", small(use_init=False))) == "done"  # a form's settings are those of who sends it
    assert over(jobs.resume("film")) == "done"
    write_png(jobs.out / "upload.png", card((64, 48)))
    monkeypatch.setenv("ANIM_CONFIG", str(tmp_path / "stranger"))
    over(jobs.submit(small(use_init=True, init_image=str(jobs.out / "upload.png")), "film"))
    monkeypatch.setenv("ANIM_CONFIG", str(tmp_path / "me"))
    assert over(jobs.resume("film_2")) == "done"


def test_a_damaged_film_says_so_on_the_page(jobs):
    film = jobs.submit(small(), "film")
    over(film)
    state = max(film.folder.states.iterdir())
    state.write_bytes(state.read_bytes()[:100])
    again = jobs.resume("film")
    assert over(again) == "done"
    assert "is not whole, and is set aside in damaged" in view(jobs)["notes"][0]
    (jobs.out / "film" / "journal.jsonl").write_text("")
    with pytest.raises(OutputError, match="film: its journal does not say what painted it, or is not whole; go on with it by"):
        jobs.resume("film")


@pytest.mark.parametrize("painter", ["small", "other", "silent"])
def test_a_preview_has_the_depth_of_the_painters_films(tmp_path, painter):
    """The small painter's films have that of the network that comes along."""
    pytest.importorskip("torch")
    specs = {"small": EngineSpec("diffusers"), "other": SPEC, "silent": EngineSpec("webui-api", url="http://127.0.0.1:9")}
    jobs = Jobs(tmp_path / "out", specs[painter], Engines())
    write_png(tmp_path / "start.png", card((64, 64)))
    begun = {"use_init": True, "init_image": str(tmp_path / "start.png"), "animation_mode": "3D"}
    does = dict(jobs.submit(small(**begun), "preview").shot.features)["camera_3d"].does
    jobs.close()
    assert ("small network" in does) == (painter == "small")


@pytest.mark.parametrize("what", ["film", "preview", "first"])
def test_a_job_that_is_over_gives_its_plan_back(jobs, what):
    job = jobs.submit(small(max_frames=4), what)
    shot = weakref.ref(job.shot)
    assert job.over.wait(30)
    for _ in range(100):
        gc.collect()
        if shot() is None:
            break
        time.sleep(0.05)
    assert shot() is None
    view = job.view()
    assert (view["state"], view["frame"], view["of"]) == ("done", view["of"], 1 if what == "first" else 4)
    assert job.newest_frame().is_file()
