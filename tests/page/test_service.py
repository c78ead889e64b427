"""What a page can ask: forms validated, read, written and refused; how long films will take."""

import json
from dataclasses import replace

import numpy as np
import pytest

from lib_anim.engines.catalog import EngineSpec
from lib_anim.errors import OutputError, SettingsError
from lib_anim.images.frame import encode_png
from lib_anim.jobs import history
from lib_anim.page import forms
from lib_anim.page.forms import Form, Limits
from lib_anim.page.service import Service
from lib_anim.settings import settings as settings_file
from tests.helpers import QUIET, english
from tests.jobs.test_queue import over

SMALL = {**QUIET, "batch_name": "film", "max_frames": 6, "fps": 6}
del SMALL["anim_version"]


def service_in(out, **more):
    return Service(out, EngineSpec("passthrough"), **more)


@pytest.fixture
def service(tmp_path):
    service = service_in(tmp_path / "out")
    yield service
    service.close()


def form(**changes):
    return Form(dict.fromkeys(("scenes", "movement", "steadiness")), {**SMALL, **changes})


def test_a_film_its_frame_its_video_and_its_settings(service):
    job = service.begin(form(), "film")
    assert over(job) == "done"
    assert service.run("film") == {**job.view(), "before": 0}
    assert service.file("film").stat().st_size > 500
    assert service.frame("film")[:2] == b"\xff\xd8"
    assert service.settings_of("film")["changes"]["batch_name"] == "film"


def test_what_an_edit_gets_wrong_is_told_by_its_scene_and_the_film_stays_as_it_was(service):
    asked = {key: value for key, value in SMALL.items() if key != "prompts"}
    over(service.begin(Form({"scenes": "a cat"}, asked), "film"))
    before = (service.out / "film" / "settings.json").read_text()
    with pytest.raises(SettingsError) as refused:
        service.edit("film", Form({"scenes": "0s a cat\n0.5s snow, (deep:`1+x`)"}, asked))
    assert refused.value.lines()[0].startswith("scenes, line 2, column 21: unknown name 'x'")
    assert (service.out / "film" / "settings.json").read_text() == before


def test_what_is_missing_is_told_without_remedies_of_the_command_line(service):
    over(service.begin(form(), "film"))
    path = service.out / "film" / "settings.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "r_upscale_video": True}))
    with pytest.raises(OutputError, match="r_upscale_video is True, and the run was left with False; take its settings"):
        service.command("film", "resume")
    begun = {"event": "start", "engine": service.engine.kind}  # by an edition that kept no copy of the settings
    (path.parent / "journal.jsonl").write_text(json.dumps(begun) + "\n")
    with pytest.raises(SettingsError, match="upscaling: not built yet") as refused:
        service.command("film", "resume")
    assert "--allow-missing" not in str(refused.value)


def test_what_is_missing_is_left_out_if_the_form_says_so_also_when_the_film_goes_on(service):
    asked = {"r_upscale_video": True, "add_soundtrack": "File"}
    faulty = (form(zoom="0:(q)", r_upscale_video=True), form(add_soundtrack="File"))
    told = [(one["key"], one["missing"]) for one in faulty for one in service.validate(one)["problems"]]
    assert told == [("zoom", False), ("r_upscale_video", True), ("soundtrack_path", True)]
    without = replace(form(**asked), allow_missing=True)
    seen = service.validate(without)
    assert seen["problems"] == []
    told = [english(note) for note in seen["notes"] if english(note).startswith("left out: r_upscale_video")]
    assert told == ["left out: r_upscale_video: upscaling: not built yet; write r_upscale_video false"]
    job = service.begin(without, "film")
    assert over(job) == "done"
    assert "--allow-missing" not in " ".join(job.view()["notes"])
    assert service.settings_of("film")["allow_missing"] is True
    service.command("film", "resume")
    assert over(service.jobs.find("film")) == "done"


