"""Jobs: queue, stop, pause, going on, and what is found again; real films by the painter that changes nothing."""

import json
import threading
import time

import numpy as np
import pytest

from lib_anim.engines.base import Sampled
from lib_anim.engines.catalog import Engines, EngineSpec
from lib_anim.engines.preview import Passthrough
from lib_anim.errors import EngineError, OutputError, SettingsError
from lib_anim.images.frame import encode_png, read_picture
from lib_anim.jobs import history
from lib_anim.page import forms
from lib_anim.page.forms import Form, Limits
from lib_anim.page.service import Service
from tests.helpers import QUIET

SPEC = EngineSpec("passthrough")
SMALL = {**QUIET, "batch_name": "film", "max_frames": 6, "fps": 6}
del SMALL["anim_version"]


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


def service_of(engine, out, **more):
    return Service(out, SPEC, Engines({SPEC: engine}), **more)


@pytest.fixture
def service(tmp_path):
    service = service_of(Passthrough(), tmp_path / "out")
    yield service
    service.close()


@pytest.fixture
def held(tmp_path):
    service = service_of(Held(), tmp_path / "out")
    engine = service.engines.get(SPEC)
    yield service, engine
    for _ in range(1000):
        engine.may.release()
    service.close()


def form(**changes):
    return Form(dict.fromkeys(("scenes", "movement", "steadiness")), {**SMALL, **changes})


def over(job):
    assert job.over.wait(60)
    return job.state


