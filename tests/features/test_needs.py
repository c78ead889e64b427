"""When a setting does something: the table's `needs`, held against the features, keyframe painting and the page."""

import numpy as np
import pytest

from lib_anim.engines.base import Capabilities
from lib_anim.engines.webui.job_fields import OPTIONAL_FIELDS
from lib_anim.errors import SettingsError
from lib_anim.features.open import make_shot
from lib_anim.images.test_card import test_card as card
from lib_anim.page import fields
from lib_anim.plan.plan import make_plan
from lib_anim.settings.conditions import ALWAYS, keys_of
from lib_anim.settings.table import FIELDS, MASKS
from lib_anim.settings.usage import in_use
from lib_anim.shot.steps import Tools
from tests.features.inputs import write_inputs
from tests.features.test_features import SWITCHES
from tests.helpers import problems_of, settings

WORDS = {"soft_mask", *OPTIONAL_FIELDS, *(field.option for field in FIELDS.values() if field.option)}
EVERYTHING = Tools(
    Capabilities(
        words=frozenset(WORDS), checkpoints=("model1.ckpt", "model2.safetensors"), vaes=("Automatic",), controls=("edges",)
    ),
    picture=lambda _: card((64, 48)),
    grey=lambda _: np.ones((48, 64), np.float32),
)
SCHEDULES = {key for key, field in FIELDS.items() if field.kind in ("schedule", "texts")}


def switched(name):
    return {f"enable_{name}_scheduling": True}, {f"enable_{name}_scheduling": False}


def own(key, on, off=0):
    """A schedule that switches on what it is about."""
    return {key: f"0:({on})"}, {key: f"0:({off})"}


IN_2D, IN_3D = {"animation_mode": "2D"}, {"animation_mode": "3D"}
FOLDED, TUNNEL = own("kaleidoscope_schedule", 6, 0.5), own("tunnel_schedule", 0.5)
NOISE = own("noise_schedule", 0.1)
VIDEO = {"video_init_path": "video.mkv"}
FLOW = {"hybrid_motion": "Optical Flow", "hybrid_flow_method": "DIS Fast", **VIDEO}
MIX = {"hybrid_composite": "Normal", **VIDEO}
MASKED = {**MIX, "hybrid_comp_mask_type": "Blend"}

