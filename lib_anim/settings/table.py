"""The settings table: every key of a settings file with its type, default, range, condition, label and help text.

A new setting needs one line here: reading, writing, `--set`, the plan's columns, the JSON Schema and the documentation are
derived from the table. Keys have Deforum's names where Deforum has the setting. Fields of features that are not built yet
are read and kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from lib_anim.settings.conditions import ALWAYS, NEVER, Above, AnyOf, Condition, Differs, Heard, Is, Names, Off, On

MASKS = ("mask_schedule", "noise_mask_schedule", "hybrid_comp_mask_schedule")  # schedules of mask expressions
DEFAULT_PROMPTS = {
    "0": "a lighthouse on a cliff above the sea, storm, oil painting",
    "60": "the same cliff at sunrise, calm sea, oil painting --neg rain",
}


# the steps of the 3D camera along and about x, y and z
TRANSLATION = ("translation_x", "translation_y", "translation_z")
ROTATION = ("rotation_3d_x", "rotation_3d_y", "rotation_3d_z")
# paths of networks: programs, so that strangers do not choose which are run
NETWORKS = ("flow_model", "depth_model", "mask_model", "upscale_model", "interpolation_model")


@dataclass(frozen=True)
class Field:
    """One setting.

    `kind` is one of schedule, texts (a schedule of texts), integer, number, switch, choice, text, path, prompts, kept
    (data that is only stored). `low` and `high` are the bounds of a number or of the values of a schedule. Values out of
    bounds are clamped if `clamp` is set; else they are refused where the setting has an effect.

    `needs` is the condition under which the setting has an effect (`usage.in_use`). `unbuilt` names the feature that the
    setting switches on, if it is not built yet; values in `built` are excepted. `option` is the word that an engine's
    Capabilities must contain to implement the setting, mostly a WebUI's name for it.
    """

    kind: str
    key: str
    default: object
    label: str
    help: str = ""
    group: str = ""
    low: float | None = None
    high: float | None = None
    clamp: bool = False
    choices: tuple[str, ...] = ()
    needs: Condition = ALWAYS
    unbuilt: str = ""
    built: tuple[str, ...] = ()
    option: str = ""


_schedule = partial(Field, "schedule")
_texts = partial(Field, "texts")
_integer = partial(Field, "integer")
_number = partial(Field, "number")
_switch = partial(Field, "switch")
_choice = partial(Field, "choice")
_text = partial(Field, "text")
_path = partial(Field, "path")
_kept = partial(Field, "kept")


def _flow(key: str, label: str, text: str, default: str = "None", *, off: bool = True, needs: Condition = ALWAYS) -> Field:
    methods = ("RAFT", "DIS Medium", "DIS Fine", "DIS Fast", "Farneback")
    return _choice(key, default, label, text, choices=("None", *methods) if off else methods, needs=needs)


def _needing(condition: Condition, *fields: Field) -> tuple[Field, ...]:
    """Add a condition to the `needs` of all fields."""
    return tuple(replace(one, needs=condition if one.needs == ALWAYS else condition & one.needs) for one in fields)


_IN_2D, _IN_3D = Is("animation_mode", "2D"), Is("animation_mode", "3D")
_FROM_VIDEO = Is("animation_mode", "Video Input")
_FED_BACK = _IN_2D | _IN_3D | _FROM_VIDEO  # each picture is painted over another one
_HYBRID_ON = On("hybrid_composite") | On("hybrid_motion")
_VIDEO_SEEN = _FROM_VIDEO | _HYBRID_ON
_SOURCE_VIDEO = Is("color_coherence", "Video Input") | Is("add_soundtrack", "Init Video") | On("video_sets") | _VIDEO_SEEN
_FIRST_OF_VIDEO = On("hybrid_use_first_frame_as_init_image")
_START = On("use_init") & Off("hybrid_use_first_frame_as_init_image") & Off("use_looper")  # which have others in its place
_VIDEO_MASK = AnyOf(tuple(Names(key, "{video_mask}") for key in MASKS))
_WORDS = AnyOf(tuple(Names(key, "<") for key in MASKS))
_MIX_EXPRESSION = Is("hybrid_comp_mask_type", "Expression") | Is("hybrid_comp_mask_type", "Video Expression")
_KALEIDOSCOPE = Above("kaleidoscope_schedule", 0.5)  # the feature rounds it, so this is 1 or more
_BY_CADENCE = (
    Is("keyframe_distribution", "Off") | Is("keyframe_distribution", "Additive") | Is("keyframe_distribution", "Redistributed")
)

_RUN = (
    _integer("W", 512, "Width", "Pixels; rounded down to a multiple of 8.", low=8, high=8192),
    _integer("H", 512, "Height", "Pixels; rounded down to a multiple of 8.", low=8, high=8192),
    _integer("seed", -1, "Seed", "The same number gives the same film; -1 draws one.", low=-1, high=2**63 - 1),
    _text(
        "sampler",
        "Euler a",
        "Sampler",
        "By its WebUI name; ancestral and SDE samplers flicker at high strength.",
        needs=Off("enable_sampler_scheduling"),
    ),
    _text(
        "scheduler",
        "Automatic",
        "Scheduler",
        "How the noise levels are spaced; Automatic is the sampler's own.",
        needs=Off("enable_scheduler_scheduling"),
    ),
    _integer(
        "steps",
        25,
        "Steps",
        "Sampling steps before strength takes its part away.",
        low=1,
        high=1000,
        needs=Off("enable_steps_scheduling"),
    ),
    _text("batch_name", "Deforum_{timestring}", "Name", "Of the run's folder and video; {seed} and other keys are filled in."),
    _switch("motion_preview_mode", False, "Motion preview", "No model: shows how the camera moves."),
    _switch(
        "restore_faces",
        False,
        "Restore faces",
        "The WebUI's face restoration on every painted frame.",
        unbuilt="face restoration",
        option="restore_faces",
    ),
    _switch("tiling", False, "Tiling", "Paints pictures whose edges fit together.", unbuilt="tiling", option="tiling"),
    _integer(
        "seed_resize_from_w",
        0,
        "Seed width",
        "Keeps the layout of a seed from another width.",
        low=-1,
        high=8192,
        needs=On("seed_resize_from_h"),
        unbuilt="seed resizing",
        option="seed_resize_from_w",
    ),
    _integer(
        "seed_resize_from_h",
        0,
        "Seed height",
        "Keeps the layout of a seed from another height.",
        low=-1,
        high=8192,
        option="seed_resize_from_w",
    ),
    _text(
        "alwayson_scripts",
        "",
        "Scripts",
        'Of a WebUI: {"script": {"argument": value}} as JSON; an argument by its label, element id or number.',
        unbuilt="scripts of a WebUI",
        option="alwayson_scripts",
    ),
    _switch("show_info_on_ui", True, "Show help", "Only for the page.", needs=NEVER),
)

_SEED = (
    _choice(
        "seed_behavior",
        "iter",
        "Seed behaviour",
        "How the seed changes from one painted frame to the next.",
        choices=("iter", "fixed", "random", "ladder", "alternate", "schedule"),
    ),
    _integer(
        "seed_iter_N",
        1,
        "Frames per seed",
        "For iter: a seed is used for so many painted frames.",
        low=1,
        high=100_000,
        needs=Is("seed_behavior", "iter"),
    ),
    _schedule(
        "seed_schedule",
        '0:(s), 1:(-1), "max_f-2":(-1), "max_f-1":(s)',
        "Seed schedule",
        "For schedule; -1 draws one.",
        needs=Is("seed_behavior", "schedule"),
    ),
    _switch("enable_subseed_scheduling", False, "Use subseeds", "Mixes a second seed's noise in."),
    *_needing(
        On("enable_subseed_scheduling"),
        _schedule("subseed_schedule", "0: (1)", "Subseed", "The second seed."),
        _schedule(
            "subseed_strength_schedule", "0: (0)", "Subseed strength", "0 none of it, 1 only it.", low=0, high=1, clamp=True
        ),
    ),
)

_MOTION = (
    _choice(
        "animation_mode",
        "2D",
        "Mode",
        "2D: zoom, turn, shift. 3D: a camera in space. Video Input: each frame over one of a video. Interpolation: each from "
        "nothing, by prompts that blend.",
        choices=("2D", "3D", "Video Input", "Interpolation", "Wan Video"),
        unbuilt="this animation mode",
        built=("2D", "3D", "Video Input", "Interpolation"),
    ),
    _integer("max_frames", 120, "Frames", "Length of the film.", low=1, high=1_000_000),
    _switch("loop", False, "Loop", "The film goes round: camera, numbers, prompts and pictures lead back to the first frame."),
    _integer(
        "loop_frames",
        0,
        "Loop frames",
        "So many frames at the end lead back; 0 is a quarter of the film.",
        low=0,
        needs=On("loop"),
    ),
    _switch("reverse", False, "Reverse", "Painted from the last frame to the first, shown forwards: a zoom in stays sharp."),
    _choice(
        "border",
        "replicate",
        "Border",
        "What comes in from outside, 2D.",
        choices=("replicate", "wrap"),
        needs=_IN_2D | On("enable_perspective_flip"),
    ),
    *_needing(
        _IN_2D,
        _schedule("angle", "0: (0)", "Angle", "2D: degrees a frame, positive turns counter-clockwise."),
        _schedule("zoom", "0: (1.0025+0.002*sin(1.25*3.14*t/30))", "Zoom", "2D: factor a frame, above 1 goes in.", low=0.001),
    ),
    *_needing(
        _IN_2D | _IN_3D,
        _schedule("translation_x", "0: (0)", "Shift x", "2D: pixels a frame, positive to the right. 3D: positive to the left."),
        _schedule("translation_y", "0: (0)", "Shift y", "2D: pixels a frame, positive down. 3D: the same, in camera units."),
    ),
    _schedule("translation_z", "0: (1.75)", "Forward", "3D: camera units a frame, positive goes in.", needs=_IN_3D),
    _switch("camera_target", False, "Look at a point", "3D: the camera turns so that a point keeps its place.", needs=_IN_3D),
    *_needing(
        On("camera_target"),
        _schedule("camera_target_x", "0: (0)", "Point x", "In the picture of frame 0: -1 left, 0 middle, 1 right."),
        _schedule("camera_target_y", "0: (0)", "Point y", "In the picture of frame 0: -1 top, 0 middle, 1 bottom."),
        _schedule("camera_target_z", "0: (0)", "Point distance", "In scene units, 200 camera units; 0: as the scene there."),
    ),
    *_needing(
        _IN_2D,
        _schedule("transform_center_x", "0: (0.5)", "Centre x", "2D: of angle and zoom; 0 left, 1 right."),
        _schedule("transform_center_y", "0: (0.5)", "Centre y", "2D: of angle and zoom; 0 top, 1 bottom."),
    ),
    *_needing(
        _IN_3D,
        *_needing(
            Off("camera_target"),
            _schedule("rotation_3d_x", "0: (0)", "Tilt", "3D: degrees a frame, positive looks up."),
            _schedule("rotation_3d_y", "0: (0)", "Pan", "3D: degrees a frame, positive looks right."),
        ),
        _schedule("rotation_3d_z", "0: (0)", "Roll", "3D: degrees a frame, positive turns the picture counter-clockwise."),
    ),
    _switch("enable_perspective_flip", False, "Perspective flip", "Tips the picture's plane in space.", needs=_IN_2D | _IN_3D),
    *_needing(
        On("enable_perspective_flip"),
        _schedule("perspective_flip_theta", "0: (0)", "Flip roll", "Degrees a frame."),
        _schedule("perspective_flip_phi", "0: (0)", "Flip tilt", "Degrees a frame."),
        _schedule("perspective_flip_gamma", "0: (0)", "Flip pan", "Degrees a frame."),
        _schedule("perspective_flip_fv", "0: (53)", "Flip view angle", "Degrees; 30 to 160 look right.", low=1, high=175),
    ),
    _text(
        "shake_name", "None", "Camera shake", "A held camera's tremble: Hand-held, Walking or Nervous.", needs=_IN_2D | _IN_3D
    ),
    *_needing(
        On("shake_name") & Above("shake_intensity"),
        _schedule("shake_intensity", "0: (1)", "Shake strength", "How far it trembles.", low=0, high=10, clamp=True),
        _schedule("shake_speed", "0: (1)", "Shake speed", "How fast it trembles.", low=0, high=10, clamp=True),
    ),
)

_DEPTH = (
    _switch(
        "use_depth_warping", True, "Depth", "3D: near things move more than far ones; off, the scene is flat.", needs=_IN_3D
    ),
    _choice(
        "depth_shape",
        "flat",
        "Shape of the scene",
        "3D, without a depth picture: flat, or as a hill or a hallway, whose middle is near or far.",
        choices=("flat", "hill", "hallway"),
        needs=_IN_3D & On("use_depth_warping"),
    ),
    _path(
        "depth_map",
        "",
        "Depth picture",
        "3D: a grey picture of distances, white near, used for every frame; or .npy; or a folder or video, by frame.",
        needs=On("use_depth_warping"),
    ),
    _path(
        "depth_model",
        "",
        "Depth model",
        "3D, without a depth picture: the folder of a model in transformers' layout, or an ONNX file, which sees distances.",
        needs=_IN_3D & On("use_depth_warping") & Off("depth_map"),
    ),
    _text(
        "depth_algorithm",
        "Midas-3-Hybrid",
        "Depth model by name",
        "In a WebUI a depth annotator of its ControlNet, such as depth_anything_v2; of Deforum's names depth_model says which.",
        needs=NEVER,
    ),
    _number(
        "midas_weight",
        0.2,
        "MiDaS weight",
        "Below 0 turns the relief inside out: what is near is filmed as far.",
        needs=On("use_depth_warping"),
    ),
    _choice(
        "padding_mode",
        "border",
        "Padding",
        "What comes in from outside, 3D.",
        choices=("border", "reflection", "zeros"),
        needs=_IN_3D,
    ),
    _choice("sampling_mode", "bicubic", "Sampling", "How pixels are interpolated.", choices=("bicubic", "bilinear", "nearest")),
    _schedule("fov_schedule", "0: (70)", "View angle", "3D: degrees; smaller makes every motion stronger.", needs=_IN_3D),
    _switch(
        "fov_zooms", False, "Lens zooms", "3D: a change of the view angle scales the picture, as a lens does.", needs=_IN_3D
    ),
    *_needing(
        NEVER,
        _schedule("near_schedule", "0: (200)", "Near plane", "No effect; kept for Deforum's files."),
        _schedule("far_schedule", "0: (10000)", "Far plane", "No effect; kept for Deforum's files."),
    ),
    _schedule(
        "aspect_ratio_schedule",
        "0: (1)",
        "Aspect ratio",
        "3D: divides sideways motion.",
        needs=_IN_3D & Off("aspect_ratio_use_old_formula"),
    ),
    _switch(
        "aspect_ratio_use_old_formula", False, "Aspect from size", "3D: width by height instead of the schedule.", needs=_IN_3D
    ),
    _switch(
        "save_depth_maps",
        False,
        "Save depth",
        "3D: writes the depth of every frame into the run's folder depth/, 16 bit, white near.",
        needs=_IN_3D & On("use_depth_warping"),
    ),
)

_NOISE = (
    *_needing(
        Above("noise_schedule"),
        _choice(
            "noise_type",
            "perlin",
            "Noise",
            "uniform: even grain. perlin: grain in clouds. detail: just the fine detail that moving blurs away, as grain.",
            choices=("uniform", "perlin", "detail"),
        ),
        _schedule(
            "noise_schedule",
            "0: (0.065)",
            "Noise amount",
            "Gives the model detail to work from. For detail: the share of what was lost, 1 is all.",
            low=0,
            high=1,
            clamp=True,
        ),
    ),
    *_needing(
        Is("noise_type", "perlin"),
        _schedule("perlin_w", "0:(8)", "Perlin cells across", "Of the coarsest octave.", low=1, high=64, clamp=True),
        _schedule("perlin_h", "0:(8)", "Perlin cells down", "Of the coarsest octave.", low=1, high=64, clamp=True),
        _schedule(
            "perlin_octaves", "0:(4)", "Perlin octaves", "Each twice as fine as the one before.", low=1, high=7, clamp=True
        ),
        _schedule(
            "perlin_persistence",
            "0:(0.5)",
            "Perlin persistence",
            "Weight of each octave beside the one before.",
            low=0,
            high=1,
            clamp=True,
        ),
    ),
    _switch("use_noise_mask", False, "Noise mask", "Noise only where the mask is white.", needs=Above("noise_schedule")),
    _texts(
        "noise_mask_schedule",
        '0: ("{video_mask}")',
        "Noise mask expression",
        "Of {everywhere}, {video_mask}, <words> and, in settings files, [file], by ! & \\ ^ | and ( ).",
        needs=On("use_noise_mask"),
    ),
    _switch("enable_noise_multiplier_scheduling", True, "Use noise multiplier", "Scales the noise that img2img starts from."),
    _schedule(
        "noise_multiplier_schedule",
        "0: (1.05)",
        "Noise multiplier",
        "Above 1 adds detail.",
        low=0,
        high=2,
        needs=On("enable_noise_multiplier_scheduling"),
    ),
)

_COHERENCE = (
    _choice(
        "color_coherence",
        "LAB",
        "Colour coherence",
        "Keeps frames in the colours of the first painted one, of a picture (Image), or of a video (Video Input).",
        choices=("None", "HSV", "LAB", "RGB", "Video Input", "Image"),
        needs=_FED_BACK,
    ),
    _choice(
        "color_coherence_reference",
        "first",
        "Colours of",
        "first: the first painted frame. previous: the one before. mean: the last ones. scene: the first ones of each prompt.",
        choices=("first", "previous", "mean", "scene"),
        needs=Is("color_coherence", "HSV") | Is("color_coherence", "LAB") | Is("color_coherence", "RGB"),
    ),
    _integer(
        "color_coherence_mean_frames",
        12,
        "Mean over",
        "For mean and scene: of so many painted frames.",
        low=1,
        needs=Is("color_coherence_reference", "mean") | Is("color_coherence_reference", "scene"),
    ),
    _schedule(
        "color_coherence_strength_schedule",
        "0: (1)",
        "Colour strength",
        "1 keeps colours, 0 lets them go.",
        low=0,
        high=1,
        clamp=True,
        needs=On("color_coherence"),
    ),
    _choice(
        "color_coherence_when",
        "before and after",
        "Colours are matched",
        "Before painting the painter makes its own of them; after it they are exact.",
        choices=("before and after", "before", "after"),
        needs=On("color_coherence") & Off("legacy_colormatch"),
    ),
    _path(
        "color_coherence_image_path",
        "",
        "Colour picture",
        "For Image: the picture whose colours to keep.",
        needs=Is("color_coherence", "Image"),
    ),
    _integer(
        "color_coherence_video_every_N_frames",
        1,
        "Colours every",
        "For Video Input: frames of the film that share the colours of one of the video.",
        low=1,
        needs=Is("color_coherence", "Video Input"),
    ),
    _switch("color_force_grayscale", False, "Grey", "Films in black and white."),
    _switch(
        "legacy_colormatch",
        False,
        "Old matching",
        "Matches colours before painting only; strength 0 takes new ones.",
        needs=On("color_coherence"),
    ),
    _schedule(
        "contrast_schedule",
        "0: (1.0)",
        "Contrast",
        "Factor on brightness before painting.",
        low=0,
        high=10,
        clamp=True,
        needs=Differs("contrast_schedule", 1.0),
    ),
    _schedule(
        "uncovered_denoise_schedule",
        "0: (0)",
        "Uncovered",
        "Denoise of what the camera uncovers, such as borders; 0 is as everywhere else.",
        low=0,
        high=1,
        clamp=True,
        needs=Above("uncovered_denoise_schedule"),
    ),
    *_needing(
        Above("temporal_filter_schedule"),
        _schedule(
            "temporal_filter_schedule",
            "0: (0)",
            "Temporal filter",
            "Share of small changes since the last painted frame that is taken back; 0 is off.",
            low=0,
            high=0.95,
            clamp=True,
        ),
        _schedule(
            "temporal_filter_tolerance_schedule",
            "0: (40)",
            "Small change",
            "Levels up to which a change is flicker; larger ones are meant.",
            low=1,
            high=255,
            clamp=True,
        ),
    ),
    *_needing(
        Above("governor_schedule"),
        _schedule(
            "governor_schedule",
            "0: (0)",
            "Keep the look",
            "How far light, colours and detail are brought back to those of a scene's first painted frames; 0 is off.",
            low=0,
            high=1,
            clamp=True,
        ),
        _schedule(
            "governor_detail_schedule",
            "0: (1)",
            "Detail to keep",
            "1: as much as in the first picture. Above 1 is crisper, below 1 softer.",
            low=0.5,
            high=3,
            clamp=True,
        ),
    ),
    _switch(
        "hires",
        False,
        "Hires fix",
        "What is painted from nothing, such as the first picture: small at first, then enlarged and painted over.",
    ),
    *_needing(
        On("hires"),
        _number("hires_scale", 2, "Enlarged by", "So many times smaller it is painted at first.", low=1, high=8),
        _number("hires_denoise", 0.5, "Hires denoise", "How much of the enlarged picture is painted anew.", low=0, high=1),
        _text("hires_upscaler", "Lanczos", "Upscaler", "What enlarges: Lanczos, or in a WebUI an upscaler of its by name."),
        _path("upscale_model", "", "Upscaler file", "A network that enlarges instead: ESRGAN and others that spandrel reads."),
    ),
    _integer("diffusion_redo", 0, "Redo", "So many extra passes before the real one.", low=0, high=50),
    _flow("optical_flow_redo_generation", "Flow redo", "Follows the motion of a first try."),
    _schedule("redo_flow_factor_schedule", "0: (1)", "Flow redo factor", "How far.", needs=On("optical_flow_redo_generation")),
    _choice("reroll_blank_frames", "ignore", "Blank frames", "What to do.", choices=("reroll", "interrupt", "ignore")),
    _number(
        "reroll_patience",
        10,
        "Patience",
        "Tries before giving up.",
        low=0,
        high=1000,
        needs=Is("reroll_blank_frames", "reroll"),
    ),
    _choice(
        "judge",
        "None",
        "Faulty pictures",
        "One flat colour, nothing painted, a sudden jump. Keep: noted in the journal. Retry: another seed. Stop: ends the run.",
        choices=("None", "keep", "retry", "stop"),
    ),
    _integer(
        "judge_patience",
        3,
        "Retries",
        "Further seeds for a faulty picture; then the best is kept.",
        low=1,
        high=100,
        needs=Is("judge", "retry"),
    ),
)

_ANTI_BLUR = (
    *_needing(
        Above("amount_schedule"),
        _schedule(
            "amount_schedule", "0: (0.1)", "Sharpen", "Amount of the unsharp mask; 0 is off.", low=0, high=20, clamp=True
        ),
        _schedule("kernel_schedule", "0: (5)", "Sharpen width", "Pixels, odd.", low=1, high=255, clamp=True),
        _schedule("sigma_schedule", "0: (1)", "Sharpen radius", "Gaussian sigma in pixels.", low=0, high=100, clamp=True),
        _schedule(
            "threshold_schedule",
            "0: (0)",
            "Sharpen threshold",
            "Leaves weaker detail alone, 0..255.",
            low=0,
            high=255,
            clamp=True,
        ),
    ),
)

_LOOKS = (
    _choice(
        "mirror",
        "None",
        "Mirror",
        "Left/right: the left half is mirrored onto the right. Top/bottom: the top one onto the bottom. Quad: both.",
        choices=("None", "Left/right", "Top/bottom", "Quad"),
    ),
    _schedule(
        "mirror_schedule",
        "0: (1)",
        "Mirror strength",
        "How far every frame goes towards its mirrored self, 0..1.",
        low=0,
        high=1,
        clamp=True,
        needs=On("mirror") & Above("mirror_schedule"),
    ),
    *_needing(
        _KALEIDOSCOPE,
        _schedule(
            "kaleidoscope_schedule",
            "0: (0)",
            "Kaleidoscope",
            "How often one wedge comes all round, its mirror image beside it; whole numbers, 0 is off.",
            low=0,
            high=64,
            clamp=True,
        ),
        _schedule(
            "kaleidoscope_angle_schedule",
            "0: (0)",
            "Kaleidoscope angle",
            "Where that wedge begins: degrees, 0 to the right, positive turns counter-clockwise.",
        ),
    ),
    *_needing(
        Above("tunnel_schedule"),
        _schedule(
            "tunnel_schedule",
            "0: (0)",
            "Tunnel",
            "The picture in its own middle, in that again, and so on: how far every frame goes towards that, 0..1.",
            low=0,
            high=1,
            clamp=True,
        ),
        _schedule("tunnel_ratio_schedule", "0: (2)", "Tunnel step", "So many times smaller is each round.", low=1.5, high=8),
    ),
    *_needing(
        _KALEIDOSCOPE | Above("tunnel_schedule"),
        _schedule(
            "look_center_x_schedule",
            "0: (0.5)",
            "Look centre x",
            "Of kaleidoscope and tunnel; 0 left, 1 right.",
            low=-10,
            high=10,
        ),
        _schedule(
            "look_center_y_schedule",
            "0: (0.5)",
            "Look centre y",
            "Of kaleidoscope and tunnel; 0 top, 1 bottom.",
            low=-10,
            high=10,
        ),
    ),
    *_needing(
        Above("echo_schedule"),
        _schedule(
            "echo_schedule",
            "0: (0)",
            "Echo",
            "How strongly painted frames shine through those after them, 0..1. The camera leaves the trails behind.",
            low=0,
            high=1,
            clamp=True,
        ),
        _schedule(
            "echo_decay_schedule",
            "0: (0.7)",
            "Echo decay",
            "What stays of a trail with every painted frame: 0 none, near 1 long trails.",
            low=0,
            high=1,
            clamp=True,
        ),
    ),
    *_needing(
        Above("glow_schedule"),
        _schedule(
            "glow_schedule",
            "0: (0)",
            "Glow",
            "Light that bright places shed, on what is shown only: it does not add up. 0 is off.",
            low=0,
            high=4,
            clamp=True,
        ),
        _schedule("glow_radius_schedule", "0: (16)", "Glow radius", "Gaussian sigma in pixels.", low=0.5, high=512, clamp=True),
        _schedule(
            "glow_threshold_schedule",
            "0: (0.7)",
            "Glow threshold",
            "What is brighter glows, 0..1.",
            low=0,
            high=0.99,
            clamp=True,
        ),
    ),
    _schedule(
        "exposure_schedule",
        "0: (0)",
        "Exposure",
        "Stops, 1 is twice the light. Like all grading on what is shown only: it holds for its frame and does not add up.",
        low=-16,
        high=16,
        clamp=True,
        needs=Differs("exposure_schedule", 0.0),
    ),
    _schedule(
        "lift_schedule",
        "0: (0)",
        "Lift",
        "Raises black, leaves white; -1..1.",
        low=-1,
        high=1,
        clamp=True,
        needs=Differs("lift_schedule", 0.0),
    ),
    _schedule(
        "gamma_schedule",
        "0: (1)",
        "Gamma",
        "Above 1 brightens what is between black and white.",
        low=0.1,
        high=10,
        needs=Differs("gamma_schedule", 1.0),
    ),
    _schedule(
        "gain_schedule",
        "0: (1)",
        "Gain",
        "Factor on brightness, black stays.",
        low=0,
        high=10,
        clamp=True,
        needs=Differs("gain_schedule", 1.0),
    ),
    _schedule(
        "saturation_schedule",
        "0: (1)",
        "Saturation",
        "0 grey, 1 as painted, above 1 more.",
        low=0,
        high=10,
        clamp=True,
        needs=Differs("saturation_schedule", 1.0),
    ),
)

_CADENCE = (
    _integer(
        "diffusion_cadence",
        2,
        "Cadence",
        "Paints every n-th frame, the others move between.",
        low=1,
        high=1000,
        needs=_BY_CADENCE & _FED_BACK,
    ),
    _flow("optical_flow_cadence", "Flow between", "Follows motion in the frames between."),
    _schedule("cadence_flow_factor_schedule", "0: (1)", "Flow factor", "How far.", needs=On("optical_flow_cadence")),
    _path(
        "flow_model",
        "",
        "RAFT file",
        "For RAFT: its ONNX file. Without one DIS Medium stands in.",
        needs=Is("optical_flow_cadence", "RAFT")
        | Is("optical_flow_redo_generation", "RAFT")
        | Is("hybrid_flow_method", "RAFT")
        | Is("video_follow", "RAFT"),
    ),
    _choice(
        "keyframe_distribution",
        "Off",
        "Keyframe painting",
        "Paints the frames where prompts and schedules have keys, the first and the last. Keyframes Only: no others. Additive: "
        "those of the cadence too. Redistributed: as many as the cadence, evenly, each key in place of the nearest.",
        choices=("Off", "Keyframes Only", "Additive", "Redistributed"),
    ),
)

_CLIPS = (
    _integer("clip_length", 16, "Clip length", "Pictures painted as one motion, by a painter of clips.", low=1, high=1000),
    _integer("clip_overlap", 4, "Clip overlap", "How many of them are the last of the clip before.", low=0, high=999),
    _switch(
        "clip_first_alone",
        True,
        "First picture alone",
        "From nothing a film begins with one picture, which the camera then moves on; off, with a whole clip.",
        needs=_FED_BACK,
    ),
    _switch("clip_match", True, "Match clips", "Light, colour and detail are matched where a painter repaints the overlap."),
    _integer("clip_context", 16, "Context", "Pictures that a motion module looks over at a time.", low=1, high=64),
    _integer("clip_context_overlap", -1, "Context overlap", "Pictures that contexts share; -1: a quarter.", low=-1, high=63),
    _integer("clip_stride", 1, "Context stride", "Distances in contexts: 1, 2, 4, … pictures.", low=1, high=8),
    _choice(
        "clip_closed_loop",
        "N",
        "Closed loop",
        "Contexts lead from the last pictures to the first: R-P seldom, R+P so do the prompts, A always.",
        choices=("N", "R-P", "R+P", "A"),
    ),
    _choice(
        "clip_blend",
        "overwrite",
        "Context blend",
        "Of a picture in several contexts: the last output counts, or a mean.",
        choices=("overwrite", "flat", "pyramid"),
    ),
    _choice(
        "clip_noise",
        "own",
        "Clip noise",
        "FreeNoise: after a context the noises of earlier pictures, in another order.",
        choices=("own", "FreeNoise"),
    ),
    _switch(
        "clip_first_falls",
        False,
        "Leave the start picture",
        "Its share in what is painted over falls from picture to picture; the rest is noise.",
        needs=_START,
    ),
    *_needing(
        On("clip_first_falls"),
        _number("clip_latent_power", 1, "Latent power", "How its share falls: 1 - place^power / scale.", low=0.1, high=10),
        _number("clip_latent_scale", 32, "Latent scale", "After how many pictures it is 0, at power 1.", low=1, high=128),
    ),
    _path("clip_last_frame", "", "Last picture", "A picture that the film leads to."),
    *_needing(
        On("clip_last_frame"),
        _number("clip_latent_power_last", 1, "Latent power at the end", low=0.1, high=10),
        _number("clip_latent_scale_last", 32, "Latent scale at the end", low=1, high=128),
    ),
    _switch("free_init", False, "FreeInit", "Paints clips several times, over the calm part of the result."),
    *_needing(
        On("free_init"),
        _integer("free_init_passes", 3, "FreeInit passes", low=2, high=5),
        _choice("free_init_filter", "butterworth", "FreeInit filter", choices=("butterworth", "gaussian", "ideal", "box")),
        _number("free_init_space", 0.25, "FreeInit in space", "What is calm: up to this share of frequencies.", low=0, high=1),
        _number("free_init_time", 0.25, "FreeInit in time", "The same from picture to picture.", low=0, high=1),
    ),
)

_PAINTING = (
    _schedule(
        "strength_schedule",
        "0: (0.65)",
        "Strength",
        "What survives of the frame before, 0..1.",
        low=0,
        high=1,
        clamp=True,
        needs=_BY_CADENCE & _FED_BACK & Off("use_looper"),
    ),
    _schedule(
        "keyframe_strength_schedule",
        "0: (0.50)",
        "Strength at keyframes",
        "For keyframe painting: what survives where a key is painted. Strength holds elsewhere, and its own keys paint none.",
        low=0,
        high=1,
        clamp=True,
        needs=On("keyframe_distribution") & _FED_BACK & Off("use_looper"),
    ),
    *_needing(
        Off("classic"),
        _choice(
            "strength_steps",
            "webui",
            "Strength starts",
            "webui: at one of the steps, so few steps know few strengths. exact: where the share of noise is what "
            "strength leaves to paint.",
            choices=("webui", "exact"),
            option="strength_steps",
        ),
        _switch(
            "steps_are_real",
            False,
            "All steps",
            "For exact: all steps are made, however little is painted anew; else their share.",
            needs=Is("strength_steps", "exact"),
            option="strength_steps",
        ),
    ),
    _schedule("cfg_scale_schedule", "0: (7)", "CFG scale", "How closely the picture follows the words."),
    _schedule(
        "distilled_cfg_scale_schedule",
        "0: (3.5)",
        "Distilled CFG",
        "For distilled models such as Flux.",
        option="distilled_cfg_scale",
    ),
    _schedule("pix2pix_img_cfg_scale_schedule", "0:(1.5)", "Picture CFG", "For pix2pix models.", option="image_cfg_scale"),
    _switch("enable_steps_scheduling", False, "Schedule steps"),
    _schedule("steps_schedule", "0: (25)", "Steps", "Sampling steps.", low=1, high=1000, needs=On("enable_steps_scheduling")),
    _switch("enable_sampler_scheduling", False, "Schedule sampler"),
    _texts("sampler_schedule", '0: ("Euler a")', "Sampler", "Names.", needs=On("enable_sampler_scheduling")),
    _switch("enable_scheduler_scheduling", False, "Schedule scheduler"),
    _texts("scheduler_schedule", '0: ("Automatic")', "Scheduler", "Names.", needs=On("enable_scheduler_scheduling")),
    _switch("enable_checkpoint_scheduling", False, "Schedule checkpoint", option="sd_model_checkpoint"),
    _texts(
        "checkpoint_schedule",
        '0: ("model1.ckpt"), 100: ("model2.safetensors")',
        "Checkpoint",
        "Names.",
        needs=On("enable_checkpoint_scheduling"),
        option="sd_model_checkpoint",
    ),
    _switch("enable_vae_scheduling", False, "Schedule VAE", option="sd_vae"),
    _texts(
        "vae_schedule",
        '0: ("Automatic")',
        "VAE",
        "Names; None is the checkpoint's own.",
        needs=On("enable_vae_scheduling"),
        option="sd_vae",
    ),
    _switch("enable_clipskip_scheduling", False, "Schedule CLIP skip", option="CLIP_stop_at_last_layers"),
    _schedule(
        "clipskip_schedule",
        "0: (2)",
        "CLIP skip",
        "Layers of the text encoder left out.",
        low=1,
        high=12,
        needs=On("enable_clipskip_scheduling"),
        option="CLIP_stop_at_last_layers",
    ),
    _switch("enable_ddim_eta_scheduling", False, "Schedule DDIM eta", option="eta_ddim"),
    _schedule(
        "ddim_eta_schedule",
        "0: (0)",
        "DDIM eta",
        "Fresh noise in DDIM, 0..1.",
        low=0,
        high=1,
        clamp=True,
        needs=On("enable_ddim_eta_scheduling"),
        option="eta_ddim",
    ),
    _switch("enable_ancestral_eta_scheduling", False, "Schedule ancestral eta", option="eta_ancestral"),
    _schedule(
        "ancestral_eta_schedule",
        "0: (1)",
        "Ancestral eta",
        "Fresh noise in ancestral samplers.",
        low=0,
        high=2,
        needs=On("enable_ancestral_eta_scheduling"),
        option="eta_ancestral",
    ),
    _switch("freeu_enabled", False, "FreeU", unbuilt="FreeU"),
    *_needing(
        On("freeu_enabled"),
        *(
            _schedule(f"freeu_{name}", f"0:({value})", f"FreeU {name}")
            for name, value in (("b1", 1.3), ("b2", 1.4), ("s1", 0.9), ("s2", 0.2))
        ),
    ),
    _switch("kohya_hrfix_enabled", False, "Kohya HR fix", unbuilt="Kohya HR fix"),
    *_needing(
        On("kohya_hrfix_enabled"),
        _schedule("kohya_hrfix_block_number", "0:(1)", "HR fix block"),
        _schedule("kohya_hrfix_downscale_factor", "0:(2.0)", "HR fix factor"),
        _schedule("kohya_hrfix_start_percent", "0:(0.0)", "HR fix start"),
        _schedule("kohya_hrfix_end_percent", "0:(0.35)", "HR fix end"),
        _switch("kohya_hrfix_downscale_after_skip", False, "HR fix after skip"),
        _text("kohya_hrfix_downscale_method", "bicubic", "HR fix down"),
        _text("kohya_hrfix_upscale_method", "bicubic", "HR fix up"),
    ),
)

_PROMPTS = (
    Field("prompts", "prompts", DEFAULT_PROMPTS, "Prompts", "Frame to text; what follows --neg is to be avoided."),
    _text("animation_prompts_positive", "", "Always", "Stands before every prompt."),
    _text("animation_prompts_negative", "", "Never", "Stands after what every prompt avoids."),
    _choice("prompt_blend", "none", "Blend prompts", "How one becomes the next.", choices=("none", "linear", "smooth")),
    _switch(
        "seed_walk",
        False,
        "Walk seeds",
        "The first noise goes from that of one prompt's frame to that of the next.",
        needs=Is("animation_mode", "Interpolation"),
    ),
)

_INIT = (
    _switch("use_init", False, "Start picture", "Begins from a picture of yours.", needs=_IN_2D | _IN_3D),
    _path("init_image", "", "Picture", "Its file.", needs=_START),
    _choice(
        "init_image_fit",
        "stretch",
        "Picture's fit",
        "Where the shape of the picture or video is not the film's: stretch, crop its edges, or pad by repeating them.",
        choices=("stretch", "crop", "pad"),
        needs=_START | _VIDEO_SEEN,
    ),
    _kept("init_image_box", None, "Picture", "A picture given on a page; never in files."),
    _number(
        "strength",
        0.8,
        "Start strength",
        "What survives of the picture that the film begins from, 0..1.",
        low=0,
        high=1,
        clamp=True,
        needs=_START | _FIRST_OF_VIDEO | On("use_looper"),
    ),
    _switch(
        "still_scene",
        False,
        "Still scene",
        "3D: every frame is the start picture as the camera sees it from there, not the frame before; with a strength of 1 it "
        "is not painted over.",
        needs=_IN_3D & _START,
    ),
    _switch("strength_0_no_init", True, "Strength 0 without one", "No effect; kept for Deforum's files.", needs=NEVER),
    _switch("use_mask", False, "Mask", "Paints only where a mask is white.", needs=_FED_BACK),
    _switch(
        "use_alpha_as_mask",
        False,
        "Alpha as mask",
        "{video_mask} is where the start picture is opaque.",
        needs=_VIDEO_MASK & _START & Off("use_mask_video"),
    ),
    _path(
        "mask_file",
        "",
        "Mask picture",
        "What {video_mask} is in mask expressions, unless a video is.",
        needs=_VIDEO_MASK & Off("use_mask_video"),
    ),
    _path(
        "mask_model",
        "",
        "Mask model",
        "The folder of CLIPSeg or SAM 3 in transformers' layout, which finds what <words> in mask expressions name.",
        needs=_WORDS,
    ),
    _integer(
        "mask_words_every",
        1,
        "Words every",
        "Frames after which the model looks for <words> again; between, what it found moves as the picture does.",
        low=1,
        high=1_000_000,
        needs=Names("mask_schedule", "<") | Names("noise_mask_schedule", "<"),
    ),
    _switch("invert_mask", False, "Invert mask", "Paints where the mask is black.", needs=On("use_mask")),
    *_needing(
        On("use_mask") | On("use_noise_mask") | _MIX_EXPRESSION,
        _number("mask_contrast_adjust", 1, "Mask contrast", "Of pictures and videos of masks; 1 leaves them.", low=0, high=100),
        _number(
            "mask_brightness_adjust", 1, "Mask brightness", "Of pictures and videos of masks; 1 leaves them.", low=0, high=100
        ),
    ),
    *_needing(
        On("use_mask"),
        _switch("overlay_mask", True, "Overlay mask", "What is masked stays to the pixel, without noise and matched colours."),
        _switch("mask_moves", False, "Mask moves", "The mask of a key's frame goes with the camera, until the next key."),
        _integer("mask_grow", 0, "Grow mask", "Pixels by which its white grows; below 0 it shrinks.", low=-256, high=256),
        _number("mask_overlay_blur", 4, "Mask blur", "How softly it ends, in pixels: the sigma of a blur.", low=0, high=64),
        _choice(
            "fill",
            "original",
            "Fill",
            "What masked painting starts from.",
            choices=("fill", "original", "latent noise", "latent nothing"),
        ),
        _switch("full_res_mask", True, "Full resolution", "Paints the masked part enlarged to the film's size."),
        _integer(
            "full_res_mask_padding",
            4,
            "Mask padding",
            "Pixels around the masked part that are enlarged with it.",
            low=0,
            high=512,
            needs=On("full_res_mask"),
        ),
        _texts("mask_schedule", '0: ("{video_mask}")', "Mask expression", "A mask for each frame."),
    ),
    _path(
        "video_init_path",
        "",
        "Video",
        "Frame n of the film goes by frame n of the video, or of a folder of pictures; folders image and mask in one are both.",
        needs=_SOURCE_VIDEO,
    ),
    _choice(
        "video_sets",
        "None",
        "Taken from the video",
        "The film gets the length of the video, or its length and its frames a second.",
        choices=("None", "Length", "Length and rate"),
    ),
    *_needing(
        _SOURCE_VIDEO | On("use_mask_video"),
        _integer("extract_nth_frame", 1, "Every n-th frame", "Of the video, so that it goes faster: 1 takes all.", low=1),
        _integer("extract_from_frame", 0, "From frame", "Of the video: what comes before is left out.", low=0),
        _integer("extract_to_frame", -1, "To frame", "Of the video: what comes after is left out; -1 is its end.", low=-1),
    ),
    _choice(
        "video_at_end",
        "hold",
        "When it ends",
        "Where the video is shorter than the film; stop: the film goes on without it.",
        choices=("hold", "loop", "ping-pong", "stop"),
        needs=Is("color_coherence", "Video Input") | _VIDEO_SEEN,
    ),
    _schedule(
        "video_carry_schedule",
        "0: (0)",
        "Carried on",
        "Video Input: how much of the last painted picture is carried on, moved along with the video. 0: each frame is painted "
        "over that of the video alone. What the motion cannot explain is always that of the video.",
        low=0,
        high=1,
        clamp=True,
        needs=_FROM_VIDEO,
    ),
    _flow(
        "video_follow",
        "Follows the video",
        "How the motion is measured by which painted pictures move along with the video; None: they stand still.",
        "DIS Medium",
        needs=_FROM_VIDEO,
    ),
    _switch("overwrite_extracted_frames", False, "Extract again", "No effect; frames are not extracted to disk.", needs=NEVER),
    _switch("use_mask_video", False, "Mask video", "{video_mask} is a video, frame by frame.", needs=_VIDEO_MASK),
    _path(
        "video_mask_path",
        "",
        "Mask video file",
        "Its file, or a folder of pictures; white is masked.",
        needs=On("use_mask_video"),
    ),
)

_HYBRID = (
    _switch(
        "hybrid_generate_inputframes", False, "Extract frames", "No effect; frames are not extracted to disk.", needs=NEVER
    ),
    _choice(
        "hybrid_generate_human_masks", "None", "Human masks", choices=("None", "PNGs", "Video", "Both"), unbuilt="human masks"
    ),
    *_needing(
        _HYBRID_ON,
        _switch(
            "hybrid_use_first_frame_as_init_image", True, "Begin with its first frame", "The first frame is painted over it."
        ),
    ),
    _choice(
        "hybrid_motion",
        "None",
        "Motion",
        "Moves frames as the video moves, in addition to the camera. Perspective, Affine: all of a frame at once.",
        choices=("None", "Optical Flow", "Perspective", "Affine"),
        needs=_IN_2D | _IN_3D,
    ),
    _switch(
        "hybrid_motion_use_prev_img",
        False,
        "Motion from the painted frame",
        "Measured from the painted picture to the video's frame; off: from one frame of the video to the next.",
        needs=On("hybrid_motion"),
    ),
    *_needing(
        Is("hybrid_motion", "Optical Flow"),
        _flow("hybrid_flow_method", "Flow", "How motion is measured.", "RAFT", off=False),
        _schedule("hybrid_flow_factor_schedule", "0:(1)", "Flow factor", "How far frames move: 1 as far as the video."),
        _switch(
            "hybrid_flow_consistency",
            False,
            "Flow consistency",
            "Moves only what the motion explains forwards and backwards; the rest counts as uncovered.",
        ),
    ),
    _number(
        "hybrid_consistency_blur",
        2,
        "Consistency blur",
        "Pixels: how soft the border is.",
        low=0,
        high=16,
        needs=On("hybrid_flow_consistency"),
    ),
    _choice(
        "hybrid_composite",
        "None",
        "Mix",
        "Mixes the video in. Normal: before a frame is painted. Before Motion: also moved along. After Generation: after it.",
        choices=("None", "Normal", "Before Motion", "After Generation"),
        needs=_IN_2D | _IN_3D,
    ),
    *_needing(
        On("hybrid_composite"),
        _switch("hybrid_use_init_image", False, "Start picture instead", "Mixes the start picture in instead of the video."),
        _schedule("hybrid_comp_alpha_schedule", "0:(0.5)", "Mix amount", "1: the video alone.", low=0, high=1, clamp=True),
        _choice(
            "hybrid_comp_mask_type",
            "None",
            "Mix mask",
            "White is where the painted picture stays. Depth: what is far in it; Video Depth: in the video. Blend, Difference: "
            "of the greys of both. Expression: what that says of it; Video Expression: of the video.",
            choices=("None", "Depth", "Video Depth", "Blend", "Difference", "Expression", "Video Expression"),
        ),
    ),
    *_needing(
        On("hybrid_comp_mask_type"),
        _switch("hybrid_comp_mask_inverse", False, "Invert mix mask", "White is where the video is mixed in."),
        _choice(
            "hybrid_comp_mask_equalize",
            "None",
            "Equalise",
            "Spreads the greys of the mask evenly, before or after its contrast.",
            choices=("None", "Before", "After", "Both"),
        ),
        _switch(
            "hybrid_comp_mask_auto_contrast",
            False,
            "Auto contrast",
            "Stretches the mask so that it is black and white somewhere.",
        ),
    ),
    *_needing(
        On("hybrid_comp_mask_auto_contrast"),
        _schedule(
            "hybrid_comp_mask_auto_contrast_cutoff_high_schedule",
            "0:(100)",
            "Cut high",
            "Percent of the pixels: those above are white.",
            low=0,
            high=100,
            clamp=True,
        ),
        _schedule(
            "hybrid_comp_mask_auto_contrast_cutoff_low_schedule",
            "0:(0)",
            "Cut low",
            "Percent of the pixels: those below are black.",
            low=0,
            high=100,
            clamp=True,
        ),
    ),
    _schedule(
        "hybrid_comp_mask_blend_alpha_schedule",
        "0:(0.5)",
        "Mask blend",
        "For Blend: 0 the grey of the painted picture, 1 that of the video.",
        low=0,
        high=1,
        clamp=True,
        needs=Is("hybrid_comp_mask_type", "Blend"),
    ),
    _texts(
        "hybrid_comp_mask_schedule",
        '0: ("{video_mask}")',
        "Mix mask expression",
        "Where the painted picture stays, such as <person>.",
        needs=_MIX_EXPRESSION,
    ),
    _schedule(
        "hybrid_comp_mask_contrast_schedule",
        "0:(1)",
        "Mask contrast",
        "1 leaves it.",
        low=0,
        high=100,
        clamp=True,
        needs=On("hybrid_comp_mask_type"),
    ),
    _switch(
        "hybrid_comp_save_extra_frames", False, "Save masks", needs=On("hybrid_composite"), unbuilt="saving masks of the mix"
    ),
)

_GUIDED = (
    _switch("use_looper", False, "Guided images", "Pulls the film towards pictures of yours.", needs=_FED_BACK),
    *_needing(
        On("use_looper"),
        _text(
            "init_images",
            "",
            "Pictures",
            'Frame to file, as JSON: {"0": "a.png", "max_f/2": "b.png"}. The first one begins the film.',
        ),
        _schedule("image_strength_schedule", "0:(0.75)", "Strength", "In place of Strength.", low=0, high=1, clamp=True),
        _schedule(
            "image_keyframe_strength_schedule",
            "0:(0.20)",
            "Strength at keyframes",
            "In place of that of keyframe painting.",
            low=0,
            high=1,
            clamp=True,
            needs=On("keyframe_distribution"),
        ),
        _schedule(
            "blendFactorMax", "0:(0.35)", "Blend", "The middle of the curve by which a picture is mixed in.", low=-1, high=2
        ),
        _schedule("blendFactorSlope", "0:(0.25)", "Blend slope", "How far the curve goes below and above it.", low=-1, high=2),
        _schedule(
            "tweening_frames_schedule",
            "0:(20)",
            "Frames between",
            "How long the curve rises from a picture's frame on; 7 % are mixed in after it.",
            low=0,
            high=1_000_000,
        ),
        _schedule(
            "color_correction_factor",
            "0:(0.075)",
            "Colour correction",
            "Share of the picture's colours in those that are given to what is painted.",
            low=0,
            high=1,
            clamp=True,
        ),
    ),
)

_PARSEQ = (
    _text("parseq_manifest", "", "Parseq manifest", "A manifest's text, or the path or web address of its file."),
    *_needing(
        On("parseq_manifest"),
        _switch("parseq_use_deltas", True, "Use deltas"),
        _switch("parseq_non_schedule_overrides", True, "Let it set length, rate and cadence"),
    ),
    _kept("fetched_parseq_manifest_summary", None, "Manifest summary"),
)


def _controlnet_unit(n: int) -> tuple[Field, ...]:
    unit = f"cn_{n}_"
    enabled = _switch(
        f"{unit}enabled",
        False,
        f"Unit {n}",
        "A ControlNet guides painted pictures.",
        unbuilt="ControlNet",
        option="controlnet",
    )
    return (enabled, *_needing(On(enabled.key), *_unit_pictures(unit), *_unit_preprocessor(unit), *_unit_guidance(unit)))


def _unit_pictures(unit: str) -> tuple[Field, ...]:
    resizes = ("Just Resize", "Crop and Resize", "Resize and Fill", "Inner Fit (Scale to Fit)", "Outer Fit (Shrink to Fit)")
    sources, endings = ("File", "Moved picture", "Start picture", "Depth"), ("hold", "loop", "ping-pong", "stop")
    text = "A file, the moved picture itself, the start picture, or the depth of the scene."
    loopback = _switch(f"{unit}loopback_mode", False, "Loopback", "Guided by the moved picture.")
    source = _choice(f"{unit}source", "File", "Guided by", text, choices=sources, needs=Off(loopback.key))
    from_file = Off(loopback.key) & Is(source.key, "File")
    text = "A picture, a video, a folder of pictures (its n-th one guides frame n), or a pose track."
    path = _path(f"{unit}vid_path", "", "Video or picture", text, needs=from_file)
    text = "Where the video or folder is shorter than the film; stop: unguided from there on."
    at_end = _choice(f"{unit}at_end", "hold", "When it ends", text, choices=endings, needs=from_file)
    fit, text = "Inner Fit (Scale to Fit)", "Of a file of another shape."
    return (
        source,
        path,
        at_end,
        _path(f"{unit}mask_vid_path", "", "Mask", "White is guided; a picture, a video, or a folder."),
        _switch(f"{unit}overwrite_frames", True, "Extract again", "No effect; frames are not extracted.", needs=NEVER),
        loopback,
        _choice(f"{unit}resize_mode", fit, "Resize", text, choices=resizes),
    )


def _unit_preprocessor(unit: str) -> tuple[Field, ...]:
    text = "none: the file is the map; canny: its edges are. In a WebUI also those that it has, by their names there."
    module = _text(f"{unit}module", "none", "Preprocessor", text)
    return (
        module,
        *_needing(
            On(module.key),
            _number(f"{unit}processor_res", 64, "Resolution", "Of a WebUI's preprocessor; 64: what it takes itself."),
            _number(f"{unit}threshold_a", 64, "Threshold A", "canny: weaker edges count only beside stronger ones."),
            _number(f"{unit}threshold_b", 64, "Threshold B", "canny: edges as strong as this count."),
            _switch(f"{unit}pixel_perfect", False, "Pixel perfect", "A WebUI's preprocessor sees all pixels."),
        ),
    )


def _unit_guidance(unit: str) -> tuple[Field, ...]:
    modes = ("Balanced", "My prompt is more important", "ControlNet is more important")
    share = partial(_schedule, low=0, high=1, clamp=True)
    return (
        _text(f"{unit}model", "None", "Model", "The ControlNet's name."),
        _schedule(f"{unit}weight", "0:(1)", "Weight", "0 does not guide.", low=0, high=2, clamp=True),
        share(f"{unit}guidance_start", "0:(0.0)", "Start", "Guided from this share of the steps on."),
        share(f"{unit}guidance_end", "0:(1.0)", "End", "Guided up to this share of the steps."),
        _choice(f"{unit}control_mode", "Balanced", "Control", "Whether prompt or net gives way.", choices=modes),
        _switch(f"{unit}low_vram", False, "Low VRAM", "AUTOMATIC1111 keeps the net out of the card between steps."),
    )


_OUTPUT = (
    _number("fps", 15, "Frames a second", low=1, high=240),
    _integer(
        "ffmpeg_crf",
        17,
        "Video quality",
        "x264's CRF: 17 hardly loses anything, 51 is worst; few players know 0, which loses nothing.",
        low=0,
        high=51,
    ),
    _choice(
        "ffmpeg_preset",
        "medium",
        "Video coding",
        "Slower makes smaller files of the same quality.",
        choices=("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"),
    ),
    _switch("skip_video_creation", False, "Frames only", "No video."),
    *_needing(
        Off("skip_video_creation"),
        _switch("make_gif", False, "GIF too", "Beside the video; 256 colours."),
        _switch(
            "make_webp", False, "WebP too", "Beside the video: an animated picture, smaller than a GIF and in all colours."
        ),
    ),
    _switch("ping_pong", False, "There and back", "The video goes to its end and back to its beginning, without a jump."),
    _switch("delete_imgs", False, "Delete frames", "When the video is complete.", unbuilt="deleting frames"),
    *_needing(
        NEVER,
        _switch("delete_input_frames", False, "Delete input frames", "No effect; frames are not extracted to disk."),
        _text("image_path", "", "Frames to stitch", "Only for the page."),
    ),
    _choice(
        "add_soundtrack",
        "None",
        "Sound",
        "File: a sound file goes with the film, cut to its length. Init Video: the sound of the video that it reads.",
        choices=("None", "File", "Init Video"),
        needs=Off("skip_video_creation"),
    ),
    _path(
        "soundtrack_path",
        "",
        "Sound file",
        "MP3, WAV, M4A, OGG, FLAC. Schedules can follow it: beat, onset, rms, band.",
        needs=Is("add_soundtrack", "File") | Heard(),
    ),
    _number(
        "soundtrack_start",
        0,
        "Sound from",
        "Where in the sound file the film begins, in seconds; below 0 silence comes first. Formulas hear the same part.",
        low=-3600,
        high=86_400,
        needs=Is("add_soundtrack", "File") | Heard(),
    ),
    _switch(
        "soundtrack_sets_length",
        False,
        "As long as the sound",
        "The film lasts to the end of the sound file, instead of its number of frames.",
        needs=Is("add_soundtrack", "File") | Heard(),
    ),
    *_needing(
        Off("skip_video_creation") & On("add_soundtrack"),
        _number("soundtrack_fade_in", 0, "Fade in", "Seconds in which the sound grows.", low=0, high=600),
        _number("soundtrack_fade_out", 0, "Fade out", "Seconds in which the sound dies away at the end.", low=0, high=600),
        _number(
            "soundtrack_loudness",
            0,
            "Loudness",
            "In LUFS (EBU R128): -14 as on video sites, -23 as in broadcasts; 0 leaves it. Peaks stay below -1 dB.",
            low=-60,
            high=0,
        ),
    ),
    _choice(
        "subtitles",
        "None",
        "Subtitles",
        "File: an .srt beside the video, which players and editors read. Video: in it too, for players to show on request.",
        choices=("None", "File", "Video"),
        needs=Off("skip_video_creation"),
    ),
    _text(
        "subtitle_values",
        "prompt",
        "They say",
        "prompt, negative, frame, seconds, seed, or names of settings, separated by commas.",
        needs=Off("skip_video_creation") & On("subtitles"),
    ),
    _number(
        "bpm", 0, "Tempo", "Beats a minute, for beat and beat_phase in schedules; 0 listens to the sound.", low=0, high=400
    ),
    _switch("r_upscale_video", False, "Upscale", unbuilt="upscaling"),
    *_needing(
        On("r_upscale_video"),
        _choice("r_upscale_factor", "x2", "Factor", choices=("x2", "x3", "x4")),
        _text("r_upscale_model", "realesr-animevideov3", "Upscaler"),
        _switch("r_upscale_keep_imgs", True, "Keep upscaled frames"),
    ),
    _switch("store_frames_in_ram", False, "Frames in memory", "No effect; frames are written as they come.", needs=NEVER),
    *_needing(
        Off("skip_video_creation"),
        _choice(
            "frame_interpolation_engine",
            "None",
            "Interpolation",
            "More frames in the video. Flow follows what moves, Blend mixes; RIFE and FILM are networks of yours.",
            choices=("None", "Flow", "Blend", "RIFE", "FILM"),
        ),
    ),
    _path(
        "interpolation_model",
        "",
        "Interpolation network",
        "For RIFE: flownet.pkl or .safetensors. For FILM: its TorchScript. Without one Flow stands in.",
        needs=Is("frame_interpolation_engine", "RIFE") | Is("frame_interpolation_engine", "FILM"),
    ),
    *_needing(
        On("frame_interpolation_engine"),
        _number(
            "frame_interpolation_x_amount",
            2,
            "Times",
            "So many frames for each one of the film.",
            low=2,
            high=300,
            needs=Off("frame_interpolation_fps"),
        ),
        _number("frame_interpolation_fps", 0, "To a rate", "Frames a second of the video; 0 goes by Times.", low=0, high=240),
        _switch("frame_interpolation_slow_mo_enabled", False, "Slow motion", "The film lasts longer."),
    ),
    *_needing(
        On("frame_interpolation_slow_mo_enabled"),
        _number("frame_interpolation_slow_mo_amount", 2, "Times slower", "2 lasts twice as long.", low=2, high=100),
        _choice(
            "frame_interpolation_slow_mo_sound",
            "Stretch",
            "Sound in slow motion",
            "Stretch: as slow as the picture, at the same pitch. Drop: none.",
            choices=("Stretch", "Drop"),
            needs=On("add_soundtrack"),
        ),
    ),
    *_needing(
        NEVER,
        _switch("frame_interpolation_keep_imgs", False, "Keep interpolated frames", "No effect; they are in the video."),
        _switch(
            "frame_interpolation_use_upscaled",
            False,
            "Interpolate upscaled frames",
            "No effect; what is upscaled is what was interpolated.",
        ),
    ),
    _switch(
        "resume_from_timestring",
        False,
        "Resume",
        "Deforum's way; here it is `anim run --resume DIR`.",
        unbuilt="resuming by time string",
    ),
    _text("resume_timestring", "", "Resume which", needs=On("resume_from_timestring")),
)

_WAN = tuple(
    _kept(f"wan_{name}", None, name.replace("_", " ").capitalize())
    for name in (
        "prompts t2v_model i2v_model auto_download preferred_size model_path resolution seed inference_steps "
        "guidance_scale strength_override fixed_strength guidance_override frame_overlap motion_strength "
        "enable_interpolation interpolation_strength flash_attention_mode"
    ).split()
)

_FILE = (
    _text("anim_version", "", "Version", "Which version wrote the file; absent in other tools' files.", needs=NEVER),
    _switch("classic", False, "Deforum look", "Films exactly as Deforum does, faults of look included."),
    _kept("sd_model_name", None, "Model", "What the file was made with."),
    _kept("sd_model_hash", None, "Model hash", "What the file was made with."),
    _kept("sd_vae_name", None, "VAE", "What the film was painted with."),
    _kept("sd_modules", None, "VAE and text encoders", "What the film was painted with, in a Forge."),
    _kept("sd_lora_hashes", None, "LoRA hashes", "What the film was painted with."),
    _kept("painted_by", None, "Painted by", "The WebUI that painted the film, and its version."),
    _kept("deforum_git_commit_id", None, "Deforum version", "What the file was made with."),
)

_GROUPS = (
    ("Run", _RUN),
    ("Prompts", _PROMPTS),
    ("Motion", _MOTION),
    ("Depth and lens", _DEPTH),
    ("Painting", _PAINTING),
    ("Seed", _SEED),
    ("Cadence", _CADENCE),
    ("Clips", _CLIPS),
    ("Coherence", _COHERENCE),
    ("Noise", _NOISE),
    ("Anti-blur", _ANTI_BLUR),
    ("Looks", _LOOKS),
    ("Start picture, masks, films", _INIT),
    ("Guided images", _GUIDED),
    ("Hybrid video", _HYBRID),
    ("ControlNet", tuple(field for n in range(1, 6) for field in _controlnet_unit(n))),
    ("Parseq", _PARSEQ),
    ("Output", _OUTPUT),
    ("Wan Video", _WAN),
    ("File", _FILE),
)


def _table() -> dict[str, Field]:
    table: dict[str, Field] = {}
    for group, fields in _GROUPS:
        for field in fields:
            if field.key in table:
                raise ValueError(f"two fields named {field.key}")
            table[field.key] = replace(field, group=group)
    return table


FIELDS: dict[str, Field] = _table()