def until(true, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_film(service):
    job = service.begin(form(), "film")
    assert over(job) == "done"
    view = service.run("film")
    assert (view["state"], view["frame"], view["of"], view["seed"]) == ("done", 6, 6, 7)
    assert service.file("film").stat().st_size > 500
    assert service.frame("film")[:2] == b"\xff\xd8"


def test_the_second_waits_for_the_first_and_says_so(held):
    service, engine = held
    first, second = service.begin(form(), "film"), service.begin(form(), "film")
    engine.asked.acquire()
    assert (first.state, second.state) == ("running", "queued")
    assert service.run(second.id)["before"] == 1
    assert {first.id, second.id} == {"film", "film_2"}
    for _ in range(12):
        engine.may.release()
    assert (over(first), over(second)) == ("done", "done")


def test_stop_keeps_what_was_painted_and_resume_paints_the_rest(held):
    service, engine = held
    job = service.begin(form(), "film")
    engine.asked.acquire()
    for _ in range(2):
        engine.may.release()
        engine.asked.acquire()
    service.command("film", "stop")  # while the third picture is under way
    assert service.run("film")["doing"] == "stopping"
    engine.may.release()
    assert over(job) == "stopped"
    assert (job.frame, service.run("film")["frame"]) == (3, 3)
    assert service.file("film").exists()
    again = service.jobs.resume("film")
    assert again.frame == 3
    for _ in range(6):
        engine.may.release()
    assert over(again) == "done"
    assert again.frame == 6
    assert [one["id"] for one in service.runs()] == ["film"]


def test_a_queued_job_can_be_stopped_and_gone_on_with(held):
    service, engine = held
    first, second = service.begin(form(), "film"), service.begin(form(batch_name="other"), "film")
    service.command("other", "stop")
    assert service.run("other")["state"] == "stopped"
    for _ in range(12):
        engine.may.release()
    assert (over(first), over(second)) == ("done", "stopped")
    assert over(service.jobs.resume("other")) == "done"


def painted(service, run):
    """(frame, prompt's denoise) of every picture, as the journal has them."""
    lines = (service.out / run / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return {line["index"]: line["denoise"] for line in map(json.loads, lines) if line["event"] == "painted"}


@pytest.mark.parametrize("hold", [False, True])
def test_an_edit_holds_from_the_next_painted_picture_on(held, hold):
    service, engine = held
    job = service.begin(form(), "film")
    engine.asked.acquire()
    engine.may.release()
    engine.asked.acquire()  # the second picture is under way
    if hold:
        service.command("film", "pause")
    assert service.edit("film", form(strength_schedule="0:(0.25)", seed=-1))["doing"] == "editing"
    engine.may.release()
    if hold:
        until(lambda: job.edit is None)
        assert (job.state, job.control.paused) == ("paused", True)
        service.command("film", "go_on")
    for _ in range(6):
        engine.may.release()
    assert over(job) == "done"
    old = 1 - 0.65
    assert painted(service, "film") == {0: 1.0, 1: pytest.approx(old), **dict.fromkeys(range(2, 6), 0.75)}
    assert service.run("film")["seed"] == 7
    events = [line["event"] for line in map(json.loads, (service.out / "film" / "journal.jsonl").read_text().splitlines())]
    assert (events.count("start"), events.count("edit"), events.count("painted")) == (1, 1, 6)
    again = json.loads((service.out / "film" / "settings.json").read_text())
    assert (again["strength_schedule"], again["seed"]) == ("0:(0.25)", 7)


def test_a_stopped_film_and_one_of_another_day_go_on_with_other_settings(held, tmp_path):
    service, engine = held
    job = service.begin(form(), "film")
    engine.asked.acquire()
    service.command("film", "stop")
    engine.may.release()
    assert over(job) == "stopped"
    for _ in range(6):
        engine.may.release()
    assert service.edit("film", form(color_coherence="RGB", strength_schedule="0:(0.5)"))["state"] in ("queued", "running")
    assert over(service.jobs.find("film")) == "done"
    assert painted(service, "film") == {0: 1.0, **dict.fromkeys(range(1, 6), 0.5)}


def test_a_film_that_waits_begins_with_what_was_asked_last(held):
    service, engine = held
    service.begin(form(), "film")
    waiting = service.begin(form(), "film")
    service.edit(waiting.id, form(strength_schedule="0:(0.5)"))
    for _ in range(12):
        engine.may.release()
    assert over(waiting) == "done"
    assert painted(service, waiting.id)[3] == 0.5


def test_stop_has_the_last_word_over_an_edit(held):
    service, engine = held
    job = service.begin(form(), "film")
    engine.asked.acquire()
    service.edit("film", form(strength_schedule="0:(0.5)"))
    service.command("film", "stop")
    service.edit("film", form(strength_schedule="0:(0.4)"))
    assert service.run("film")["doing"] == "stopping"
    engine.may.release()
    assert over(job) == "stopped"
    assert json.loads((service.out / "film" / "settings.json").read_text())["strength_schedule"] == "0:(0.4)"


@pytest.mark.parametrize(
    ("changes", "key", "said"),
    [
        ({"W": 128}, "W", "the film under way has 64, and that cannot change any more"),
        ({"max_frames": 7}, "max_frames", "the film under way has 6"),
        ({"diffusion_cadence": 2}, "diffusion_cadence", "the film under way has 1"),
        ({"strength_schedule": "0:(nothing)"}, "strength_schedule", "nothing"),
    ],
)
def test_what_a_film_under_way_cannot_take_is_said_and_it_goes_on_as_it_was(held, changes, key, said):
    service, engine = held
    job = service.begin(form(), "film")
    engine.asked.acquire()
    with pytest.raises(SettingsError) as refused:
        service.edit("film", form(**changes))
    assert [problem.key for problem in refused.value.problems] == [key]
    assert said in str(refused.value)
    for _ in range(6):
        engine.may.release()
    assert over(job) == "done"
    assert "edit" not in (service.out / "film" / "journal.jsonl").read_text()


def test_only_films_can_be_edited(held):
    service, _ = held
    trial = service.begin(form(), "first")
    for run_id in (trial.id, "nothing", "../film"):
        with pytest.raises(KeyError):
            service.edit(run_id, form())


def test_pause_holds_and_go_on_goes_on(held):
    service, engine = held
    job = service.begin(form(), "film")
    engine.asked.acquire()
    service.command("film", "pause")
    engine.may.release()
    engine.may.release()
    time.sleep(0.2)
    assert (job.state, engine.asked.acquire(timeout=0.2)) == ("paused", False)
    service.command("film", "go_on")
    for _ in range(6):
        engine.may.release()
    assert over(job) == "done"


def test_time_left_is_told_once_it_can_be(held):
    service, engine = held
    job = service.begin(form(), "film")
    assert job.view()["left"] is None
    for _ in range(4):
        engine.may.release()
        time.sleep(0.05)
    until(lambda: job.frame >= 3)
    left, finish = job.view()["left"], job.view()["finish"]
    assert 0 <= left < 10
    assert finish == pytest.approx(time.time() + left, abs=1)


def test_what_breaks_is_said_in_one_line_and_the_next_job_runs(tmp_path):
    service = service_of(Breaking(), tmp_path / "out")
    broken, after = service.begin(form(), "film"), service.begin(form(max_frames=2), "film")
    assert (over(broken), over(after)) == ("failed", "done")
    assert service.run("film")["error"] == "the painter broke"
    assert service.run("film")["frame"] == 3
    service.close()


def test_a_model_that_does_not_load_fails_the_job_not_the_page(tmp_path):
    service = Service(tmp_path / "out", EngineSpec("diffusers", model=str(tmp_path / "none.safetensors")))
    job = service.begin(form(), "film")
    assert over(job) == "failed"
    assert history.view(tmp_path / "out" / "film")["error"] == f"{tmp_path / 'none.safetensors'}: there is no such model"
    service.close()


def test_films_are_found_again_by_the_next_process(service, tmp_path):
    over(service.begin(form(), "film"))
    later = service_of(Passthrough(), tmp_path / "out")
    (found,) = later.runs()
    assert (found["id"], found["state"], found["frame"], found["seed"]) == ("film", "done", 6, 7)
    assert later.run("film") == found
    assert later.settings_of("film")["changes"]["batch_name"] == "film"
    later.close()


def test_a_process_that_was_killed_leaves_a_film_to_go_on_with(held, tmp_path):
    service, engine = held
    service.begin(form(), "film")
    engine.may.release()
    engine.asked.acquire()
    until(lambda: history.summary(tmp_path / "out" / "film").get("status") == "running")
    assert history.view(tmp_path / "out" / "film")["state"] == "stopped"  # as another process sees it
    other = service_of(Passthrough(), tmp_path / "out")
    with pytest.raises(OutputError, match="another process is filming here"):
        other.jobs.resume("film")
    other.close()


def test_trials_leave_nothing_in_the_output_folder(service, tmp_path):
    first, look = service.begin(form(seed=-1), "first"), service.begin(form(), "preview")
    assert (over(first), over(look)) == ("done", "done")
    assert (first.of, look.of) == (1, 6)
    assert service.frame(first.id)[:2] == b"\xff\xd8"
    assert service.file(look.id).exists()
    assert not (tmp_path / "out").exists()
    assert service.runs() == []
    trials = first.folder.path.parent
    service.close()
    assert not trials.exists()


def test_old_trials_go(service):
    jobs = [service.begin(form(), "first") for _ in range(10)]
    assert {over(job) for job in jobs} == {"done"}
    service.begin(form(), "first")
    assert len([job for job in jobs if service.jobs.find(job.id) is job]) <= 7


def test_the_first_picture_is_that_of_the_film(service):
    first = service.begin(form(seed=-1), "first")
    over(first)
    film = service.begin(form(seed=first.view()["seed"]), "film")
    over(film)
    assert first.folder.frame_path(0).read_bytes() == film.folder.frame_path(0).read_bytes()


def test_the_opening_is_the_beginning_of_the_film_and_nothing_else(service):
    asked = {"max_frames": 20, "diffusion_cadence": 5, "zoom": "0:(1.05)", "make_gif": True, "skip_video_creation": True}
    opening, film = service.begin(form(**asked), "opening"), service.begin(form(**asked), "film")
    assert (over(opening), over(film)) == ("done", "done")
    assert (opening.of, service.run(opening.id)["files"]) == (12, ["mp4"])
    pixels = [[read_picture(job.folder.frame_path(k)) for job in (opening, film)] for k in range(12)]
    alike = [np.array_equal(*pair) for pair in pixels]
    assert alike == [True] * 11 + [False]  # no picture follows the last one, so nothing is melted into it
    assert [one["id"] for one in service.runs()] == ["film"]


def test_the_opening_of_a_short_film_is_all_of_it(service):
    opening = service.begin(form(max_frames=4), "opening")
    assert (over(opening), opening.of) == ("done", 4)


def test_both_looks_of_an_opening_wait_for_films_and_differ(held):
    service, engine = held
    for _ in range(100):
        engine.may.release()
    asked = {"noise_schedule": "0:(0.3)", "strength_schedule": "0:(0.4)"}
    film = service.begin(form(), "film")
    looks = [service.begin(form(**asked, classic=classic), "opening") for classic in (True, False)]
    assert [over(job) for job in (film, *looks)] == ["done"] * 3
    assert looks[0].began < looks[1].began
    last = [job.folder.frame_path(5).read_bytes() for job in looks]
    assert last[0] != last[1]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"zoom": "0:(1", "angle": "0:(q)"}, "angle, keyframe 0, column 4: unknown name 'q'"),
        ({"max_frames": 5000}, "max_frames: 5000 is more than this page allows; the most is 100"),
        ({"W": 2048}, "W: 2048 is more than this page allows; the most is 512"),
        ({"use_init": True}, "init_image: there is no start picture; choose one, or switch use_init off"),
        ({"use_init": True, "init_image": "/etc/passwd"}, "init_image: the picture is not here; choose it again"),
        ({"depth_map": "picture-../../x.png"}, "depth_map: the picture is not here; choose it again"),
        (
            {"flow_model": "/raft.onnx"},
            "flow_model: only the host of this page names it; anim ui takes --flow-model FILE, a WebUI",
        ),
        ({"hybrid_composite": "Normal"}, "hybrid_composite: hybrid video: not built yet"),
        ({"parseq_manifest": "/etc/passwd"}, "parseq_manifest: a page reads no files and no addresses"),
        ({"parseq_manifest": "http://example.org/x"}, "parseq_manifest: a web address; nothing is downloaded; put the text of"),
        ({"scenes": 3, "W": "wide"}, 'W: "wide" is not a number'),
    ],
)
def test_what_cannot_be_filmed_is_refused_and_leaves_nothing(tmp_path, changes, said):
    service = service_of(Passthrough(), tmp_path / "out", limits=Limits(side=512, frames=100))
    for what in ("film", "first"):
        with pytest.raises(SettingsError) as error:
            service.begin(form(**changes), what)
        assert any(line.startswith(said) for line in error.value.lines())
    assert said in " ".join(one["text"] for one in service.validate(form(**changes))["problems"])
    assert not (tmp_path / "out").exists()
    service.close()