# schedules, what puts them in use, and what of that, changed, puts them out of it: one row for each way there is
ROWS = [
    ("angle zoom transform_center_x transform_center_y", IN_2D, IN_3D),
    ("translation_x translation_y", IN_2D, {"animation_mode": "Interpolation"}),
    ("translation_x translation_y", IN_3D, {"animation_mode": "Interpolation"}),
    ("translation_z rotation_3d_x rotation_3d_y rotation_3d_z fov_schedule aspect_ratio_schedule", IN_3D, IN_2D),
    ("aspect_ratio_schedule", IN_3D, {"aspect_ratio_use_old_formula": True}),
    *(
        (f"perspective_flip_{part}", {"enable_perspective_flip": True}, off)
        for part in ("theta", "phi", "gamma", "fv")
        for off in ({"enable_perspective_flip": False}, {"animation_mode": "Interpolation"})
    ),
    ("camera_target_x camera_target_y camera_target_z", {**IN_3D, "camera_target": True}, {"camera_target": False}),
    ("rotation_3d_x rotation_3d_y", {**IN_3D, "camera_target": False}, {"camera_target": True}),
    ("shake_intensity shake_speed", {"shake_name": "Walking"}, {"shake_name": "None"}),
    ("shake_intensity shake_speed", {"shake_name": "Walking"}, {"shake_name": " none "}),
    ("shake_intensity shake_speed", {"shake_name": "Walking", "shake_intensity": "0:(1)"}, {"shake_intensity": "0:(0)"}),
    ("noise_schedule perlin_w perlin_h perlin_octaves perlin_persistence", *NOISE),
    ("perlin_w perlin_h perlin_octaves perlin_persistence", NOISE[0], {"noise_type": "uniform"}),
    ("perlin_w perlin_h perlin_octaves perlin_persistence", NOISE[0], {"noise_type": "detail"}),
    ("mask_schedule", {"use_mask": True, "mask_file": "card"}, {"use_mask": False}),
    ("mask_schedule", {"use_mask": True, "mask_file": "card"}, {"animation_mode": "Interpolation"}),
    ("noise_mask_schedule", {**NOISE[0], "use_noise_mask": True}, {"use_noise_mask": False}),
    ("noise_mask_schedule", {**NOISE[0], "use_noise_mask": True}, NOISE[1]),
    ("color_coherence_strength_schedule", {"color_coherence": "LAB"}, {"color_coherence": "None"}),
    ("strength_schedule", {"use_looper": False}, {"animation_mode": "Interpolation"}),
    ("strength_schedule", {"use_looper": False}, {"use_looper": True, "init_images": {"0": "card"}}),
    (
        "image_strength_schedule blendFactorMax blendFactorSlope tweening_frames_schedule color_correction_factor",
        {"use_looper": True, "init_images": {"0": "card"}},
        {"use_looper": False},
    ),
    (
        "image_keyframe_strength_schedule",
        {"use_looper": True, "init_images": {"0": "card"}, "keyframe_distribution": "Additive"},
        {"keyframe_distribution": "Off"},
    ),
    ("contrast_schedule", *own("contrast_schedule", 1.2, 1)),
    ("contrast_schedule", *own("contrast_schedule", 0.8, 1)),
    ("uncovered_denoise_schedule", *own("uncovered_denoise_schedule", 0.8)),
    ("temporal_filter_schedule temporal_filter_tolerance_schedule", *own("temporal_filter_schedule", 0.3)),
    ("governor_schedule governor_detail_schedule", *own("governor_schedule", 0.5)),
    ("redo_flow_factor_schedule", {"optical_flow_redo_generation": "DIS Fast"}, {"optical_flow_redo_generation": "None"}),
    ("cadence_flow_factor_schedule", {"optical_flow_cadence": "DIS Fast"}, {"optical_flow_cadence": "None"}),
    ("amount_schedule kernel_schedule sigma_schedule threshold_schedule", *own("amount_schedule", 0.2)),
    ("mirror_schedule", {"mirror": "Quad"}, {"mirror": "None"}),
    ("mirror_schedule", {"mirror": "Quad", "mirror_schedule": "0:(1)"}, {"mirror_schedule": "0:(0)"}),
    ("kaleidoscope_schedule kaleidoscope_angle_schedule look_center_x_schedule look_center_y_schedule", *FOLDED),
    ("tunnel_schedule tunnel_ratio_schedule look_center_x_schedule look_center_y_schedule", *TUNNEL),
    ("echo_schedule echo_decay_schedule", *own("echo_schedule", 0.3)),
    ("glow_schedule glow_radius_schedule glow_threshold_schedule", *own("glow_schedule", 0.5)),
    *((f"{name}_schedule", *own(f"{name}_schedule", -0.5)) for name in ("exposure", "lift")),
    *((f"{name}_schedule", *own(f"{name}_schedule", 0.5, 1)) for name in ("gamma", "gain", "saturation")),
    *(
        (
            f"cn_{n}_weight cn_{n}_guidance_start cn_{n}_guidance_end",
            {f"cn_{n}_enabled": True, f"cn_{n}_model": "edges", f"cn_{n}_source": "Moved picture"},
            {f"cn_{n}_enabled": False},
        )
        for n in range(1, 6)
    ),
    ("seed_schedule", {"seed_behavior": "schedule"}, {"seed_behavior": "iter"}),
    ("subseed_schedule subseed_strength_schedule", *switched("subseed")),
    *(
        (f"{name}_schedule", *switched(name))
        for name in "noise_multiplier steps sampler scheduler vae clipskip ddim_eta ancestral_eta checkpoint".split()
    ),
    ("video_carry_schedule", {"animation_mode": "Video Input", **VIDEO}, IN_2D),
    ("video_carry_schedule", {"animation_mode": "Video Input", **VIDEO}, IN_3D),
    ("hybrid_flow_factor_schedule", FLOW, {"hybrid_motion": "Affine"}),
    ("hybrid_comp_alpha_schedule", MIX, {"hybrid_composite": "None", "hybrid_motion": "Affine"}),
    ("hybrid_comp_mask_contrast_schedule hybrid_comp_mask_blend_alpha_schedule", MASKED, {"hybrid_comp_mask_type": "None"}),
    ("hybrid_comp_mask_blend_alpha_schedule", MASKED, {"hybrid_comp_mask_type": "Difference"}),
    ("hybrid_comp_mask_schedule", {**MASKED, "hybrid_comp_mask_type": "Expression"}, MASKED),
    *(
        (f"hybrid_comp_mask_auto_contrast_cutoff_{end}_schedule", {**MASKED, "hybrid_comp_mask_auto_contrast": True}, off)
        for end in ("low", "high")
        for off in ({"hybrid_comp_mask_auto_contrast": False}, {"hybrid_comp_mask_type": "None"})
    ),
    ("strength_schedule", {"keyframe_distribution": "Additive"}, {"keyframe_distribution": "Keyframes Only"}),
    ("keyframe_strength_schedule", {"keyframe_distribution": "Additive"}, {"keyframe_distribution": "Off"}),
]
EACH = [(key, on, {**on, **off}) for keys, on, off in ROWS for key in keys.split()]
NAMES = [f"{key}, {k}" for k, (key, *_) in enumerate(EACH)]
PAINTED = {"keyframe_distribution": "Additive", "diffusion_cadence": 3, "max_frames": 9}
ALL_IN_A_ROW = {key: value for changes, _ in SWITCHES.values() for key, value in changes.items() if key != "animation_mode"}