def test_a_film_that_was_edited_without_what_is_missing_goes_on_without_it(service):
    over(service.begin(form(), "film"))
    assert service.settings_of("film")["allow_missing"] is False
    with pytest.raises(SettingsError, match="upscaling: not built yet"):
        service.edit("film", form(r_upscale_video=True))
    service.edit("film", replace(form(r_upscale_video=True), allow_missing=True))
    assert over(service.jobs.find("film")) == "done"
    service.command("film", "resume")
    assert over(service.jobs.find("film")) == "done"


@pytest.mark.parametrize(
    ("changes", "possible"),
    [
        ({"use_init": True}, True),
        ({"add_soundtrack": "File"}, True),
        ({"r_upscale_video": True}, True),
        ({"hybrid_composite": "Normal"}, False),  # without the video there is nothing to be seen of it
        ({"noise_schedule": "0:(q)"}, True),
        ({"zoom": "0:(q)"}, False),
        ({"W": "wide"}, False),
    ],
)
def test_a_preview_is_possible_where_its_own_settings_are_right(service, changes, possible):
    seen = service.validate(form(**changes))
    assert (bool(seen["problems"]), seen["preview"]) == (True, possible)
    if possible:
        assert over(service.begin(form(**changes), "preview")) == "done"
    else:
        with pytest.raises(SettingsError):
            service.begin(form(**changes), "preview")


def test_only_what_runs_is_stopped(service):
    with pytest.raises(OutputError, match="nothing is not running"):
        service.command("nothing", "stop")
    with pytest.raises(KeyError):
        service.command("nothing", "resume")


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
            "flow_model: only the host of this page names it; anim ui takes --flow-model FILE, --depth-model PATH and",
        ),
        ({"r_upscale_video": True}, "r_upscale_video: upscaling: not built yet"),
        ({"parseq_manifest": "/etc/passwd"}, "parseq_manifest: a page reads no files and no addresses"),
        ({"parseq_manifest": "http://example.org/x"}, "parseq_manifest: a web address; nothing is downloaded; put the text of"),
        ({"scenes": 3, "W": "wide"}, 'W: "wide" is not a number'),
    ],
)
def test_what_cannot_be_filmed_is_refused_and_leaves_nothing(tmp_path, changes, said):
    service = service_in(tmp_path / "out", limits=Limits(side=512, frames=100))
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
    (tmp_path / "film.json").write_text(content)
    read = settings_file.load(tmp_path / "film.json")
    uploads = service_in(tmp_path).uploads
    loaded, _ = forms.load(content.encode(), "film.json", uploads, family)
    meant = forms.resolve(loaded, family, uploads, Limits())
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
    uploads = service_in(tmp_path).uploads
    before = json.loads(settings_file.dumps(forms.resolve(begun, family, uploads, Limits())))
    text = json.dumps({**before, **change}, indent=2, ensure_ascii=False)
    written, _ = forms.rewrite(begun, text, uploads, family)
    meant = forms.resolve(
        Form.read(json.loads(json.dumps({"essentials": written.answers, "changes": written.changes}))),
        family,
        uploads,
        Limits(),
    )
    assert json.loads(settings_file.dumps(meant)) == {**before, **change}
    if not change:
        assert written.answers == begun.answers


def test_guided_images_of_a_page_are_pictures_that_were_dropped_there(service, tmp_path):
    (tmp_path / "a.png").write_bytes(encode_png(np.full((8, 8, 3), 9, np.uint8)))
    mine = service.uploads.pictures.add((tmp_path / "a.png").read_bytes())
    for name, stays in ((mine, True), (str(tmp_path / "a.png"), False), ("../a.png", False)):
        form = Form({}, {"use_looper": True, "init_images": json.dumps({"0": name})})
        if stays:
            (path,) = json.loads(forms.resolve(form, "sd1", service.uploads, Limits()).text("init_images")).values()
            assert service.uploads.id_of(path) == mine
        else:
            with pytest.raises(SettingsError, match="init_images: a page reads no files by their names"):
                forms.resolve(form, "sd1", service.uploads, Limits())
    file = json.dumps({"use_looper": True, "init_images": {"0": "a.png"}}).encode()
    found, notes = forms.load(file, "f.json", service.uploads, "sd1")
    assert json.loads(found.changes["init_images"]) == {"0": ""}
    assert any("init_images" in note for note in notes)


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
    assert [english(note) for note in strange["notes"]] == [
        "init_image: files beside a settings file are not read from a page; choose it here"
    ]
    assert service.rewrite(begun, json.dumps({**named, "init_image": "https://example.org/x.png"}))["notes"] == []


