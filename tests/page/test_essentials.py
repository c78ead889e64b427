"""The essentials: answers in, settings out; and the films that they make can be planned."""

import numpy as np
import pytest

from lib_anim.engines.base import Capabilities
from lib_anim.errors import SettingsError
from lib_anim.features.open import make_shot
from lib_anim.images.frame import write_png
from lib_anim.page import scenes
from lib_anim.page.essentials import FAMILIES, describe, film_name, from_settings, to_settings
from lib_anim.page.poses import bundled
from lib_anim.page.presets import PRESETS, WRITES, own_keys, pose_net
from lib_anim.page.questions import ESSENTIALS
from lib_anim.plan.plan import make_plan
from lib_anim.settings import settings as settings_file
from lib_anim.settings.settings import parse
from lib_anim.shot.steps import Tools
from tests.helpers import clicks, write_sound

POSES = Tools(Capabilities(words=frozenset({"controlnet"}), controls=("edges", "control_v11p_sd15_openpose [cab727d4]")))


# whose moves add up: not the lens of the dolly zoom, and nothing where the camera rests
MOVING = [key for key, preset in PRESETS.items() if key != "dolly_zoom" and not preset.pose]


def upload_path(_key, upload_id):
    return str(bundled().get(upload_id, upload_id))


def planned(**answers):
    written = to_settings({"seed": 1, **answers}, path=upload_path, pose=pose_net(POSES.capabilities.controls))
    return make_shot(make_plan(parse({"seed": 1, **written, "anim_version": "test"})), POSES)


def problems(**answers):
    with pytest.raises(SettingsError) as error:
        to_settings(answers)
    return error.value.lines()


def test_untouched_they_make_the_film_of_the_table():
    made = to_settings({})
    assert made["prompts"] == {"0": "a lighthouse on a cliff, storm, oil painting", "30": "the same cliff at sunrise"}
    assert made["strength_schedule"] == "0:(0.62), 28:(0.62), 30:(0.45), 36:(0.62)"
    assert (made["zoom"], made["angle"]) == ("0:(1.025)", "0:(0.4*sin(6.2832*t/60))")
    assert (made["max_frames"], made["fps"], made["diffusion_cadence"], made["steps"]) == (60, 12, 2, 20)
    assert (made["W"], made["H"], made["seed"]) == (448, 768, -1)
    assert made["animation_prompts_negative"] == "blurry, text, watermark"


@pytest.mark.parametrize("movement", MOVING)
@pytest.mark.parametrize("speed", [1, 0.5])
def test_a_movement_with_the_beat_is_fast_on_it_and_as_fast_as_without_on_average(tmp_path, movement, speed):
    write_sound(tmp_path / "song.wav", clicks(np.arange(0.0, 6.0, 0.5), 6.0))
    music = {"music": str(tmp_path / "song.wav"), "movement": movement, "speed": speed, "scenes": "a", "steadiness": 0.6}
    still, soft, hard = (planned(**music, beat=beat).plan.columns for beat in ("off", "soft", "hard"))
    moving = [key for key in ("zoom", "translation_x", "translation_z", "angle", "rotation_3d_y") if np.ptp(hard[key]) > 1e-6]
    assert moving
    for key in (key for key in moving if (movement, key) != ("circle", "translation_z")):  # grows with the speed squared
        one, half, whole = (np.log(column[key]) if key == "zoom" else column[key] for column in (still, soft, hard))
        assert np.abs(whole).max() > np.abs(half).max() > 0
        assert np.mean(whole[:48]) == pytest.approx(np.mean(one[:48]), abs=0.1 * np.abs(one).max())
    assert np.ptp(soft["strength_schedule"]) == 0
    assert np.ptp(hard["strength_schedule"]) == pytest.approx(0.12, abs=0.01)


def test_without_music_nothing_moves_with_a_beat():
    assert to_settings({"beat": "hard"}) == to_settings({})


@pytest.mark.parametrize("fit", ["crop", "stretch", "pad"])
def test_a_start_picture_says_how_it_fits(fit):
    made = to_settings({"start_picture": "p.png", "start_fit": fit})
    assert (made["init_image_fit"], made["W"], made["H"]) == (fit, 448, 768)
    assert "init_image_fit" not in to_settings({"start_fit": fit})