def test_a_fault_in_a_prompt_is_told_by_its_scene(service):
    asked = Form({"scenes": "0s a cat\n2s snow, (deep:`1+x`)"}, {})
    (problem,) = service.validate(asked)["problems"]
    assert problem["text"].startswith("scenes, line 2, column 19: unknown name 'x'")


def test_a_long_curve_is_sent_as_a_short_one(service):
    asked = Form({}, {"max_frames": 10_000, "translation_x": "0:(sin(t/10)*cos(t/7))"})
    seen = service.validate(asked, ["translation_x"])
    assert max(len(curve["points"]) for curve in seen["curves"]) <= 402


@pytest.mark.parametrize(
    "content",
    [
        '{"W": 640, "H": 360, "max_frames": 90, "zoom": "0:(1.1)", "prompts": {"0": "a", "40": "b"}, "fps": 24}',
        '{"prompts": {"0": "a", "max_f/2": "b"}, "seed": 99, "anim_version": "0.1.0"}',
        '{"W": 1024, "H": 1024, "max_frames": 12, "anim_version": "0.1.0", "animation_prompts_negative": "fog"}',
    ],
)
@pytest.mark.parametrize("family", ["sd1", "sdxl"])
def test_a_loaded_file_means_the_same_in_the_form(tmp_path, content, family):
    from lib_anim.settings import settings as settings_file

    (tmp_path / "film.json").write_text(content)
    read = settings_file.load(tmp_path / "film.json")
    uploads = service_of(Passthrough(), tmp_path).uploads
    loaded, _ = forms.loaded(content.encode(), "film.json", uploads, family)
    meant = forms.settled(loaded, family, uploads, Limits())
    assert {key: (read[key], meant[key]) for key in read if read[key] != meant[key]} == {}