@pytest.mark.parametrize(
    ("text", "said", "at"),
    [
        (
            '{\n  "W": 64,\n  "H": 64\n',
            "line 4, column 1: not valid JSON: it ends too early; is a bracket missing at the end?",
            None,
        ),
        ('{\n "W": 64\n "H": 64}', "line 3, column 2: not valid JSON: a comma is missing; write , before it", '"'),
        ("[]", 'a settings file is one JSON object; write { "key": value, … }', None),
        ("", "line 1, column 1: not valid JSON: it is empty", ""),
        ('{"W": "wide", "steps": 1e400}', 'W: "wide" is not a number', None),
        ('{"W": "wide", "steps": "x"}', 'steps: "x" is not a', None),
        ('"\ud800"', "byte 1: not UTF-8 text; save it as UTF-8", None),
    ],
)
def test_what_is_wrong_with_a_text_is_told_with_its_place(service, text, said, at):
    problems = service.rewrite(form(), text)["problems"]
    told = [one for one in problems if one["text"].startswith(said)]
    assert len(told) == 1
    assert (told[0]["excerpt"] or {"at": None})["at"] == at


def test_the_time_that_a_film_takes_goes_by_the_steps_that_strength_leaves(tmp_path):
    service = service_in(tmp_path)
    try:
        assert service.validate(form())["seconds"] is None
        assert over(service.begin(form(steps=10, diffusion_cadence=1, strength_schedule="0:(0.6)"), "film")) == "done"
        told = {**history.summary(tmp_path / "film"), "engine_ms": 500.0, "gap_ms": 0.0}  # 5 of 10 steps: 100 ms each
        (tmp_path / "film" / "summary.json").write_text(json.dumps(told))
        service.pace.forget()
        asked = form(steps=10, diffusion_cadence=1, strength_schedule="0:(0.85)")
        assert service.validate(asked)["seconds"] == pytest.approx((10 + 5 * 2) * 0.1)  # the first picture has all steps
    finally:
        service.close()


def test_sound_that_is_switched_on_and_not_there_is_told_under_its_field(service):
    told = service.validate(form(add_soundtrack="File"))["problems"]
    assert [(one["key"], english(one["reason"])) for one in told] == [("soundtrack_path", "there is no sound file")]


def test_the_last_six_first_pictures_are_kept_with_their_forms_whatever_else_is_tried(service):
    for k in range(8):
        assert over(service.begin(form(strength=k / 10), "first")) == "done"
    for what in ("film", *["preview"] * 7):
        assert over(service.begin(form(max_frames=2), what)) == "done"
    shown = service.tries.describe()
    assert [one["changes"]["strength"] for one in shown] == [0.7, 0.6, 0.5, 0.4, 0.3, 0.2]
    assert [service.frame(one["id"])[:2] for one in shown] == [b"\xff\xd8"] * 6
    service.jobs.painters.chosen = EngineSpec("preview")
    assert service.tries.describe() == []


@pytest.mark.parametrize(
    ("engine", "more", "deep"),
    [
        ("passthrough", {}, False),
        ("diffusers", {}, True),  # the small model, whose pictures the network that comes along knows
        ("passthrough", {"defaults": lambda: {"depth_model": "/models/of/the/host"}}, True),
    ],
)
def test_movements_in_space_have_depth_where_something_knows_it(tmp_path, engine, more, deep):
    pytest.importorskip("torch")
    service = Service(tmp_path / "out", EngineSpec(engine), **more)
    for movement, in_space in {"fly_through": True, "spiral": False}.items():
        sent = Form({"movement": movement, "scenes": "a calm sea"}, {})
        written = json.loads(service.save(sent))
        assert (movement, written["use_depth_warping"]) == (movement, deep and in_space)
        assert service.rewrite(sent, json.dumps(written))["changes"] == {}
    service.close()