@pytest.mark.parametrize(
    ("sides", "family", "size"),
    [
        ((400, 300), "sd1", (592, 448)),
        ((300, 400), "sd1", (448, 592)),
        ((400, 300), "toy", (288, 224)),
        ((4000, 4000), "sdxl", (1024, 1024)),
        ((900, 10), "sd1", (880, 288)),
    ],
)
def test_a_film_takes_the_shape_of_its_start_picture(tmp_path, sides, family, size):
    write_png(tmp_path / "p.png", np.zeros((sides[1], sides[0], 3), np.uint8))
    made = to_settings({"start_picture": str(tmp_path / "p.png"), "start_fit": "shape", "shape": "wide"}, family=family)
    assert (made["W"], made["H"], made["init_image_fit"]) == (*size, "crop")


@pytest.mark.parametrize("family", FAMILIES)
def test_the_scenes_of_the_small_model_are_what_it_paints_well_and_other_painters_keep_theirs(family):
    (shown,) = [one["default"] for one in describe(family) if one["key"] == "scenes"]
    assert ("a calm sea at dawn" in shown) == (family == "toy")
    assert to_settings({}, family=family)["prompts"] == to_settings({"scenes": shown}, family=family)["prompts"]


@pytest.mark.parametrize(("scenes", "reference"), [("a lake", "first"), ("a lake\na sea", "scene")])
def test_colours_follow_where_scenes_change(scenes, reference):
    assert to_settings({"scenes": scenes})["color_coherence_reference"] == reference


@pytest.mark.parametrize(
    ("preset", "written"),
    [
        ("spiral", {"animation_mode": "2D", "zoom": "0:(1.02)", "angle": "0:(1.5)"}),
        (
            "fly_through",
            {
                "animation_mode": "3D",
                "translation_z": "0:(2)",
                "rotation_3d_y": "0:(0.5*cos(6.2832*t/60))",
                "rotation_3d_z": "0:(0.3*sin(6.2832*t/60))",
            },
        ),
        ("pull_back", {"animation_mode": "3D", "translation_z": "0:(-2.5)", "padding_mode": "reflection"}),
        ("orbit", {"translation_x": "0:(5*cos(6.2832*t/60))", "rotation_3d_y": "0:(-1.43*cos(6.2832*t/60))"}),
        ("sideways", {"animation_mode": "2D", "border": "wrap", "translation_x": "0:(-3.5)"}),  # -4 at 512, here 448 wide
        ("heartbeat", {"zoom": "0:(1+0.03*sin(6.2832*t/6))"}),
        (
            "living_picture",
            {
                "translation_z": "0:(0.8*sin(6.2832*t/60))",
                "translation_x": "0:(0.6*cos(6.2832*t/60))",
                "noise_schedule": "0:(0.03)",
                "steps": 25,
                "diffusion_cadence": 3,
            },
        ),
    ],
)
def test_a_movement_writes_its_schedules_and_lets_the_others_rest(preset, written):
    made = to_settings({"movement": preset})
    assert {key: made[key] for key in written} == written
    moved = {"zoom", "angle", *(key for key in made if key.startswith(("translation", "rotation")))}
    at_rest = {key: made[key] for key in moved - written.keys()}
    assert set(at_rest.values()) <= {"0:(0)", "0:(1)"}


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("speed", [0.25, 0.75, 1, 1.25, 2])
def test_every_movement_can_be_filmed_at_every_speed(preset, speed):
    suited = {**PRESETS[preset].answers, "steadiness": PRESETS[preset].steadiness}
    assert planned(movement=preset, speed=speed, **suited).notes == ()


@pytest.mark.parametrize(
    ("preset", "key"), [("orbit", "translation_x"), ("infinite_zoom", "zoom"), ("sideways", "translation_x")]
)
def test_another_speed_keeps_the_path(preset, key):
    def travelled(speed, seconds):
        values = np.asarray(planned(movement=preset, speed=speed, length=seconds, scenes="a").plan.columns[key])
        return np.prod(values) if key == "zoom" else np.sum(values)

    assert travelled(2, 5) == pytest.approx(travelled(1, 10), rel=0.02, abs=0.5)