ANSWERED = {"scenes": "0s a cat\n2s a dog", "movement": "spiral", "steadiness": 0.6, "length": 4, "seed": 3, "save_as": "gif"}
SAID_IN_A_FILE = {**dict.fromkeys(("scenes", "movement", "steadiness", "quality", "shape", "length")), "avoid": "fog"}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"zoom": "0:(1.5)", "W": 512, "strength_schedule": "0:(0.3)"},
        {"fps": 24, "max_frames": 90},
        {"fps": 1, "max_frames": 2},  # the answered scenes no longer fit
        {"prompts": {"0": "a", "max_f/2": "b"}, "animation_prompts_negative": "", "seed": -1},
        {"my_own": {"a": [1, None]}, "midas_weight": 0.3, "init_image": "", "use_init": False},
        {"classic": True, "batch_name": "other {timestring}"},
    ],
)
@pytest.mark.parametrize(
    "begun",
    [Form({}, {}), Form(ANSWERED, {"angle": "0:(2)"}), Form(SAID_IN_A_FILE, {"fps": 30, "max_frames": 7, "hers": 1})],
)
@pytest.mark.parametrize("family", ["sd1", "sdxl"])
def test_a_form_means_the_text_that_it_is_rewritten_by(tmp_path, begun, change, family):
    from lib_anim.settings import settings as settings_file

    uploads = service_of(Passthrough(), tmp_path).uploads
    before = json.loads(settings_file.dumps(forms.settled(begun, family, uploads, Limits())))
    text = json.dumps({**before, **change}, indent=2, ensure_ascii=False)
    written, _ = forms.rewritten(begun, text, uploads, family)
    meant = forms.settled(
        Form.read(json.loads(json.dumps({"essentials": written.answers, "changes": written.changes}))),
        family,
        uploads,
        Limits(),
    )
    assert json.loads(settings_file.dumps(meant)) == {**before, **change}
    if not change:
        assert written.answers == begun.answers