# what switches on what is not built: nothing goes by it, also where it is allowed to be missing
ABSENT = {
    "freeu_enabled": "freeu_b1 freeu_b2 freeu_s1 freeu_s2",
    "kohya_hrfix_enabled": "kohya_hrfix_block_number kohya_hrfix_downscale_factor kohya_hrfix_start_percent "
    "kohya_hrfix_end_percent",
}
EVERYWHERE = '0:("{everywhere}")'
NEVER = {"near_schedule", "far_schedule"}


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_inputs(tmp_path)


def plan(**changes):
    files = {"mask_file": "", "init_images": {"0": "card"}, **dict.fromkeys(MASKS, EVERYWHERE)}
    return make_plan(settings(**{**files, **changes}))


def uses(made):
    return SCHEDULES.intersection(make_shot(made, EVERYTHING, allow_missing=True).steps.uses)


def with_keys(key, changes):
    """The film with keys at 0 and 5 that say what the schedule says without them."""
    said = str(changes.get(key, EVERYWHERE if key in MASKS else FIELDS[key].default))
    value = said.partition(":")[2].partition(",")[0].strip()
    # "0.0 + …" is no default, and a number that hardly differs is none either
    value = value if FIELDS[key].kind == "texts" or key in changes else f"({value} + 1e-9)"
    return {**changes, key: f"0:{value}, 5:{value}"}


@pytest.mark.parametrize(("key", "on", "off"), EACH, ids=NAMES)
def test_the_table_says_what_the_features_do(key, on, off):
    for changes, expected in ((on, True), (off, False)):
        made = plan(**changes)
        assert (made.in_use(key), key in uses(made)) == (expected, expected), changes


@pytest.mark.parametrize(("key", "on", "off"), EACH, ids=NAMES)
def test_keys_paint_a_frame_where_they_do_something(key, on, off):
    told = key not in ("strength_schedule", "image_strength_schedule")  # those of all other frames
    for changes, expected in ((on, told), (off, False)):
        film = {**PAINTED, **changes}
        assert (5 in plan(**with_keys(key, film)).keyframes) == (expected and film["keyframe_distribution"] != "Off"), film


@pytest.mark.parametrize(("key", "on", "off"), EACH, ids=NAMES)
def test_the_page_greys_what_rests_and_not_what_switches_itself_on(key, on, off):
    def resting(made):
        return fields.unused(made.settings, made.columns, EVERYTHING.capabilities)

    assert key not in resting(plan(**on))
    alone = keys_of(FIELDS[key].needs) == {key} or on.get(key) not in (None, off.get(key))
    assert (key in resting(plan(**off))) == (not alone)