@pytest.mark.parametrize("speed", [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2])
def test_every_beat_of_a_heartbeat_meets_a_painted_frame(speed):
    plan = planned(movement="heartbeat", speed=speed, steadiness=0.68, scenes="a", length=10).plan
    low = [frame for frame in sorted(plan.painted) if plan.columns["strength_schedule"][frame] < 0.6]
    assert len(low) == int(np.ceil(120 * speed / 12))


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("a", {0: "a"}),
        ("a\n\nb", {0: "a", 30: "b"}),
        ("a\n1s b\nc\n3.5s d", {0: "a", 12: "b", 27: "c", 42: "d"}),
        ("0:00 a\n0:02 b", {0: "a", 24: "b"}),
        ("0s: a\n2 s, b\n3sec c", {0: "a", 24: "b", 36: "c"}),
        ("3 cats\n2s 2 dogs", {0: "3 cats", 24: "2 dogs"}),
        ("1s a", {12: "a"}),
        ("a\n2,5s b", {0: "a", 30: "b"}),
        ("a\n2.5с b\n3 сек. c\n4 секунды: d", {0: "a", 30: "b", 36: "c", 48: "d"}),
        ("a\n2.5秒日出\n３秒，c", {0: "a", 30: "日出", 36: "c"}),
        ("a\n0:00:02,5 b\n0：03 c", {0: "a", 30: "b", 36: "c"}),
        ("a\n0.05 min b\n0.07分钟 c", {0: "a", 36: "b", 50: "c"}),
        ("a\n2s - b\n3s --neg c", {0: "a", 24: "b", 36: "--neg c"}),
        ("a\n2 sunsets\n3 самолёта", {0: "a", 20: "2 sunsets", 40: "3 самолёта"}),
        ("a\n2s b\n5s c\nd", {0: "a", 24: "b"}),  # the film is 5 s long
        ("9s a\n10s b", {0: "a"}),
    ],
)
def test_scenes(text, frames):
    assert {scene.frame: scene.text for scene in scenes.read(text, 60, 12)} == frames


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\n24 b\n2,5 c", ["Line 2 begins with 24", "Line 3 begins with 2,5"]),
        ("3 cats", []),
        ("a\n2s 3 cats\n3D render", []),
    ],
)
def test_numbers_that_may_be_times_are_told(text, said):
    told = scenes.find_bare_numbers(text)
    assert [line[: len(start)] for line, start in zip(told, said, strict=True)] == said


@pytest.mark.parametrize(
    ("text", "note", "stretched", "dropped"),
    [
        ("a\n2.5s b", "1 of 2 scenes begin after the end, the first at 2.5 s", "0s a\n1s b", "a"),
        ("a\n1s b\n3s c", "1 of 3 scenes begin after the end, the first at 3 s", "0s a\n0.4444s b\n1.333s c", "a\n1s b"),
        ("4s a", "1 of 1 scenes begin after the end, the first at 4 s", "1s a", "4s a"),
    ],
)
def test_scenes_after_the_end_can_be_fitted_in_or_dropped(text, note, stretched, dropped):
    late = scenes.late(text, 24, 12)
    assert late.note == f"{note}, and are left out."
    assert (late.stretched, late.dropped) == (stretched, dropped)
    assert scenes.late(late.stretched, 24, 12) is None
    assert scenes.late(text, 120, 12) is None


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"scenes": " \n"}, ["scenes: there is no scene; write what the film shows"]),
        ({"scenes": "a\n2s"}, ["scenes, line 2: only a time, no words; write what the film shows from there on"]),
        (
            {"scenes": "0: a\n24: b"},
            [
                "scenes, line 1: 0: is no time; write 0s for a second, 0s for a frame",
                "scenes, line 2: 24: is no time; write 24s for a second, 2s for a frame",
            ],
        ),
        (
            {"scenes": "2s a\n1s b"},
            ["scenes, line 2: begins at 1 s, which is not after the line before it; put the lines in order of time"],
        ),
        ({"shape": "round"}, ["shape: there is no 'round'; choose one of Vertical, Square, Wide"]),
        (
            {"speed": 9, "length": "x", "seed": 1.5},
            [
                "speed: 9 is too large; the most is 2",
                'length: "x" is not a number; write a number such as 5',
                "seed: 1.5 is not",
            ],
        ),
    ],
)
def test_what_cannot_be_is_told_by_question_and_line(answers, said):
    for line, expected in zip(problems(**answers), said, strict=True):
        assert line.startswith(expected)


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("a", "0:(0.62)"),
        ("a\n0.1s b", "0:(0.62), 1:(0.45), 7:(0.62)"),
        ("a\n2s b\n2.25s c", "0:(0.62), 22:(0.62), 24:(0.45), 27:(0.45), 33:(0.62)"),
        ("a\n4.9s b", "0:(0.62), 57:(0.62), 59:(0.45)"),
    ],
)
def test_strength_dips_where_a_scene_begins(text, schedule):
    assert to_settings({"scenes": text})["strength_schedule"] == schedule