def test_only_what_a_text_says_otherwise_is_laid_over_the_answers(service):
    text = service.save(Form(ANSWERED, {}))
    assert service.rewrite(Form(ANSWERED, {}), text) == {"problems": [], "essentials": ANSWERED, "changes": {}, "notes": []}
    other = text.replace('"angle": "', '"angle": "0:(9), 1:(9)", "_": "', 1)
    written = service.rewrite(Form(ANSWERED, {"zoom": "0:(2)"}), other)
    assert (written["changes"]["angle"], written["essentials"]) == ("0:(9), 1:(9)", ANSWERED)
    assert "zoom" not in written["changes"]


def test_an_upload_stays_in_a_text_and_can_be_taken_out_of_it(service):
    picture = service.uploads.pictures.add(encode_png(np.zeros((8, 8, 3), np.uint8)))
    begun = Form({**ANSWERED, "start_picture": picture}, {})
    text = service.save(begun)
    assert service.rewrite(begun, text)["changes"] == {}
    named = json.loads(text)
    assert named["init_image"].endswith(picture)
    without = service.rewrite(begun, json.dumps({**named, "init_image": "", "use_init": False}))
    assert without["changes"] == {"init_image": "", "use_init": False}
    meant = json.loads(service.save(Form(without["essentials"], without["changes"])))
    assert (meant["init_image"], meant["use_init"]) == ("", False)
    strange = service.rewrite(begun, json.dumps({**named, "init_image": "/etc/passwd"}))
    assert strange["changes"] == {"init_image": ""}
    assert strange["notes"] == ["init_image: files beside a settings file are not read from a page; choose it here"]
    assert service.rewrite(begun, json.dumps({**named, "init_image": "https://example.org/x.png"}))["notes"] == []


@pytest.mark.parametrize(
    ("text", "said", "at"),
    [
        ('{\n  "W": 64,\n  "H": 64,\n}', "line 4, column 1: not valid JSON: ", None),
        ('{\n "W": 64\n "H": 64}', "line 3, column 2: not valid JSON: expecting ',' delimiter", '"'),
        ("[]", 'a settings file is one JSON object; write { "key": value, … }', None),
        ("", "line 1, column 1: not valid JSON: expecting value", None),
        ('{"W": "wide", "steps": 1e400}', 'W: "wide" is not a number', None),
        ('{"W": "wide", "steps": "x"}', 'steps: "x" is not a', None),
        ('"\ud800"', "byte 1: not UTF-8 text; save it as UTF-8", None),
    ],
)
def test_what_is_wrong_with_a_text_is_told_with_its_place(service, text, said, at):
    problems = service.rewrite(form(), text)["problems"]
    told = [one for one in problems if one["text"].startswith(said)]
    assert len(told) == 1
    assert at is None or told[0]["excerpt"]["at"] == at


def test_the_time_that_a_film_takes_goes_by_the_steps_that_strength_leaves(tmp_path):
    service = service_of(Passthrough(), tmp_path)
    try:
        assert service.validate(form())["seconds"] is None
        assert over(service.begin(form(steps=10, diffusion_cadence=1, strength_schedule="0:(0.6)"), "film")) == "done"
        told = {**history.summary(tmp_path / "film"), "engine_ms": 500.0, "gap_ms": 0.0}  # 5 of 10 steps: 100 ms each
        (tmp_path / "film" / "summary.json").write_text(json.dumps(told))
        service._measured = (-1e9, None)
        asked = form(steps=10, diffusion_cadence=1, strength_schedule="0:(0.85)")
        assert service.validate(asked)["seconds"] == pytest.approx((10 + 5 * 2) * 0.1)  # the first picture has all steps
    finally:
        service.close()


def test_a_preview_makes_no_gif(service):
    look = service.begin(form(make_gif=True), "preview")
    assert over(look) == "done"
    assert service.run(look.id)["files"] == ["mp4"]


def test_sound_that_is_switched_on_and_not_there_is_told_under_its_field(service):
    told = service.validate(form(add_soundtrack="File"))["problems"]
    assert [(one["key"], one["reason"]) for one in told] == [("soundtrack_path", "there is no sound file")]