@pytest.mark.parametrize("switch", ABSENT)
def test_nothing_goes_by_what_is_not_built(switch):
    for key in ABSENT[switch].split():
        assert not plan(**with_keys(key, {**PAINTED, switch: True})).keyframes & {5}
        assert not fields.is_shown(FIELDS[key], EVERYTHING.capabilities)


def test_what_never_does_anything_paints_no_frame():
    for key in NEVER:
        assert not plan(**with_keys(key, {**PAINTED, **IN_3D})).keyframes & {5}


def test_every_schedule_that_needs_something_has_a_row():
    rows = {key for key, *_ in EACH} | {key for keys in ABSENT.values() for key in keys.split()} | NEVER
    for changes, _ in SWITCHES.values():  # what one of these switches on is looked at below, off and on
        film = {key: value for key, value in changes.items() if key != "add_soundtrack"}
        rows |= uses(plan(**film)) - uses(plan())
    assert rows == {key for key in SCHEDULES if FIELDS[key].needs != ALWAYS}


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize("mode", ["2D", "3D"])
def test_all_that_a_film_goes_by_is_in_use_and_all_in_use_is_gone_by(name, mode):
    changes = {key: value for key, value in SWITCHES[name][0].items() if key not in ("add_soundtrack", "animation_mode")}
    made = plan(animation_mode=mode, **changes)
    assert uses(made) == set(filter(made.in_use, SCHEDULES))


@pytest.mark.parametrize("seed", range(40))
def test_any_films_do(seed):
    """Switches and schedules of a film drawn by chance."""
    rng = np.random.default_rng(seed)
    switches = {key: value for _, *each in ROWS for changes in each for key, value in changes.items()}
    drawn = {key: value for key, value in switches.items() if rng.random() < 0.4}
    made = plan(**{**drawn, **VIDEO, "keyframe_distribution": "Off"})
    assert uses(made) == set(filter(made.in_use, SCHEDULES))


# -- what is no schedule -----------------------------------------------------------------------------------------------