@pytest.mark.parametrize("family", FAMILIES)
def test_sizes_suit_the_family(family):
    for shape, ratio in (("vertical", 9 / 16), ("square", 1), ("wide", 16 / 9)):
        made = to_settings({"shape": shape}, family=family)
        assert made["W"] / made["H"] == pytest.approx(ratio, rel=0.05)
        assert made["W"] % 16 == made["H"] % 16 == 0


def test_music_and_formats():
    made = to_settings({"music": "a", "save_as": "webp"}, path=lambda key, given: f"{key}/{given}")
    assert (made["add_soundtrack"], made["soundtrack_path"]) == ("File", "soundtrack_path/a")
    assert (made["make_gif"], made["make_webp"]) == (False, True)
    assert to_settings({})["add_soundtrack"] == "None"


def test_an_answer_of_none_writes_nothing():
    assert to_settings(dict.fromkeys(ESSENTIALS)) == {"fps": 12, "sampler": "Euler"}


def test_every_answer_says_truly_what_it_writes():
    base = to_settings({})
    for key, value in {"avoid": "x", "movement": "orbit", "speed": 2, "steadiness": 0.5, "shape": "wide"}.items():
        changed = {name for name, one in to_settings({key: value}).items() if base[name] != one}
        assert changed <= set(ESSENTIALS[key].writes) | {"W", "H"}


@pytest.mark.parametrize("preset", PRESETS)
def test_every_movement_says_truly_what_it_writes(preset):
    rest, made = to_settings({"movement": "pull_back"}), to_settings({"movement": preset})
    changed = {name for name, value in made.items() if rest.get(name) != value}
    allowed = {*WRITES, *own_keys(PRESETS[preset]), "strength_schedule", "diffusion_cadence", "steps"}
    assert changed <= allowed
    assert set(own_keys(PRESETS[preset])) <= made.keys()


@pytest.mark.parametrize(
    ("names", "net"),
    [
        ((), ""),
        (("edges", "layout"), ""),
        (("edges", "pose"), "pose"),
        (("control_v11p_sd15_canny", "control_v11p_sd15_openpose [cab727d4]"), "control_v11p_sd15_openpose [cab727d4]"),
        (("xinsir_OpenPose_sdxl",), "xinsir_OpenPose_sdxl"),
    ],
)
def test_a_person_walks_for_painters_with_poses(names, net):
    (movement,) = [row for row in describe("toy", pose_net(names)) if row["key"] == "movement"]
    assert movement["tiles"]["walking_person"]["offered"] == bool(net)
    assert movement["tiles"]["orbit"]["offered"]
    assert to_settings({"movement": "walking_person"}, pose=pose_net(names))["cn_1_model"] == (net or "openpose")


@pytest.mark.parametrize(
    ("text", "name"),
    [("a lighthouse on a cliff, storm", "a_lighthouse_on_a_cliff"), ("{seed}/../x", "seed_x"), ("灯台", "灯台"), ("!", "film")],
)
def test_films_are_named_by_their_first_words(text, name):
    assert film_name(text) == name


def test_settings_come_back_as_answers():
    read = parse({**to_settings({"scenes": "a\n2s b", "shape": "wide", "seed": 4}), "anim_version": "x"})
    answers = from_settings(read)
    assert (answers["scenes"], answers["shape"], answers["length"], answers["seed"]) == ("0s a\n2s b", "wide", 5.0, 4)
    assert answers["movement"] is answers["speed"] is answers["quality"] is None
    assert set(answers) == set(ESSENTIALS)


def test_what_they_write_are_settings():
    assert set(to_settings({})) <= set(settings_file.parse({"anim_version": "x"}))


ODD = [True, [], [1], {}, {"a": 1}, {"a": {"b": []}}, 1.5, -1, 10**400, float("nan"), float("inf"), "", "\ud800", "no such"]


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("key", ESSENTIALS)
def test_answers_of_another_kind_are_read_or_told(key, value):
    answers = {"scenes": "a lake", key: value}
    try:
        found = {*to_settings(answers)} and key
    except SettingsError as error:
        (found,) = {problem.key for problem in error.problems}
    assert found == key