# a setting, what puts it in use, and what of that, changed, puts it out of it
PLAIN = [
    *((name, {}, switched(name)[0]) for name in ("sampler", "scheduler", "steps")),
    ("seed_iter_N", {}, {"seed_behavior": "random"}),
    ("loop_frames", {"loop": True}, {"loop": False}),
    ("border", {}, IN_3D),
    ("border", {**IN_3D, "enable_perspective_flip": True}, {"enable_perspective_flip": False}),
    ("use_depth_warping", IN_3D, IN_2D),
    ("padding_mode", IN_3D, IN_2D),
    ("depth_map", IN_3D, {"use_depth_warping": False}),
    ("depth_map", IN_3D, IN_2D),
    ("noise_type", *NOISE),
    ("use_noise_mask", *NOISE),
    ("init_image", {"use_init": True}, {"use_init": False}),
    ("color_coherence_reference", {"color_coherence": "RGB"}, {"color_coherence": "Image"}),
    (
        "color_coherence_mean_frames",
        {"color_coherence": "LAB", "color_coherence_reference": "mean"},
        {"color_coherence_reference": "first"},
    ),
    (
        "color_coherence_mean_frames",
        {"color_coherence": "LAB", "color_coherence_reference": "scene"},
        {"color_coherence": "None"},
    ),
    ("color_coherence_when", {"color_coherence": "LAB"}, {"legacy_colormatch": True}),
    ("color_coherence_image_path", {"color_coherence": "Image"}, {"color_coherence": "LAB"}),
    ("video_init_path", {"color_coherence": "Video Input"}, {"color_coherence": "Image"}),
    ("video_init_path", {"hybrid_motion": "Affine", **VIDEO}, {"hybrid_motion": "None"}),
    ("video_init_path", {"hybrid_motion": "Affine", **VIDEO}, {"animation_mode": "Interpolation"}),
    ("video_follow", {"animation_mode": "Video Input", **VIDEO}, {"animation_mode": "2D", "hybrid_motion": "Affine"}),
    ("video_at_end", MIX, {"hybrid_composite": "None"}),
    ("video_at_end", {"color_coherence": "Video Input"}, {"color_coherence": "None", "video_sets": "Length"}),
    ("init_image", {"use_init": True}, {"animation_mode": "Video Input", **VIDEO}),
    ("init_image", {"use_init": True}, MIX),
    ("strength", MIX, {"hybrid_use_first_frame_as_init_image": False}),
    ("init_image_fit", {"animation_mode": "Video Input", **VIDEO}, IN_2D),
    ("hybrid_use_first_frame_as_init_image", FLOW, {"hybrid_motion": "None"}),
    ("hybrid_motion_use_prev_img", FLOW, {"hybrid_motion": "None"}),
    ("hybrid_flow_consistency", FLOW, {"hybrid_motion": "Perspective"}),
    ("hybrid_consistency_blur", {**FLOW, "hybrid_flow_consistency": True}, {"hybrid_flow_consistency": False}),
    ("hybrid_use_init_image", MIX, {"hybrid_composite": "None"}),
    ("hybrid_comp_mask_inverse", MASKED, {"hybrid_comp_mask_type": "None"}),
    ("flow_model", {**FLOW, "hybrid_flow_method": "RAFT"}, {"hybrid_flow_method": "DIS Fast"}),
    ("flow_model", {"animation_mode": "Video Input", "video_follow": "RAFT", **VIDEO}, {"video_follow": "None"}),
    ("extract_nth_frame", {"color_coherence": "Video Input"}, {"color_coherence": "LAB"}),
    ("mask_file", {**NOISE[0], "use_noise_mask": True, "noise_mask_schedule": '0:("{video_mask}")'}, NOISE[1]),
    (
        "mask_file",
        {**NOISE[0], "use_noise_mask": True, "noise_mask_schedule": '0:("{video_mask}")'},
        {"noise_mask_schedule": '0:("{everywhere}")'},
    ),
    (
        "video_mask_path",
        {**NOISE[0], "use_noise_mask": True, "noise_mask_schedule": '0:("{video_mask}")', "use_mask_video": True},
        {"use_noise_mask": False, "use_mask": True},
    ),
    ("reroll_patience", {"reroll_blank_frames": "reroll"}, {"reroll_blank_frames": "interrupt"}),
    ("judge_patience", {"judge": "retry"}, {"judge": "keep"}),
    ("diffusion_cadence", {"keyframe_distribution": "Redistributed"}, {"keyframe_distribution": "Keyframes Only"}),
    ("flow_model", {"optical_flow_cadence": "RAFT"}, {"optical_flow_cadence": "DIS Fast"}),
    ("flow_model", {"optical_flow_redo_generation": "RAFT"}, {"optical_flow_redo_generation": "None"}),
    ("soundtrack_path", {"add_soundtrack": "File"}, {"add_soundtrack": "None"}),
    ("soundtrack_path", {"add_soundtrack": "File"}, {"skip_video_creation": True}),
    ("soundtrack_path", {"bpm": 90, "zoom": "0:(1 + beat/9)"}, {"zoom": "0:(1)"}),
    ("soundtrack_path", {"bpm": 90, "prompts": {"0": "(a:`beat`)"}}, {"prompts": {"0": "a beat"}}),
    ("make_gif", {}, {"skip_video_creation": True}),
    ("frame_interpolation_slow_mo_amount", None, {"frame_interpolation_engine": "FILM"}),  # not built
]


@pytest.mark.parametrize(("key", "on", "off"), PLAIN)
def test_other_settings_do_something_where_the_table_says(key, on, off):
    if on is not None:
        assert plan(**on).in_use(key)
    assert not plan(**{**(on or {}), **off}).in_use(key)


def test_conditions_go_round_no_circle():
    """`in_use` follows them from setting to setting; only itself a setting may ask for."""

    def beyond(key, so_far):
        assert key not in so_far, (*so_far, key)
        for other in keys_of(FIELDS[key].needs) - {key}:
            beyond(other, (*so_far, key))

    for key in FIELDS:
        beyond(key, ())


@pytest.mark.parametrize("key", [key for key, field in FIELDS.items() if field.needs != ALWAYS])
def test_conditions_ask_for_settings_and_choices_that_there_are(key):
    for other in keys_of(FIELDS[key].needs):
        assert other in FIELDS


def test_without_columns_what_asks_for_a_schedule_may_be_in_use():
    assert in_use("glow_radius_schedule", settings())
    assert not in_use("perlin_w", settings(noise_type="uniform"))


# -- ranges --------------------------------------------------------------------------------------------------------------

# a value out of range, what is said of it where it does something, and what makes it do something
BEYOND = [
    ({"perspective_flip_fv": 0}, "perspective_flip_fv, frame 0: 0 is out of range", {"enable_perspective_flip": True}),
    ({"zoom": 0, "use_depth_warping": False, **IN_3D}, "zoom, frame 0: 0 is out of range", IN_2D),
    ({"tunnel_ratio_schedule": "0:(2), 3:(1)"}, "tunnel_ratio_schedule, frame 2: 1.33333 is out of", {"tunnel_schedule": 1}),
    ({"steps_schedule": "0:(0)"}, "steps_schedule, frame 0: 0 is out of range", switched("steps")[0]),
    ({"clipskip_schedule": 20}, "clipskip_schedule, frame 0: 20 is out of range", switched("clipskip")[0]),
    ({"noise_multiplier_schedule": 3}, "noise_multiplier_schedule, frame 0: 3", switched("noise_multiplier")[0]),
    ({"steps": 0, "enable_steps_scheduling": True}, "steps: 0 is too small; the least is 1", switched("steps")[1]),
    (
        {"color_coherence_mean_frames": 0, "color_coherence": "LAB"},
        "color_coherence_mean_frames: 0 is too small; the least is 1",
        {"color_coherence_reference": "scene"},
    ),
    ({"judge_patience": 0}, "judge_patience: 0 is too small", {"judge": "retry"}),
    ({"reroll_patience": -1}, "reroll_patience: -1 is too small", {"reroll_blank_frames": "reroll"}),
    ({"extract_nth_frame": 0}, "extract_nth_frame: 0 is too small", {"color_coherence": "Video Input", "video_init_path": "x"}),
    ({"seed_iter_N": 0, "seed_behavior": "fixed"}, "seed_iter_N: 0 is too small", {"seed_behavior": "iter"}),
    ({"loop_frames": -3}, "loop_frames: -3 is too small", {"loop": True}),
    (
        {"diffusion_cadence": 0, "keyframe_distribution": "Keyframes Only"},
        "diffusion_cadence: 0 is too small; the least is 1",
        {"keyframe_distribution": "Off"},
    ),
]
FEW = "only 2 pictures are painted, the first frame and the last: prompts and schedules have no keys between them"


@pytest.mark.parametrize(("changes", "said", "on"), BEYOND)
def test_ranges_hold_where_a_value_is_used(changes, said, on):
    film = settings(**changes)
    assert set(make_shot(make_plan(film), EVERYTHING).notes) <= {FEW}
    with pytest.raises(SettingsError) as caught:
        make_shot(make_plan(settings(**{**changes, **on})), EVERYTHING)
    assert problems_of(caught)[0].startswith(said)
    with pytest.raises(SettingsError):  # nor can it be switched on later
        make_plan(film.replace(**on))


def test_slow_motion_that_is_off_may_be_none():
    assert settings(frame_interpolation_slow_mo_amount=0)["frame_interpolation_slow_mo_amount"] == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"perspective_flip_fv": "0:(sn(t))"},
        {"glow_radius_schedule": "0:(1/0)"},
        {"cn_1_weight": "0(1"},
        {"frame_interpolation_slow_mo_amount": "slow"},
        {"judge_patience": 2.5},
    ],
)
def test_what_cannot_be_read_is_refused_in_use_or_not(changes):
    with pytest.raises(SettingsError):
        make_plan(settings(**changes))


def test_beside_a_switch_that_is_wrong_ranges_hold():
    with pytest.raises(SettingsError) as caught:
        settings(judge="often", judge_patience=0)
    assert [line.partition(":")[0] for line in problems_of(caught)] == ["judge", "judge_patience"]
    with pytest.raises(SettingsError) as caught:
        make_plan(settings(tunnel_schedule="0:(half)", tunnel_ratio_schedule=1))
    assert [line.partition(",")[0] for line in problems_of(caught)] == ["tunnel_schedule", "tunnel_ratio_schedule"]
